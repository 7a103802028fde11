from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import MONDAY, FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestTour(FieldPlanningCommon):
    """Tours stay true to the missions, whoever moves them."""

    def test_a_planned_mission_is_in_the_tour_of_its_technician(self):
        mission = self._plan(self._mission("A", 10), 9)
        tour = self._tour()
        self.assertEqual(tour.stop_ids.mission_id, mission)
        self.assertEqual(mission.tour_id, tour)
        self.assertEqual(tour.state, "draft")
        self.assertAlmostEqual(tour.travel_km, 26, delta=0.5)
        stop = tour.stop_ids
        self.assertAlmostEqual(stop.travel_km, 13, delta=0.3)
        self.assertEqual(self._local(stop.planned_start), (9, 0))
        self.assertEqual(self._local(stop.planned_end), (10, 0))
        self.assertFalse(stop.conflict)
        self.assertEqual(tour.available_minutes, 9 * 60 - 45)
        self.assertAlmostEqual(tour.load, 100 * (tour.travel_minutes + 60) / 495, delta=0.1)

    def test_a_mission_moved_by_hand_changes_tours(self):
        mission = self._plan(self._mission("A", 10), 9)
        mission.with_user(self.planner).write({"technician_id": self.tech2.id})
        self.assertFalse(self._tour())
        self.assertEqual(mission.tour_id, self._tour(self.tech2))
        mission.planned_start += timedelta(days=1)
        self.assertEqual(mission.tour_id, self._tour(self.tech2, MONDAY + timedelta(days=1)))
        mission.action_unplan()
        self.assertFalse(mission.tour_id)
        self.assertFalse(mission.stop_ids)

    def test_cancelled_and_postponed_missions_leave(self):
        kept, gone, later = (
            self._plan(self._mission(n, 10), h) for n, h in zip("ABC", (9, 11, 14), strict=True)
        )
        gone.action_cancel("customer closed")
        later.action_reschedule("customer called")
        self.assertEqual(self._tour().stop_ids.mission_id, kept)

    def test_what_was_driven_to_stays_in_the_day(self):
        mission = self._plan(self._mission("A", 10), 9)
        self._tour().action_publish()
        mission.with_user(self.tech_user).action_arrive()
        mission.with_user(self.tech_user).action_reschedule("nobody there")
        self.assertEqual(self._tour().stop_ids.mission_id, mission)

    def test_helpers_have_a_stop_of_their_own(self):
        mission = self._mission("A", 10, helper_ids=[Command.set(self.tech2.ids)])
        self._plan(mission, 9)
        own, helped = self._tour().stop_ids, self._tour(self.tech2).stop_ids
        self.assertEqual((own.role, helped.role), ("responsible", "helper"))
        self.assertEqual(own.planned_start, helped.planned_start)
        self.assertEqual(mission.tour_id, self._tour())
        mission.helper_ids = False
        self.assertFalse(self._tour(self.tech2))

    def test_stops_in_the_order_of_time(self):
        late, early = self._plan(self._mission("A", 10), 14), self._plan(self._mission("B", 20), 9)
        self.assertEqual(self._tour().stop_ids.sorted("sequence").mission_id, early + late)

    def test_promise_missed_by_hand_is_named(self):
        mission = self._plan(self._mission("A", 10, hour=9), 11)
        stop = self._tour().stop_ids
        self.assertTrue(stop.conflict)
        self.assertEqual(stop.conflict_reason, "Would start at 11:00, promised 08:45–09:15.")
        self.assertEqual(self._tour().conflict_count, 1)
        self.assertEqual(mission.tour_conflict, stop.conflict_reason)
        self.assertIn(mission, self.env["field.mission"].search([("is_in_conflict", "=", True)]))
        mission.promised_time = 11
        self.assertFalse(stop.conflict)
        self.assertNotIn(mission, self.env["field.mission"].search([("is_in_conflict", "=", True)]))

    def test_overlap_skill_hours_and_lunch_are_named(self):
        self.type.skill_ids = self.gas
        first = self._plan(self._mission("A", 10), 9)
        self._plan(self._mission("B", 12), 9.5)
        self._plan(self._mission("C", 12, planned_duration=3), 11)
        self._plan(self._mission("D", 12, planned_duration=2), 16)
        texts = "\n".join(self._tour().stop_ids.mapped("conflict_reason"))
        self.assertIn("lacks the skill Gas", texts)
        self.assertIn("but is fixed at 09:30", texts)
        self.assertIn("outside Ana Tech's hours", texts)
        self.assertIn("No lunch", self._tour().conflict_reason)
        self.assertEqual(self._local(first.planned_start), (9, 0), "nothing moved by itself")

    def test_expired_skill(self):
        self.type.skill_ids = self.gas
        self._give_skill(self.tech, self.gas, valid_to=MONDAY)
        today = self._plan(self._mission("A", 10), 9)
        tomorrow = self._plan(
            self._mission("B", 10, day=MONDAY + timedelta(days=1)), 9, MONDAY + timedelta(days=1)
        )
        self.assertFalse(today.stop_ids.conflict)
        self.assertTrue(tomorrow.stop_ids.conflict)

    # ------------------------------------------------------------------ order

    def _three(self):
        missions = [self._mission(name, east) for name, east in (("A", 5), ("B", 15), ("C", 30))]
        for mission, hour in zip(missions, (9, 11, 14), strict=True):
            self._plan(mission, hour)
        return missions

    def test_dragging_a_stop_times_the_tour_again(self):
        a, b, c = self._three()
        tour = self._tour()
        versions = [mission.plan_version for mission in (a, b, c)]
        by_mission = {stop.mission_id: stop for stop in tour.stop_ids}
        tour.with_user(self.planner).write(
            {
                "stop_ids": [
                    Command.update(by_mission[mission].id, {"sequence": number})
                    for number, mission in enumerate((c, b, a))
                ]
            }
        )
        self.assertLess(c.planned_start, b.planned_start)
        self.assertLess(b.planned_start, a.planned_start)
        self.assertGreaterEqual(self._local(c.planned_start), (8, 45))
        self.assertEqual([m.plan_version for m in (a, b, c)], [v + 1 for v in versions])
        moved = a.event_ids.filtered(lambda event: "planned_start" in (event.changes or {}))
        self.assertEqual(len(moved), 2, "the first plan, and one move")

    def test_dragging_in_a_list(self):
        a, b, c = self._three()
        stops = {stop.mission_id: stop for stop in self._tour().stop_ids}
        chosen = stops[b] + stops[a] + stops[c]
        chosen.with_user(self.planner).web_resequence({"id": {}}, "sequence", 1)
        self.assertLess(b.planned_start, a.planned_start)

    def test_fixed_and_started_missions_do_not_move(self):
        a, b, c = self._three()
        b.is_locked = True
        self._tour().action_publish()
        a.with_user(self.tech_user).action_arrive()
        before = a.planned_start, b.planned_start
        self._tour().with_user(self.planner).action_retime()
        self.assertEqual((a.planned_start, b.planned_start), before)
        self.assertLess(self._local(c.planned_start), (14, 0))

    def test_the_form_can_be_used(self):
        self._three()
        with Form(self._tour().with_user(self.planner)) as form, form.stop_ids.edit(0) as line:
            line.sequence = 50
        self.assertEqual(self._tour().stop_ids.sorted("sequence")[-1].site_id.name, "A")

    def test_a_tour_stays_one_day_of_one_technician(self):
        self._three()
        with self.assertRaises(UserError):
            self._tour().technician_id = self.tech2
        with self.assertRaises(UserError):
            self._tour().stop_ids[0].mission_id = self._mission("Z", 3)
        with self.assertRaises(UserError):
            self.env["field.tour.stop"].create(
                {
                    "tour_id": self._tour().id,
                    "mission_id": self._mission("Z", 3, technician=self.tech2).id,
                }
            )

    @mute_logger("odoo.sql_db")
    def test_one_tour_a_technician_and_day(self):
        self._three()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["field.tour"].create({"technician_id": self.tech.id, "date": MONDAY})

    # ------------------------------------------------------------------ publication

    def test_publishing_a_tour_publishes_its_missions(self):
        missions = self._three()
        tour = self._tour().with_user(self.planner)
        self.assertEqual(tour.unpublished_count, 3)
        tour.action_publish()
        self.assertEqual(tour.state, "published")
        self.assertTrue(all(mission.published for mission in missions))
        self.assertEqual(tour.unpublished_count, 0)
        new = self._plan(self._mission("D", 6), 15.5)
        self.assertFalse(new.published)
        self.assertEqual(tour.unpublished_count, 1)
        tour.action_unpublish()
        self.assertEqual(tour.state, "draft")
        self.assertFalse(any(mission.published for mission in missions))

    def test_publishing_a_mission_shows_its_tour(self):
        mission = self._three()[0]
        mission.with_user(self.planner).action_publish()
        self.assertEqual(self._tour().state, "published")
        mission.with_user(self.planner).action_unpublish()
        self.assertEqual(self._tour().state, "draft")

    def test_nothing_to_publish(self):
        tour = self.env["field.tour"].create({"technician_id": self.tech.id, "date": MONDAY})
        with self.assertRaises(UserError):
            tour.action_publish()

    def test_a_published_tour_is_not_deleted(self):
        self._three()
        self._tour().action_publish()
        with self.assertRaises(UserError):
            self._tour().unlink()

    def test_finished_tours(self):
        mission = self._plan(self._mission("A", 10), 9)
        tour = self._tour()
        tour.action_publish()
        open_tours = self.env["field.tour"].search([("is_done", "=", False)])
        self.assertIn(tour, open_tours)
        mission.with_user(self.tech_user).action_arrive()
        mission.with_user(self.tech_user).action_done()
        self.env.invalidate_all()
        self.assertEqual(tour.progress, "1/1")
        self.assertTrue(tour.is_done)
        self.assertIn(tour, self.env["field.tour"].search([("is_done", "=", True)]))
        self.assertNotIn(tour, self.env["field.tour"].search([("is_done", "=", False)]))

    def test_night_visit_belongs_to_the_evening_before(self):
        self.tech.resource_calendar_id = self._calendar("n", [(0, 6), (22, 24)], days=range(7))
        mission = self._mission("A", 5, promised_kind="none", promised_date=False)
        mission.planned_start = datetime(2026, 12, 1, 0, 30)
        mission.action_plan()
        self.assertEqual(mission.planned_date, MONDAY + timedelta(days=1))
        self.assertEqual(mission.tour_id.date, MONDAY)
        self.assertFalse(mission.stop_ids.conflict)

    # ------------------------------------------------------------------ query counts

    def test_queries_do_not_grow_with_missions(self):
        """One write on many missions: the tours cost the same number of queries."""
        missions = self.env["field.mission"]
        for number in range(12):
            missions |= self._mission(f"S{number}", number)
        missions.planned_start = datetime(2026, 11, 30, 8, 0)
        missions.action_plan()
        few, many = missions[:2], missions[2:]

        def count(group, hour):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            group.write({"planned_start": datetime(2026, 12, 1, hour, 0)})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(few, 7)
        small = count(few, 8)
        count(many, 7)
        # Two statements more where what the tours break, and the drives between, change too.
        self.assertLessEqual(count(many, 8), small + 3)

    def test_list_queries_do_not_grow(self):
        for number, day in enumerate(range(5)):
            self._plan(
                self._mission(f"S{number}", number, day=MONDAY + timedelta(days=day)),
                9,
                MONDAY + timedelta(days=day),
            )
        fields = [
            "display_name",
            "progress",
            "unpublished_count",
            "load",
            "conflict_count",
            "state",
        ]
        tours = self.env["field.tour"].search([("technician_id", "=", self.tech.id)])

        def count(group):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            group.with_user(self.planner).read(fields)
            return self.env.cr.sql_log_count - before

        count(tours)
        self.assertEqual(count(tours), count(tours[:1]))
