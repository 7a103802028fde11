from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_promise_tolerance = fields.Integer(
        string="Tolerance of a promised time",
        default=15,
        help="Minutes before or after a promised time within which the visit still starts on time.",
    )
    field_morning_from = fields.Float(string="Morning from", default=8.0)
    field_morning_to = fields.Float(string="Morning to", default=12.0)
    field_afternoon_from = fields.Float(string="Afternoon from", default=13.0)
    field_afternoon_to = fields.Float(string="Afternoon to", default=18.0)

    field_office_user_id = fields.Many2one(
        "res.users",
        string="Field office",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Who is told of incidents and of stock that could not be moved.",
    )

    _field_promise_tolerance_positive = models.Constraint(
        "CHECK(field_promise_tolerance >= 0)", "The tolerance can't be negative."
    )
    _field_half_days_ordered = models.Constraint(
        "CHECK(field_morning_from < field_morning_to"
        " AND field_morning_to <= field_afternoon_from"
        " AND field_afternoon_from < field_afternoon_to)",
        "The morning must end before the afternoon starts, and each must end after it starts.",
    )

    def _get_field_halves(self):
        """Return ``{"morning": (from, to), "afternoon": (from, to)}`` in local hours."""
        self.ensure_one()
        return {
            "morning": (self.field_morning_from, self.field_morning_to),
            "afternoon": (self.field_afternoon_from, self.field_afternoon_to),
        }

    def _get_field_office_user(self):
        """Return who is told in one company: its field office, else its first planner."""
        self.ensure_one()
        company = self.sudo()
        if company.field_office_user_id:
            return company.field_office_user_id
        group = self.env.ref("field_mission.group_field_planner").sudo()
        planners = group.all_user_ids.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )
        return planners.sorted("id")[:1]
