from odoo import fields, models


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def action_field_calendar(self):
        """Open the calendar subscription of one technician.

        :return: action of the window
        """
        self.ensure_one()
        return self.env["field.calendar.wizard"]._open_for(self)


class HrEmployeePublic(models.Model):
    _inherit = "hr.employee.public"

    def action_field_calendar(self):
        """Open the calendar subscription of one technician.

        :return: action of the window
        """
        self.ensure_one()
        return self.env["field.calendar.wizard"]._open_for(self.env["hr.employee"].browse(self.id))


class ResUsers(models.Model):
    _inherit = "res.users"

    is_field_person = fields.Boolean(compute="_compute_is_field_person", compute_sudo=True)

    def _compute_is_field_person(self):
        people = self.env["hr.employee"].search(
            [("user_id", "in", self.ids), ("is_field_technician", "=", True)]
        )
        for user in self:
            user.is_field_person = user in people.user_id

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["is_field_person"]

    def action_field_calendar(self):
        """Open the current user's own calendar subscription.

        :return: action of the window
        """
        return self.env["field.calendar.wizard"].action_open_mine()
