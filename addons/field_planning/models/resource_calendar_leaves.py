from odoo import api, fields, models

from ..core.absences import Absence


class ResourceCalendarLeaves(models.Model):
    """Approved absences tell the plan: this is where every approval, refusal and correction ends.

    Leaves of ``hr_holidays`` are written here when they are approved and taken out when they are
    refused or cancelled; absences entered by hand and public holidays are only here.
    """

    _inherit = "resource.calendar.leaves"

    field_activity_ids = fields.One2many(
        "mail.activity",
        "field_leave_id",
        string="Activities of planners",
        groups="base.group_system",
        copy=False,
    )

    @api.model_create_multi
    def create(self, vals_list):
        """List the missions planned over new absences for reassignment, and tell planners."""
        leaves = super().create(vals_list)
        leaves._tell_plan(tell=True)
        return leaves

    def write(self, vals):
        """Judge the missions again that the absence fell on, or falls on now."""
        moves = {"date_from", "date_to", "resource_id", "calendar_id", "time_type"} & set(vals)
        before = self._get_field_absences() if moves else []
        result = super().write(vals)
        if moves:
            self._tell_plan(before, tell=True)
        return result

    def unlink(self):
        """Free the missions that only this absence kept on the list."""
        before = self._get_field_absences()
        # A planner's activities follow the absence, whoever takes it back.
        activities = self.sudo().field_activity_ids
        result = super().unlink()
        activities.exists().unlink()
        self.browse()._tell_plan(before)
        return result

    def _tell_plan(self, before=(), tell=False):
        """Judge the missions under these absences, and under those of ``before``.

        :param before: list of :class:`Absence` that are no more
        :param tell: schedule an activity a planner for absences that put missions on the list
        """
        missions = self.env["field.mission"]
        absences = self._get_field_absences()
        found = missions._search_under([*before, *absences])
        if found:
            listed = found._update_reassign()
            if tell and listed:
                self._schedule_reassign(listed, absences)

    def _get_field_absences(self):
        """Return these absences as the pure core reads them; worked time is no absence."""
        # The approver, HR or an employee writes; what falls on the plan is read for the planner.
        lines = self.sudo().filtered(
            lambda line: line.time_type == "leave" and line.date_from and line.date_to
        )
        employees = lines.resource_id._get_field_employees()
        found = []
        for line in lines:
            employee = employees.get(line.resource_id.id)
            if line.resource_id and not employee:
                continue
            start, stop = line._get_field_span()
            found.append(
                Absence(
                    line.id,
                    start,
                    stop,
                    person=employee.id if employee else None,
                    frames=frozenset(() if employee else line.calendar_id.ids),
                    company=line.company_id.id or None,
                )
            )
        return found

    def _get_field_span(self):
        """Return the span of one absence, whole days from midnight to midnight."""
        span = self.holiday_id and self.holiday_id._get_field_span()
        return span or (self.date_from, self.date_to)

    def _schedule_reassign(self, missions, absences):
        """Give each planner concerned one activity an absence, on its first mission.

        :param missions: ``field.mission`` (sudo) that have just come on the list
        :param absences: list of :class:`Absence` of these lines
        """
        planners = missions._get_planners_to_tell()
        lines = {line.id: line for line in self.sudo()}
        for user in self.env["res.users"].union(*planners.values()):
            # In each planner's words, for all missions at once.
            missions.with_context(lang=user.lang, tz=user.tz).mapped("reassign_reason")
        values = []
        for absence in absences:
            own = missions.filtered(lambda m, key=absence.key: key in m._get_reassign_keys())
            for user in self.env["res.users"].union(*(planners[m.id] for m in own)):
                theirs = own.filtered(lambda m, user=user: user in planners[m.id])
                values.append(theirs._prepare_reassign_activity(user, lines[absence.key]))
        # A mail each for a whole department's leaves would bury the one that counts.
        activities = self.env["mail.activity"].sudo()
        activities.with_context(mail_activity_quick_update=len(absences) > 1).create(values)


class ResourceResource(models.Model):
    _inherit = "resource.resource"

    def _get_field_employees(self):
        """Return ``{resource_id: hr.employee}`` of the field technicians among resources (sudo)."""
        employees = (
            self.env["hr.employee"]
            .sudo()
            .with_context(active_test=False)
            .search([("resource_id", "in", self.ids), ("is_field_technician", "=", True)])
        )
        return {employee.resource_id.id: employee for employee in employees}
