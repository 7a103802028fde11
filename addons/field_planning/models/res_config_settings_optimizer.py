from odoo import fields, models

from ..optimizer import can_refine


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_plan_zones = fields.Selection(
        related="company_id.field_plan_zones", readonly=False, required=True
    )
    field_plan_waiting = fields.Selection(
        related="company_id.field_plan_waiting", readonly=False, required=True
    )
    field_plan_balance = fields.Selection(
        related="company_id.field_plan_balance", readonly=False, required=True
    )
    field_plan_people = fields.Selection(
        related="company_id.field_plan_people", readonly=False, required=True
    )
    field_refine_seconds = fields.Integer(related="company_id.field_refine_seconds", readonly=False)
    field_can_refine = fields.Boolean(compute="_compute_field_can_refine")

    def _compute_field_can_refine(self):
        self.field_can_refine = can_refine()
