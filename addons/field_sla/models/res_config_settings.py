from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_sla_grace = fields.Float(related="company_id.field_sla_grace", readonly=False)
    field_sla_mail = fields.Boolean(related="company_id.field_sla_mail", readonly=False)
    field_sla_clock_tolerance = fields.Integer(
        related="company_id.field_sla_clock_tolerance", readonly=False
    )
    field_indicator_min = fields.Integer(related="company_id.field_indicator_min", readonly=False)
    field_complaint_days_minor = fields.Integer(
        related="company_id.field_complaint_days_minor", readonly=False
    )
    field_complaint_days_major = fields.Integer(
        related="company_id.field_complaint_days_major", readonly=False
    )
    field_complaint_days_critical = fields.Integer(
        related="company_id.field_complaint_days_critical", readonly=False
    )
    field_survey = fields.Boolean(related="company_id.field_survey", readonly=False)
    field_survey_delay = fields.Float(related="company_id.field_survey_delay", readonly=False)
    field_survey_quiet_from = fields.Float(
        related="company_id.field_survey_quiet_from", readonly=False
    )
    field_survey_quiet_to = fields.Float(related="company_id.field_survey_quiet_to", readonly=False)
    field_survey_every = fields.Integer(related="company_id.field_survey_every", readonly=False)
    field_survey_valid = fields.Integer(related="company_id.field_survey_valid", readonly=False)
