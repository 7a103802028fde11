from base64 import b64encode

from odoo.tests import tagged

from .common import FieldEvidenceCommon


@tagged("post_install", "-at_install")
class TestTransaction(FieldEvidenceCommon):
    """What a transaction leaves behind is sealed at its end, once, and nothing of it is lost."""

    def _running(self, **values):
        mission = self._planned(service_type_id=self.bare_type.id, **values)
        mission.with_user(self.tech_user if not values else self.tech2_user).action_arrive()
        self.env.cr.flush()
        return mission

    def _incident(self, mission, text):
        return self.env["field.incident"].create(
            {"mission_id": mission.id, "kind": "other", "description": text}
        )

    def _said(self, mission):
        lines = self._journal(mission).filtered(lambda line: line.kind == "incident")
        return [self._data(line)["description"] for line in lines]

    def test_nothing_is_sealed_before_the_end(self):
        mission = self._running()
        count = len(mission.evidence_ids)
        incident = self._incident(mission, "Leak")
        incident.description = "Large leak"
        self.assertEqual(len(mission.evidence_ids), count)
        self.assertEqual(self._said(mission), ["Large leak"])
        self.env.cr.flush()
        self.assertEqual(len(mission.evidence_ids), count + 1)
        self.assertIntact(mission)

    def test_several_missions_each_get_their_own(self):
        first, second = self._running(), self._running(technician_id=self.tech2.id)
        for number in range(3):
            self._incident(first, f"First {number}")
            self._incident(second, f"Second {number}")
        first.write({"conclusion": "One"})
        second.with_user(self.tech2_user).action_done()
        self.assertEqual(self._said(first), ["First 0", "First 1", "First 2"])
        self.assertEqual(self._said(second), ["Second 0", "Second 1", "Second 2"])
        self.assertEqual(self._data(self._line(first, "mission"))["conclusion"], "One")
        self.assertEqual(second.evidence_ids[-1].kind, "close")
        for mission in (first, second):
            self.assertIntact(mission)

    def test_a_savepoint_keeps_what_was_before_and_after_it(self):
        mission = self._running()
        self._incident(mission, "Before")
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._incident(mission, "Inside")
            with self.env.cr.savepoint():
                self._incident(mission, "Deep inside")
            raise ZeroDivisionError
        self._incident(mission, "After")
        with self.env.cr.savepoint():
            self._incident(mission, "Inside a good one")
        self.assertEqual(self._said(mission), ["Before", "After", "Inside a good one"])
        self.assertIntact(mission)

    def test_a_savepoint_that_does_not_flush(self):
        """What it took back does not exist, so it is not sealed; the rest is."""
        mission = self._running()
        self._incident(mission, "Before")
        conclusion = mission.conclusion
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint(flush=False):
            self._incident(mission, "Inside")
            mission.conclusion = "Inside"
            self.env.flush_all()
            raise ZeroDivisionError
        self.env.invalidate_all(flush=False)
        self.assertEqual(self._said(mission), ["Before"])
        self.assertEqual(mission.conclusion, conclusion)
        self.assertIntact(mission)

    def test_made_and_removed_at_once_leaves_its_trace(self):
        mission = self._running()
        line = mission.material_ids.create(
            {"mission_id": mission.id, "product_id": self.part.id, "quantity": 2}
        )
        line.unlink()
        lines = self._journal(mission).filtered(lambda one: one.kind == "material")
        self.assertEqual([one._get_item().get("removed") for one in lines], [None, True])
        self.assertIntact(mission)

    def test_the_author_is_who_did_it_not_who_began(self):
        first, second = self._running(), self._running(technician_id=self.tech2.id)
        first.with_user(self.planner).write({"conclusion": "By the planner"})
        second.with_user(self.manager).write({"conclusion": "By the manager"})
        self.assertEqual(self._line(first, "mission").author_id, self.planner)
        self.assertEqual(self._line(second, "mission").author_id, self.manager)

    def test_verifying_and_reporting_see_what_this_transaction_did(self):
        mission = self._running()
        mission.with_user(self.tech_user).action_done()
        self.assertIntact(mission)
        self.assertTrue(mission.evidence_dossier_id.closed_count)
        files = dict(mission._build_dossier()[mission.id])
        self.assertEqual(files["journal.jsonl"].count(b"\n"), len(mission.evidence_ids))

    def test_an_archived_helper_is_no_alteration(self):
        mission = self._planned(service_type_id=self.bare_type.id, helper_ids=[self.tech2.id])
        mission.with_user(self.tech_user).action_arrive()
        self.env.cr.flush()
        self.tech2.active = False
        self.assertIntact(mission)
        mission.write({"conclusion": "Still two"})
        helpers = self._data(self._line(mission, "mission"))["helper_ids"]
        self.assertEqual([one["id"] for one in helpers], self.tech2.ids)

    def test_documents_read_are_part_of_the_verification(self):
        version = (
            self.env["field.document"]
            .create({"name": "Safety", "file": b64encode(b"%PDF-1.4 x"), "filename": "safety.pdf"})
            .version_id
        )
        mission = self._running()
        self.env["field.document.ack"].create(
            {
                "mission_id": mission.id,
                "version_id": version.id,
                "user_id": self.tech_user.id,
                "person": "Ana",
                "date": "2026-11-30 08:00:00",
            }
        )
        self.assertEqual(self._line(mission, "reading").kind, "reading")
        self.assertIntact(mission)
