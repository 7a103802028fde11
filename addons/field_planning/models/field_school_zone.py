from odoo import api, fields, models


class FieldSchoolZone(models.Model):
    _name = "field.school.zone"
    _description = "School holiday zone"
    _order = "sequence, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    department_codes = fields.Char(
        string="Departments", help="Codes of its departments, separated by commas: 29, 35, 2A."
    )

    _code_unique = models.UniqueIndex("(code)", "Two school zones have the same code.")

    @api.model
    def _zone_of_departments(self):
        """Return ``{department code: zone}``."""
        found = {}
        for zone in self.sudo().search([("department_codes", "!=", False)]):
            for code in zone._department_list():
                found[code] = zone
        return found

    def _department_list(self):
        """Return the codes of one zone's departments."""
        words = (self.department_codes or "").replace(";", ",").split(",")
        return [word.strip().upper() for word in words if word.strip()]
