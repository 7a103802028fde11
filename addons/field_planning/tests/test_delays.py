from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import MONDAY, FieldPlanningCommon


def local(hour, day=MONDAY):
    """UTC of a winter hour in Paris."""
    return datetime.combine(day, datetime.min.time()) + timedelta(hours=hour - 1)


@tagged("post_install", "-at_install")
class TestDelays(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.field_silence_minutes = 0
        cls.company.field_office_user_id = cls.planner

    def _day(self, *hours, technician=None, **vals):
        missions = self.env["field.mission"]
        for number, hour in enumerate(hours, start=1):
            mission = self._mission(
                f"S{number}", 3 * number, technician=technician, promised_kind="none", **vals
            )
            missions |= self._plan(mission, hour)
        missions.action_publish()
        return missions

    def _tell(self, hour, day=MONDAY):
        return self.env["field.mission"]._update_delays(self.company, local(hour, day))

    # ------------------------------------------------------------------ the rules

    def test_on_time_late_and_over(self):
        mission = self._day(9)
        self._tell(8)
        self.assertEqual(mission.delay_state, "on_time")
        self.assertEqual(mission.expected_start, local(9))
        self._tell(10.5)
        self.assertEqual(mission.delay_state, "late")
        self.assertEqual(mission.delay_minutes, 90)
        self.assertTrue(mission.is_late)
        self._tell(24.1)
        self.assertEqual(mission.delay_state, "to_replan")
        self._tell(10, MONDAY + timedelta(days=3))
        self.assertEqual(mission.delay_state, "to_replan")
        self.assertFalse(mission.expected_start)

    def test_other_days_are_not_concerned(self):
        mission = self._day(9)
        self._tell(9, MONDAY - timedelta(days=1))
        self.assertFalse(mission.delay_state)
        self._tell(10.5)
        mission.write({"planned_start": local(9, MONDAY + timedelta(days=2))})
        self._tell(11)
        self.assertFalse(mission.delay_state)
        self.assertFalse(mission.expected_start)

    def test_tolerance_of_the_type(self):
        mission = self._day(9)
        self.type.delay_tolerance = 45
        self._tell(10.5)
        self.assertEqual(mission.delay_state, "on_time")
        self._tell(10.8)
        self.assertEqual(mission.delay_state, "late")

    def test_cascade_and_write_only_what_changed(self):
        first, second, third = self._day(9, 10.5, 15)
        with freeze_time(local(9)):
            first.with_user(self.tech_user).action_arrive()
        changed = self._tell(9.5)
        self.assertEqual(changed, first | second | third)
        self.assertFalse(self._tell(9.6))
        version = second.plan_version
        events = len(second.event_ids)
        changed = self._tell(11.45)
        self.assertIn(second, changed)
        self.assertNotIn(third, changed)
        # The first one still runs, then there is the way.
        self.assertEqual(second.delay_state, "at_risk")
        self.assertGreater(second.expected_start, local(11.5))
        self.assertEqual(third.delay_state, "on_time")
        self.assertEqual(second.plan_version, version)
        self.assertEqual(len(second.event_ids), events)

    def test_promise_counts_before_the_plan(self):
        mission = self._plan(self._mission("A", 3, hour=9), 9)
        self._tell(9.2)
        self.assertEqual(mission.delay_state, "on_time")
        self._tell(9.3)
        self.assertEqual(mission.delay_state, "late")

    def test_done_and_started(self):
        first, second = self._day(9, 10.5)
        with freeze_time(local(9.25)):
            first.with_user(self.tech_user).action_arrive()
        with freeze_time(local(10)):
            first.with_user(self.tech_user).action_done()
        self._tell(10)
        self.assertFalse(first.delay_state)
        self.assertEqual(second.delay_state, "on_time")

    def test_no_news(self):
        mission = self._day(9)
        self.company.field_silence_minutes = 60
        self._tell(10.5)
        self.assertEqual(mission.delay_state, "unknown")
        self.assertFalse(mission.is_late)
        late = self.env["field.mission"].search([("is_late", "=", True), ("id", "=", mission.id)])
        self.assertFalse(late)
        self.env["field.device"].create(
            {"uuid": "device-1234", "user_id": self.tech_user.id, "last_contact": local(10.25)}
        )
        self._tell(10.5)
        self.assertEqual(mission.delay_state, "late")
        self.assertEqual(
            self.env["field.mission"].search([("is_late", "=", True), ("id", "=", mission.id)]),
            mission,
        )

    def test_wrong_clock_of_a_device(self):
        first, second = self._day(9, 10.5)
        with freeze_time(local(9)):
            # Three hours ahead of the server.
            first.with_user(self.tech_user).action_arrive(at=local(12))
        self._tell(9.5)
        self.assertEqual(second.expected_start, local(10.5))
        self.assertEqual(second.delay_state, "on_time")

    def test_night_shift(self):
        nights = self._calendar("night", [(22, 24)])
        self.env["resource.calendar.attendance"].create(
            [
                {"name": "n", "calendar_id": nights.id, "dayofweek": str(day), "hour_from": 0,
                 "hour_to": 5, "day_period": "morning"}
                for day in range(1, 6)
            ]
        )  # fmt: skip
        self.tech.resource_calendar_id = nights
        first, second = self._day(22.5, 26)
        self.assertEqual(first.tour_id, second.tour_id)
        self._tell(26.5)
        self.assertEqual(first.delay_state, "late")
        self.assertEqual(second.delay_state, "at_risk")
        self._tell(27.5)
        self.assertEqual(second.delay_state, "late")
        self._tell(29.5)
        self.assertEqual(second.delay_state, "to_replan")

    def test_change_of_the_clocks(self):
        sunday = date(2026, 10, 25)  # three o'clock comes twice
        self.tech.resource_calendar_id = self._calendar("24", [(0, 24)], range(7))
        mission = self._mission("A", 3, promised_kind="none", day=sunday)
        mission.planned_start = datetime(2026, 10, 25, 0, 30)  # 2:30, the first one
        mission.action_plan()
        self.env["field.mission"]._update_delays(self.company, datetime(2026, 10, 25, 1, 29))
        self.assertEqual(mission.delay_state, "on_time")
        self.env["field.mission"]._update_delays(self.company, datetime(2026, 10, 25, 1, 31))
        self.assertEqual(mission.delay_state, "late")
        self.assertEqual(mission.delay_minutes, 61)

    def test_two_time_zones(self):
        self.tech2.tz = "America/Martinique"
        self.tech2.resource_calendar_id = self.calendar.copy({"tz": "America/Martinique"})
        here = self._day(9)
        there = self._mission("B", 3, technician=self.tech2, promised_kind="none")
        there.planned_start = datetime(2026, 11, 30, 13, 0)  # nine there
        there.action_plan()
        self._tell(10.5)
        self.assertEqual(here.delay_state, "late")
        self.assertEqual(there.delay_state, "on_time")
        # Past midnight in Paris, it is still the evening there.
        self.env["field.mission"]._update_delays(self.company, datetime(2026, 12, 1, 0, 30))
        self.assertEqual(here.delay_state, "to_replan")
        self.assertEqual(there.delay_state, "late")

    def test_two_companies(self):
        mission = self._day(9)
        other = self.env["res.company"].create({"name": "Other"})
        self.env["field.mission"]._update_delays(other, local(10.5))
        self.assertFalse(mission.delay_state)

    def test_queries_do_not_grow(self):
        counts = []
        for number in (1, 6):
            for _n in range(number):
                person = self._technician(
                    f"T{number}{_n}", False, resource_calendar_id=self.calendar.id
                )
                self._day(9, 10.5, 14, technician=person)
            self.env.flush_all()
            self.env.invalidate_all()
            first = self.env.cr.sql_log_count
            self._tell(8 + number / 100)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - first)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)

    # ------------------------------------------------------------------ when

    def test_steps_and_clicks_wake_the_cron(self):
        cron = self.env.ref("field_planning.ir_cron_field_delay")
        triggers = self.env["ir.cron.trigger"].sudo()
        with freeze_time(local(9)):
            mission = self._day(9)
            self.env.cr.precommit.data.pop("field_planning.delays", None)
            count = triggers.search_count([("cron_id", "=", cron.id)])
            mission.with_user(self.tech_user).action_travel()
            self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), count + 1)
            mission.with_user(self.tech_user).action_arrive()
            self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), count + 1)

    # ------------------------------------------------------------------ told

    def test_one_activity_a_delay(self):
        kind = self.env.ref("field_planning.mail_activity_type_delay")
        mission = self._day(9)
        activities = mission.activity_ids.filtered(lambda a: a.activity_type_id == kind)
        self.assertFalse(activities)
        self._tell(10.5)
        self._tell(10.7)
        mine = self.env["mail.activity"].search(
            [("activity_type_id", "=", kind.id), ("res_id", "=", mission.id)]
        )
        self.assertEqual(mine.user_id, self.planner)
        mine.action_feedback()
        self._tell(10.9)
        self.assertFalse(mine.search([("res_id", "=", mission.id), ("active", "=", True),
                                      ("activity_type_id", "=", kind.id)]))  # fmt: skip
        mission.write({"planned_start": local(14)})
        self._tell(11)
        self.assertFalse(mission.delay_alerted)

    def test_the_activity_ends_with_the_delay(self):
        kind = self.env.ref("field_planning.mail_activity_type_delay")
        mission = self._day(9)
        self._tell(10.5)
        with freeze_time(local(10.6)):
            mission.with_user(self.tech_user).action_arrive()
        self._tell(10.7)
        self.assertFalse(
            self.env["mail.activity"].search_count(
                [("activity_type_id", "=", kind.id), ("res_id", "=", mission.id)]
            )
        )

    def _late_promises(self):
        one = self._plan(self._mission("A", 3, hour=9), 9)
        other = self._plan(self._mission("B", 6, hour=11), 11)
        (one | other).action_publish()
        self._tell(10)
        self.assertEqual(one.delay_state, "late")
        return one, other

    def test_customers_are_told_once(self):
        one, other = self._late_promises()
        self.assertTrue(one.breaks_promise)
        self.assertFalse(other.breaks_promise)
        found = self.env["field.mission"].search([("breaks_promise", "=", True)])
        self.assertIn(one, found)
        action = (one | other).with_user(self.planner).action_tell_delay()
        notice = self.env["field.delay.notice"].with_user(self.planner).browse(action["res_id"])
        line = notice.line_ids
        self.assertEqual(line.mission_id, one)
        self.assertEqual((line.slot_from, line.slot_to), (local(10), local(11)))
        sent = []
        with patch.object(
            type(self.env["field.mission"]),
            "_send_customer_messages",
            lambda missions, kind, expected: sent.append((missions, kind, expected)),
        ):
            notice.action_send()
            self.assertEqual(sent, [(one, "delay", {one.id: (local(10), local(11))})])
            # Nobody twice: neither from the same dialog, nor from a new one.
            notice.action_send()
            self.assertEqual(len(sent), 1)
        self.assertEqual(one.delay_told_from, local(10))
        with self.assertRaises(UserError):
            one.with_user(self.planner).action_tell_delay()
        self._tell(10.9)
        self.assertFalse(one.breaks_promise)
        # Worse than what was told: that is another delay.
        self._tell(11.3)
        self.assertTrue(one.breaks_promise)
        one.write({"planned_start": local(15)})
        self.assertFalse(one.delay_told_to)

    def test_nobody_chosen_and_slots_in_order(self):
        one, _other = self._late_promises()
        action = one.with_user(self.planner).action_tell_delay()
        notice = self.env["field.delay.notice"].with_user(self.planner).browse(action["res_id"])
        notice.line_ids.slot_to = notice.line_ids.slot_from
        with self.assertRaises(UserError):
            notice.action_send()
        notice.line_ids.chosen = False
        with self.assertRaises(UserError):
            notice.action_send()

    def test_technicians_do_not_tell(self):
        one, _other = self._late_promises()
        for user in (self.tech_user, self.sub_user, self.customer_user):
            with self.assertRaises(AccessError):
                self.env["field.mission"].browse(one.id).with_user(user).action_tell_delay()
            with self.assertRaises(AccessError):
                self.env["field.delay.notice"].with_user(user).create({})

    # ------------------------------------------------------------------ filters, travel driven

    def test_tours_count_their_late_ones(self):
        first, _second = self._day(9, 15)
        self._tell(10.5)
        tour = first.tour_id
        self.assertEqual(tour.late_count, 1)
        self.assertIn(tour, self.env["field.tour"].search([("late_count", ">", 0)]))

    def test_travel_driven_beside_the_estimate(self):
        first, _second = self._day(9, 15)
        with freeze_time(local(8.5)):
            first.with_user(self.tech_user).action_travel()
        with freeze_time(local(8.75)):
            first.with_user(self.tech_user).action_arrive()
        stop = first.stop_ids
        self.assertEqual(stop.actual_travel_minutes, 15)
        self.assertEqual(first.tour_id.actual_travel_minutes, 15)


@tagged("post_install", "-at_install")
class TestDayOverview(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.field_silence_minutes = 0

    def _overview(self, hour, user=None, **options):
        day = self.env["field.day"].with_user(user or self.planner)
        with freeze_time(local(hour)):
            return day.get_overview(**options)

    def _line(self, overview, person=None):
        return next(
            line for line in overview["lines"] if line["employee_id"] == (person or self.tech).id
        )

    def test_one_line_a_technician(self):
        missions = self.env["field.mission"]
        for number, hour in enumerate((9, 10.5, 15), start=1):
            mission = self._mission(f"S{number}", 3 * number, promised_kind="none")
            missions |= self._plan(mission, hour)
        missions.action_publish()
        with freeze_time(local(9)):
            missions[0].with_user(self.tech_user).action_arrive()
        with freeze_time(local(10)):
            missions[0].with_user(self.tech_user).action_done()
        with freeze_time(local(10.2)):
            missions[1].with_user(self.tech_user).action_arrive()
        overview = self._overview(10.5)
        line = self._line(overview)
        self.assertEqual((line["done"], line["total"]), (1, 3))
        self.assertEqual(line["running"]["kind"], "on_site")
        self.assertEqual(line["running"]["mission_id"], missions[1].id)
        self.assertEqual(line["next"]["id"], missions[2].id)
        self.assertEqual(line["next"]["at"], "2026-11-30 14:00:00")
        self.assertTrue(line["contact"])
        self.assertEqual([chip["id"] for chip in line["chips"]], missions.ids)
        self.assertEqual([chip["state"] for chip in line["chips"]],
                         ["done", "in_progress", "planned"])  # fmt: skip
        idle = self._line(overview, self.tech2)
        self.assertEqual((idle["total"], idle["tour_id"]), (0, False))

    def test_counts_and_filters(self):
        team = self.env["field.team"].create({"name": "North"})
        self.tech.field_team_id = team
        self._plan(self._mission("A", 3, hour=9), 9)
        self._plan(self._mission("B", 3, hour=9, technician=self.tech2), 9)
        overview = self._overview(10)
        self.assertEqual(overview["counts"]["late"], 2)
        self.assertEqual(overview["counts"]["to_tell"], 2)
        only = self._overview(10, team_id=team.id)
        self.assertEqual([line["employee_id"] for line in only["lines"]], [self.tech.id])
        self.assertEqual(only["counts"]["late"], 1)
        self.assertFalse(self._overview(10, zone_id=10**6)["lines"])
        self.assertTrue(self._overview(10, team_id="x", zone_id=["y"])["lines"])

    def test_queries_do_not_grow(self):
        counts = []
        for number in (2, 12):
            for _n in range(number):
                person = self._technician(
                    f"T{number}{_n}", False, resource_calendar_id=self.calendar.id
                )
                self._plan(self._mission("A", 3, technician=person), 9)
            self.env.flush_all()
            self.env.invalidate_all()
            first = self.env.cr.sql_log_count
            self._overview(9.5)
            counts.append(self.env.cr.sql_log_count - first)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)
        self.assertLess(counts[1], 70, counts)

    def test_only_planners(self):
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                self._overview(9, user=user)

    def test_the_app_lists_in_tour_order(self):
        with freeze_time(local(8)):
            late = self._plan(self._mission("A", 3, promised_kind="none"), 15)
            early = self._plan(self._mission("B", 6, promised_kind="none"), 9)
            (late | early).action_publish()
            self.env.flush_all()
            values = self.env["field.mission"].with_user(self.tech_user)._get_app_snapshot()
        found = {mission["id"]: mission for mission in values["missions"]}
        self.assertLess(found[early.id]["order"], found[late.id]["order"])
        self.assertGreater(found[early.id]["travel"]["minutes"], 0)


@tagged("post_install", "-at_install")
class TestPick(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"field_pick_rule": "pick", "field_office_user_id": cls.planner.id})
        cls.mine = cls._plan(cls._mission("Next", 5, promised_kind="none"), 14)
        cls.mine.action_publish()
        cls.free = cls._free("Free", 6)

    @classmethod
    def _free(cls, name, east, **vals):
        return cls._mission(
            name, east, technician=cls.env["hr.employee"], promised_kind="none",
            promised_date=False, **vals
        )  # fmt: skip

    def _offers(self, user=None, hour=9):
        with freeze_time(local(hour)):
            return self.env["field.mission"].with_user(user or self.tech_user).get_nearby_offers()

    def _pick(self, mission, user=None, hour=9):
        with freeze_time(local(hour)):
            missions = self.env["field.mission"].with_user(user or self.tech_user)
            return missions.action_pick(mission.id)

    def test_offers_tell_where_and_what_only(self):
        found = self._offers()
        offer = next(one for one in found["offers"] if one["id"] == self.free.id)
        self.assertEqual(
            set(offer), {"id", "city", "type", "hours", "start", "travel", "km", "asked"}
        )
        self.assertEqual(offer["type"], self.type.name)
        self.assertGreater(offer["km"], 1)
        with self.assertRaises(AccessError):
            self.free.with_user(self.tech_user).read(["name"])

    def test_taken(self):
        self.assertEqual(self._pick(self.free), {"taken": True})
        self.assertEqual(self.free.technician_id, self.tech)
        self.assertEqual(self.free.state, "planned")
        self.assertTrue(self.free.published)
        self.assertLess(self.free.planned_end, self.mine.planned_start)
        self.assertEqual(self.free.event_ids[:1].user_id, self.tech_user)
        self.free.with_user(self.tech_user).read(["name"])
        with self.assertRaises(UserError):
            self._pick(self.free, self.tech2_user)

    def test_not_offered(self):
        far = self._free("Far", 150)
        long = self._free("Long", 6, planned_duration=5)
        locked = self._free("Promised", 6)
        locked.write({"promised_kind": "exact", "promised_date": MONDAY + timedelta(days=1),
                      "promised_time": 9})  # fmt: skip
        self.bare_type.skill_ids = self.electric
        skilled = self._free("Skilled", 6, service_type_id=self.bare_type.id)
        nowhere = self._free("Nowhere", 6)
        nowhere.site_id.write({"partner_latitude": 0, "partner_longitude": 0})
        ids = {one["id"] for one in self._offers()["offers"]}
        self.assertIn(self.free.id, ids)
        for mission in (far, long, locked, skilled, nowhere, self.mine):
            self.assertNotIn(mission.id, ids)
            with self.assertRaises(UserError):
                self._pick(mission)

    def test_not_ahead_of_time(self):
        found = self._offers(hour=13.7)
        self.assertFalse(found["offers"])
        self.assertTrue(found["reason"])
        with freeze_time(local(13)):
            self.mine.with_user(self.tech_user).action_travel()
        self.assertTrue(self._offers(hour=13.1)["reason"])

    def test_other_zones_are_left_alone(self):
        zone = self.env["field.zone"].create({"name": "West", "prefix_text": "29"})
        self.tech.field_zone_ids = zone
        self.assertFalse(self._offers()["offers"])
        # An address that changes loses its coordinates.
        where = self.free.site_id.partner_latitude, self.free.site_id.partner_longitude
        self.free.site_id.zip = "29000"
        self.free.site_id.write({"partner_latitude": where[0], "partner_longitude": where[1]})
        self.assertEqual(self.free.zone_id, zone)
        self.assertEqual(len(self._offers()["offers"]), 1)

    def test_asked_and_given(self):
        self.company.field_pick_rule = "request"
        self.assertEqual(self._pick(self.free), {"taken": False})
        self.assertEqual(self.free.pick_requester_id, self.tech)
        self.assertEqual(self.free.state, "draft")
        self.assertTrue(self._offers()["offers"][0]["asked"])
        with self.assertRaises(UserError):
            self._pick(self.free)
        self.assertFalse(self._offers(self.tech2_user)["offers"])
        activity = self.free.activity_ids
        self.assertEqual(activity.user_id, self.planner)
        with self.assertRaises(AccessError):
            self.free.with_user(self.tech_user).action_accept_pick()
        with freeze_time(local(9.1)):
            self.free.with_user(self.planner).action_accept_pick()
        self.assertEqual(self.free.technician_id, self.tech)
        self.assertTrue(self.free.published)
        self.assertFalse(self.free.pick_requester_id)
        self.assertFalse(self.free.activity_ids)
        with self.assertRaises(UserError):
            self.free.with_user(self.planner).action_accept_pick()

    def test_asked_and_refused(self):
        self.company.field_pick_rule = "request"
        self._pick(self.free)
        self.free.with_user(self.planner).action_refuse_pick()
        self.assertFalse(self.free.pick_requester_id)
        self.assertFalse(self.free.activity_ids)

    def test_strangers_and_nonsense(self):
        for user in (self.sub_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                self._offers(user)
            with self.assertRaises(AccessError):
                self._pick(self.free, user)
        missions = self.env["field.mission"].with_user(self.tech_user)
        for value in (None, "1", True, [self.free.id], 10**9, -1):
            with self.assertRaises(UserError), freeze_time(local(9)):
                missions.action_pick(value)
        self.company.field_pick_rule = "off"
        self.assertEqual(self._offers()["offers"], [])
        with self.assertRaises(UserError):
            self._pick(self.free)
