from odoo import models

from .field_mission_notify import CHANNEL


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """A client that asks for the board hears of its own companies, if its user plans."""
        channels = list(channels)
        if CHANNEL in channels:
            channels.remove(CHANNEL)
            user = self.env.user
            if user.has_group("field_mission.group_field_planner"):
                channels += [(company, CHANNEL) for company in user.company_ids]
        return super()._build_bus_channel_list(channels)
