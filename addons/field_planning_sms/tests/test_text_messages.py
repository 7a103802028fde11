from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from odoo.addons.field_planning.tests.common import FieldPlanningCommon
from odoo.addons.sms.tools.sms_api import SmsApi

SUNDAY = "2026-11-29 10:00:00"


@tagged("post_install", "-at_install")
class TestTextMessages(FieldPlanningCommon):
    """Customers who want texts, and have a mobile, get texts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._plan(cls._mission("North", 5, 9), 9)
        cls.customer.write({"country_id": cls.env.ref("base.fr").id, "phone": "06 12 34 56 78"})

    def _send(self, kind="confirmation"):
        made = self.mission._send_customer_messages(kind)
        made.filtered(lambda row: row.state == "queued")._send_now()
        return made

    @freeze_time(SUNDAY)
    def test_a_text_is_queued_and_its_result_known(self):
        self.customer.field_message_choice = "sms"
        self.mission.action_publish()
        row = self._send()
        self.assertEqual((row.channel, row.address), ("sms", "+33612345678"))
        self.assertEqual(row.state, "sending")
        text = self.env["sms.sms"].search([("uuid", "=", row.sms_uuid)])
        self.assertIn("9:00", text.body)
        self.assertIn(f"/my/missions/{self.mission.id}", text.body)
        answer = [{"uuid": text.uuid, "state": "success", "credit": 1}]
        with patch.object(SmsApi, "_send_sms_batch", return_value=answer):
            text._send()
        self.assertEqual(row.state, "sent")

    @freeze_time(SUNDAY)
    def test_a_refused_text_is_seen(self):
        self.customer.field_message_choice = "sms"
        self.mission.action_publish()
        row = self._send()
        text = self.env["sms.sms"].search([("uuid", "=", row.sms_uuid)])
        answer = [{"uuid": text.uuid, "state": "insufficient_credit", "credit": 0}]
        with patch.object(SmsApi, "_send_sms_batch", return_value=answer):
            text._send()
        self.assertEqual(row.state, "failed")
        self.assertTrue(row.reason)

    @freeze_time(SUNDAY)
    def test_both_channels(self):
        self.company.field_message_choice = "both"
        self.mission.action_publish()
        rows = self._send()
        self.assertEqual(set(rows.mapped("channel")), {"mail", "sms"})
        self.assertEqual(set(rows.mapped("state")), {"sending"})

    @freeze_time(SUNDAY)
    def test_no_text_to_a_landline(self):
        self.customer.write({"field_message_choice": "sms", "phone": "02 98 00 00 00"})
        self.mission.action_publish()
        row = self._send()
        self.assertEqual(row.state, "skipped")
        self.assertIn("no mobile", row.reason)

    @freeze_time(SUNDAY)
    def test_mail_stays_the_default(self):
        self.mission.action_publish()
        self.assertEqual(self._send().channel, "mail")

    def test_every_kind_has_its_text(self):
        for kind, _label in self.env["field.customer.message"]._fields["kind"].selection:
            template = self.env.ref(f"field_planning_sms.sms_template_field_{kind}")
            self.assertEqual(template.model, "field.customer.message")
