from odoo import fields, models


class FieldSiteContact(models.Model):
    _name = "field.site.contact"
    _description = "Contact on a site"
    _order = "site_id, sequence, id"
    _rec_name = "partner_id"

    site_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    role = fields.Char(help="Caretaker, site manager, technical service…")
    phone = fields.Char(related="partner_id.phone")
    portal = fields.Boolean(string="Sees the site in the portal")
    report = fields.Boolean(string="Receives the reports")
    sign = fields.Boolean(string="May sign")

    _site_partner_unique = models.UniqueIndex(
        "(site_id, partner_id)", "This contact is already listed on the site."
    )
