import base64
import io
from datetime import timedelta

from pdfminer.high_level import extract_text
from pypdf import PdfReader

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MONDAY, FieldPlanningCommon

REPORT = "field_planning.report_tour_sheet"


@tagged("post_install", "-at_install")
class TestTourSheet(FieldPlanningCommon):
    """The printed day of a technician."""

    def _html(self, tours, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        report = self.env["ir.actions.report"].with_user(user or self.planner)
        html, _kind = report._render_qweb_html(REPORT, tours.ids)
        return html.decode()

    def _pdf(self, tours, user=None):
        self.env.flush_all()
        report = self.env["ir.actions.report"].with_user(user or self.planner)
        # No server answers for the style sheets in these tests.
        with mute_logger("odoo.addons.base.models.ir_actions_report"):
            pdf, kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
                REPORT, tours.ids
            )
        self.assertEqual(kind, "pdf")
        return pdf

    def _near(self, name, hour=9, technician=None, **vals):
        """A mission of tomorrow: the codes of its site may be printed."""
        day = fields.Date.today() + timedelta(days=1)
        mission = self._mission(name, 5, technician=technician, day=day, **vals)
        mission.planned_start = fields.Datetime.to_datetime(day) + timedelta(hours=hour - 1)
        mission.action_plan()
        return mission

    def test_sheet_says_what_the_day_needs(self):
        part = self.env["product.product"].create({"name": "Seal 12", "type": "consu"})
        mission = self._near(
            "Mill",
            description="No heat",
            instructions="Wear gloves",
            helper_ids=[Command.link(self.tech2.id)],
            material_ids=[Command.create({"product_id": part.id, "planned_quantity": 2})],
        )
        site = mission.site_id
        site.write({"street": "3 rue du Moulin", "zip": "29000", "city": "Quimper"})
        keeper = self.env["res.partner"].create({"name": "Jo Keeper", "phone": "+33298000000"})
        self.env["field.site.contact"].create(
            {"site_id": site.id, "partner_id": keeper.id, "role": "Caretaker"}
        )
        self.env["field.site.access"].create(
            {"site_id": site.id, "kind": "code", "value": "4512B", "note": "Gate"}
        )
        tours = mission.stop_ids.tour_id
        self.assertEqual(len(tours), 2)
        wanted = (
            "Ana Tech", "Bo Tech", "Mill", "3 rue du Moulin", "29000 Quimper", "Jo Keeper",
            "Caretaker", "4512B", "No heat", "Wear gloves", "Seal 12", mission.name,
        )  # fmt: skip
        html = self._html(tours)
        for text in wanted:
            self.assertTrue(text in html, text)
        self.assertEqual(html.count("data:image/png;base64,"), 2)

    def test_one_page_a_technician_and_day_read_back_from_the_pdf(self):
        first = self._plan(self._mission("Alpha", 5), 9)
        second = self._plan(self._mission("Beta", 6, technician=self.tech2), 10)
        third = self._plan(
            self._mission("Gamma", 5, day=MONDAY + timedelta(days=1)),
            9,
            day=MONDAY + timedelta(days=1),
        )
        tours = (first | second | third).stop_ids.tour_id
        pages = PdfReader(io.BytesIO(self._pdf(tours))).pages
        self.assertEqual(len(pages), 3)
        texts = [" ".join(page.extract_text().split()) for page in pages]
        for text, site, who in zip(
            texts, ("Alpha", "Beta", "Gamma"), ("Ana Tech", "Bo Tech", "Ana Tech"), strict=True
        ):
            self.assertIn(site, text)
            self.assertIn(who, text)
        self.assertIn("09:00 – 10:00", texts[0])
        self.assertIn("09:00", extract_text(io.BytesIO(self._pdf(tours))))

    def test_codes_of_later_days_are_not_on_paper(self):
        mission = self._plan(self._mission("Mill", 5), 9)
        mission.planned_start = fields.Datetime.now() + timedelta(days=12)
        self.env["field.site.access"].create(
            {"site_id": mission.site_id.id, "kind": "code", "value": "SECRET77"}
        )
        html = self._html(mission.stop_ids.tour_id)
        self.assertNotIn("SECRET77", html)
        self.assertIn("o_day_later", html)

    def test_language_is_the_technicians(self):
        for lang in ("en_US", "fr_FR"):
            self.env["res.lang"]._activate_lang(lang)
        self.tech_user.lang = "fr_FR"
        self.planner.lang = "en_US"
        mission = self._plan(self._mission("Mill", 5), 9)
        self.assertIn("lundi 30 novembre 2026", self._html(mission.stop_ids.tour_id))
        self.tech_user.lang = "en_US"
        self.assertIn("Monday 30 November 2026", self._html(mission.stop_ids.tour_id))

    def test_technician_prints_own_published_days_only(self):
        own = self._plan(self._mission("Mill", 5), 9)
        other = self._plan(self._mission("Farm", 6, technician=self.tech2), 9)
        draft = own.stop_ids.tour_id
        with self.assertRaises(AccessError):
            self._html(draft, self.tech_user)
        (own | other).action_publish()
        self.assertIn("Mill", self._html(draft, self.tech_user))
        with self.assertRaises(AccessError):
            self._html(other.stop_ids.tour_id, self.tech_user)
        hidden = self._plan(self._mission("Barn", 7), 11)
        self.assertNotIn("Barn", self._html(hidden.stop_ids.tour_id, self.tech_user))
        self.assertIn("Barn", self._html(hidden.stop_ids.tour_id))

    def test_buttons_find_the_days(self):
        mission = self._plan(self._mission("Mill", 5), 9)
        tour = mission.stop_ids.tour_id
        action = mission.with_user(self.planner).action_print_sheets()
        self.assertEqual(action["report_name"], REPORT)
        self.assertEqual(action["context"]["active_ids"], tour.ids)
        Tour = self.env["field.tour"].with_user(self.planner)
        action = Tour.action_print_days(str(MONDAY), str(MONDAY), self.tech.ids)
        self.assertEqual(action["context"]["active_ids"], tour.ids)
        with self.assertRaises(UserError):
            Tour.action_print_days(str(MONDAY), str(MONDAY), self.tech2.ids)
        for wrong in ("nonsense", {"a": 1}, False):
            with self.assertRaises(UserError):
                Tour.action_print_days(wrong, str(MONDAY))
        with self.assertRaises(UserError):
            Tour.action_print_days(str(MONDAY), str(MONDAY), ["1 OR 1"])
        with self.assertRaises(UserError):
            self._mission("Lost", 5).with_user(self.planner).action_print_sheets()
        with self.assertRaises(UserError):
            mission.with_user(self.tech_user).action_print_sheets()

    def test_qr_opens_the_mission(self):
        mission = self._plan(self._mission("Mill", 5), 9)
        sheet = mission.stop_ids.tour_id.with_user(self.planner)._get_sheets()[0]
        data = base64.b64decode(sheet["stops"][0]["qr"].split(",")[1])
        self.assertTrue(data.startswith(b"\x89PNG"))

    def test_queries_do_not_grow_with_the_stops(self):
        self._plan(self._mission("Mill", 5), 9)
        for number in range(6):
            self._plan(self._mission(f"Site {number}", 5, technician=self.tech2), 8 + number)
        counts = []
        for person in (self.tech, self.tech2):
            tour = self._tour(person).with_user(self.planner)
            self.env.flush_all()
            for _warm in range(2):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                tour._get_sheets()
                count = self.env.cr.sql_log_count - before
            counts.append(count)
        self.assertLessEqual(counts[1], counts[0] + 3)
