import os
from contextlib import nullcontext
from datetime import date, datetime
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import MONDAY, FieldPlanningCommon


class AbsenceCommon(FieldPlanningCommon):
    """Leave requests as people make them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.halves = cls._calendar("8-12, 13-17", [(8, 12), (13, 17)])
        cls.people.write({"resource_calendar_id": cls.halves.id})
        cls.leave_type = cls.env["hr.leave.type"].create(
            {
                "name": "Secret cure",
                "requires_allocation": False,
                "leave_validation_type": "hr",
                "request_unit": "half_day",
                "company_id": cls.company.id,
            }
        )
        if "l10n_fr_reference_leave_type" in cls.company._fields:
            # A French company counts its leaves against one type.
            cls.company.l10n_fr_reference_leave_type = cls.leave_type.copy({"name": "Reference"})

    @classmethod
    def _ask(cls, employee=None, first=MONDAY, last=None, half=None, **vals):
        """A leave that waits for its approval."""
        values = {
            "name": "Private reason",
            "employee_id": (employee or cls.tech).id,
            "holiday_status_id": cls.leave_type.id,
            "request_date_from": first,
            "request_date_to": last or first,
            **vals,
        }
        if half:
            values.update(request_date_from_period=half, request_date_to_period=half)
        return cls.env["hr.leave"].create(values)


@tagged("post_install", "-at_install")
class TestPendingLeaves(AbsenceCommon):
    def test_only_what_waits_is_pending(self):
        waiting = self._ask()
        approved = self._ask(first=date(2026, 12, 1))
        approved.action_approve()
        refused = self._ask(first=date(2026, 12, 2))
        refused.action_refuse()
        found = self.people._get_pending_leaves(MONDAY, date(2026, 12, 4))
        self.assertEqual(set(found), set(self.people.ids))
        self.assertEqual(
            [row[:2] for row in found[self.tech.id]], [(waiting.date_from, waiting.date_to)]
        )
        self.assertFalse(found[self.tech2.id])

    def test_half_days_and_moments(self):
        self._ask(half="pm")
        morning = (datetime(2026, 11, 30, 7, 0), datetime(2026, 11, 30, 10, 0))
        self.assertFalse(self.tech._get_pending_leaves(*morning)[self.tech.id])
        afternoon = (datetime(2026, 11, 30, 13, 0), datetime(2026, 11, 30, 15, 0))
        self.assertTrue(self.tech._get_pending_leaves(*afternoon)[self.tech.id])

    def test_a_planner_gets_the_hours_and_no_reason(self):
        self._ask()
        found = self.people.with_user(self.planner)._get_pending_leaves(MONDAY, MONDAY)
        label = found[self.tech.id][0][2]
        self.assertNotIn("Secret", label)
        self.assertNotIn("Private", label)

    def test_nobody_is_nobody(self):
        self.assertFalse(self.env["hr.employee"]._get_pending_leaves(MONDAY, MONDAY))


@tagged("post_install", "-at_install")
class TestToReassign(AbsenceCommon):
    """A leave over planned missions: listed, told, never moved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._user("officer", "hr_holidays.group_hr_holidays_user")
        cls.company.field_absence_user_ids = cls.planner
        cls.early = cls._plan(cls._mission("Early", 10, 9), 9)
        cls.late = cls._plan(cls._mission("Late", 12, 14), 14)
        cls.other = cls._plan(cls._mission("Other", 11, technician=cls.tech2), 9)
        cls.missions = cls.early | cls.late | cls.other

    def _activities(self, user=None):
        return self.env["mail.activity"].search(
            [("res_model", "=", "field.mission"), ("user_id", "=", (user or self.planner).id)]
        )

    def _listed(self):
        return self.missions.filtered("to_reassign")

    def test_approval_lists_the_missions_and_moves_nothing(self):
        before = [
            (m.technician_id, m.planned_start, m.state, m.plan_version) for m in self.missions
        ]
        leave = self._ask()
        self.assertFalse(self._listed())
        leave.with_user(self.officer).action_approve()
        self.assertEqual(self._listed(), self.early | self.late)
        after = [(m.technician_id, m.planned_start, m.state, m.plan_version) for m in self.missions]
        self.assertEqual(before, after)
        self.assertTrue(self.early.promised_label)
        self.assertTrue(self.early.reassign_since)
        self.assertIn("Ana Tech", self.early.reassign_reason)
        self.assertNotIn("Secret", self.early.reassign_reason)
        self.assertNotIn("Private", self.early.reassign_reason)

    def test_one_activity_a_leave(self):
        self._ask().with_user(self.officer).action_approve()
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.res_id, self.early.id)
        self.assertIn("2", activity.summary)
        for mission in self.early | self.late:
            self.assertIn(mission.name, activity.note)
        self.assertNotIn("Private", activity.note)

    def test_the_trace_says_so(self):
        self._ask().with_user(self.officer).action_approve()
        event = self.early.event_ids[:1]
        self.assertEqual(event.changes, {"to_reassign": [False, True]})
        self.assertEqual(event.user_id, self.officer)

    def test_a_refused_leave_frees_the_missions(self):
        leave = self._ask()
        leave.with_user(self.officer).action_approve()
        leave.with_user(self.officer).action_refuse()
        self.assertFalse(self._listed())
        self.assertFalse(self.early.reassign_since)
        self.assertFalse(self._activities())

    def test_a_cancelled_leave_frees_the_slot(self):
        leave = self._ask()
        leave.with_user(self.officer).action_approve()
        day = self.tech._get_field_days(MONDAY, MONDAY)[self.tech.id, MONDAY]
        self.assertFalse(day.intervals)
        leave._force_cancel("changed plans")
        self.assertFalse(self._listed())
        day = self.tech._get_field_days(MONDAY, MONDAY)[self.tech.id, MONDAY]
        self.assertTrue(day.intervals)

    def test_half_a_day_lists_half_the_missions(self):
        self._ask(half="pm").with_user(self.officer).action_approve()
        self.assertEqual(self._listed(), self.late)
        day = self.tech._get_field_days(MONDAY, MONDAY)[self.tech.id, MONDAY]
        self.assertEqual(day.seconds, 4 * 3600)

    def test_work_in_the_evening_of_a_day_off(self):
        evening = self._plan(self._mission("Evening", 10), 18)
        self._ask().with_user(self.officer).action_approve()
        self.assertTrue(evening.to_reassign)

    def test_a_helper_away_counts_too(self):
        self.other.helper_ids = self.tech
        self._ask().with_user(self.officer).action_approve()
        self.assertTrue(self.other.to_reassign)
        self.other.helper_ids = False
        self.assertFalse(self.other.to_reassign)

    def test_cleared_when_moved_or_given_away(self):
        self._ask().with_user(self.officer).action_approve()
        self.early.with_user(self.planner).technician_id = self.tech2
        self.assertFalse(self.early.to_reassign)
        self.late.with_user(self.planner).planned_start = datetime(2026, 12, 1, 13, 0)
        self.assertFalse(self.late.to_reassign)
        # The planner's activity is done with the last of them.
        self.assertFalse(self._activities())

    def test_moved_within_the_absence_it_stays_listed(self):
        self._ask().with_user(self.officer).action_approve()
        self.early.with_user(self.planner).planned_start = datetime(2026, 11, 30, 9, 30)
        self.assertTrue(self.early.to_reassign)
        self.early.with_user(self.planner).action_unplan()
        self.assertFalse(self.early.to_reassign)

    def test_an_absence_entered_by_hand(self):
        line = self._leave(self.tech, datetime(2026, 11, 30, 7, 0), datetime(2026, 11, 30, 10, 0))
        self.assertEqual(self._listed(), self.early)
        line.date_to = datetime(2026, 11, 30, 16, 0)
        self.assertEqual(self._listed(), self.early | self.late)
        line.unlink()
        self.assertFalse(self._listed())

    def test_a_public_holiday_hits_everybody(self):
        self._leave(
            self.env["hr.employee"], datetime(2026, 11, 29, 23, 0), datetime(2026, 11, 30, 22, 59)
        )
        self.assertEqual(self._listed(), self.missions)

    def test_two_absences_one_taken_back(self):
        first = self._leave(self.tech, datetime(2026, 11, 30, 7, 0), datetime(2026, 11, 30, 9, 0))
        self._leave(self.tech, datetime(2026, 11, 30, 8, 0), datetime(2026, 11, 30, 10, 0))
        first.unlink()
        self.assertTrue(self.early.to_reassign)
        self.assertEqual(len(self.early.reassign_data), 1)

    def test_started_and_draft_missions_are_left_alone(self):
        self.early.action_publish()
        self.early.action_start()
        self.late.action_unplan()
        self._ask().with_user(self.officer).action_approve()
        self.assertFalse(self._listed())

    def test_the_approver_sees_figures_before_approving(self):
        self.late.write({"promised_kind": "none"})
        self.early.request_id.date_deadline = datetime(2026, 11, 30, 15, 0)
        leave = self._ask().with_user(self.officer)
        self.assertRecordValues(
            leave,
            [{"field_mission_count": 2, "field_promise_count": 1, "field_deadline_count": 1}],
        )
        self.assertTrue(leave.field_impact_text)
        with self.assertRaises(AccessError):
            self.early.with_user(self.officer).read(["site_id"])
        quiet = self._ask(first=date(2026, 12, 1)).with_user(self.officer)
        self.assertFalse(quiet.field_impact_text)

    def test_cards_with_the_button_show_the_effect(self):
        view = self.env.ref("hr_holidays.hr_leave_view_kanban").id
        leaves = self.env["hr.leave"]
        shown = leaves.with_user(self.officer).get_view(view, "kanban")["arch"]
        # On a computer's card and on a phone's.
        self.assertEqual(shown.count('<field name="field_impact_text"'), 2)
        own = leaves.with_user(self.tech_user).get_view(view, "kanban")["arch"]
        self.assertNotIn("field_impact_text", own)

    def test_the_employee_does_not_read_the_plan_in_the_leave(self):
        leave = self._ask()
        with self.assertRaises(AccessError):
            leave.with_user(self.tech_user).read(["field_mission_count"])

    def test_a_planner_without_hr_rights_works_the_list(self):
        self._ask().with_user(self.officer).action_approve()
        early = self.early.with_user(self.planner)
        self.assertTrue(early.reassign_reason)
        wizard = self.env["field.reassign"].browse(early.action_reassign()["res_id"])
        wizard = wizard.with_user(self.planner)
        names = wizard.line_ids.mapped("employee_id.name")
        self.assertIn("Bo Tech", names)
        self.assertNotIn("Ana Tech", names)
        busy = wizard.line_ids.filtered(lambda line: line.employee_id == self.tech2)
        self.assertFalse(busy.is_free)
        free = wizard.line_ids.filtered(lambda line: line.employee_id == self.subcontractor)
        self.assertTrue(free.is_free)
        self.assertLess(free.sequence, busy.sequence)
        action = (self.early | self.late).with_user(self.planner).action_reassign_optimize()
        self.assertEqual(action["res_model"], "field.optimization")

    def test_choosing_another_technician(self):
        self._ask().with_user(self.officer).action_approve()
        early = self.early.with_user(self.planner)
        wizard = self.env["field.reassign"].browse(early.action_reassign()["res_id"])
        wizard = wizard.with_user(self.planner)
        busy = wizard.line_ids.filtered(lambda line: line.employee_id == self.tech2)
        again = busy.action_choose()
        self.assertEqual(early.technician_id, self.tech)
        self.assertTrue(wizard.warning)
        busy.with_context(**again["context"]).action_choose()
        self.assertEqual(early.technician_id, self.tech2)
        self.assertFalse(early.to_reassign)

    def test_technicians_do_not_reassign(self):
        self.early.action_publish()
        for user in (self.tech_user, self.sub_user, self.office):
            with self.assertRaises(AccessError):
                self.early.with_user(user).action_reassign()
            with self.assertRaises(AccessError):
                self.early.with_user(user).action_reassign_optimize()
            with self.assertRaises(AccessError):
                self.env["field.reassign"].with_user(user).create({"mission_id": self.early.id})

    def test_another_company_is_not_touched(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.env["resource.calendar.leaves"].with_company(company).create(
            {
                "name": "Their holiday",
                "date_from": datetime(2026, 11, 29, 23, 0),
                "date_to": datetime(2026, 11, 30, 22, 0),
            }
        )
        self.assertFalse(self._listed())


@tagged("post_install", "-at_install")
class TestAbsenceHours(AbsenceCommon):
    """Part time, two-week hours, training: what is left of a day."""

    def _hours(self, day, employee=None):
        employee = employee or self.tech
        return employee._get_field_days(day, day)[employee.id, day].seconds / 3600

    def test_part_time_has_no_wednesday(self):
        self.tech.resource_calendar_id = self._calendar(
            "80 %", [(8, 12), (13, 17)], days=(0, 1, 3, 4)
        )
        self.assertEqual(self._hours(MONDAY), 8)
        self.assertEqual(self._hours(date(2026, 12, 2)), 0)

    def test_two_week_hours(self):
        def line(week, day):
            return Command.create(
                {
                    "name": "Week",
                    "dayofweek": str(day),
                    "hour_from": 8,
                    "hour_to": 12,
                    "day_period": "morning",
                    "week_type": week,
                }
            )

        calendar = self.env["resource.calendar"].create(
            {
                "name": "Two weeks",
                "tz": "Europe/Paris",
                "two_weeks_calendar": True,
                "attendance_ids": [Command.clear(), line("0", 0), line("1", 1)],
            }
        )
        self.tech.resource_calendar_id = calendar
        this = (self._hours(MONDAY), self._hours(date(2026, 12, 1)))
        self.assertEqual(sorted(this), [0, 4])
        other = (self._hours(date(2026, 12, 7)), self._hours(date(2026, 12, 8)))
        self.assertEqual(sorted(other), [0, 4])
        self.assertNotEqual(this, other)

    def test_training_takes_capacity(self):
        training = self.leave_type.copy({"name": "Training", "time_type": "leave"})
        leave = self._ask(holiday_status_id=training.id, half="am")
        leave.action_approve()
        self.assertEqual(self._hours(MONDAY), 4)

    def test_a_day_of_the_clock_change(self):
        sunday = date(2026, 10, 25)
        self.tech.resource_calendar_id = self._calendar("Sunday", [(0, 8)], days=(6,))
        self.assertEqual(self._hours(sunday), 9)


@tagged("post_install", "-at_install", "field_performance")
class TestAbsenceQueries(AbsenceCommon):
    """A department's leaves approved at once cost a few queries more, not a few each."""

    def _approve(self, count):
        people = self.env["hr.employee"].create(
            [
                {
                    "name": f"Person {n}",
                    "is_field_technician": True,
                    "tz": "Europe/Paris",
                    "resource_calendar_id": self.halves.id,
                }
                for n in range(count)
            ]
        )
        missions = self.env["field.mission"].create(
            [
                {
                    "site_id": self.site.id,
                    "service_type_id": self.type.id,
                    "technician_id": person.id,
                    "planned_start": datetime(2026, 11, 30, 8, 0),
                }
                for person in people
            ]
        )
        missions.action_plan()
        self.company.field_absence_user_ids = self.planner
        vals = [
            {
                "name": "Away",
                "resource_id": person.resource_id.id,
                "calendar_id": self.halves.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 11, 30, 7, 0),
                "date_to": datetime(2026, 11, 30, 16, 0),
            }
            for person in people
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        lines = self.env["resource.calendar.leaves"].create(vals)
        self.env.flush_all()
        spent = self.env.cr.sql_log_count - before
        self.assertEqual(missions.filtered("to_reassign"), missions)
        self.assertEqual(len(lines.sudo().field_activity_ids), count)
        return spent

    def test_queries_do_not_grow_with_the_leaves(self):
        self._approve(2)
        few, many = self._approve(3), self._approve(40)
        self.assertLess(many - few, 10, f"{few} queries for 3, {many} for 40")

    def _approve_requests(self, count, planned):
        """Approve leave requests of so many technicians at once; return the queries it took.

        :param planned: whether each has a mission that day, and the plan is told at all
        """
        people = self.env["hr.employee"].create(
            [
                {
                    "name": f"Asker {n}",
                    "is_field_technician": True,
                    "tz": "Europe/Paris",
                    "resource_calendar_id": self.halves.id,
                }
                for n in range(count)
            ]
        )
        missions = self.env["field.mission"].create(
            [
                {
                    "site_id": self.site.id,
                    "service_type_id": self.type.id,
                    "technician_id": person.id,
                    "planned_start": datetime(2026, 11, 30, 8, 0),
                }
                for person in people
                if planned
            ]
        )
        missions.action_plan()
        leaves = self.env["hr.leave"].create(
            [
                {
                    "name": "Private reason",
                    "employee_id": person.id,
                    "holiday_status_id": self.leave_type.id,
                    "request_date_from": MONDAY,
                    "request_date_to": MONDAY,
                }
                for person in people
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        leaves = leaves.with_user(self.officer)
        telling = (
            nullcontext()
            if planned
            else patch.object(type(self.env["resource.calendar.leaves"]), "_tell_plan")
        )
        with telling:
            before = self.env.cr.sql_log_count
            leaves.action_approve()
            self.env.flush_all()
            spent = self.env.cr.sql_log_count - before
        self.assertEqual(set(leaves.mapped("state")), {"validate"})
        self.assertEqual(missions.filtered("to_reassign"), missions)
        return spent

    def test_approving_many_requests_costs_what_odoo_itself_needs(self):
        """Telling the plan costs the same for a department of 200 as for two people."""
        department = 200 if os.environ.get("FIELD_NIGHTLY") else 40
        self.company.field_absence_user_ids = self.planner
        self.officer = new_test_user(
            self.env, "officer", groups="hr_holidays.group_hr_holidays_user"
        )
        self._approve_requests(1, planned=True)
        more = {}
        for count in (2, department):
            odoo = self._approve_requests(count, planned=False)
            more[count] = self._approve_requests(count, planned=True) - odoo
        self.assertLess(more[department] - more[2], 15, f"{more} queries more than Odoo alone")

    def test_impact_of_a_list_of_leaves(self):
        leaves = self._ask() | self._ask(employee=self.tech2) | self._ask(first=date(2026, 12, 1))
        self._plan(self._mission("One", 10), 9)
        leaves.flush_recordset()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertTrue(leaves[0].field_impact_text)
        one = self.env.cr.sql_log_count - before
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(len(leaves.mapped("field_impact_text")), 3)
        self.assertLessEqual(self.env.cr.sql_log_count - before, one + 2)
