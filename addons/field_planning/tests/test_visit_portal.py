from datetime import date
from unittest.mock import patch

from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .visits_common import TODAY, FieldVisitCommon


@tagged("post_install", "-at_install")
class TestVisitPortal(FieldVisitCommon, HttpCase):
    """The customer checks the register of the own contracts, and of no other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time(TODAY):
            cls.plan = cls._plan_visits()
            cls._generate(cls.plan)
            cls.plan.due_ids.sorted("due_date")[0].with_user(cls.planner).action_waive(
                "Site closed for works"
            )
        cls.stranger = new_test_user(
            cls.env, "field_stranger", groups="base.group_portal", name="Stranger"
        )
        cls.stranger.partner_id.is_company = True

    def test_own_contracts(self):
        self.authenticate(self.customer_user.login, self.customer_user.login)
        page = self.url_open("/my/visits").text
        self.assertIn("Boilers", page)
        page = self.url_open(f"/my/visits/{self.contract.id}?year=2026").text
        self.assertIn("Site closed for works", page)
        self.assertIn(self.site.name, page)
        self.assertIn("Boilers", self.url_open(f"/my/visits/{self.contract.id}?year=x").text)

    def test_not_those_of_others(self):
        self.authenticate(self.stranger.login, self.stranger.login)
        self.assertNotIn("Boilers", self.url_open("/my/visits").text)
        for path in ("", "/certificate", "?year=2026"):
            answer = self.url_open(f"/my/visits/{self.contract.id}{path}")
            self.assertTrue(answer.url.endswith("/my/visits"))
            self.assertNotIn("Boilers", answer.text)

    def test_draft_contracts_are_not_shown(self):
        self.contract.state = "draft"
        self.authenticate(self.customer_user.login, self.customer_user.login)
        answer = self.url_open(f"/my/visits/{self.contract.id}")
        self.assertTrue(answer.url.endswith("/my/visits"))

    def test_certificate(self):
        self.authenticate(self.customer_user.login, self.customer_user.login)
        asked = {}

        def render(_self, _report, docids, data=None):
            asked.update(ids=docids, **data)
            return b"%PDF-1.4", "pdf"

        reports = type(self.env["ir.actions.report"])
        with patch.object(reports, "_render_qweb_pdf", render):
            answer = self.url_open(f"/my/visits/{self.contract.id}/certificate?year=2027")
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertEqual(asked["date_from"], date(2027, 1, 1).isoformat())
        self.assertEqual(asked["ids"], self.contract.ids)
