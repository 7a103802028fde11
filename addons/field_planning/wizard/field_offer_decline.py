from odoo import fields, models


class FieldOfferDecline(models.TransientModel):
    """Why a subcontractor declines, as they told the office."""

    _name = "field.offer.decline"
    _description = "Refusal told to the office"

    offer_id = fields.Many2one("field.offer", required=True, readonly=True, ondelete="cascade")
    reason = fields.Char(required=True)

    def action_decline(self):
        """Take the refusal down: the mission goes back to the tray."""
        self.ensure_one()
        self.offer_id.action_decline(self.reason)
        return {"type": "ir.actions.act_window_close"}
