from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_sla_grace = fields.Float(related="company_id.field_sla_grace", readonly=False)
    field_sla_clock_tolerance = fields.Integer(
        related="company_id.field_sla_clock_tolerance", readonly=False
    )
