from datetime import datetime, timedelta
from email import message_from_bytes, policy
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.field_mission.tests.smtp import smtp_server

from .common import FieldPlanningCommon

SUNDAY = "2026-11-29 10:00:00"


class MessagesCommon(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.email = "office@example.com"
        cls.mission = cls._plan(cls._mission("North", 5, 9), 9)
        # What is told is read in English, whatever language the company speaks.
        cls.mission.partner_id.lang = "en_US"
        cls.messages = cls.env["field.customer.message"]

    def _of(self, mission=None, kind=None):
        rows = (mission or self.mission).customer_message_ids.sorted("id")
        return rows.filtered(lambda row: not kind or row.kind == kind)

    def _send(self):
        rows = self.messages.search([("state", "=", "queued")], order="id")
        rows._send_now()
        return rows


@tagged("post_install", "-at_install")
class TestCustomerMessages(MessagesCommon):
    """Who is told what of a visit, once, and only what is true."""

    @freeze_time(SUNDAY)
    def test_confirmation_goes_through_the_mail_queue(self):
        self.mission.action_publish()
        made = self.mission._send_customer_messages("confirmation")
        self.assertEqual(made.state, "queued")
        self.assertFalse(self.env["mail.mail"].search([("model", "=", "field.mission")]))
        self._send()
        self.assertEqual(made.state, "sending")
        mail = made.mail_mail_id
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual((mail.model, mail.res_id), ("field.mission", self.mission.id))
        self.assertIn("9:00", mail.subject)
        self.assertIn("North", mail.body_html)
        self.assertIn(f"/my/missions/{self.mission.id}?access_token=", mail.body_html)
        mail._postprocess_sent_message([], [])
        self.assertEqual(made.state, "sent")
        self.assertTrue(made.date_sent)

    @freeze_time("2026-11-30 09:30:00")
    def test_a_missed_visit_is_told_with_the_link_of_its_notice(self):
        self.mission.action_publish()
        self.mission._send_customer_messages("confirmation")
        user = self.mission.technician_id.user_id
        self.mission.with_user(user).action_leave_notice({"kind": "customer_absent"})
        notice = self.mission.visit_notice_ids
        row = self._of(kind="missed_visit")
        self.assertEqual(len(row), 1)
        # The customer knows by now that nobody comes at that time: no second mail says it.
        self.assertFalse(self.mission.told_start)
        self.assertFalse(self.mission._get_message_kinds()[self.mission.id])
        self._send()
        self.assertEqual(row.state, "sending")
        self.assertIn(
            f"/visit-notice/{notice.id}/{notice.access_token}", row.mail_mail_id.body_html
        )
        self.assertIn("nobody could let us in", row.mail_mail_id.body_html)

    @freeze_time("2026-11-30 09:30:00")
    def test_the_slot_chosen_by_the_customer_is_planned(self):
        self.mission.action_publish()
        user = self.mission.technician_id.user_id
        self.mission.with_user(user).action_leave_notice({"kind": "customer_absent"})
        notice = self.mission.visit_notice_ids
        slots = notice._get_slots()
        self.assertGreater(min(slots), "2026-11-30")
        key = next(iter(slots))
        self.assertFalse(notice._choose(key))
        self.assertEqual(self.mission.state, "planned" if slots[key]["start"] else "to_reschedule")
        self.assertEqual(str(self.mission.promised_date), key.split("|")[0])

    @freeze_time(SUNDAY)
    def test_no_internal_note_is_told(self):
        self.mission.write({"instructions": "SECRET door", "description": "SECRET words"})
        self.mission.site_id.site_instructions = "SECRET dog"
        self.mission.action_publish()
        for kind in ("confirmation", "reminder", "visit_notice"):
            self.mission._send_customer_messages(kind)
        rows = self._send()
        self.assertEqual(len(rows), 3)
        for mail in rows.mail_mail_id:
            self.assertNotIn("SECRET", mail.body_html + mail.subject)

    @freeze_time(SUNDAY)
    def test_nobody_is_told_twice(self):
        self.mission.action_publish()
        self.mission._send_customer_messages("confirmation")
        self.mission._send_customer_messages("confirmation")
        self.mission._send_customer_messages("change")
        self.mission._send_customer_messages("reminder")
        self.mission._send_customer_messages("reminder")
        self.assertEqual(self._of().mapped("kind"), ["confirmation", "reminder"])

    @freeze_time(SUNDAY)
    def test_there_and_back_again_is_told_each_time(self):
        self.mission.promised_kind = "none"
        self.mission.action_publish()
        self.mission._send_customer_messages("confirmation")
        start = self.mission.planned_start
        for hours in (2, 0, 2):
            self.mission.planned_start = start + timedelta(hours=hours)
            self.assertFalse(
                self.mission._send_customer_messages("change"), "a draft is told to nobody"
            )
            self.mission.action_publish()
            self.mission._send_customer_messages("change")
        self.assertEqual(len(self._of(kind="change")), 3)

    @freeze_time(SUNDAY)
    def test_cancellation_and_confirmation_again(self):
        self.mission.action_publish()
        self.mission._send_customer_messages("confirmation")
        self._send()
        self.mission.action_unplan()
        self.assertEqual(self.mission._get_message_kinds()[self.mission.id], "cancellation")
        row = self.mission._send_customer_messages("cancellation")
        self._send()
        self.assertIn("postponed", row.mail_mail_id.subject)
        self.assertFalse(self.mission.told_start)
        self.mission.action_plan()
        self.mission.action_publish()
        self.assertEqual(self.mission._get_message_kinds()[self.mission.id], "confirmation")
        self.assertTrue(self.mission._send_customer_messages("confirmation"))

    @freeze_time(SUNDAY)
    def test_what_is_not_true_any_more_is_dropped(self):
        self.mission.action_publish()
        row = self.mission._send_customer_messages("confirmation")
        self.mission.action_cancel("Sold")
        self._send()
        self.assertEqual(row.state, "cancelled")
        self.assertFalse(row.mail_mail_id)

    @freeze_time(SUNDAY)
    def test_window_around_the_published_start(self):
        self.mission.promised_kind = "none"
        self.assertEqual(self.mission._get_customer_window()[self.mission.id], (None, None))
        self.mission.action_publish()
        first, last = self.mission._get_customer_window()[self.mission.id]
        self.assertEqual((first, last), (datetime(2026, 11, 30, 7), datetime(2026, 11, 30, 9)))
        self.mission.planned_start += timedelta(hours=3)
        self.assertEqual(
            self.mission._get_customer_window()[self.mission.id], (first, last), "not published"
        )
        self.company.field_window_minutes = 0
        first, last = self.mission._get_customer_window()[self.mission.id]
        self.assertEqual(first, last)

    @freeze_time(SUNDAY)
    def test_recipients(self):
        contact = self.env["res.partner"].create({"name": "Gus", "email": "gus@example.com"})
        lone = self.env["res.partner"].create({"name": "Lou"})
        site = self.mission.site_id
        self.mission.action_publish()
        rows = self.mission._get_recipients()[self.mission.id]
        self.assertEqual([row[0] for row in rows], [self.customer])
        site.site_contact_ids = [
            Command.create({"partner_id": contact.id, "planning": True}),
            Command.create({"partner_id": lone.id, "planning": True}),
            Command.create({"partner_id": self.customer.id}),
        ]
        made = self.mission._send_customer_messages("confirmation")
        self.assertEqual(
            {row.partner_id: row.state for row in made}, {contact: "queued", lone: "skipped"}
        )
        skipped = made.filtered(lambda row: row.state == "skipped")
        self.assertIn("no e-mail", skipped.reason)
        with self.assertRaises(UserError):
            skipped.with_user(self.planner).action_resend()
        lone.email = "lou@example.com"
        skipped.with_user(self.planner).action_resend()
        self.assertEqual(skipped.state, "queued")
        self._send()
        self.assertEqual(skipped.mail_mail_id.recipient_ids, lone)

    @freeze_time(SUNDAY)
    def test_switches(self):
        self.mission.action_publish()
        self.company.field_message_confirmation = False
        self.assertFalse(self.mission._send_customer_messages("confirmation"))
        self.company.field_message_confirmation = True
        self.customer.field_message_choice = "none"
        row = self.mission._send_customer_messages("confirmation")
        self.assertEqual(row.state, "skipped")
        self.assertIn("wants no messages", row.reason)

    @freeze_time(SUNDAY)
    def test_in_the_language_of_the_recipient(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.mission.action_publish()
        row = self.mission._send_customer_messages("confirmation")
        self._send()
        self.assertIn("lundi 30 novembre 2026", row.mail_mail_id.body_html)

    @freeze_time(SUNDAY)
    def test_delay_names_the_new_hour(self):
        self.mission.action_publish()
        expected = {self.mission.id: (datetime(2026, 11, 30, 9, 40), None)}
        row = self.mission._send_customer_messages("delay", expected=expected)
        self.assertFalse(self.mission._send_customer_messages("delay", expected=expected))
        self._send()
        self.assertIn("10:40", row.mail_mail_id.subject.replace(" ", " "))
        later = {self.mission.id: (datetime(2026, 11, 30, 10, 30), datetime(2026, 11, 30, 11, 30))}
        row = self.mission._send_customer_messages("delay", expected=later)
        self._send()
        for text in (row.mail_mail_id.subject, row.mail_mail_id.body_html):
            text = text.replace("\u202f", " ")
            self.assertIn("11:30", text, "from")
            self.assertIn("12:30", text, "until")

    @freeze_time(SUNDAY)
    def test_one_that_fails_stops_no_other(self):
        other = self._plan(self._mission("East", 6), 11)
        (self.mission | other).action_publish()
        rows = (self.mission | other)._send_customer_messages("confirmation")
        real = type(self.messages)._hand_over_mail

        def fail(records, kind):
            if self.mission in records.mission_id:
                raise ValueError("Broken template")
            return real(records, kind)

        with patch.object(type(self.messages), "_hand_over_mail", fail):
            self._send()
        self.assertEqual(rows.mapped("state"), ["failed", "sending"])
        self.assertEqual(rows[0].reason, "Broken template")
        rows[0].with_user(self.planner).action_resend()
        self._send()
        self.assertEqual(rows[0].state, "sending")

    @freeze_time(SUNDAY)
    def test_a_refused_mail_is_seen(self):
        self.mission.action_publish()
        row = self.mission._send_customer_messages("confirmation")
        self._send()
        row.mail_mail_id._postprocess_sent_message([], [], "No such user", "mail_email_invalid")
        self.assertEqual(row.state, "failed")
        self.assertIn("(No such user)", row.reason)
        row.mail_mail_id._postprocess_sent_message([], [], False, "mail_smtp")
        self.assertNotIn("mail_smtp", row.reason, "told in words")

    @freeze_time(SUNDAY)
    def test_a_refused_mail_is_told_in_the_company_s_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "fr_FR"
        label = self.env["ir.model.fields.selection"].search(
            [
                ("field_id.model", "=", "mail.mail"),
                ("field_id.name", "=", "failure_type"),
                ("value", "=", "mail_smtp"),
            ]
        )
        label.with_context(lang="fr_FR").name = "Serveur muet"
        self.mission.action_publish()
        row = self.mission._send_customer_messages("confirmation")
        self._send()
        cron = self.env(context={"lang": "en_US"})
        row.mail_mail_id.with_env(cron)._postprocess_sent_message([], [], False, "mail_smtp")
        self.assertEqual(row.reason, "Serveur muet")

    @freeze_time(SUNDAY)
    def test_dropped_by_hand(self):
        self.mission.action_publish()
        row = self.mission._send_customer_messages("confirmation")
        row.with_user(self.planner).action_drop()
        self.assertEqual(row.state, "cancelled")
        self.assertFalse(self._send())

    # ------------------------------------------------------------------ the day before

    def _due(self, moment):
        with freeze_time(moment):
            return self.env["field.mission"]._find_to_remind(self.company) & self.mission

    def test_reminder_at_the_hour_set_in_the_sites_time(self):
        self.mission.action_publish()
        # 16:00 in Paris is 15:00 UTC in winter.
        self.assertFalse(self._due("2026-11-29 14:59:00"))
        self.assertTrue(self._due("2026-11-29 15:00:00"))
        self.assertTrue(self._due("2026-11-29 22:00:00"))
        self.assertFalse(self._due("2026-11-29 23:30:00"), "it is the day itself by now")
        self.mission.site_id.tz = "America/Martinique"
        self.assertFalse(self._due("2026-11-29 15:00:00"))
        self.assertTrue(self._due("2026-11-29 20:00:00"))

    def test_reminder_on_days_when_the_clock_changes(self):
        self.mission.action_publish()
        for day, due in (
            # Spring: Sunday 29 March is UTC+2 from 3:00 on; the reminder of Saturday is UTC+1.
            ("2026-03-29 08:00:00", "2026-03-28 15:00:00"),
            # Autumn: Sunday 25 October is UTC+1 again; the reminder of Saturday is UTC+2.
            ("2026-10-25 08:00:00", "2026-10-24 14:00:00"),
        ):
            self.mission.planned_start = day
            self.mission.action_publish()
            moment = datetime.fromisoformat(due)
            self.assertFalse(self._due(moment - timedelta(minutes=1)))
            self.assertTrue(self._due(moment))

    def test_reminded_once_and_never_of_what_moved(self):
        self.mission.action_publish()
        evening = "2026-11-29 16:00:00"
        with freeze_time(evening):
            self._due(evening)._send_customer_messages("reminder")
        self.assertFalse(self._due(evening))
        self.assertEqual(len(self._of(kind="reminder")), 1)
        other = self._plan(self._mission("East", 6), 11)
        other.action_publish()
        self.mission = other
        self.assertTrue(self._due(evening))
        with freeze_time(evening):
            other.planned_start += timedelta(days=1)
        self.assertFalse(self._due(evening), "moved, and not published again")
        with freeze_time(evening):
            other.planned_start -= timedelta(days=1)
            other.action_cancel("Sold")
        self.assertFalse(self._due(evening))

    def test_no_reminder_just_after_the_confirmation(self):
        with freeze_time("2026-11-29 15:30:00"):
            self.mission.action_publish()
            row = self.mission._send_customer_messages("confirmation")
        self.env.cr.execute(
            "UPDATE field_customer_message SET create_date = %s WHERE id = %s",
            ("2026-11-29 15:30:00", row.id),
        )
        row.invalidate_recordset()
        self.assertFalse(self._due("2026-11-29 16:00:00"))

    def test_the_cron(self):
        self.mission.action_publish()
        cron = self.env.ref("field_planning.ir_cron_field_reminder")
        self.company.field_message_reminder = True
        with freeze_time("2026-11-29 16:00:00"), self.enter_registry_test_mode():
            cron.method_direct_trigger()
            cron.method_direct_trigger()
            self.assertEqual(len(self._of(kind="reminder")), 1)
            self.env.ref("field_planning.ir_cron_field_customer_message").method_direct_trigger()
        self.assertEqual(self._of(kind="reminder").state, "sending")


@tagged("post_install", "-at_install")
class TestRealMail(MessagesCommon):
    """One message through a real SMTP server."""

    @freeze_time(SUNDAY, tick=True)
    def test_a_confirmation_arrives(self):
        self.mission.action_publish()
        row = self.mission._send_customer_messages("confirmation")
        self._send()
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
            row.mail_mail_id.mail_server_id = server
            with patch.object(type(server), "_disable_send", lambda *_args: False):
                row.mail_mail_id.send()
        self.assertEqual(len(received), 1)
        self.assertEqual(received[0].rcpt_tos, ["customer@example.com"])
        mail = message_from_bytes(received[0].content, policy=policy.default)
        self.assertIn("9:00", mail["Subject"])
        self.assertIn("North", mail.get_body(("html",)).get_content())
        self.assertEqual(row.state, "sent")
