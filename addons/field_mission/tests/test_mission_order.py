from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestMissionOrder(FieldMissionCommon):
    """The printed mission order, as those who print it."""

    def _render(self, missions, user):
        self.env.flush_all()
        report = self.env["ir.actions.report"].with_user(user)
        html, _kind = report._render_qweb_html("field_mission.report_mission_order", missions.ids)
        return html.decode()

    def assertIn(self, member, container, msg=None):
        """Without the whole sheet in the message."""
        self.assertTrue(member in container, msg or f"{member} is not there")

    def test_order_says_what_the_visit_needs(self):
        self.env["field.site.access"].create(
            {"site_id": self.site.id, "kind": "code", "value": "4512B", "note": "Gate"}
        )
        keeper = self.env["res.partner"].create({"name": "Jo Keeper", "phone": "+33298000000"})
        self.env["field.site.contact"].create(
            {"site_id": self.site.id, "partner_id": keeper.id, "role": "Caretaker"}
        )
        self.env["field.equipment"].create(
            {"site_id": self.site.id, "name": "Boiler", "serial": "B-77"}
        )
        contract = self.env["field.contract"].create(
            {
                "name": "Yearly",
                "reference": "C-1",
                "partner_id": self.customer.id,
                "date_start": "2026-01-01",
            }
        )
        contract.action_activate()
        part = self.env["product.product"].create({"name": "Seal", "type": "consu"})
        mission = self._planned(
            planned_start=fields.Datetime.now() + timedelta(hours=3),
            promised_kind="morning",
            promised_date=fields.Date.today(),
            description="No heat",
            instructions="Wear gloves",
            customer_reference="PO 77",
            helper_ids=[Command.link(self.tech2.id)],
            material_ids=[Command.create({"product_id": part.id, "planned_quantity": 2})],
        )
        wanted = (
            "Site A", "Quimper", "4512B", "Gate", "Jo Keeper", "Caretaker", "B-77", "Yearly",
            "C-1", "PO 77", "No heat", "Wear gloves", "Seal", "Valve closed", "Ana Tech",
            "Bo Tech", mission.name,
        )  # fmt: skip
        for user in (self.tech_user, self.planner):
            html = self._render(mission, user)
            for text in wanted:
                self.assertIn(text, html, f"{text} as {user.login}")

    def test_codes_stay_closed_far_from_the_day(self):
        self.env["field.site.access"].create(
            {"site_id": self.site.id, "kind": "code", "value": "4512B"}
        )
        mission = self._planned(planned_start=fields.Datetime.now() + timedelta(days=20))
        self.assertNotIn("4512B", self._render(mission, self.tech_user))
        self.assertIn("4512B", self._render(mission, self.planner))

    def test_several_orders(self):
        missions = self._planned() + self._planned(planned_start="2026-12-01 08:00:00")
        html = self._render(missions, self.planner)
        for mission in missions:
            self.assertIn(mission.name, html)
        self.assertEqual(html.count('class="article'), 2)
        for sheet in html.split('class="article')[1:]:
            self.assertIn(".o_field_band", sheet, "no sheet needs a style sheet from the server")

    def test_answers_are_printed_once_known(self):
        mission = self._planned()
        mission.with_user(self.tech_user).action_arrive()
        self._answer_all(mission)
        pressure = mission.check_ids.filtered(lambda check: check.kind == "number")
        self.assertIn(pressure.display_value, self._render(mission, self.tech_user))

    def test_order_names_documents_and_what_is_open_on_site(self):
        self.env["field.document"].create(
            {
                "name": "Prevention plan",
                "needed_before_start": True,
                "site_ids": [Command.set(self.site.ids)],
                "file": "cGxhbg==",
                "filename": "plan.txt",
            }
        )
        former = self._planned()
        self.env["field.nonconformity"].create(
            {
                "mission_id": former.id,
                "site_id": self.site.id,
                "company_id": self.company.id,
                "description": "Handrail is loose",
            }
        )
        mission = self._planned(planned_start=fields.Datetime.now() + timedelta(hours=3))
        for user in (self.tech_user, self.planner):
            page = self._render(mission, user)
            self.assertIn("Prevention plan", page)
            self.assertIn("Handrail is loose", page)
