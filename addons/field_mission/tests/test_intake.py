from datetime import datetime

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import FieldMissionCommon

MAIL = """From: {sender}
To: breakdowns@example.com
Subject: {subject}
Message-Id: <{ident}@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==="

--===
Content-Type: text/plain; charset="utf-8"

{body}
--===
Content-Type: text/plain; name="plate.txt"
Content-Disposition: attachment; filename="plate.txt"

Serial 4711
--===--
"""


@tagged("post_install", "-at_install")
class TestIntake(FieldMissionCommon):
    """From a call, a message or a former visit to a mission."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner.lang = "en_US"
        cls.intakes = cls.env["field.intake"].with_user(cls.planner)

    def _intake(self, **context):
        form = Form(self.intakes.with_context(**context))
        if not form.site_id:
            form.site_id = self.site
        if not form.service_type_id:
            form.service_type_id = self.bare_type
        return form

    def _mission(self, intake):
        return self.env["field.mission"].browse(intake.action_create()["res_id"])

    # ------------------------------------------------------------------ the call

    @freeze_time("2026-11-27 09:00:00")
    def test_a_call_becomes_a_mission(self):
        form = self._intake()
        self.assertEqual(form.partner_id, self.customer)
        self.assertEqual(form.duration, 0.5)
        self.assertTrue(form.slots, "slots are offered while the customer is on the phone")
        form.requester = "Mrs Le Goff, 06 00 00 00 01"
        form.description = "No hot water"
        form.priority = "2"
        form.date_deadline = datetime(2026, 12, 4, 17, 0)
        form.customer_reference = "PO 12"
        slot = form.slots[0]
        intake = form.save()
        intake.slot_key = slot["key"]
        mission = self._mission(intake)
        request = mission.request_id
        self.assertEqual(request.origin, "phone")
        self.assertEqual(request.date_received, datetime(2026, 11, 27, 9, 0))
        self.assertEqual(request.requester, "Mrs Le Goff, 06 00 00 00 01")
        self.assertEqual(request.customer_reference, "PO 12")
        self.assertEqual(request.date_deadline, datetime(2026, 12, 4, 17, 0))
        self.assertEqual(mission.priority, "2")
        self.assertEqual(mission.description, "No hot water")
        self.assertEqual(mission.promised_kind, slot["half"])
        self.assertEqual(str(mission.promised_date), slot["day"])

    @freeze_time("2026-11-27 09:00:00")
    def test_another_date_is_typed(self):
        form = self._intake()
        form.promised_kind = "exact"
        form.promised_date = "2026-12-15"
        form.promised_time = 9.5
        mission = self._mission(form.save())
        self.assertEqual(mission.promised_start, datetime(2026, 12, 15, 8, 30))
        self.assertEqual(mission.state, "draft")

    @freeze_time("2026-11-27 09:00:00")
    def test_half_days_where_nobody_is_known(self):
        wish = {
            "company": self.company,
            "site": self.site,
            "service_type": self.bare_type,
            "minutes": 30,
            "earliest": datetime(2026, 11, 27, 9, 0),
            "deadline": datetime(2026, 11, 30, 11, 0),
        }
        self.env["hr.employee"].search([("is_field_technician", "=", True)]).active = False
        slots = self.env["field.mission"].with_user(self.planner)._propose_slots(wish)
        self.assertEqual(
            [slot["key"] for slot in slots],
            [
                "half|2026-11-27|morning",
                "half|2026-11-27|afternoon",
                "half|2026-11-30|morning",
                "half|2026-11-30|afternoon",
            ][-len(slots) :],
        )
        self.assertGreaterEqual(len(slots), 3)

    def test_who_calls_twice_is_seen(self):
        mission = self.env["field.mission"].create(self._vals())
        self.assertIn(mission, self._intake().save().open_mission_ids)

    def test_a_slot_that_was_not_offered_is_refused(self):
        intake = self._intake().save()
        intake.slot_key = "free|1|2026-01-01 08:00:00"
        with self.assertRaises(UserError) as refused:
            intake.action_create()
        self.assertIn("no longer free", str(refused.exception))

    def test_planners_only(self):
        with self.assertRaises(AccessError):
            self.env["field.intake"].with_user(self.tech_user).create(
                {"site_id": self.site.id, "service_type_id": self.bare_type.id}
            )

    def test_a_site_is_found_by_what_the_caller_says(self):
        contact = self.env["res.partner"].create({"name": "Keeper", "phone": "+33 6 11 22 33 44"})
        self.env["field.site.contact"].create({"site_id": self.site.id, "partner_id": contact.id})
        self.site.write({"site_code": "ST-0042", "phone": "+33 2 98 12 34 56"})
        self._site("Site B", zip="35000", city="Rennes")
        sites = self.env["res.partner"].with_user(self.planner)
        domain = [("is_field_site", "=", True)]
        for words in ("quimper a", "29000", "0042", "06 11 22 33 44", "0298123456",
                      f"{self.customer.name} quimper"):  # fmt: skip
            found = sites.with_context(field_site_search=True).name_search(words, domain)
            self.assertEqual([one[0] for one in found], self.site.ids, words)

    # ------------------------------------------------------------------ a former visit

    def test_a_follow_up_of_the_same_request(self):
        former = self._planned(service_type_id=self.bare_type.id)
        former.action_start()
        former.action_done()
        action = former.with_user(self.planner).action_follow_up()
        form = self._intake(**action["context"])
        self.assertEqual(form.site_id, self.site)
        mission = self._mission(form.save())
        self.assertEqual(mission.follow_up_of_id, former)
        self.assertEqual(mission.request_id, former.request_id)
        self.assertEqual(former.with_user(self.planner).follow_up_count, 1)

    def test_a_follow_up_of_its_own(self):
        former = self._planned(service_type_id=self.bare_type.id)
        form = self._intake(default_follow_up_of_id=former.id)
        form.same_request = False
        mission = self._mission(form.save())
        self.assertNotEqual(mission.request_id, former.request_id)
        self.assertEqual(mission.follow_up_of_id, former)
        self.assertEqual(mission.request_id.origin, "office")

    # ------------------------------------------------------------------ a message

    def _receive(self, sender, subject="No hot water", body="Please come", ident="1"):
        domain = self.env["mail.alias.domain"].search([], limit=1) or self.env[
            "mail.alias.domain"
        ].create({"name": "example.com"})
        self.env["field.request.inbox"].with_user(self.manager).create(
            {
                "name": "Breakdowns",
                "alias_name": "breakdowns",
                "service_type_id": self.bare_type.id,
            }
        ).alias_id.sudo().alias_domain_id = domain
        message = MAIL.format(sender=sender, subject=subject, body=body, ident=ident)
        message = message.replace("breakdowns@example.com", f"breakdowns@{domain.name}")
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            request_id = self.env["mail.thread"].message_process(False, message)
        return self.env["field.request"].browse(request_id)

    def test_a_known_sender(self):
        request = self._receive("Customer <customer@example.com>")
        self.assertEqual(request.origin, "mail")
        self.assertEqual(request.partner_id, self.customer)
        self.assertEqual(request.site_id, self.site, "the customer has one site only")
        self.assertEqual(request.service_type_id, self.bare_type)
        self.assertIn("Please come", request.description)
        self.assertIn("customer@example.com", request.requester)
        self.assertFalse(request.is_to_sort)
        self.assertEqual(request.message_ids.attachment_ids.mapped("name"), ["plate.txt"])

    def test_the_site_is_named_in_the_message(self):
        self._site("Site B")
        other = self._site("Site C", site_code="ST-77")
        request = self._receive("customer@example.com", subject="Breakdown at st-77")
        self.assertEqual(request.site_id, other)

    def test_several_sites_are_sorted_by_the_office(self):
        self._site("Site B")
        request = self._receive("customer@example.com")
        self.assertFalse(request.site_id)
        self.assertEqual(request.partner_id, self.customer)
        self.assertTrue(request.is_to_sort)

    def test_an_unknown_sender_is_kept_and_sorted(self):
        self.company.field_office_user_id = self.planner
        request = self._receive("Stranger <stranger@example.org>")
        self.assertFalse(request.partner_id)
        self.assertTrue(request.is_to_sort)
        self.assertEqual(request.activity_ids.user_id, self.planner)
        self.assertEqual(request.message_ids.attachment_ids.mapped("name"), ["plate.txt"])
        action = request.with_user(self.planner).action_intake()
        form = self._intake(**action["context"])
        self.assertEqual(form.origin, "mail")
        self.assertEqual(form.service_type_id, self.bare_type)
        mission = self._mission(form.save())
        self.assertEqual(mission.request_id, request)
        self.assertEqual(request.partner_id, self.customer)
        self.assertEqual(mission.partner_id, self.customer)
        self.assertFalse(request.is_to_sort)
        self.assertEqual(request.origin, "mail", "where it came from is kept")
        self.assertFalse(request.activity_ids)

    def test_a_request_by_phone_needs_its_customer(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.env["field.request"].create({"origin": "phone"})

    def test_addresses_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        inbox = self.env["field.request.inbox"].create({"name": "Mine", "alias_name": "mine-x"})
        stranger = new_test_user(
            self.env,
            "field_other_planner",
            groups="field_mission.group_field_planner",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(
            self.env["field.request.inbox"].with_user(stranger).search([("id", "=", inbox.id)])
        )
        with self.assertRaises(AccessError):
            self.env["field.request.inbox"].with_user(self.planner).create({"name": "No"})
