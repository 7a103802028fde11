import uuid

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestNonconformityVisits(FieldMissionCommon):
    """What is open on a site is asked at its next visit, until somebody saw it corrected."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._planned(service_type_id=cls.bare_type.id)
        cls.own = cls.mission.with_user(cls.tech_user)
        cls.own.action_arrive(at="2026-11-30 08:00:00")

    def _report(self, **values):
        found = self.own.action_report_nonconformity(
            {"description": "No handrail", "gravity": "major", **values}
        )
        return self.env["field.nonconformity"].browse(found)

    def _visit(self, day):
        return self._planned(
            service_type_id=self.bare_type.id, planned_start=f"2026-12-{day:02} 08:00:00"
        )

    def test_reported_by_the_app_once(self):
        equipment = self.env["field.equipment"].create({"name": "Stair", "site_id": self.site.id})
        operation = {
            "uuid": str(uuid.uuid4()),
            "kind": "nonconformity.add",
            "mission_id": self.mission.id,
            "payload": {
                "description": "No handrail",
                "gravity": "major",
                "equipment_id": equipment.id,
            },
            "at": "2026-11-30 08:10:00",
        }
        operations = self.env["field.operation"].with_user(self.tech_user)
        for _turn in range(2):
            self.assertEqual(operations.action_apply([operation])[0]["state"], "applied")
        record = self.mission.nonconformity_ids
        self.assertEqual((record.gravity, record.equipment_id), ("major", equipment))
        self.assertEqual(str(record.date), "2026-11-30 08:10:00")
        self.assertEqual(self.own._get_app_values()[0]["equipment"][0]["id"], equipment.id)

    def test_what_is_no_nonconformity(self):
        other = self.env["field.equipment"].create(
            {"name": "Far", "site_id": self._site("Far away").id}
        )
        for values in (
            {"description": " "},
            {"gravity": "huge"},
            {"equipment_id": other.id},
            {"equipment_id": 10**8},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self._report(**values)
        with self.assertRaises(AccessError):
            self.mission.with_user(self.tech2_user).action_report_nonconformity(
                {"description": "x"}
            )

    def test_asked_at_the_next_visit_only(self):
        later, next_one = self._visit(9), self._visit(3)
        record = self._report()
        self.assertEqual(record.asked_check_ids.mission_id, next_one)
        self.assertIn("No handrail", record.asked_check_ids.name)
        self.assertFalse(later.check_ids)

    def test_asked_at_a_visit_planned_later(self):
        record = self._report()
        self.assertFalse(record.asked_check_ids)
        visit = self._visit(4)
        self.assertEqual(visit.check_ids.nonconformity_id, record)
        elsewhere = self._planned(
            service_type_id=self.bare_type.id, site_id=self._site("Elsewhere").id
        )
        self.assertFalse(elsewhere.check_ids)

    def test_still_open_it_is_asked_again(self):
        record = self._report()
        first, second = self._visit(3), self._visit(10)
        own = first.with_user(self.tech_user)
        own.action_arrive(at="2026-12-03 08:00:00")
        with self.assertRaises(UserError):
            own.action_done()
        own.action_answer_checks([{"check_id": first.check_ids.id, "yesno": "no"}])
        self.assertEqual(
            len(self.env["field.nonconformity"].search([("site_id", "=", self.site.id)])), 1
        )
        own.action_done()
        self.assertEqual(second.check_ids.nonconformity_id, record)
        self.assertEqual(record.state, "open")

    def test_verified_on_site(self):
        record = self._report()
        record.with_user(self.planner).corrective_action = "Handrail ordered"
        record.with_user(self.planner).action_take_action()
        record.with_user(self.planner).action_to_verify()
        visit, later = self._visit(3), self._visit(10)
        own = visit.with_user(self.tech_user)
        own.action_arrive(at="2026-12-03 08:00:00")
        own.action_answer_checks([{"check_id": visit.check_ids.id, "yesno": "yes"}])
        self.assertEqual((record.state, record.verified_by_id), ("closed", self.tech_user))
        own.action_done()
        self.assertFalse(later.check_ids)

    def test_corrected_before_the_office_acted(self):
        record = self._report()
        visit = self._visit(3)
        own = visit.with_user(self.tech_user)
        own.action_arrive(at="2026-12-03 08:00:00")
        own.action_answer_checks([{"check_id": visit.check_ids.id, "yesno": "yes"}])
        self.assertEqual(record.state, "to_verify")

    def test_closed_it_is_no_longer_asked(self):
        record = self._report()
        visit = self._visit(3)
        self.assertTrue(visit.check_ids)
        record.corrective_action = "Done"
        for step in ("take_action", "to_verify", "close"):
            getattr(record.with_user(self.planner), f"action_{step}")()
        self.assertFalse(visit.check_ids)

    def test_creating_many_costs_no_more_queries(self):
        self._report()
        values = [self._vals(service_type_id=self.bare_type.id) for _turn in range(30)]
        self.env["field.mission"].create(values[:1])

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["field.mission"].create(some)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(values[:1])
        self.assertLessEqual(count(values), count(values[:1]) + 2)
