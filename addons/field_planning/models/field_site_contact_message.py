from odoo import fields, models


class FieldSiteContact(models.Model):
    _inherit = "field.site.contact"

    planning = fields.Boolean(
        string="Told of visits",
        help="Gets the confirmations, changes and reminders of the visits on this site, instead of"
        " the customer.",
    )
