import hashlib
import json
import uuid
from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import HttpCase, no_retry, tagged
from odoo.tools import mute_logger

from odoo.addons.field_mission.tests.common import jpeg

from .test_subcontractors import SubcontractorCommon

SECRET = "Zanzibar-1830"


@tagged("post_install", "-at_install")
class TestTourAppUnit(HttpCase):
    @no_retry
    def test_hoot(self):
        """What the app says of tours: changes and arrivals, in the browser."""
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&tag=field_tour_app",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
        )


class AppCommon(SubcontractorCommon, HttpCase):
    """The app's routes over real HTTP, on missions of tomorrow."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.day = fields.Date.today() + timedelta(days=1)
        cls.paper.write({"date_from": cls.day - timedelta(days=30), "date_to": cls.day})
        cls.paper.action_verify()
        cls.env["res.lang"]._activate_lang("en_US")
        users = (cls.tech_user, cls.tech2_user, cls.sub_user, cls.customer_user)
        for user in users:
            user.write({"password": user.login, "lang": "en_US"})

    @classmethod
    def _soon(cls, name, technician, hour=9, publish=True):
        mission = cls._mission(name, 5, technician=technician, promised_kind="none", day=cls.day)
        start = datetime.combine(cls.day, datetime.min.time()) + timedelta(hours=hour - 1)
        mission.planned_start = start
        mission.action_plan()
        if publish:
            mission.action_publish()
        return mission

    def _login(self, user):
        self.authenticate(user.login, user.login)

    def _rpc(self, route, **params):
        return self.url_open(
            route,
            data=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
        ).json()

    def _call(self, model, method, *args, **kwargs):
        return self._rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )

    def _bootstrap(self):
        return self._rpc("/field/api/bootstrap")["result"]

    def _op(self, kind, mission, payload=None, **extra):
        return {
            "uuid": str(uuid.uuid4()),
            "kind": kind,
            "mission_id": mission.id,
            "payload": payload or {},
            "at": fields.Datetime.to_string(fields.Datetime.now()),
            **extra,
        }

    def _send(self, *operations):
        results = self._rpc("/field/api/sync", operations=operations)["result"]["results"]
        self.env.invalidate_all()
        return results


@tagged("post_install", "-at_install")
class TestAppOffers(AppCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subcontractor.field_offer_required = True
        cls.mission = cls._soon("Offered", cls.subcontractor)
        cls.offer = cls.mission.sudo().offer_id

    def _answer(self, offer=None, **payload):
        offer = offer or self.offer
        operation = self._op(
            "offer.answer", offer.mission_id, {"offer_id": offer.id, **payload}
        )  # fmt: skip
        return operation, self._send(operation)[0]

    def test_an_offer_tells_what_and_where_only(self):
        self._login(self.sub_user)
        data = self._bootstrap()
        self.assertEqual(data["missions"], [])
        (shown,) = data["shared"]["offers"]
        self.assertEqual(
            set(shown),
            {"id", "mission_id", "city", "type", "hours", "day", "start", "end", "tz", "deadline"},
        )
        self.assertEqual(shown["mission_id"], self.mission.id)
        self.assertNotIn(self.customer.name, json.dumps(shown))
        self.assertEqual(data["shared"]["pick_rule"], "off")

    def test_accepted_once_and_then_theirs(self):
        self._login(self.sub_user)
        operation, result = self._answer(accepted=True)
        self.assertEqual(result["state"], "applied", result)
        self.assertEqual((self.offer.state, self.offer.channel), ("accepted", "app"))
        self.assertTrue(self.mission.published)
        again = self._send(operation)[0]
        self.assertTrue(again["replay"])
        data = self._bootstrap()
        self.assertEqual([one["id"] for one in data["missions"]], self.mission.ids)
        self.assertEqual(data["shared"]["offers"], [])
        _operation, late = self._answer(accepted=False, reason="Changed my mind")
        self.assertEqual(late["state"], "rejected")
        self.assertIn("answered already", late["message"])
        self.assertEqual(self.offer.state, "accepted")

    def test_declined_with_a_reason(self):
        self._login(self.sub_user)
        _operation, result = self._answer(accepted=False, reason=" ")
        self.assertEqual(result["state"], "rejected")
        self.assertEqual(self.offer.state, "pending")
        _operation, result = self._answer(accepted=False, reason="Too far")
        self.assertEqual(result["state"], "applied", result)
        self.assertEqual((self.offer.state, self.offer.reason), ("declined", "Too far"))
        self.assertEqual(self.mission.state, "draft")

    def test_the_deadline_is_the_servers(self):
        self._login(self.sub_user)
        now = fields.Datetime.now()
        self.offer.deadline = now - timedelta(minutes=5)
        operation = self._op("offer.answer", self.mission, {"offer_id": self.offer.id})
        operation["payload"]["accepted"] = True
        operation["at"] = fields.Datetime.to_string(now - timedelta(hours=1))
        (result,) = self._send(operation)
        self.assertEqual(result["state"], "rejected")
        self.assertIn("Call the office", result["message"])
        self.assertFalse(self.mission.published)
        # The office finds it in its review list.
        record = self.env["field.operation"].search([("uuid", "=", operation["uuid"])])
        self.assertEqual((record.mission_id, record.user_id), (self.mission, self.sub_user))

    def test_nobody_answers_for_somebody_else(self):
        for user in (self.tech_user, self.customer_user):
            self._login(user)
            _operation, result = self._answer(accepted=True)
            self.assertEqual(result["state"], "rejected")
            self.assertIn("not offered to you", result["message"])
        self.assertEqual(self.offer.state, "pending")

    def test_nonsense_writes_nothing(self):
        self._login(self.sub_user)
        for payload in (
            {},
            {"accepted": "yes"},
            {"accepted": 1},
            {"offer_id": [self.offer.id], "accepted": True},
            {"offer_id": 2**31 - 1, "accepted": True},
            {"offer_id": str(self.offer.id), "accepted": True},
        ):
            operation = self._op(
                "offer.answer", self.mission, {"offer_id": self.offer.id, **payload}
            )
            (result,) = self._send(operation)
            self.assertEqual(result["state"], "rejected", payload)
        self.assertEqual(self.offer.state, "pending")


@tagged("post_install", "-at_install")
class TestAppSubcontractor(AppCommon):
    """A subcontractor with a session tries every door of the app, and Odoo's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._soon("Own", cls.subcontractor, 9)
        cls.foreign = cls._soon(SECRET, cls.tech, 9)
        cls.foreign.write({"instructions": SECRET, "customer_reference": SECRET})
        cls.hidden = cls._soon(SECRET + " hidden", cls.subcontractor, 14, publish=False)

    def setUp(self):
        super().setUp()
        self._login(self.sub_user)

    def test_the_snapshot_is_theirs_alone(self):
        data = self._bootstrap()
        self.assertEqual([one["id"] for one in data["missions"]], self.own.ids)
        self.assertNotIn(SECRET, json.dumps(data))
        self.assertEqual(data["products"], [])

    def test_no_operation_on_others_missions(self):
        kinds = self.env["field.operation"]._get_kinds()
        before = self.foreign.read()[0], self.hidden.read()[0]
        operations = [
            self._op(kind, mission, {"text": "x", "reason": "x", "kind": "other", "quantity": 1})
            for kind in kinds
            for mission in (self.foreign, self.hidden)
        ]
        for start in range(0, len(operations), 20):
            for result in self._send(*operations[start : start + 20]):
                self.assertEqual(result["state"], "rejected", result)
                self.assertNotIn(SECRET, json.dumps(result))
        after = self.foreign.read()[0], self.hidden.read()[0]
        for old, new in zip(before, after, strict=True):
            self.assertEqual(old["state"], new["state"])
            self.assertEqual(old["write_date"], new["write_date"])
        for model in ("time", "material"):
            found = self.env[f"field.mission.{model}"].search_count(
                [("mission_id", "in", (self.foreign | self.hidden).ids)]
            )
            self.assertFalse(found, model)

    def test_no_bytes_for_or_of_others(self):
        data = jpeg()
        name = str(uuid.uuid4())
        own = self.foreign.with_user(self.tech_user)
        own.action_start()
        own.action_add_photo({"uuid": name, "sha256": hashlib.sha256(data).hexdigest()})
        csrf = self._rpc("/field/api/sync", operations=[])["result"]["csrf"]
        answer = self.opener.post(
            self.base_url() + "/field/api/blob",
            data={"uuid": name, "csrf_token": csrf},
            files={"file": (name, data, "image/jpeg")},
            allow_redirects=False,
            timeout=30,
        )
        self.assertIn(answer.status_code, (400, 403))
        self.env.invalidate_all()
        photo = self.env["field.photo"].search([("uuid", "=", name)])
        self.assertEqual(photo.state, "waiting")
        self.env["field.photo"].with_user(self.tech_user)._receive(name, data)
        attachment = photo.sudo().attachment_id
        for address in (
            f"/web/content/{attachment.id}",
            f"/web/image/{attachment.id}",
            f"/web/image/field.photo/{photo.id}/image",
        ):
            with mute_logger("odoo.http", "odoo.addons.base.models.ir_binary"):
                got = self.url_open(address)
            self.assertNotEqual(got.content, data, address)

    def test_no_documents_of_others(self):
        document = self.env["field.document"].create(
            {
                "name": SECRET,
                "file": "c2VjcmV0",
                "filename": "secret.txt",
                "mission_ids": self.foreign.ids,
            }
        )
        version = document.version_id
        self.assertEqual(self.url_open(f"/field/api/document/{version.id}").status_code, 404)
        self._login(self.tech_user)
        self.assertEqual(self.url_open(f"/field/api/document/{version.id}").content, b"secret")

    def test_no_free_missions(self):
        self.company.field_pick_rule = "pick"
        free = self._mission(
            SECRET, 6, technician=self.env["hr.employee"], promised_kind="none", promised_date=False
        )
        with mute_logger("odoo.http"):
            answers = [
                self._rpc("/field/api/nearby"),
                self._rpc("/field/api/pick", mission_id=free.id),
            ]
        for answer in answers:
            self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.AccessError")
            self.assertNotIn(SECRET, answer["error"]["data"]["message"])
        self.env.invalidate_all()
        self.assertFalse(free.technician_id)

    def test_nothing_of_others_over_rpc(self):
        """Reading, searching, grouping and exporting give the same answer as looking."""
        foreign = self.foreign
        calls = [
            ("read", [foreign.ids, ["name"]], {}),
            ("web_read", [foreign.ids, {"name": {}}], {}),
            ("export_data", [foreign.ids, ["name", "site_id/name"]], {}),
            ("search_read", [[("id", "in", foreign.ids)], ["name"]], {}),
            ("name_search", [], {"name": foreign.name}),
            ("formatted_read_group", [[("id", "=", foreign.id)]],
             {"groupby": ["site_id"], "aggregates": ["__count"]}),
            ("search_count", [[("id", "=", foreign.id)]], {}),
            ("search_count", [[("site_id.name", "ilike", SECRET)]], {}),
            ("search_count", [[("instructions", "=", SECRET)]], {}),
            ("copy", [foreign.ids], {}),
            ("write", [foreign.ids, {"conclusion": "x"}], {}),
            ("unlink", [foreign.ids], {}),
            ("action_start", [foreign.ids], {}),
            ("action_done", [foreign.ids], {}),
            ("action_publish", [self.hidden.ids], {}),
            ("_get_app_values", [foreign.ids], {}),
        ]  # fmt: skip
        for method, args, kwargs in calls:
            with self.subTest(method=method), mute_logger("odoo.http", "odoo.addons.base"):
                answer = self._call("field.mission", method, *args, **kwargs)
            found = answer.get("result")
            self.assertIn("error" if found is None else "result", answer)
            self.assertNotIn(SECRET, json.dumps(found))
            if method == "search_count":
                self.assertIn(found, (0, None))
            elif method in ("search_read", "name_search", "formatted_read_group"):
                self.assertFalse(found, method)
            else:
                self.assertIsNone(found, (method, found))
        self.env.invalidate_all()
        self.assertEqual((foreign.state, foreign.conclusion), ("planned", False))

    def test_nothing_around_missions_over_rpc(self):
        models = (
            "field.mission", "field.mission.check", "field.mission.time", "field.mission.event",
            "field.mission.material", "field.photo", "field.signature", "field.incident",
            "field.operation", "field.device", "field.offer", "field.tour", "field.tour.stop",
            "field.document", "field.document.version", "field.nonconformity", "field.request",
            "field.site.access", "res.partner", "hr.employee", "hr.employee.public", "stock.quant",
            "product.product", "field.certificate", "mail.message", "ir.attachment",
        )  # fmt: skip
        self.env["field.site.access"].create({"site_id": self.foreign.site_id.id, "value": SECRET})
        for model in models:
            with self.subTest(model=model), mute_logger("odoo.http"):
                answers = [
                    self._call(model, "search_read", [], limit=500),
                    self._call(model, "name_search", name=SECRET),
                    self._call(model, "export_data", self.env[model].sudo().search([]).ids[:200],
                               ["display_name"]),
                    self._call(model, "formatted_read_group", [], groupby=["create_uid"],
                               aggregates=["__count"]),
                ]  # fmt: skip
            self.assertNotIn(SECRET, json.dumps([one.get("result") for one in answers]))


@tagged("post_install", "-at_install")
class TestAppNearby(AppCommon):
    def test_the_rule_is_the_companys(self):
        self._login(self.tech_user)
        for rule in ("off", "request", "pick"):
            self.company.field_pick_rule = rule
            self.assertEqual(self._bootstrap()["shared"]["pick_rule"], rule)
        answer = self._rpc("/field/api/nearby")["result"]
        self.assertEqual(answer["rule"], "pick")
        self.assertIsInstance(answer["reason"], str)

    def test_only_what_is_offered_is_taken(self):
        self.company.field_pick_rule = "pick"
        self._login(self.tech_user)
        foreign = self._soon("Foreign", self.tech2)
        for value in (foreign.id, 2**40, "1", None, [foreign.id], True):
            with mute_logger("odoo.http"):
                answer = self._rpc("/field/api/pick", mission_id=value)
            self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.UserError", value)
        self.env.invalidate_all()
        self.assertEqual(foreign.technician_id, self.tech2)

    def test_another_users_device(self):
        self._login(self.tech_user)
        for route in ("/field/api/nearby", "/field/api/pick"):
            answer = self._rpc(route, uid=self.tech2_user.id, mission_id=1)["result"]
            self.assertEqual(answer, {"stranger": True})
