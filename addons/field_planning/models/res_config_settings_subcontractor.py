from odoo import fields, models


class ResConfigSettingsSubcontractor(models.TransientModel):
    _inherit = "res.config.settings"

    field_capacity_hard = fields.Boolean(related="company_id.field_capacity_hard", readonly=False)
    field_offer_tolerance = fields.Integer(
        related="company_id.field_offer_tolerance", readonly=False
    )
