from odoo import fields, models


class FieldServiceType(models.Model):
    _inherit = "field.service.type"

    delay_tolerance = fields.Integer(
        string="Tolerance before it is late",
        default=0,
        help="Minutes after its slot from which a mission of this type counts as late.",
    )

    _delay_tolerance_positive = models.Constraint(
        "CHECK(delay_tolerance >= 0)", "The tolerance can't be negative."
    )
