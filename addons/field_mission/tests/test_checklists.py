from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestChecklists(FieldMissionCommon):
    def test_a_published_version_is_frozen(self):
        item = self.checklist.item_ids[1]
        with self.assertRaises(UserError):
            item.with_user(self.manager).write({"name": "Other"})
        with self.assertRaises(UserError):
            item.with_user(self.manager).unlink()
        with self.assertRaises(UserError):
            self.checklist.with_user(self.manager).write(
                {"item_ids": [Command.create({"name": "New"})]}
            )
        with self.assertRaises(UserError):
            self.env["field.checklist.item"].with_user(self.manager).create(
                {"checklist_id": self.checklist.id, "name": "New"}
            )

    def test_versions(self):
        action = self.checklist.with_user(self.manager).action_new_version()
        new = self.env["field.checklist"].browse(action["res_id"])
        self.assertEqual((new.version, new.state, len(new.item_ids)), (2, "draft", 4))
        new.with_user(self.manager).action_publish()
        self.assertEqual(self.checklist.state, "archived")

    def test_an_empty_checklist_is_not_published(self):
        empty = self.env["field.checklist"].create({"name": "Empty"})
        with self.assertRaises(UserError):
            empty.action_publish()

    def test_items_are_checked(self):
        draft = self.env["field.checklist"].create({"name": "Draft"})
        with self.assertRaises(ValidationError):
            draft.item_ids = [Command.create({"name": "Colour", "kind": "choice"})]
        with self.assertRaises(ValidationError):
            draft.item_ids = [
                Command.create(
                    {
                        "name": "Heat",
                        "kind": "number",
                        "has_min": True,
                        "min_value": 5,
                        "has_max": True,
                        "max_value": 2,
                    }
                )
            ]


@tagged("post_install", "-at_install")
class TestConditions(FieldMissionCommon):
    """Checks asked only after a given answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.conditional = cls.env["field.checklist"].create(
            {
                "name": "Conditions",
                "item_ids": [
                    Command.create({"name": "Leak?", "kind": "yesno", "sequence": 1}),
                    Command.create({"name": "Where?", "kind": "text", "sequence": 2}),
                    Command.create({"name": "Repaired?", "kind": "yesno", "sequence": 3}),
                ],
            }
        )
        leak, where, repaired = cls.conditional.item_ids
        where.write({"shown_if_item_id": leak.id, "shown_if": "yes"})
        repaired.write({"shown_if_item_id": where.id, "shown_if": "ok"})
        cls.conditional.action_publish()
        cls.type.checklist_id = cls.conditional
        cls.mission = cls._planned()
        cls.own = cls.mission.with_user(cls.tech_user)
        cls.own.action_arrive(at="2026-11-30 08:00:00")
        cls.leak, cls.where, cls.repaired = cls.mission.check_ids

    def _answer(self, check, **values):
        self.own.action_answer_checks([{"check_id": check.id, **values}])

    def test_what_is_not_asked_does_not_block(self):
        self.assertEqual(self.mission._get_hidden_checks(), self.where | self.repaired)
        self._answer(self.leak, yesno="no")
        self.assertEqual(self.mission.check_progress, "1 / 1")
        self.own.action_done()

    def test_what_is_asked_blocks(self):
        self._answer(self.leak, yesno="yes")
        self.assertTrue(self.repaired.is_hidden)
        with self.assertRaisesRegex(UserError, "Where"):
            self.own.action_done()
        self._answer(self.where, text="Valve")
        self.assertFalse(self.repaired.is_hidden)
        self._answer(self.repaired, yesno="yes")
        self.own.action_done()

    def test_a_correction_hides_again_and_keeps_the_answers(self):
        self._answer(self.leak, yesno="yes")
        self._answer(self.where, text="Valve")
        self._answer(self.leak, yesno="no")
        self.assertEqual(self.mission._get_hidden_checks(), self.where | self.repaired)
        self.assertEqual(self.where.current_answer_id.value_text, "Valve")
        self.own.action_done()

    def test_copies_depend_on_copies(self):
        action = self.conditional.action_new_version()
        new = self.env["field.checklist"].browse(action["res_id"]).item_ids
        self.assertEqual(new[1].shown_if_item_id, new[0])
        self.assertEqual(new[2].shown_if_item_id, new[1])

    def test_conditions_are_checked(self):
        draft = self.conditional.copy()
        first, second, third = draft.item_ids
        with self.assertRaises(ValidationError):
            first.write({"shown_if_item_id": third.id, "shown_if": "yes"})
        with self.assertRaises(ValidationError):
            second.write({"shown_if": "choice", "shown_if_choice": "Red"})
        with self.assertRaises(ValidationError):
            second.write({"shown_if": False})
        with self.assertRaises(ValidationError):
            second.shown_if_item_id = self.checklist.item_ids[1]
