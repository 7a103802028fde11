from odoo import fields, models


class FieldSiteAccess(models.Model):
    _name = "field.site.access"
    _description = "Access to a site"
    _order = "site_id, sequence, id"
    _rec_names_search = ["note", "value"]

    site_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("code", "Code"),
            ("key", "Key"),
            ("badge", "Badge"),
            ("alarm", "Alarm"),
            ("note", "Note"),
        ],
        required=True,
        default="code",
    )
    value = fields.Char(help="The code itself, or the number of the key or badge.")
    note = fields.Char(help="Where it is used: gate, boiler room, hall…")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )

    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for access in self:
            parts = [labels.get(access.kind), access.note, access.value]
            access.display_name = " ".join(part for part in parts if part)
