from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    field_order_reference_required = fields.Boolean(
        string="Order number required",
        help="Missions of this customer are not billed without the customer's order number.",
    )
    field_prices_on_report = fields.Boolean(
        string="Prices on reports",
        help="The mission reports of this customer show what the work costs.",
    )
