from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import SlaCommon, at, paris


@tagged("post_install", "-at_install")
class TestSlaQueryCounts(SlaCommon):
    """Queries must not grow with the number of requests (batches of inserts apart)."""

    def _count(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def _requests(self, count):
        with at("2026-12-01 08:00"):
            return (
                self.env["field.request"]
                .with_user(self.planner)
                .create(
                    [
                        {
                            "partner_id": self.customer.id,
                            "site_id": self.site.id,
                            "service_type_id": self.bare_type.id,
                            "date_received": paris("2026-12-01 08:00"),
                        }
                    ]
                    * count
                )
            )

    def _missions(self, count):
        with at("2026-12-01 08:00"):
            missions = self.env["field.mission"].create(
                [
                    self._vals(
                        service_type_id=self.bare_type.id,
                        technician_id=self.tech.id,
                        planned_start=paris("2026-12-01 09:00"),
                    )
                ]
                * count
            )
            missions.action_plan()
            missions.action_publish()
        return missions

    def test_create_requests(self):
        self._requests(2)
        one = self._count(lambda: self._requests(1))
        many = self._count(lambda: self._requests(60))
        self.assertLessEqual(many - one, 6, f"{one} queries for 1, {many} for 60")

    def test_change_of_priority(self):
        requests = self._requests(62)
        with at("2026-12-01 08:30"):
            requests[0].priority = "2"
            one = self._count(lambda: requests[1].write({"priority": "2"}))
            many = self._count(lambda: requests[2:].write({"priority": "2"}))
        self.assertLessEqual(many - one, 4, f"{one} queries for 1, {many} for 60")

    def test_arrival_and_end(self):
        missions = self._missions(62)
        for step in ("action_start", "action_done"):
            with at("2026-12-01 10:00"):
                getattr(missions[0], step)()
                one = self._count(lambda step=step: getattr(missions[1], step)())
                many = self._count(lambda step=step: getattr(missions[2:], step)())
            self.assertLessEqual(many - one, 6, f"{step}: {one} for 1, {many} for 60")
        self.assertEqual(set(missions.mapped("sla_state")), {"met"})

    def test_cron_when_nothing_crossed(self):
        self._requests(5)
        lines = self.env["field.request.sla"]
        with at("2026-12-01 09:00"):
            lines._cron_check()
            self.assertEqual(self._count(lines._cron_check), 1)

    def test_cron_when_all_cross(self):
        lines = self._requests(62).sudo().sla_ids
        for hour in (11, 13):
            with at(f"2026-12-01 {hour}:00"):
                lines[0]._check_due()
                one = self._count(lines[1]._check_due)
                many = self._count(lines[2:]._check_due)
            self.assertLessEqual(many - one, 6, f"{hour} h: {one} for 1, {many} for 60")
        self.assertEqual(set(lines.mapped("state")), {"late"})

    def test_lists(self):
        self._missions(30)
        names = ["name", "sla_state", "sla_deadline", "sla_time_left", "sla_at_risk"]
        missions = self.env["field.mission"].with_user(self.planner)

        def read(limit):
            missions.search_read([("site_id", "=", self.site.id)], names, limit=limit)

        read(1)
        one = self._count(lambda: read(1))
        many = self._count(lambda: read(30))
        self.assertEqual(one, many)

    def test_index_carries_the_cron(self):
        requests = self._requests(3)
        self.env.flush_all()
        self.env.execute_query_dict  # noqa: B018
        self.cr.execute("SET LOCAL enable_seqscan = off")
        self.cr.execute(
            "EXPLAIN SELECT id FROM field_request_sla WHERE next_check <= %s"
            " ORDER BY next_check, id LIMIT 1000",
            [fields.Datetime.now() + timedelta(days=1)],
        )
        plan = " ".join(row[0] for row in self.cr.fetchall())
        self.assertIn("next_check_idx", plan)
        self.assertTrue(requests)
