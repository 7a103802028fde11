from datetime import date, datetime

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import FieldPlanningCommon

SHOWN = datetime(2026, 11, 30, 8, 0)
DRAFT = datetime(2026, 12, 3, 13, 0)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-29 10:00:00")
class TestShownPlan(FieldPlanningCommon):
    """A change that is not published is the planner's: nobody else finds it by any way of asking."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.tech_user | cls.tech2_user | cls.sub_user | cls.planner).lang = "en_US"
        cls.mission = cls._plan(cls._mission("North", 5, 9), 9)
        cls.mission.helper_ids = cls.subcontractor
        cls.mission.action_publish()
        cls.other = cls._plan(cls._mission("East", 6), 11)
        cls.other.action_publish()
        cls.mission.with_user(cls.planner).write(
            {
                "technician_id": cls.tech2.id,
                "helper_ids": [Command.clear()],
                "planned_start": DRAFT,
                "planned_duration": 3.0,
            }
        )
        cls.env.flush_all()
        cls.env.invalidate_all()

    def _as(self, user):
        return self.env["field.mission"].with_user(user)

    def _names(self):
        return ["planned_start", "planned_end", "planned_duration", "planned_date", "mission_date",
                "technician_id", "helper_ids", "tour_id", "plan_version"]  # fmt: skip

    def test_reading_gives_what_was_published(self):
        for user in (self.tech_user, self.sub_user):
            mission = self.mission.with_user(user)
            # A portal user reads no employees: neither helpers.
            names = [name for name in self._names() if name != "helper_ids" or not user.share]
            [values] = mission.read(names, load=None)
            self.assertEqual(values["planned_start"], SHOWN)
            self.assertEqual(values["planned_end"], datetime(2026, 11, 30, 9, 0))
            self.assertEqual(values["planned_duration"], 1.0)
            self.assertEqual(values["planned_date"], date(2026, 11, 30))
            self.assertEqual(values["mission_date"], date(2026, 11, 30))
            self.assertEqual(values["technician_id"], self.tech.id)
            if not user.share:
                self.assertEqual(list(values["helper_ids"]), self.subcontractor.ids)
            self.assertFalse(values["tour_id"])
            self.assertEqual(values["plan_version"], self.mission.published_version)

    def test_the_planner_and_the_code_go_on_with_the_draft(self):
        self.mission.with_user(self.tech_user).read(self._names())
        self.assertEqual(self.mission.planned_start, DRAFT)
        self.assertEqual(self.mission.technician_id, self.tech2)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.mission.planned_start, DRAFT, "nothing was written")
        [values] = self.mission.with_user(self.planner).read(self._names(), load=None)
        self.assertEqual(values["planned_start"], DRAFT)
        self.assertEqual(values["technician_id"], self.tech2.id)

    def test_web_client(self):
        specification = {
            "planned_start": {},
            "technician_id": {"fields": {"display_name": {}}},
            "helper_ids": {"fields": {"display_name": {}}},
            "is_late": {},
        }
        found = self._as(self.tech_user).web_search_read(
            [("id", "=", self.mission.id)], specification
        )["records"]
        self.assertEqual(found[0]["planned_start"], SHOWN)
        self.assertEqual(found[0]["technician_id"]["id"], self.tech.id)
        self.assertEqual([row["id"] for row in found[0]["helper_ids"]], self.subcontractor.ids)
        [through] = self.mission.request_id.with_user(self.tech_user).web_read(
            {"mission_ids": {"fields": {"planned_start": {}, "planned_end": {}}}}
        )
        self.assertEqual(through["mission_ids"][0]["planned_start"], SHOWN)
        rows = self._as(self.tech_user).search_read([], ["planned_start"])
        self.assertNotIn(DRAFT, [row["planned_start"] for row in rows])

    def test_exports(self):
        names = ["planned_start", "technician_id/name", "helper_ids/name", "mission_date"]
        export = Command.link(self.env.ref("base.group_allow_export").id)
        (self.tech_user | self.planner).write({"group_ids": [export]})
        missions = self.mission.with_user(self.tech_user).with_context(import_compat=False)
        [row] = missions.export_data(["planned_start", "technician_id", "mission_date"])["datas"]
        self.assertIn("2026-11-30", str(row[0]))
        self.assertEqual(row[1], "Ana Tech")
        planner = self.mission.with_user(self.planner).with_context(import_compat=False)
        self.assertEqual(planner.export_data(names)["datas"][0][1], "Bo Tech")

    def test_searching_finds_it_where_it_was_published_only(self):
        missions = self._as(self.tech_user)
        own = [("id", "=", self.mission.id)]
        lies = [
            [("planned_start", ">=", "2026-12-01 00:00:00")],
            [("planned_start", "=", fields.Datetime.to_string(DRAFT))],
            [("planned_end", ">", "2026-11-30 10:00:00")],
            [("planned_duration", ">", 2)],
            [("planned_date", "=", "2026-12-03")],
            [("mission_date", ">", "2026-11-30")],
            [("mission_date.day_of_month", "=", 3)],
            [("technician_id", "=", self.tech2.id)],
            [("technician_id", "!=", self.tech.id)],
            [("helper_ids", "=", False)],
            [("tour_id", "!=", False)],
            [("request_id.mission_ids.planned_start", ">", "2026-12-01 00:00:00")],
            [("request_id.mission_ids.helper_ids", "=", False)],
            [("stop_ids.employee_id", "=", self.tech2.id)],
            [("event_ids.kind", "=", "change"), ("planned_duration", "=", 3)],
        ]
        for domain in lies:
            self.assertFalse(missions.search(own + domain), domain)
            self.assertFalse(missions.search_count(own + domain), domain)
        truths = [
            [("planned_start", "=", fields.Datetime.to_string(SHOWN))],
            [("planned_end", "=", "2026-11-30 09:00:00")],
            [("planned_duration", "=", 1)],
            [("mission_date", "=", "2026-11-30")],
            [("mission_date.day_of_month", "=", 30)],
            [("technician_id", "=", self.tech.id)],
            [("helper_ids", "in", self.subcontractor.ids)],
        ]
        for domain in truths:
            self.assertEqual(missions.search(own + domain), self.mission, domain)
        for domain in lies[:6]:
            self.assertTrue(self._as(self.planner).search_count(own + domain), domain)
        with self.assertRaises(AccessError):
            missions.search([("event_ids.changes", "ilike", "2026-12-03")])

    def test_orders_do_not_tell(self):
        both = self.mission | self.other
        missions = self._as(self.tech_user)
        for order in ("planned_start", "mission_date, planned_start", "planned_end"):
            found = missions.search([("id", "in", both.ids)], order=order)
            self.assertEqual(found.ids, [self.mission.id, self.other.id], order)
        by_person = missions.search([("id", "in", both.ids)], order="technician_id, id desc")
        self.assertEqual(by_person.ids, [self.other.id, self.mission.id])

    def test_groups_do_not_tell(self):
        missions = self._as(self.tech_user)
        own = [("id", "=", self.mission.id)]
        for spec in ("planned_start:day", "mission_date:day", "planned_date:week"):
            [row] = missions.formatted_read_group(own, [spec], ["planned_duration:sum"])
            # A day begins at midnight in Paris.
            self.assertIn(row[spec][0], ("2026-11-30", "2026-11-29 23:00:00"), spec)
            self.assertEqual(row["planned_duration:sum"], 1)
        [row] = missions.formatted_read_group(own, ["technician_id"], ["planned_start:max"])
        self.assertEqual(row["technician_id"][0], self.tech.id)
        self.assertEqual(row["planned_start:max"], SHOWN)
        with self.assertRaises(AccessError):
            missions.formatted_read_group(own, ["helper_ids"], ["__count"])

    def test_other_models_do_not_tell(self):
        events = self.env["field.mission.event"].with_user(self.tech_user)
        found = events.search([("mission_id", "=", self.mission.id)])
        self.assertTrue(found.mapped("summary"))
        with self.assertRaises(AccessError):
            found.read(["changes"])
        stops = self.env["field.tour.stop"].with_user(self.tech_user)
        self.assertFalse(stops.search([("mission_id", "=", self.mission.id)]))
        report = self.env["ir.actions.report"].with_user(self.tech_user)
        html, _kind = report._render_qweb_html(
            "field_mission.report_mission_order", self.mission.ids
        )
        self.assertNotIn("Bo Tech", html.decode())
        self.assertIn("Ana Tech", html.decode())
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech_user).onchange(
                {"planned_start": "2026-11-30 08:00:00"}, ["planned_start"], {"planned_end": {}}
            )

    TOTALS = ("travel_km", "travel_minutes", "service_minutes", "back_km", "back", "departure",
              "load", "stop_count", "progress", "unpublished_count")  # fmt: skip

    def _day_of_north(self):
        """A tour as published, and what its technician and its planner read after a draft."""
        first = self._plan(self._mission("A", 3, technician=self.tech2), 9)
        second = self._plan(self._mission("B", 4, technician=self.tech2), 11)
        (first | second).action_publish()
        tour = first.tour_id
        tour._mark_published()
        self.env.flush_all()
        self.env.invalidate_all()
        return first, second, tour

    def test_the_totals_of_a_day_are_those_published(self):
        first, second, tour = self._day_of_north()
        published = tour.with_user(self.tech2_user).read(self.TOTALS)
        before = tour.read(self.TOTALS)
        self.assertEqual(published, before, "nothing is a draft yet")
        stops = self.env["field.tour.stop"].with_user(self.tech2_user)
        names = ["sequence", "travel_minutes", "travel_km", "planned_arrival"]
        ways = stops.search_read([("mission_id", "=", second.id)], names)
        # A far visit is squeezed in before, another one becomes longer: drafts of the planner.
        far = self._plan(self._mission("Far", 40, technician=self.tech2), 10)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertNotEqual(tour.read(self.TOTALS), before, "the planner plans with the draft")
        self.assertEqual(tour.with_user(self.tech2_user).read(self.TOTALS), published)
        self.assertEqual(stops.search_read([("mission_id", "=", second.id)], names), ways)
        first.with_user(self.planner).planned_duration = 2.0
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(tour.with_user(self.tech2_user).read(self.TOTALS), published)
        app = {row["id"]: row for row in second.with_user(self.tech2_user)._get_app_values()}
        self.assertEqual(app[second.id]["travel"]["minutes"], ways[0]["travel_minutes"])
        # Neither what the web client reads nor a search, an order or a sum tells of it.
        [row] = tour.with_user(self.tech2_user).web_read({"travel_km": {}, "load": {}})
        self.assertEqual(row["travel_km"], published[0]["travel_km"])
        tours = self.env["field.tour"].with_user(self.tech2_user)
        drafted = tour.travel_km
        self.assertFalse(tours.search([("id", "=", tour.id), ("travel_km", ">=", drafted)]))
        [group] = tours.formatted_read_group([("id", "=", tour.id)], [], ["travel_km:sum"])
        self.assertFalse(group["travel_km:sum"])
        self.assertTrue(
            self.env["field.tour"].with_user(self.planner).search(
                [("id", "=", tour.id), ("travel_km", ">=", drafted)]
            )
        )  # fmt: skip
        self.env.invalidate_all()
        self.assertEqual(tour.travel_km, drafted, "nothing was written")
        (first | far).with_user(self.planner).action_publish()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(tour.with_user(self.tech2_user).travel_km, drafted)

    def test_the_totals_count_a_visit_drafted_away(self):
        _first, second, tour = self._day_of_north()
        published = tour.with_user(self.tech2_user).read(self.TOTALS)
        second.with_user(self.planner).write({"technician_id": self.tech.id})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(tour.stop_count, 1)
        self.assertEqual(tour.with_user(self.tech2_user).read(self.TOTALS), published)

    def test_queries_of_the_totals_do_not_grow(self):
        tours = self.env["field.tour"]
        for day in range(4):
            for number in range(2):
                mission = self._mission(f"D{day}{number}", 3 + number, technician=self.tech2)
                self._plan(mission, 9 + 2 * number, date(2026, 12, 1 + day))
                mission.action_publish()
            tours |= mission.tour_id
            mission.with_user(self.planner).planned_duration = 1.5
        tours._mark_published()

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.with_user(self.tech2_user).read(self.TOTALS)
            return self.env.cr.sql_log_count - before

        count(tours)
        self.assertLessEqual(count(tours), count(tours[:1]))

    def test_published_again_all_see_the_same(self):
        self.mission.with_user(self.planner).action_publish()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self._as(self.tech_user).search([("id", "=", self.mission.id)]))
        [values] = self.mission.with_user(self.tech2_user).read(self._names(), load=None)
        self.assertEqual(values["planned_start"], DRAFT)
        self.assertEqual(values["technician_id"], self.tech2.id)

    def test_the_visit_starts_as_it_was_read(self):
        self.mission.with_user(self.tech_user).read(self._names())
        self.mission.with_user(self.tech_user).action_start()
        self.assertEqual(self.mission.technician_id, self.tech)
        self.assertEqual(self.mission.planned_start, SHOWN)

    def test_queries_do_not_grow(self):
        more = self.mission.browse()
        for index in range(8):
            more |= self._plan(self._mission(f"M{index}", 4 + index), 12)
        more.action_publish()
        more.with_user(self.planner).write({"planned_duration": 2.5})

        def count(missions):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            missions.with_user(self.tech_user).read(self._names())
            return self.env.cr.sql_log_count - before

        count(self.mission)
        self.assertLessEqual(count(more | self.mission), count(self.mission) + 2)
