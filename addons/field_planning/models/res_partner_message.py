from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    field_message_choice = fields.Selection(
        [("mail", "By e-mail"), ("none", "No messages")],
        string="Messages about visits",
        help="How this customer is told of visits; empty = as set for the company.",
    )
