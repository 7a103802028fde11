from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_message_choice = fields.Selection(
        related="company_id.field_message_choice", readonly=False, required=True
    )
    field_message_confirmation = fields.Boolean(
        related="company_id.field_message_confirmation", readonly=False
    )
    field_message_change = fields.Boolean(related="company_id.field_message_change", readonly=False)
    field_message_cancellation = fields.Boolean(
        related="company_id.field_message_cancellation", readonly=False
    )
    field_message_reminder = fields.Boolean(
        related="company_id.field_message_reminder", readonly=False
    )
    field_message_delay = fields.Boolean(related="company_id.field_message_delay", readonly=False)
    field_message_visit_notice = fields.Boolean(
        related="company_id.field_message_visit_notice", readonly=False
    )
    field_message_missed_visit = fields.Boolean(
        related="company_id.field_message_missed_visit", readonly=False
    )
    field_message_reminder_hour = fields.Float(
        related="company_id.field_message_reminder_hour", readonly=False
    )
    field_window_minutes = fields.Integer(related="company_id.field_window_minutes", readonly=False)
