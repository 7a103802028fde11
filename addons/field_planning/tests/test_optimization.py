import json
from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import field_optimization_run
from ..optimizer import runner
from ..optimizer.worker import Worker
from .common import MONDAY, FieldPlanningCommon


@tagged("post_install", "-at_install")
class TestOptimization(FieldPlanningCommon):
    """From the question to accepted tours, and back."""

    # ------------------------------------------------------------------ keep the assignment

    def test_the_day_is_ordered_and_planned(self):
        far, near, noon = (
            self._mission("F", 40),
            self._mission("N", 5),
            self._mission("X", 20, hour=14),
        )
        run = self._run()
        self.assertEqual(run.state, "proposed")
        self.assertEqual((run.visit_count, run.unplaced_count), (3, 0))
        self.assertLessEqual(run.km_after, run.km_before)
        self.assertEqual(far.state, "draft", "a proposal changes nothing")
        run.action_accept()
        self.assertEqual(run.state, "accepted")
        self.assertEqual((far | near | noon).mapped("state"), ["planned"] * 3)
        self.assertEqual((far | near | noon).technician_id, self.tech)
        self.assertTrue((13, 45) <= self._local(noon.planned_start) <= (14, 15))
        tour = self._tour()
        self.assertEqual(len(tour.stop_ids), 3)
        self.assertEqual(tour.conflict_count, 0)
        self.assertAlmostEqual(tour.travel_km, run.km_after, delta=0.2)
        for stop in tour.stop_ids:
            self.assertEqual(stop.planned_start, stop.mission_id.planned_start)
        self.assertEqual(run.decided_by_id, self.planner)

    def test_hours_on_whole_minutes(self):
        self._mission("A", 13.7)
        run = self._run()
        self.assertEqual(run.stop_ids.planned_start.second, 0)

    def test_two_promises_that_clash(self):
        one, two = self._mission("A", 20, hour=9), self._mission("B", -20, hour=9)
        run = self._run()
        aside = run.stop_ids.filtered(lambda stop: not stop.placed)
        kept = run.stop_ids - aside
        self.assertEqual(len(aside), 1)
        self.assertEqual(
            aside.conflict_reason,
            f"Promised 08:45–09:15 clashes with {kept.mission_id.name}, promised 08:45–09:15.",
        )
        self.assertIn(aside.mission_id.name, kept.conflict_reason)
        run.action_accept()
        tour = self._tour()
        self.assertEqual(tour.stop_ids.mission_id, one | two, "both stay in their day")
        self.assertEqual(tour.conflict_count, 2)
        loser = aside.mission_id
        self.assertEqual((loser.state, loser.technician_id), ("draft", self.tech))
        self.assertFalse(loser.planned_start)
        self.assertTrue(loser.stop_ids.set_aside)
        self.assertEqual(loser.tour_conflict, aside.conflict_reason)

    def _aside_reason(self, run=None):
        run = run or self._run()
        (stop,) = run.stop_ids.filtered(lambda stop: not stop.placed)
        run.action_accept()
        self.assertTrue(stop.mission_id.stop_ids.set_aside)
        self.assertEqual(stop.mission_id.stop_ids.conflict_reason, stop.conflict_reason)
        return stop.conflict_reason

    def test_lacking_skill(self):
        self.type.skill_ids = self.electric
        self._mission("A", 10)
        self.assertEqual(self._aside_reason(), "Ana Tech lacks the skill Electric on that day.")

    def test_on_leave(self):
        self._leave(self.tech, datetime(2026, 11, 29, 23, 0), datetime(2026, 11, 30, 22, 59))
        self._mission("A", 10)
        self.assertEqual(self._aside_reason(), "Ana Tech is absent that day: absence.")

    def test_outside_hours(self):
        self._mission("A", 10, hour=18)
        self.assertEqual(
            self._aside_reason(), "Promised 17:45–18:15, outside Ana Tech's hours 08:00–17:00."
        )

    def test_no_coordinates(self):
        mission = self._mission("A", 10)
        mission.site_id.write({"partner_latitude": 0, "partner_longitude": 0})
        self.assertIn("no coordinates", self._aside_reason())

    def test_reasons_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.planner.lang = "fr_FR"
        self._mission("A", 10, hour=18)
        run = self._run()
        text = run.stop_ids.with_context(lang="fr_FR").conflict_reason
        self.assertIn("Ana Tech", text)
        self.assertIn("17:45", text)

    def test_missions_without_technician_are_counted_not_touched(self):
        lone = self._mission("T", 3, technician=self.env["hr.employee"])
        self._mission("A", 10)
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        self.assertEqual((run.scope_count, run.tray_count), (1, 1))
        run._run_now().action_accept()
        self.assertEqual((lone.state, lone.technician_id), ("draft", self.env["hr.employee"]))

    def test_published_and_fixed_missions_stay(self):
        published = self._plan(self._mission("A", 10), 10)
        self._tour().action_publish()
        fixed = self._plan(self._mission("B", 15), 14)
        fixed.is_locked = True
        before = published.planned_start, fixed.planned_start
        self._mission("C", 12)
        run = self._run()
        self.assertEqual(run.visit_count, 3)
        run.action_accept()
        self.assertEqual((published.planned_start, fixed.planned_start), before)
        self.assertEqual(len(self._tour().stop_ids), 3)

    def test_only_these_missions(self):
        other = self._plan(self._mission("A", 10), 10)
        before = other.planned_start
        mission = self._mission("B", 12)
        run = self._run(mission_ids=[Command.set(mission.ids)])
        run.action_accept()
        self.assertEqual(mission.state, "planned")
        self.assertEqual(other.planned_start, before)

    def test_before_is_the_order_of_promises_and_rows(self):
        self._mission("A", 30)
        self._mission("B", 10)
        self._mission("C", 20)
        run = self._run()
        self.assertGreater(run.km_before, run.km_after)
        self.assertEqual(run.visits_before, 3)

    def test_a_crew_starts_together(self):
        mission = self._mission("A", 10, helper_ids=[Command.set(self.tech2.ids)])
        self._mission("B", 25, technician=self.tech2, hour=9)
        run = self._run()
        run.action_accept()
        helped = mission.stop_ids.filtered(lambda stop: stop.role == "helper")
        self.assertEqual(helped.tour_id, self._tour(self.tech2))
        self.assertEqual(helped.planned_start, mission.planned_start)
        self.assertFalse(mission.stop_ids.filtered("conflict"))

    def test_a_helper_who_is_away_is_named(self):
        self._leave(self.tech2, datetime(2026, 11, 29, 23, 0), datetime(2026, 11, 30, 22, 59))
        mission = self._mission("A", 10, helper_ids=[Command.set(self.tech2.ids)])
        run = self._run()
        run.action_accept()
        helped = mission.stop_ids.filtered(lambda stop: stop.role == "helper")
        self.assertEqual(mission.state, "planned")
        self.assertTrue(helped.set_aside)
        self.assertEqual(helped.conflict_reason, "Bo Tech is absent that day: absence.")

    def test_a_helper_who_is_elsewhere_is_named(self):
        mission = self._mission("A", 10, hour=9, helper_ids=[Command.set(self.tech2.ids)])
        self._mission("B", -40, hour=9, technician=self.tech2, priority="3")
        run = self._run()
        run.action_accept()
        clashing = (mission.stop_ids | self._tour(self.tech2).stop_ids).filtered("conflict")
        self.assertTrue(clashing)
        self.assertTrue(all(clashing.mapped("conflict_reason")))

    # ------------------------------------------------------------------ choose technicians

    def test_fill_places_the_tray(self):
        self.type.skill_ids = self.gas
        self._give_skill(self.tech2, self.gas)
        lone = self._mission("T", 3, technician=self.env["hr.employee"])
        run = self._run(mode="fill")
        run.action_accept()
        self.assertEqual((lone.state, lone.technician_id), ("planned", self.tech2))

    def test_nobody_has_the_skill(self):
        self.type.skill_ids = self.gas
        self._mission("T", 3, technician=self.env["hr.employee"])
        run = self._run(mode="fill")
        self.assertEqual(
            run.unplaced_ids.conflict_reason, "No technician working that day has the skill Gas."
        )
        self.assertFalse(run.unplaced_ids.line_id)

    def test_free_moves_visits_to_the_nearer_technician(self):
        self.tech2.sudo().write({"field_start_latitude": 48.5, "field_start_longitude": -3.0})
        mission = self._mission("Z", 0)
        mission.site_id.write({"partner_latitude": 48.49, "partner_longitude": -3.02})
        run = self._run(mode="free")
        self.assertEqual(run.stop_ids.change, "new")
        run.action_accept()
        self.assertEqual(mission.technician_id, self.tech2)
        self.assertEqual(mission.mission_date, MONDAY)

    # ------------------------------------------------------------------ decisions

    def test_accept_one_technician_only(self):
        mine, theirs = self._mission("A", 10), self._mission("B", 10, technician=self.tech2)
        run = self._run()
        line = run.tour_ids.filtered(lambda tour: tour.technician_id == self.tech)
        line.action_accept()
        self.assertEqual((mine.state, theirs.state), ("planned", "draft"))
        self.assertEqual(run.state, "proposed")
        (run.tour_ids - line).action_reject()
        self.assertEqual(run.state, "accepted")
        self.assertEqual(theirs.state, "draft")
        with self.assertRaises(UserError):
            line.action_accept()

    def test_what_changed_since_is_refused_as_a_whole(self):
        mission, other = self._mission("A", 10), self._mission("B", 12)
        theirs = self._mission("C", 10, technician=self.tech2)
        run = self._run()
        mission.promised_date = MONDAY + timedelta(days=1)
        with self.assertRaisesRegex(UserError, mission.name):
            run.action_accept()
        self.assertEqual((mission | other | theirs).mapped("state"), ["draft"] * 3)
        self.assertEqual(run.stale_count, 1)
        self.assertEqual(run.tour_ids.filtered("is_stale").technician_id, self.tech)
        run.action_accept_fresh()
        self.assertEqual((mission.state, other.state, theirs.state), ("draft", "draft", "planned"))
        self.assertEqual(run.state, "proposed", "the day out of date waits for a decision")
        with self.assertRaises(UserError):
            run.action_accept_fresh()

    def test_changed_while_it_ran(self):
        mission = self._mission("A", 10)
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        run._start()
        result = json.loads(json.dumps(runner.run(run.problem)))
        mission.planned_duration = 2
        run.result = result
        run._collect()
        self.assertEqual(run.state, "stale")
        self.assertIn(mission.name, run.stale_text)

    def test_undo_gives_everything_back(self):
        moved = self._plan(self._mission("A", 30), 15)
        before = moved.planned_start
        fresh, aside = self._mission("B", 10, hour=9), self._mission("C", -30, hour=9)
        run = self._run()
        run.action_accept()
        self.assertNotEqual(moved.planned_start, before)
        run.with_user(self.planner).action_undo()
        self.assertEqual((moved.state, moved.planned_start), ("planned", before))
        self.assertEqual((fresh.state, aside.state), ("draft", "draft"))
        self.assertFalse((fresh | aside).stop_ids)
        self.assertEqual(self._tour().stop_ids.mission_id, moved)
        self.assertEqual(run.state, "undone")
        self.assertFalse(run.can_undo)
        with self.assertRaises(UserError):
            run.action_undo()

    def test_undo_leaves_what_was_published_since(self):
        one, two = self._mission("A", 10), self._mission("B", 20)
        run = self._run()
        run.action_accept()
        one.action_publish()
        answer = run.action_undo()
        self.assertEqual((one.state, two.state), ("planned", "draft"))
        self.assertIn(one.name, answer["params"]["message"])

    def test_plan_anyway(self):
        self._mission("A", 20, hour=9)
        self._mission("B", -20, hour=9)
        run = self._run()
        run.action_accept()
        stop = self._tour().stop_ids.filtered("set_aside")
        stop.with_user(self.planner).action_plan_anyway()
        self.assertEqual(stop.mission_id.state, "planned")
        self.assertEqual(self._local(stop.mission_id.planned_start), (9, 0))
        self.assertFalse(stop.set_aside)
        self.assertTrue(any(self._tour().stop_ids.mapped("conflict")), "what breaks stays named")

    def test_a_conflict_solved_elsewhere_says_so(self):
        self._mission("A", 20, hour=9)
        self._mission("B", -20, hour=9)
        self._run().action_accept()
        tour = self._tour()
        stop = tour.stop_ids.filtered("set_aside")
        (tour.stop_ids - stop).mission_id.technician_id = self.tech2
        self.assertEqual(
            stop.conflict_reason, "There is room for it now: plan it, or optimise the day again."
        )
        stop.mission_id.technician_id = self.tech2
        self.assertFalse(stop.exists())

    def test_running_again_after_acceptance_changes_nothing(self):
        missions = self._mission("A", 30) | self._mission("B", 10) | self._mission("C", 20, hour=14)
        self._run().action_accept()
        before = missions.mapped("planned_start")
        run = self._run()
        self.assertEqual(set(run.stop_ids.mapped("change")), {"same"})
        run.action_accept()
        self.assertEqual(missions.mapped("planned_start"), before)

    def test_nothing_to_order(self):
        with self.assertRaises(UserError):
            self._run()

    def test_open_for_missions(self):
        mission = self._mission("A", 10)
        action = mission.with_user(self.planner).action_optimize()
        run = self.env["field.optimization"].browse(action["res_id"])
        self.assertEqual((run.mission_ids, run.date_from, run.mode), (mission, MONDAY, "keep"))
        dayless = self._mission("B", 10, promised_kind="none", promised_date=False)
        with self.assertRaises(UserError):
            dayless.action_optimize()

    def test_reoptimise_tours(self):
        self._plan(self._mission("A", 10), 9)
        action = self._tour().with_user(self.planner).action_reoptimize()
        run = self.env["field.optimization"].browse(action["res_id"])
        self.assertEqual((run.technician_ids, run.date_from), (self.tech, MONDAY))

    # ------------------------------------------------------------------ the machinery

    def _started(self, **vals):
        run = self.env["field.optimization"].create(
            {"date_from": MONDAY, "date_to": MONDAY, **vals}
        )
        run._start()
        return run

    def test_one_run_at_a_time_and_company(self):
        self._mission("A", 10)
        self._started()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._started()

    def test_the_button_starts_a_process_after_the_commit(self):
        self._mission("A", 10)
        run = self.env["field.optimization"].with_user(self.planner)
        run = run.create({"date_from": MONDAY, "date_to": MONDAY})
        run.action_run()
        self.assertEqual(run.state, "running")
        with patch.object(field_optimization_run.subprocess, "Popen") as popen:
            self.env.cr.postcommit.run()
        environment = popen.call_args.kwargs["env"]
        self.assertEqual(environment["FIELD_RUN_ID"], str(run.id))
        self.assertEqual(environment["FIELD_RUN_TOKEN"], run.sudo().token)
        self.assertNotIn(run.sudo().token, popen.call_args.args[0])
        self.assertTrue(popen.call_args.kwargs["start_new_session"])

    def _worker(self, run, token=None):
        """The detached process's own code, on this test's transaction."""
        self.env.flush_all()
        cursor = self.env.cr

        class Connection:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                return False

            def cursor(self):
                return self

            def execute(self, query, values):
                cursor.execute(query, values)

            def fetchone(self):
                return cursor.fetchone()

            def close(self):
                pass

        code = Worker(Connection, run.id, token or run.token).work()
        self.env.invalidate_all()
        return code

    def test_the_worker_writes_its_result(self):
        mission = self._mission("A", 10)
        run = self._started()
        self.assertEqual(self._worker(run), 0)
        self.assertTrue(run.result)
        self.assertEqual(run.with_user(self.planner).poll()["state"], "proposed")
        self.assertEqual(run.stop_ids.mission_id, mission)
        self.assertFalse(run.problem, "home addresses are not kept")
        self.assertFalse(run.token)

    def test_a_wrong_token_writes_nothing(self):
        self._mission("A", 10)
        run = self._started()
        self.assertEqual(self._worker(run, "guess"), 1)
        self.assertFalse(run.result)

    def test_a_cancelled_run_is_not_written(self):
        self._mission("A", 10)
        run = self._started()
        token = run.token
        run.with_user(self.planner).action_cancel()
        self.assertEqual(run.state, "draft")
        self.assertEqual(self._worker(run, token), 1)

    def test_the_cron_collects_and_takes_over(self):
        self._mission("A", 10)
        run = self._started()
        token = run.token
        run.heartbeat = datetime(2026, 1, 1)
        self.env["field.optimization"]._cron_collect()
        self.assertEqual((run.state, run.attempts), ("running", 2))
        self.assertNotEqual(run.token, token)
        run.heartbeat = datetime(2026, 1, 1)
        self.env["field.optimization"]._cron_collect()
        self.assertEqual(run.state, "failed")
        self.assertTrue(run.error)
        self.env.cr.postcommit.clear()

    def test_the_cron_collects_a_result(self):
        self._mission("A", 10)
        run = self._started()
        self._worker(run)
        self.env["field.optimization"]._cron_collect()
        self.assertEqual(run.state, "proposed")

    def test_an_answer_that_cannot_be_read_ends_its_run_alone(self):
        self._mission("A", 10)
        run = self._started()
        self._worker(run)
        with (
            patch.object(type(run), "_make_lines", side_effect=KeyError("routes")),
            mute_logger("odoo.addons.field_planning.models.field_optimization_run"),
        ):
            self.env["field.optimization"]._cron_collect()
        self.assertEqual((run.state, run.token, run.result), ("failed", False, False))
        self.assertTrue(run.error)
        self.assertFalse(run.stop_ids)

    def test_an_error_of_the_solver_is_shown(self):
        self._mission("A", 10)
        run = self._started()
        run.error = "no more memory"
        run._collect()
        self.assertEqual((run.state, run.error), ("failed", "no more memory"))

    def test_a_wrong_result_is_refused_by_the_independent_check(self):
        self._mission("A", 10, hour=9)
        run = self._started()
        result = json.loads(json.dumps(runner.run(run.problem)))
        result["routes"][0]["stops"][0]["start"] += 7200
        run.result = result
        run._collect()
        self.assertEqual(run.state, "failed")
        self.assertIn("late", run.error)
        self.assertFalse(run.tour_ids)

    def test_the_simple_solver_says_so(self):
        self._mission("A", 10)
        self.company.field_solver = "python"
        run = self._run()
        self.assertEqual((run.backend, run.notice), ("python", False))

    def test_searching_longer_asks_for_the_second_stage(self):
        missions = [self._mission(f"M{n}", 5 * n - 10) for n in range(5)]
        run = self.env["field.optimization"].with_user(self.planner)
        run = run.create(
            {"date_from": MONDAY, "date_to": MONDAY, "refine": True, "refine_seconds": 1}
        )
        run._start()
        stored = run.sudo()
        self.assertEqual(stored.options["refine"], 1 if run.can_refine else None)
        result = runner.run(stored.problem, **stored.options)
        stored.result = json.loads(json.dumps({**result, "refined": True}))
        stored._collect()
        self.assertEqual((run.state, run.backend), ("proposed", "vroom + pyvrp"))
        self.assertEqual(run.visit_count, len(missions))

    def test_a_missing_wheel_is_told(self):
        self._mission("A", 10)
        run = self._started()
        result = json.loads(json.dumps(runner.run(run.problem)))
        run.result = {**result, "backend": "python", "notice": "no_vroom"}
        run._collect()
        self.assertEqual(run.notice, "no_vroom")

    def test_old_runs_are_forgotten(self):
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE field_optimization SET write_date = '2026-01-01' WHERE id = %s", (run.id,)
        )
        self.env.invalidate_all()
        self.env["field.optimization"]._gc_old_runs()
        self.assertFalse(run.exists())

    def test_queries_do_not_grow_with_the_missions(self):
        """Question, proposal and acceptance together cost the same at 4 and at 40 missions."""

        def cost(day, number):
            for index in range(number):
                self._mission(
                    f"{day}-{index}", index, day=day, technician=self.people[index % 3],
                    planned_duration=0.25,
                )  # fmt: skip
            self.env.flush_all()
            run = self.env["field.optimization"].create({"date_from": day, "date_to": day})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run._run_now()
            run.action_accept()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(MONDAY, 3)
        few = cost(MONDAY + timedelta(days=1), 4)
        many = cost(MONDAY + timedelta(days=2), 40)
        # Nothing is asked by mission. Odoo writes in one UPDATE the records of which the same columns
        # change: where some stops keep a column (no wait, no way) it is one UPDATE more for all.
        self.assertLessEqual(many, few + 2, (few, many))
