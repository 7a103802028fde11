import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, mute_logger

from .. import seal
from .common import FieldEvidenceCommon

COLUMNS = ("kind", "res_model", "res_id", "bytes_sha256", "author_id", "device_date", "server_date")


class DigestCase(FieldEvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.env.user.lang = cls.manager.lang = cls.company.partner_id.lang = "en_US"
        cls.digests = cls.env["field.evidence.digest"]
        cls.cron = cls.env.ref("field_evidence.ir_cron_write_digests")
        cls.mission = cls._done()
        cls.other = cls._done(cls._planned(technician_id=cls.tech2.id), cls.tech2_user)

    def _night(self, days=1):
        """Let the daily run come some days later."""
        with freeze_time(fields.Datetime.now() + timedelta(days=days), tick=True):
            with self.enter_registry_test_mode():
                self.cron.method_direct_trigger()
        self.env.invalidate_all()
        return self._own()

    def _own(self):
        return self.digests.search([("company_id", "=", self.company.id)], order="number")

    def _rewrite(self, mission, change):
        """Make a journal anew in all consistency, as the database's owner can who reads the spec.

        :param change: function of the list of lines, ``{"item", …columns}``, which it may change
        """
        dossier = mission.evidence_dossier_id
        lines = [
            {"item": line._get_item(), **{name: line[name] for name in COLUMNS}}
            for line in mission.evidence_ids.sorted("sequence")
        ]
        for line in lines:
            line["author_id"] = line["author_id"].id
        change(lines)
        self._force("DELETE FROM field_evidence WHERE mission_id = %s", mission.id)
        head, closed = None, None
        for line in lines:
            if line["kind"] == "close":
                line["item"]["data"].update(count=head.count, head=head.hash)
            moment = line["device_date"] and seal.instant_text(line["device_date"])
            draft = seal.Draft(line["item"], line["author_id"], moment or None)
            (entry,) = seal.append(
                dossier.uuid, head, [draft], seal.instant_text(line["server_date"])
            )
            head = seal.Head(entry.seq, entry.hash)
            closed = head if line["kind"] == "close" else closed
            columns = {name: line[name] or None for name in COLUMNS}
            columns.update(
                mission_id=mission.id,
                sequence=entry.seq,
                payload=entry.payload,
                item_hash=entry.item,
                prev_hash=entry.prev,
                hash=entry.hash,
            )
            self._force(
                "INSERT INTO field_evidence (%s) VALUES %s",
                SQL(", ").join(map(SQL.identifier, columns)),
                tuple(columns.values()),
            )
        self._force(
            "UPDATE field_evidence_dossier SET count = %s, head_hash = %s, closed_count = %s,"
            " closed_hash = %s WHERE mission_id = %s",
            head.count,
            head.hash,
            closed and closed.count,
            closed and closed.hash,
            mission.id,
        )

    def _forge_an_answer(self, lines):
        (line,) = [
            one
            for one in lines
            if one["kind"] == "answer" and one["item"]["data"].get("value_number") == "1.4"
        ]
        line["item"]["data"]["value_number"] = "1.2"
        answer = line["res_id"]
        self._sql("UPDATE field_mission_check_answer SET value_number = 1.2 WHERE id = %s", answer)
        return lines.index(line) + 1


@tagged("post_install", "-at_install")
class TestDigest(DigestCase):
    """Each night the heads of closed dossiers leave the house, chained to the day before."""

    def test_the_digest_lists_the_closings_with_count_and_head(self):
        (digest,) = self._night()
        self.assertEqual(digest.number, 1)
        self.assertEqual(seal.digest_hash(digest.payload), digest.hash)
        self.assertEqual(digest.prev_hash, seal.digest_genesis(digest.chain))
        listed = {row["chain"]: row for row in json.loads(digest.payload)["dossiers"]}
        for mission in self.mission | self.other:
            dossier = mission.evidence_dossier_id
            row = listed[dossier.uuid]
            self.assertEqual(row["count"], dossier.closed_count)
            self.assertEqual(row["head"], dossier.closed_hash)
            self.assertEqual(row["name"], mission.name)
            self.assertEqual(len(row["marks"]), 16 * dossier.closed_count)
            self.assertEqual(dossier.digest_count, dossier.closed_count)
            self.assertIntact(mission)

    def test_the_run_is_idempotent_and_catches_up_missed_days(self):
        digests = self._night()
        self.assertEqual(self._night(), digests)
        digests = self._night(days=4)
        self.assertEqual(digests.mapped("number"), [1, 2, 3, 4])
        self.assertEqual(digests[1:].mapped("count"), [0, 0, 0])
        first = digests[0]
        for before, after in zip(digests, digests[1:], strict=False):
            self.assertEqual(after.prev_hash, before.hash)
            self.assertEqual(after.day, before.day + timedelta(days=1))
        self.assertEqual(set(digests.mapped("chain")), {first.chain})
        self.assertEqual(self._night(days=4), digests)
        self.assertEqual([texts for texts in digests._verify().values() if texts], [])

    def test_a_later_closing_is_listed_again_the_next_day(self):
        self._night()
        self.mission.action_set_conclusion("Valve and pump replaced")
        self.env.cr.flush()
        digests = self._night(days=2)
        rows = json.loads(digests[1].payload)["dossiers"]
        self.assertEqual([row["chain"] for row in rows], [self.mission.evidence_dossier_id.uuid])
        self.assertEqual(rows[0]["count"], self.mission.evidence_closed_count)
        self.assertIntact(self.mission)
        self.mission._make_report()
        self.assertIntact(self.mission)

    def test_a_company_that_closed_nothing_has_no_digest(self):
        company = self.env["res.company"].create({"name": "Idle"})
        self._night()
        self.assertFalse(self.digests.search([("company_id", "=", company.id)]))

    def test_it_is_mailed_to_the_address_in_the_settings(self):
        mails = self.env["mail.mail"].search([])
        (digest,) = self._night()
        self.assertFalse(digest.email)
        self.assertEqual(self.env["mail.mail"].search([]), mails)
        with self.assertRaisesRegex(UserError, "no address"):
            digest.with_user(self.manager).action_mail()
        self.company.field_digest_email = "archive@example.com"
        digest.with_user(self.manager).action_mail()
        mail = self.env["mail.mail"].search([]) - mails
        self.assertEqual(mail.email_to, "archive@example.com")
        self.assertIn(digest.hash, mail.body_html)
        self.assertIn(self.mission.evidence_closed_hash, mail.body_html)
        self.assertEqual(mail.attachment_ids.name, f"digest-{digest.day}.json")
        self.assertEqual(mail.attachment_ids.raw, digest.payload.encode())
        self.assertEqual(digest.email, "archive@example.com")
        (_first, second) = self._night(days=2)
        self.assertEqual(second.email, "archive@example.com")
        self.assertEqual(len(self.env["mail.mail"].search([]) - mails), 2)

    def test_nobody_changes_a_digest(self):
        (digest,) = self._night()
        for change in ({"hash": "x"}, {"payload": "{}"}, {"day": "2020-01-01"}):
            with self.assertRaises(UserError):
                digest.write(change)
        with self.assertRaises(UserError):
            digest.unlink()
        with self.assertRaises(UserError):
            digest.create([{"company_id": self.company.id, "day": "2020-01-01"}])
        self.assertRefusedBySql("UPDATE field_evidence_digest SET payload = '{}'")
        self.assertRefusedBySql("DELETE FROM field_evidence_digest")
        self.assertRefusedBySql("TRUNCATE field_evidence_digest CASCADE")
        self.assertRefusedBySql("UPDATE field_evidence_dossier SET digest_count = 1")

    def test_who_reads_and_verifies_digests(self):
        (digest,) = self._night()
        self.assertTrue(digest.with_user(self.manager).hash)
        for user in (self.planner, self.tech_user, self.customer_user, self.office):
            for call in (
                lambda user=user: digest.with_user(user).read(["hash"]),
                lambda user=user: digest.with_user(user).action_verify(),
                lambda user=user: digest.with_user(user).action_mail(),
            ):
                with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                    call()
        other = self.env["res.company"].create({"name": "Other"})
        away = self._user("manager3", "field_mission.group_field_manager")
        away.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(digest.with_user(away).search([("id", "=", digest.id)]))
        action = digest.with_user(self.manager).action_verify()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(digest.verdict, "intact")

    def test_a_night_costs_the_same_for_one_and_for_many(self):
        self._night()
        counts = []
        for number in (1, 1, 12):
            missions = self.env["field.mission"].create(
                [
                    self._vals(
                        service_type_id=self.bare_type.id,
                        technician_id=self.tech.id,
                        planned_start=fields.Datetime.now(),
                    )
                ]
                * number
            )
            missions.action_plan()
            missions.action_publish()
            missions.action_start()
            missions.action_done()
            self.env.cr.flush()
            self.env.invalidate_all()
            day = self._own()[-1].day + timedelta(days=1)
            before = self.cr.sql_log_count
            digest = self.digests._write_digest(self.company, day)
            self.env.cr.flush()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(digest.count, number)
        self.assertEqual(counts[1], counts[2])


@tagged("post_install", "-at_install")
class TestOwnerAgainstDigest(DigestCase):
    """The database's owner makes everything consistent again: the digest contradicts, by number."""

    def _named(self, mission):
        verdict, findings = self._verify(mission)
        self.assertEqual(verdict, "altered")
        self.assertTrue(all(finding["text"] for finding in findings))
        return {(finding["code"], finding["seq"]) for finding in findings}

    def test_before_the_digest_the_database_alone_looks_intact(self):
        """What the specification admits: nothing in the database contradicts its owner."""
        self._rewrite(self.mission, self._forge_an_answer)
        self.assertIntact(self.mission)

    def test_a_forged_answer_is_named(self):
        self._night()
        place = []
        self._rewrite(self.mission, lambda lines: place.append(self._forge_an_answer(lines)))
        named = self._named(self.mission)
        self.assertIn(("altered", place[0]), named)
        self.assertIn(seal.REWRITTEN, {code for code, _seq in named})
        # The closing holds a hash of what stands before: forged with it. Nothing else is named.
        count = self.mission.evidence_closed_count
        entries = {seq for code, seq in named if code not in (seal.REWRITTEN, seal.HEAD)}
        self.assertEqual(entries, {place[0], count})
        self.assertIntact(self.other)
        text = " ".join(finding["text"] for finding in self._verify(self.mission)[1])
        self.assertIn("the digest of", text)

    def test_a_back_dated_line_is_named(self):
        self._night()

        def back_date(lines):
            lines[0]["server_date"] -= timedelta(days=30)

        self._rewrite(self.mission, back_date)
        self.assertIn(("altered", 1), self._named(self.mission))

    def test_a_removed_item_is_named(self):
        self._night()
        (line,) = self.mission.evidence_ids.filtered(lambda line: line.kind == "incident")
        self._sql("DELETE FROM field_incident WHERE id = %s", line.res_id)
        place = line.sequence
        self._rewrite(self.mission, lambda lines: lines.pop(place - 1))
        self.assertIn(("removed", place), self._named(self.mission))

    def test_an_inserted_item_is_named(self):
        self._night()

        def insert(lines):
            forged = json.loads(json.dumps(lines[3]["item"]))
            forged["data"]["note"] = "put in"
            lines.insert(3, {**lines[3], "item": forged})

        self._rewrite(self.mission, insert)
        self.assertIn(("inserted", 4), self._named(self.mission))

    def test_reordered_items_are_named(self):
        self._night()

        def exchange(lines):
            lines[4], lines[5] = lines[5], lines[4]

        self._rewrite(self.mission, exchange)
        named = self._named(self.mission)
        self.assertTrue({("moved", 5), ("moved", 6)} & named, named)

    def test_a_cut_tail_with_a_consistent_head_is_named(self):
        self._night()
        last = self.mission.evidence_closed_count

        def cut(lines):
            del lines[-4:]

        self._rewrite(self.mission, cut)
        findings = self._verify(self.mission)[1]
        self.assertIn(
            (seal.CUT, last - 3, last),
            {(finding["code"], finding["seq"], finding["last"]) for finding in findings},
        )

    def test_a_dossier_that_vanished_is_named_by_the_digest(self):
        (digest,) = self._night()
        self._force("DELETE FROM field_evidence WHERE mission_id = %s", self.other.id)
        self._force(
            "UPDATE field_mission SET evidence_dossier_id = NULL WHERE id = %s", self.other.id
        )
        self._force("DELETE FROM field_evidence_dossier WHERE mission_id = %s", self.other.id)
        action = digest.with_user(self.manager).action_verify()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn(f"the dossier of {self.other.name} was removed", digest.findings)
        self.assertNotIn(self.mission.name, digest.findings)

    def test_journals_made_anew_are_named_by_the_digest(self):
        (digest,) = self._night()
        self._rewrite(self.mission, self._forge_an_answer)
        self._rewrite(self.other, lambda lines: lines.__delitem__(slice(-4, None)))
        digest.with_user(self.manager).action_verify()
        self.assertIn(f"the journal of {self.mission.name} was hashed anew", digest.findings)
        self.assertIn(f"the journal of {self.other.name} was cut off", digest.findings)

    def _force_digest(self, query, *args):
        table = SQL.identifier("field_evidence_digest")
        self.env.cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER USER", table))
        self.env.cr.execute(SQL(query, *args))
        self.env.cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER USER", table))
        self.env.invalidate_all()

    def test_an_altered_digest_is_named(self):
        self._night()
        first, second = self._night(days=2)
        self._force_digest(
            "UPDATE field_evidence_digest SET payload = replace(payload, '\"count\"', '\"cound\"')"
            " WHERE id = %s",
            first.id,
        )
        self.assertIn("its content was altered", first._verify()[first.id][0])
        self.assertEqual(second._verify()[second.id], [])
        # The dossiers say that a digest lists them, and none does any more.
        self.assertIn("unnoted", {code for code, _seq in self._codes(self.mission)})

    def test_a_digest_hashed_anew_is_named_by_the_day_after(self):
        self._night()
        first, second = self._night(days=2)
        said = json.loads(first.payload)
        said["dossiers"].pop()
        payload = seal.canonical(said)
        self._force_digest(
            "UPDATE field_evidence_digest SET payload = %s, hash = %s, count = count - 1"
            " WHERE id = %s",
            payload,
            seal.digest_hash(payload),
            first.id,
        )
        self.assertIn("the day after names another hash", first._verify()[first.id][0])
        self.assertIn("the one before has another hash", second._verify()[second.id][0])

    def test_a_removed_digest_is_named(self):
        self._night()
        first, second = self._night(days=2)
        self._force_digest("DELETE FROM field_evidence_digest WHERE id = %s", first.id)
        self.assertIn("the one before was removed", second._verify()[second.id][0])
        self.assertIn("unnoted", {code for code, _seq in self._codes(self.mission)})

    def test_a_forged_dossier_row_alone_is_named_as_such(self):
        """The journal is right, the digest agrees: it is the row that was changed."""
        self._night()
        count = self.mission.evidence_count
        self._force(
            "UPDATE field_evidence_dossier SET head_hash = md5('x') || md5('x')"
            " WHERE mission_id = %s",
            self.mission.id,
        )
        self.assertEqual(self._codes(self.mission), [(seal.HEAD, count)])
