from odoo import http
from odoo.http import request

from odoo.addons.field_mission.controllers.field_api import FieldApi


class FieldPlanningApi(FieldApi):
    """What a technician who is ahead of time asks in the app; only with a network."""

    def _get_app_modules(self):
        return [*super()._get_app_modules(), "field_planning"]

    @http.route("/field/api/nearby", type="jsonrpc", auth="user")
    def nearby(self, uid=None, db=None, **_ignored):
        """Return what the user could still do today (see ``field.mission.get_nearby_offers``).

        :param uid: user whom the device's data belongs to
        :param db: database that it belongs to
        """
        if self._is_stranger(uid, db):
            return {"stranger": True}
        return request.env["field.mission"].get_nearby_offers()

    @http.route("/field/api/pick", type="jsonrpc", auth="user")
    def pick(self, mission_id=None, uid=None, db=None, **_ignored):
        """Take a mission that was offered, or ask for it (see ``field.mission.action_pick``).

        :param mission_id: id of the mission
        :param uid: user whom the device's data belongs to
        :param db: database that it belongs to
        """
        if self._is_stranger(uid, db):
            return {"stranger": True}
        return request.env["field.mission"].action_pick(mission_id)
