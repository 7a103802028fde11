import os

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import seal
from .common import FieldEvidenceCommon, jpeg


@tagged("post_install", "-at_install")
class TestTamper(FieldEvidenceCommon):
    """Nobody changes a journal; who can, by owning the database, is found out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._done()
        cls.lines = cls.mission.evidence_ids
        cls.other = cls._done(cls._planned(technician_id=cls.tech2.id), cls.tech2_user)

    # ------------------------------------------------------------------ refused

    def test_the_orm_refuses_everybody(self):
        line, dossier = self.lines[0], self.mission.evidence_dossier_id
        for record in (line, dossier):
            with self.assertRaises(UserError):
                record.write({"mission_id": self.other.id})
            with self.assertRaises(UserError):
                record.unlink()
            with self.assertRaises(UserError):
                record.copy()
            with self.assertRaises(UserError):
                record.create([{"mission_id": self.other.id}])
        with self.assertRaises(UserError):
            self.mission.write({"evidence_dossier_id": self.other.evidence_dossier_id.id})
        with self.assertRaises(UserError):
            self.mission.create(self._vals(evidence_dossier_id=dossier.id))

    def test_the_context_key_can_not_be_forged(self):
        for value in (True, "object", 1, {}):
            with self.assertRaises(UserError):
                self.lines.with_context(field_evidence_seal=value).create(
                    {"mission_id": self.mission.id}
                )

    def test_the_database_refuses_plain_sql(self):
        self.assertRefusedBySql("UPDATE field_evidence SET author_id = 1")
        self.assertRefusedBySql("UPDATE field_evidence SET payload = payload WHERE sequence = 2")
        self.assertRefusedBySql("DELETE FROM field_evidence WHERE sequence > 5")
        self.assertRefusedBySql("TRUNCATE field_evidence CASCADE")
        self.assertRefusedBySql("TRUNCATE field_evidence_dossier CASCADE")
        self.assertRefusedBySql("DELETE FROM field_evidence_dossier")
        for change in (
            "count = count - 1",
            "head_hash = md5(head_hash)",
            "uuid = 'x'",
            "closed_count = 1",
            "closed_hash = NULL",
            "closed_date = now()",
            "last_date = now() - interval '1 year'",
        ):
            self.assertRefusedBySql(f"UPDATE field_evidence_dossier SET {change}")  # pylint: disable=sql-injection

    def test_a_place_is_taken_once(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self._sql(
                "INSERT INTO field_evidence (mission_id, sequence, kind, res_model, res_id,"
                " item_hash, prev_hash, hash, author_id, server_date)"
                " SELECT mission_id, sequence, kind, res_model, res_id, item_hash, prev_hash,"
                " hash, author_id, server_date FROM field_evidence WHERE id = %s",
                self.lines[0].id,
            )

    def test_sealed_files_stay(self):
        self.mission._make_report()
        photo = self.mission.photo_ids[:1].attachment_id
        report = self.mission._get_report_attachment()
        for attachment in (photo, report):
            with self.assertRaises(UserError):
                attachment.write({"raw": b"x"})
            with self.assertRaises(UserError):
                attachment.write({"res_id": self.other.id})
            with self.assertRaises(UserError):
                attachment.unlink()
        loose = self.env["ir.attachment"].create(
            {"name": "Plan", "raw": b"x", "res_model": "field.mission", "res_id": self.mission.id}
        )
        loose.raw = b"y"
        loose.unlink()

    # ------------------------------------------------------------------ found out: the journal

    def test_every_column_of_every_line(self):
        """A change of any column of any line is found and named, and nothing else is."""
        changes = {
            "payload": "replace(payload, '\"kind\"', '\"kinD\"')",
            "item_hash": "md5('x') || md5('x')",
            "prev_hash": "md5('x') || md5('x')",
            "hash": "md5('x') || md5('x')",
            "author_id": str(self.planner.id),
            "device_date": "coalesce(device_date, now()) + interval '1 minute'",
            "server_date": "server_date - interval '1 minute'",
            "kind": "CASE kind WHEN 'photo' THEN 'document' ELSE 'photo' END",
            "res_model": "'res.partner'",
            "res_id": "res_id + 1",
            "bytes_sha256": "md5('x') || md5('x')",
        }
        for line in self.lines:
            for column, value in changes.items():
                with self.subTest(line=line.sequence, column=column):
                    self.env.cr.execute("SAVEPOINT change")
                    self._force(
                        f"UPDATE field_evidence SET {column} = {value} WHERE id = %s",  # pylint: disable=sql-injection
                        line.id,
                    )
                    verdict, findings = self._verify(self.mission)
                    self.assertEqual(verdict, "altered")
                    self.assertIn(line.sequence, {finding["seq"] for finding in findings})
                    self.env.cr.execute("ROLLBACK TO SAVEPOINT change")
                    self.env.invalidate_all()
        self.assertIntact(self.mission)

    def test_a_fraction_of_a_second(self):
        line = self.lines[2]
        self._force(
            "UPDATE field_evidence SET server_date = server_date + interval '5 milliseconds'"
            " WHERE id = %s",
            line.id,
        )
        self.assertEqual(self._codes(self.mission), [(seal.FIELD, 3)])

    def test_a_removed_line(self):
        self._force("DELETE FROM field_evidence WHERE id = %s", self.lines[7].id)
        codes = self._codes(self.mission)
        self.assertIn((seal.REMOVED, 8), codes)
        # What it had sealed is now without a seal.
        self.assertIn("unsealed", [code for code, _seq in codes])

    def test_a_cut_tail(self):
        self._force("DELETE FROM field_evidence WHERE id = ANY(%s)", self.lines[-3:].ids)
        result = self._verify(self.mission)[1]
        self.assertIn(
            (seal.CUT, len(self.lines) - 2, len(self.lines)),
            [(finding["code"], finding["seq"], finding["last"]) for finding in result],
        )

    def test_a_cut_tail_with_a_forged_head_is_seen_by_the_report(self):
        self.mission._make_report()
        lines = self.mission.evidence_ids
        kept = lines[:-4]
        self._force("DELETE FROM field_evidence WHERE id = ANY(%s)", lines[-4:].ids)
        self._force(
            "UPDATE field_evidence_dossier SET count = %s, head_hash = %s, closed_count = NULL,"
            " closed_hash = NULL WHERE mission_id = %s",
            len(kept),
            kept[-1].hash,
            self.mission.id,
        )
        self.assertIn(seal.CUT, [code for code, _seq in self._codes(self.mission)])

    def test_swapped_lines(self):
        first, second = self.lines[5], self.lines[6]
        self._force("UPDATE field_evidence SET sequence = -1 WHERE id = %s", first.id)
        self._force("UPDATE field_evidence SET sequence = 6 WHERE id = %s", second.id)
        self._force("UPDATE field_evidence SET sequence = 7 WHERE id = %s", first.id)
        self.assertEqual(self._codes(self.mission)[:2], [(seal.MOVED, 6), (seal.MOVED, 7)])

    def test_lines_of_two_dossiers_exchanged(self):
        mine, theirs = self.lines[6], self.other.evidence_ids[6]
        update = "UPDATE field_evidence SET mission_id = %s, sequence = %s WHERE id = %s"
        self._force(update, self.mission.id, -1, theirs.id)
        self._force(update, self.other.id, 7, mine.id)
        self._force(update, self.mission.id, 7, theirs.id)
        for mission in (self.mission, self.other):
            self.assertIn((seal.FOREIGN, 7), self._codes(mission))
            self.assertIn((seal.REMOVED, 7), self._codes(mission))

    def test_a_rehashed_journal(self):
        """The forger changes an answer, its sealed item, and hashes all lines anew."""
        line = self._line(self.mission, "answer", 0)
        entries = self.lines._to_entries()
        head = seal.Head(line.sequence - 1, line.prev_hash)
        uuid = self.mission.evidence_dossier_id.uuid
        for entry in entries[line.sequence - 1 :]:
            item = seal.parse(entry.payload)
            if entry.seq == line.sequence:
                item["data"]["value_yesno"] = "no"
            draft = seal.Draft(item, entry.author, entry.device_date)
            (new,) = seal.append(uuid, head, [draft], entry.server_date)
            head = seal.Head(new.seq, new.hash)
            self._force(
                "UPDATE field_evidence SET payload = %s, item_hash = %s, prev_hash = %s,"
                " hash = %s WHERE mission_id = %s AND sequence = %s",
                new.payload,
                new.item,
                new.prev,
                new.hash,
                self.mission.id,
                new.seq,
            )
        self._sql(
            "UPDATE field_mission_check_answer SET value_yesno = 'no' WHERE id = %s", line.res_id
        )
        codes = self._verify(self.mission)[1]
        self.assertEqual({finding["code"] for finding in codes}, {seal.REWRITTEN})
        self.assertTrue(all(f["seq"] <= line.sequence <= f["last"] for f in codes))

    def test_a_line_added_by_sql(self):
        self._sql(
            "INSERT INTO field_evidence (mission_id, sequence, kind, res_model, res_id, payload,"
            " item_hash, prev_hash, hash, author_id, device_date, server_date)"
            " SELECT mission_id, sequence + 1, kind, res_model, res_id, payload, item_hash, hash,"
            " hash, author_id, device_date, server_date FROM field_evidence WHERE id = %s",
            self.lines[-1].id,
        )
        self.assertIn((seal.INSERTED, len(self.lines) + 1), self._codes(self.mission))

    def test_the_head_row(self):
        self._force(
            "UPDATE field_evidence_dossier SET head_hash = md5('x') || md5('x')"
            " WHERE mission_id = %s",
            self.mission.id,
        )
        self.assertEqual(self._codes(self.mission), [(seal.HEAD, len(self.lines))])
        self._force("DELETE FROM field_evidence WHERE mission_id = %s", self.mission.id)
        self.assertIn(seal.CUT, [code for code, _seq in self._codes(self.mission)])

    # ------------------------------------------------------------------ found out: the sources

    def _assert_source(self, query, *args, kind, code="changed", text=""):
        """One row changed by plain SQL: named by the last item that sealed it."""
        self.env.cr.execute("SAVEPOINT source")
        self._sql(query, *args)
        verdict, findings = self._verify(self.mission)
        self.assertEqual(verdict, "altered", query)
        if kind:
            line = self._line(self.mission, kind)
            self.assertIn((code, line.sequence), [(f["code"], f["seq"]) for f in findings], query)
        else:
            self.assertIn(code, [f["code"] for f in findings])
        if text:
            self.assertIn(text, " ".join(f["text"] for f in findings))
        self.assertIntact(self.other)
        self.env.cr.execute("ROLLBACK TO SAVEPOINT source")
        self.env.invalidate_all()

    def test_every_source(self):
        mission = self.mission
        answer = self._line(mission, "answer").res_id
        check = self.env["field.mission.check.answer"].browse(answer).check_id.id
        update = "UPDATE field_mission_check_answer SET %s WHERE id = %%s"
        for change in (
            "value_number = 1.5",
            "result = 'fail'",
            "note = 'x'",
            "author_id = 1",
            "device_date = device_date - interval '1 hour'",
        ):
            self._assert_source(update % change, answer, kind="answer")
        self._assert_source(
            update % "value_number = 1.5",
            answer,
            kind="answer",
            text="“Value Number” was sealed as 1.4 and is now 1.5.",
        )
        for change in ("max_value = 9", "name = 'Easy'", "has_min = false", "required = false"):
            self._assert_source(
                f"UPDATE field_mission_check SET {change} WHERE id = %s", check, kind="answer"
            )
        self._assert_source(
            "UPDATE field_mission_check SET current_answer_id = NULL WHERE id = %s",
            check,
            kind="answer",
        )
        for table, kind, change in (
            ("field_mission_time", "time", "stop = stop + interval '1 hour'"),
            ("field_mission_material", "material", "quantity = 25"),
            ("field_photo", "photo", "caption = 'No leak'"),
            ("field_photo", "drawing", "capture_date = capture_date - interval '1 day'"),
            ("field_signature", "signature", "name = 'M. Leroy'"),
            ("field_signature", "signature", "texts = '[]'"),
            ("field_signature", "signature", "reserves = NULL"),
            ("field_incident", "incident", "description = 'Nothing'"),
            ("field_mission_event", "state", "reason = 'x'"),
        ):
            line = self._line(mission, kind)
            self._assert_source(
                f"UPDATE {table} SET {change} WHERE id = %s", line.res_id, kind=kind
            )
        for change in (
            "conclusion = 'Nothing done'",
            "actual_start = actual_start - interval '1 hour'",
            "promised_tolerance = 600",
        ):
            self._assert_source(
                f"UPDATE field_mission SET {change} WHERE id = %s", mission.id, kind="mission"
            )
        self._assert_source(
            "UPDATE field_mission SET state = 'cancelled' WHERE id = %s", mission.id, kind="state"
        )
        self._assert_source(
            "UPDATE field_mission SET validated = true WHERE id = %s", mission.id, kind="state"
        )

    def test_deleted_and_added_sources(self):
        mission = self.mission
        signature = self._line(mission, "signature").res_id
        self._assert_source(
            "DELETE FROM field_signature WHERE id = %s", signature, kind="signature", code="deleted"
        )
        self._assert_source(
            "INSERT INTO field_incident (mission_id, company_id, kind, severity, outcome, date,"
            " date_server, author_id) SELECT mission_id, company_id, 'danger', 'high', 'none',"
            " date, date_server, author_id FROM field_incident WHERE mission_id = %s",
            mission.id,
            kind=None,
            code="unsealed",
        )
        self._assert_source(
            "INSERT INTO field_mission_event (mission_id, company_id, kind, step, from_state,"
            " to_state, date, user_id) VALUES (%s, %s, 'step', 'validate', 'done', 'done',"
            " now(), 1)",
            mission.id,
            self.company.id,
            kind=None,
            code="unsealed",
        )

    def test_every_byte_of_a_photo(self):
        photo = self.mission.photo_ids.filtered(lambda one: one.kind == "photo")
        path = photo.attachment_id._full_path(photo.attachment_id.store_fname)
        line = self._line(self.mission, "photo")
        with open(path, "rb") as file:
            original = file.read()
        self.addCleanup(self._restore, path, original)
        step = max(1, len(original) // 40)
        for index in range(0, len(original), step):
            damaged = bytearray(original)
            damaged[index] ^= 1
            self._restore(path, damaged)
            self.assertEqual(self._codes(self.mission), [("bytes", line.sequence)])
        self._restore(path, original[:-1])
        self.assertEqual(self._codes(self.mission), [("bytes", line.sequence)])
        self._restore(path, b"")
        self.assertEqual(self._codes(self.mission), [("missing", line.sequence)])
        self._restore(path, original)
        self.assertIntact(self.mission)

    def test_another_file_in_its_place(self):
        photo = self.mission.photo_ids.filtered(lambda one: one.kind == "photo")
        fake = self.env["ir.attachment"].create({"name": "fake", "raw": jpeg("black")})
        self._sql(
            "UPDATE ir_attachment SET store_fname = %s WHERE id = %s",
            fake.store_fname,
            photo.attachment_id.id,
        )
        line = self._line(self.mission, "photo")
        self.assertEqual(self._codes(self.mission), [("bytes", line.sequence)])

    def test_the_report_itself(self):
        report = self.mission._make_report()
        self.assertIntact(self.mission)
        line = self._line(self.mission, "report")
        self._sql(
            "UPDATE ir_attachment SET store_fname = %s WHERE id = %s",
            self.mission.photo_ids[:1].attachment_id.store_fname,
            report.id,
        )
        self.assertEqual(self._codes(self.mission), [("bytes", line.sequence)])
        self._sql("DELETE FROM ir_attachment WHERE id = %s", report.id)
        self.assertEqual(self._codes(self.mission), [("missing", line.sequence)])

    @staticmethod
    def _restore(path, data):
        mode = os.stat(path).st_mode
        os.chmod(path, 0o644)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)

    # ------------------------------------------------------------------ the button

    def test_the_button_says_and_keeps_the_result(self):
        action = self.mission.with_user(self.manager).action_verify_evidence()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(self.mission.evidence_verdict, "intact")
        self.assertFalse(self.mission.evidence_findings)
        self._sql("UPDATE field_signature SET name = 'M. X' WHERE mission_id = %s", self.mission.id)
        both = self.mission | self.other
        action = both.with_user(self.manager).action_verify_evidence()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("Mme Leroy", action["params"]["message"])
        self.assertEqual(both.mapped("evidence_verdict"), ["altered", "intact"])
        self.assertIn("M. X", self.mission.evidence_findings)
        self.assertEqual(len(self.mission.evidence_verification_ids), 2)
        self.assertEqual(self.mission.evidence_verification_ids.user_id, self.manager)
