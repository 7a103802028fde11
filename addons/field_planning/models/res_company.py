from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    field_travel_speed = fields.Float(
        string="Travel speed", default=50.0, help="Kilometres an hour, stops and traffic included."
    )
    field_travel_detour = fields.Float(
        string="Detour factor",
        default=1.3,
        help="Road distance divided by the distance as the crow flies.",
    )
    field_travel_profile = fields.Selection(
        [
            ("constant", "The same everywhere"),
            ("distance", "Slower on short trips, faster on long ones"),
        ],
        string="Speed profile",
        default="constant",
        required=True,
    )
    field_lunch_minutes = fields.Integer(
        string="Lunch break",
        default=45,
        help="Minutes, for working hours without a break of their own at noon. 0 = no break.",
    )
    field_lunch_from = fields.Float(string="Lunch starts from", default=12.0)
    field_lunch_to = fields.Float(
        string="Lunch starts until", default=13.25, help="Latest local time at which lunch starts."
    )
    field_solver = fields.Selection(
        [("auto", "The best available"), ("vroom", "VROOM"), ("python", "Built-in, simple")],
        string="Optimiser",
        default="auto",
        required=True,
    )
    field_solver_seconds = fields.Integer(
        string="Time for big days",
        default=14,
        help="Seconds given to the optimiser when more than 700 visits hang together.",
    )

    field_km_cost = fields.Float(
        string="Cost per kilometre",
        default=0.45,
        help="Vehicle and fuel, in the company's currency.",
    )
    field_urgent_overtime = fields.Integer(
        string="Overtime for urgent missions",
        default=30,
        help="Minutes after hours that an option for an urgent mission may ask for. 0 = none.",
    )
    field_overtime_rate = fields.Float(
        string="Overtime costs", default=125.0, help="In percent of an hour's cost."
    )

    _field_urgent_positive = models.Constraint(
        "CHECK(field_km_cost >= 0 AND field_urgent_overtime >= 0 AND field_overtime_rate >= 0)",
        "The costs and the overtime of urgent missions can't be below zero.",
    )
    _field_travel_positive = models.Constraint(
        "CHECK(field_travel_speed > 0 AND field_travel_detour >= 1)",
        "The travel speed must be above zero and the detour factor at least 1.",
    )
    _field_solver_seconds_positive = models.Constraint(
        "CHECK(field_solver_seconds > 0)", "The optimiser needs some seconds."
    )

    @api.constrains("field_lunch_from", "field_lunch_to", "field_lunch_minutes")
    def _check_field_lunch(self):
        for company in self:
            hours = (0, company.field_lunch_from, company.field_lunch_to, 24)
            if list(hours) != sorted(hours) or not 0 <= company.field_lunch_minutes <= 240:
                raise ValidationError(
                    self.env._("Lunch must start between two times of a day and last 0 to 240 min.")
                )
