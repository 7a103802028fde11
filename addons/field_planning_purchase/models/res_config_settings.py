from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_purchase_product_id = fields.Many2one(
        related="company_id.field_purchase_product_id", readonly=False
    )
