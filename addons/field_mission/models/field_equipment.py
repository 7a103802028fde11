from odoo import api, fields, models


class FieldEquipment(models.Model):
    _name = "field.equipment"
    _description = "Equipment on a site"
    _inherit = ["mail.thread"]
    _order = "site_id, name, id"
    _check_company_auto = True
    _rec_names_search = ["name", "serial"]

    name = fields.Char(required=True, tracking=True)
    serial = fields.Char(string="Serial number", index="btree_not_null", tracking=True)
    site_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        domain="[('is_field_site', '=', True)]",
        tracking=True,
    )
    product_id = fields.Many2one("product.product", check_company=True)
    lot_id = fields.Many2one(
        "stock.lot", domain="[('product_id', '=', product_id)]", check_company=True
    )
    date_installed = fields.Date()
    note = fields.Text()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    nonconformity_ids = fields.One2many("field.nonconformity", "equipment_id")

    @api.depends("name", "serial")
    def _compute_display_name(self):
        for equipment in self:
            serial = f" ({equipment.serial})" if equipment.serial else ""
            equipment.display_name = f"{equipment.name or ''}{serial}"
