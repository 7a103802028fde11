import io
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from odoo.tests import HttpCase, tagged

from .common import FieldEvidenceCommon


@tagged("post_install", "-at_install")
class TestDossierFile(HttpCase, FieldEvidenceCommon):
    """The ZIP file that settles a dispute, and the public page that a report's code leads to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.customer.lang = "en_US"
        cls.mission = cls._done()
        cls.dossier = cls.mission.evidence_dossier_id
        for user in (cls.planner, cls.tech_user):
            user.password = user.login + "-password"

    def _page(self, **params):
        response = self.url_open(f"/field/check/{self.dossier.uuid}", params=params)
        return response, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))

    def _closing(self):
        return {"count": self.dossier.closed_count, "head": self.dossier.closed_hash}

    def test_the_zip_is_accepted_by_sha256sum(self):
        self.authenticate(self.planner.login, self.planner.login + "-password")
        self.mission._make_report()
        response = self.url_open(f"/field/dossier/{self.mission.id}")
        self.assertEqual(response.status_code, 200)
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            archive.extractall(folder)
        (own,) = folder.iterdir()
        names = {path.name for path in own.iterdir()}
        self.assertLessEqual({"journal.jsonl", "head.json", "LISEZMOI.txt", "SHA256SUMS"}, names)
        self.assertTrue(list((own / "files").glob("*-report.pdf")))
        command = ["sha256sum", "-c", "SHA256SUMS"]
        run = subprocess.run(command, cwd=own, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("/field/check/", (own / "LISEZMOI.txt").read_text("utf-8"))
        photo = next((own / "files").glob("*-photo.jpg"))
        photo.write_bytes(photo.read_bytes()[:-1] + b"x")
        run = subprocess.run(command, cwd=own, capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)

    def test_the_check_page_can_be_translated(self):
        view = self.env.ref("field_evidence.check_page_content")
        terms = " ".join(view._fields["arch_db"].get_trans_terms(view.arch_db))
        for words in ("Items sealed", "This document is the one sealed on", "No such dossier here"):
            self.assertIn(words, terms)

    def test_the_zip_is_the_offices(self):
        self.assertNotIn(
            b"PK", self.url_open(f"/field/dossier/{self.mission.id}", timeout=60).content[:2]
        )
        self.authenticate(self.tech_user.login, self.tech_user.login + "-password")
        self.assertEqual(self.url_open(f"/field/dossier/{self.mission.id}").status_code, 404)

    def test_the_code_of_a_report_is_checked_by_anybody(self):
        response, text = self._page(**self._closing())
        self.assertEqual(response.status_code, 200)
        self.assertIn("This document is the one sealed on", text)
        self.assertIn(self.dossier.closed_hash, text)
        for private in (
            *(self.customer.name, self.site.name, self.mission.name, "Ana", "Leroy"),
            self.mission.conclusion,
        ):
            self.assertNotIn(private, response.text)

    def test_other_heads_are_not_taken_for_sealed_ones(self):
        for params in (
            {**self._closing(), "head": "0" * 64},
            {**self._closing(), "count": self.dossier.closed_count - 1},
            {"count": "x" * 500, "head": "<script>alert(1)</script>"},
            {"count": "9" * 30, "head": ""},
        ):
            response, text = self._page(**params)
            self.assertIn("not the one that was sealed", text)
            self.assertNotIn("<script>", response.text)
        self.assertIn("This dossier exists", self._page()[1])

    def test_a_former_version_is_told(self):
        former = self._closing()
        self.mission.action_set_conclusion("Valve replaced, pump cleaned")
        self.env.cr.flush()
        self.assertIn("A later version exists", self._page(**former)[1])
        self.assertIn("is the one sealed", self._page(**self._closing())[1])

    def test_a_touched_journal_is_told(self):
        self._force(
            "UPDATE field_evidence SET author_id = 1 WHERE id = %s", self.mission.evidence_ids[3].id
        )
        self.assertIn("was touched", self._page(**self._closing())[1])

    def test_unknown_dossiers(self):
        for token in ("x", "0" * 36, "00000000-0000-4000-8000-000000000000", "%27%20or%201=1"):
            response = self.url_open(f"/field/check/{token}")
            self.assertEqual(response.status_code, 404)
            self.assertNotIn(self.company.name, response.text)

    def test_the_report_prints_the_code(self):
        sheet = self.mission._get_report_sheet()
        self.assertTrue(sheet["seal"]["check"].startswith("data:image/png;base64,"))
        self.assertFalse(
            self._work(
                self._planned(technician_id=self.tech2.id), self.tech2_user
            )._get_report_sheet()["seal"]["check"]
        )
