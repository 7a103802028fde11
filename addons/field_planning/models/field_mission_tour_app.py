from odoo import api, models


class FieldMissionTourApp(models.Model):
    """What planning adds to the technician's app: the tour's order, the travel, the offers."""

    _inherit = "field.mission"

    def _get_app_values(self):
        """Return what the app shows, with each mission's place in the user's tour."""
        values = super()._get_app_values()
        user = self.env.user
        own = self.sudo().stop_ids.filtered(
            lambda stop: stop.employee_id.user_id == user and not stop.set_aside
        )
        shown = own._get_shown_values()
        stops = {stop.mission_id.id: shown.get(stop, stop) for stop in own}
        for mission in values:
            stop = stops.get(mission["id"])
            if stop:
                mission["order"] = stop["sequence"]
                mission["travel"] = {
                    "minutes": stop["travel_minutes"],
                    "km": round(stop["travel_km"], 1),
                }
        return values

    @api.model
    def _get_app_shared(self, employee):
        """Return what waits for a subcontractor's answer, and whether one may ask for more.

        :param employee: ``hr.employee`` (sudo), or empty
        """
        shared = super()._get_app_shared(employee)
        is_colleague = employee and not self.env.user.share
        shared["pick_rule"] = employee.company_id.field_pick_rule if is_colleague else "off"
        shared["offers"] = [offer._get_app_values() for offer in self._get_portal_offers()]
        return shared
