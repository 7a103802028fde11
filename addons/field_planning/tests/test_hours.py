from datetime import date, datetime, timedelta

from odoo.tests import tagged, warmup

from .common import MONDAY, FieldPlanningCommon


def hours(work_day, offset):
    """Intervals of a day as local hours."""

    def local(moment):
        start = datetime.combine(work_day.day, datetime.min.time())
        return (moment - start).total_seconds() / 3600 + offset

    return [(local(first), local(last)) for first, last in work_day.intervals]


@tagged("post_install", "-at_install")
class TestHours(FieldPlanningCommon):
    def _day(self, employee=None, day=MONDAY):
        employee = employee or self.tech
        return employee._get_field_days(day, day)[employee.id, day]

    def test_calendar_and_company_lunch(self):
        work = self._day()
        self.assertEqual(hours(work, 1), [(8, 17)])
        self.assertEqual(work.lunch[2], 45 * 60)
        self.assertEqual(work.lunch[0], datetime(2026, 11, 30, 11, 0))
        self.assertEqual(work.lunch[1], datetime(2026, 11, 30, 12, 15))
        self.assertEqual(work.seconds, 9 * 3600 - 45 * 60)

    def test_no_lunch_break_asked(self):
        self.company.field_lunch_minutes = 0
        self.assertIsNone(self._day().lunch)

    def test_hole_at_noon_is_lunch(self):
        self.tech.resource_calendar_id = self._calendar("halves", [(8, 12), (14, 18)])
        work = self._day()
        self.assertEqual(hours(work, 1), [(8, 18)])
        self.assertEqual(work.lunch[2], 2 * 3600)
        self.assertEqual(work.seconds, 8 * 3600)

    def test_hole_elsewhere_stays_a_hole(self):
        self.tech.resource_calendar_id = self._calendar("school run", [(8, 16), (17, 19)])
        self.assertEqual(hours(self._day(), 1), [(8, 16), (17, 19)])

    def test_day_off(self):
        saturday = MONDAY + timedelta(days=5)
        work = self._day(day=saturday)
        self.assertFalse(work.intervals)
        self.assertFalse(work.absences)

    def test_leave_is_taken_out_and_its_reason_is_not_told(self):
        self._leave(self.tech, datetime(2026, 11, 30, 13, 0), datetime(2026, 11, 30, 16, 0))
        work = self._day()
        self.assertEqual(hours(work, 1), [(8, 14)])
        self.assertEqual([name for _a, _b, name in work.absences], ["absence"])
        self.assertEqual(hours(self._day(self.tech2), 1), [(8, 17)], "only the one who is away")

    def test_approved_leave_of_hr_counts_pending_does_not(self):
        kind = self.env["hr.leave.type"].create(
            {"name": "Off", "requires_allocation": False, "leave_validation_type": "hr"}
        )
        if "l10n_fr_reference_leave_type" in self.company._fields:
            # French companies name their paid leave before anyone takes any.
            self.company.l10n_fr_reference_leave_type = kind.copy()
        leave = self.env["hr.leave"].create(
            {
                "employee_id": self.tech.id,
                "holiday_status_id": kind.id,
                "request_date_from": MONDAY,
                "request_date_to": MONDAY,
            }
        )
        self.assertTrue(self._day().intervals)
        leave.action_approve()
        work = self._day()
        self.assertFalse(work.intervals)
        self.assertTrue(work.absences)

    def test_public_holiday_has_a_name(self):
        self._leave(None, datetime(2026, 11, 29, 23, 0), datetime(2026, 11, 30, 22, 59, 59), "Fête")
        work = self._day()
        self.assertFalse(hours(work, 1))
        self.assertEqual([name for _a, _b, name in work.absences], ["Fête"])

    def test_summer_time_changes(self):
        calendar = self._calendar("weekend", [(0, 8)], days=range(7))
        self.tech.resource_calendar_id = calendar
        spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
        self.assertEqual(sum(b - a for a, b in hours(self._day(day=spring), 0)), 7)
        self.assertEqual(sum(b - a for a, b in hours(self._day(day=autumn), 0)), 9)

    def test_night_shift_belongs_to_its_evening(self):
        self.tech.resource_calendar_id = self._calendar("night", [(0, 6), (22, 24)], days=range(7))
        work = self._day()
        self.assertEqual(hours(work, 1), [(22, 30)])
        self.assertIsNone(
            self.tech._get_field_days(MONDAY, MONDAY)[self.tech.id, MONDAY].absences or None
        )

    def test_round_the_clock_is_cut_at_midnight(self):
        self.tech.resource_calendar_id = self._calendar("always", [(0, 24)], days=range(7))
        self.assertEqual(hours(self._day(), 1), [(0, 24)])

    def test_other_time_zone(self):
        self.tech.tz = "America/Martinique"
        self.assertEqual(hours(self._day(), -4), [(8, 17)])

    def test_nobody_wrote_hours_down(self):
        self.tech.resource_calendar_id = False
        self.assertEqual(hours(self._day(), 1), [(8, 18)])

    def test_the_version_in_force_counts(self):
        late = self._calendar("late", [(12, 20)])
        self.tech.create_version(
            {"date_version": MONDAY + timedelta(days=1), "resource_calendar_id": late.id}
        )
        found = self.tech._get_field_days(MONDAY, MONDAY + timedelta(days=1))
        self.assertEqual(hours(found[self.tech.id, MONDAY], 1), [(8, 17)])
        self.assertEqual(hours(found[self.tech.id, MONDAY + timedelta(days=1)], 1), [(12, 20)])

    def test_planner_without_hr_rights(self):
        employee = self.tech.with_user(self.planner)
        self.assertTrue(employee._get_field_days(MONDAY, MONDAY)[self.tech.id, MONDAY].intervals)

    @warmup
    def test_queries_do_not_grow(self):
        people = self.env["hr.employee"].create(
            [
                {"name": f"T{n}", "tz": "Europe/Paris", "resource_calendar_id": self.calendar.id}
                for n in range(20)
            ]
        )

        def count(group, days):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            group._get_field_days(MONDAY, MONDAY + timedelta(days=days))
            return self.env.cr.sql_log_count - before

        one = count(people[:1], 0)
        self.assertLessEqual(count(people, 30), one)
        self.assertLess(one, 15)
