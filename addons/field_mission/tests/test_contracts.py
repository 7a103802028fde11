from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestContracts(FieldMissionCommon):
    def _contract(self, name, **vals):
        contract = self.env["field.contract"].create(
            {"name": name, "partner_id": self.customer.id, "date_start": "2026-01-01", **vals}
        )
        contract.action_activate()
        return contract

    def _mission(self, **vals):
        return self.env["field.mission"].create(self._vals(**vals))

    def test_the_most_specific_contract_is_found(self):
        payer = self.env["res.partner"].create({"name": "Head office"})
        general = self._contract("General", payer_id=payer.id)
        self.assertEqual(self._mission().contract_id, general)
        self.assertEqual(self._mission().payer_id, payer)
        typed = self._contract("Typed", service_type_ids=self.type.ids)
        sited = self._contract("Sited", site_ids=self.site.ids)
        self.assertEqual(self._mission().contract_id, sited)
        other = self._site("Other")
        self.assertEqual(self._mission(site_id=other.id).contract_id, typed)
        self.assertEqual(
            self._mission(site_id=other.id, service_type_id=self.bare_type.id).contract_id, general
        )

    def test_dates_and_states(self):
        old = self._contract("Old", date_end="2026-02-01")
        draft = self.env["field.contract"].create(
            {"name": "Draft", "partner_id": self.customer.id, "date_start": "2026-01-01"}
        )
        mission = self._mission(date_received="2026-03-01 10:00:00")
        self.assertFalse(mission.contract_id)
        early = self._mission(date_received="2026-01-15 10:00:00")
        self.assertEqual(early.contract_id, old)
        old.action_close()
        self.assertFalse(self._mission(date_received="2026-01-15 10:00:00").contract_id)
        self.assertEqual(early.contract_id, old, "past missions keep theirs")
        with self.assertRaises(UserError):
            old.action_activate()
        with self.assertRaises(ValidationError):
            draft.date_end = "2025-01-01"

    def test_sites_of_a_group(self):
        child = self.env["res.partner"].create(
            {"name": "Agency", "parent_id": self.customer.id, "is_company": False}
        )
        contract = self._contract("Group")
        site = self._site("Agency site", site_customer_id=child.id)
        self.assertEqual(self._mission(site_id=site.id).contract_id, contract)
