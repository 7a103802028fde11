import io
import zipfile
from datetime import date

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SlaCommon, at, paris

MAIL = """Return-Path: <{sender}>
To: complaints@{domain}
From: {sender}
Subject: {subject}
Message-ID: <{ident}@test.example>
References: {references}
Content-Type: text/plain; charset=utf-8

{body}
"""


@tagged("post_install", "-at_install")
class TestComplaints(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.field_office_user_id = cls.planner

    def _complaint(self, user=None, **vals):
        return (
            self.env["field.complaint"]
            .with_user(user or self.planner)
            .create({"subject": "Nobody came", "partner_id": self.customer.id, **vals})
        )

    def test_registered_by_phone(self):
        mission = self._mission("2026-12-01 08:00")
        with at("2026-12-01 23:30"):
            with Form(self.env["field.complaint"].with_user(self.planner)) as form:
                form.subject = "Nobody came"
                form.mission_id = mission
                form.gravity = "major"
            complaint = form.save()
        self.assertRecordValues(
            complaint,
            [
                {
                    "state": "new",
                    "partner_id": self.customer.id,
                    "site_id": self.site.id,
                    "request_id": mission.request_id.id,
                    "user_id": self.planner.id,
                    "date_due": date(2026, 12, 6),
                    "origin": "phone",
                }
            ],
        )
        self.assertTrue(complaint.name.startswith("REC/"))
        self.assertRecordValues(
            complaint.activity_ids,
            [{"user_id": self.planner.id, "date_deadline": date(2026, 12, 6)}],
        )
        self.assertEqual(mission.complaint_count, 1)
        complaint.gravity = "critical"
        self.assertEqual(complaint.date_due, date(2026, 12, 2))

    def test_way_to_the_end(self):
        with at("2026-12-01 08:00"):
            complaint = self._complaint(contact_id=self.customer.id)
            complaint.action_take()
        with at("2026-12-02 10:30"):
            with self.assertRaisesRegex(UserError, "write the answer"):
                complaint.action_answer()
            complaint.answer = "We are sorry <b>"
            complaint.action_answer()
        self.assertRecordValues(
            complaint,
            [{"state": "answered", "date_first_answer": paris("2026-12-02 10:30"),
              "first_answer_hours": 26.5}],
        )  # fmt: skip
        self.assertFalse(complaint.activity_ids)
        sent = complaint.message_ids.filtered(lambda m: self.customer in m.notified_partner_ids)
        self.assertEqual(len(sent), 1)
        self.assertIn("sorry &lt;b&gt;", sent.body)
        self.assertIn(complaint.name, sent.subject)
        with self.assertRaisesRegex(UserError, "Cause.*Outcome"):
            complaint.action_close()
        complaint.write({"cause": "Ill technician", "outcome": "founded"})
        complaint.action_close()
        self.assertEqual((complaint.state, complaint.closed_by_id), ("closed", self.planner))
        with at("2026-12-04 08:00"):
            complaint.action_reopen()
        self.assertRecordValues(
            complaint, [{"state": "in_progress", "reopen_count": 1, "date_closed": False}]
        )
        self.assertEqual(complaint.activity_ids.user_id, self.planner)
        with at("2026-12-05 08:00"):
            complaint.action_answer_otherwise()
        self.assertEqual(complaint.date_first_answer, paris("2026-12-02 10:30"), "the first stays")

    def test_steps_only(self):
        complaint = self._complaint()
        for vals in ({"state": "closed"}, {"reopen_count": 0}, {"date_first_answer": "2026-01-01"}):
            with self.assertRaisesRegex(UserError, "by the buttons only"):
                complaint.write(vals)
        with self.assertRaisesRegex(UserError, "by the buttons only"):
            self._complaint(state="closed")
        with self.assertRaisesRegex(UserError, "“New”"):
            complaint.action_reopen()
        with self.assertRaisesRegex(UserError, "is kept"):
            complaint.sudo().unlink()

    def test_an_answer_needs_somebody(self):
        self.customer.email = False
        complaint = self._complaint(answer="Sorry", complainant="Jo, 06 00 00 00 00")
        with self.assertRaisesRegex(UserError, "nobody can receive"):
            complaint.action_answer()
        self.assertFalse(complaint.date_first_answer)
        complaint.action_answer_otherwise()
        self.assertEqual(complaint.state, "answered")

    def test_owner_is_told_once(self):
        complaint = self._complaint()
        first = complaint.activity_ids
        self.assertEqual(first.user_id, self.planner)
        complaint.user_id = self.manager
        self.assertEqual(complaint.activity_ids.user_id, self.manager)
        self.assertEqual(len(complaint.activity_ids), 1)
        complaint.user_id = self.manager
        self.assertEqual(len(complaint.activity_ids), 1)

    def test_overdue(self):
        with at("2026-12-01 08:00"):
            complaint = self._complaint(gravity="critical")
            self.assertFalse(complaint.is_overdue)
        with at("2026-12-03 08:00"):
            complaint.invalidate_recordset(["is_overdue"])
            self.assertTrue(complaint.is_overdue)
            mine = [("id", "=", complaint.id)]
            records = self.env["field.complaint"].with_user(self.planner)
            self.assertTrue(records.search([("is_overdue", "=", True), *mine]))
            self.assertFalse(records.search([("is_overdue", "=", False), *mine]))

    def test_dossier(self):
        mission = self._mission("2026-12-01 08:00")
        complaint = self._complaint(
            mission_id=mission.id, description="Two hours of waiting", answer="Sorry"
        )
        complaint.message_post(body="Called back", message_type="comment")
        action = complaint.action_build_dossier()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "field.complaint"), ("res_id", "=", complaint.id)]
        )
        self.assertIn(f"/{attachment.id}?", action["url"])
        with zipfile.ZipFile(io.BytesIO(attachment.raw)) as archive:
            text = archive.read("complaint.txt").decode()
            names = archive.namelist()
        for words in ("Two hours of waiting", "Called back", complaint.name, mission.name):
            self.assertIn(words, text)
        self.assertIn(f"{mission.name.replace('/', '-')}/messages.txt", names)

    # ------------------------------------------------------------------ messages

    def _receive(self, sender, subject="Bad work", body="It leaks", ident="c1", references=""):
        domain = self.env["mail.alias.domain"].search([], limit=1) or self.env[
            "mail.alias.domain"
        ].create({"name": "example.com"})
        inboxes = self.env["field.request.inbox"]
        if not inboxes.search([("alias_name", "=", "complaints")]):
            inbox = inboxes.with_user(self.manager).create(
                {"name": "Complaints", "alias_name": "complaints", "purpose": "complaint"}
            )
            inbox.alias_id.sudo().alias_domain_id = domain
        text = MAIL.format(sender=sender, subject=subject, body=body, ident=ident,
                           references=references, domain=domain.name)  # fmt: skip
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            found = self.env["mail.thread"].message_process(False, text)
        return self.env["field.complaint"].browse(found)

    def test_a_message_becomes_a_complaint(self):
        complaint = self._receive("Customer <customer@example.com>")
        self.assertRecordValues(
            complaint,
            [{"origin": "mail", "subject": "Bad work", "partner_id": self.customer.id,
              "site_id": self.site.id, "contact_id": self.customer.id, "state": "new"}],
        )  # fmt: skip
        self.assertIn("It leaks", complaint.description)
        self.assertEqual(complaint.activity_ids.user_id, self.planner)

    def test_a_stranger_is_kept_and_answered(self):
        complaint = self._receive("Stranger <stranger@example.org>")
        self.assertFalse(complaint.partner_id)
        self.assertIn("Stranger", complaint.complainant)
        complaint = complaint.with_user(self.planner)
        complaint.answer = "Who are you?"
        complaint.action_answer()
        self.assertEqual(complaint.message_ids[0].outgoing_email_to, "stranger@example.org")

    def test_a_further_message_opens_it_again(self):
        complaint = self._receive("Customer <customer@example.com>").with_user(self.planner)
        complaint.answer = "Done"
        complaint.action_answer()
        answer = complaint.message_ids[0]
        again = self._receive("Customer <customer@example.com>", subject="Re: Bad work",
                              body="It still leaks", ident="c2",
                              references=answer.message_id)  # fmt: skip
        self.assertEqual(again.id, complaint.id)
        self.assertRecordValues(complaint, [{"state": "in_progress", "reopen_count": 1}])

    def test_purpose_of_an_address(self):
        inbox = self.env["field.request.inbox"].create({"name": "Any", "alias_name": "any-x"})
        self.assertEqual(inbox.alias_id.sudo().alias_model_id.model, "field.request")
        inbox.purpose = "complaint"
        self.assertEqual(inbox.alias_id.sudo().alias_model_id.model, "field.complaint")
        self.assertIn(str(inbox.id), inbox.alias_defaults)

    # ------------------------------------------------------------------ batches

    def _count(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_queries_do_not_grow(self):
        records = self.env["field.complaint"].with_user(self.planner)
        vals = {"subject": "Late", "partner_id": self.customer.id}
        records.create([vals] * 2)
        two = self._count(lambda: records.create([vals] * 2))
        many = self._count(lambda: records.create([vals] * 60))
        self.assertLessEqual(many - two, 12, f"{two} queries for 2, {many} for 60")
        found = records.search([("subject", "=", "Late")])
        found[:1].action_take()
        one = self._count(found[1].action_take)
        many = self._count(found[2:].action_take)
        self.assertLessEqual(many - one, 6, f"{one} queries for 1, {many} for {len(found) - 2}")
