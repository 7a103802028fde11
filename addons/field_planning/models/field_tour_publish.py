from odoo import models


class FieldTour(models.Model):
    _inherit = "field.tour"

    def action_open_publish(self):
        """Open the preview of publishing these technicians' days.

        :return: action of the preview
        """
        self.check_access("write")
        missions = self.stop_ids.filtered(lambda stop: not stop.set_aside).mission_id
        return missions.action_open_publish()
