from odoo import fields, models

# A start point is usually the person's home. Planning reads it with a narrow sudo.
PRIVATE = "hr.group_hr_user"


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    is_field_technician = fields.Boolean(string="Field technician", index="btree_not_null")
    field_team_id = fields.Many2one(
        "field.team", string="Field team", check_company=True, index="btree_not_null"
    )
    field_zone_ids = fields.Many2many("field.zone", string="Field zones", check_company=True)
    field_van_location_id = fields.Many2one(
        "stock.location",
        string="Van",
        domain="[('usage', '=', 'internal')]",
        check_company=True,
        help="Stock location of the technician's van: used parts leave from there.",
    )
    field_start_address = fields.Char(string="Start address", groups=PRIVATE)
    field_start_latitude = fields.Float(string="Start latitude", digits=(10, 7), groups=PRIVATE)
    field_start_longitude = fields.Float(string="Start longitude", digits=(10, 7), groups=PRIVATE)

    def _get_field_skills(self, day):
        """Return the skills that are valid on a day.

        :param day: ``datetime.date``
        :return: ``{employee_id: {skill_id, …}}``, an entry for each employee
        """
        return self._get_field_skills_by_day([day])[day]

    def _get_field_skills_by_day(self, days):
        """Return the skills that are valid on each of some days, read at once.

        :param days: ``datetime.date``
        :return: ``{day: {employee_id: {skill_id, …}}}``, an entry for each day and employee
        """
        found = {day: {employee_id: set() for employee_id in self.ids} for day in days}
        # Skills are HR data; the planner needs only whether one is held on that day.
        held = (
            self.env["hr.employee.skill"]
            .sudo()
            .search_fetch(
                [
                    ("employee_id", "in", self.ids),
                    "|",
                    ("valid_from", "=", False),
                    ("valid_from", "<=", max(found)),
                    "|",
                    ("valid_to", "=", False),
                    ("valid_to", ">=", min(found)),
                ],
                ["employee_id", "skill_id", "valid_from", "valid_to"],
            )
        )
        for line in held:
            for day, people in found.items():
                if (line.valid_from or day) <= day <= (line.valid_to or day):
                    people[line.employee_id.id].add(line.skill_id.id)
        return found
