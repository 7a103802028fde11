from odoo import api, fields, models
from odoo.tools import SQL

# Steps after which a target may be reached, given up or taken up again.
MEASURED_STEPS = frozenset(("plan", "start", "done", "validate", "cancel", "reset"))


class FieldMission(models.Model):
    _inherit = "field.mission"

    sla_state = fields.Selection(related="request_id.sla_state", string="SLA")
    sla_deadline = fields.Datetime(related="request_id.sla_deadline", string="SLA deadline")
    sla_missed = fields.Boolean(related="request_id.sla_missed", string="SLA missed")
    sla_at_risk = fields.Boolean(related="request_id.sla_at_risk", string="SLA at risk")
    sla_time_left = fields.Char(related="request_id.sla_time_left", string="SLA time left")
    sla_ids = fields.One2many(
        related="request_id.sla_ids",
        string="SLA targets",
        groups="field_mission.group_field_planner",
    )

    complaint_ids = fields.One2many(
        "field.complaint",
        "mission_id",
        string="Complaints",
        groups="field_mission.group_field_planner",
    )
    complaint_count = fields.Integer(
        compute="_compute_complaint_count",
        string="Complaint count",
        groups="field_mission.group_field_planner",
    )

    def _compute_complaint_count(self):
        counts = dict(
            self.env["field.complaint"]._read_group(
                [("mission_id", "in", self.ids)], ["mission_id"], ["__count"]
            )
        )
        for mission in self:
            mission.complaint_count = counts.get(mission, 0)

    def _after_transition(self, step):
        """Judge the SLA targets that this step reaches."""
        result = super()._after_transition(step)
        if step.name in MEASURED_STEPS:
            self.request_id._settle_sla()
        return result

    def _get_deadline(self):
        """The visit must also respect the SLA: arrive, else restore, in time."""
        deadlines = super()._get_deadline()
        # Read together: a request browsed alone would ask the database for its targets alone.
        targets = {request.id: request.sla_ids for request in self.sudo().request_id}
        for mission in self:
            lines = targets.get(mission.sudo().request_id.id, ())
            known = [
                line.deadline
                for line in lines
                if line.kind in ("on_site", "restored")
                and line.state in ("running", "late")
                and line.deadline
            ]
            if deadlines.get(mission.id):
                known.append(deadlines[mission.id])
            deadlines[mission.id] = min(known, default=False)
        return deadlines

    @api.model
    def _get_deadline_sql(self, alias, query):
        """The next open SLA deadline of the request counts too, where it comes first."""
        deadline = super()._get_deadline_sql(alias, query)
        request = query.left_join(alias, "request_id", "field_request", "id", "request")
        # LEAST passes over what is not known.
        promised = self.env["field.request"].sudo()._field_to_sql(request, "sla_deadline", query)
        return SQL("LEAST(%s, %s)", deadline, promised)

    def action_view_complaints(self):
        """Open the complaints about these missions."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_sla.field_complaint_action")
        action["domain"] = [("mission_id", "in", self.ids)]
        action["context"] = {"default_mission_id": self.id} if len(self) == 1 else {}
        return action

    def action_view_sla(self):
        """Open the SLA targets of these missions' requests."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_sla.field_request_sla_action")
        action["domain"] = [("request_id", "in", self.request_id.ids)]
        action["context"] = {}
        return action
