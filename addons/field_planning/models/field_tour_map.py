from odoo import api, models

from odoo.addons.field_mission.core.slots import utc_to_local


class FieldTour(models.Model):
    _inherit = "field.tour"

    @api.model
    def _get_map(self, domain, limit):
        """See ``field.map``: each tour is a line through its stops, in its technician's colour.

        Where the line begins and ends is left out: that is usually somebody's home.
        """
        tours = self.search(domain, limit=limit)
        stops = tours.stop_ids.filtered(lambda stop: not stop.set_aside)
        missions = stops.mission_id
        missions.fetch(["site_id", "planned_start", "state"])
        missions.site_id.fetch(["name", "city", "partner_latitude", "partner_longitude", "tz"])
        # A technician's name is no secret to who reads the tour; employees are HR data.
        people = tours.technician_id.sudo().sorted("name")
        colors = {person.id: index for index, person in enumerate(people)}
        by_tour = stops.grouped("tour_id")
        lines, missing = [], []
        for tour in tours:
            points = []
            for number, stop in enumerate(by_tour.get(tour, stops.browse()), start=1):
                mission, site = stop.mission_id, stop.mission_id.site_id
                start = mission.planned_start
                clock = f"{utc_to_local(start, mission._get_tz()):%H:%M}" if start else ""
                entry = {
                    "id": mission.id,
                    "model": "field.mission",
                    "title": site.name,
                    "text": " · ".join(part for part in (clock, site.city) if part),
                    "number": number,
                }
                if site.partner_latitude or site.partner_longitude:
                    points.append(
                        {**entry, "lat": site.partner_latitude, "lon": site.partner_longitude}
                    )
                else:
                    entry["text"] = tour.display_name
                    entry["group"] = tour.technician_id.id
                    entry["reason"] = self.env._("Its site has no coordinates.")
                    missing.append(entry)
            lines.append(
                {
                    "id": tour.id,
                    "title": tour.display_name,
                    "text": tour._get_map_text(),
                    "group": tour.technician_id.id,
                    "draft": tour.state == "draft",
                    "points": points,
                }
            )
        return {
            "groups": [
                {"key": person.id, "label": person.name, "color": colors[person.id],
                 "shape": "line"}
                for person in people
            ],
            "points": [],
            "lines": lines,
            "missing": missing,
            "total": len(tours) if len(tours) < limit else self.search_count(domain),
        }  # fmt: skip

    def _get_map_text(self):
        """Return the line under one tour's title: visits, kilometres, load."""
        self.ensure_one()
        return self.env._(
            "%(visits)s visits · %(km)s km · load %(load)s %%",
            visits=self.stop_count,
            km=round(self.travel_km),
            load=round(self.load),
        )

    def action_view_map(self):
        """Open the map of these tours.

        :return: action of the map
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_tour_action_map"
        )
        action["domain"] = [("id", "in", self.ids)]
        action["context"] = {}
        return action
