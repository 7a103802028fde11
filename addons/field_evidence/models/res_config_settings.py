from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_report_mention = fields.Text(related="company_id.field_report_mention", readonly=False)
