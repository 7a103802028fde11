from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_promise_tolerance = fields.Integer(
        related="company_id.field_promise_tolerance", readonly=False
    )
    field_morning_from = fields.Float(related="company_id.field_morning_from", readonly=False)
    field_morning_to = fields.Float(related="company_id.field_morning_to", readonly=False)
    field_afternoon_from = fields.Float(related="company_id.field_afternoon_from", readonly=False)
    field_afternoon_to = fields.Float(related="company_id.field_afternoon_to", readonly=False)
    field_office_user_id = fields.Many2one(
        related="company_id.field_office_user_id", readonly=False
    )
