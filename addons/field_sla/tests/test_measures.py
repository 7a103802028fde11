from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import SlaCommon, at, paris


class MeasuresCommon(SlaCommon):
    """Visits that are lived through, step by step."""

    def _promised(self, received, start, stop, **vals):
        return self._mission(
            received,
            promised_kind="window",
            promised_start=paris(start),
            promised_end=paris(stop),
            **vals,
        )

    def _visit(self, mission, arrive, finish=None):
        """Publish, reach and finish a visit; an hour on site unless said otherwise."""
        received = mission.sudo().request_id.date_received
        with at("2026-11-30 07:00"):
            mission = mission.with_user(self.planner)
            if mission.state == "draft":
                mission.action_plan()
                mission.action_publish()
        self.assertLess(received, paris(arrive))
        self._arrive(mission, arrive)
        if finish:
            self._finish(mission, finish)
        return self._read(mission)

    def _read(self, mission):
        """Return the mission as the office reads it."""
        self.env.flush_all()
        self.env.invalidate_all()
        return mission.with_user(self.planner)

    def _created(self, mission, when):
        """Say when a visit was entered; the database's clock can't be frozen."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE field_mission SET create_date = %s WHERE id IN %s",
                paris(when),
                tuple(mission.ids),
            )
        )
        self.env.invalidate_all()
        mission.sudo().modified(["state"])


@tagged("post_install", "-at_install")
class TestMeasures(MeasuresCommon):
    def test_response_in_opening_and_clock_hours(self):
        # Friday 17:00, reached on Monday 9:00: one hour of Friday, one of Monday.
        mission = self._mission("2026-11-27 17:00")
        self.assertFalse(mission.response_hours)
        mission = self._visit(mission, "2026-11-30 09:00")
        self.assertAlmostEqual(mission.response_hours, 2.0)
        self.assertAlmostEqual(mission.response_clock_hours, 64.0)
        self.assertAlmostEqual(self._line(mission).elapsed_hours, mission.response_hours)
        self.assertEqual(str(mission.arrival_date), "2026-11-30")

    def test_response_without_policy_uses_the_company_hours(self):
        self.company.resource_calendar_id = self.calendar
        self.policy.active = False
        mission = self._visit(self._mission("2026-11-27 17:00"), "2026-11-30 09:00")
        self.assertFalse(mission.sudo().request_id.sla_ids)
        self.assertAlmostEqual(mission.response_hours, 2.0)

    def test_pauses_are_taken_off(self):
        mission = self._mission("2026-11-30 08:00")
        self.env["field.sla.pause"].create(
            {
                "request_id": mission.sudo().request_id.id,
                "start": paris("2026-11-30 09:00"),
                "stop": paris("2026-11-30 10:30"),
                "reason": "Keys",
            }
        )
        mission = self._visit(mission, "2026-11-30 11:00")
        self.assertAlmostEqual(mission.response_hours, 1.5)
        self.assertAlmostEqual(mission.response_clock_hours, 1.5)

    def test_a_pause_entered_afterwards_counts(self):
        mission = self._visit(self._mission("2026-11-30 08:00"), "2026-11-30 11:00")
        self.assertAlmostEqual(mission.response_hours, 3.0)
        self.env["field.sla.pause"].create(
            {
                "request_id": mission.sudo().request_id.id,
                "start": paris("2026-11-30 09:00"),
                "stop": paris("2026-11-30 10:00"),
                "reason": "Keys",
            }
        )
        self.assertAlmostEqual(self._read(mission).response_hours, 2.0)

    def test_what_a_contract_owes_has_no_response(self):
        mission = self._visit(
            self._mission("2026-11-30 08:00", origin="contract"), "2026-11-30 11:00"
        )
        self.assertIs(mission.response_hours, False)
        self.assertTrue(mission.arrival_date)

    def test_only_the_first_visit_answers_the_request(self):
        first = self._mission("2026-11-30 08:00")
        second = self._mission("2026-11-30 08:30", request_id=first.request_id.id)
        # The one that was entered second is reached first.
        second = self._visit(second, "2026-11-30 09:00", "2026-11-30 09:30")
        first = self._visit(first, "2026-11-30 10:00", "2026-11-30 10:30")
        self.assertAlmostEqual(second.response_hours, 1.0)
        self.assertIs(first.response_hours, False)

    def test_an_immediate_response_is_zero_not_unknown(self):
        mission = self._mission("2026-11-28 08:00")
        mission = self._visit(mission, "2026-11-28 10:00")
        self.assertEqual(mission.response_hours, 0.0)
        self.assertIsNot(mission.response_hours, False)
        found = self.env["field.mission"].search(
            [("id", "=", mission.id), ("response_hours", "!=", False)]
        )
        self.assertEqual(found, mission.with_user(self.env.user))

    def test_punctuality_of_the_slot_agreed_last_and_promised_first(self):
        mission = self._promised("2026-11-30 07:30", "2026-11-30 09:00", "2026-11-30 10:00")
        mission.write(
            {
                "promised_start": paris("2026-11-30 14:00"),
                "promised_end": paris("2026-11-30 16:00"),
            }
        )
        mission = self._visit(mission, "2026-11-30 14:30")
        self.assertEqual(mission.first_promised_start, paris("2026-11-30 09:00"))
        self.assertEqual((mission.punctuality, mission.first_punctuality), ("on_time", "late"))
        self.assertEqual((mission.punctual_rate, mission.first_punctual_rate), (100, 0))

    def test_early_late_and_none(self):
        slot = ("2026-11-30 09:00", "2026-11-30 10:00")
        early = self._promised("2026-11-30 07:30", *slot)
        late = self._promised("2026-11-30 07:30", *slot)
        late.technician_id = self.tech2
        none = self._mission("2026-11-30 07:30")
        early = self._visit(early, "2026-11-30 08:59", "2026-11-30 09:30")
        none = self._visit(none, "2026-11-30 12:00")
        with at("2026-11-30 07:40"):
            late.action_plan()
            late.action_publish()
        self._arrive(late, "2026-11-30 10:01", user=self.tech2_user)
        late = self._read(late)
        self.assertEqual((early.punctuality, early.punctual_rate), ("early", 0))
        self.assertEqual((late.punctuality, late.punctual_rate), ("late", 0))
        self.assertEqual((none.punctuality, none.punctual_rate), (False, False))

    def test_an_exact_promise_has_its_tolerance(self):
        mission = self._mission(
            "2026-11-30 07:30",
            promised_kind="exact",
            promised_date="2026-11-30",
            promised_time=9.0,
            promised_tolerance=15,
        )
        self.assertEqual(self._visit(mission, "2026-11-30 09:15").punctuality, "on_time")

    def test_the_customer_caused_the_delay(self):
        mission = self._promised("2026-11-30 07:30", "2026-11-30 09:00", "2026-11-30 10:00")
        self.env["field.sla.pause"].create(
            {
                "request_id": mission.sudo().request_id.id,
                "start": paris("2026-11-30 09:30"),
                "stop": paris("2026-11-30 11:00"),
                "reason": "Nobody there",
                "customer_caused": True,
                "attachment_ids": [
                    Command.create({"name": "mail.txt", "raw": b"We are not there before 11."})
                ],
            }
        )
        mission = self._visit(mission, "2026-11-30 11:05")
        self.assertEqual(mission.punctuality, "customer")
        self.assertIs(mission.punctual_rate, False)

    def test_first_time_fix_and_rework(self):
        mission = self._visit(
            self._mission("2026-11-30 07:30"), "2026-11-30 09:00", "2026-11-30 10:00"
        )
        self.assertEqual((mission.first_time_fix, mission.rework), (100, 0))
        again = self._mission("2026-11-30 11:00", request_id=mission.sudo().request_id.id)
        self._created(again, "2026-11-30 11:00")
        self._created(mission, "2026-11-30 07:30")
        mission = self._read(mission)
        self.assertEqual(mission.first_time_fix, 0, "a visit was added")
        again = self._visit(again, "2026-11-30 14:00", "2026-11-30 15:00")
        self.assertEqual((again.first_time_fix, again.rework), (False, 100))
        self.assertEqual(self._read(mission).rework, 0)

    def test_a_job_of_two_days_planned_from_the_start_is_no_rework(self):
        first = self._mission("2026-11-30 07:30")
        second = self._mission("2026-11-30 07:30", request_id=first.request_id.id)
        self._created(first | second, "2026-11-30 07:30")
        first = self._visit(first, "2026-11-30 09:00", "2026-11-30 10:00")
        second = self._visit(second, "2026-12-01 09:00", "2026-12-01 10:00")
        self.assertEqual((first.first_time_fix, first.rework), (100, 0))
        self.assertEqual((second.first_time_fix, second.rework), (False, 0))

    def test_a_visit_that_follows(self):
        mission = self._visit(
            self._mission("2026-11-30 07:30"), "2026-11-30 09:00", "2026-11-30 10:00"
        )
        following = self._mission("2026-11-30 11:00", follow_up_of_id=mission.id)
        self.assertEqual(self._read(mission).first_time_fix, 0)
        following.action_cancel("Asked by mistake")
        self.assertEqual(self._read(mission).first_time_fix, 100)

    def test_a_visit_taken_up_again_keeps_its_first_arrival(self):
        mission = self._promised("2026-11-30 07:30", "2026-11-30 09:00", "2026-11-30 10:00")
        self._visit(mission, "2026-11-30 09:30")
        with at("2026-11-30 10:00"):
            mission.action_reschedule("A part is missing")
        with at("2026-11-30 11:00"):
            mission.action_plan()
            mission.action_publish()
        mission = self._visit(mission, "2026-12-01 09:00", "2026-12-01 10:00")
        self.assertEqual(mission.first_arrival, paris("2026-11-30 09:30"))
        self.assertEqual(str(mission.arrival_date), "2026-12-01")
        self.assertEqual(mission.first_punctuality, "on_time")
        self.assertEqual(mission.punctuality, "late")
        self.assertEqual(mission.first_time_fix, 0)

    def test_time_on_site(self):
        mission = self._visit(
            self._mission("2026-11-30 07:30"), "2026-11-30 09:00", "2026-11-30 10:15"
        )
        self.assertAlmostEqual(mission.on_site_hours, 1.25)

    def test_a_cancelled_visit_measures_nothing(self):
        mission = self._promised("2026-11-30 07:30", "2026-11-30 09:00", "2026-11-30 10:00")
        mission = self._visit(mission, "2026-11-30 09:30")
        self.assertTrue(mission.arrival_date)
        mission.action_cancel("Gave up")
        mission = self._read(mission)
        self.assertFalse(mission.arrival_date)
        self.assertFalse(mission.punctuality)
        self.assertIs(mission.response_hours, False)

    def test_nobody_writes_a_measure(self):
        mission = self._visit(self._mission("2026-11-30 07:30"), "2026-11-30 09:00")
        for values in ({"punctuality": "on_time"}, {"response_hours": 0.1}, {"rework": 0}):
            with self.subTest(values=values), self.assertRaises(UserError):
                mission.write(values)
        with self.assertRaises(UserError):
            self._mission("2026-11-30 07:30", first_time_fix=100)

    def test_technicians_and_customers_do_not_read_them(self):
        mission = self._visit(self._mission("2026-11-30 07:30"), "2026-11-30 09:00")
        for user in (self.tech_user, self.sub_user, self.customer_user):
            as_user = self.env["field.mission"].with_user(user)
            with self.subTest(user=user.login):
                self.assertNotIn("punctuality", as_user.fields_get())
                with self.assertRaises(AccessError):
                    as_user.search([("punctual_rate", "=", 100)])
        with self.assertRaises(AccessError):
            mission.with_user(self.tech_user).read(["response_hours"])
        self.assertTrue(mission.with_user(self.planner).read(["response_hours"]))

    def _queries(self, count):
        missions = self.env["field.mission"].create(
            [
                self._vals(
                    service_type_id=self.bare_type.id,
                    date_received=paris("2026-11-30 08:00"),
                    technician_id=self.tech.id,
                    planned_start=paris("2026-11-30 09:00"),
                )
            ]
            * count
        )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        missions._guarded_write(
            {
                "actual_start": paris("2026-11-30 09:10"),
                "actual_start_server": paris("2026-11-30 09:10"),
            }
        )
        self.env.flush_all()
        self.assertAlmostEqual(missions[0].response_clock_hours, 7 / 6)
        return self.cr.sql_log_count - before

    def test_queries_do_not_grow_with_the_missions(self):
        self._queries(2)
        one, many = self._queries(1), self._queries(60)
        self.assertLessEqual(many - one, 3, f"{one} queries for 1, {many} for 60")
