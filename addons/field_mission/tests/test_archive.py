from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.field_mission.core import states

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestArchive(FieldMissionCommon):
    """What is past is found by any word that was said, and charges beside it are worked off."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.planner, cls.manager):
            user.lang = "en_US"
        cls.mission = cls._planned()
        cls.mission.action_start()
        cls.env["field.equipment"].create(
            {"name": "Boiler", "serial": "SN-4711", "site_id": cls.site.id}
        )

    def _finish(self):
        by_name = {check.name: check.id for check in self.mission.check_ids}
        mission = self.mission.with_user(self.tech_user)
        mission.action_answer_checks(
            [
                {"check_id": by_name["Valve closed"], "yesno": "yes", "note": "joint remplacé"},
                {"check_id": by_name["Pressure"], "number": 1.4},
            ]
        )
        mission.action_set_conclusion("Chaudière détartrée, vannes vérifiées")
        mission.action_add_material({"description": "Durite 18 mm", "quantity": 1})
        mission.action_done()

    def _found(self, text, user=None):
        missions = self.env["field.mission"].with_user(user or self.planner)
        return bool(
            missions.search([("id", "=", self.mission.id), ("archive_text", "ilike", text)])
        )

    def test_words_of_a_past_mission(self):
        self.assertFalse(self._found("chaudière"))
        self._finish()
        for text in (
            "chaudière",  # the report
            "CHAUDIERE",  # without accents
            "vanne vérifier",  # other forms of the French words
            "detart",  # a word not finished
            "joint remplace",  # the note of an answer
            "durite",  # a part
            "SN-4711",  # the serial number of what stands on the site
            "quimper",  # the town
            self.mission.name,
        ):
            self.assertTrue(self._found(text), text)
        for text in ("climatisation", "chaudière climatisation", "?!"):
            self.assertFalse(self._found(text), text)

    def test_what_devices_say_later_is_found(self):
        self._finish()
        self.mission.with_user(self.tech_user).action_add_material(
            {"description": "Manchon", "quantity": 1}
        )
        self.env.flush_all()
        search = self.env["field.mission.search"].sudo()
        # Here everything has the time of one transaction.
        search.search([("mission_id", "=", self.mission.id)]).date_indexed = datetime(2026, 1, 1)
        self.env.flush_all()
        self.assertIn(self.mission.id, search._find_stale(100_000))
        search._index(self.mission)
        self.assertTrue(self._found("manchon"))

    def test_only_the_office_searches(self):
        self._finish()
        with self.assertRaises(AccessError):
            self._found("durite", self.tech_user)
        with self.assertRaises(AccessError):
            self.env["field.mission.search"].with_user(self.manager).search([])

    def test_rights_stay_those_of_missions(self):
        self._finish()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("stranger", "field_mission.group_field_planner")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self._found("durite", stranger))

    # ------------------------------------------------------------------ to rebill

    def test_a_charge_is_said_and_worked_off(self):
        self._finish()
        self.mission.with_user(self.planner).action_validate()
        mission = self.mission.with_user(self.planner)
        with self.assertRaises(UserError):
            mission.action_rebill("  ")
        action = mission.with_context(field_step="rebill").action_ask_reason()
        wizard = self.env["field.reason.wizard"].with_user(self.planner)
        wizard.with_context(**action["context"]).create({"reason": "Vandalism"}).action_apply()
        self.assertTrue(mission.to_rebill)
        self.assertEqual(mission.to_rebill_reason, "Vandalism")
        event = self.mission.event_ids.filtered(lambda event: event.reason == "Vandalism")
        self.assertEqual(event.changes, {"to_rebill": [False, True]})
        mission.action_rebilled()
        self.assertTrue(mission.rebill_done)
        self.assertEqual(mission.rebill_done_by_id, self.planner)
        self.assertTrue(mission.to_rebill, "the flag and its reason stay")
        with self.assertRaises(UserError):
            mission.write({"rebill_done": False})

    def test_a_charge_is_dropped_with_a_reason(self):
        mission = self.mission.with_user(self.planner)
        with self.assertRaises(UserError):
            mission.action_rebilled()
        mission.action_rebill("Vandalism")
        mission.action_drop_rebill("Paid by the insurance")
        self.assertFalse(mission.to_rebill)
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech_user).action_rebill("Mine")

    # ------------------------------------------------------------------ the table of steps

    def test_managers_read_the_table_of_steps(self):
        lines = self.env["field.guard.line"].with_user(self.manager)
        found = lines.search(lines.action_open()["domain"])
        self.assertEqual(len(found), len(states.TRANSITIONS))
        start = found.filtered(lambda line: line.step == "Start")
        self.assertEqual((start.source, start.target), ("Planned", "In progress"))
        self.assertIn("published", start.needs)
        validated = found.filtered(lambda line: line.step == "Withdraw validation")
        self.assertEqual(validated.who, "Managers")
        self.assertIn("A reason", validated.needs)
        with self.assertRaises(AccessError):
            self.env["field.guard.line"].with_user(self.planner).action_open()
