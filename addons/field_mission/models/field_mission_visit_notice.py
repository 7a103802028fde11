from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import states
from .field_visit_notice import REASONS


class FieldMissionVisitNotice(models.Model):
    """Nobody there, or no way in: the visit ends with a notice, the mission is planned again."""

    _inherit = "field.mission"

    visit_notice_ids = fields.One2many(
        "field.visit.notice",
        "mission_id",
        string="Visit notices",
        groups="field_mission.group_field_technician",
    )
    visit_notice_count = fields.Integer(
        compute="_compute_visit_notice_count", groups="field_mission.group_field_technician"
    )

    @api.depends("visit_notice_ids")
    def _compute_visit_notice_count(self):
        counts = self._count_lines("field.visit.notice", "mission_id", self.ids)
        for mission in self:
            mission.visit_notice_count = counts.get(mission.id, 0)

    def action_leave_notice(self, values, at=None):
        """Leave a notice on one mission: an incident, a new visit to plan, a word to the customer.

        :param values: ``{"kind": "customer_absent" | "no_access", "description": str,
            "photos": [uuid, …]}``
        :param at: device time, UTC
        :return: id of the notice
        :raises UserError: another reason, or a mission that is neither planned nor under way
        """
        self._check_working((states.PLANNED, states.IN_PROGRESS))
        self._check_role(states.RESPONSIBLE)
        self._check_values(values)
        kind = values.get("kind")
        if kind not in REASONS:
            raise UserError(
                self.env._("A visit notice is left when nobody is there, or without a way in.")
            )
        incident_id = self.action_report_incident(
            {
                "kind": kind,
                "description": values.get("description"),
                "photos": values.get("photos"),
                "customer_caused": True,
                "outcome": "replan",
            },
            at=at,
        )
        incident = self.env["field.incident"].sudo().browse(incident_id)
        label = dict(incident._fields["kind"]._description_selection(self.env))[kind]
        self.action_reschedule(
            f"{label}: {incident.description}" if incident.description else label, at=at
        )
        notice = (
            self.env["field.visit.notice"]
            .sudo()
            .create(
                {
                    "mission_id": self.id,
                    "incident_id": incident_id,
                    "author_id": self.env.uid,
                    "currency_id": incident.company_id.currency_id.id,
                }
            )
        )
        fee = notice._get_fees().get(notice.id)
        if fee:
            notice.write({"fee": fee[0], "currency_id": fee[1].id})
        notice._tell_customers()
        return notice.id

    def action_view_visit_notices(self):
        """Open the notices left on these missions."""
        return self._open_window(
            "field_mission.field_visit_notice_action", [("mission_id", "in", self.ids)]
        )

    def _apply_notice(self, payload, at):
        return {"id": self.action_leave_notice(payload, at=at), "state": self.sudo().state}

    def _get_app_values(self):
        """Add the notices that were left, with the link of their printable sheet."""
        rows = super()._get_app_values()
        for mission, row in zip(self.sudo(), rows, strict=True):
            row["notices"] = [notice._get_app_values() for notice in mission.visit_notice_ids]
        return rows


class FieldOperationVisitNotice(models.Model):
    _inherit = "field.operation"

    def _get_kinds(self):
        """Add the notice left at a closed door."""
        return {**super()._get_kinds(), "visit.notice": "_apply_notice"}
