from odoo import fields, models


class ResCompanySubcontractor(models.Model):
    _inherit = "res.company"

    field_capacity_hard = fields.Boolean(
        string="Refuse missions beyond a subcontractor's capacity",
        help="Otherwise the planner is warned and decides.",
    )
    field_offer_tolerance = fields.Integer(
        string="Shift without a new answer",
        default=60,
        help="Minutes by which an accepted mission may move without being offered again.",
    )

    _field_offer_tolerance_positive = models.Constraint(
        "CHECK(field_offer_tolerance >= 0)", "The shift is not below zero."
    )

    def _get_told_planners(self):
        """Return who is told of what happens to one company's subcontractors and absences."""
        self.ensure_one()
        # Who plans is read for the one who is told, whoever causes it.
        company = self.sudo()
        group = self.env.ref("field_mission.group_field_planner").sudo()
        able = group.all_user_ids.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )
        able -= self.env.ref("base.user_root")
        return (company.field_absence_user_ids & able) or able.sorted("id")[:1]
