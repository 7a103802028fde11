from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_visit_horizon = fields.Integer(related="company_id.field_visit_horizon", readonly=False)
