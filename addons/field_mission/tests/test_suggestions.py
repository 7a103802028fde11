import uuid

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestSuggestions(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._planned()
        cls.own = cls.mission.with_user(cls.tech_user)

    def _suggest(self, **values):
        found = self.own.action_suggest(
            {"kind": "opportunity", "description": "New boiler\nThe old one leaks", **values},
            at="2026-11-30 09:00:00",
        )
        return self.env["field.suggestion"].browse(found)

    def test_a_technician_suggests(self):
        suggestion = self._suggest(value=1200)
        self.assertEqual(suggestion.name, "New boiler")
        self.assertEqual(suggestion.value, 1200)
        self.assertEqual(suggestion.site_id, self.site)
        self.assertEqual(suggestion.author_id, self.tech_user)
        self.assertEqual(str(suggestion.date), "2026-11-30 09:00:00")

    def test_what_is_no_suggestion_is_refused(self):
        for values in (
            {"description": "  "},
            {"kind": "order"},
            {"value": -1},
            {"value": "many"},
            {"value": float("inf")},
            {"value": True},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self._suggest(**values)

    def test_by_the_app_once(self):
        operation = {
            "uuid": str(uuid.uuid4()),
            "kind": "suggestion.add",
            "mission_id": self.mission.id,
            "payload": {"kind": "improvement", "description": "A ramp"},
            "at": "2026-11-30 09:00:00",
        }
        operations = self.env["field.operation"].with_user(self.tech_user)
        for _turn in range(2):
            answer = operations.action_apply([operation])[0]
            self.assertEqual(answer["state"], "applied")
        self.assertEqual(len(self.mission.suggestion_ids), 1)
        shown = self.own._get_app_values()[0]["suggestions"]
        self.assertEqual([one["name"] for one in shown], ["A ramp"])
        self.assertFalse(shown[0]["news"])

    def test_similar_ones_are_hinted(self):
        first, second = self._suggest(), self._suggest(description="Replace the boiler")
        other = self._suggest(kind="improvement")
        self.assertEqual(second.similar_ids, first)
        self.assertFalse(other.similar_ids)

    def test_the_author_is_told(self):
        suggestion = self._suggest()
        suggestion.with_user(self.planner).action_refuse("Changed last year")
        message = suggestion.message_ids[0]
        self.assertIn("Changed last year", message.body)
        self.assertIn(self.tech_user.partner_id, message.notified_partner_ids)
        self.assertEqual(suggestion.state, "refused")
        self.assertEqual(suggestion.decided_by_id, self.planner)

    def test_a_refusal_has_a_reason(self):
        suggestion = self._suggest().with_user(self.planner)
        with self.assertRaises(UserError):
            suggestion.action_refuse(" ")
        action = suggestion.action_ask_reason()
        wizard = (
            self.env["field.suggestion.refusal"]
            .with_user(self.planner)
            .with_context(**action["context"])
            .create({"reason": "Too small"})
        )
        wizard.action_apply()
        self.assertEqual(suggestion.outcome, "Too small")

    def test_decisions_in_order(self):
        suggestion = self._suggest(kind="improvement").with_user(self.planner)
        with self.assertRaises(UserError):
            suggestion.action_done()
        suggestion.action_accept()
        suggestion.action_done()
        with self.assertRaises(UserError):
            suggestion.action_refuse("Too late")

    def test_the_state_is_guarded(self):
        suggestion = self._suggest().with_user(self.planner)
        for values in ({"state": "won"}, {"won_value": 10}, {"outcome": "x"}):
            with self.subTest(values), self.assertRaises(UserError):
                suggestion.write(values)
        suggestion.write({"value": 300})

    def test_strangers(self):
        suggestion = self._suggest()
        for user in (self.tech2_user, self.sub_user, self.customer_user):
            with self.subTest(user.name):
                found = self.env["field.suggestion"].with_user(user).search([])
                self.assertNotIn(suggestion, found)
                with self.assertRaises(AccessError):
                    suggestion.with_user(user).read(["name"])
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech2_user).action_suggest({"description": "x"})
        with self.assertRaises(AccessError):
            suggestion.with_user(self.tech_user).action_accept()
        with self.assertRaises(AccessError):
            suggestion.with_user(self.tech_user).write({"name": "other"})

    def test_values_of_many_cost_no_more_queries(self):
        missions = self.mission + self._planned() + self._planned() + self._planned()
        for mission in missions:
            mission.with_user(self.tech_user).action_suggest({"description": "Idea"})
        missions = missions.with_user(self.tech_user)
        (missions[0])._get_app_values()

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._get_app_values()
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(missions), count(missions[0]) + 1)
