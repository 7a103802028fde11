from odoo import api, fields, models

from ..core import states
from ..models.field_visit_notice import REASONS


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
    can_leave_notice = fields.Boolean(compute="_compute_can_leave_notice")

    @api.depends("kind", "mission_id.state")
    def _compute_can_leave_notice(self):
        for wizard in self:
            wizard.can_leave_notice = wizard.kind in REASONS and wizard.mission_id.state in (
                states.PLANNED,
                states.IN_PROGRESS,
            )

    def action_report(self):
        """Report the incident and close."""
        for wizard in self:
            wizard.mission_id.action_report_incident(
                {
                    "kind": wizard.kind,
                    "severity": wizard.severity,
                    "outcome": wizard.outcome,
                    "customer_caused": wizard.customer_caused,
                    "description": wizard.description,
                    "photos": wizard._send_photo(),
                }
            )
        return {"type": "ir.actions.act_window_close"}

    def action_leave_notice(self):
        """Leave a visit notice instead: the visit ends, the customer chooses another day."""
        for wizard in self:
            wizard.mission_id.action_leave_notice(
                {
                    "kind": wizard.kind,
                    "description": wizard.description,
                    "photos": wizard._send_photo(),
                }
            )
        return {"type": "ir.actions.act_window_close"}

    def _send_photo(self):
        """Send the photo of one dialog, if there is one; return the uuids to name it by."""
        if not self.photo:
            return []
        return [self._send_file(self.mission_id, self._decode(self.photo))]
