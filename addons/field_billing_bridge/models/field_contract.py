from odoo import fields, models

from .res_company import GROUPINGS

# Prices are not every planner's business.
BILLING_GROUPS = (
    "account.group_account_invoice,sales_team.group_sale_salesman,field_mission.group_field_manager"
)


class FieldContract(models.Model):
    _inherit = "field.contract"

    billing_rule_ids = fields.One2many(
        "field.billing.rule", "contract_id", string="Billing rules", groups=BILLING_GROUPS
    )
    billing_grouping = fields.Selection(
        GROUPINGS, string="Sales orders", help="Empty: as the company's settings say."
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Price list",
        check_company=True,
        groups=BILLING_GROUPS,
        help="Empty: the price list of the customer.",
    )
    order_reference_required = fields.Boolean(
        string="Order number required",
        help="Missions of this contract are not billed without the customer's order number.",
    )
    analytic_account_id = fields.Many2one(
        "account.analytic.account",
        string="Analytic account",
        check_company=True,
        groups=BILLING_GROUPS,
        help="Where the revenue of this contract goes in the analytic accounting.",
    )
