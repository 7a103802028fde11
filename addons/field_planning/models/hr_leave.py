from odoo import api, fields, models

from odoo.addons.field_mission.core.slots import local_to_utc

from ..core.absences import whole_days
from .hr_employee_absence import PENDING

# Who decides about leaves, and who plans: the others would read an unpublished plan here.
SEEN_BY = "hr_holidays.group_hr_holidays_responsible,field_mission.group_field_planner"


class HrLeave(models.Model):
    """What a leave does to the plan, for the one who approves it: figures, no customer."""

    _inherit = "hr.leave"

    field_mission_count = fields.Integer(
        string="Missions hit",
        compute="_compute_field_impact",
        groups=SEEN_BY,
        help="Missions planned for this person during the leave, as helper too.",
    )
    field_promise_count = fields.Integer(
        string="Promised to customers", compute="_compute_field_impact", groups=SEEN_BY
    )
    field_deadline_count = fields.Integer(
        string="With a deadline before the return", compute="_compute_field_impact", groups=SEEN_BY
    )
    field_impact_text = fields.Char(
        string="Effect on the plan", compute="_compute_field_impact", groups=SEEN_BY
    )

    @api.depends("employee_id", "date_from", "date_to", "state")
    @api.depends_context("lang", "uid")
    def _compute_field_impact(self):
        missions = self._get_field_missions()
        deadlines = missions.get(None)._get_deadline() if missions.get(None) else {}
        for leave in self:
            hit = missions[leave]
            promised = hit.filtered(lambda mission: mission.promised_kind != "none")
            _start, stop = leave._get_field_span() or (None, None)
            due = hit.filtered(lambda m, stop=stop: deadlines.get(m.id) and deadlines[m.id] <= stop)
            leave.field_mission_count = len(hit)
            leave.field_promise_count = len(promised)
            leave.field_deadline_count = len(due)
            leave.field_impact_text = leave._word_field_impact(len(hit), len(promised), len(due))

    def _word_field_impact(self, missions, promised, due):
        if not missions:
            return False
        words = [
            self.env._("1 mission planned")
            if missions == 1
            else self.env._("%s missions planned", missions)
        ]
        if promised:
            words.append(
                self.env._("1 promised to a customer")
                if promised == 1
                else self.env._("%s promised to customers", promised)
            )
        if due:
            words.append(
                self.env._("1 with a deadline before the return")
                if due == 1
                else self.env._("%s with a deadline before the return", due)
            )
        return ", ".join(words)

    def _get_field_span(self):
        """Return the span of one leave in naive UTC, whole days from midnight to midnight."""
        self.ensure_one()
        if not self.date_from or not self.date_to:
            return None
        if self.request_unit_hours or not self.request_date_from or not self.request_date_to:
            return self.date_from, self.date_to
        tz = self.employee_id._get_field_tz() if self.employee_id else "UTC"
        halves = self.request_unit_half
        return whole_days(
            self.request_date_from,
            self.request_date_to,
            lambda day, hour: local_to_utc(day, hour, tz),
            self.date_from,
            self.date_to,
            from_morning=not halves or self.request_date_from_period == "am",
            to_evening=not halves or self.request_date_to_period == "pm",
        )

    def _get_field_missions(self):
        """Return the planned missions under leaves that are asked for or approved, in one search.

        :return: ``{hr.leave: field.mission (sudo)}``, an entry for each leave; ``None`` holds all
        """
        # The approver need not see missions; how many there are is what he decides by.
        missions = self.env["field.mission"].sudo()
        found = dict.fromkeys(self, missions)
        spans = {
            leave: span
            for leave in self
            if leave.state in (*PENDING, "validate") and (span := leave.sudo()._get_field_span())
        }
        if not spans:
            return found
        people = self.sudo().employee_id
        planned = missions.search(
            [
                ("state", "=", "planned"),
                ("planned_start", "<", max(stop for _start, stop in spans.values())),
                ("planned_end", ">", min(start for start, _stop in spans.values())),
                "|",
                ("technician_id", "in", people.ids),
                ("helper_ids", "in", people.ids),
            ]
        )
        by_person = {person.id: missions for person in people}
        for mission in planned:
            for person in (mission.technician_id | mission.helper_ids) & people:
                by_person[person.id] |= mission
        for leave, (start, stop) in spans.items():
            own = by_person.get(leave.sudo().employee_id.id, missions)
            found[leave] = own.filtered(
                lambda m, start=start, stop=stop: m.planned_start < stop and start < m.planned_end
            )
        found[None] = planned
        return found

    def action_view_field_missions(self):
        """Open the planned missions under these leaves (planners).

        :return: action of the missions
        """
        self.check_access("read")
        missions = self._get_field_missions()
        ids = sorted({m for leave in self for m in missions[leave].ids})
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        # The action shows what the user may see of them: rules decide.
        action.update(domain=[("id", "in", ids)], context={})
        return action
