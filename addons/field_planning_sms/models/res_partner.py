from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    field_message_choice = fields.Selection(
        selection_add=[("sms", "By text message"), ("both", "By e-mail and text message")],
        ondelete={"sms": "set null", "both": "set null"},
    )
