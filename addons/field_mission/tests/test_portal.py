import re
from datetime import datetime

from odoo.tests import HttpCase, new_test_user, tagged

from .common import FieldMissionCommon, jpeg


@tagged("post_install", "-at_install")
class TestFieldPortal(FieldMissionCommon, HttpCase):
    """A customer sees what concerns them, once it is announced, and nothing of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_user = new_test_user(
            cls.env, "field_other", groups="base.group_portal", email="other@example.com"
        )
        cls.mission = cls._planned(
            promised_kind="morning",
            promised_date="2026-11-30",
            description="Yearly service",
            instructions="INTERNAL: mind the dog",
        )
        cls.site.site_instructions = "INTERNAL: key under the stone"
        cls.env["field.site.access"].create(
            {"site_id": cls.site.id, "kind": "code", "value": "SECRET4512"}
        )
        cls.draft = cls.env["field.mission"].create(cls._vals(description="Not announced yet"))
        cls.env.flush_all()

    def _page(self, path, login=None, status=200):
        self.authenticate(login, login)
        response = self.url_open(path)
        self.assertEqual(response.status_code, status, path)
        return response

    def assertIn(self, member, container, msg=None):
        """Without the whole page in the message."""
        self.assertTrue(member in container, msg or f"{member} is not there")

    def assertNotIn(self, member, container, msg=None):
        """Without the whole page in the message."""
        self.assertFalse(member in container, msg or f"{member} is there")

    def _finish(self, mission):
        as_tech = mission.with_user(self.tech_user)
        as_tech.action_arrive(at="2026-11-30 08:02:00")
        self._answer_all(mission)
        photo = self._send_photo(mission, stage="after", caption="Boiler closed")
        as_tech.action_set_conclusion("The boiler is warm again")
        as_tech.action_report_incident({"kind": "other", "description": "INTERNAL: rude"})
        drawing = self._send_photo(mission, data=jpeg("black"), kind="drawing")
        as_tech.action_sign({"name": "Jo Keeper", "quality": "Caretaker", "drawing": drawing.uuid})
        as_tech.action_done(at="2026-11-30 09:30:00")
        self.env.flush_all()
        return photo

    def test_list_of_the_customer(self):
        text = self._page("/my/missions", "field_customer").text
        self.assertIn(self.mission.name, text)
        self.assertIn("Site A", text)
        self.assertNotIn(self.draft.name, text)
        self.assertEqual(self.env["field.mission"].with_user(self.customer_user)._count_portal(), 1)

    def test_another_customer_sees_nothing(self):
        text = self._page("/my/missions", "field_other").text
        self.assertNotIn(self.mission.name, text)
        page = self._page(f"/my/missions/{self.mission.id}", "field_other")
        self.assertNotIn(self.mission.name, page.text)
        photo = self._finish(self.mission)
        self._page(f"/my/missions/{self.mission.id}/file/{photo.uuid}", "field_other", 404)
        missions = self.env["field.mission"].with_user(self.other_user)
        self.assertFalse(missions._search_portal())
        self.assertFalse(missions.search([]))

    def test_page_of_a_planned_mission(self):
        text = self._page(f"/my/missions/{self.mission.id}", "field_customer").text
        for shown in ("Yearly service", "Ana Tech", "Quimper"):
            self.assertIn(shown, text)
        for hidden in ("INTERNAL", "SECRET4512", "Valve closed"):
            self.assertNotIn(hidden, text)

    def test_page_never_tells_the_planned_hour(self):
        """The customer is told the promised slot; our tour may still move inside it."""
        self.mission.sudo().planned_start = datetime(2026, 11, 30, 9, 47)
        text = self._page(f"/my/missions/{self.mission.id}", "field_customer").text
        self.assertNotIn("47", re.sub(r"<[^>]+>", "", text.split("o_field_portal")[1]))

    def test_report_when_done(self):
        photo = self._finish(self.mission)
        text = self._page(f"/my/missions/{self.mission.id}", "field_customer").text
        for shown in ("The boiler is warm again", "Valve closed", "2 bar", "Jo Keeper"):
            self.assertIn(shown, text)
        self.assertNotIn("INTERNAL", text)
        path = f"/my/missions/{self.mission.id}/file/{photo.uuid}"
        self.assertIn(path, text)
        response = self.url_open(path)
        self.assertEqual(response.headers["Content-Type"], "image/jpeg")
        self.assertEqual(self.url_open(f"{path}?width=512").status_code, 200)

    def test_photo_before_the_end(self):
        self.mission.with_user(self.tech_user).action_arrive()
        photo = self._send_photo(self.mission)
        self.env.flush_all()
        self._page(f"/my/missions/{self.mission.id}/file/{photo.uuid}", "field_customer", 404)

    def test_file_of_another_mission(self):
        """A page's right does not open the files of the next one."""
        photo = self._finish(self.mission)
        other = self._planned(planned_start=datetime(2026, 12, 1, 8))
        self.env.flush_all()
        self._page(f"/my/missions/{other.id}/file/{photo.uuid}", "field_customer", 404)

    def test_draft_is_not_announced(self):
        page = self._page(f"/my/missions/{self.draft.id}", "field_customer")
        self.assertNotIn("Not announced yet", page.text)
        token = self.draft._portal_ensure_token()
        self.env.flush_all()
        page = self._page(f"/my/missions/{self.draft.id}?access_token={token}", None)
        self.assertNotIn("Not announced yet", page.text)

    def test_shared_link(self):
        path = f"/my/missions/{self.mission.id}"
        token = self.mission._portal_ensure_token()
        photo = self._finish(self.mission)
        self.assertNotIn("Site A", self._page(path, None).text)
        self.assertNotIn("Site A", self._page(f"{path}?access_token=no", None).text)
        page = self._page(f"{path}?access_token={token}", None).text
        self.assertIn("Site A", page)
        self._page(f"{path}/file/{photo.uuid}?access_token={token}", None)
        self._page(f"{path}/file/{photo.uuid}", None, 404)

    def test_contact_of_a_site(self):
        """A caretaker sees the sites where the office said so, and only these."""
        person = self.other_user.partner_id
        contact = self.env["field.site.contact"].create(
            {"site_id": self.site.id, "partner_id": person.id, "report": True, "sign": True}
        )
        missions = self.env["field.mission"].with_user(self.other_user)
        self.assertFalse(missions._search_portal())
        contact.portal = True
        self.assertEqual(missions._search_portal(), self.mission)
        self.assertIn(self.mission.name, self._page("/my/missions", "field_other").text)

    def test_colleague_of_the_customer(self):
        """Every contact of the customer's company sees its missions."""
        self.other_user.partner_id.parent_id = self.customer
        self.assertEqual(
            self.env["field.mission"].with_user(self.other_user)._search_portal(), self.mission
        )

    def test_subcontractor_sees_own_missions(self):
        own = self._planned(
            technician_id=self.subcontractor.id, planned_start=datetime(2026, 12, 2, 8)
        )
        hidden = self.env["field.mission"].create(self._vals(technician_id=self.subcontractor.id))
        self.env.flush_all()
        text = self._page("/my/missions", "field_sub").text
        self.assertIn(own.name, text)
        self.assertNotIn(self.mission.name, text)
        self.assertNotIn(hidden.name, text)
        self.assertNotIn(
            self.mission.name, self._page(f"/my/missions/{self.mission.id}", "field_sub").text
        )

    def test_customer_reads_nothing_over_rpc(self):
        """The page is the only way: no right on the model, so no internal note over RPC."""
        missions = self.env["field.mission"].with_user(self.customer_user)
        self.assertFalse(missions.search([]))
        self.assertFalse(missions.browse(self.mission.id).has_access("read"))
        self.assertFalse(self.env["field.site.access"].with_user(self.customer_user).search([]))

    def test_search_sort_filter(self):
        done = self._planned(planned_start=datetime(2026, 11, 23, 8))
        self._finish(done)
        for query, shown, hidden in (
            ("filterby=done", done, self.mission),
            ("filterby=ongoing", self.mission, done),
            (f"search={done.name}&search_in=name", done, self.mission),
        ):
            text = self._page(f"/my/missions?{query}", "field_customer").text
            self.assertIn(shown.name, text, query)
            self.assertNotIn(f">{hidden.name}<", text, query)
        for query in ("sortby=site", "sortby=oldest", "sortby=x&filterby=y&search=z&search_in=w"):
            self._page(f"/my/missions?{query}", "field_customer")
        self.assertIn("Site A", self._page("/my/missions?search=Site+A", "field_customer").text)

    def test_planner_previews(self):
        text = self._page(f"/my/missions/{self.draft.id}", "field_planner").text
        self.assertIn("Not announced yet", text)
        self.assertIn(f"/odoo/field-missions/{self.draft.id}", text)

    def test_home(self):
        self.assertIn("/my/missions", self._page("/my", "field_customer").text)
