from odoo import models


class HrEmployeePlacement(models.Model):
    _inherit = "hr.employee"

    def _get_placement_zones(self):
        """Return the zones that each person serves (hook).

        :return: ``{employee_id: {zone_id, …}}``; an empty set = everywhere
        """
        # Zones are no secret of the person's file: planners set them.
        return {employee.id: set(employee.field_zone_ids.ids) for employee in self.sudo()}
