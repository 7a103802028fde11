from odoo import fields, models


class ResConfigSettingsPlacement(models.TransientModel):
    _inherit = "res.config.settings"

    field_refuse_uncertified = fields.Boolean(
        related="company_id.field_refuse_uncertified", readonly=False
    )
