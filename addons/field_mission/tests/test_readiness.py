import base64
from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestReadiness(FieldMissionCommon):
    """What keeps people from being sent to a mission is said before they are on the road."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner.lang = "en_US"
        cls.site.write({"phone": "+33 2 98 00 00 00", "site_access_free": True})
        cls.mission = cls.env["field.mission"].create(
            cls._vals(technician_id=cls.tech.id, planned_start=datetime(2026, 11, 30, 8, 0))
        )

    def _codes(self, mission=None):
        rows = (mission or self.mission).with_user(self.planner)._get_readiness()
        # Planning adds the hours of the day, which are none of these tests' matters.
        known = ("technician", "user", "skill_missing", "skill_expired", "address", "contract",
                 "documents", "contact", "access", "document_expired", "document_unread",
                 "parts")  # fmt: skip
        return [row["code"] for row in rows[(mission or self.mission).id] if row["code"] in known]

    def test_nothing_is_missing(self):
        self.assertEqual(self._codes(), [])

    def test_place_contact_and_access(self):
        self.site.write(
            {
                "partner_latitude": 0,
                "partner_longitude": 0,
                "phone": False,
                "site_access_free": False,
            }
        )
        self.assertEqual(self._codes(), ["address", "contact", "access"])
        mission = self.mission.with_user(self.planner)
        self.assertEqual(mission.readiness, "orange")
        self.assertIn("Nobody to call on site", mission.readiness_text)
        self.env["field.site.access"].create({"site_id": self.site.id, "value": "12A"})
        self.env["field.site.contact"].create(
            {"site_id": self.site.id, "partner_id": self.customer.id}
        )
        self.assertEqual(self._codes(), ["address"])
        self.site.site_access_ids.unlink()
        self.assertEqual(self._codes(), ["address", "access"])
        before = self._planned(service_type_id=self.bare_type.id)
        before.action_start()
        before.action_done()
        self.assertEqual(self._codes(), ["address"], "somebody was there before")
        self.site.site_address_issue = "two streets of this name"
        self.assertEqual(self._codes(), ["address"])

    def test_a_skill_that_is_missing_is_red(self):
        kind = self.env["hr.skill.type"].create(
            {
                "name": "Electricity",
                "skill_ids": [Command.create({"name": "BR"})],
                "skill_level_ids": [
                    Command.create({"name": "Held", "level_progress": 100, "default_level": True})
                ],
            }
        )
        self.type.skill_ids = kind.skill_ids
        self.assertIn("skill_missing", self._codes())
        self.assertEqual(self.mission.with_user(self.planner).readiness, "red")
        held = self.env["hr.employee.skill"].create(
            {
                "employee_id": self.tech.id,
                "skill_id": kind.skill_ids.id,
                "skill_type_id": kind.id,
                "skill_level_id": kind.skill_level_ids.id,
                "valid_from": date(2026, 1, 1),
            }
        )
        self.env.invalidate_all()
        self.assertNotIn("skill_missing", self._codes())
        held.valid_to = date(2026, 11, 29)
        self.env.invalidate_all()
        self.assertIn("skill_expired", self._codes())

    def test_a_document_to_read_that_has_expired_is_red(self):
        document = self.env["field.document"].create(
            {
                "name": "Permit",
                "needed_before_start": True,
                "service_type_ids": [Command.set(self.type.ids)],
                "file": base64.b64encode(b"permit"),
                "filename": "permit.txt",
                "date_until": date(2026, 11, 29),
            }
        )
        self.assertEqual(self._codes(), ["document_expired"])
        self.assertEqual(self.mission.with_user(self.planner).readiness, "red")
        document.date_until = False
        self.assertEqual(self._codes(), [], "nobody can read what is not published yet")
        self.mission.action_plan()
        self.mission.action_publish()
        self.assertEqual(self._codes(), ["document_unread"])
        self.mission.with_user(self.tech_user).action_acknowledge(document.version_id.ids)
        self.assertEqual(self._codes(), [])

    def test_parts_are_shared_by_the_visits_of_a_van(self):
        part = self.env["product.product"].create(
            {"name": "Pump", "type": "consu", "is_storable": True}
        )
        later = self.mission.copy(
            {"technician_id": self.tech.id, "planned_start": datetime(2026, 11, 30, 13, 0)}
        )
        both = self.mission | later
        self.env["field.mission.material"].create(
            [
                {"mission_id": mission.id, "product_id": part.id, "planned_quantity": 1}
                for mission in both
            ]
        )
        self.env["stock.quant"]._update_available_quantity(part, self.van, 1)
        rows = both.with_user(self.planner)._get_readiness()
        codes = [[row["code"] for row in rows[mission.id]] for mission in both]
        self.assertNotIn("parts", codes[0])
        self.assertIn("parts", codes[1])

    def test_done_missions_have_no_light(self):
        self.mission.action_plan()
        self.mission.action_publish()
        self.mission.action_start()
        self.assertFalse(self.mission.with_user(self.planner).readiness)

    @freeze_time("2026-11-29 10:00:00")
    def test_a_light_is_searched(self):
        self.site.phone = False
        mine = [("id", "=", self.mission.id)]
        missions = self.env["field.mission"].with_user(self.planner)
        self.assertTrue(missions.search([*mine, ("readiness", "in", ["red", "orange"])]))
        self.assertFalse(missions.search([*mine, ("readiness", "=", "green")]))

    def test_boards_ask_for_lights(self):
        self.site.phone = False
        light = self.mission.with_user(self.planner).get_readiness()[self.mission.id]
        self.assertIn(light["level"], ("orange", "red"))
        self.assertTrue(any("Nobody to call" in reason for reason in light["reasons"]))
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech_user).get_readiness()

    def test_a_list_asks_no_more_than_one(self):
        many = self.env["field.mission"].create(
            [
                self._vals(technician_id=self.tech.id, planned_start=datetime(2026, 11, 30, h, 0))
                for h in range(8, 18)
            ]
        )

        def count(missions):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            missions.with_user(self.planner).mapped("readiness")
            return self.cr.sql_log_count - before

        count(many)
        one, ten = count(self.mission), count(many)
        self.assertLessEqual(ten - one, 3, f"{one} queries for 1, {ten} for 10")
