from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_purchase_product_id = fields.Many2one(
        "product.product",
        string="Subcontracted service",
        domain="[('type', '=', 'service'), ('purchase_ok', '=', True)]",
        help="For service types that name none of their own.",
    )
