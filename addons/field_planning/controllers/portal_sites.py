from odoo import fields, http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager


class FieldSitePortal(CustomerPortal):
    """The customer's sites, each with its visits: no internal note, no cost."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "field_site_count" in counters:
            values["field_site_count"] = request.env["res.partner"]._count_portal_sites()
        return values

    @http.route(
        ["/my/sites", "/my/sites/page/<int:page>"],
        type="http", auth="user", website=True, readonly=True,
    )  # fmt: skip
    def portal_my_sites(self, page=1, search=None, **_kwargs):
        """List the sites that the current user may see."""
        partners = request.env["res.partner"]
        domain = Domain.TRUE
        if search:
            domain = (
                Domain("name", "ilike", search)
                | Domain("city", "ilike", search)
                | Domain("site_code", "ilike", search)
            )
        pager = portal_pager(
            url="/my/sites",
            url_args={"search": search},
            total=partners._count_portal_sites(domain),
            page=page,
            step=self._items_per_page,
        )
        sites = partners._search_portal_sites(
            domain, limit=self._items_per_page, offset=pager["offset"], order="name, id"
        )
        values = {
            **self._prepare_portal_layout_values(),
            "sites": sites,
            "figures": sites._get_portal_site_figures(),
            "pager": pager,
            "page_name": "field_sites",
            "default_url": "/my/sites",
            "searchbar_inputs": {
                "all": {"input": "all", "label": request.env._("Search in sites")}
            },
            "search_in": "all",
            "search": search,
        }
        return request.render("field_planning.portal_my_sites", values)

    @http.route("/my/sites/<int:site_id>", type="http", auth="user", website=True, readonly=True)
    def portal_my_site(self, site_id, kind=None, year=None, page=1, **_kwargs):
        """Show one site: the next visits, then those done, by type and year.

        :param kind: id of a service type
        :param year: four digits
        """
        site = request.env["res.partner"]._search_portal_sites([("id", "=", site_id)])
        if not site:
            return request.redirect("/my/sites")
        missions = request.env["field.mission"]
        here = Domain("site_id", "in", site._get_site_parts()[site.id])
        this_year = fields.Date.context_today(site).year
        years = list(range(this_year, this_year - 5, -1))
        domain = here & Domain("state", "=", "done")
        year = int(year) if str(year or "").isdigit() and int(year) in years else None
        if year:
            domain &= Domain("mission_date", ">=", f"{year}-01-01")
            domain &= Domain("mission_date", "<=", f"{year}-12-31")
        types = missions._search_portal(here, limit=500).service_type_id.sorted("name")
        kind = int(kind) if str(kind or "").isdigit() and int(kind) in types.ids else None
        if kind:
            domain &= Domain("service_type_id", "=", kind)
        page = int(page) if str(page).isdigit() else 1
        pager = portal_pager(
            url=f"/my/sites/{site.id}",
            url_args={"kind": kind, "year": year},
            total=missions._count_portal(domain),
            page=page,
            step=20,
        )
        values = {
            **self._prepare_portal_layout_values(),
            "site": site,
            "coming": missions._search_portal(
                here & Domain("state", "in", ("planned", "in_progress")),
                order="mission_date, planned_start, id", limit=20,
            ),
            "done": missions._search_portal(
                domain, order="mission_date desc, id desc", limit=20, offset=pager["offset"]
            ),
            "pager": pager,
            "types": types,
            "years": years,
            "kind": kind,
            "year": year,
            "page_name": "field_sites",
        }  # fmt: skip
        return request.render("field_planning.portal_my_site", values)
