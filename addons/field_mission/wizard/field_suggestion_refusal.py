from odoo import fields, models


class FieldSuggestionRefusal(models.TransientModel):
    """Ask why suggestions are not kept: their authors read it."""

    _name = "field.suggestion.refusal"
    _description = "Why a suggestion is not kept"

    suggestion_ids = fields.Many2many("field.suggestion", required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_apply(self):
        """Refuse the suggestions with the reason given."""
        self.ensure_one()
        self.suggestion_ids.action_refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
