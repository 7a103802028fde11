import uuid

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestReview(FieldMissionCommon):
    """The office decides between what was lived on site and what it has itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner.lang = "en_US"
        cls.mission = cls._planned()
        cls.mission.action_start()
        cls.mission.conclusion = "Written by the office"

    def _apply(self, kind, payload, base=None):
        operation = {
            "uuid": str(uuid.uuid4()),
            "kind": kind,
            "mission_id": self.mission.id,
            "payload": payload,
            "at": "2026-11-30 08:00:00",
            **({"base": base} if base else {}),
        }
        with mute_logger("odoo.addons.field_mission.models.field_operation"):
            self.env["field.operation"].with_user(self.tech_user).action_apply([operation])
        found = self.env["field.operation"].search([("uuid", "=", operation["uuid"])])
        return found.with_user(self.planner)

    def test_what_both_changed_is_told_in_words(self):
        clash = self._apply(
            "mission.conclusion", {"text": "Written on site"}, {"text": "What was shown"}
        )
        self.assertEqual(clash.kind_text, "Report")
        self.assertEqual(clash.lived_text, "Written on site")
        self.assertEqual(clash.office_text, "Written by the office")
        self.assertTrue(clash.is_to_decide)
        clash.action_take_field()
        self.assertEqual(self.mission.conclusion, "Written on site")
        self.assertFalse(clash.is_to_decide)
        self.assertEqual(clash.resolved_by_id, self.planner)

    def test_the_office_keeps_what_it_has(self):
        clash = self._apply("mission.conclusion", {"text": "On site"}, {"text": "Shown"})
        clash.action_keep_office()
        self.assertEqual(self.mission.conclusion, "Written by the office")
        waiting = self.env["field.operation"].with_user(self.planner)
        self.assertNotIn(clash, waiting.search([("is_to_decide", "=", True)]))

    def test_what_was_refused_names_the_check(self):
        check = self.mission.check_ids.filtered(lambda check: check.name == "Pressure")
        refused = self._apply("check.set", {"check_id": check.id, "number": "much", "note": "?"})
        self.assertEqual(refused.state, "rejected")
        self.assertEqual(refused.kind_text, "Answer to a check")
        self.assertIn("Pressure", refused.lived_text)
        self.assertIn("much", refused.lived_text)
        self.assertEqual(refused.office_text, "Mission: In progress")
        waiting = self.env["field.operation"].with_user(self.planner)
        self.assertIn(refused, waiting.search([("is_to_decide", "=", True)]))

    def test_technicians_do_not_decide(self):
        clash = self._apply("mission.conclusion", {"text": "On site"}, {"text": "Shown"})
        for step in ("action_take_field", "action_keep_office"):
            with self.assertRaises(AccessError):
                getattr(clash.with_user(self.tech_user), step)()
