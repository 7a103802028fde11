from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_silence_minutes = fields.Integer(
        related="company_id.field_silence_minutes", readonly=False
    )
    field_delay_width = fields.Integer(related="company_id.field_delay_width", readonly=False)
    field_pick_rule = fields.Selection(
        related="company_id.field_pick_rule", readonly=False, required=True
    )
    field_pick_days = fields.Integer(related="company_id.field_pick_days", readonly=False)
