from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_calendar_phone = fields.Boolean(
        string="Phone numbers in calendars",
        help="Write names and phones of the contacts on site into the technicians' calendar"
        " subscriptions, which lie on their phones and with their calendar providers.",
    )
    field_pack = fields.Boolean(
        string="Continuity pack",
        help="Each evening, tomorrow's sheets and table go by mail to the people below, so that"
        " the day can be worked without Odoo.",
    )
    field_pack_hour = fields.Float(
        string="Sent at", default=18.0, help="Local time of the company."
    )
    field_pack_partner_ids = fields.Many2many(
        "res.partner",
        "field_pack_company_partner_rel",
        string="Recipients",
        help="The pack holds the access codes of tomorrow's sites.",
    )
    field_pack_by_team = fields.Boolean(string="One file a team")
    field_pack_size = fields.Integer(
        string="Largest mail (MB)", default=8, help="Bigger packs are split over several mails."
    )

    _field_pack_hour_of_day = models.Constraint(
        "CHECK(field_pack_hour >= 0 AND field_pack_hour < 24 AND field_pack_size > 0)",
        "The pack is sent at an hour of the day, in mails of at least 1 MB.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_calendar_phone = fields.Boolean(related="company_id.field_calendar_phone", readonly=False)
    field_pack = fields.Boolean(related="company_id.field_pack", readonly=False)
    field_pack_hour = fields.Float(related="company_id.field_pack_hour", readonly=False)
    field_pack_partner_ids = fields.Many2many(
        related="company_id.field_pack_partner_ids", readonly=False
    )
    field_pack_by_team = fields.Boolean(related="company_id.field_pack_by_team", readonly=False)
    field_pack_size = fields.Integer(related="company_id.field_pack_size", readonly=False)
