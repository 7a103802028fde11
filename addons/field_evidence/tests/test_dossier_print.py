import io
import os
import re
import shutil
import subprocess
import time

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from .common import FieldEvidenceCommon


def noisy_jpeg(size=(1600, 1200)):
    """Return a picture of its own, as big as a phone sends it."""
    picture = Image.effect_noise((size[0] // 8, size[1] // 8), 60).convert("RGB").resize(size)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=80)
    return data.getvalue() + os.urandom(16)


@tagged("post_install", "-at_install")
class TestDossierPrint(FieldEvidenceCommon):
    """The dossier as a PDF: a summary page and an annex, made in the background."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.customer.lang = cls.env.user.lang = cls.planner.lang = "en_US"
        cls.prints = cls.env["field.dossier.print"]
        cls.cron = cls.env.ref("field_evidence.ir_cron_print_dossiers")
        cls.mission = cls._done()

    def _ask(self, mission=None, user=None):
        mission = (mission or self.mission).with_user(user or self.planner)
        return self.prints.browse(mission.action_print_dossier()["res_id"])

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def _read(self, pdf):
        """Return what a reader of PDF files finds in one: ``(text, pages, size of the first)``."""
        reader = PdfFileReader(io.BytesIO(pdf))
        pages = [reader.getPage(number) for number in range(reader.getNumPages())]
        size = pages[0].mediaBox
        text = "\n".join(page.extractText() for page in pages)
        if shutil.which("pdftotext"):
            run = subprocess.run(
                ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
            )
            text = run.stdout.decode()
        return text, len(pages), (round(size.getWidth()), round(size.getHeight()))

    def test_everything_is_in_it(self):
        self.env["field.position"].create(
            {
                "mission_id": self.mission.id,
                "user_id": self.tech_user.id,
                "moment": "arrive",
                "on_site": True,
                "latitude": 48.123,
                "longitude": -4.321,
                "date": "2026-11-30 08:05:00",
            }
        )
        run = self._ask()
        self.assertEqual((run.state, run.progress), ("running", 0))
        self._run_cron()
        self.assertEqual((run.state, run.progress, run.error), ("done", 100, False))
        text, pages, size = self._read(run.attachment_id.raw)
        # Headings are in capitals, and a reader of PDF files puts spaces where it likes.
        flat = re.sub(r"\s+", "", text).lower()
        photo = self.mission.photo_ids.filtered(lambda one: one.kind == "photo")
        for shown in (
            self.mission.name,
            self.customer.name,
            self.site.name,
            "Mme Leroy",
            "Caretaker",
            "Intact",
            "Leak",
            "Valve",
            "2.5",
            "1.4 bar",
            "Tap broken",
            "Paint to redo",
            "Ana Tech",
            "Presence on the site",
            "Scan to check",
            self.mission.evidence_head,
            photo.sha256,
            *self.mission.evidence_ids.mapped("hash"),
        ):
            self.assertIn(re.sub(r"\s+", "", shown).lower(), flat)
        self.assertNotIn("48.12", text)
        self.assertNotIn("4.32", text)
        self.assertGreaterEqual(pages, 4)
        self.assertIn(f"{pages}/{pages}", flat)
        self.assertEqual(size, (595, 842))
        self.assertIntact(self.mission)

    def test_sixty_photos_within_fifteen_seconds(self):
        mission = self._work(
            self._planned(technician_id=self.tech2.id, description="Roof"), self.tech2_user
        )
        for number in range(59):
            self._send_photo(
                mission,
                self.tech2_user,
                data=noisy_jpeg(),
                stage=("before", "during", "after")[number // 20],
                caption=f"Picture {number}",
            )
        mission.with_user(self.tech2_user).action_done(at="2026-11-30 09:15:00")
        self.env.cr.flush()
        run = self._ask(mission)
        self.assertEqual(run.photo_count, 60)
        start = time.monotonic()
        # A cron gives way to others after some seconds, and goes on where it was.
        while run.state == "running":
            self._run_cron()
        self.assertLess(time.monotonic() - start, 15 * self._slack())
        self.assertEqual(run.state, "done")
        text = " ".join(self._read(run.attachment_id.raw)[0].split())
        for number in range(59):
            self.assertIn(f"Picture {number} ", text)
        self.assertLess(len(run.attachment_id.raw), 12_000_000)

    @staticmethod
    def _slack():
        """Return by how much a busy machine may be slower."""
        return max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))

    def test_what_was_touched_is_on_the_first_page(self):
        self._sql("UPDATE field_signature SET name = 'M. X' WHERE mission_id = %s", self.mission.id)
        sheet = self.mission._get_dossier_sheet()
        self.assertEqual(sheet["verdict"]["verdict"], "altered")
        self.assertIn("M. X", " ".join(sheet["verdict"]["texts"]))

    def test_a_stopped_worker_goes_on_with_the_next_part(self):
        run = self._ask()
        steps = run._make()
        next(steps)
        next(steps)
        self.assertEqual(run.part_done, 1)
        self.assertGreater(run.progress, 0)
        parts = run._get_parts()
        steps.close()
        self._run_cron()
        self.assertEqual(run.state, "done")
        self.assertFalse(parts.exists())
        self.assertEqual(run.poll(), {"state": "done", "progress": 100})

    def test_a_part_that_kills_the_worker_is_not_tried_for_ever(self):
        run = self._ask()
        for _kill in range(3):
            steps = run._make()
            next(steps)
            steps.close()
        self._run_cron()
        self.assertEqual(run.state, "failed")
        self.assertIn("stopped each time", run.error)
        # Who asks again gets another try.
        self.assertNotEqual(self._ask(), run)

    def test_what_is_sealed_meanwhile_is_in_it(self):
        run = self._ask()
        steps = run._make()
        next(steps)
        next(steps)
        steps.close()
        self.mission.action_set_conclusion("Valve and pump replaced")
        self.env.cr.flush()
        self._run_cron()
        self.assertEqual(run.head_hash, self.mission.evidence_head)
        self.assertEqual(run.count, self.mission.evidence_count)
        self.assertEqual(run.state, "done")

    def test_it_is_made_once_until_something_changes(self):
        run = self._ask()
        self.assertEqual(self._ask(), run)
        self._run_cron()
        self.assertEqual(self._ask(), run)
        self.mission.action_set_conclusion("Valve and pump replaced")
        self.env.cr.flush()
        self.assertNotEqual(self._ask(), run)

    def test_it_is_the_offices(self):
        run = self._ask()
        with self.assertRaises(UserError):
            run.with_user(self.planner).action_download()
        self._run_cron()
        file = run.attachment_id
        self.assertIn(str(file.id), run.with_user(self.planner).action_download()["url"])
        self.assertTrue(file.with_user(self.planner).raw)
        for user in (self.tech_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                self._ask(user=user)
            with self.assertRaises(AccessError):
                run.with_user(user).poll()
            with self.assertRaises(AccessError):
                file.with_user(user).read(["name"])
        with self.assertRaises(AccessError):
            run.with_user(self.planner).write({"state": "failed"})
        other = self.env["res.company"].create({"name": "Other"})
        away = self._user("planner4", "field_mission.group_field_planner")
        away.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.prints.with_user(away).search([("id", "=", run.id)]))

    def test_nothing_sealed_gives_no_dossier(self):
        with self.assertRaisesRegex(UserError, "Nothing of"):
            self._ask(self._planned(technician_id=self.tech2.id))
