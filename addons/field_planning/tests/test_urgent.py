from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import FieldPlanningCommon

# 10:30 in Paris.
NOW = datetime(2026, 11, 30, 9, 30)


@tagged("post_install", "-at_install")
class TestUrgent(FieldPlanningCommon):
    """An urgent mission on a day under way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site_urgent = cls._place("U", 12)
        (cls.tech | cls.tech2).sudo().hourly_cost = 40.0
        cls.company.field_km_cost = 0.5

    def setUp(self):
        super().setUp()
        frozen = freeze_time(NOW)
        frozen.start()
        self.addCleanup(frozen.stop)

    def _urgent(self, **vals):
        return (
            self.env["field.urgent"]
            .with_user(self.planner)
            .create(
                {
                    "site_id": self.site_urgent.id,
                    "service_type_id": self.type.id,
                    "date_earliest": NOW,
                    "date_deadline": NOW + timedelta(hours=3),
                    **vals,
                }
            )
        )

    def _kinds(self, urgent):
        return [option["kind"] for option in urgent.options["options"]]

    def _choose(self, urgent, number=0):
        return urgent.action_choose(urgent.options["options"][number]["key"])

    # ------------------------------------------------------------------ options

    def test_options_are_ranked_and_priced(self):
        self._plan(self._mission("A", 30), 14)
        urgent = self._urgent()
        options = urgent.options["options"]
        self.assertTrue(options)
        self.assertEqual(
            {option["technician_id"] for option in options}, set((self.tech | self.tech2).ids)
        )
        costs = [option["cost"] for option in options if not option["broken"]]
        self.assertEqual(costs, sorted(costs))
        free = next(o for o in options if o["technician_id"] == self.tech2.id)
        # 12 km there and back at 1.3, one hour on site: km × 0.50 + (driving + 1 h) × 40.
        km = free["added_km"]
        self.assertAlmostEqual(km, 2 * 12 * 1.3, delta=0.5)
        self.assertAlmostEqual(free["cost"], km * 0.5 + (km / 50 + 1) * 40, delta=1)
        self.assertEqual(urgent.option_count, len(options))

    def test_subcontractors_are_asked_not_sent(self):
        urgent = self._urgent()
        sent = {option["technician_id"] for option in urgent.options["options"]}
        self.assertNotIn(self.subcontractor.id, sent)
        self.assertFalse(urgent.subcontractor_ids)
        self.type.skill_ids = self.gas
        lacking = self._urgent()
        self.assertFalse(lacking.option_count)
        self.assertIn(self.subcontractor, lacking.subcontractor_ids)
        self.assertIn("lacks the skill Gas", lacking.refused_text)
        self.assertIn("Bo Tech", lacking.refused_text)

    def test_the_form_recomputes_while_typing(self):
        self._plan(self._mission("A", 30, hour=12), 12)
        with Form(self.env["field.urgent"].with_user(self.planner)) as form:
            self.assertFalse(form.options)
            form.site_id = self.site_urgent
            form.service_type_id = self.type
            one = form.options["options"]
            self.assertTrue(one)
            form.duration = 3.0
            self.assertNotEqual(
                [o["key"] for o in form.options["options"]], [o["key"] for o in one]
            )
            form.date_deadline = NOW + timedelta(minutes=1)
            self.assertFalse(form.options["options"])
            form.date_deadline = NOW + timedelta(hours=5)
            shown = [o["key"] for o in form.options["options"]]
        self.assertEqual([o["key"] for o in form.record.options["options"]], shown)

    def test_what_began_and_what_is_driven_to_stay(self):
        begun = self._plan(self._mission("A", 10), 9)
        begun.action_publish()
        begun.with_user(self.tech.user_id).action_start(at="2026-11-30 08:00:00")
        driven = self._plan(self._mission("B", 40), 11)
        urgent = self._urgent(technician_ids=[Command.set(self.tech.ids)])
        for option in urgent.options["options"]:
            moved = {move["id"] for move in option["moves"]}
            self.assertFalse(moved & set((begun | driven).ids))
            # Only after the one being driven to, 11:00-12:00, and the way.
            self.assertGreater(option["start"], "2026-11-30 11:00:00")

    def test_the_next_day_where_the_deadline_allows(self):
        for person in self.tech | self.tech2:
            self._plan(self._mission(person.name, 5, technician=person, planned_duration=5.5), 11)
        today = self._urgent(date_deadline=NOW + timedelta(hours=6))
        self.assertFalse([o for o in today.options["options"] if not o["overtime_minutes"]])
        later = self._urgent(date_deadline=NOW + timedelta(days=1, hours=2))
        starts = [option["start"] for option in later.options["options"]]
        self.assertTrue(any(start.startswith("2026-12-01") for start in starts))

    def test_a_promise_is_broken_only_where_nothing_else_helps_and_by_name(self):
        self.company.field_urgent_overtime = 0
        kept = self._plan(self._mission("A", 12, hour=11.5, planned_duration=1), 11.5)
        urgent = self._urgent(
            technician_ids=[Command.set(self.tech.ids)], date_deadline=NOW + timedelta(minutes=45)
        )
        self.assertEqual(set(self._kinds(urgent)), {"late"})
        self.assertIn(kept.name, urgent.options["options"][0]["broken"][0])

    def test_penalties_are_a_hook(self):
        self.company.field_urgent_overtime = 0
        self._plan(self._mission("A", 12, hour=11.5, planned_duration=1), 11.5)
        values = {
            "technician_ids": [Command.set(self.tech.ids)],
            "date_deadline": NOW + timedelta(minutes=45),
        }
        plain = self._urgent(**values).options["options"][0]["cost"]
        self.patch(
            self.registry["field.mission"],
            "_get_penalties_at_risk",
            lambda missions, late: dict.fromkeys(late, 100.0),
        )
        dear = self._urgent(**values).options["options"][0]["cost"]
        self.assertAlmostEqual(dear - plain, 100.0, places=1)

    def test_overtime_is_offered_and_said(self):
        for person in self.tech | self.tech2:
            self._plan(self._mission(person.name, 5, technician=person, planned_duration=4.4), 11)
        urgent = self._urgent(date_deadline=NOW + timedelta(hours=7), duration=1.0)
        over = [o for o in urgent.options["options"] if o["kind"] == "overtime"]
        self.assertTrue(over)
        self.assertTrue(0 < over[0]["overtime_minutes"] <= 30)

    def test_without_the_process_nobody_moves_is_left(self):
        self.patch(
            self.env["field.urgent"].__class__.__mro__[0], "_get_backend", lambda urgent: None
        )
        from ..models import field_urgent

        def slow(*args, **kwargs):
            raise field_urgent.runner.SolverTimeout("too slow")

        self.patch(field_urgent.runner, "find_offers", slow)
        urgent = self._urgent()
        self.assertTrue(urgent.options["slow"])
        self.assertEqual(set(self._kinds(urgent)), {"insert"})

    # ------------------------------------------------------------------ choosing and taking back

    def test_choose_and_take_back(self):
        other = self._plan(self._mission("A", 30), 14)
        self._tour().action_publish()
        before = other.planned_start, other.technician_id
        urgent = self._urgent()
        answer = self._choose(urgent)
        mission = urgent.mission_id
        self.assertEqual((urgent.state, mission.state), ("applied", "planned"))
        self.assertIn(mission.name, answer["params"]["message"])
        self.assertTrue(mission.published)
        told = self.env["field.mission"]._get_board_pending()["ids"]
        self.assertIn(mission.id, told, "the boards of others follow")
        self.assertEqual(mission.request_id.priority, "3")
        self.assertEqual(mission.promised_kind, "window")
        self.assertTrue(mission.tour_id)
        self.assertEqual(urgent.decided_by_id, self.planner)
        urgent.action_undo()
        self.assertEqual(urgent.state, "undone")
        self.assertEqual((mission.state, mission.technician_id.id), ("draft", False))
        self.assertFalse(mission.published)
        self.assertEqual((other.planned_start, other.technician_id), before)
        with self.assertRaises(UserError):
            urgent.action_undo()
        with self.assertRaises(UserError):
            self._choose(urgent)

    def _moving(self):
        """An urgent mission whose option moves another."""
        other = self._plan(self._mission("A", 12, technician=self.tech), 11.5)
        urgent = self._urgent(
            technician_ids=[Command.set(self.tech.ids)], date_deadline=NOW + timedelta(minutes=50)
        )
        number = next(i for i, o in enumerate(urgent.options["options"]) if o["moves"])
        return other, urgent, number

    def test_displaced_customers_are_flagged(self):
        other, urgent, number = self._moving()
        other.action_publish()
        before = other.planned_start
        urgent.action_search()
        self._choose(urgent, number)
        self.assertGreater(other.planned_start, before)
        self.assertTrue(other.to_reconfirm)
        self.assertEqual(urgent.displaced_count, 1)
        self.assertIn(other.name, urgent.choice_text)
        other.with_user(self.planner).action_reconfirmed()
        self.assertFalse(other.to_reconfirm)
        urgent.action_undo()
        self.assertEqual(other.planned_start, before)

    def test_a_stale_option_is_refused_by_name(self):
        other, urgent, number = self._moving()
        other.planned_duration = 2
        with self.assertRaisesRegex(UserError, other.name):
            self._choose(urgent, number)
        self.assertEqual(urgent.state, "draft")

    def test_taking_back_is_refused_once_something_changed(self):
        other, urgent, number = self._moving()
        self._choose(urgent, number)
        other.planned_start += timedelta(hours=1)
        with self.assertRaisesRegex(UserError, other.name):
            urgent.action_undo()
        self.assertEqual(urgent.state, "applied")

    def test_an_existing_mission_of_a_request(self):
        mission = self._mission("W", 7, technician=self.env["hr.employee"])
        action = mission.request_id.with_user(self.planner).action_urgent()
        urgent = self.env["field.urgent"].with_user(self.planner)
        urgent = urgent.with_context(**action["context"]).create({})
        self.assertEqual((urgent.mission_id, urgent.site_id), (mission, mission.site_id))
        self._choose(urgent)
        self.assertEqual(mission.state, "planned")
        self.assertEqual(
            mission.with_user(self.planner).request_id.mission_count, 1, "no second mission"
        )

    def test_a_site_without_position_says_so(self):
        self.site_urgent.write({"partner_latitude": 0, "partner_longitude": 0})
        urgent = self._urgent()
        self.assertFalse(urgent.options["options"])
        self.assertIn("no coordinates", urgent.refused_text)

    # ------------------------------------------------------------------ rights

    def test_others_are_refused(self):
        urgent = self._urgent()
        key = urgent.options["options"][0]["key"]
        for user in (self.tech.user_id, self.subcontractor.user_id):
            with self.assertRaises(AccessError):
                urgent.with_user(user).action_choose(key)
            with self.assertRaises(AccessError):
                urgent.with_user(user).read(["options"])
            with self.assertRaises(AccessError):
                self.env["field.urgent"].with_user(user).create({"site_id": self.site_urgent.id})

    def test_nobody_makes_options_up(self):
        urgent = self._urgent()
        with self.assertRaises(AccessError):
            urgent.write({"options": {"options": []}})
        with self.assertRaises(AccessError):
            urgent.write({"state": "applied"})
        with self.assertRaises(UserError):
            urgent.action_choose("guess")

    def test_another_company_is_not_looked_at(self):
        urgent = self._urgent()
        other = self.env["res.company"].create({"name": "Other"})
        planner = self.planner.copy(
            {
                "login": "other-planner",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
            }
        )
        with self.assertRaises(AccessError):
            urgent.with_user(planner).read(["options"])

    def test_queries_do_not_grow_with_the_day(self):
        def cost(number):
            for index in range(number):
                self._plan(
                    self._mission(f"{number}-{index}", index, planned_duration=0.1,
                                  technician=(self.tech | self.tech2)[index % 2]),
                    11.5 + index / 8,
                )  # fmt: skip
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._urgent()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(1)
        few, many = cost(2), cost(20)
        self.assertLess(many, few + 15, (few, many))
