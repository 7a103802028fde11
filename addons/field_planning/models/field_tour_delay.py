from odoo import api, fields, models
from odoo.fields import Domain


class FieldTour(models.Model):
    _inherit = "field.tour"

    late_count = fields.Integer(
        string="Late",
        compute="_compute_late_count",
        search="_search_late_count",
        help="Missions that are late, or at risk to be.",
    )
    actual_travel_minutes = fields.Integer(
        string="Travel driven (min)", compute="_compute_actual_travel_minutes"
    )

    @api.depends("stop_ids.mission_id.delay_state")
    def _compute_late_count(self):
        # Stops that are set aside have no time that they could miss.
        for tour in self:
            late = tour.stop_ids.filtered(
                lambda stop: (
                    not stop.set_aside and stop.mission_id.delay_state in ("late", "at_risk")
                )
            )
            tour.late_count = len(late)

    def _search_late_count(self, operator, value):
        if operator != ">" or value != 0:
            return NotImplemented
        return Domain(
            "stop_ids",
            "any",
            [("set_aside", "=", False), ("mission_id.delay_state", "in", ["late", "at_risk"])],
        )

    @api.depends("stop_ids.actual_travel_minutes")
    def _compute_actual_travel_minutes(self):
        for tour in self:
            tour.actual_travel_minutes = sum(tour.stop_ids.mapped("actual_travel_minutes"))
