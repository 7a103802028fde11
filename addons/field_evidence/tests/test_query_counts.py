import time
from datetime import datetime
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged

from .common import FieldEvidenceCommon


@tagged("post_install", "-at_install")
class TestQueryCounts(FieldEvidenceCommon):
    """Sealing and verifying cost the same queries for one mission and for many."""

    def _count(self, call):
        self.env.cr.flush()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        call()
        self.env.cr.flush()
        return self.cr.sql_log_count - before

    def _count_own(self, call):
        """Count the queries on the journal alone: other addons react to the same steps."""
        self.env.cr.flush()
        self.env.invalidate_all()
        execute, found = Cursor.execute, []

        def listening(cursor, query, *args, **kwargs):
            found.append("field_evidence" in str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", listening):
            call()
            self.env.cr.flush()
        return sum(found)

    def _missions(self, count):
        missions = self.env["field.mission"].create(
            [
                self._vals(
                    service_type_id=self.bare_type.id,
                    technician_id=self.tech.id,
                    planned_start=datetime(2026, 11, 30, 8, 0),
                )
                for _number in range(count)
            ]
        )
        missions.action_plan()
        missions.action_publish()
        return missions

    def _seal_incidents(self, missions):
        self.env["field.incident"].create(
            [{"mission_id": mission.id, "kind": "other"} for mission in missions]
        )

    def test_sealing_does_not_grow(self):
        missions = self._missions(32)
        for call in (
            lambda some: some.action_start(),
            self._seal_incidents,
            lambda some: some.write({"conclusion": "Fine"}),
            lambda some: some.incident_ids.write({"severity": "high"}),
            lambda some: some.action_done(),
            lambda some: some.action_validate(),
        ):
            call(missions[:1])
            one = self._count_own(lambda call=call: call(missions[1]))
            many = self._count_own(lambda call=call: call(missions[2:]))
            self.assertTrue(one)
            # An insert takes a hundred lines at a time.
            self.assertLessEqual(many - one, 1, f"{one} queries for 1, {many} for 30")
        for mission in missions[:3]:
            self.assertIntact(mission)

    def _visit(self, mission):
        mission.action_arrive(at="2026-11-30 08:00:00")
        mission.action_answer_checks(
            [{"check_id": check.id, "yesno": "yes"} for check in mission.check_ids]
        )
        mission.action_add_material({"product_id": self.part.id, "quantity": 1})
        mission.action_set_conclusion("Fine")
        mission.action_sign({"refusal_reason": "Nobody to sign"})
        mission.action_done(at="2026-11-30 09:00:00")

    def test_a_transaction_is_sealed_once_whatever_it_holds(self):
        """Lock, read, insert, move the head: once, however many facts a request brings."""
        missions = self._missions(6)
        self._visit(missions[0])
        one = self._count_own(missions[1].action_arrive)
        all_of_it = self._count_own(lambda: self._visit(missions[2]))
        # A closing asks for nothing but what it closes.
        self.assertLessEqual(all_of_it, one + 1)
        self.assertLessEqual(all_of_it, 6)
        three = self._count_own(lambda: [self._visit(mission) for mission in missions[3:]])
        self.assertLessEqual(three, all_of_it)
        for mission in missions[2:]:
            self.assertIntact(mission)

    def test_verifying_does_not_grow(self):
        missions = self._missions(24)
        missions.action_start()
        self._seal_incidents(missions)
        missions.action_done()
        missions[0]._verify_evidence()
        one = self._count(missions[1]._verify_evidence)
        many = self._count(missions[2:]._verify_evidence)
        self.assertLessEqual(many - one, 2, f"{one} queries for 1, {many} for 22")

    def test_summaries_and_lists_do_not_grow(self):
        missions = self._missions(20)
        missions.action_start()
        self._seal_incidents(missions)
        fields_read = ["summary", "kind", "short_hash", "author_id", "delay"]
        first, rest = missions[0].evidence_ids, missions[1:].evidence_ids
        one = self._count(lambda: first.read(fields_read))
        many = self._count(lambda: rest.read(fields_read))
        self.assertLessEqual(many - one, 1, f"{one} queries for 1, {many} for 19")
        dossiers = missions.evidence_dossier_id
        names = ["mission_id", "site_id", "count", "verdict", "mission_state"]
        one = self._count(lambda: dossiers[0].read(names))
        many = self._count(lambda: dossiers[1:].read(names))
        self.assertLessEqual(many - one, 1, f"{one} queries for 1, {many} for 19")

    def test_a_thousand_items_are_verified_within_a_second(self):
        missions = self._missions(50)
        missions.action_start()
        for _round in range(20):
            self._seal_incidents(missions)
        self.env.cr.flush()
        count = len(missions.evidence_ids)
        self.assertGreater(count, 1000)
        start = time.monotonic()
        results = missions._verify_evidence()
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual({result["verdict"] for result in results.values()}, {"intact"})
