from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SlaCommon, at, paris


@tagged("post_install", "-at_install")
class TestSlaMultiCompany(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other company"})
        cls.other_planner = cls._user("other_planner", "field_mission.group_field_planner")
        cls.other_planner.write({"company_ids": [Command.set(cls.other.ids)],
                                 "company_id": cls.other.id})  # fmt: skip
        cls.other_policy = cls._policy(
            "Others", {"on_site": 1.0}, company_id=cls.other.id, calendar_id=False
        )

    def test_policies_of_another_company_do_not_apply(self):
        self.policy.active = False
        mission = self._mission("2026-12-01 08:00")
        self.assertFalse(mission.sudo().request_id.sla_ids)
        with at("2026-12-01 08:00"):
            request = (
                self.env["field.request"]
                .with_user(self.other_planner)
                .create(
                    {"partner_id": self.customer.id, "date_received": paris("2026-12-01 08:00")}
                )
            )
        self.assertEqual(request.sla_ids.policy_id, self.other_policy)
        self.assertEqual(request.sla_ids.company_id, self.other)

    def test_no_leak(self):
        mission = self._mission("2026-12-01 08:00")
        self.env["field.sla.pause"].create({"request_id": mission.request_id.id, "reason": "x"})
        records = [
            self.policy,
            self.policy.target_ids,
            self._line(mission),
            mission.sudo().request_id.sla_event_ids,
            mission.sudo().request_id.sla_pause_ids,
        ]
        for record in records:
            self.assertTrue(record, record._name)
            foreign = record.with_user(self.other_planner)
            self.assertFalse(foreign.search([("id", "in", record.ids)]), record._name)
            with self.assertRaises(AccessError):
                foreign.read(["display_name"])

    def test_criteria_stay_in_the_company(self):
        with self.assertRaises(UserError):
            self.other_policy.contract_ids = self.contract
        foreign_user = self.planner
        with self.assertRaises(UserError):
            self.other_policy.warning_user_id = foreign_user
