from datetime import datetime

from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestQueryCounts(FieldMissionCommon):
    """Queries must not grow with the number of missions (the inserts' batches apart)."""

    def _count(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        result = call()
        self.env.flush_all()
        return self.cr.sql_log_count - before, result

    def _create(self, count):
        return (
            self.env["field.mission"]
            .with_user(self.planner)
            .create(
                [
                    self._vals(
                        technician_id=self.tech.id, planned_start=datetime(2026, 11, 30, 8, 0)
                    )
                    for _number in range(count)
                ]
            )
        )

    def test_create_does_not_grow(self):
        self._create(2)  # warm-up: sequence, groups, caches
        one, _missions = self._count(lambda: self._create(1))
        many, _missions = self._count(lambda: self._create(60))
        self.assertLessEqual(many - one, 8, f"{one} queries for 1, {many} for 60")

    def test_replan_does_not_grow(self):
        missions = self._create(61)
        missions[:2].write({"planned_start": datetime(2026, 12, 2, 8, 0)})
        start = {"planned_start": datetime(2026, 12, 1, 8, 0), "technician_id": self.tech2.id}
        one, _r = self._count(lambda: missions[0].write(start))
        many, _r = self._count(lambda: missions[1:].write(start))
        self.assertLessEqual(many - one, 4, f"{one} queries for 1, {many} for 60")
        self.assertEqual(set(missions.mapped("plan_version")) - {1, 2}, set())

    def test_life_does_not_grow(self):
        missions = self._create(62)
        for step in ("action_plan", "action_publish", "action_start"):
            getattr(missions[:1], step)()
            one, _r = self._count(lambda step=step: getattr(missions[1], step)())
            many, _r = self._count(lambda step=step: getattr(missions[2:], step)())
            self.assertLessEqual(many - one, 4, f"{step}: {one} for 1, {many} for 60")

    def test_done_and_validated_do_not_grow(self):
        missions = self.env["field.mission"].create(
            [
                self._vals(
                    service_type_id=self.bare_type.id,
                    technician_id=self.tech.id,
                    planned_start=datetime(2026, 11, 30, 8, 0),
                )
                for _number in range(62)
            ]
        )
        missions.action_plan()
        missions.action_publish()
        missions.action_start()
        for step in ("action_done", "action_validate"):
            getattr(missions[:1], step)()
            one, _r = self._count(lambda step=step: getattr(missions[1], step)())
            many, _r = self._count(lambda step=step: getattr(missions[2:], step)())
            self.assertLessEqual(many - one, 6, f"{step}: {one} for 1, {many} for 60")
