from odoo import api, fields, models


class FieldZone(models.Model):
    _name = "field.zone"
    _description = "Field zone"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char()
    sequence = fields.Integer(
        default=10, help="Where two zones cover the same place, the first one wins."
    )
    color = fields.Integer()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, index=True, required=True
    )
    prefix_text = fields.Char(
        string="Postcodes",
        help="Beginnings of the postcodes of the zone, separated by commas: 29, 560, 56100.",
    )
    site_count = fields.Integer(compute="_compute_site_count")

    _code_company_unique = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL", "Two zones of a company have the same code."
    )

    def _compute_site_count(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                [("site_zone_id", "in", self.ids), ("is_field_site", "=", True)],
                ["site_zone_id"],
                ["__count"],
            )
        )
        for zone in self:
            zone.site_count = counts.get(zone, 0)

    @api.model
    def _match_sites(self, partners, company=None):
        """Return the zone of each partner, found by its postcode or INSEE commune code.

        The longest matching prefix wins, then the zone's order.

        :param partners: ``res.partner`` records
        :param company: company whose zones count (default: the current one)
        :return: ``{partner: field.zone}``, an empty zone where none matches
        """
        company = company or self.env.company
        prefixes = []
        for rank, zone in enumerate(self.search([("company_id", "=", company.id)])):
            for prefix in (zone.prefix_text or "").replace(";", ",").split(","):
                if prefix.strip():
                    prefixes.append((-len(prefix.strip()), rank, prefix.strip(), zone))
        prefixes.sort(key=lambda entry: entry[:3])
        none = self.browse()
        found = {}
        for partner in partners:
            place = partner.zip or partner.site_insee_code or ""
            found[partner] = next(
                (zone for _size, _rank, prefix, zone in prefixes if place.startswith(prefix)), none
            )
        return found

    def action_view_sites(self):
        """Open the sites of these zones."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.res_partner_action_site"
        )
        action["domain"] = [("is_field_site", "=", True), ("site_zone_id", "in", self.ids)]
        action["context"] = {}
        return action
