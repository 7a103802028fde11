from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from ..optimizer import runner
from .common import MONDAY, FieldPlanningCommon

TUESDAY = MONDAY + timedelta(days=1)


@tagged("post_install", "-at_install")
class TestOptimizationDecide(FieldPlanningCommon):
    """What a proposal says, when it is refused, and what accepting and undoing do."""

    def _swapped(self):
        """Two technicians in two valleys, each planned in the other's."""
        self.tech.sudo().write({"field_start_longitude": -4.6})
        self.tech2.sudo().write({"field_start_longitude": -3.6})
        east = [self._plan(self._mission(f"E{n}", 36 + n), 9 + 2 * n) for n in range(2)]
        west = [
            self._plan(self._mission(f"W{n}", -36 - n, technician=self.tech2), 9 + 2 * n)
            for n in range(2)
        ]
        run = self._run(mode="free", technician_ids=[Command.set((self.tech | self.tech2).ids)])
        return run, self.env["field.mission"].union(*east), self.env["field.mission"].union(*west)

    # ------------------------------------------------------------------ what it says

    def test_each_change_has_its_sentence(self):
        run, east, west = self._swapped()
        self.assertEqual(run.state, "proposed")
        self.assertEqual(run.change_ids.mission_id, east | west)
        self.assertEqual(run.moved_count, 4)
        for stop in run.change_ids:
            former, new = stop.former_technician_id.name, stop.line_id.technician_id.name
            self.assertTrue(stop.former_text.startswith(f"{former} · "), stop.former_text)
            self.assertTrue(stop.new_text.startswith(f"{new} · "), stop.new_text)
            self.assertIn(f"From {former} to {new}", stop.move_text)
        self.assertLess(run.km_after, run.km_before)
        self.assertTrue(run.is_same_visits)
        self.assertGreater(run.km_saved, 50)

    def test_another_order_is_explained(self):
        missions = [
            self._plan(self._mission(f"M{n}", east), 9 + 2 * n)
            for n, east in enumerate((30, -30, 32))
        ]
        run = self._run()
        texts = run.change_ids.mapped("move_text")
        self.assertTrue(any("Other order: the day drives" in text for text in texts), texts)
        self.assertLessEqual(set(run.change_ids.mission_id.ids), {m.id for m in missions})

    def test_loads_of_the_days(self):
        self._plan(self._mission("A", 20), 9)
        self._plan(self._mission("B", 20), 13)
        run = self._run()
        line = run.tour_ids
        self.assertTrue(20 <= line.load_after <= line.load_before <= 60, line.load_before)
        self.assertEqual((run.load_low_after, run.load_high_after), (line.load_after,) * 2)

    # ------------------------------------------------------------------ days that need each other

    def test_days_that_exchange_visits_are_accepted_together(self):
        run, east, west = self._swapped()
        line = run.tour_ids.filtered(lambda tour: tour.technician_id == self.tech)
        self.assertIn(self.tech2.name, line.partner_text)
        answer = line.with_user(self.planner).action_accept()
        self.assertIn(self.tech2.name, answer["params"]["message"])
        self.assertEqual((east.technician_id, west.technician_id), (self.tech2, self.tech))
        self.assertEqual(run.state, "accepted")
        run.action_undo()
        self.assertEqual((east.technician_id, west.technician_id), (self.tech, self.tech2))

    # ------------------------------------------------------------------ out of date

    def test_somebody_else_planned_into_the_day(self):
        self._mission("A", 10)
        theirs = self._mission("B", 10, technician=self.tech2)
        run = self._run()
        intruder = self._plan(self._mission("X", 5, day=TUESDAY), 9, day=MONDAY)
        with self.assertRaisesRegex(UserError, intruder.name):
            run.action_accept()
        line = run.tour_ids.filtered("is_stale")
        self.assertEqual(line.technician_id, self.tech)
        self.assertIn(intruder.name, line.stale_text)
        (run.tour_ids - line).action_accept()
        self.assertEqual(theirs.state, "planned")

    def test_a_leave_approved_since(self):
        mission = self._mission("A", 10)
        run = self._run()
        self._leave(self.tech, datetime(2026, 11, 30, 6, 0), datetime(2026, 11, 30, 18, 0))
        with self.assertRaisesRegex(UserError, "working hours of Ana Tech"):
            run.action_accept()
        self.assertEqual(mission.state, "draft")

    def test_a_mission_that_is_gone(self):
        mission, other = self._mission("A", 10), self._mission("B", 12)
        run = self._run()
        mission.unlink()
        with self.assertRaises(UserError):
            run.action_accept()
        self.assertEqual(other.state, "draft")

    def test_what_was_accepted_already_is_no_change(self):
        one, two = self._mission("A", 10), self._mission("B", 10, technician=self.tech2)
        run = self._run()
        for line in run.tour_ids:
            line.action_accept()
        self.assertEqual((one | two).mapped("state"), ["planned"] * 2)

    def test_a_change_in_one_day_keeps_the_other_days_proposed(self):
        mission = self._mission("A", 10)
        self._mission("B", 10, technician=self.tech2)
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        run._start()
        result = runner.run(run.problem)
        mission.planned_duration = 2
        run.result = result
        run._collect()
        self.assertEqual(run.state, "proposed")
        self.assertEqual(run.tour_ids.technician_id, self.tech2)
        self.assertIn(mission.name, run.stale_text)

    # ------------------------------------------------------------------ never worse

    def test_a_result_that_loses_a_planned_visit_is_not_proposed(self):
        lost, kept = self._plan(self._mission("A", 10), 9), self._plan(self._mission("B", 12), 11)
        run = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        run._start()
        problem = run.problem
        only = {**problem, "visits": [v for v in problem["visits"] if v["id"] == str(kept.id)]}
        result = runner.run({**only, "plan": {}})
        result["unserved"] = [
            {"visit": str(lost.id), "shift": problem["visits"][0]["shift"], "position": 0,
             "reason": {"code": "full_lunch"}, "text": ""}
        ]  # fmt: skip
        run.result = result
        run._collect()
        self.assertEqual(run.state, "failed")
        self.assertIn(lost.name, run.error)
        self.assertFalse(run.tour_ids)
        self.assertEqual((lost | kept).mapped("state"), ["planned"] * 2)

    def test_who_loses_the_slot_goes_to_the_tray_and_comes_back(self):
        """Two visits planned at one time: only one can keep it."""
        one = self._plan(self._mission("A", 20, hour=9), 9)
        two = self._plan(self._mission("B", -20, hour=9), 9)
        run = self._run()
        (stop,) = run.unplaced_ids
        loser = stop.mission_id
        run.action_accept()
        self.assertEqual(loser.state, "draft")
        self.assertTrue(loser.stop_ids.set_aside)
        self.assertEqual(((one | two) - loser).state, "planned")
        run.action_undo()
        self.assertEqual((one | two).mapped("state"), ["planned"] * 2)
        self.assertFalse((one | two).stop_ids.filtered("set_aside"))

    # ------------------------------------------------------------------ how much it asks

    def test_queries_do_not_grow(self):
        """Collecting and accepting cost the same at 1 and at 30 missions, each on its own."""

        def cost(day, number):
            for index in range(number):
                self._mission(f"{day}-{index}", index % 9, day=day, planned_duration=0.2)
            run = self.env["field.optimization"].create({"date_from": day, "date_to": day})
            run._start()
            run.result = runner.run(run.problem)
            figures = []
            for step in (run._collect, run.action_accept, run.action_undo):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                step()
                self.env.flush_all()
                figures.append(self.env.cr.sql_log_count - before)
            self.assertEqual(run.state, "undone")
            return figures

        cost(MONDAY, 2)
        one = cost(TUESDAY, 1)
        many = cost(TUESDAY + timedelta(days=1), 30)
        for few, lots in zip(one, many, strict=True):
            self.assertLess(lots, few + 25, (one, many))
