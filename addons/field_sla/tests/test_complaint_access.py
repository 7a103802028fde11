from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SlaCommon


@tagged("post_install", "-at_install")
class TestComplaintAccess(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaint = cls.env["field.complaint"].create(
            {"subject": "Late", "partner_id": cls.customer.id, "cause": "INTERNAL"}
        )

    def test_who_must_not_see_it(self):
        """Technicians, subcontractors and customers have no right on the register at all."""
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            complaint = self.complaint.with_user(user)
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    complaint.search([])
                for call in (
                    lambda complaint=complaint: complaint.read(["cause"]),
                    complaint.action_take,
                    complaint.action_build_dossier,
                    lambda complaint=complaint: complaint.create({"subject": "x"}),
                ):
                    with self.assertRaises(AccessError):
                        call()
        self.assertEqual(self.complaint.state, "new")

    def test_nobody_deletes(self):
        for user in (self.planner, self.manager):
            with self.assertRaises(AccessError):
                self.complaint.with_user(user).unlink()

    def test_other_companies(self):
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = self._user("other_planner", "field_mission.group_field_planner")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        records = self.env["field.complaint"].with_user(stranger)
        self.assertFalse(records.search([("id", "=", self.complaint.id)]))
        for call in (
            lambda: self.complaint.with_user(stranger).read(["subject"]),
            self.complaint.with_user(stranger).action_take,
        ):
            with self.assertRaises(AccessError):
                call()
        mission = self._mission("2026-12-01 08:00")
        with self.assertRaises(UserError):
            self.env["field.complaint"].create(
                {"subject": "x", "company_id": other.id, "mission_id": mission.id}
            )
