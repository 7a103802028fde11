from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_calendar_phone = fields.Boolean(
        string="Phone numbers in calendars",
        help="Write names and phones of the contacts on site into the technicians' calendar"
        " subscriptions, which lie on their phones and with their calendar providers.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_calendar_phone = fields.Boolean(related="company_id.field_calendar_phone", readonly=False)
