from odoo import fields, models


class FieldIncidentWizard(models.TransientModel):
    """Report one incident; the office is told at once."""

    _name = "field.incident.wizard"
    _description = "Incident to report"
    _inherit = "field.work.wizard.mixin"

    kind = fields.Selection(
        lambda self: self.env["field.incident"]._fields["kind"]._description_selection(self.env),
        required=True,
    )
    severity = fields.Selection(
        lambda self: (
            self.env["field.incident"]._fields["severity"]._description_selection(self.env)
        ),
        default="medium",
        required=True,
    )
    outcome = fields.Selection(
        lambda self: self.env["field.incident"]._fields["outcome"]._description_selection(self.env),
        default="none",
        required=True,
    )
    customer_caused = fields.Boolean(string="Caused by the customer")
    description = fields.Text()
    photo = fields.Image(max_width=2048, max_height=2048)
    can_add_photo = fields.Boolean(compute="_compute_can_add_photo")

    def _compute_can_add_photo(self):
        for wizard in self:
            wizard.can_add_photo = wizard.mission_id.state in ("in_progress", "done")

    def action_report(self):
        """Report the incident and close."""
        for wizard in self:
            photos = []
            if wizard.photo:
                photos.append(wizard._send_file(wizard.mission_id, wizard._decode(wizard.photo)))
            wizard.mission_id.action_report_incident(
                {
                    "kind": wizard.kind,
                    "severity": wizard.severity,
                    "outcome": wizard.outcome,
                    "customer_caused": wizard.customer_caused,
                    "description": wizard.description,
                    "photos": photos,
                }
            )
        return {"type": "ir.actions.act_window_close"}
