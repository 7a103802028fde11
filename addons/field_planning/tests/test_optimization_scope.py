from datetime import datetime, timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import HOME, MONDAY, FieldPlanningCommon

TUESDAY = MONDAY + timedelta(days=1)
FRIDAY = MONDAY + timedelta(days=4)


@tagged("post_install", "-at_install")
class TestOptimizationScope(FieldPlanningCommon):
    """What a run may move, what stays and what it leaves out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nobody = cls.env["hr.employee"]

    def _question(self, **vals):
        run = self.env["field.optimization"].with_user(self.planner)
        return run.create({"date_from": MONDAY, "date_to": MONDAY, **vals})

    def _counts(self, **vals):
        run = self._question(**vals)
        return run.scope_count, run.fixed_count, run.left_out_count

    def _dayless(self, name, east=5, deadline=None, **vals):
        mission = self._mission(
            name, east, technician=self.nobody, promised_kind="none", promised_date=False, **vals
        )
        mission.date_deadline = deadline
        return mission

    # ------------------------------------------------------------------ movable, fixed, left out

    def test_three_rules_of_what_may_move(self):
        self._mission("D", 5)
        self._plan(self._mission("P", 10), 10)
        seen = self._plan(self._mission("S", 15), 13)
        seen.action_publish()
        locked = self._plan(self._mission("L", 20), 15)
        locked.is_locked = True
        self.assertEqual(self._counts(movable="unplanned"), (1, 3, 0))
        self.assertEqual(self._counts(movable="unpublished"), (2, 2, 0))
        self.assertEqual(self._counts(movable="published"), (3, 1, 0))
        run = self._question(movable="published")
        self.assertEqual(run.action_view_fixed()["domain"], [("id", "in", locked.ids)])

    def test_only_what_is_not_planned_moves(self):
        planned = self._plan(self._mission("P", 40), 10)
        before = planned.planned_start
        draft = self._mission("D", 5)
        run = self._run(movable="unplanned")
        run.action_accept()
        self.assertEqual((planned.planned_start, draft.state), (before, "planned"))

    def test_a_filter_leaves_missions_out(self):
        kept, out = self._mission("A", 5), self._mission("B", 10, priority="3")
        held = self._plan(self._mission("C", 15, priority="3"), 10)
        run = self._question(leaves_out=True, left_out="[('priority', '=', '3')]")
        self.assertEqual((run.scope_count, run.fixed_count, run.left_out_count), (1, 1, 1))
        self.assertEqual(run.action_view_left_out()["domain"], [("id", "in", out.ids)])
        before = held.planned_start
        run._run_now().action_accept()
        self.assertEqual((kept.state, out.state), ("planned", "draft"))
        self.assertEqual(held.planned_start, before, "its time stays taken")
        run.leaves_out = False
        self.assertFalse(run._get_left_out_domain().is_true())

    def test_a_filter_that_means_nothing_is_refused(self):
        for wrong in ("[('no_such_field', '=', 1)]", "[(", "{'a': 1}", "__import__('os')"):
            with self.assertRaises(ValidationError):
                self._question(leaves_out=True, left_out=wrong)

    def test_teams_and_technicians_add_up(self):
        team = self.env["field.team"].create({"name": "North"})
        self.tech2.field_team_id = team
        mine, theirs = self._mission("A", 5), self._mission("B", 5, technician=self.tech2)
        other = self._mission("C", 5, technician=self.subcontractor)
        run = self._question(team_ids=[Command.set(team.ids)])
        self.assertEqual(run._sort_missions()["movable"], theirs)
        run.technician_ids = self.tech
        self.assertEqual(run._sort_missions()["movable"], mine | theirs)
        run._run_now().action_accept()
        self.assertEqual((theirs.state, other.state), ("planned", "draft"))

    def test_zones_hold_their_parts_and_name_who_has_none(self):
        large = self.env["field.zone"].create({"name": "West"})
        part = self.env["field.zone"].create({"name": "Bay", "parent_id": large.id})
        inside, bare, outside = (self._mission(name, 5) for name in "ABC")
        inside.site_id.site_zone_id = part
        bare.site_id.site_zone_id = False
        outside.site_id.site_zone_id = self.env["field.zone"].create({"name": "East"})
        run = self._question(zone_ids=[Command.set(large.ids)])
        self.assertEqual(run._sort_missions()["movable"], inside)
        self.assertEqual(run.zoneless_count, 1)
        self.assertEqual(run.action_view_zoneless()["domain"], [("id", "in", bare.ids)])

    # ------------------------------------------------------------------ zones

    def _zoned(self, rule):
        """A visit in a zone in which only somebody far away works."""
        zone, other = self.env["field.zone"].create([{"name": "Here"}, {"name": "There"}])
        self.tech.sudo().field_zone_ids = other
        self.tech2.sudo().field_zone_ids = zone
        self.tech2.sudo().write({"field_start_latitude": 48.4, "field_start_longitude": HOME[1]})
        self.subcontractor.sudo().field_zone_ids = other
        mission = self._mission("Z", 5, technician=self.nobody)
        mission.site_id.site_zone_id = zone
        return mission, self._run(mode="free", zone_rule=rule)

    def test_anywhere_the_nearest_goes(self):
        _mission, run = self._zoned("anywhere")
        self.assertNotEqual(run.stop_ids.line_id.technician_id, self.tech2)

    def test_zones_are_preferred(self):
        _mission, run = self._zoned("prefer")
        self.assertEqual(run.stop_ids.line_id.technician_id, self.tech2)

    def test_zones_give_way_where_nobody_else_can(self):
        self._leave(self.tech2, datetime(2026, 11, 29, 23, 0), datetime(2026, 11, 30, 22, 59))
        _mission, run = self._zoned("prefer")
        self.assertTrue(run.stop_ids.placed)
        self.assertNotEqual(run.stop_ids.line_id.technician_id, self.tech2)

    def test_strict_zones_leave_it_with_the_reason(self):
        self._leave(self.tech2, datetime(2026, 11, 29, 23, 0), datetime(2026, 11, 30, 22, 59))
        _mission, run = self._zoned("strict")
        self.assertFalse(run.stop_ids.placed)
        self.assertEqual(
            run.unplaced_ids.conflict_reason, "No technician of the zone works that day."
        )

    # ------------------------------------------------------------------ missions without a day

    def test_a_deadline_in_the_period_brings_a_mission_in(self):
        due = self._dayless("A", deadline=datetime(2026, 12, 2, 16, 0))
        late = self._dayless("B", deadline=datetime(2026, 11, 27, 16, 0))
        free, later = self._dayless("C"), self._dayless("D", deadline=datetime(2026, 12, 20))
        run = self._question(date_to=FRIDAY, mode="fill", undated="none")
        self.assertFalse(run._sort_missions()["movable"] & (due | late | free | later))
        run.undated = "due"
        found = run._sort_missions()["movable"]
        self.assertEqual(found & (due | late | free | later), due | late)
        run.undated = "all"
        self.assertLessEqual(due | late | free | later, run._sort_missions()["movable"])
        run.mode = "keep"
        self.assertFalse(run._sort_missions()["movable"] & due, "it has no day to keep")

    def test_it_is_done_before_its_deadline(self):
        due = self._dayless("A", deadline=datetime(2026, 12, 1, 10, 0))
        for technician in self.people:
            self._leave(technician, datetime(2026, 11, 30, 6, 0), datetime(2026, 11, 30, 18, 0))
        run = self._run(date_to=FRIDAY, mode="fill", movable="unplanned")
        run.action_accept()
        self.assertEqual(due.state, "planned")
        self.assertEqual(due.planned_date, TUESDAY)
        self.assertLessEqual(due.planned_end, datetime(2026, 12, 1, 10, 0))

    def test_it_is_not_done_before_it_was_asked_for(self):
        due = self._dayless("A", deadline=datetime(2026, 12, 4, 16, 0))
        due.request_id.date_received = datetime(2026, 12, 2, 23, 0)
        self._run(date_to=FRIDAY, mode="fill").action_accept()
        self.assertGreaterEqual(due.planned_date, MONDAY + timedelta(days=3))

    def test_without_a_place_it_says_so_for_all_the_days(self):
        self.type.skill_ids = self.gas
        due = self._dayless("A", deadline=datetime(2026, 12, 3, 16, 0))
        run = self._run(date_to=FRIDAY, mode="fill")
        (stop,) = run.unplaced_ids.filtered(lambda stop: stop.mission_id == due)
        self.assertEqual(
            stop.conflict_reason, "No technician working in these days has the skill Gas."
        )

    def test_a_visit_to_replan_comes_back(self):
        failed = self._plan(self._mission("A", 5, hour=9), 9)
        failed.action_publish()
        failed.action_start()
        failed.action_reschedule(reason="Nobody there")
        failed.date_deadline = datetime(2026, 12, 4, 16, 0)
        run = self._question(date_from=TUESDAY, date_to=FRIDAY, mode="fill")
        self.assertIn(failed, run._sort_missions()["movable"])
        run._run_now().action_accept()
        self.assertEqual((failed.state, failed.technician_id), ("planned", self.tech))
        self.assertGreaterEqual(failed.planned_date, TUESDAY)

    def test_a_promise_of_long_ago_does_not_bind_a_new_plan(self):
        mission = self._mission("A", 5, hour=9, day=MONDAY - timedelta(days=10))
        self._plan(mission, 10)
        self._mission("B", 10)
        run = self._run()
        self.assertEqual(run.state, "proposed")
        run.action_accept()
        self.assertEqual(mission.planned_date, MONDAY)

    # ------------------------------------------------------------------ the day under way

    @freeze_time("2026-11-30 10:00:00")
    def test_a_day_under_way_is_planned_from_now_on(self):
        done = self._plan(self._mission("A", 5), 8)
        done.action_publish()
        done.action_start(at="2026-11-30 07:10:00")
        open_ = self._mission("B", 10)
        gone = self._mission("C", 10, hour=9)
        run = self._question(mode="fill")
        groups = run._sort_missions()
        self.assertEqual(groups["movable"], open_)
        self.assertEqual((groups["fixed"], groups["left_out"]), (done, gone))
        run._run_now().action_accept()
        self.assertGreaterEqual(open_.planned_start, datetime(2026, 11, 30, 10, 0))
        self.assertEqual(done.state, "in_progress")
        self.assertEqual(len(self._tour().stop_ids), 2, "what is under way stays in its tour")

    # ------------------------------------------------------------------ aims

    def test_weights_say_what_counts(self):
        run = self._question(mode="free", weight_balance="2", weight_people="0", weight_waiting="1")
        self.assertEqual(run._get_weights(), {"balance": 0.1, "waiting": 0.25})
        run.mode = "keep"
        self.assertEqual(run._get_weights(), {"waiting": 0.25})

    def test_an_even_load_spreads_the_visits(self):
        for number in range(6):
            self._mission(f"V{number}", 2 + number, technician=self.nobody)
        few = self._run(mode="free", zone_rule="anywhere")
        even = self._run(mode="free", zone_rule="anywhere", weight_balance="3")
        self.assertGreater(even.load_low_after, 0)
        used = [len(run.tour_ids.filtered("stop_count")) for run in (few, even)]
        self.assertGreater(used[1], used[0])
        self.assertLess(even.load_high_after, few.load_high_after)

    def test_new_questions_take_the_aims_of_the_company(self):
        self.company.write(
            {"field_plan_balance": "2", "field_plan_zones": "strict", "field_refine_seconds": 90}
        )
        with Form(self.env["field.optimization"].with_user(self.planner)) as form:
            form.date_from, form.date_to = MONDAY, MONDAY
            self.assertEqual((form.weight_balance, form.zone_rule), ("2", "strict"))
        self.assertEqual(form.record.refine_seconds, 90)
        self.assertEqual(self._question(weight_balance="1").weight_balance, "1")

    def test_the_second_stage_is_asked_for(self):
        self._mission("A", 10)
        run = self._question(refine=True, refine_seconds=7)
        run._start()
        options = run.sudo().options
        self.assertEqual(options["refine"], 7 if run.can_refine else None)
        run.action_cancel()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
        ):
            run.refine_seconds = 0
            run.flush_recordset()
