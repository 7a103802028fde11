from odoo import fields, models


class ResCompanyAbsence(models.Model):
    _inherit = "res.company"

    field_absence_user_ids = fields.Many2many(
        "res.users",
        relation="field_company_absence_user_rel",
        string="Planners told",
        domain="[('share', '=', False)]",
        help="Who gets an activity when an absence or a subcontractor's refusal hits planned"
        " missions. Empty = the team's leader, else who planned the mission.",
    )
