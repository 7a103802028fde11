from odoo import fields, models

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

    def action_view_sla(self):
        """Open the SLA targets of these missions' requests."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_sla.field_request_sla_action")
        action["domain"] = [("request_id", "in", self.request_id.ids)]
        action["context"] = {}
        return action
