from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.field_mission.tests.common import FieldMissionCommon, jpeg


@tagged("post_install", "-at_install")
class TestComplaintPortal(FieldMissionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_user = new_test_user(cls.env, "field_stranger", groups="base.group_portal")
        (cls.customer_user | cls.other_user).lang = "en_US"
        cls.mission = cls._planned()
        cls.env.flush_all()

    def _send(self, login, files=(), token="", **values):
        self.authenticate(login, login)
        data = {"csrf_token": Request.csrf_token(self), "category": "quality", **values}
        return self.url_open(
            f"/my/missions/{self.mission.id}/complaint{token}",
            data=data,
            files=[("photos", file) for file in files] or None,
        )

    def _found(self):
        return self.env["field.complaint"].search([("mission_id", "=", self.mission.id)])

    def test_a_customer_complains_with_a_photo(self):
        self.authenticate("field_customer", "field_customer")
        page = self.url_open(f"/my/missions/{self.mission.id}").text
        self.assertIn(f"/my/missions/{self.mission.id}/complaint", page)
        form = self.url_open(f"/my/missions/{self.mission.id}/complaint").text
        self.assertIn('name="text"', form)
        answer = self._send(
            "field_customer",
            [("leak.jpg", jpeg(), "image/jpeg")],
            text="It leaks\nsince noon",
            category="damage",
        )
        complaint = self._found()
        self.assertIn(complaint.name, answer.text)
        self.assertRecordValues(
            complaint,
            [{"origin": "portal", "category": "damage", "subject": "It leaks",
              "partner_id": self.customer.id, "contact_id": self.customer.id,
              "company_id": self.company.id}],
        )  # fmt: skip
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "field.complaint"), ("res_id", "=", complaint.id)]
        )
        self.assertEqual(files.mapped("name"), ["leak.jpg"])
        self.assertNotIn(self.customer, complaint.message_partner_ids, "our notes stay ours")

    def test_what_is_refused(self):
        """The page speaks the visitor's language: what it refuses is read from its alert."""
        program = ("a.jpg", b"MZ\x90\x00 no picture", "image/jpeg")
        many = [(f"{number}.jpg", jpeg(), "image/jpeg") for number in range(6)]
        for refused in ({"text": "  "}, {"text": "x", "files": [program]},
                        {"text": "x", "files": many}):  # fmt: skip
            self.assertIn("alert-danger", self._send("field_customer", **refused).text)
        self.assertFalse(self._found())

    def test_a_stranger_has_no_form(self):
        answer = self._send("field_stranger", text="Let me in")
        self.assertNotIn('name="text"', answer.text)
        self.assertFalse(self._found())

    def test_by_a_link(self):
        token = f"?access_token={self.mission._portal_ensure_token()}"
        self.env.flush_all()
        self.assertIn("alert-danger", self._send(None, token=token, text="Late").text)
        self.assertFalse(self._found())
        self._send(None, token=token, text="Late", complainant="Jo Keeper, 06")
        self.assertRecordValues(
            self._found(), [{"complainant": "Jo Keeper, 06", "contact_id": False}]
        )
        for _number in range(6):
            answer = self._send(None, token=token, text="Late", complainant="Jo")
        self.assertIn("alert-danger", answer.text)
        self.assertEqual(len(self._found()), 5)

    def test_own_complaints_only(self):
        complaint = self.env["field.complaint"].create(
            {"subject": "Noise", "mission_id": self.mission.id, "cause": "INTERNAL",
             "description": "All night", "answer": "NOT YET SENT"}
        )  # fmt: skip
        self.env.flush_all()
        self.authenticate("field_customer", "field_customer")
        page = self.url_open("/my/complaints").text
        self.assertIn("All night", page)
        for hidden in ("INTERNAL", "NOT YET SENT"):
            self.assertNotIn(hidden, page)
        complaint.action_answer()
        self.env.flush_all()
        self.assertIn("NOT YET SENT", self.url_open("/my/complaints").text)
        self.authenticate("field_stranger", "field_stranger")
        self.assertNotIn("All night", self.url_open("/my/complaints").text)
