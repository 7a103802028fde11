from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import FieldEvidenceCommon


@tagged("post_install", "-at_install")
class TestPrivacy(FieldEvidenceCommon):
    """Somebody asks what is kept of them: Odoo's own look-up knows our models."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._done()
        cls.theirs = cls._done(cls._planned(technician_id=cls.tech2.id), cls.tech2_user)
        for user in (cls.tech_user, cls.tech2_user):
            cls.env["field.position"].create(
                {
                    "mission_id": cls.mission.id,
                    "user_id": user.id,
                    "moment": "arrive",
                    "on_site": True,
                    "date": "2026-11-30 08:00:00",
                }
            )
        cls.officer = new_test_user(cls.env, "field_officer", groups="base.group_system")

    def _find(self, name, email):
        wizard = self.env["privacy.lookup.wizard"].with_user(self.officer)
        lookup = wizard.create({"name": name, "email": email})
        lookup.action_lookup()
        found = {}
        for line in lookup.line_ids:
            if line.res_model.startswith("field."):
                found.setdefault(line.res_model, set()).add(line.res_id)
        return found

    def test_a_technician_is_found_where_they_were(self):
        found = self._find(self.tech_user.name, self.tech_user.email)
        own = self.env["field.position"].search([("user_id", "=", self.tech_user.id)])
        self.assertEqual(found["field.position"], set(own.ids))
        self.assertEqual(found["field.signature"], set(self.mission.signature_ids.ids))
        self.assertEqual(found["field.photo"], set(self.mission.photo_ids.ids))

    def test_a_signer_is_found_by_the_name_typed(self):
        found = self._find("mme leroy", "leroy@example.com")
        signatures = (self.mission | self.theirs).signature_ids
        self.assertLessEqual(set(signatures.ids), found["field.signature"])
        self.assertNotIn("field.position", found)

    def test_nobody_else_looks_up(self):
        for user in (self.manager, self.planner, self.tech_user, self.customer_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["privacy.lookup.wizard"].with_user(user).create(
                    {"name": "x", "email": "x@example.com"}
                )
