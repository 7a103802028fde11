from odoo import models


class FieldOptimization(models.Model):
    _inherit = "field.optimization"

    def action_open_publish(self):
        """Open the preview of publishing what one run planned.

        :return: action of the preview
        """
        self.ensure_one()
        self.check_access("write")
        missions = self.tour_ids.filtered(lambda line: line.state == "accepted").stop_ids.mission_id
        return missions.action_open_publish()
