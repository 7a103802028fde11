import uuid

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestOperations(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._planned()
        cls.operations = cls.env["field.operation"].with_user(cls.tech_user)

    def _op(self, kind, payload=None, at="2026-11-30 08:00:00", mission=None):
        return {
            "uuid": str(uuid.uuid4()),
            "kind": kind,
            "mission_id": (mission or self.mission).id,
            "payload": payload or {},
            "at": at,
        }

    def test_a_day_is_applied_exactly_once(self):
        checks = {check.name: check.id for check in self.mission.check_ids}
        day = [
            self._op("mission.travel", at="2026-11-30 07:30:00"),
            self._op("mission.arrive", at="2026-11-30 08:00:00"),
            self._op("check.set", {"check_id": checks["Valve closed"], "yesno": "yes"}),
            self._op("check.set", {"check_id": checks["Pressure"], "number": 1.5}),
            self._op("material.add", {"description": "Seal", "quantity": 2}),
            self._op("mission.conclusion", {"text": "All good"}),
            self._op("mission.done", at="2026-11-30 09:00:00"),
        ]
        first = self.operations.action_apply(day)
        self.assertEqual({answer["state"] for answer in first}, {"applied"})
        second = self.operations.action_apply(day)
        self.assertEqual({answer["state"] for answer in second}, {"applied"})
        self.assertTrue(all(answer["replay"] for answer in second))
        self.assertEqual(self.mission.state, "done")
        self.assertEqual(len(self.mission.material_ids), 1)
        self.assertEqual(len(self.mission.check_ids.answer_ids), 2)
        self.assertEqual(len(self.mission.time_ids), 2)

    def test_a_refusal_leaves_the_others(self):
        answers = self.operations.action_apply(
            [
                self._op("mission.arrive"),
                self._op("mission.done"),
                self._op("mission.teleport"),
                self._op("mission.conclusion", {"text": "Kept"}),
            ]
        )
        self.assertEqual(
            [answer["state"] for answer in answers],
            ["applied", "rejected", "rejected", "applied"],
        )
        self.assertIn("Pressure", answers[1]["message"])
        self.assertEqual(self.mission.conclusion, "Kept")
        kept = self.env["field.operation"].search([("state", "=", "rejected")])
        self.assertEqual(set(kept.mapped("kind")), {"mission.done", "mission.teleport"})

    def test_somebody_elses_uuid(self):
        op = self._op("mission.arrive")
        self.operations.action_apply([op])
        answer = self.operations.with_user(self.tech2_user).action_apply([op])[0]
        self.assertEqual(answer["state"], "rejected")

    def test_a_reassigned_mission(self):
        self.mission.technician_id = self.tech2
        answer = self.operations.action_apply([self._op("mission.arrive")])[0]
        self.assertEqual(answer["state"], "rejected")
        self.assertEqual(self.mission.state, "planned")
        self.assertTrue(answer["message"])

    def test_malformed_batches(self):
        for batch in ("x", [{}], [{"uuid": "1"}], [self._op("mission.arrive")] * 51):
            with self.assertRaises(UserError):
                self.operations.action_apply(batch)
        with mute_logger("odoo.addons.field_mission.models.field_operation"):
            answer = self.operations.action_apply(
                [{**self._op("mission.arrive"), "mission_id": 10**9}]
            )[0]
        self.assertEqual(answer["state"], "rejected")
