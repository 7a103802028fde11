import contextlib
import hashlib
import json
import re
import resource
import struct
import uuid
import zlib
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import FieldMissionCommon, jpeg


@tagged("post_install", "-at_install")
class TestFieldApp(FieldMissionCommon, HttpCase):
    """The routes of the technician's app, over real HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        now = fields.Datetime.now()
        cls.mission = cls._planned(planned_start=now)
        cls.other = cls._planned(planned_start=now, technician_id=cls.tech2.id)
        cls.far = cls._planned(planned_start=now + timedelta(days=9))
        cls.env["field.site.access"].create(
            [
                {"site_id": cls.site.id, "value": "4512B", "note": "gate"},
            ]
        )
        # Passwords as tests know them: login and password are the same.
        for user in (cls.tech_user, cls.tech2_user, cls.sub_user, cls.customer_user):
            user.password = user.login

    def _login(self, user):
        self.authenticate(user.login, user.login)

    def _rpc(self, route, **params):
        response = self.url_open(
            route,
            data=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
        )
        return response.json()

    def _op(self, kind, payload=None, **extra):
        return {
            "uuid": str(uuid.uuid4()),
            "kind": kind,
            "mission_id": self.mission.id,
            "payload": payload or {},
            "at": fields.Datetime.to_string(fields.Datetime.now()),
            **extra,
        }

    # ------------------------------------------------------------------ shell

    def test_the_shell_is_everybodys_and_nobodys(self):
        self._login(self.tech_user)
        pages = [self.url_open(path) for path in ("/field", "/field/m/1", "/field/out")]
        self.authenticate(None, None)
        pages.append(self.url_open("/field"))
        for page in pages:
            self.assertEqual(page.status_code, 200)
            self.assertEqual(page.text, pages[0].text)
            self.assertEqual(page.headers["Cache-Control"], "no-cache")
        for secret in ("csrf", "session_info", self.tech_user.name, "Ana Tech"):
            self.assertNotIn(secret, pages[0].text)
        self.assertEqual(self.url_open("/field/xyz").status_code, 404)

    def test_worker_and_manifest(self):
        worker = self.url_open("/field/sw.js")
        self.assertEqual(worker.headers["Service-Worker-Allowed"], "/field")
        self.assertIn("javascript", worker.headers["Content-Type"])
        settings = json.loads(re.search(r"SETTINGS = (\{.*\});", worker.text).group(1))
        shell = self.url_open("/field").text
        self.assertTrue(settings["bundle"])
        for link in settings["bundle"]:
            self.assertIn(link, shell)
            self.assertEqual(self.url_open(link).status_code, 200)
        manifest = self.url_open("/field/manifest.webmanifest").json()
        self.assertEqual((manifest["scope"], manifest["start_url"]), ("/field", "/field"))
        self.assertEqual(self.url_open(manifest["icons"][0]["src"]).status_code, 200)

    def test_the_bundle_is_lean(self):
        import gzip

        settings = re.search(r"SETTINGS = (\{.*\});", self.url_open("/field/sw.js").text).group(1)
        size = sum(
            len(gzip.compress(self.url_open(link).content))
            for link in json.loads(settings)["bundle"]
        )
        self.assertLess(size, 250 * 1024)

    # ------------------------------------------------------------------ pull

    def test_bootstrap(self):
        self._login(self.tech_user)
        data = self._rpc("/field/api/bootstrap")["result"]
        self.assertEqual([m["id"] for m in data["missions"]], self.mission.ids)
        shown = data["missions"][0]
        self.assertEqual(len(shown["checks"]), 4)
        self.assertEqual(shown["site"]["access"][0]["value"], "4512B")
        self.assertTrue(shown["responsible"])
        self.assertTrue(data["csrf"])
        self.assertEqual(data["uid"], self.tech_user.id)

    def test_bootstrap_of_a_subcontractor_and_of_a_customer(self):
        self.mission.technician_id = self.subcontractor
        self.mission.action_publish()
        self._login(self.sub_user)
        data = self._rpc("/field/api/bootstrap")["result"]
        self.assertEqual([m["id"] for m in data["missions"]], self.mission.ids)
        self.assertEqual(data["missions"][0]["technician"], "Cy Sub")
        self._login(self.customer_user)
        self.assertEqual(self._rpc("/field/api/bootstrap")["result"]["missions"], [])

    def test_another_users_device(self):
        self._login(self.tech2_user)
        for route in ("/field/api/bootstrap", "/field/api/sync"):
            answer = self._rpc(
                route, uid=self.tech_user.id, operations=[self._op("mission.arrive")]
            )
            self.assertEqual(answer["result"], {"stranger": True})
        answer = self._rpc("/field/api/sync", uid=self.tech2_user.id, db="other", operations=[])
        self.assertEqual(answer["result"], {"stranger": True})
        self.assertEqual(self.mission.state, "planned")

    def test_without_a_session(self):
        self.authenticate(None, None)
        with mute_logger("odoo.http"):
            answer = self._rpc("/field/api/bootstrap")
        self.assertEqual(answer["error"]["code"], 100)

    # ------------------------------------------------------------------ push

    def test_sync_applies_once_and_stamps_the_device(self):
        self._login(self.tech_user)
        batch = [self._op("mission.arrive"), self._op("mission.conclusion", {"text": "ok"})]
        device = str(uuid.uuid4())
        for replay in (False, True):
            answer = self._rpc(
                "/field/api/sync", operations=batch, device=device, pending=2, app_version="v1"
            )["result"]
            self.assertEqual([r["state"] for r in answer["results"]], ["applied"] * 2)
            self.assertEqual([r["replay"] for r in answer["results"]], [replay] * 2)
        self.env.invalidate_all()
        self.assertEqual(self.mission.state, "in_progress")
        self.assertEqual(len(self.mission.time_ids), 1)
        known = self.env["field.device"].search([("uuid", "=", device)])
        self.assertEqual((known.user_id, known.pending), (self.tech_user, 2))

    def test_a_clash_is_decided_by_the_office(self):
        self._login(self.tech_user)
        self._rpc("/field/api/sync", operations=[self._op("mission.arrive")])
        self.env.invalidate_all()
        self.mission.with_user(self.planner).write({"conclusion": "Office words"})
        operation = self._op("mission.conclusion", {"text": "Field words"}, base={"text": ""})
        same = self._op("mission.conclusion", {"text": "Office words"}, base={"text": ""})
        results = self._rpc("/field/api/sync", operations=[same, operation])["result"]["results"]
        self.assertEqual([r["state"] for r in results], ["applied", "conflict"])
        self.env.invalidate_all()
        self.assertEqual(self.mission.conclusion, "Office words")
        record = self.env["field.operation"].search([("uuid", "=", operation["uuid"])])
        self.assertEqual(record.server_value, {"text": "Office words"})
        record.with_user(self.planner).action_take_field()
        self.assertEqual(self.mission.conclusion, "Field words")
        self.assertEqual((record.state, record.resolution), ("applied", "field"))

    def test_what_follows_a_refusal_is_refused_with_it(self):
        self._login(self.tech_user)
        first = self._op("mission.done")
        second = self._op("mission.conclusion", {"text": "x"}, after=first["uuid"])
        results = self._rpc("/field/api/sync", operations=[first, second])["result"]["results"]
        self.assertEqual([r["state"] for r in results], ["rejected", "rejected"])

    # ------------------------------------------------------------------ files

    def _announce(self, data):
        name = str(uuid.uuid4())
        payload = {"uuid": name, "sha256": hashlib.sha256(data).hexdigest()}
        answer = self._rpc(
            "/field/api/sync",
            operations=[self._op("mission.arrive"), self._op("photo", payload)],
        )["result"]
        return name, answer["csrf"]

    def _upload(self, name, data, csrf):
        return self.opener.post(
            self.base_url() + "/field/api/blob",
            data={"uuid": name, "csrf_token": csrf},
            files={"file": (name, data, "image/jpeg")},
            allow_redirects=False,
            timeout=30,
        )

    def test_files(self):
        self._login(self.tech_user)
        data = jpeg()
        name, csrf = self._announce(data)
        cut = self._upload(name, data[:-10], csrf)
        self.assertEqual(cut.json()["state"], "corrupt")
        for _time in range(2):
            whole = self._upload(name, data, csrf)
            self.assertEqual(whole.json()["state"], "received")
        self.env.invalidate_all()
        photo = self.env["field.photo"].search([("uuid", "=", name)])
        self.assertEqual(photo.attachment_id.raw, data)
        self.assertEqual(
            self.env["ir.attachment"].search_count(
                [("res_model", "=", "field.photo"), ("res_id", "=", photo.id)]
            ),
            1,
        )

    def test_files_of_others_and_nonsense(self):
        self._login(self.tech_user)
        name, csrf = self._announce(jpeg())
        self.assertEqual(self._upload("unknown", jpeg(), csrf).status_code, 400)
        self._login(self.tech2_user)
        csrf2 = self._rpc("/field/api/sync", operations=[])["result"]["csrf"]
        self.assertEqual(self._upload(name, jpeg(), csrf2).status_code, 403)
        with mute_logger("odoo.http"):
            self.assertEqual(self._upload(name, jpeg(), "forged").status_code, 400)
        self.env.invalidate_all()
        photo = self.env["field.photo"].search([("uuid", "=", name)])
        self.assertEqual(photo.state, "waiting")

    def test_hostile_files(self):
        """Refused with a sentence, nothing stored, the name and the type it came with ignored."""
        hostile = {
            "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "polyglot": jpeg() + b"<script>alert(1)</script>",
            "program": b"MZ" + bytes(500),
            "bomb": png_of(40_000),
            "large": jpeg() + bytes(25 * 1024 * 1024),
        }
        self._login(self.tech_user)
        names, csrf = {}, ""
        for kind, data in hostile.items():
            names[kind], csrf = self._announce(data)
        for kind, data in hostile.items():
            with self.subTest(kind=kind):
                answer = self._upload(names[kind], data, csrf)
                self.assertEqual(answer.status_code, 400)
                self.assertRegex(answer.json()["error"], r"\w+ \w+ \w+.*\.$")
        self.env.invalidate_all()
        photos = self.env["field.photo"].search([("uuid", "in", list(names.values()))])
        self.assertEqual(set(photos.mapped("state")), {"waiting"})
        self.assertFalse(
            self.env["ir.attachment"].search_count(
                [("res_model", "=", "field.photo"), ("res_id", "in", photos.ids)]
            )
        )

    def test_a_file_of_200_mb_is_not_read(self):
        self._login(self.tech_user)
        name, csrf = self._announce(jpeg())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with mute_logger("odoo.http"):
            self.assertIn(self._post_endless(name, csrf, 200 * 1024 * 1024), (400, 413))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        self.assertLess(grown, 40 * 1024, "KB kept for a file that is refused")
        self.assertEqual(self._upload(name, jpeg(), csrf).json()["state"], "received")

    def _post_endless(self, name, csrf, size):
        """Announce a body of some size, send its first megabyte, return the answer's status."""
        address = urlsplit(self.base_url())
        form = (
            f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{csrf}\r\n'
            f'--x\r\nContent-Disposition: form-data; name="uuid"\r\n\r\n{name}\r\n'
            '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        )
        connection = HTTPConnection(address.hostname, address.port, timeout=30)
        connection.putrequest("POST", "/field/api/blob")
        connection.putheader("Cookie", f"session_id={self.session.sid}")
        connection.putheader("Content-Type", "multipart/form-data; boundary=x")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(form.encode() + bytes(1024 * 1024))
        status = connection.getresponse().status
        connection.close()
        return status

    def test_the_name_of_a_file_leads_nowhere(self):
        self._login(self.tech_user)
        data, name = jpeg("green"), str(uuid.uuid4())
        payload = {
            "uuid": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "caption": "../../etc/passwd",
        }
        operations = [self._op("mission.arrive"), self._op("photo", payload)]
        csrf = self._rpc("/field/api/sync", operations=operations)["result"]["csrf"]
        answer = self.opener.post(
            self.base_url() + "/field/api/blob",
            data={"uuid": name, "csrf_token": csrf},
            files={"file": ("../../../evil.exe", data, "application/x-msdownload")},
            allow_redirects=False,
            timeout=30,
        )
        self.assertEqual(answer.json()["state"], "received")
        self.env.invalidate_all()
        attachment = self.env["field.photo"].search([("uuid", "=", name)]).attachment_id
        self.assertEqual(attachment.mimetype, "image/jpeg")
        self.assertNotRegex(attachment.name, r"[/\\]|\.\.")


def png_of(side):
    """Return a PNG of some bytes that claims side × side pixels."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
