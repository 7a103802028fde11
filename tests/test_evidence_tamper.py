"""Random alterations of sealed dossiers, each found and named, by us and by a second verifier."""

import os
import random
from collections import namedtuple
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.field_evidence.tests.common import FieldEvidenceCommon, jpeg, moment

from . import evidence_verifier as other

# Source rows: table, kind of the item that names it, what is changed.
SOURCES = (
    ("field_mission_check_answer", "answer", "value_number = coalesce(value_number, 0) + 0.25"),
    ("field_mission_check_answer", "answer", "device_date = device_date - interval '1 day'"),
    ("field_mission_time", "time", "start = start - interval '1 hour'"),
    ("field_mission_material", "material", "quantity = quantity + 1"),
    ("field_photo", "photo", "caption = 'Other'"),
    ("field_photo", "photo", "capture_date = capture_date - interval '1 year'"),
    ("field_signature", "signature", "name = 'M. X'"),
    ("field_signature", "signature", "date = date - interval '3 days'"),
    ("field_incident", "incident", "description = 'Nothing'"),
    ("field_mission_event", "state", "device_date = device_date - interval '1 hour'"),
    ("field_mission", "mission", "conclusion = 'Nothing done'"),
    ("field_mission", "mission", "actual_start = actual_start - interval '2 hours'"),
)
DELETABLE = ("field_mission_time", "field_mission_material", "field_signature", "field_incident")
JOURNAL = (
    "payload = replace(payload, '\"kind\"', '\"kinD\"')",
    "item_hash = md5(item_hash) || md5(hash)",
    "prev_hash = md5(prev_hash) || md5(hash)",
    "hash = md5(hash) || md5(item_hash)",
    "author_id = CASE author_id WHEN 1 THEN 2 ELSE 1 END",
    "server_date = server_date - interval '1 day'",
    "device_date = coalesce(device_date, now() at time zone 'UTC') - interval '1 day'",
    "res_id = res_id + 1",
    "kind = CASE kind WHEN 'photo' THEN 'document' ELSE 'photo' END",
)
KINDS = (
    "flip a byte",
    "edit a journal row",
    "edit a source row",
    "delete a journal row",
    "cut the tail",
    "delete a source row",
    "reorder",
    "insert",
    "swap two missions' items",
    "hash anew",
    "make all anew",
    "cut the tail and the heads",
)


# A journal's line as it was sealed, whatever becomes of its row.
Line = namedtuple("Line", "id sequence kind res_model res_id prev_hash")


class TamperCase(FieldEvidenceCommon):
    dossiers = 20
    alterations = 60
    bystanders = 4
    seed = 20261124

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.missions = cls.env["field.mission"]
        for number in range(cls.dossiers):
            cls.missions |= cls._visit(number)
        today = fields.Date.today()
        cls.digest = cls.env["field.evidence.digest"]._write_digest(cls.company, today)

    @classmethod
    def _visit(cls, number):
        """Carry out one mission, each on a day of its own."""
        day = moment("2026-11-30 07:30:00") + timedelta(days=number)
        mission = cls._planned(planned_start=day, description=f"Visit {number}")
        work = mission.with_user(cls.tech_user)
        work.action_arrive(at=day)
        cls._answer_all(mission, cls.tech_user)
        cls.env.cr.flush()
        work.action_add_material({"product_id": cls.part.id, "quantity": 1 + number % 7})
        # What follows a JPEG's end belongs to its bytes: no two pictures are the same.
        data = jpeg() + os.urandom(64)
        cls._send_photo(mission, cls.tech_user, data=data, stage="before")
        cls.env.cr.flush()
        work.action_report_incident({"kind": "damage", "description": f"Tap {number}"})
        work.action_set_conclusion("Valve replaced")
        work.action_sign({"refusal_reason": "Nobody there"}, at=day + timedelta(minutes=50))
        cls.env.cr.flush()
        work.action_done(at=day + timedelta(hours=1))
        cls.env.cr.flush()
        return mission

    def setUp(self):
        super().setUp()
        self.rng = random.Random(self.seed)
        self.lines_of = {
            mission: [
                Line(*(line[name] for name in Line._fields))
                for line in mission.evidence_ids.sorted("sequence")
            ]
            for mission in self.missions
        }

    # ------------------------------------------------------------------ the second verifier

    def _row(self, query, *args):
        self.env.cr.execute(SQL(query, *args))
        return self.env.cr.dictfetchall()

    def _second(self, mission):
        """Return the numbers that the verifier written from the document finds fault with."""
        columns = self._row(
            "SELECT * FROM field_evidence WHERE mission_id = %s ORDER BY sequence", mission.id
        )
        (head,) = self._row(
            "SELECT * FROM field_evidence_dossier WHERE mission_id = %s", mission.id
        )
        lines = [self._line_of_file(row) for row in columns]
        heads = [(head["count"], head["head_hash"]), (head["closed_count"], head["closed_hash"])]
        noted = other.noted_in(self.digest.payload, head["uuid"])
        heads.append((noted["count"], noted["head"]))
        heads = [mark for mark in heads if mark[0]]
        bad = other.check_journal(head["uuid"], lines, heads) | other.check_marks(lines, noted)
        names = ("kind", "res_model", "res_id", "bytes_sha256")
        for line, row in zip(lines, columns, strict=True):
            try:
                good = other.check_columns(line, {name: row[name] for name in names})
            except KeyError:
                good = False
            if not good:
                bad.add(line["seq"])
        for (model, res_id), (number, item) in other.last_items(lines).items():
            rows = self._row("SELECT * FROM %s WHERE id = %s", self._table(model), res_id)
            row = rows[0] if rows else None
            if not other.check_record(item, row) or not self._has_bytes(item, row):
                bad.add(number)
        return bad

    def _table(self, model):
        return SQL.identifier(model.replace(".", "_"))

    @staticmethod
    def _line_of_file(row):
        def text(value):
            return value and f"{value.isoformat()}Z"

        return {
            "seq": row["sequence"],
            "prev": row["prev_hash"],
            "item": row["item_hash"],
            "hash": row["hash"],
            "author": row["author_id"],
            "payload": row["payload"],
            "device_date": text(row["device_date"]),
            "server_date": text(row["server_date"]),
        }

    def _has_bytes(self, item, row):
        """Whether the file on the disk is the sealed one."""
        if not item.get("bytes"):
            return True
        attachment = row and row.get("attachment_id") or (row or {}).get("id")
        files = self._row("SELECT store_fname FROM ir_attachment WHERE id = %s", attachment)
        if not files:
            return False
        path = self.env["ir.attachment"]._full_path(files[0]["store_fname"])
        with open(path, "rb") as file:
            return other.hashlib.sha256(file.read()).hexdigest() == item["bytes"]["sha256"]

    # ------------------------------------------------------------------ alterations

    def _alter(self, kind, mission):
        """Alter a dossier; return the numbers of which one must be named."""
        line = self.rng.choice(self.lines_of[mission])
        return getattr(self, "_alter_" + kind.replace(" ", "_").replace("'", ""))(mission, line)

    def _alter_flip_a_byte(self, mission, _line):
        (line,) = [one for one in self.lines_of[mission] if one.kind == "photo"]
        attachment = self.env["field.photo"].browse(line.res_id).attachment_id
        path = attachment._full_path(attachment.store_fname)
        with open(path, "rb") as file:
            data = bytearray(file.read())
        self._files.append((path, bytes(data)))
        data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        self._write_file(path, data)
        return {line.sequence}

    def _write_file(self, path, data):
        os.chmod(path, 0o644)
        with open(path, "wb") as file:
            file.write(data)

    def _alter_edit_a_journal_row(self, _mission, line):
        change = self.rng.choice(JOURNAL)
        self._force(f"UPDATE field_evidence SET {change} WHERE id = %s", line.id)  # pylint: disable=sql-injection
        return {line.sequence}

    def _alter_edit_a_source_row(self, mission, _line):
        table, kind, change = self.rng.choice(SOURCES)
        line = [one for one in self.lines_of[mission] if one.kind == kind][-1]
        self._sql(f"UPDATE {table} SET {change} WHERE id = %s", line.res_id)  # pylint: disable=sql-injection
        return {line.sequence}

    def _alter_delete_a_source_row(self, mission, _line):
        table = self.rng.choice(DELETABLE)
        line = [one for one in self.lines_of[mission] if one.res_model.replace(".", "_") == table][
            -1
        ]
        self._sql(f"DELETE FROM {table} WHERE id = %s", line.res_id)  # pylint: disable=sql-injection
        return {line.sequence}

    def _alter_delete_a_journal_row(self, _mission, line):
        self._force("DELETE FROM field_evidence WHERE id = %s", line.id)
        return {line.sequence}

    def _alter_cut_the_tail(self, mission, line):
        self._force(
            "DELETE FROM field_evidence WHERE mission_id = %s AND sequence >= %s",
            mission.id,
            line.sequence,
        )
        return {line.sequence}

    def _alter_reorder(self, mission, line):
        lines = self.lines_of[mission]
        second = self.rng.choice([one for one in lines if one != line])
        first_place, second_place = line.sequence, second.sequence
        move = "UPDATE field_evidence SET sequence = %s WHERE id = %s"
        self._force(move, -1, line.id)
        self._force(move, first_place, second.id)
        self._force(move, second_place, line.id)
        return {first_place, second_place}

    def _alter_insert(self, mission, line):
        end = len(self.lines_of[mission])
        self._force(
            "INSERT INTO field_evidence (mission_id, sequence, kind, res_model, res_id, payload,"
            " item_hash, bytes_sha256, prev_hash, hash, author_id, device_date, server_date)"
            " SELECT mission_id, %s, kind, res_model, res_id, payload, item_hash, bytes_sha256,"
            " (SELECT hash FROM field_evidence WHERE mission_id = %s AND sequence = %s), hash,"
            " author_id, device_date, server_date FROM field_evidence WHERE id = %s",
            end + 1,
            mission.id,
            end,
            line.id,
        )
        return {end + 1}

    def _alter_swap_two_missions_items(self, mission, line):
        second = self.rng.choice([one for one in self.missions if one != mission])
        theirs = self.lines_of[second][min(line.sequence, len(self.lines_of[second])) - 1]
        place = theirs.sequence
        move = "UPDATE field_evidence SET mission_id = %s, sequence = %s WHERE id = %s"
        self._force(move, mission.id, -1, theirs.id)
        self._force(move, second.id, place, line.id)
        self._force(move, mission.id, line.sequence, theirs.id)
        self._hurt.append((second, {place}))
        return {line.sequence}

    def _alter_hash_anew(self, mission, line):
        """What somebody does who knows the specification, but not who holds the heads."""
        (dossier,) = self._row(
            "SELECT uuid FROM field_evidence_dossier WHERE mission_id = %s", mission.id
        )
        chain, before = dossier["uuid"], line.prev_hash
        start = line.sequence
        for one in self.lines_of[mission][start - 1 :]:
            (row,) = self._row("SELECT * FROM field_evidence WHERE id = %s", one.id)
            forged = {**self._line_of_file(row), "prev": before}
            if one.sequence == start:
                item = {**other.json.loads(forged["payload"]), "forged": 1}
                forged["payload"] = other.canonical(item)
                forged["item"] = other.sha256("item", forged["payload"])
            before = forged["hash"] = other.entry_hash(chain, forged)
            self._force(
                "UPDATE field_evidence SET payload = %s, item_hash = %s, prev_hash = %s, hash = %s"
                " WHERE id = %s",
                forged["payload"],
                forged["item"],
                forged["prev"],
                forged["hash"],
                one.id,
            )
        return set(range(start, len(self.lines_of[mission]) + 1))

    def _alter_make_all_anew(self, mission, line):
        """The database's owner: the dossier's own heads are made anew too."""
        changed = self._alter_hash_anew(mission, line)
        self._move_heads(mission)
        return {line.sequence} & changed

    def _alter_cut_the_tail_and_the_heads(self, mission, line):
        line = line if line.sequence > 1 else self.lines_of[mission][1]
        changed = self._alter_cut_the_tail(mission, line)
        self._move_heads(mission)
        return changed

    def _move_heads(self, mission):
        self._force(
            "UPDATE field_evidence_dossier AS dossier SET count = line.sequence,"
            " head_hash = line.hash, closed_count = closing.sequence, closed_hash = closing.hash"
            " FROM field_evidence AS line LEFT JOIN field_evidence AS closing"
            " ON closing.mission_id = line.mission_id AND closing.kind = 'close'"
            " WHERE dossier.mission_id = %s AND line.mission_id = %s AND line.sequence ="
            " (SELECT max(sequence) FROM field_evidence WHERE mission_id = %s)",
            *[mission.id] * 3,
        )

    # ------------------------------------------------------------------ the judgement

    def _judge(self, kind, hurt):
        """Both name each dossier that was altered; those beside it are intact for both."""
        altered = self.env["field.mission"].concat(*[mission for mission, _numbers in hurt])
        beside = self.rng.sample(list(self.missions - altered), self.bystanders)
        missions = altered.concat(*beside)
        results = missions._verify_evidence()
        for mission, numbers in hurt:
            named = set()
            for found in results[mission.id]["findings"]:
                named.update(range(found["seq"], found["last"] + 1))
                self.assertTrue(found["text"])
            second = self._second(mission)
            self.assertTrue(named & numbers, f"{kind}: {numbers}, we named {named}")
            self.assertTrue(second & numbers, f"{kind}: {numbers}, the second named {second}")
        for mission in beside:
            self.assertEqual(results[mission.id]["findings"], [], kind)
            self.assertEqual(results[mission.id]["verdict"], "intact")
            self.assertEqual(self._second(mission), set(), kind)
        return len(beside)

    def _intact(self):
        results = self.missions._verify_evidence()
        for mission in self.missions:
            self.assertEqual(results[mission.id]["findings"], [])
            self.assertEqual(self._second(mission), set())
        return len(self.missions)

    def _walk(self):
        """Alter, judge, take back; return the number of alterations and of intact dossiers."""
        intact = self._intact()
        for number in range(self.alterations):
            kind = KINDS[number % len(KINDS)]
            mission = self.rng.choice(list(self.missions))
            self._files, self._hurt = [], []
            self.env.cr.execute("SAVEPOINT altered")
            try:
                numbers = self._alter(kind, mission)
                intact += self._judge(kind, [(mission, numbers), *self._hurt])
            finally:
                for path, data in self._files:
                    self._write_file(path, data)
                self.env.cr.execute("ROLLBACK TO SAVEPOINT altered")
                self.env.invalidate_all(flush=False)
        return number + 1, intact + self._intact()


@tagged("post_install", "-at_install")
class TestTamperSmall(TamperCase):
    def test_each_alteration_is_named_and_no_intact_dossier(self):
        done, intact = self._walk()
        self.assertEqual(done, self.alterations)
        self.assertGreaterEqual(intact, 2 * self.dossiers + self.alterations * self.bystanders)


@tagged("post_install", "-at_install", "-standard", "nightly")
class TestTamperFull(TamperCase):
    dossiers = 200
    alterations = 1000
    bystanders = 10
    seed = int(os.environ.get("FIELD_TAMPER_SEED") or 7)

    def test_each_alteration_is_named_and_no_intact_dossier(self):
        done, intact = self._walk()
        self.assertEqual(done, 1000)
        self.assertGreaterEqual(intact, 10_000)
