from odoo import fields, models


class HrEmployeePublic(models.Model):
    _inherit = "hr.employee.public"

    is_field_technician = fields.Boolean(string="Field technician", readonly=True)
    field_team_id = fields.Many2one("field.team", string="Field team", readonly=True)
    field_van_location_id = fields.Many2one("stock.location", string="Van", readonly=True)
    field_zone_ids = fields.Many2many(related="employee_id.field_zone_ids")
    field_current_skill_ids = fields.Many2many(
        "hr.skill", compute="_compute_field_current_skill_ids", string="Skills held today"
    )
    field_mission_count = fields.Integer(
        compute="_compute_field_mission_count", string="Open missions"
    )

    def _compute_field_current_skill_ids(self):
        # A public employee has the id of its employee.
        held = (
            self.env["hr.employee"]
            .browse(self.ids)
            ._get_field_skills(fields.Date.context_today(self))
        )
        for employee in self:
            employee.field_current_skill_ids = sorted(held.get(employee.id, ()))

    def _compute_field_mission_count(self):
        rows = self.env["field.mission"]._read_group(
            [("technician_id", "in", self.ids), ("state", "not in", ["done", "cancelled"])],
            ["technician_id"],
            ["__count"],
        )
        counts = {employee.id: count for employee, count in rows}
        for employee in self:
            employee.field_mission_count = counts.get(employee.id, 0)

    def action_view_field_missions(self):
        """Open the missions of these technicians."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        action["domain"] = [("technician_id", "in", self.ids)]
        action["context"] = {"search_default_filter_open": 1}
        return action
