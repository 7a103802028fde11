from datetime import date, datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import MONDAY
from .visits_common import TODAY, FieldVisitCommon


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLoad(FieldVisitCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.load = cls.env["field.load"].with_user(cls.planner)
        cls.north, cls.south = cls.env["field.team"].create([{"name": "North"}, {"name": "South"}])
        cls.tech.field_team_id = cls.north
        cls.tech2.field_team_id = cls.south
        cls.subcontractor.field_team_id = cls.south
        # 8:00-17:00 without a break, 45 minutes of lunch: 8.25 hours a day.
        cls.params = {
            "date_from": "2026-11-30",
            "date_to": "2026-12-06",
            "scale": "day",
            "group": "team",
        }

    def _load(self, **params):
        return self.load.get_load({**self.params, **params})

    def _row(self, load, name):
        return next(row for row in load["rows"] if row["name"] == name)

    def test_team_day(self):
        self._plan(self._mission("A", 1, 9, planned_duration=3), 9)
        self._plan(self._mission("B", 1, 14, planned_duration=2), 14)
        load = self._load()
        self.assertEqual([column["key"] for column in load["columns"]][0], "2026-11-30")
        cell = self._row(load, "North")["cells"][0]
        self.assertEqual((cell["missions"], cell["planned"], cell["available"]), (2, 5, 8.25))
        stops = self.tech.env["field.tour"].search([("technician_id", "=", self.tech.id)])
        self.assertAlmostEqual(cell["travel"], stops.travel_minutes / 60, places=1)
        self.assertEqual(cell["level"], "good")
        self.assertEqual(self._row(load, "South")["cells"][0]["available"], 16.5)
        # Saturday: nobody works.
        self.assertEqual(self._row(load, "North")["cells"][5]["level"], "closed")
        self.assertIsNone(self._row(load, "North")["cells"][5]["percent"])

    def test_leaves_lower_what_is_available(self):
        self._leave(self.tech, datetime(2026, 11, 30, 6), datetime(2026, 11, 30, 18))
        cell = self._row(self._load(), "North")["cells"][0]
        self.assertEqual(cell["available"], 0)
        self._plan(self._mission("A", 1, 9), 9)
        self.assertEqual(self._row(self._load(), "North")["cells"][0]["level"], "over")

    def test_helpers_count_once_in_a_team_and_once_in_the_total(self):
        self._plan(
            self._mission(
                "A",
                1,
                9,
                planned_duration=2,
                helper_ids=[Command.set((self.tech2 | self.subcontractor).ids)],
            ),
            9,
        )
        load = self._load()
        south = self._row(load, "South")["cells"][0]
        self.assertEqual((south["missions"], south["planned"]), (1, 4))
        self.assertEqual(self._row(load, "North")["cells"][0]["planned"], 2)
        self.assertEqual((load["total"]["cells"][0]["missions"]), 1)
        people = self._load(group="technician")
        self.assertEqual(self._row(people, self.tech2.name)["cells"][0]["missions"], 1)

    def test_nobody_yet_apart(self):
        mission = self._mission("A", 1, 9, planned_duration=2)
        mission.technician_id = False
        self._mission("B", 1, day=False, promised_kind="none")
        before = self._load()
        cell = before["unassigned"]["cells"][0]
        self.assertEqual((cell["missions"], cell["planned"]), (1, 2))
        self.assertEqual(before["total"]["cells"][0]["planned"], 0)
        self.assertGreaterEqual(before["undated"], 1)

    def test_drill_down_finds_exactly_what_was_counted(self):
        self._plan(self._mission("A", 1, 9, helper_ids=[Command.set(self.tech2.ids)]), 9)
        self._plan(self._mission("B", 2, 11, technician=self.tech2), 11)
        self._mission("C", 3, 9, day=MONDAY + timedelta(days=1))
        self._mission("D", 3, 9).technician_id = False
        cancelled = self._mission("E", 3, 9)
        cancelled.action_cancel("No")
        missions = self.env["field.mission"].with_user(self.planner)
        for group in ("team", "technician", "zone", "service_type"):
            load = self._load(group=group)
            for row in [*load["rows"], load["unassigned"], load["total"]]:
                for column, cell in zip(
                    [*load["columns"], {"key": None}], [*row["cells"], row["total"]], strict=True
                ):
                    with self.subTest(group=group, row=row["name"], column=column["key"]):
                        action = self.load.get_load_action(
                            {**self.params, "group": group}, row["id"], column["key"]
                        )
                        self.assertEqual(missions.search_count(action["domain"]), cell["missions"])

    def test_filters(self):
        self.type.skill_ids = self.gas
        self._give_skill(self.tech, self.gas)
        self._plan(self._mission("A", 1, 9), 9)
        self._plan(self._mission("B", 1, 9, technician=self.tech2), 9)
        only = self._load(team_ids=[self.north.id])
        self.assertEqual([row["name"] for row in only["rows"]], ["North"])
        skill = self._load(skill_ids=[self.gas.id], group="technician")
        self.assertEqual([row["name"] for row in skill["rows"]], [self.tech.name])

    def test_forecast_from_contracts_beyond_the_horizon(self):
        plan = self._plan_visits(technician_id=self.tech.id, duration=2)
        self._generate(plan)
        missions = self.env["field.mission"].search_count([])
        load = self._load(
            scale="month", date_from="2026-12-01", date_to="2027-11-30", group="technician"
        )
        row = self._row(load, self.tech.name)
        # Every Monday: written in December, to come from 25 January on.
        self.assertEqual(
            [cell["forecast_visits"] for cell in row["cells"]],
            [0, 1, 4, 5, 4, 5, 4, 4, 5, 4, 4, 5],
        )
        self.assertEqual(row["cells"][0]["missions"], 4)
        self.assertEqual(row["cells"][2]["forecast"], 8)
        self.assertEqual(self.env["field.mission"].search_count([]), missions)

    def test_forecast_without_technician_is_nobodys(self):
        self._generate(self._plan_visits(team_id=self.south.id))
        self._generate(self._plan_visits())
        load = self._load(scale="month", date_from="2027-03-01", date_to="2027-03-31")
        self.assertEqual(self._row(load, "South")["cells"][0]["forecast_visits"], 5)
        self.assertEqual(load["unassigned"]["cells"][0]["forecast_visits"], 5)

    def test_missing_hours_per_skill(self):
        self.type.skill_ids = self.gas
        self._give_skill(self.tech, self.gas, valid_to=date(2026, 12, 2))
        for hour in (9, 12):
            self._plan(self._mission(f"G{hour}", 1, hour, planned_duration=2), hour)
            self._plan(
                self._mission(
                    f"L{hour}", 1, hour, planned_duration=2, day=MONDAY + timedelta(days=3)
                ),
                hour,
                MONDAY + timedelta(days=3),
            )
        skills = self._load()["skills"]
        self.assertEqual([row["id"] for row in skills], self.gas.ids)
        # Enough on Monday; on Thursday the certificate is over.
        self.assertEqual(skills[0]["cells"][0], 0)
        self.assertEqual(skills[0]["cells"][3], 4)

    def test_change_of_clock_costs_no_hour(self):
        night = self._calendar("Night", [(0, 24)], range(7))
        self.tech.resource_calendar_id = night
        self.company.field_lunch_minutes = 0
        load = self._load(date_from="2027-03-27", date_to="2027-03-29", group="technician")
        hours = [cell["available"] for cell in self._row(load, self.tech.name)["cells"]]
        self.assertEqual(hours, [24, 23, 24])

    def test_access_and_arguments(self):
        for user in (self.tech_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                self.env["field.load"].with_user(user).get_load(self.params)
            with self.assertRaises(AccessError):
                self.env["field.load"].with_user(user).get_load_action(self.params)
        for wrong in (
            {"scale": "hour"},
            {"group": "company"},
            {"date_from": "soon"},
            {"date_to": "2026-11-01"},
            {"date_to": "2030-01-01"},
            {"team_ids": ["1"]},
            {"zone_ids": "1"},
        ):
            with self.subTest(wrong), self.assertRaises(UserError):
                self._load(**wrong)
        with self.assertRaises(UserError):
            self.load.get_load("x")
        with self.assertRaises(UserError):
            self.load.get_load_action(self.params, "x; drop", None)
        with self.assertRaises(UserError):
            self.load.get_load_action(self.params, None, "2020-01-01")

    def test_other_company_is_not_counted(self):
        self._plan(self._mission("A", 1, 9), 9)
        company = self.env["res.company"].create({"name": "Other"})
        planner = self.planner.copy({"login": "other_planner"})
        planner.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        load = self.env["field.load"].with_user(planner).get_load(self.params)
        self.assertFalse(load["rows"])
        self.assertFalse(load["total"]["total"]["missions"])

    def test_queries_do_not_grow(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._load(scale="week", date_to="2027-02-28")
            return self.cr.sql_log_count - before

        self._plan(self._mission("A", 1, 9), 9)
        self._generate(self._plan_visits())
        cost()
        few = cost()
        people = self.env["hr.employee"].create(
            [
                {
                    "name": f"T{number}",
                    "is_field_technician": True,
                    "field_team_id": self.north.id,
                    "resource_calendar_id": self.calendar.id,
                }
                for number in range(12)
            ]
        )
        for person in people:
            self._plan(self._mission("M", 1, 9, technician=person), 9)
        for _number in range(5):
            self._generate(self._plan_visits())
        self.assertLessEqual(cost(), few + 1)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLoadOfAPlacement(FieldVisitCommon):
    """What a placement makes of a day, before and after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.planner | cls.tech_user).lang = "en_US"
        cls.first = cls._plan(cls._mission("A", 1, 9, planned_duration=3), 9)
        cls.second = cls._mission("B", 1, planned_duration=2)

    def _texts(self, mission):
        mission = mission.with_user(self.planner).with_context(lang="en_US")
        mission.invalidate_recordset(["load_text", "load_percent"])
        return mission.load_text, mission.load_percent

    def _minutes(self, *moves):
        rows = self.env["field.mission"].with_user(self.planner).field_get_loads(list(moves))
        return [(row["technician_id"], row["before"], row["after"]) for row in rows]

    def test_the_form_says_before_and_after(self):
        travel = self._tour().travel_minutes
        text, percent = self._texts(self.first)
        self.assertIn(": 0 h 00 → ", text)
        self.assertTrue(text.startswith("Ana Tech, "), text)
        self.assertIn("of 8 h 15", text)
        self.assertEqual(percent, round(100 * (180 + travel) / 495))
        form = Form(self.second.with_user(self.planner))
        form.planned_start = "2026-11-30 13:00:00"
        form.technician_id = self.tech
        self.assertIn(f"→ {(300 + travel) // 60} h", form.load_text)
        self.assertFalse(self._texts(self.second)[0], "nothing was saved")

    def test_helpers_have_their_own_line(self):
        self.first.helper_ids = self.tech2
        lines = self._texts(self.first)[0].split("\n")
        self.assertEqual([line.split(",")[0] for line in lines], ["Ana Tech", "Bo Tech"])

    def test_who_is_away_has_no_hours(self):
        self._leave(self.tech, datetime(2026, 11, 30, 6), datetime(2026, 11, 30, 18))
        self.assertIn("no working hours", self._texts(self.first)[0])

    def test_dialogs_of_the_board(self):
        travel = self._tour().travel_minutes
        there = {"planned_start": "2026-11-30 13:00:00", "technician_id": self.tech.id}
        self.assertEqual(
            self._minutes({"id": self.second.id, **there}),
            [(self.tech.id, 180 + travel, 300 + travel)],
        )
        # Moved within its day: the mission itself is no load of before.
        self.assertEqual(
            self._minutes({"id": self.first.id, **there}), [(self.tech.id, 0, 180 + travel)]
        )
        # Several at once are one day.
        both = self._minutes({"id": self.first.id, **there}, {"id": self.second.id, **there})
        self.assertEqual(both, [(self.tech.id, 0, 300 + travel)])
        self.assertEqual(self._minutes({"id": self.second.id, "planned_start": False}), [])
        result = self.second.with_user(self.planner).action_place(
            [{"id": self.second.id, "plan_version": self.second.plan_version, **there,
              "planned_start": "2026-11-30 09:00:00"}]
        )  # fmt: skip
        self.assertTrue(result["to_confirm"])
        self.assertEqual(result["loads"][0]["after"], 300 + travel)

    def test_not_for_technicians(self):
        for user in (self.tech_user, self.sub_user, self.customer_user):
            with self.assertRaises(AccessError):
                self.env["field.mission"].with_user(user).field_get_loads([])
        self.first.action_publish()
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self.first.with_user(self.tech_user).read(["load_text"])
        team = self.env["field.team"].create({"name": "North"})
        with self.assertRaises(AccessError):
            team.with_user(self.tech_user).read(["load_html"])
        with self.assertRaises(UserError):
            self.env["field.mission"].with_user(self.planner).field_get_loads([{"id": "x"}])

    def test_queries_do_not_grow(self):
        many = self.first.browse()
        for index in range(8):
            many |= self._plan(self._mission(f"M{index}", 1, technician=self.tech2), 9 + index)
        self.env.flush_all()

        def count(missions):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            missions.with_user(self.planner).mapped("load_text")
            return self.env.cr.sql_log_count - before

        count(self.first)
        self.assertLessEqual(count(many), count(self.first) + 2)

    def test_the_team_shows_two_weeks_and_its_zones(self):
        zone = self.env["field.zone"].create({"name": "Coast"})
        team = self.env["field.team"].create({"name": "North <b>"})
        (self.tech | self.tech2).write({"field_team_id": team.id})
        self.tech.field_zone_ids = zone
        shown = team.with_user(self.planner).with_context(lang="en_US")
        self.assertEqual(shown.zone_ids, zone)
        self.assertIn("Ana Tech", shown.load_html)
        self.assertIn("Next week", shown.load_html)
        self.assertIn("of 41 h 15", shown.load_html)
        self.assertIn("of 82 h 30", shown.load_html, "the team sums its people")
