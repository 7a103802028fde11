from odoo import fields, models
from odoo.exceptions import UserError

from ..core import states


class FieldMissionTimeStop(models.Model):
    _inherit = "field.mission.time"

    stop_declared = fields.Boolean(
        string="End declared",
        readonly=True,
        copy=False,
        help="The stop was forgotten: its person said afterwards when it was. What was tapped stays.",
    )


class FieldMissionDeclaredStop(models.Model):
    """A forgotten stop: the app asks, its person says when the time really ended."""

    _inherit = "field.mission"

    def action_declare_stop(self, start, stop, at=None):
        """Say when one of the current user's own times on one mission really ended.

        A time that still runs is ended; one that was only ended by the next arrival is shortened.
        What was tapped is kept beside it, the trace keeps the former end.

        :param start: start of the segment, UTC
        :param stop: its end, UTC
        :param at: device time of the answer, UTC (default: now)
        :return: id of the segment
        :raises UserError: no such time, an end that can't be, or the office has dealt with it
        """
        self._check_working((states.PLANNED, states.IN_PROGRESS, states.DONE, states.TO_RESCHEDULE))
        start, stop = self._device_time(start), self._device_time(stop)
        employee = self._working_employee()
        line = self.sudo().time_ids.filtered(
            lambda one: one.employee_id == employee and start in (one.start, one.start_clicked)
        )[:1]
        if not line:
            raise UserError(self.env._("This time is not one of yours on this mission."))
        if line.approved or line.correction_reason:
            raise UserError(self.env._("The office has dealt with this time already."))
        if stop <= line.start:
            raise UserError(self.env._("The segment would end before it starts."))
        if stop > (line.stop or self._device_time(at)):
            raise UserError(
                self.env._("This end is too late: it lies ahead, or after the next arrival.")
            )
        self._check_time_overlap(employee, line.start, stop, except_line=line)
        former = f"{line.start} – {line.stop or '…'}"
        line.write({"stop": stop, "stop_declared": True})
        self.sudo()._trace(
            "change",
            [{"time_ids": [former, f"{line.start} – {stop}"]}],
            reason=self.env._("Forgotten stop, declared afterwards"),
            device_date=self._device_time(at),
        )
        return line.id

    def _apply_time_stop(self, payload, at):
        return {"id": self.action_declare_stop(payload.get("start"), payload.get("stop"), at=at)}
