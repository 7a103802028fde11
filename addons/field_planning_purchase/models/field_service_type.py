from odoo import fields, models


class FieldServiceType(models.Model):
    _inherit = "field.service.type"

    purchase_product_id = fields.Many2one(
        "product.product",
        string="Bought as",
        check_company=True,
        domain="[('type', '=', 'service'), ('purchase_ok', '=', True)]",
        help="Service on the purchase order of a subcontractor; the vendor's prices apply. Counted"
        " in hours where its unit is a time, else once a mission.",
    )
