from odoo import fields, models

from .field_aims_mixin import LONGEST_REFINEMENT, WEIGHTS, ZONE_RULES


class ResCompany(models.Model):
    """What new runs of the optimiser aim for."""

    _inherit = "res.company"

    field_plan_zones = fields.Selection(
        ZONE_RULES, string="Technicians work", default="anywhere", required=True
    )
    field_plan_waiting = fields.Selection(
        WEIGHTS, string="Little waiting", default="0", required=True
    )
    field_plan_balance = fields.Selection(WEIGHTS, string="Even load", default="0", required=True)
    field_plan_people = fields.Selection(
        WEIGHTS, string="Few technicians", default="0", required=True
    )
    field_refine_seconds = fields.Integer(
        string="Second stage", default=60, help="Seconds of the search for shorter tours."
    )

    _field_refine_seconds_possible = models.Constraint(
        f"CHECK(field_refine_seconds > 0 AND field_refine_seconds <= {LONGEST_REFINEMENT})",
        "The second stage takes 1 to 900 seconds.",
    )
