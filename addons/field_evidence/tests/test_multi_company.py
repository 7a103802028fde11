from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import FieldEvidenceCommon


@tagged("post_install", "-at_install")
class TestMultiCompany(FieldEvidenceCommon):
    def test_dossiers_stay_in_their_company(self):
        mission = self._done()
        mission.with_user(self.manager).action_verify_evidence()
        other = self.env["res.company"].create({"name": "Other company"})
        user = self._user("manager2", "field_mission.group_field_manager")
        user.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        for model in ("field.evidence", "field.evidence.dossier", "field.evidence.verification"):
            records = self.env[model].search([("mission_id", "=", mission.id)])
            self.assertTrue(records)
            self.assertFalse(self.env[model].with_user(user).search([]) & records)
            with self.assertRaises(AccessError):
                records[0].with_user(user).read([])
        with self.assertRaises(AccessError):
            mission.with_user(user).action_verify_evidence()
