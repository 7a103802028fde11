from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestMultiCompany(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.planner_b = new_test_user(
            cls.env,
            "field_planner_b",
            groups="field_mission.group_field_manager",
            company_id=cls.company_b.id,
            company_ids=[(6, 0, cls.company_b.ids)],
        )
        cls.mission = cls._planned()

    def test_no_leak(self):
        for model in (
            "field.mission",
            "field.request",
            "field.mission.check",
            "field.mission.event",
            "field.service.type",
            "field.checklist",
            "field.zone",
            "field.team",
            "field.contract",
        ):
            records = self.env[model].with_user(self.planner_b).search([])
            self.assertFalse(
                records.filtered(
                    lambda record: "company_id" in record and record.company_id == self.company
                ),
                model,
            )
        with self.assertRaises(AccessError):
            self.mission.with_user(self.planner_b).action_cancel("x")

    def test_numbers_are_a_companys_own(self):
        type_b = self.env["field.service.type"].create(
            {"name": "Visit B", "company_id": self.company_b.id}
        )
        mission = (
            self.env["field.mission"]
            .with_user(self.planner_b)
            .create({"site_id": self.site.id, "service_type_id": type_b.id})
        )
        self.assertEqual(mission.company_id, self.company_b)
        self.assertTrue(mission.name.endswith("/00001"), mission.name)
        self.assertEqual(mission.request_id.company_id, self.company_b)

    def test_no_mix(self):
        with self.assertRaises(UserError):
            self.env["field.mission"].create(
                {
                    "company_id": self.company_b.id,
                    "site_id": self.site.id,
                    "service_type_id": self.type.id,
                    "technician_id": self.tech.id,
                    "planned_start": datetime(2026, 11, 30, 8, 0),
                }
            )
