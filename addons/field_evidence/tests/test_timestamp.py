import base64
import re
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.field_evidence.core import timestamp

from .common import FieldEvidenceCommon

SETTINGS = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
"""


def openssl(*arguments, **options):
    command = ["openssl", *arguments]
    return subprocess.run(command, capture_output=True, check=True, **options).stdout


class Authority:
    """A small real time-stamping authority: `openssl ts -reply` behind HTTP.

    :param answer: what becomes of the answer before it is sent
    """

    def __init__(self, answer=lambda data: data):
        self.folder = Path(tempfile.mkdtemp())
        self.answer = answer
        self.queries = []
        self._make_certificates()
        serve = self._serve

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                serve(self)

            def log_message(self, *_arguments):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsr"

    def _make_certificates(self):
        folder = self.folder
        openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
            *("-subj", "/CN=Test root", "-keyout", folder / "root.key"),
            *("-out", folder / "root.pem"),
        )
        openssl(
            *("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test time"),
            *("-keyout", folder / "tsa.key", "-out", folder / "tsa.csr"),
        )
        (folder / "usage").write_text("extendedKeyUsage=critical,timeStamping\n")
        openssl(
            *("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "root.pem", "-days", "30"),
            *("-CAkey", folder / "root.key", "-CAcreateserial", "-extfile", folder / "usage"),
            *("-out", folder / "tsa.pem"),
        )
        (folder / "settings").write_text(SETTINGS.format(folder=folder))
        (folder / "serial").write_text("01")
        self.roots = (folder / "root.pem").read_text()

    def _serve(self, request):
        query = request.rfile.read(int(request.headers["Content-Length"]))
        self.queries.append(query)
        (self.folder / "query").write_bytes(query)
        reply = openssl(
            *("ts", "-reply", "-config", self.folder / "settings"),
            *("-queryfile", self.folder / "query"),
        )
        request.send_response(200)
        request.send_header("Content-Type", "application/timestamp-reply")
        request.end_headers()
        request.wfile.write(self.answer(reply))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder)


@tagged("post_install", "-at_install")
class TestTimestamp(HttpCase, FieldEvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.customer.lang = "en_US"
        for user in (cls.planner, cls.manager):
            user.lang = "en_US"
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.close)

    def setUp(self):
        super().setUp()
        self.authority.answer = lambda data: data
        self._use(self.authority.url)

    def _use(self, url, roots=None):
        roots = self.authority.roots if roots is None else roots
        self.company.write({"field_tsa_url": url, "field_tsa_certificate": roots})
        self.env.cr.flush()

    def _stamps(self, mission):
        self.env.invalidate_all()
        return mission.evidence_dossier_id.timestamp_ids

    def _run(self):
        self.env.ref("field_evidence.ir_cron_stamp").method_direct_trigger()
        self.env.invalidate_all()

    # ------------------------------------------------------------------ asking

    def test_nobody_is_asked_by_default(self):
        self._use(False)
        mission = self._done()
        self.assertFalse(self._stamps(mission))
        self.assertFalse(self.env["res.company"].create({"name": "New"}).field_tsa_url)

    def test_a_closing_is_stamped_in_the_background(self):
        mission = self._done()
        head, count = mission.evidence_head, mission.evidence_count
        asked = len(self.authority.queries)
        [stamp] = self._stamps(mission)
        self.assertEqual((stamp.state, stamp.head_hash), ("waiting", mission.evidence_closed_hash))
        self._run()
        self.assertEqual(len(self.authority.queries), asked + 1)
        [stamp] = self._stamps(mission)
        self.assertEqual((stamp.state, stamp.authority), ("stamped", "Test time"))
        self.assertLess(abs((stamp.date - fields.Datetime.now()).total_seconds()), 600)
        # Beside the journal, not in it.
        self.assertEqual((mission.evidence_head, mission.evidence_count), (head, count))
        self.assertIntact(mission)
        self._run()
        self.assertEqual(len(self.authority.queries), asked + 1)

    def test_a_later_closing_has_a_stamp_of_its_own(self):
        mission = self._done()
        self._run()
        mission.incident_ids.write({"severity": "high"})
        self.env.cr.flush()
        self._run()
        stamps = self._stamps(mission)
        self.assertEqual(stamps.mapped("state"), ["stamped"] * 2)
        self.assertEqual(stamps[0].head_hash, mission.evidence_closed_hash)
        self.assertEqual(len(set(stamps.mapped("head_hash"))), 2)
        self.assertIntact(mission)

    def test_an_authority_that_is_not_there_stops_nobody(self):
        self._use("http://127.0.0.1:9/tsr")
        mission = self._done()
        self.assertTrue(mission.evidence_closed_hash)
        self.assertTrue(mission._make_report())
        self._run()
        [stamp] = self._stamps(mission)
        self.assertEqual((stamp.state, stamp.tries), ("waiting", 1))
        self.assertTrue(stamp.problem)
        self.assertGreater(stamp.next_try, fields.Datetime.now())
        asked = len(self.authority.queries)
        self._use(self.authority.url)
        self._run()
        # Not before its time.
        self.assertEqual(len(self.authority.queries), asked)
        stamp.next_try = fields.Datetime.now()
        self.env.cr.flush()
        self._run()
        [stamp] = self._stamps(mission)
        self.assertEqual((stamp.state, stamp.tries, stamp.problem), ("stamped", 2, False))

    def test_after_a_month_somebody_has_to_ask(self):
        self._use("http://127.0.0.1:9/tsr")
        stamp = self._stamps(self._done())
        stamp.tries = 35
        stamp._ask()
        self.assertEqual(stamp.state, "failed")
        with self.assertRaises(UserError):
            stamp.with_user(self.planner).action_ask_again()
        stamp.with_user(self.manager).action_ask_again()
        self.assertEqual((stamp.state, stamp.tries), ("waiting", 0))

    def test_an_answer_that_does_not_hold_is_not_kept(self):
        other = Authority()
        self.addCleanup(other.close)
        mission = self._done()
        stamp = self._stamps(mission)
        known = []
        self.authority.answer = lambda data: known.append(data) or data
        stamp._send(self._query("0" * 64))
        cases = {
            "nonsense": lambda _data: b"<html>not found</html>",
            "nothing": lambda _data: b"",
            "another digest": lambda _data: known[0],
            "a changed byte": lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
            "far too long": lambda data: data + b"x" * 70000,
        }
        for name, change in cases.items():
            with self.subTest(name):
                self.authority.answer = change
                stamp._ask()
                self.assertEqual((stamp.state, bool(stamp.response)), ("waiting", False))
                self.assertTrue(stamp.problem)
        self.authority.answer = lambda data: data
        with self.subTest("another authority"):
            self._use(self.authority.url, other.roots)
            stamp._ask()
            self.assertFalse(stamp.response)
        with self.subTest("the system's authorities"):
            self._use(self.authority.url, "")
            stamp._ask()
            self.assertFalse(stamp.response)
        self._use(self.authority.url)
        stamp._ask()
        self.assertEqual(stamp.state, "stamped")

    def _query(self, digest):
        return timestamp.make_request(digest, 7)

    def test_the_address_is_one(self):
        for values in (
            {"field_tsa_url": "file:///etc/passwd"},
            {"field_tsa_url": "tsa.example.com"},
            {"field_tsa_certificate": "the root"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.company.write(values)

    # ------------------------------------------------------------------ what it is good for

    def test_a_journal_made_anew_contradicts_its_stamp(self):
        mission = self._done()
        self._run()
        [stamp] = self._stamps(mission)
        dossier = mission.evidence_dossier_id
        # The owner makes head and closing fit another journal; the stamp remembers.
        self._force(
            "UPDATE field_evidence_dossier SET closed_hash = %s WHERE id = %s", "0" * 64, dossier.id
        )
        heads = dossier._get_heads()
        self.assertIn((stamp.count, stamp.head_hash), [(head.count, head.hash) for head in heads])
        self._force(
            "UPDATE field_evidence SET hash = %s WHERE mission_id = %s AND sequence = %s",
            "0" * 64,
            mission.id,
            stamp.count,
        )
        self.assertEqual(self._verify(mission)[0], "altered")

    def test_a_stamp_is_kept(self):
        mission = self._done()
        self._run()
        [stamp] = self._stamps(mission)
        for query in (
            "UPDATE field_evidence_timestamp SET date = now() WHERE id = %s",
            "DELETE FROM field_evidence_timestamp WHERE id = %s",
        ):
            self.assertRefusedBySql(query, stamp.id)
        self.assertRefusedBySql("TRUNCATE field_evidence_timestamp")
        for user in (self.manager, self.planner, self.tech_user, self.customer_user):
            for change in (
                lambda own: own.write({"state": "waiting"}),
                lambda own: own.unlink(),
                lambda own: own.create({"dossier_id": own.sudo().dossier_id.id}),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    change(stamp.with_user(user))
        for user in (self.tech_user, self.customer_user, self.office):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                stamp.with_user(user).read(["authority"])

    def test_a_forged_stamp_is_named(self):
        mission = self._done()
        self._run()
        [stamp] = self._stamps(mission)
        answer = bytearray(stamp._get_answer())
        answer[-20] ^= 1
        self.env.cr.execute("ALTER TABLE field_evidence_timestamp DISABLE TRIGGER USER")
        self._sql(
            "UPDATE field_evidence_timestamp SET response = %s WHERE id = %s",
            base64.b64encode(bytes(answer)),
            stamp.id,
        )
        self.env.cr.execute("ALTER TABLE field_evidence_timestamp ENABLE TRIGGER USER")
        self.assertIn(("forged", stamp.count), self._codes(mission))

    def test_the_file_is_verified_as_the_guide_says(self):
        mission = self._done()
        self._run()
        [stamp] = self._stamps(mission)
        files = dict(mission._build_dossier()[mission.id])
        name = f"timestamp-{stamp.count:04d}"
        self.assertIn(f"{name}.tsr", files["SHA256SUMS"].decode())
        self.assertIn("openssl ts -verify", files["LISEZMOI.txt"].decode())
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        for suffix in ("tsr", "pem"):
            (folder / f"stamp.{suffix}").write_bytes(files[f"{name}.{suffix}"])
        command = ["ts", "-verify", "-in", folder / "stamp.tsr", "-CAfile", folder / "stamp.pem"]
        openssl(*command, "-digest", mission.evidence_closed_hash)
        with self.assertRaises(subprocess.CalledProcessError):
            openssl(*command, "-digest", "0" * 64)

    def test_the_check_page_and_the_report_say_so(self):
        mission = self._done()
        self._run()
        dossier = mission.evidence_dossier_id
        page = self.url_open(
            f"/field/check/{dossier.uuid}",
            params={"count": dossier.closed_count, "head": dossier.closed_hash},
        )
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
        self.assertIn("Time-stamped by an authority (RFC 3161)", text)
        self.assertIn("Test time", text)
        seal = mission.with_user(self.tech_user)._report_seal()
        self.assertIn("Test time", seal["stamped"])

    def test_the_others_companies_stamps_are_not_read(self):
        stamp = self._stamps(self._done())
        company = self.env["res.company"].create({"name": "Other"})
        other = self._user("other_manager", "field_mission.group_field_manager")
        other.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(self.env[stamp._name].with_user(other).search([]))
