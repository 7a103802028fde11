from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .common import FieldPlanningCommon

SUNDAY = "2026-11-29 12:00:00"


@tagged("post_install", "-at_install")
class TestSlots(FieldPlanningCommon):
    """A customer on the phone is offered when somebody is really free."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner.lang = "en_US"
        cls.site_new = cls._place("New", 2)

    def _wish(self, **vals):
        return {
            "company": self.company,
            "site": self.site_new,
            "service_type": self.type,
            "minutes": 60,
            "earliest": datetime(2026, 11, 29, 12, 0),
            "deadline": False,
            **vals,
        }

    def _slots(self, **vals):
        return self.env["field.mission"].with_user(self.planner)._propose_slots(self._wish(**vals))

    @freeze_time(SUNDAY)
    def test_free_people_are_offered(self):
        slots = self._slots()
        self.assertTrue(slots)
        self.assertTrue(all(slot["technician_id"] for slot in slots))
        starts = [slot["start"] for slot in slots]
        self.assertEqual(starts, sorted(starts))
        self.assertGreaterEqual(starts[0], "2026-11-30 07:00:00", "nobody works on Sunday")
        for slot in slots:
            mission = self._mission("New", 2)
            start = datetime.fromisoformat(slot["start"])
            issues = mission.with_user(self.planner)._get_placement_issues(
                [
                    {
                        "mission_id": mission.id,
                        "employee_id": slot["technician_id"],
                        "start": start,
                        "minutes": 60,
                    }
                ]
            )[mission.id]
            hours = {"overlap", "leave", "day_off", "outside_hours"}
            self.assertFalse(hours & {issue["code"] for issue in issues}, slot)

    @freeze_time(SUNDAY)
    def test_busy_people_are_not(self):
        first = self._slots()[0]
        people = self.env["hr.employee"].search([("is_field_technician", "=", True)])
        for person in people:
            busy = self._mission(f"Busy {person.name}", 3, technician=person)
            busy.write(
                {
                    "planned_start": datetime(2026, 11, 30, 6, 0),
                    "planned_duration": 12,
                }
            )
            busy.action_plan()
        self.assertGreaterEqual(self._slots()[0]["day"], "2026-12-01")
        self.assertEqual(first["day"], "2026-11-30")

    @freeze_time(SUNDAY)
    def test_without_the_skill_half_days_are_offered(self):
        kind = self.env["hr.skill.type"].create(
            {
                "name": "Diving",
                "skill_ids": [(0, 0, {"name": "50 m"})],
                "skill_level_ids": [
                    (0, 0, {"name": "Held", "level_progress": 100, "default_level": True})
                ],
            }
        )
        self.type.skill_ids = kind.skill_ids
        slots = self._slots()
        self.assertTrue(slots)
        self.assertFalse(any(slot["technician_id"] for slot in slots))

    @freeze_time(SUNDAY)
    def test_the_deadline_is_kept(self):
        deadline = datetime(2026, 11, 30, 9, 0)
        slots = [slot for slot in self._slots(deadline=deadline) if slot["start"]]
        self.assertTrue(slots)
        for slot in slots:
            start = datetime.fromisoformat(slot["start"])
            self.assertLessEqual(start + timedelta(hours=1), deadline)

    @freeze_time(SUNDAY)
    def test_a_chosen_slot_is_planned(self):
        form = Form(self.env["field.intake"].with_user(self.planner))
        form.site_id = self.site_new
        form.service_type_id = self.type
        slot = form.slots[0]
        intake = form.save()
        intake.write({"slot_key": slot["key"], "promise": "exact"})
        mission = self.env["field.mission"].browse(intake.action_create()["res_id"])
        self.assertEqual(mission.state, "planned")
        self.assertFalse(mission.published)
        self.assertEqual(mission.technician_id.id, slot["technician_id"])
        self.assertEqual(mission.planned_start, datetime.fromisoformat(slot["start"]))
        self.assertEqual(mission.promised_start, mission.planned_start)

    @freeze_time(SUNDAY)
    def test_a_slot_taken_meanwhile_is_refused(self):
        slot = self._slots()[0]
        person = self.env["hr.employee"].browse(slot["technician_id"])
        other = self._mission("Other", 2, technician=person)
        other.planned_start = slot["start"]
        other.action_plan()
        mission = self._mission("New", 2).with_user(self.planner)
        with self.assertRaises(UserError) as refused:
            mission._take_slot(slot)
        self.assertIn("no longer free", str(refused.exception))

    @freeze_time(SUNDAY)
    def test_queries_do_not_grow_with_the_week(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._slots()
            return self.cr.sql_log_count - before

        count()
        few = count()
        for hour in range(8, 17):
            self._plan(self._mission(f"Stop {hour}", hour), hour)
        self.assertLessEqual(count() - few, 3)
