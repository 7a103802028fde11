from odoo import api, fields, models
from odoo.exceptions import AccessError

# Field of the wizard → field of the employee.
EMPLOYEE_FIELDS = {
    "is_field_technician": "is_field_technician",
    "team_id": "field_team_id",
    "zone_ids": "field_zone_ids",
    "van_location_id": "field_van_location_id",
    "start_address": "field_start_address",
    "start_latitude": "field_start_latitude",
    "start_longitude": "field_start_longitude",
}


class FieldTechnicianSetup(models.TransientModel):
    """What field managers may set on an employee, without any right on HR's data."""

    _name = "field.technician.setup"
    _description = "Set-up of a technician"

    employee_id = fields.Many2one("hr.employee", required=True, readonly=True)
    company_id = fields.Many2one(related="employee_id.company_id")
    is_field_technician = fields.Boolean(
        string="Field technician", compute="_compute_from_employee", store=True, readonly=False
    )
    team_id = fields.Many2one(
        "field.team", compute="_compute_from_employee", store=True, readonly=False
    )
    zone_ids = fields.Many2many(
        "field.zone", compute="_compute_from_employee", store=True, readonly=False
    )
    van_location_id = fields.Many2one(
        "stock.location",
        string="Van",
        compute="_compute_from_employee",
        store=True,
        readonly=False,
    )
    start_address = fields.Char(compute="_compute_from_employee", store=True, readonly=False)
    start_latitude = fields.Float(
        digits=(10, 7), compute="_compute_from_employee", store=True, readonly=False
    )
    start_longitude = fields.Float(
        digits=(10, 7), compute="_compute_from_employee", store=True, readonly=False
    )

    @api.depends("employee_id")
    def _compute_from_employee(self):
        for setup in self:
            setup._check_company_of_employee()
            employee = setup.employee_id.sudo()
            for name, employee_field in EMPLOYEE_FIELDS.items():
                setup[name] = employee[employee_field]

    def _check_company_of_employee(self):
        company = self.employee_id.sudo().company_id
        if company and company not in self.env.companies:
            raise AccessError(self.env._("This employee belongs to another company."))

    def action_save(self):
        """Write the technician's settings on the employee.

        :raises AccessError: for an employee of another company
        """
        for setup in self:
            setup._check_company_of_employee()
            values = {
                employee_field: setup._fields[name].convert_to_write(setup[name], setup)
                for name, employee_field in EMPLOYEE_FIELDS.items()
            }
            # Field managers have no right on employees; these fields are ours.
            setup.employee_id.sudo().write(values)
        return {"type": "ir.actions.act_window_close"}
