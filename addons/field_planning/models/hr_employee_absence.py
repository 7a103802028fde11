from collections import defaultdict
from datetime import datetime, time, timedelta

from odoo import models

# An absence asked for that nobody has approved or refused yet.
PENDING = ("confirm", "validate1")


class HrEmployeeAbsence(models.Model):
    """What planning knows of people's absences: when, never why."""

    _inherit = "hr.employee"

    def _get_pending_leaves(self, date_from, date_to):
        """Return the absences of these people that wait for an approval.

        :param date_from: naive UTC datetime, or first day
        :param date_to: naive UTC datetime, or last day, included
        :return: ``{employee_id: [(from, to, label)]}`` in naive UTC and in order, an entry for
            each employee; the label never tells the reason
        """
        found = defaultdict(list, {employee_id: [] for employee_id in self.ids})
        if not self.ids:
            return found
        first, last = _moment(date_from, -14), _moment(date_to, 24 + 12)
        # Requests for leave are HR's and the approver's; a planner gets the hours only.
        leaves = (
            self.env["hr.leave"]
            .sudo()
            .search_fetch(
                [
                    ("employee_id", "in", self.ids),
                    ("state", "in", PENDING),
                    ("date_from", "<", last),
                    ("date_to", ">", first),
                ],
                ["employee_id", "date_from", "date_to"],
                order="date_from, id",
            )
        )
        label = self.env._("Leave to be approved")
        for leave in leaves:
            found[leave.employee_id.id].append((leave.date_from, leave.date_to, label))
        return found


def _moment(value, hours):
    """A naive UTC datetime; a plain day is widened so that it covers all time zones."""
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time.min) + timedelta(hours=hours)
