import uuid

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import FieldMissionCommon, jpeg


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
        self.mission.action_publish()
        answer = self.operations.action_apply([self._op("mission.arrive")])[0]
        self.assertEqual(answer["state"], "rejected")
        self.assertEqual(self.mission.state, "planned")
        self.assertIn("no longer", answer["message"])

    def test_the_office_accepts_work_on_a_mission_given_to_somebody_else(self):
        self.operations.action_apply([self._op("mission.arrive")])
        self.mission.technician_id = self.tech2
        file, data = str(uuid.uuid4()), jpeg()
        batch = [
            self._op("time.add", {"kind": "travel", "start": "2026-11-30 07:00:00",
                                  "stop": "2026-11-30 07:30:00"}),
            self._op("photo", {"uuid": file}),
            self._op("mission.conclusion", {"text": "Left half done"}, ),
        ]  # fmt: skip
        batch[-1]["base"] = {"text": ""}
        answers = self.operations.action_apply(batch)
        self.assertEqual({answer["state"] for answer in answers}, {"rejected"})
        self.assertNotIn("field.mission", "".join(answer["message"] for answer in answers))
        records = self.env["field.operation"].search([("uuid", "in", [o["uuid"] for o in batch])])
        records.with_user(self.planner).action_take_field()
        line = self.mission.time_ids.filtered(lambda one: one.kind == "travel")
        self.assertEqual(line.employee_id, self.tech)
        self.assertEqual(self.mission.photo_ids.author_id, self.tech_user)
        self.assertEqual(self.mission.conclusion, "Left half done")
        # The phone asks again, and may send the bytes now.
        answers = self.operations.action_apply(batch)
        self.assertEqual({answer["state"] for answer in answers}, {"applied"})
        photos = self.env["field.photo"].with_user(self.tech_user)
        self.assertEqual(photos._receive(file, data), "received")
        with self.assertRaises(AccessError):
            records.with_user(self.tech_user).action_take_field()

    def test_trying_again_never_doubles(self):
        late = self._op("material.add", {"description": "Seal", "quantity": 1})
        self.assertEqual(self.operations.action_apply([late])[0]["state"], "rejected")
        self.operations.action_apply([self._op("mission.arrive")])
        # Asking is not trying.
        self.assertEqual(self.operations.action_apply([late])[0]["state"], "rejected")
        stranger = self.operations.with_user(self.tech2_user)
        self.assertEqual(stranger.action_apply([{**late, "again": True}])[0]["state"], "rejected")
        forged = {**late, "again": True, "payload": {"description": "Gold", "quantity": 1}}
        for _time in range(2):
            self.assertEqual(self.operations.action_apply([forged])[0]["state"], "applied")
        self.assertEqual(self.mission.material_ids.mapped("description"), ["Seal"])

    def test_what_the_office_kept_is_not_tried_again(self):
        late = self._op("material.add", {"description": "Seal", "quantity": 1})
        self.operations.action_apply([late])
        record = self.env["field.operation"].search([("uuid", "=", late["uuid"])])
        record.with_user(self.planner).action_keep_office()
        self.operations.action_apply([self._op("mission.arrive")])
        answer = self.operations.action_apply([{**late, "again": True}])[0]
        self.assertEqual(answer["state"], "rejected")
        self.assertFalse(self.mission.material_ids)

    def test_what_cannot_be_read_leaves_the_others(self):
        good = self._op("mission.arrive")
        bad = [
            {**self._op("mission.arrive"), "at": "yesterday"},
            {**self._op("mission.arrive"), "at": {"now": 1}},
            {**self._op("mission.arrive"), "mission_id": True},
            {**self._op("mission.arrive"), "mission_id": 2**40},
            {**self._op("mission.arrive"), "kind": ["x"]},
            {**self._op("mission.conclusion"), "payload": "text"},
            {**self._op("mission.conclusion", {"text": "a\0b"})},
            {**self._op("mission.conclusion", {"text": "\ud800"})},
            {**self._op("mission.conclusion", {"number": float("inf")})},
            {**self._op("\ud800")},
            {**self._op("mission.conclusion", {"text": "x" * 300_000})},
            {**self._op("mission.arrive"), "base": [1]},
            {**self._op("mission.arrive"), "after": "x"},
        ]
        answers = self.operations.action_apply([*bad, good])
        self.assertEqual({a["state"] for a in answers[:-1]}, {"rejected"})
        self.assertTrue(all(a["message"] for a in answers[:-1]))
        self.assertEqual(answers[-1]["state"], "applied")
        self.assertEqual(self.mission.state, "in_progress")

    def test_words_that_look_like_trouble_are_words(self):
        text = "NaN bar, \\u0000 😀, “é”"
        batch = [self._op("mission.arrive"), self._op("mission.conclusion", {"text": text})]
        answers = self.operations.action_apply(batch)
        self.assertEqual({answer["state"] for answer in answers}, {"applied"})
        self.assertEqual(self.mission.conclusion, text)

    def test_payloads_of_another_form_are_refused_one_by_one(self):
        self.operations.action_apply([self._op("mission.arrive")])
        bad = [
            self._op("photo", {"uuid": str(uuid.uuid4()), "stage": ["x"]}),
            self._op("photo", {"uuid": str(uuid.uuid4()), "kind": {"a": 1}}),
            self._op("sign", {"kind": ["after_work"]}),
            self._op("incident", {"kind": {"a": 1}}),
            self._op("material.add", {"product_id": "x", "quantity": 1}),
            self._op("material.add", {"description": "x", "quantity": "many"}),
            self._op("material.add", {"description": "x", "quantity": 10**400}),
            self._op("check.set", {"check_id": [1], "yesno": "yes"}),
            self._op("time.add", {"kind": ["travel"], "start": 1, "stop": 2}),
        ]
        with mute_logger("odoo.addons.field_mission.models.field_operation"):
            answers = self.operations.action_apply([*bad, self._op("mission.resume")])
        self.assertEqual([a["state"] for a in answers], ["rejected"] * len(bad) + ["applied"])
        self.assertFalse(self.mission.photo_ids)
        self.assertFalse(self.mission.material_ids)

    def test_malformed_batches(self):
        for batch in ("x", [{}], [{"uuid": "1"}], [self._op("mission.arrive")] * 51):
            with self.assertRaises(UserError):
                self.operations.action_apply(batch)
        with mute_logger("odoo.addons.field_mission.models.field_operation"):
            answer = self.operations.action_apply(
                [{**self._op("mission.arrive"), "mission_id": 10**9}]
            )[0]
        self.assertEqual(answer["state"], "rejected")

    # ------------------------------------------------------------------ batches

    def _ticks(self, mission, *numbers):
        """Operations that answer a mission's checks."""
        checks = {check.name: check.id for check in mission.check_ids}
        return [
            self._op("check.set", {"check_id": checks["Valve closed"], "yesno": "yes"},
                     mission=mission),
            *(
                self._op("check.set", {"check_id": checks["Pressure"], "number": number},
                         mission=mission)
                for number in numbers
            ),
            self._op("check.set", {"check_id": checks["State"], "choice": "Worn"},
                     mission=mission),
        ]  # fmt: skip

    def test_ticks_sent_together_are_answers_of_their_own(self):
        ticks = self._ticks(self.mission, 1.5)
        for minute, tick in enumerate(ticks):
            tick["at"] = f"2026-11-30 08:0{minute}:00"
        answers = self.operations.action_apply([self._op("mission.arrive"), *ticks])
        self.assertEqual([answer["state"] for answer in answers], ["applied"] * 4)
        for tick, answer in zip(ticks, answers[1:], strict=True):
            check = self.env["field.mission.check"].browse(tick["payload"]["check_id"])
            self.assertEqual(answer["result"], {"results": {str(check.id): "ok"}})
            self.assertEqual(str(check.answered_on), tick["at"])
            self.assertEqual(check.answered_by_id, self.tech_user)
        records = self.env["field.operation"].search([("mission_id", "=", self.mission.id)])
        self.assertEqual(records.mapped("state"), ["applied"] * 4)
        self.assertTrue(all(answer["replay"] for answer in self.operations.action_apply(ticks)))
        self.assertEqual(len(self.mission.check_ids.answer_ids), 3)

    def test_a_wrong_tick_leaves_those_sent_with_it(self):
        ticks = self._ticks(self.mission, "much")
        answers = self.operations.action_apply([self._op("mission.arrive"), *ticks])
        self.assertEqual(
            [answer["state"] for answer in answers], ["applied", "applied", "rejected", "applied"]
        )
        self.assertIn("Pressure", answers[2]["message"])
        self.assertEqual(
            self.mission.check_ids.answer_ids.check_id.mapped("name"), ["Valve closed", "State"]
        )

    def test_a_correction_sent_with_the_first_answer_keeps_both(self):
        ticks = self._ticks(self.mission, 3, 1.5)
        self.operations.action_apply([self._op("mission.arrive"), *ticks])
        pressure = self.mission.check_ids.filtered(lambda check: check.name == "Pressure")
        self.assertEqual(pressure.answer_ids.sorted("id").mapped("value_number"), [3, 1.5])
        self.assertEqual((pressure.result, pressure.value_number), ("ok", 1.5))
        self.assertEqual(self.mission.nonconformity_ids.check_id, pressure)

    def test_the_same_operation_twice_in_one_call(self):
        used = self._op("material.add", {"description": "Seal", "quantity": 1})
        answers = self.operations.action_apply([self._op("mission.arrive"), used, used])
        self.assertEqual([answer["state"] for answer in answers], ["applied"] * 3)
        self.assertEqual([answer["replay"] for answer in answers], [False, False, True])
        self.assertEqual(len(self.mission.material_ids), 1)

    def test_what_follows_knows_what_became_of_it_in_the_same_call(self):
        arrive, done = self._op("mission.arrive"), self._op("mission.done")
        told = {**self._op("mission.conclusion", {"text": "Here"}), "after": arrive["uuid"]}
        kept = {**self._op("mission.conclusion", {"text": "Gone"}), "after": done["uuid"]}
        answers = self.operations.action_apply([arrive, done, told, kept])
        self.assertEqual(
            [answer["state"] for answer in answers], ["applied", "rejected", "applied", "rejected"]
        )
        self.assertEqual(self.mission.conclusion, "Here")

    def test_many_ticks_ask_as_much_as_one(self):
        """A checklist filled in without network comes back in one call."""
        items = [(0, 0, {"name": f"C{n}", "kind": "yesno", "sequence": n}) for n in range(41)]
        checklist = self.env["field.checklist"].create({"name": "Long", "item_ids": items})
        checklist.action_publish()
        self.bare_type.checklist_id = checklist
        mission = self._planned(service_type_id=self.bare_type.id)
        self.operations.action_apply([self._op("mission.arrive", mission=mission)])
        ticks = [
            self._op("check.set", {"check_id": check.id, "yesno": "yes"}, mission=mission)
            for check in mission.check_ids
        ]

        def count(batch):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            answers = self.operations.action_apply(batch)
            self.env.flush_all()
            self.assertEqual({answer["state"] for answer in answers}, {"applied"})
            return self.env.cr.sql_log_count - before

        count(ticks[:1])
        one, many = count(ticks[1:2]), count(ticks[2:])
        self.assertLessEqual(many, one + 6, f"{one} queries for 1, {many} for 39")
