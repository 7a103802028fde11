from odoo import models


class FieldMissionTourApp(models.Model):
    """The technician's app lists the day in the order of the tour, with the travel before each."""

    _inherit = "field.mission"

    def _get_app_values(self):
        """Return what the app shows, with each mission's place in the user's tour."""
        values = super()._get_app_values()
        user = self.env.user
        stops = {
            stop.mission_id.id: stop
            for stop in self.sudo().stop_ids
            if stop.employee_id.user_id == user and not stop.set_aside
        }
        for mission in values:
            stop = stops.get(mission["id"])
            if stop:
                mission["order"] = stop.sequence
                mission["travel"] = {
                    "minutes": stop.travel_minutes,
                    "km": round(stop.travel_km, 1),
                }
        return values
