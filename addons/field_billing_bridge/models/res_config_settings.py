from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_billing_grouping = fields.Selection(
        related="company_id.field_billing_grouping", readonly=False
    )
