from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """The zone of a site: found when its address is saved, unless it was chosen by hand."""

    _inherit = "res.partner"

    site_zone_manual = fields.Boolean(
        string="Zone chosen by hand", readonly=True, copy=False,
        help="A change of the address leaves this zone alone.",
    )  # fmt: skip
    site_zone_stale = fields.Boolean(readonly=True, copy=False)

    _site_zone_stale_idx = models.Index("(id) WHERE site_zone_stale")

    @api.depends("zip", "site_insee_code", "is_field_site", "company_id")
    def _compute_site_zone_id(self):
        sites = self.filtered("is_field_site")
        (self - sites).site_zone_id = False
        found_by_rule = sites.filtered(lambda site: not site.site_zone_manual)
        # Zones are no secret; who saves a site may have no right on them.
        found = self.env["field.zone"].sudo()._match_sites(found_by_rule)
        for site in found_by_rule:
            site.site_zone_id = found[site]
        for site in sites - found_by_rule:
            site.site_zone_id = site.site_zone_id

    @api.model_create_multi
    def create(self, vals_list):
        """Remember zones that were chosen by hand."""
        partners = super().create(vals_list)
        given = [
            partner.id
            for partner, vals in zip(partners, vals_list, strict=True)
            if vals.get("site_zone_id")
        ]
        self.browse(given)._note_zone_choice()
        return partners

    def write(self, vals):
        """Remember zones that were chosen by hand."""
        result = super().write(vals)
        if "site_zone_id" in vals and "site_zone_manual" not in vals:
            self._note_zone_choice()
        return result

    def _note_zone_choice(self):
        """Mark the sites whose zone is not the one that the rules give."""
        sites = self.filtered("is_field_site")
        # See `_compute_site_zone_id`.
        found = self.env["field.zone"].sudo()._match_sites(sites)
        chosen = sites.filtered(lambda site: site.site_zone_id != found[site])
        for group, manual in ((chosen, True), (sites - chosen, False)):
            group = group.filtered(lambda site, manual=manual: site.site_zone_manual != manual)
            if group:
                group.write({"site_zone_manual": manual})

    def action_reset_zone(self):
        """Give these sites the zone that the rules give, instead of the one chosen by hand."""
        self.check_access("write")
        sites = self.filtered("is_field_site")
        sites.write({"site_zone_manual": False})
        sites._refresh_zones()
        return True

    @api.model
    def _get_zone_domain(self, companies):
        """Return the domain of the sites whose zone follows the rules."""
        return (
            Domain("is_field_site", "=", True)
            & Domain("site_zone_manual", "=", False)
            & Domain("company_id", "in", [*companies.ids, False])
        )

    def _refresh_zones(self):
        """Find the zones of these sites again; write only those that changed, zone by zone.

        :return: how many changed
        """
        # See `_compute_site_zone_id`.
        found = self.env["field.zone"].sudo()._match_sites(self)
        changed = self.filtered(lambda site: site.site_zone_id != found[site])
        for zone, sites in changed.grouped(lambda site: found[site]).items():
            sites.write({"site_zone_id": zone.id, "site_zone_manual": False})
        self.filtered("site_zone_stale").write({"site_zone_stale": False})
        return len(changed)

    @api.model
    def _cron_refresh_zones(self):
        """Find the zones again that a change of the rules left stale, batch by batch."""
        domain = Domain("site_zone_stale", "=", True)
        total = self.search_count(domain)
        while sites := self.search(domain, limit=500, order="id"):
            sites._refresh_zones()
            total = max(0, total - len(sites))
            if not self.env["ir.cron"]._commit_progress(len(sites), remaining=total):
                return
