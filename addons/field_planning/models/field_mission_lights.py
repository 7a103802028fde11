from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.field_mission.models.field_mission_readiness import WAITING

# The board asks for fewer at once; more would keep a worker busy for seconds.
MOST_LIGHTS = 500


class FieldMissionLights(models.Model):
    """The readiness lights on the board's cards, apart from its data: it paints without them."""

    _inherit = "field.mission"

    @api.model
    def field_board_lights(self, mission_ids):
        """Return the readiness lights of missions that are still to be done.

        Missions that started, are gone or may not be read by the user are left out.

        :param mission_ids: ids of at most 500 missions
        :return: list of dicts ``id``, ``level`` (``red``, ``orange``, ``green``), ``reasons``
            (sentences)
        :raises AccessError: the user is no planner
        :raises UserError: a malformed argument
        """
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners see the planning board."))
        if (
            not isinstance(mission_ids, (list, tuple))
            or len(mission_ids) > MOST_LIGHTS
            or not all(type(one) is int and 0 < one < 2**31 for one in mission_ids)
        ):
            raise UserError(
                self.env._("Lights are asked for at most %s missions, by their ids.", MOST_LIGHTS)
            )
        missions = self.search([("id", "in", list(mission_ids)), ("state", "in", WAITING)])
        return [{"id": key, **light} for key, light in missions.get_readiness().items()]
