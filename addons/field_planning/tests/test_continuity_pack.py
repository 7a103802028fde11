import io
from datetime import datetime, timedelta
from unittest.mock import patch

from pypdf import PdfReader

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models import field_continuity_pack
from .common import MONDAY, FieldPlanningCommon

SUNDAY_EVENING = datetime(2026, 11, 29, 17, 30)  # 18:30 in Paris


@tagged("post_install", "-at_install")
@freeze_time(SUNDAY_EVENING)
class TestContinuityPack(FieldPlanningCommon):
    """Tomorrow's sheets by mail, each evening."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.company"].search([]).field_pack = False
        cls.reader = cls.env["res.partner"].create(
            {"name": "Boss", "email": "boss@example.com", "lang": cls.env.user.lang}
        )
        cls.company.write(
            {
                "field_pack": True,
                "field_pack_hour": 18.0,
                "field_pack_partner_ids": cls.reader.ids,
                "email": "office@example.com",
            }
        )
        cls.Pack = cls.env["field.continuity.pack"]

    def _cron(self):
        """A run of the cron, without its commits."""
        self.env.flush_all()
        # No server answers for the style sheets in these tests.
        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=60.0),
            mute_logger("odoo.addons.base.models.ir_actions_report"),
        ):
            self.Pack.with_context(force_report_rendering=True)._cron_send()
        return self.Pack.search([("company_id", "=", self.company.id)])

    def test_sent_once_with_the_sheets_and_the_table(self):
        self._plan(self._mission("Mill", 5), 9)
        self._plan(self._mission("Farm", 6, technician=self.tech2), 9)
        pack = self._cron()
        self.assertEqual((len(pack), pack.day, pack.outcome), (1, MONDAY, "made"))
        self.assertEqual((pack.tour_count, pack.visit_count), (2, 2))
        mail = pack.mail_ids
        self.assertEqual(mail.recipient_ids, self.reader)
        names = sorted(mail.attachment_ids.mapped("name"))
        self.assertEqual([name.rsplit(".", 1)[1] for name in names], ["pdf", "xlsx"])
        pdf = mail.attachment_ids.filtered(lambda file: file.name.endswith(".pdf"))
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.raw)).pages)
        for word in ("Mill", "Farm", "Ana", "Bo"):
            self.assertIn(word, text)
        self.assertEqual(pack.state, "queued")
        mail.state = "sent"
        self.assertEqual(pack.state, "sent")
        self.assertEqual(self._cron().mail_ids, mail)
        export = self.env["field.roundtrip.export"].search([], limit=1)
        self.assertEqual(export.state, "ready")
        self.assertFalse(export.user_id, "nobody exported it")

    def test_not_before_the_hour_and_not_without_being_asked(self):
        self._plan(self._mission("Mill", 5), 9)
        with freeze_time(SUNDAY_EVENING - timedelta(hours=1)):
            self.assertFalse(self._cron())
        self.company.field_pack = False
        self.assertFalse(self._cron())

    def test_empty_day_sends_nothing_and_says_so(self):
        pack = self._cron()
        self.assertEqual((pack.state, pack.mail_count), ("empty", 0))

    def test_a_file_a_team_and_mails_that_are_not_too_big(self):
        team = self.env["field.team"].create({"name": "North"})
        self.tech2.field_team_id = team
        self._plan(self._mission("Mill", 5), 9)
        self._plan(self._mission("Farm", 6, technician=self.tech2), 9)
        self.company.field_pack_by_team = True
        with patch.object(field_continuity_pack, "MEGABYTE", 1500):
            pack = self._cron()
        self.assertEqual(pack.mail_count, 3)
        self.assertTrue(all(len(mail.attachment_ids) == 1 for mail in pack.mail_ids))
        self.assertTrue(
            any("North" in name for name in pack.mail_ids.attachment_ids.mapped("name"))
        )
        self.assertIn("(1/3)", pack.mail_ids.sorted("id")[0].subject)

    def test_failures_are_told_and_tried_again(self):
        self._plan(self._mission("Mill", 5), 9)
        report = type(self.env["ir.actions.report"])
        with patch.object(report, "_render_qweb_pdf", side_effect=ValueError("no paper")):
            pack = self._cron()
        self.assertEqual((pack.state, pack.message, pack.attempts), ("failed", "no paper", 1))
        self.assertFalse(pack.mail_ids)
        pack = self._cron()
        self.assertEqual((pack.outcome, pack.attempts, pack.message), ("made", 2, False))
        self.company.field_pack_partner_ids = False
        pack.with_user(self.planner).action_resend()
        self.assertEqual(self._cron().state, "failed")

    def test_planners_send_again_nobody_else(self):
        self._plan(self._mission("Mill", 5), 9)
        pack = self._cron()
        first = pack.mail_ids
        for user in (self.tech_user, self.sub_user, self.office):
            with self.assertRaises(AccessError):
                pack.with_user(user).action_resend()
        pack.with_user(self.planner).action_resend()
        self._cron()
        self.assertTrue(pack.mail_ids)
        self.assertFalse(pack.mail_ids & first)
        with self.assertRaises(AccessError):
            pack.with_user(self.planner).write({"day": "2026-12-24"})

    def test_files_are_forgotten_after_a_week(self):
        self._plan(self._mission("Mill", 5), 9)
        pack = self._cron()
        files = pack.mail_ids.attachment_ids
        pack.mail_ids.state = "sent"
        with freeze_time(SUNDAY_EVENING + timedelta(days=9)):
            self.Pack._gc_old()
        self.assertFalse(files.exists())
        self.assertTrue(pack.exists())
