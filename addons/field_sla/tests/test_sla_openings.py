from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.tests import tagged

from .common import SlaCommon, paris


@tagged("post_install", "-at_install")
class TestOpenings(SlaCommon):
    """What is read out of Odoo's calendars equals what Odoo itself makes of them."""

    def _opening(self, calendar=None, tz="Europe/Paris", company=None):
        key = (self.calendar if calendar is None else calendar, tz, company or self.company)
        return self.env["resource.calendar"]._get_sla_openings([key])[key]

    def _leave(self, start, stop, company=None, **vals):
        leaves = self.env["resource.calendar.leaves"].with_company(company or self.company)
        return leaves.create(
            {"name": "Closed", "date_from": start, "date_to": stop, "calendar_id": False, **vals}
        )

    def _native(self, calendar, start, stop):
        aware = [moment.replace(tzinfo=timezone.utc) for moment in (start, stop)]
        domain = [("time_type", "=", "leave"), ("company_id", "in", [self.company.id, False])]
        intervals = calendar._work_intervals_batch(*aware, domain=domain)[False]
        return [
            tuple(moment.astimezone(timezone.utc).replace(tzinfo=None) for moment in interval[:2])
            for interval in intervals
        ]

    def test_equals_odoo_over_a_year(self):
        self._leave(paris("2026-12-25 00:00"), paris("2026-12-25 23:59:59"))
        self._leave(paris("2026-05-14 14:00"), paris("2026-05-15 23:59:59"))
        self._leave(
            paris("2026-08-10 00:00"), paris("2026-08-14 23:59:59"), calendar_id=self.calendar.id
        )
        start, stop = datetime(2026, 1, 1), datetime(2027, 1, 1)
        ours = self._opening().intervals(start, stop)
        self.assertEqual(ours, self._native(self.calendar, start, stop))
        self.assertEqual(sum((b - a for a, b in ours), timedelta()), timedelta(hours=8 * 253.5))

    def test_two_week_calendar_equals_odoo(self):
        self.calendar.switch_calendar_type()
        self.assertTrue(self.calendar.two_weeks_calendar)
        odd = self.calendar.attendance_ids.filtered(
            lambda line: line.week_type == "1" and line.dayofweek in "34"
        )
        odd.unlink()
        start, stop = datetime(2026, 11, 2), datetime(2027, 2, 1)
        ours = self._opening().intervals(start, stop)
        self.assertEqual(ours, self._native(self.calendar, start, stop))

    def test_closings_of_others_do_not_count(self):
        other = self.env["res.company"].create({"name": "Other"})
        other_calendar = self.calendar.copy()

        def whole(day):
            return paris(f"{day} 00:00"), paris(f"{day} 23:59:59")

        self._leave(*whole("2026-12-01"), company=other)
        self._leave(*whole("2026-12-02"), calendar_id=other_calendar.id)
        self._leave(*whole("2026-12-03"), resource_id=self.tech.resource_id.id)
        self._leave(*whole("2026-12-04"), time_type="other", calendar_id=self.calendar.id)

        def days(**key):
            intervals = self._opening(**key).intervals(
                paris("2026-12-01 00:00"), paris("2026-12-05 00:00")
            )
            return [start.day for start, _stop in intervals]

        self.assertEqual(days(), [1, 1, 2, 2, 3, 3, 4, 4])
        self.assertEqual(days(company=other), [2, 2, 3, 3, 4, 4])
        self.assertEqual(days(calendar=other_calendar), [1, 1, 3, 3, 4, 4])

    def test_hours_and_holidays_are_those_of_the_site(self):
        self._leave(paris("2026-12-25 00:00"), paris("2026-12-25 23:59:59"))
        tz = ZoneInfo("Indian/Reunion")

        def reunion(text):
            wall = datetime.fromisoformat(text).replace(tzinfo=tz)
            return wall.astimezone(timezone.utc).replace(tzinfo=None)

        intervals = self._opening(tz="Indian/Reunion").intervals(
            reunion("2026-12-24 13:00"), reunion("2026-12-28 09:00")
        )
        self.assertEqual(
            intervals,
            [
                (reunion("2026-12-24 14:00"), reunion("2026-12-24 18:00")),
                (reunion("2026-12-28 08:00"), reunion("2026-12-28 09:00")),
            ],
        )

    def test_day_and_night(self):
        none = self.env["resource.calendar"]
        start, stop = paris("2026-12-24 00:00"), paris("2026-12-27 00:00")
        self._leave(start, stop)
        self.assertEqual(self._opening(calendar=none).intervals(start, stop), [(start, stop)])
