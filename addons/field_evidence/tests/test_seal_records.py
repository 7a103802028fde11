import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .. import seal
from ..hooks import INSTALLED
from .common import FieldEvidenceCommon, jpeg, moment


@tagged("post_install", "-at_install")
class TestSealRecords(FieldEvidenceCommon):
    """What is sealed, when, and in which form."""

    def test_a_plan_is_not_sealed(self):
        mission = self._planned()
        self.assertFalse(mission.evidence_dossier_id)
        self.assertFalse(self._journal(mission))
        mission.material_ids.create(
            {"mission_id": mission.id, "product_id": self.part.id, "planned_quantity": 1}
        )
        mission.write({"technician_id": self.tech2.id})
        self.assertFalse(self._journal(mission))
        self.assertEqual(self._verify(mission), ("none", []))

    def test_everything_done_on_site_is_sealed_in_order(self):
        mission = self._done()
        kinds = self._journal(mission).mapped("kind")
        self.assertEqual(
            kinds,
            ["mission", "time"]  # the dossier opens with the mission; travel
            + ["mission", "state", "time", "time"]  # arrived; travel ends, on site
            + ["answer", "answer", "material", "photo"]
            + ["incident", "mission", "drawing", "signature"]
            + ["mission", "time", "state", "close"],
        )
        self.assertEqual(self._journal(mission).mapped("sequence"), list(range(1, len(kinds) + 1)))
        self.assertIntact(mission)

    def test_the_chain_follows_the_specification(self):
        mission = self._done()
        dossier = mission.evidence_dossier_id
        lines = self._journal(mission)
        self.assertEqual(lines[0].prev_hash, seal.genesis(dossier.uuid))
        self.assertEqual(lines[1:].mapped("prev_hash"), lines[:-1].mapped("hash"))
        self.assertEqual((dossier.count, dossier.head_hash), (len(lines), lines[-1].hash))
        for line in lines:
            item = seal.parse(line.payload)
            self.assertEqual(item["chain"], dossier.uuid)
            self.assertEqual(item["kind"], line.kind)
            self.assertEqual(item["record"], {"model": line.res_model, "id": line.res_id})
            self.assertEqual(line.item_hash, seal.item_digest(line.payload))

    def test_items_hold_both_clocks_and_their_author(self):
        mission = self._planned()
        with freeze_time("2026-11-30 12:00:00"):
            mission.with_user(self.tech_user).action_arrive(at="2026-11-30 08:05:00")
            line = self._line(mission, "state")
        self.assertEqual(line.device_date, moment("2026-11-30 08:05:00"))
        self.assertEqual(line.server_date, moment("2026-11-30 12:00:00"))
        self.assertAlmostEqual(line.delay, 3 + 55 / 60)
        self.assertEqual(line.author_id, self.tech_user)
        self.assertEqual(
            self._data(line),
            {
                "mission_id": {"id": mission.id, "name": mission.display_name},
                "kind": "step",
                "step": "start",
                "from_state": "planned",
                "to_state": "in_progress",
                "reason": None,
                "date": "2026-11-30T12:00:00Z",
                "device_date": "2026-11-30T08:05:00Z",
                "user_id": {"id": self.tech_user.id, "name": "Tech"},
            },
        )

    def test_the_server_date_never_goes_back(self):
        mission = self._planned()
        with freeze_time("2026-11-30 12:00:00"):
            mission.action_start()
            self.env.cr.flush()
        with freeze_time("2026-11-30 11:00:00"):
            mission.action_set_conclusion("Earlier, says a clock that was set back")
            self.env.cr.flush()
        self.assertEqual(len(set(self._journal(mission).mapped("server_date"))), 1)
        self.assertIntact(mission)

    def test_an_answer_is_sealed_with_its_question(self):
        mission = self._work()
        data = self._data(self._line(mission, "answer"))
        self.assertEqual(data["value_number"], "1.4")
        self.assertEqual(
            data["check"],
            {
                "name": "Pressure",
                "kind": "number",
                "uom_name": "bar",
                "choices": None,
                "required": True,
                "min": "1",
                "max": "2",
            },
        )
        self.assertEqual(data["result"], "ok")

    def test_a_photo_is_sealed_as_announced_and_as_received(self):
        mission = self._planned()
        work = mission.with_user(self.tech_user)
        work.action_arrive()
        data = jpeg("red")
        digest = seal.bytes_digest(data)
        work.action_add_photo({"uuid": "a" * 32, "sha256": digest})
        announced = self._line(mission, "photo")
        self.assertFalse(announced.bytes_sha256)
        self.assertEqual(self._data(announced)["sha256_declared"], digest)
        mission.photo_ids._store_bytes(b"something else")
        self.assertEqual(self._data(self._line(mission, "photo"))["state"], "corrupt")
        mission.photo_ids._store_bytes(data)
        received = self._line(mission, "photo")
        self.assertEqual(received.bytes_sha256, digest)
        self.assertEqual(
            seal.parse(received.payload)["bytes"], {"sha256": digest, "size": len(data)}
        )
        self.assertIntact(mission)

    def test_a_signature_is_sealed_with_what_it_covers(self):
        mission = self._work()
        data = self._data(self._line(mission, "signature"))
        self.assertEqual((data["name"], data["quality"]), ("Mme Leroy", "Caretaker"))
        self.assertEqual(data["reserves"], "Paint to redo")
        self.assertEqual(data["texts"], mission.signature_ids.texts)
        self.assertEqual(data["drawing_sha256"], mission.signature_ids.drawing_id.sha256)
        self.assertEqual(data["covers"]["conclusion"], "Valve replaced")

    def test_a_correction_is_a_new_item(self):
        mission = self._done()
        line = mission.time_ids.filtered(lambda time: time.kind == "on_site")
        count = len(self._journal(mission))
        line.with_user(self.planner).action_correct(
            "2026-11-30 08:10:00", "2026-11-30 09:00:00", "Forgot to click"
        )
        new = self._journal(mission)[count:]
        self.assertEqual(new.mapped("kind"), ["time", "close"])
        self.assertEqual(self._data(new[0])["correction_reason"], "Forgot to click")
        self.assertEqual(new[0].author_id, self.planner)
        # Written, but nothing that is sealed changed.
        line.write({"correction_reason": "Forgot to click"})
        line.invalidate_recordset()
        self.assertEqual(len(self._journal(mission)), count + 2)
        self.assertIntact(mission)

    def test_what_is_removed_stays_in_the_journal(self):
        mission = self._work()
        line = mission.material_ids
        line.with_user(self.planner).unlink()
        entry = self._line(mission, "material")
        self.assertTrue(json.loads(entry.payload)["removed"])
        self.assertEqual(self._data(entry)["quantity"], "2.5")
        self.assertIn("Removed", entry.summary)
        self.assertIntact(mission)

    def test_a_planned_material_is_sealed_once_it_is_used(self):
        mission = self._work()
        line = mission.material_ids.create(
            {"mission_id": mission.id, "product_id": self.part.id, "planned_quantity": 1}
        )
        count = len(self._journal(mission))
        line.quantity = 1
        self.assertEqual(len(self._journal(mission)), count + 1)
        line.quantity = 0
        self.assertEqual(self._data(self._line(mission, "material"))["quantity"], "0")
        self.assertIntact(mission)

    def test_facts_that_change_later_are_sealed_whoever_changes_them(self):
        mission = self._done()
        other = self.env["res.partner"].create({"name": "Another customer"})
        mission.request_id.partner_id = other
        self.assertEqual(self._data(self._line(mission, "mission"))["partner_id"]["id"], other.id)
        mission.helper_ids = self.tech2
        helpers = self._data(self._line(mission, "mission"))["helper_ids"]
        self.assertEqual(helpers, [{"id": self.tech2.id, "name": "Bo Tech"}])
        # A new name of the site is no new fact; the sealed name stays readable.
        count = len(self._journal(mission))
        self.site.name = "Site renamed"
        self.assertEqual(len(self._journal(mission)), count)
        self.assertIntact(mission)

    def test_closing_notes_count_and_head(self):
        mission = self._done()
        dossier, close = mission.evidence_dossier_id, self._journal(mission)[-1]
        before = self._journal(mission)[-2]
        self.assertEqual(
            self._data(close), {"count": before.sequence, "head": before.hash, "missing": []}
        )
        self.assertEqual((dossier.closed_count, dossier.closed_hash), (close.sequence, close.hash))
        self.assertTrue(dossier.report_due)

    def test_a_dossier_closes_again_when_missing_bytes_arrive(self):
        mission = self._work()
        work = mission.with_user(self.tech_user)
        data = jpeg("green")
        work.action_add_photo({"uuid": "b" * 32, "sha256": seal.bytes_digest(data)})
        work.action_done()
        self.assertEqual(self._data(self._journal(mission)[-1])["missing"], ["b" * 32])
        dossier = mission.evidence_dossier_id
        self.assertEqual((dossier.missing_count, dossier.report_due), (1, False))
        first = dossier.closed_count
        mission.photo_ids.filtered(lambda photo: photo.uuid == "b" * 32)._store_bytes(data)
        self.assertEqual(self._journal(mission)[-2:].mapped("kind"), ["photo", "close"])
        self.assertEqual((dossier.missing_count, dossier.report_due), (0, True))
        self.assertGreater(dossier.closed_count, first)
        self.assertIntact(mission)

    def test_the_office_seals_without_files_that_never_come(self):
        mission = self._work()
        work = mission.with_user(self.tech_user)
        data = jpeg("green")
        work.action_add_photo({"uuid": "b" * 32, "sha256": seal.bytes_digest(data)})
        with self.assertRaisesRegex(UserError, "waits for no file"):
            mission.with_user(self.planner).action_seal_without_files("Phone lost")
        work.action_done()
        self.env.cr.flush()
        self.assertFalse(mission._get_report_attachment())
        with self.assertRaises(AccessError):
            work.action_seal_without_files("Phone lost")
        wizard = self.env["field.reason.wizard"].with_user(self.planner)
        with self.assertRaises(UserError):
            mission.with_user(self.planner).action_seal_without_files(" ")
        wizard.create(
            {
                "mission_ids": mission.ids,
                "step": "seal_without_files",
                "reason": "Phone lost in the harbour",
            }
        ).action_apply()
        close = mission.evidence_ids[-1]
        before = mission.evidence_ids[-2]
        self.assertEqual(close.author_id, self.planner)
        self.assertEqual(
            self._data(close),
            {
                "count": before.sequence,
                "head": before.hash,
                "missing": ["b" * 32],
                "accepted": "Phone lost in the harbour",
            },
        )
        self.assertIn("harbour", close.summary)
        dossier = mission.evidence_dossier_id
        self.assertEqual((dossier.closed_count, dossier.report_due), (close.sequence, True))
        first = mission._get_report_attachment()
        self.assertTrue(first)
        self.assertIntact(mission)
        # A correction does not wait for them again.
        mission.with_user(self.planner).action_set_conclusion("Valve replaced, pump cleaned")
        self.env.cr.flush()
        self.assertIs(self._data(mission.evidence_ids[-1])["accepted"], True)
        self.assertEqual((dossier.missing_count, dossier.missing_accepted), (1, True))
        # The phone is found: the file is taken in, and another report follows.
        mission.photo_ids.filtered(lambda photo: photo.uuid == "b" * 32)._store_bytes(data)
        self.env.cr.flush()
        self.assertEqual((dossier.missing_count, dossier.missing_accepted), (0, False))
        self.assertNotEqual(mission._get_report_attachment(), first)
        self.assertIntact(mission)

    def test_validation_is_sealed_and_leaves_the_closing(self):
        mission = self._done()
        closed = mission.evidence_dossier_id.closed_count
        mission.with_user(self.planner).action_validate()
        self.assertEqual(self._data(self._line(mission, "state"))["step"], "validate")
        self.assertEqual(mission.evidence_dossier_id.closed_count, closed)
        self.assertIntact(mission)
        mission.with_user(self.manager).action_unvalidate("Wrong quantity")
        mission.with_user(self.planner).action_reopen("Wrong quantity")
        self.assertIntact(mission)
        mission.with_user(self.tech_user).action_done()
        self.assertEqual(self._journal(mission)[-1].kind, "close")
        self.assertIntact(mission)

    def test_a_visit_that_failed_is_sealed(self):
        mission = self._planned()
        work = mission.with_user(self.tech_user)
        work.action_report_incident({"kind": "customer_absent"})
        work.action_reschedule("Nobody there")
        self.assertEqual(self._journal(mission).mapped("kind"), ["mission", "incident", "state"])
        self.assertEqual(self._data(self._line(mission, "state"))["reason"], "Nobody there")
        planner = mission.with_user(self.planner)
        planner.write({"planned_start": "2026-12-01 08:00:00"})
        planner.action_plan()
        planner.action_cancel("Customer left")
        steps = [
            self._data(line)["step"] for line in self._journal(mission) if line.kind == "state"
        ]
        self.assertEqual(steps, ["reschedule", "plan", "cancel"])
        self.assertIntact(mission)
        with self.assertRaisesRegex(UserError, "sealed"):
            planner.unlink()

    def test_nothing_of_an_undone_operation_stays(self):
        mission = self._work()
        count = len(self._journal(mission))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            mission.action_set_conclusion("Something else")
            mission.with_user(self.tech_user).action_cancel("")
        self.env.invalidate_all()
        self.assertEqual(len(self._journal(mission)), count)
        mission.action_set_conclusion("At last")
        self.assertIntact(mission)

    def test_older_missions_get_an_inventory_first(self):
        """Work done before the seal was installed is taken in when the mission is touched."""
        mission = self._work()
        lines = self._journal(mission)
        self._force("UPDATE field_mission SET evidence_dossier_id = NULL")
        self._force("DELETE FROM field_evidence WHERE id = ANY(%s)", lines.ids)
        self._force("DELETE FROM field_evidence_dossier WHERE mission_id = %s", mission.id)
        later = fields.Datetime.now() + timedelta(days=1)
        self.env["ir.config_parameter"].set_param(INSTALLED, fields.Datetime.to_string(later))
        mission.action_set_conclusion("Valve replaced twice")
        # The mission had no dossier: its conclusion waits for the next item.
        self.assertFalse(self._journal(mission))
        mission.with_user(self.tech_user).action_done()
        kinds = self._journal(mission).mapped("kind")
        self.assertEqual(kinds.count("answer"), 2)
        self.assertEqual(kinds.count("signature"), 1)
        self.assertEqual(kinds.count("mission"), 1)
        self.assertEqual(kinds[-1], "close")
        self.assertIntact(mission)

    def test_summaries_are_readable(self):
        self.env["res.lang"]._activate_lang("en_US")
        self.env = self.env(context=dict(self.env.context, lang="en_US"))
        mission = self._done().with_env(self.env)
        texts = {line.kind: line.summary for line in self._journal(mission)}
        self.assertEqual(texts["answer"], "Pressure: 1.4 bar (Right)")
        self.assertEqual(texts["material"], "2.5 Units · Valve")
        self.assertEqual(texts["photo"], "Leak · Before · Received")
        self.assertEqual(texts["signature"], "Statement after the work · Mme Leroy, Caretaker")
        self.assertEqual(texts["incident"], "Damage · Tap broken")
        self.assertEqual(texts["time"], "On site · Ana Tech · 30/11 09:05 – 30/11 10:15")
        self.assertEqual(texts["state"], "Finished")
        self.assertEqual(texts["close"], "17 items before")
        for line in self._journal(mission):
            self.assertTrue(line.summary, line.kind)
            self.assertIn(line.kind, line.payload_readable)

    def test_the_dossier_is_verifiable_without_odoo(self):
        mission = self._done()
        files = dict(mission._build_dossier()[mission.id])
        head = json.loads(files["head.json"])
        entries = seal.load_journal(files["journal.jsonl"])
        heads = [
            seal.Head(head["count"], head["head"], exact=True),
            seal.Head(head["closed_count"], head["closed_head"]),
        ]
        self.assertEqual(seal.verify(head["chain"], entries, heads), [])
        sums = dict(
            reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines()
        )
        self.assertEqual(set(sums), set(files) - {"SHA256SUMS"})
        for name, digest in sums.items():
            self.assertEqual(seal.bytes_digest(files[name]), digest)
        sealed = {line.bytes_sha256 for line in self._journal(mission) if line.bytes_sha256}
        kept = {seal.bytes_digest(data) for name, data in files.items() if "/" in name}
        self.assertEqual(kept, sealed)
