import ast
from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import MONDAY, FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestCalendarDays(FieldPlanningCommon):
    """What stands behind the days of a calendar."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id = cls.calendar
        # Only the people of this class.
        cls.env["hr.employee"].search(
            [("is_field_technician", "=", True), ("id", "not in", cls.people.ids)]
        ).is_field_technician = False

    def _days(self, user=None, model="field.mission", technicians=None, domain=(), days=6):
        self.env.flush_all()
        return (
            self.env[model]
            .with_user(user or self.planner)
            .get_calendar_days(
                list(domain), str(MONDAY), str(MONDAY + timedelta(days=days)), technicians
            )
        )

    def test_hours_planned_and_available(self):
        self._plan(self._mission("Mill", 5), 9)
        self._plan(self._mission("Farm", 6, technician=self.tech2), 10)
        self._mission("Barn", 7)
        day = self._days()["days"][str(MONDAY)]
        # 8-17 less 45 minutes of lunch, three people.
        self.assertEqual(day, {"count": 3, "planned": 2.0, "available": 24.75})
        mine = self._days(technicians=self.tech.ids, domain=[("technician_id", "=", self.tech.id)])
        self.assertEqual(mine["days"][str(MONDAY)], {"count": 2, "planned": 1.0, "available": 8.25})
        self.assertEqual(self._days(technicians=[])["days"][str(MONDAY)]["available"], 0)

    def test_days_off_of_the_company_and_of_one_technician(self):
        saturday, sunday = (str(MONDAY + timedelta(days=n)) for n in (5, 6))
        self.assertEqual(self._days()["off"], [saturday, sunday])
        self._leave(self.tech, f"{MONDAY} 00:00:00", f"{MONDAY} 23:00:00")
        off = self._days(technicians=self.tech.ids)["off"]
        self.assertEqual(off, [str(MONDAY), saturday, sunday])
        self.assertEqual(self._days()["off"], [saturday, sunday])

    def test_holidays_of_the_place(self):
        self.env["field.holiday"].create(
            {"name": "Local fair", "date_from": MONDAY, "company_id": self.company.id}
        )
        names = [one["name"] for one in self._days()["holidays"]]
        self.assertIn("Local fair", names)
        one = next(one for one in self._days()["holidays"] if one["name"] == "Local fair")
        self.assertEqual((one["from"], one["to"], one["kind"]), (str(MONDAY),) * 2 + ("public",))

    def test_tours_count_travel_too(self):
        tour = self._plan(self._mission("Mill", 5), 9).tour_id
        day = self._days(model="field.tour")["days"][str(MONDAY)]
        self.assertEqual(day["count"], 1)
        wanted = (tour.service_minutes + tour.travel_minutes) / 60
        self.assertAlmostEqual(day["planned"], wanted, places=2)

    def test_a_year_shows_days_off_only(self):
        answer = self._days(days=360)
        self.assertEqual(answer["days"], {})
        self.assertTrue(answer["off"])

    def test_technicians_get_their_own_hours_only(self):
        self._plan(self._mission("Mill", 5), 9).action_publish()
        self._plan(self._mission("Farm", 6, technician=self.tech2), 10).action_publish()
        day = self._days(self.tech_user, technicians=self.tech2.ids)["days"][str(MONDAY)]
        self.assertEqual(day, {"count": 1, "planned": 1.0, "available": 8.25})
        with self.assertRaises(AccessError):
            self._days(self.office)

    def test_odd_arguments_are_refused(self):
        Mission = self.env["field.mission"].with_user(self.planner)
        for arguments in (
            ([], "x", "2026-11-30"),
            ([], "2026-11-30", "2026-11-01"),
            ([], "2026-01-01", "2028-01-01"),
            ("domain", "2026-11-30", "2026-11-30"),
            ([], "2026-11-30", "2026-11-30", "all"),
            ([], "2026-11-30", "2026-11-30", [True]),
        ):
            with self.assertRaises(UserError):
                Mission.get_calendar_days(*arguments)

    def test_queries_do_not_grow(self):
        self._plan(self._mission("Mill", 5), 9)
        counts = []
        for _round in range(2):
            self.env.flush_all()
            for _warm in range(2):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self._days(days=41)
                count = self.env.cr.sql_log_count - before
            counts.append(count)
            for number in range(6):
                self._plan(self._mission(f"Site {number}", 5, technician=self.tech2), 8 + number)
        self.assertLessEqual(counts[1], counts[0] + 1)

    def test_settings_of_the_calendar_stay_with_the_user(self):
        Settings = self.env["res.users.settings"]
        settings = Settings._find_or_create_for_user(self.planner).with_user(self.planner)
        kept = {"field.mission": {"color": "team_id", "off": {"technician_id": [1]}}}
        answer = settings.set_res_users_settings({"field_calendar": kept})
        self.assertEqual(answer["field_calendar"], kept)
        with self.assertRaises(ValidationError):
            settings.set_res_users_settings({"field_calendar": ["x"]})

    def test_travel_adds_up_on_missions(self):
        mission = self._plan(self._mission("Mill", 5), 9)
        stop = mission.stop_ids
        self.assertGreater(stop.travel_km, 0)
        self.assertEqual(mission.travel_minutes, stop.travel_minutes)
        self.assertAlmostEqual(mission.travel_km, stop.travel_km, places=1)
        rows = (
            self.env["field.mission"]
            .with_user(self.planner)
            ._read_group(
                [("id", "=", mission.id)], ["team_id"], ["travel_minutes:sum", "travel_km:sum"]
            )
        )
        self.assertEqual(rows[0][1], stop.travel_minutes)
        mission.with_user(self.planner).action_unplan()
        self.assertEqual((mission.travel_minutes, mission.travel_km), (0, 0))

    def test_shared_favourites_work(self):
        for name in (
            "filter_mission_hours_team",
            "filter_mission_customers_month",
            "filter_tour_km_technician",
        ):
            favourite = self.env.ref(f"field_planning.{name}")
            context = ast.literal_eval(favourite.context)
            model = self.env[favourite.model_id].with_user(self.planner)
            measures = [one for one in context["pivot_measures"] if one != "__count"]
            aggregates = [f"{one}:{model._fields[one].aggregator}" for one in measures]
            model._read_group(ast.literal_eval(favourite.domain), context["group_by"], aggregates)
