import io
import re
from unittest.mock import patch

from PIL import Image

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from .. import seal
from ..models.res_company import siren_of
from .common import FieldEvidenceCommon, jpeg


@tagged("post_install", "-at_install")
class TestReport(FieldEvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "name": "Ker Maintenance",
                "company_registry": "12345678200010",
                "street": "1 quai",
                "zip": "29000",
                "city": "Quimper",
                "country_id": cls.env.ref("base.fr").id,
                "field_report_mention": "Insured by Ar Mor",
            }
        )
        cls.env["res.lang"]._activate_lang("en_US")
        cls.customer.lang = "en_US"
        cls.mission = cls._done()

    def _html(self, mission=None, user=None):
        mission = mission or self.mission
        report = self.env["ir.actions.report"].with_user(user or self.planner)
        html = report._render_qweb_html("field_evidence.report_intervention", mission.ids)[0]
        return html.decode()

    def _text(self, mission=None):
        html = re.sub(r"<style>.*?</style>", "", self._html(mission), flags=re.S)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#39;", "'")

    def test_it_says_everything(self):
        text = self._text()
        dossier = self.mission.evidence_dossier_id
        for expected in (
            "Ker Maintenance",
            "SIREN 123 456 782",
            "Quimper",
            self.mission.name,
            "Site A",
            self.customer.name,
            self.mission.request_id.name,
            "Arrival",
            "End",
            "The boiler leaks",
            "Valve replaced",
            "Ana Tech",
            "0 h 35",
            "1 h 10",
            "Pressure",
            "1.4 bar",
            "1 – 2 bar",
            "Right",
            "2.5",
            "Valve",
            "Tap broken",
            "Leak",
            "Mme Leroy",
            "Caretaker",
            "Paint to redo",
            "Statement after the work",
            self.mission.signature_ids.texts_sha256,
            "Simple electronic signature",
            "Insured by Ar Mor",
            f"{dossier.closed_count} items",
            dossier.closed_hash,
            dossier.uuid,
        ):
            self.assertIn(expected, text)
        self.assertNotIn("Provisional", text)
        html = self._html()
        self.assertEqual(html.count("data:image/jpeg"), 1)
        self.assertNotRegex(html, r"(?:src|href)=[\"'](?!data:)")

    def test_hours_are_those_of_the_site(self):
        self.site.tz = "Indian/Reunion"
        self.assertIn("11/30/26, 12:05 PM", self._text())

    def test_a_notable_delay_of_the_clock_is_printed(self):
        self.assertIn("received on", self._text())
        mission = self._planned()
        mission.action_start()
        self.assertNotIn("received on", self._text(mission))

    def test_it_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(
            ["field_mission", "field_evidence"], ["fr_FR"], overwrite=True
        )
        self.customer.lang = "fr_FR"
        text = self._text()
        for expected in ("Bon d'intervention", "Client", "Intervenants", "30/11/2026 09:05", "2,5"):
            self.assertIn(expected, text)
        for left in ("Work asked for", "Arrival", "People", "Sealed dossier", "Materials"):
            self.assertNotIn(left, text)

    def test_refusal_is_printed(self):
        mission = self._planned(service_type_id=self.bare_type.id)
        work = mission.with_user(self.tech_user)
        work.action_arrive()
        work.action_sign({"refusal_reason": "Nobody to sign"})
        text = self._text(mission)
        self.assertIn("Not signed", text)
        self.assertIn("Nobody to sign", text)
        self.assertIn("Provisional document", text)

    def test_it_is_escaped(self):
        self.mission.conclusion = "<script>alert(1)</script>"
        self.assertNotIn("<script>alert", self._html())

    def test_it_is_not_final_while_bytes_are_missing(self):
        mission = self._work()
        data = jpeg("green")
        work = mission.with_user(self.tech_user)
        work.action_add_photo({"uuid": "c" * 32, "sha256": seal.bytes_digest(data)})
        work.action_done()
        self.assertFalse(mission._get_report_attachment())
        self.assertIn("1 file(s) taken on site have not been received yet", self._text(mission))
        self.assertIn("Not received yet", self._text(mission))
        mission.photo_ids.filtered(lambda one: one.state == "waiting")._store_bytes(data)
        self.assertTrue(mission._get_report_attachment())

    def test_the_pdf_is_made_kept_and_sealed_once(self):
        report = self.mission.with_user(self.planner)._get_report_attachment()
        self.assertEqual(report.mimetype, "application/pdf")
        self.assertEqual(report.name, f"Service report {self.mission.name.replace('/', '-')}.pdf")
        self.assertEqual((report.res_model, report.res_id), ("field.mission", self.mission.id))
        self.assertEqual(self.mission.report_attachment_id, report)
        line = self._line(self.mission, "report")
        self.assertEqual(line.author_id, self.env.ref("base.user_root"))
        self.assertEqual(line.bytes_sha256, seal.bytes_digest(report.raw))
        self.assertFalse(self.mission.evidence_dossier_id.report_due)
        self.assertEqual(self.mission._get_report_attachment(), report)
        # Printing gives the very file that was handed over.
        printed = (
            self.env["ir.actions.report"]
            .with_user(self.planner)
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf("field_evidence.action_report_intervention", self.mission.ids)[0]
        )
        self.assertEqual(printed, report.raw)
        self.assertIntact(self.mission)

    def test_a_later_correction_makes_another_version(self):
        first = self.mission._get_report_attachment()
        self.mission.action_set_conclusion("Valve replaced, pump cleaned")
        self.env.cr.flush()
        self.assertTrue(self.mission.evidence_dossier_id.report_due)
        second = self.mission._get_report_attachment()
        self.assertNotEqual(second, first)
        self.assertTrue(second.name.endswith(" v2.pdf"))
        self.assertTrue(first.exists())
        self.mission.with_user(self.planner).action_validate()
        self.assertEqual(self.mission._get_report_attachment(), second)
        self.assertIntact(self.mission)

    def test_proof_links_lead_to_the_report(self):
        running = self._work(self._planned(technician_id=self.tech2.id), self.tech2_user)
        links = (self.mission | running)._get_proof_links()
        self.assertEqual(links[running.id], [])
        (link,) = links[self.mission.id]
        report = self.env["ir.attachment"].browse(link["attachment_id"])
        self.assertEqual(report, self.mission.report_attachment_id)
        self.assertEqual(link["name"], report.name)

    def test_many_reports_are_left_to_the_cron(self):
        missions = self.mission
        with patch("odoo.addons.field_evidence.models.field_mission_report.REPORTS_AT_ONCE", 0):
            self.assertEqual(missions._get_proof_links(), {self.mission.id: []})
        self.assertTrue(self.mission.evidence_dossier_id.report_due)

    def test_a_report_that_fails_stops_nobody(self):
        broken = patch.object(
            type(self.env["ir.actions.report"]),
            "_run_wkhtmltopdf",
            side_effect=UserError("No PDF today"),
        )
        with broken:
            self.assertEqual(self.mission._get_proof_links(), {self.mission.id: []})
        self.assertTrue(self.mission._get_proof_links()[self.mission.id])

    def test_prices_are_printed_where_the_customer_reads_them(self):
        line = {
            "name": "Call-out fee",
            "quantity": 1.5,
            "uom": "Hours",
            "price_unit": 60.0,
            "subtotal": 90.0,
            "currency": self.company.currency_id,
        }
        mission = type(self.env["field.mission"])
        prices = {self.mission.id: [line, {**line, "subtotal": 10.25}]}
        self.assertNotIn("Price", self._text())
        with patch.object(mission, "_get_price_lines", lambda missions: prices):
            text = self._text().replace("\xa0", " ")
        for expected in ("Call-out fee", "1.5 Hours", "60.00", "90.00", "Total", "100.25"):
            self.assertIn(expected, text)

    def test_pages_are_numbered_in_any_build(self):
        pdf = PdfFileReader(io.BytesIO(self.mission._get_report_attachment().raw))
        text = pdf.getPage(0).extractText()
        self.assertIn(f"1 / {pdf.getNumPages()}", text)
        self.assertIn(self.mission.name, text)

    def test_several_missions_print_as_one_document(self):
        other = self._done(self._planned(technician_id=self.tech2.id), self.tech2_user)
        content = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(
                "field_evidence.action_report_intervention", (self.mission | other).ids
            )[0]
        )
        pdf = PdfFileReader(io.BytesIO(content))
        text = "".join(pdf.getPage(number).extractText() for number in range(pdf.getNumPages()))
        self.assertIn(self.mission.name, text)
        self.assertIn(other.name, text)

    def test_the_cron_makes_what_is_due(self):
        other = self._done(self._planned(technician_id=self.tech2.id), self.tech2_user)
        missions = self.mission | other
        self.assertEqual(missions.evidence_dossier_id.mapped("report_due"), [True, True])
        cron = self.env.ref("field_evidence.ir_cron_make_reports")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(missions.evidence_dossier_id.mapped("report_due"), [False, False])
        self.assertEqual(len(missions.report_attachment_id), 2)
        attachments = missions.report_attachment_id
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(missions.report_attachment_id, attachments)

    def test_a_failure_is_told_to_the_office_and_not_repeated(self):
        self.company.field_office_user_id = self.planner
        cron = self.env.ref("field_evidence.ir_cron_make_reports")
        broken = patch.object(
            type(self.env["ir.actions.report"]),
            "_run_wkhtmltopdf",
            side_effect=UserError("No PDF today"),
        )
        with broken, self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.mission.evidence_dossier_id.report_due)
        self.assertIn("No PDF today", "".join(self.mission.activity_ids.mapped("note")))
        # The next who asks for it tries again.
        self.assertTrue(self.mission._get_report_attachment())

    def test_photos_are_made_small_and_lose_their_metadata(self):
        buffer = io.BytesIO()
        exif = Image.Exif()
        exif[0x010E] = "GPS of the customer's safe"
        Image.effect_noise((2400, 1800), 80).convert("RGB").save(buffer, "JPEG", exif=exif)
        mission = self._planned(service_type_id=self.bare_type.id)
        mission.with_user(self.tech_user).action_arrive()
        self._send_photo(mission, data=buffer.getvalue())
        html = self._html(mission)
        self.assertLess(len(html), 400_000)
        self.assertNotIn("R1BTIG9m", html)

    def test_a_damaged_picture_does_not_stop_the_report(self):
        photo = self.mission.photo_ids.filtered(lambda one: one.kind == "photo")
        bad = self.env["ir.attachment"].create({"name": "bad", "raw": b"\xff\xd8\xffnot a picture"})
        self._sql(
            "UPDATE ir_attachment SET store_fname = %s WHERE id = %s",
            bad.store_fname,
            photo.attachment_id.id,
        )
        self.assertIn("This picture can't be shown", self._text())

    def test_siren(self):
        self.assertEqual(siren_of("123 456 782 00010", False), "123 456 782")
        self.assertEqual(siren_of("123456782", ""), "123 456 782")
        self.assertEqual(siren_of(False, "FR 32 123456782"), "123 456 782")
        self.assertEqual(siren_of("RCS Quimper B 12", "FR32123456782"), "123 456 782")
        self.assertEqual(siren_of("HRB 12", "DE123456789"), "")
        self.assertEqual(siren_of(False, False), "")
