from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Which sites a customer sees in the portal, and what is told of them."""

    _inherit = "res.partner"

    @api.model
    def _get_portal_site_domain(self):
        """Return the domain of the sites that the current user may see in the portal (hook).

        They are of the user's company, or name the user as a contact with the right to see them.
        """
        partner = self.env.user.partner_id
        commercial = partner.commercial_partner_id.id
        own = Domain("site_customer_id", "child_of", commercial) | (
            Domain("site_customer_id", "=", False)
            & Domain("commercial_partner_id", "=", commercial)
        )
        named = Domain(
            "site_contact_ids", "any", [("partner_id", "=", partner.id), ("portal", "=", True)]
        )
        return Domain("is_field_site", "=", True) & (own | named)

    @api.model
    def _search_portal_sites(self, domain=None, **kwargs):
        """Return the sites of a domain that the current user may see in the portal (sudo)."""
        allowed = self._get_portal_site_domain() & Domain(domain or Domain.TRUE)
        # Customers have no right on other partners: the domain is the check.
        return self.sudo().search(allowed, **kwargs)

    @api.model
    def _count_portal_sites(self, domain=None):
        """Return how many sites ``_search_portal_sites`` would find."""
        allowed = self._get_portal_site_domain() & Domain(domain or Domain.TRUE)
        return self.sudo().search_count(allowed)

    def _get_portal_site_figures(self):
        """Return ``{site_id: {"coming", "last"}}`` of what the user may know (sudo sites)."""
        missions = self.env["field.mission"].sudo()
        user_env = self.env(su=False)
        allowed = user_env["field.mission"]._get_portal_domain() & Domain("site_id", "in", self.ids)
        coming = dict(
            missions._read_group(
                allowed & Domain("state", "in", ("planned", "in_progress")),
                ["site_id"], ["__count"],
            )
        )  # fmt: skip
        last = dict(
            missions._read_group(
                allowed & Domain("state", "=", "done"), ["site_id"], ["mission_date:max"]
            )
        )
        return {site.id: {"coming": coming.get(site, 0), "last": last.get(site)} for site in self}
