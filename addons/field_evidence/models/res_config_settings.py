from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_report_mention = fields.Text(related="company_id.field_report_mention", readonly=False)
    field_head_mail = fields.Boolean(related="company_id.field_head_mail", readonly=False)
    field_digest_email = fields.Char(related="company_id.field_digest_email", readonly=False)
    field_photo_budget = fields.Integer(related="company_id.field_photo_budget", readonly=False)
    field_position_mode = fields.Selection(related="company_id.field_position_mode", readonly=False)
    field_position_radius = fields.Integer(
        related="company_id.field_position_radius", readonly=False
    )
    field_position_days = fields.Integer(related="company_id.field_position_days", readonly=False)
    field_tsa_url = fields.Char(related="company_id.field_tsa_url", readonly=False)
    field_tsa_certificate = fields.Text(related="company_id.field_tsa_certificate", readonly=False)
    field_photo_years = fields.Integer(related="company_id.field_photo_years", readonly=False)
