from odoo import api, fields, models


class FieldMissionMeasures(models.Model):
    """What analyses of missions add up besides the planned hours."""

    _inherit = "field.mission"

    travel_minutes = fields.Integer(
        string="Travel before (min)",
        compute="_compute_travel",
        compute_sudo=True,
        store=True,
        help="Planned drive of the technician responsible to this visit.",
    )
    travel_km = fields.Float(
        string="Kilometres before",
        digits=(10, 1),
        compute="_compute_travel",
        compute_sudo=True,
        store=True,
        help="Planned distance of the technician responsible to this visit.",
    )

    @api.depends("stop_ids.role", "stop_ids.travel_minutes", "stop_ids.travel_km")
    def _compute_travel(self):
        for mission in self:
            own = mission.stop_ids.filtered(lambda stop: stop.role == "responsible")[:1]
            mission.travel_minutes = own.travel_minutes
            mission.travel_km = own.travel_km
