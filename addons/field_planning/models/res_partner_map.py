from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .field_map import make_legend, sort_by_place

# State of a site -> colour and shape of its marker, the most pressing first.
STATES = {
    "nonconformity": ("danger", "triangle"),
    "to_plan": ("warning", "diamond"),
    "planned": ("info", "circle"),
    "done": ("success", "check"),
    "none": ("secondary", "square"),
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _get_map(self, domain, limit):
        """See ``field.map``: sites by what is to be done there."""
        domain &= Domain("is_field_site", "=", True)
        sites = self.search_fetch(
            domain,
            ["name", "street", "zip", "city", "partner_latitude", "partner_longitude",
             "site_zone_id", "site_geo_state", "site_geo_issue"],
            limit=limit,
        )  # fmt: skip
        states = sites._get_map_states()
        issues = dict(self._fields["site_geo_issue"]._description_selection(self.env))
        entries = []
        for site in sites:
            town = " ".join(part for part in (site.zip, site.city) if part)
            parts = (site.street, town, site.site_zone_id.name)
            entries.append(
                {
                    "id": site.id,
                    "title": site.name or "",
                    "text": " · ".join(part for part in parts if part),
                    "group": states[site.id],
                }
            )
        unknown = self.env._("Its address has not been looked up yet.")
        points, missing = sort_by_place(
            (entry, site, issues.get(site.site_geo_issue) or unknown)
            for entry, site in zip(entries, sites, strict=True)
        )
        labels = {
            "nonconformity": self.env._("Open non-conformity"),
            "to_plan": self.env._("Visit to plan"),
            "planned": self.env._("Visit planned"),
            "done": self.env._("Visited in the last 12 months"),
            "none": self.env._("Nothing for 12 months"),
        }
        return {
            "groups": make_legend(STATES, labels, entries),
            "points": points,
            "lines": [],
            "missing": missing,
            "total": len(sites) if len(sites) < limit else self.search_count(domain),
        }

    def _get_map_states(self):
        """Return ``{site_id: key of STATES}``."""
        missions = self.env["field.mission"]
        since = fields.Date.context_today(self) - relativedelta(months=12)
        of_sites = Domain("site_id", "in", self.ids)
        found = dict.fromkeys(self.ids, "none")

        def mark(model, domain, key):
            for site, _count in model._read_group(of_sites & domain, ["site_id"], ["__count"]):
                found[site.id] = key

        mark(missions, Domain("state", "=", "done") & Domain("mission_date", ">=", since), "done")
        mark(missions, Domain("state", "in", ("planned", "in_progress")), "planned")
        mark(missions, Domain("state", "in", ("draft", "to_reschedule")), "to_plan")
        if self.env["field.nonconformity"].has_access("read"):
            mark(self.env["field.nonconformity"], Domain("state", "!=", "closed"), "nonconformity")
        return found

    def action_view_site_map(self):
        """Open the map of these sites.

        :return: action of the map
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.res_partner_action_site_map"
        )
        action["domain"] = [("is_field_site", "=", True), ("id", "in", self.ids)]
        action["context"] = {}
        return action
