import base64
import uuid
from email import message_from_bytes, policy
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.field_mission.tests.smtp import smtp_server

from .. import seal
from .common import FieldEvidenceCommon, jpeg


@tagged("post_install", "-at_install")
class TestNotice(FieldEvidenceCommon):
    """Who signed is mailed the number of sealed items and their head."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.customer.lang = "en_US"
        cls.leroy = cls.env["res.partner"].create(
            {"name": "Mme LEROY", "email": "Leroy <leroy@example.com>", "lang": "en_US"}
        )
        cls.reader = cls.env["res.partner"].create({"name": "Desk", "email": "desk@example.com"})
        cls.env["field.site.contact"].create(
            [
                {"site_id": cls.site.id, "partner_id": cls.leroy.id},
                {"site_id": cls.site.id, "partner_id": cls.reader.id, "report": True},
            ]
        )
        cls.cron = cls.env.ref("field_evidence.ir_cron_make_reports")
        cls.notices = cls.env["field.evidence.notice"]

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def _of(self, mission):
        return self.notices.search([("mission_id", "=", mission.id)])

    def test_the_signer_is_told_count_and_head(self):
        mails = self.env["mail.mail"].search([])
        mission = self._done()
        self._run_cron()
        notice = self._of(mission)
        self.assertEqual(notice.partner_id, self.leroy)
        self.assertEqual(notice.email, "leroy@example.com")
        self.assertEqual(notice.count, mission.evidence_closed_count)
        self.assertEqual(notice.head_hash, mission.evidence_closed_hash)
        mail = (self.env["mail.mail"].search([]) - mails).filtered(
            lambda one: self.leroy in one.recipient_ids
        )
        self.assertIn(notice.head_hash, mail.body_html)
        self.assertIn(f"/field/check/{mission.evidence_dossier_id.uuid}", mail.body_html)
        self.assertIn(self.company.name, mail.subject)
        self._run_cron()
        self.assertEqual(self._of(mission), notice)
        self.assertIntact(mission)

    def test_it_arrives(self):
        mission = self._done()
        before = self.env["mail.mail"].search([])
        self._run_cron()
        mail = (self.env["mail.mail"].search([]) - before).filtered(
            lambda one: self.leroy in one.recipient_ids
        )
        with smtp_server() as (port, received):
            server = self.env["ir.mail_server"].create(
                {
                    "name": "Local",
                    "smtp_host": "127.0.0.1",
                    "smtp_port": port,
                    "smtp_encryption": "none",
                    "smtp_authentication": "login",
                }
            )
            mail.mail_server_id = server
            with patch.object(type(server), "_disable_send", lambda *_args: False):
                mail.send()
        self.assertEqual([one.rcpt_tos for one in received], [["leroy@example.com"]])
        body = message_from_bytes(received[0].content, policy=policy.default)
        text = body.get_body(("html",)).get_content()
        self.assertIn(mission.evidence_closed_hash, text)

    def test_files_on_their_way_are_told_and_the_last_one_tells_again(self):
        mission = self._work()
        data, photos = jpeg("green"), self.env["field.photo"].with_user(self.tech_user)
        name = mission.with_user(self.tech_user).action_add_photo(
            {"uuid": str(uuid.uuid4()), "sha256": seal.bytes_digest(data)}
        )
        mission.with_user(self.tech_user).action_done(at="2026-11-30 09:15:00")
        self.env.cr.flush()
        self._run_cron()
        first = self._of(mission)
        self.assertEqual(first.missing_count, 1)
        photos.action_receive(name, base64.b64encode(data).decode())
        self.env.cr.flush()
        self._run_cron()
        second = self._of(mission) - first
        self.assertEqual(second.missing_count, 0)
        self.assertGreater(second.count, first.count)
        self.assertIntact(mission)

    def test_a_refused_signature_tells_who_gets_the_reports(self):
        mission = self._planned(service_type_id=self.bare_type.id)
        work = mission.with_user(self.tech_user)
        work.action_arrive(at="2026-11-30 08:05:00")
        work.action_sign({"refusal_reason": "Nobody there"})
        work.action_done(at="2026-11-30 09:15:00")
        self.env.cr.flush()
        self._run_cron()
        self.assertEqual(self._of(mission).partner_id, self.reader)

    def test_nobody_known_or_not_wanted_is_skipped(self):
        self.leroy.email = self.reader.email = False
        mission = self._done()
        self._run_cron()
        self.assertFalse(self._of(mission))
        self.assertFalse(mission.evidence_dossier_id.notice_due)
        self.leroy.email = "leroy@example.com"
        self.company.field_head_mail = False
        other = self._done(self._planned(technician_id=self.tech2.id), self.tech2_user)
        self._run_cron()
        self.assertFalse(self._of(other))

    def test_a_journal_made_anew_is_contradicted_by_the_message(self):
        mission = self._done()
        self._run_cron()
        notice = self._of(mission)
        self._force(
            "UPDATE field_evidence_notice SET head_hash = md5('x') || md5('y') WHERE id = %s",
            notice.id,
        )
        verdict, findings = self._verify(mission)
        self.assertEqual(verdict, "altered")
        self.assertIn("the message to leroy@example.com", " ".join(f["text"] for f in findings))

    def test_who_reads_notices(self):
        mission = self._done()
        self._run_cron()
        notice = self._of(mission)
        self.assertEqual(notice.with_user(self.planner).email, "leroy@example.com")
        for user in (self.tech_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                notice.with_user(user).read(["email"])
        with self.assertRaises(AccessError):
            notice.with_user(self.planner).write({"email": "x@example.com"})
        other = self.env["res.company"].create({"name": "Other"})
        away = self._user("planner3", "field_mission.group_field_planner")
        away.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.notices.with_user(away).search([("id", "=", notice.id)]))
