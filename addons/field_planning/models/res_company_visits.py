from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_visit_horizon = fields.Integer(
        string="Visits written ahead",
        default=60,
        help="Days ahead for which the missions of recurring visits are made.",
    )

    _field_visit_horizon_sane = models.Constraint(
        "CHECK(field_visit_horizon BETWEEN 1 AND 1100)",
        "Visits are written 1 to 1100 days ahead.",
    )
