from odoo import fields, models


class FieldPhotoHintDismissal(models.TransientModel):
    """Ask why hints about photos are nothing."""

    _name = "field.photo.hint.dismissal"
    _description = "Why a hint about a photo is nothing"

    hint_ids = fields.Many2many("field.photo.hint", required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        """Dismiss the hints with the reason given, see ``field.photo.hint.action_dismiss``."""
        self.ensure_one()
        self.hint_ids.action_dismiss(self.reason)
        return {"type": "ir.actions.act_window_close"}
