from odoo import api, fields, models

from ..optimizer import available_backends


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_travel_speed = fields.Float(related="company_id.field_travel_speed", readonly=False)
    field_travel_detour = fields.Float(related="company_id.field_travel_detour", readonly=False)
    field_travel_profile = fields.Selection(
        related="company_id.field_travel_profile", readonly=False, required=True
    )
    field_lunch_minutes = fields.Integer(related="company_id.field_lunch_minutes", readonly=False)
    field_lunch_from = fields.Float(related="company_id.field_lunch_from", readonly=False)
    field_lunch_to = fields.Float(related="company_id.field_lunch_to", readonly=False)
    field_km_cost = fields.Float(related="company_id.field_km_cost", readonly=False)
    field_urgent_overtime = fields.Integer(
        related="company_id.field_urgent_overtime", readonly=False
    )
    field_overtime_rate = fields.Float(related="company_id.field_overtime_rate", readonly=False)
    field_solver = fields.Selection(
        related="company_id.field_solver", readonly=False, required=True
    )
    field_solver_seconds = fields.Integer(related="company_id.field_solver_seconds", readonly=False)
    field_solver_missing = fields.Boolean(compute="_compute_field_solver_missing")

    @api.depends("field_solver")
    def _compute_field_solver_missing(self):
        missing = "vroom" not in available_backends()
        for settings in self:
            settings.field_solver_missing = missing and settings.field_solver != "python"
