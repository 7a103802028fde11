from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestScreenTours(HttpCase, FieldMissionCommon):
    """What the office does on its screens in a browser, and what is in the database after it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        for user in (cls.planner, cls.manager):
            user.lang = "en_US"

    def test_a_slot_is_chosen_while_the_customer_is_on_the_phone(self):
        site = self._site("Tour intake", zip="29000", city="Quimper")
        kind = self.env["field.service.type"].create(
            {"name": "Tour repair", "default_duration": 0.5}
        )
        wish = {"site_id": site.id, "service_type_id": kind.id, "duration": 0.5}
        offered = self.env["field.intake"].with_user(self.planner).new(wish).slots
        self.start_tour("/odoo/field-intake", "field_intake_slots", login=self.planner.login)
        mission = self.env["field.mission"].search([("site_id", "=", site.id)])
        self.assertEqual(len(mission), 1)
        self.assertEqual((mission.service_type_id, mission.partner_id), (kind, self.customer))
        intake = self.env["field.intake"].search([("site_id", "=", site.id)])
        # The one that was clicked last.
        self.assertEqual(intake.slot_key, offered[1]["key"])
        self.assertEqual(str(mission.promised_date), offered[1]["day"])
        self.assertIn(mission.promised_kind, (offered[1]["half"], "exact"))

    def test_a_checklist_is_tried_out(self):
        item = {"kind": "yesno", "required": False}
        items = [
            {**item, "name": "Safety", "kind": "section"},
            {**item, "name": "Leak?", "required": True},
            {**item, "name": "Where?", "kind": "text", "required": True},
            {**item, "name": "Pressure", "kind": "number", "uom_name": "bar", "required": True,
             "has_min": True, "min_value": 1, "has_max": True, "max_value": 2,
             "photo_if_fail": True},
        ]  # fmt: skip
        draft = self.env["field.checklist"].create(
            {
                "name": "Tour preview",
                "item_ids": [
                    Command.create({**one, "sequence": place}) for place, one in enumerate(items)
                ],
            }
        )
        _safety, leak, where, _pressure = draft.item_ids
        where.write({"shown_if_item_id": leak.id, "shown_if": "yes"})
        before = self.env["field.mission.check.answer"].search_count([])
        path = f"/odoo/field.checklist/{draft.id}"
        self.start_tour(path, "field_checklist_preview", login=self.manager.login)
        self.assertEqual(self.env["field.mission.check.answer"].search_count([]), before)
        self.assertEqual((draft.state, draft.item_ids.mapped("name")[1]), ("draft", "Leak?"))
