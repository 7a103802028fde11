from odoo import api, models

from odoo.addons.field_mission.core.slots import utc_to_local

from .field_map import make_legend, sort_by_place

# State of a mission -> colour and shape of its marker: never the colour alone.
STATES = {
    "late": ("danger", "triangle"),
    "to_reschedule": ("warning", "diamond"),
    "draft": ("secondary", "square"),
    "planned": ("info", "circle"),
    "in_progress": ("primary", "star"),
    "done": ("success", "check"),
    "cancelled": ("dark", "cross"),
}


class FieldMission(models.Model):
    _inherit = "field.mission"

    @api.model
    def _get_map(self, domain, limit):
        """See ``field.map``: missions by state, those whose site has no coordinates apart."""
        missions = self.search(domain, limit=limit)
        sites = missions.site_id
        sites.fetch(["name", "city", "partner_latitude", "partner_longitude", "site_geo_state"])
        # A technician's name is no secret to who reads the mission; employees are HR data.
        names = {person.id: person.name for person in missions.technician_id.sudo()}
        labels = dict(self._fields["state"]._description_selection(self.env))
        labels["late"] = self.env._("Late")
        entries = [
            {
                "id": mission.id,
                "title": mission.site_id.name or mission.name,
                "text": mission._get_map_text(names.get(mission.technician_id.id)),
                "group": "late" if mission.is_late else mission.state,
            }
            for mission in missions
        ]
        why = self.env._("Its site has no coordinates.")
        points, missing = sort_by_place(
            (entry, mission.site_id, why) for entry, mission in zip(entries, missions, strict=True)
        )
        return {
            "groups": make_legend(STATES, labels, entries),
            "points": points,
            "lines": [],
            "missing": missing,
            "total": len(missions) if len(missions) < limit else self.search_count(domain),
        }

    def _get_map_text(self, technician):
        """Return the line under one mission's title: when, who, what."""
        self.ensure_one()
        when = ""
        if self.planned_start:
            start = utc_to_local(self.planned_start, self._get_tz())
            day = self.env["ir.qweb.field.date"].value_to_html(start.date(), {})
            when = f"{day} {start:%H:%M}"
        elif self.mission_date:
            when = self.env["ir.qweb.field.date"].value_to_html(self.mission_date, {})
        return " · ".join(part for part in (when, technician, self.service_type_id.name) if part)

    def action_view_map(self):
        """Open the map of these missions.

        :return: action of the map
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_mission_action_map"
        )
        action["domain"] = [("id", "in", self.ids)]
        action["context"] = {}
        return action
