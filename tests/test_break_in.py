"""A customer and a subcontractor try to get at what is not theirs, over the wire.

Every request goes through the web server, as a browser or a script with their session would send
it. The mission attacked is published, worked on and proved: everything that hangs on one is there.
"""

import json
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.field_mission.tests.common import FieldMissionCommon

from .test_security_matrix import MATRIX, suite_models

SECRET = "Zanzibar"


@tagged("post_install", "-at_install")
class TestBreakIn(FieldMissionCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.soon = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        cls.stranger = cls.env["res.partner"].create({"name": "Stranger Ltd", "is_company": True})
        cls.foreign_site = cls._site("Foreign site", site_customer_id=cls.stranger.id)
        cls.env["field.site.access"].create(
            {"site_id": cls.foreign_site.id, "kind": "code", "value": SECRET}
        )
        cls.target = cls._planned(
            site_id=cls.foreign_site.id,
            partner_id=cls.stranger.id,
            planned_start=cls.soon + timedelta(hours=1),
            description=f"{SECRET} wish",
            instructions=f"{SECRET} way",
        )
        cls.target.with_user(cls.tech_user).action_start()
        cls.photo = cls._send_photo(cls.target, caption=SECRET)
        cls._answer_all(cls.target)
        cls.target.with_user(cls.tech_user).action_report_incident(
            {"kind": "other", "description": SECRET}
        )
        cls.note = cls.target.message_post(body=f"{SECRET} note", subtype_xmlid="mail.mt_note")
        cls.file = cls.env["ir.attachment"].create(
            {
                "name": "secret.txt",
                "raw": SECRET.encode(),
                "res_model": "field.mission",
                "res_id": cls.target.id,
            }
        )
        # What the attackers rightly have: a mission each.
        cls.own = cls._planned(
            technician_id=cls.subcontractor.id, planned_start=cls.soon + timedelta(hours=3)
        )
        contract = cls.env["field.contract"].create(
            {"name": "Own", "partner_id": cls.customer.id, "date_start": "2026-01-01"}
        )
        contract.action_activate()
        cls.own.with_user(cls.planner).contract_id = contract
        cls.env["field.site.contact"].create(
            {"site_id": cls.site.id, "partner_id": cls.customer.id, "portal": True}
        )
        cls.attackers = (cls.sub_user, cls.customer_user)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"))

    def _call(self, model, method, *args, **kwargs):
        """One remote call; return (result, name of the error)."""
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"model": model, "method": method, "args": args, "kwargs": kwargs},
        }
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
        ).json()
        error = answer.get("error")
        return answer.get("result"), error and error["data"]["name"]

    def _each_attacker(self):
        for user in self.attackers:
            self.authenticate(user.login, user.login)
            yield user

    def _refused(self, *call, **kwargs):
        result, error = self._call(*call, **kwargs)
        self.assertTrue(error, f"{call} gave {result!r}")
        self.assertNotIn("KeyError", error)

    def _says_nothing(self, *call, **kwargs):
        """Refused, or answered with nothing of the target."""
        result, error = self._call(*call, **kwargs)
        text = json.dumps(result)
        self.assertNotIn(SECRET, text, call)
        self.assertNotIn("Foreign site", text, call)
        self.assertNotIn("Stranger Ltd", text, call)
        self.assertNotIn(self.target.name, text, call)
        return result, error

    # ------------------------------------------------------------------ every model, every way

    def test_models_that_are_not_for_them(self):
        closed = [
            name
            for name in suite_models(self.env.registry)
            if "portal" not in MATRIX[name] and not self.env[name]._transient
        ]
        self.assertIn("field.request", closed)
        for user in self._each_attacker():
            for name in closed:
                with self.subTest(user=user.login, model=name):
                    self._refused(name, "search_read", [], ["id"])
                    self._refused(name, "search_count", [])
                    self._refused(name, "name_search", "")
                    self._refused(name, "formatted_read_group", [], ["id"], ["__count"])

    def test_models_that_they_read_a_part_of(self):
        opened = [name for name, rights in MATRIX.items() if "r" in rights.get("portal", "")]
        self.assertIn("field.mission", opened)
        for user in self._each_attacker():
            for name in opened:
                records = self.env[name].sudo()
                link = "mission_id" if "mission_id" in records._fields else "id"
                foreign = records.search([(link, "=", self.target.id)])
                domain = [[link, "=", self.target.id]]
                with self.subTest(user=user.login, model=name):
                    self._says_nothing(name, "search_read", [], ["display_name"])
                    self._says_nothing(name, "web_search_read", [], {"display_name": {}})
                    self._says_nothing(name, "name_search", "")
                    count, error = self._call(name, "search_count", domain)
                    self.assertFalse(not error and count)
                    groups, error = self._call(
                        name, "formatted_read_group", domain, ["company_id"], ["__count"]
                    )
                    self.assertFalse(not error and groups)
                    if foreign and link != "id" or name == "field.mission":
                        ids = foreign.ids
                        self._refused(name, "read", ids, ["display_name"])
                        self._refused(name, "web_read", ids, {"display_name": {}})
                        self._refused(name, "export_data", ids, ["display_name"])
                        self._refused(name, "write", ids, {"company_id": False})
                        self._refused(name, "unlink", ids)
                        self._refused(name, "copy", ids)

    # ------------------------------------------------------------------ side doors

    def test_through_the_relations_of_an_own_mission(self):
        self.authenticate(self.sub_user.login, self.sub_user.login)
        paths = {
            "request_id": {"fields": {"description": {}, "requester": {}}},
            "contract_id": {"fields": {"reference": {}}},
            "technician_id": {"fields": {"pin": {}, "private_email": {}}},
            "payer_id": {"fields": {"vat": {}, "bank_ids": {"fields": {"acc_number": {}}}}},
            "charge_ids": {"fields": {"amount": {}}},
            "offer_ids": {"fields": {"access_token": {}}},
            "event_ids": {"fields": {"changes": {}}},
            "site_contact_ids": {"fields": {"phone": {}}},
        }
        for name, spec in paths.items():
            with self.subTest(field=name):
                self._refused("field.mission", "web_read", [self.own.id], {name: spec})

    def test_searching_by_what_they_may_not_read(self):
        self.authenticate(self.sub_user.login, self.sub_user.login)
        domains = [
            [("request_id.description", "ilike", "a")],
            [("technician_id.pin", "=like", "1%")],
            [("technician_id.private_email", "!=", False)],
            [("member_user_ids.password", "!=", False)],
            [("charge_ids.amount", ">", 0)],
            [("offer_ids.access_token", "=like", "a%")],
            [("event_ids.changes", "!=", False)],
            [("access_token", "=like", "a%")],
            [("contract_id.reference", "!=", False)],
            [("payer_id.bank_ids.acc_number", "!=", False)],
        ]
        for domain in domains:
            with self.subTest(domain=domain):
                own = [("id", "=", self.own.id)]
                self._refused("field.mission", "search_count", own + domain)
        for order in ("access_token", "request_id", "contract_id"):
            with self.subTest(order=order):
                result, error = self._call("field.mission", "search_read", [], ["id"], order=order)
                self.assertTrue(error or [row["id"] for row in result] == self.own.ids)
        self._refused("field.mission", "formatted_read_group", [], ["technician_id.pin"], [])
        self._refused("field.mission", "formatted_read_group", [], ["access_token"], ["__count"])

    def test_steps_of_another_mission(self):
        steps = ("action_start", "action_done", "action_plan", "action_publish", "action_validate",
                 "action_unplan", "action_travel", "action_arrive")  # fmt: skip
        state = self.target.state
        for user in self._each_attacker():
            for step in steps:
                with self.subTest(user=user.login, step=step):
                    self._refused("field.mission", step, [self.target.id])
            for private in ("_step", "_place", "_get_app_values", "_write_snapshot"):
                self._refused("field.mission", private, [self.target.id])
            self._refused("field.mission", "action_place", [{"id": self.target.id,
                                                             "plan_version": 0}])  # fmt: skip
            self._refused("field.mission", "field_get_loads", [])
            answer, error = self._call(
                "field.operation",
                "action_apply",
                [
                    {
                        "uuid": "6e2f6f0e-6d0c-4b57-9d3c-2c6f3a0c7c11",
                        "kind": "mission.done",
                        "mission_id": self.target.id,
                        "payload": {},
                        "at": fields.Datetime.to_string(self.soon),
                    }
                ],
            )
            self.assertTrue(error or answer[0]["state"] != "applied")
        self.target.invalidate_recordset()
        self.assertEqual(self.target.state, state)

    # ------------------------------------------------------------------ files and messages

    def test_files(self):
        attachment = self.photo.attachment_id
        urls = [
            f"/web/content/{attachment.id}",
            f"/web/content/{self.file.id}?download=1",
            f"/web/content/{self.file.id}?access_token=wrong",
            f"/web/image/{attachment.id}",
            f"/web/content/field.photo/{self.photo.id}/image",
            f"/my/missions/{self.target.id}/file/{self.photo.uuid}",
            f"/my/missions/{self.own.id}/file/{self.photo.uuid}",
            f"/my/missions/{self.target.id}/file/{self.photo.uuid}?access_token=wrong",
            f"/my/missions/{self.own.id}/proof/{attachment.id}",
            f"/my/missions/{self.own.id}/proof/{self.file.id}",
        ]
        for user in self._each_attacker():
            for url in urls:
                with self.subTest(user=user.login, url=url):
                    answer = self.url_open(url, allow_redirects=False)
                    self.assertNotIn(SECRET.encode(), answer.content)
                    self.assertNotEqual(answer.content, attachment.raw)
                    if "/image" not in url:
                        self.assertNotEqual(answer.status_code, 200)
            picture = self.url_open(f"/web/image/field.photo/{self.photo.id}/image")
            self.assertNotEqual(picture.content, attachment.raw)
            self._says_nothing("ir.attachment", "search_read",
                               [("res_model", "like", "field.%")], ["name", "raw"])  # fmt: skip
            self._refused("ir.attachment", "read", [attachment.id, self.file.id], ["datas"])

    def test_messages(self):
        domain = [("model", "=", "field.mission"), ("res_id", "=", self.target.id)]
        for user in self._each_attacker():
            with self.subTest(user=user.login):
                self._says_nothing("mail.message", "search_read", domain, ["body"])
                count, error = self._call("mail.message", "search_count", domain)
                self.assertFalse(not error and count)
                self._refused("mail.message", "read", [self.note.id], ["body"])
                self._refused("field.mission", "message_post", [self.target.id], body="Hello")
                self._says_nothing("field.mission", "read", [self.target.id], ["message_ids"])
                answer = self.url_open(
                    "/mail/thread/messages",
                    data=json.dumps(
                        {
                            "jsonrpc": "2.0",
                            "method": "call",
                            "params": {
                                "thread_model": "field.mission",
                                "thread_id": self.target.id,
                            },
                        }
                    ),
                    headers={"Content-Type": "application/json"},
                )
                self.assertNotIn(SECRET, answer.text)

    # ------------------------------------------------------------------ pages and links

    def test_pages_with_other_ids_and_wrong_tokens(self):
        contract = self.env["field.contract"].create(
            {"name": SECRET, "partner_id": self.stranger.id, "date_start": "2026-01-01"}
        )
        offer = self.env["field.offer"].create(
            {
                "mission_id": self.target.id,
                "employee_id": self.tech.id,
                "planned_start": self.target.planned_start,
                "deadline": self.target.planned_start,
                "site_id": self.foreign_site.id,
            }
        )
        token = self.env["field.calendar.link"]._renew(self.tech)
        self.env.flush_all()
        right = offer.access_token
        pages = [
            f"/my/missions/{self.target.id}",
            f"/my/missions/{self.target.id}?access_token=wrong",
            f"/my/missions/{self.target.id}?access_token={self.own._portal_ensure_token()}",
            f"/my/missions?search={SECRET}&search_in=all",
            f"/my/sites/{self.foreign_site.id}",
            f"/my/sites?search={SECRET}",
            f"/my/visits/{contract.id}",
            f"/my/visits/{contract.id}/certificate",
            f"/my/offers/{offer.id}",
            f"/field/offer/{offer.id}/wrong",
            f"/field/offer/{offer.id + 1}/{right}",
            f"/field/offer/{offer.id}/{right[:-1]}",
            f"/field/planning/{token[:-1]}.ics",
            f"/field/planning/{right}.ics",
            f"/qr/{token}",
            f"/field/m/{self.target.id}",
        ]
        for user in self._each_attacker():
            for page in pages:
                with self.subTest(user=user.login, page=page):
                    answer = self.url_open(page)
                    self.assertLess(answer.status_code, 500)
                    shown = answer.text.replace(f"search={SECRET}", "").replace(
                        f'value="{SECRET}"', ""
                    )
                    self.assertNotIn("Foreign site", shown)
                    self.assertNotIn("Stranger Ltd", shown)
                    self.assertNotIn(self.target.name, shown)

    def test_app_gives_own_missions_only(self):
        for user in self._each_attacker():
            with self.subTest(user=user.login):
                answer = self.url_open(
                    "/field/api/bootstrap",
                    data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": {}}),
                    headers={"Content-Type": "application/json"},
                )
                self.assertNotIn("Foreign site", answer.text)
                self.assertNotIn(SECRET, answer.text)
        self.authenticate(self.sub_user.login, self.sub_user.login)
        answer = self.url_open(
            "/field/api/bootstrap",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": {}}),
            headers={"Content-Type": "application/json"},
        )
        self.assertIn(self.own.name, answer.text, "the own one is there")
