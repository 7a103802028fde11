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
