from odoo import fields, models

GROUPINGS = [
    ("contract", "One order a month for each payer, contract and order number"),
    ("site", "One order a month for each site"),
    ("mission", "One order for each mission"),
]


class ResCompany(models.Model):
    _inherit = "res.company"

    field_billing_grouping = fields.Selection(
        GROUPINGS,
        string="Sales orders of missions",
        default="contract",
        required=True,
        help="How the charges of missions are gathered on sales orders. A contract may differ.",
    )
