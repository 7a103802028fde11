from odoo import fields, models


class ResConfigSettingsAbsence(models.TransientModel):
    _inherit = "res.config.settings"

    field_absence_user_ids = fields.Many2many(
        related="company_id.field_absence_user_ids", readonly=False
    )
