from odoo import fields, models


class ResCompanyPlacement(models.Model):
    _inherit = "res.company"

    field_refuse_uncertified = fields.Boolean(
        string="Refuse visits without certification",
        help="A technician whose certification is missing or expired can't be given a mission that"
        " needs it. Otherwise the planner is warned and decides.",
    )
