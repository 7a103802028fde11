from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_message_choice = fields.Selection(
        selection_add=[("sms", "By text message"), ("both", "By e-mail and text message")],
        ondelete={"sms": "set default", "both": "set default"},
    )
