from odoo import api, fields, models


class FieldTourStop(models.Model):
    _inherit = "field.tour.stop"

    actual_travel_minutes = fields.Integer(
        string="Travel driven (min)",
        compute="_compute_actual_travel_minutes",
        compute_sudo=True,
        help="From “En route” to “Arrived”, as tapped or corrected; the way back from the last"
        " visit included where it was noted.",
    )

    @api.depends("mission_id.time_ids.duration", "mission_id.time_ids.kind", "employee_id")
    def _compute_actual_travel_minutes(self):
        hours = {
            (mission, person): total
            for mission, person, total in self.env["field.mission.time"]._read_group(
                [
                    ("mission_id", "in", self.mission_id.ids),
                    ("kind", "=", "travel"),
                    ("stop", "!=", False),
                ],
                ["mission_id", "employee_id"],
                ["duration:sum"],
            )
        }
        for stop in self:
            found = hours.get((stop.mission_id, stop.employee_id), 0)
            stop.actual_travel_minutes = round(found * 60)
