from odoo import fields, models


class HrEmployeePublic(models.Model):
    _inherit = "hr.employee.public"

    is_field_technician = fields.Boolean(readonly=True)
    field_team_id = fields.Many2one("field.team", readonly=True)
    field_van_location_id = fields.Many2one("stock.location", readonly=True)
    field_zone_ids = fields.Many2many(related="employee_id.field_zone_ids")
