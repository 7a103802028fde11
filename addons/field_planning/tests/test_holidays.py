import base64
from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .visits_common import TODAY, FieldVisitCommon

ICS = b"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20280212
DTEND;VALUE=DATE:20280228
SUMMARY:Vacances d'hiver
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20270901
SUMMARY:Rentree
END:VEVENT
END:VCALENDAR
"""


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestHolidays(FieldVisitCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.holidays = cls.env["field.holiday"]

    def _names(self, site, first, last, kind="public"):
        found = site._get_field_holidays(first, last)[site.id]
        return [(one["date_from"], one["date_to"]) for one in found if one["kind"] == kind]

    def test_public_holidays_of_a_place(self):
        quimper = self._names(self.site, date(2027, 3, 20), date(2027, 3, 31))
        self.assertEqual(quimper, [(date(2027, 3, 29), date(2027, 3, 29))])
        strasbourg = self._names(self.site2, "2027-03-20", "2027-03-31")
        self.assertEqual(
            [first for first, _last in strasbourg], [date(2027, 3, 26), date(2027, 3, 29)]
        )

    def test_school_zones(self):
        def winter(zip_code):
            site = self._site(zip_code, zip=zip_code)
            return self._names(site, "2027-02-01", "2027-03-15", "school")

        self.assertEqual(winter("69001"), [(date(2027, 2, 13), date(2027, 2, 28))])
        self.assertEqual(winter("35000"), [(date(2027, 2, 20), date(2027, 3, 7))])
        self.assertEqual(winter("75011"), [(date(2027, 2, 6), date(2027, 2, 21))])
        # Corsica has its own calendar, which nobody loaded: known to be unknown.
        self.assertEqual(winter("20200"), [])
        site = self._site("Bastia", zip="20200")
        closings = self.holidays._get_closings(site, date(2027, 1, 1), date(2027, 2, 1))[site.id]
        self.assertIsNone(closings.school_known)

    def test_every_department_has_a_zone(self):
        zones = self.env["field.school.zone"]._zone_of_departments()
        wanted = {f"{n:02}" for n in range(1, 96) if n != 20} | {"2A", "2B"}
        wanted |= {"971", "972", "973", "974", "976"}
        self.assertEqual(set(zones), wanted)

    def test_a_site_without_postcode_lies_with_the_company(self):
        site = self._site("Nowhere")
        self.assertEqual(
            self._names(site, "2027-02-15", "2027-03-15", "school"),
            [(date(2027, 2, 20), date(2027, 3, 7))],
        )

    def test_queries_do_not_grow_with_sites(self):
        sites = self.env["res.partner"].create(
            [{"name": f"S{n}", "is_field_site": True, "zip": f"{n:02}000"} for n in range(1, 60)]
        )

        def cost(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            records._get_field_holidays("2026-12-01", "2027-12-31")
            return self.cr.sql_log_count - before

        cost(sites)
        self.assertEqual(cost(sites[:1]), cost(sites))

    def test_loading_twice_writes_nothing_more(self):
        before = self.holidays.search_count([])
        self.holidays._load_public_holidays()
        self.assertEqual(self.holidays.search_count([]), before)

    def test_a_new_year_is_written_by_the_daily_run(self):
        with freeze_time("2028-01-02"):
            self.holidays._keep_ahead()
            self.assertTrue(
                self.holidays.search(
                    [("code", "=", "easter_monday"), ("date_from", ">=", "2031-01-01")]
                )
            )

    def test_company_holidays_are_its_own(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.holidays.create(
            {
                "name": "Inventory",
                "kind": "public",
                "date_from": "2026-12-09",
                "company_id": company.id,
            }
        )
        self.assertFalse(self._names(self.site, "2026-12-09", "2026-12-09"))

    def test_mistakes_are_refused(self):
        for wrong, error in (
            ({"name": False}, ValidationError),
            ({"date_to": "2026-11-01"}, IntegrityError),
            ({"date_to": "2027-12-01"}, ValidationError),
        ):
            with (
                self.subTest(wrong),
                mute_logger("odoo.sql_db"),
                self.assertRaises(error),
                self.env.cr.savepoint(),
            ):
                self.holidays.create(
                    {
                        "name": "X",
                        "kind": "public",
                        "date_from": "2026-12-01",
                        "date_to": "2026-12-01",
                        **wrong,
                    }
                )

    def test_import_ics(self):
        zone = self.env.ref("field_planning.field_school_zone_b")
        form = Form(self.env["field.holiday.import"].with_user(self.manager))
        form.file = base64.b64encode(ICS)
        form.zone_id = zone
        self.assertIn("Vacances d'hiver", form.summary)
        wizard = form.save()
        action = wizard.action_import()
        made = self.holidays.search(action["domain"])
        self.assertRecordValues(
            made,
            [
                {
                    "name": "Vacances d'hiver",
                    "kind": "school",
                    "date_from": date(2028, 2, 12),
                    "date_to": date(2028, 2, 27),
                    "zone_ids": zone.ids,
                }
            ],
        )
        wizard.action_import()
        again = self.holidays.search(
            [("name", "=", "Vacances d'hiver"), ("zone_ids", "in", zone.ids)]
        )
        self.assertEqual(len(again), 1)

    def test_import_leaves_other_zones_alone(self):
        zone = self.env.ref("field_planning.field_school_zone_b")
        summer = self.env.ref("field_planning.field_holiday_2027_summer")
        data = ICS.replace(b"20280212", b"20270703").replace(b"20280228", b"20270901")
        self.env["field.holiday.import"].with_user(self.manager).create(
            {"file": base64.b64encode(data), "zone_id": zone.id}
        ).action_import()
        self.assertNotIn(zone, summer.zone_ids)
        self.assertEqual(len(summer.zone_ids), 2)

    def test_bad_files_and_people(self):
        zone = self.env.ref("field_planning.field_school_zone_a")
        wizard = self.env["field.holiday.import"].with_user(self.manager)
        for data in (b"%PDF", b"BEGIN:VCALENDAR\nEND:VCALENDAR"):
            with self.assertRaises(UserError):
                wizard.create({"file": base64.b64encode(data), "zone_id": zone.id}).action_import()
        for user in (self.planner, self.tech_user):
            with self.assertRaises(AccessError):
                self.env["field.holiday.import"].with_user(user).create(
                    {"file": base64.b64encode(ICS), "zone_id": zone.id}
                )

    def test_public_holidays_leave_the_working_hours(self):
        christmas = self.holidays.search(
            [("code", "=", "christmas"), ("date_from", "=", "2026-12-25")]
        )
        day = date(2026, 12, 25)
        self.assertTrue(self.tech._get_field_days(day, day)[self.tech.id, day].intervals)
        christmas.with_user(self.manager).action_close_calendars()
        self.env.invalidate_all()
        self.assertFalse(self.tech._get_field_days(day, day)[self.tech.id, day].intervals)
        leaves = self.env["resource.calendar.leaves"]
        count = leaves.search_count([])
        christmas.with_user(self.manager).action_close_calendars()
        self.assertEqual(leaves.search_count([]), count)
        with self.assertRaises(AccessError):
            christmas.with_user(self.planner).action_close_calendars()
