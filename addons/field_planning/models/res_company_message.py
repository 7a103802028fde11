from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    field_message_choice = fields.Selection(
        [("mail", "By e-mail"), ("none", "No messages")],
        string="Customers are told",
        default="mail",
        required=True,
    )
    field_message_confirmation = fields.Boolean(string="Confirmation", default=True)
    field_message_change = fields.Boolean(string="Change", default=True)
    field_message_cancellation = fields.Boolean(string="Cancellation", default=True)
    field_message_reminder = fields.Boolean(string="Reminder", default=True)
    field_message_delay = fields.Boolean(string="Delay", default=True)
    field_message_visit_notice = fields.Boolean(string="Visit notice", default=True)
    field_message_missed_visit = fields.Boolean(string="Missed visit", default=True)
    field_message_reminder_hour = fields.Float(
        string="Reminder sent at",
        default=16.0,
        help="The day before, in the local time of the site.",
    )
    field_window_minutes = fields.Integer(
        string="Width of the slot announced",
        default=120,
        help="Minutes; for visits without an hour promised. 0 = the planned hour itself.",
    )

    @api.constrains("field_message_reminder_hour", "field_window_minutes")
    def _check_field_messages(self):
        for company in self:
            if not 0 <= company.field_message_reminder_hour < 24:
                raise ValidationError(self.env._("The reminder leaves between 0:00 and 23:59."))
            if not 0 <= company.field_window_minutes <= 720:
                raise ValidationError(
                    self.env._("The slot announced is between 0 and 720 minutes wide.")
                )

    def _sends_field_message(self, kind):
        """Whether one company sends messages of a kind.

        :param kind: one of ``models.field_customer_message.KINDS``
        """
        self.ensure_one()
        return self[f"field_message_{kind}"]
