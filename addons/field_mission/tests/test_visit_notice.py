import base64
import re
import uuid
from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import FieldMissionCommon, jpeg

AT = "2026-11-30 08:10:00"


class VisitNoticeCase(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._planned()
        cls.company.write({"field_office_user_id": cls.planner.id, "phone": "0298000000"})
        cls.customer.lang = "en_US"

    def _leave(self, user=None, at=AT, **values):
        notice = self.mission.with_user(user or self.tech_user).action_leave_notice(
            {"kind": "customer_absent", **values}, at=at
        )
        return self.env["field.visit.notice"].browse(notice)


@tagged("post_install", "-at_install")
class TestVisitNotice(VisitNoticeCase):
    def test_the_visit_ends_with_an_incident_and_waits_for_another_day(self):
        photo = self._send_photo(self.mission)
        self.mission.with_user(self.tech_user).action_travel(at="2026-11-30 07:40:00")
        notice = self._leave(description="Rang twice", photos=[photo.uuid])
        self.assertEqual(self.mission.state, "to_reschedule")
        self.assertEqual(str(self.mission.time_ids.stop), AT)
        self.assertRecordValues(
            notice.incident_id,
            [
                {
                    "kind": "customer_absent",
                    "customer_caused": True,
                    "outcome": "replan",
                    "description": "Rang twice",
                    "author_id": self.tech_user.id,
                    "photo_ids": photo.ids,
                }
            ],
        )
        self.assertRecordValues(
            notice,
            [{"state": "waiting", "fee": 0.0, "date": datetime(2026, 11, 30, 8, 10)}],
        )
        self.assertIn("Rang twice", self.mission.reschedule_reason)

    def test_by_the_app_once(self):
        operation = {
            "uuid": str(uuid.uuid4()),
            "kind": "visit.notice",
            "mission_id": self.mission.id,
            "payload": {"kind": "no_access", "description": "", "photos": []},
            "at": AT,
        }
        operations = self.env["field.operation"].with_user(self.tech_user)
        for _turn in range(2):
            answer = operations.action_apply([operation])[0]
            self.assertEqual(answer["state"], "applied")
        self.assertEqual(len(self.mission.visit_notice_ids), 1)
        self.assertEqual(len(self.mission.incident_ids), 1)
        shown = self.mission.with_user(self.tech_user)._get_app_values()[0]["notices"]
        self.assertEqual([one["kind"] for one in shown], ["no_access"])

    def test_from_the_dialog_of_the_web_client(self):
        dialogs = self.env["field.incident.wizard"].with_user(self.tech_user)
        with Form(dialogs.with_context(default_mission_id=self.mission.id)) as form:
            form.kind = "damage"
            self.assertFalse(form.can_leave_notice)
            form.kind = "no_access"
            self.assertTrue(form.can_leave_notice)
            form.photo = base64.b64encode(jpeg())
        form.record.action_leave_notice()
        notice = self.mission.visit_notice_ids
        self.assertEqual(notice.kind, "no_access")
        self.assertEqual(notice.photo_ids.state, "received")
        self.assertEqual(self.mission.state, "to_reschedule")

    def test_what_is_no_notice_is_refused(self):
        for values in ({"kind": "damage"}, {"kind": None}, {"kind": {}}, {"photos": {}}):
            with self.subTest(values), self.assertRaises(UserError):
                self._leave(**values)
        self.assertEqual(self.mission.state, "planned")

    def test_strangers_and_helpers_leave_none(self):
        self.mission.helper_ids = self.tech2
        with self.assertRaises(AccessError):
            self._leave(self.tech2_user)
        with self.assertRaises(AccessError):
            self._leave(self.customer_user)

    def test_who_reads_it(self):
        notice = self._leave()
        read = self.env["field.visit.notice"].search
        for user in (self.tech_user, self.planner):
            self.assertEqual(
                self.env["field.visit.notice"].with_user(user).search([]) & notice, notice
            )
        for user in (self.tech2_user, self.customer_user):
            self.assertFalse(self.env["field.visit.notice"].with_user(user).search([]) & notice)
        with self.assertRaises(AccessError):
            notice.with_user(self.planner).read(["access_token"])
        with self.assertRaises(AccessError):
            notice.with_user(self.tech_user).write({"state": "call"})
        self.assertTrue(read([("id", "=", notice.id)]))

    def test_the_choice_is_a_promise(self):
        notice = self._leave()
        slots = notice._get_slots()
        key = list(slots)[1]
        self.assertFalse(notice._choose(key))
        day, half = key.split("|")
        self.assertEqual(str(self.mission.promised_date), day)
        self.assertEqual(self.mission.promised_kind, half)
        self.assertEqual(notice.state, "chosen")
        self.assertIn(
            notice.with_context(lang=self.planner.lang).slot_label,
            self.mission.activity_ids.filtered(lambda a: a.user_id == self.planner).mapped(
                "summary"
            )[-1],
        )
        # Who comes second changes nothing.
        self.assertEqual(notice._choose(list(slots)[0]), "chosen")
        self.assertEqual(notice._ask_call("Please"), "chosen")
        self.assertEqual(str(self.mission.promised_date), day)

    def test_no_slot_is_made_up(self):
        notice = self._leave()
        with self.assertRaises(UserError):
            notice._choose("2026-01-01|morning")
        self.assertEqual(notice.state, "waiting")

    def test_the_office_was_faster(self):
        notice = self._leave()
        self.mission.planned_start = datetime(2026, 12, 2, 8, 0)
        self.mission.with_user(self.planner).action_plan()
        self.assertEqual(notice._get_hindrance(), "closed")
        self.assertEqual(notice._choose(next(iter(notice._get_slots()))), "closed")

    def test_the_mail_of_this_addon_alone(self):
        notice = self._leave()
        template = self.env.ref("field_mission.mail_template_visit_notice")
        mail = self.env["mail.mail"].browse(template.send_mail(notice.id))
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn(f"/visit-notice/{notice.id}/{notice.access_token}", mail.body_html)

    def test_query_counts_do_not_grow(self):
        missions = self.mission
        self._leave()
        for hour in range(9, 13):
            mission = self._planned(planned_start=datetime(2026, 11, 30, hour, 0))
            mission.with_user(self.tech_user).action_leave_notice({"kind": "no_access"}, at=AT)
            missions |= mission
        self.env.flush_all()

        def count(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = records.with_user(self.tech_user)._get_app_values()
            self.assertTrue(all(len(row["notices"]) == 1 for row in rows))
            return self.env.cr.sql_log_count - before

        count(missions)
        self.assertLessEqual(count(missions), count(missions[:1]) + 1)


@tagged("post_install", "-at_install")
class TestVisitNoticePage(VisitNoticeCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.photo = self._send_photo(self.mission)
        self.notice = self._leave(photos=[self.photo.uuid], description="Rang twice")
        self.notice.write({"fee": 45.0})
        self.env.flush_all()
        self.path = f"/visit-notice/{self.notice.id}/{self.notice.access_token}"

    def test_the_customer_chooses_without_an_account(self):
        self.authenticate(None, None)
        page = self.url_open(self.path)
        self.assertEqual(page.status_code, 200)
        self.assertIn("45", page.text)
        self.assertIn("Rang twice", page.text)
        self.assertIn("noindex", page.headers["X-Robots-Tag"])
        photo = self.url_open(f"{self.path}/photo/{self.photo.id}")
        self.assertEqual(photo.headers["Content-Type"], "image/jpeg")
        keys = re.findall(r'name="slot"[^>]*value="([^"]+)"', page.text)
        self.assertTrue(keys)
        answer = self.url_open(self.path, data={"slot": keys[0]})
        self.assertEqual(answer.status_code, 200)
        self.notice.invalidate_recordset()
        self.assertEqual(self.notice.state, "chosen")
        self.assertIn("Thank you", answer.text)
        self.assertNotIn('name="slot"', answer.text)

    def test_reading_answers_nothing(self):
        self.authenticate(None, None)
        self.url_open(f"{self.path}?call=1&slot=2026-12-01|morning")
        self.notice.invalidate_recordset()
        self.assertEqual(self.notice.state, "waiting")

    def test_call_me(self):
        self.authenticate(None, None)
        self.url_open(self.path, data={"call": "1", "message": "x" * 900})
        self.notice.invalidate_recordset()
        self.assertEqual(self.notice.state, "call")
        self.assertEqual(len(self.notice.message), 500)

    @mute_logger("odoo.http")
    def test_a_wrong_link_opens_nothing(self):
        self.authenticate(None, None)
        other = self._send_photo(self.mission)
        self.env.flush_all()
        for path in (
            f"/visit-notice/{self.notice.id}/{'x' * 32}",
            f"/visit-notice/{self.notice.id + 1}/{self.notice.access_token}",
            f"/visit-notice/{self.notice.id}/{'x' * 32}/pdf",
            f"{self.path}/photo/{other.id}",
        ):
            self.assertEqual(self.url_open(path).status_code, 404, path)

    def test_the_sheet(self):
        html = self.env["ir.actions.report"]._render_qweb_html(
            "field_mission.report_visit_notice", self.notice.ids
        )[0]
        text = html.decode()
        self.assertIn(self.mission.name, text)
        self.assertIn("data:image/png;base64", text)
        self.assertIn(self.notice.access_token, text)
        self.assertIn("45", text)
