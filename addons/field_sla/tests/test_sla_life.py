from datetime import datetime

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SlaCommon, at, paris


@tagged("post_install", "-at_install")
class TestLife(SlaCommon):
    # ------------------------------------------------------------------ the response target

    def test_met_in_business_hours_over_the_weekend(self):
        mission = self._mission("2026-12-04 17:00")  # a Friday
        line = self._line(mission)
        self.assertRecordValues(
            line,
            [
                {
                    "state": "running",
                    "deadline": paris("2026-12-07 11:00"),
                    "warn_at": paris("2026-12-07 10:00"),
                    "tz": "Europe/Paris",
                }
            ],
        )
        self._publish(mission, "2026-12-04 17:30")
        self._arrive(mission, "2026-12-07 10:59")
        self.assertRecordValues(
            line,
            [
                {
                    "state": "met",
                    "reached_at": paris("2026-12-07 10:59"),
                    "reached_mission_id": mission.id,
                    "next_check": False,
                }
            ],
        )
        self.assertAlmostEqual(line.elapsed_hours, 3 + 59 / 60, 3)
        self.assertAlmostEqual(line.clock_hours, 65 + 59 / 60, 3)
        self.assertEqual(mission.sla_state, "met")

    def test_what_a_contract_owes_runs_from_the_day_it_is_owed(self):
        mission = self._mission("2026-11-02 09:00", date_owed=paris("2026-12-01 09:00"))
        self.assertEqual(mission.request_id.date_received, paris("2026-11-02 09:00"))
        line = self._line(mission)
        self.assertEqual(line.deadline, paris("2026-12-01 15:00"))
        mission.request_id.date_owed = paris("2026-12-02 09:00")
        self.assertEqual(line.deadline, paris("2026-12-02 15:00"))

    def test_missed(self):
        mission = self._publish(self._mission("2026-12-01 09:00"), "2026-12-01 09:05")
        self._arrive(mission, "2026-12-01 15:01")
        line = self._line(mission)
        self.assertEqual(line.state, "missed")
        self.assertTrue(mission.sla_missed)
        self.assertEqual(
            mission.sudo().request_id.sla_event_ids.filtered("sla_id").mapped("kind"), ["missed"]
        )

    def test_holiday_of_the_company_is_not_counted(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "company_id": self.company.id,
                "calendar_id": False,
                "date_from": paris("2026-12-02 00:00"),
                "date_to": paris("2026-12-02 23:59:59"),
            }
        )
        mission = self._mission("2026-12-01 17:00")
        self.assertEqual(self._line(mission).deadline, paris("2026-12-03 11:00"))

    def test_time_zone_of_the_site(self):
        site = self._site("Saint-Denis", tz="Indian/Reunion")
        mission = self._mission("2026-12-01 03:00", site_id=site.id)  # 6:00 there
        self.assertEqual(self._line(mission).deadline, datetime(2026, 12, 1, 8, 0))  # 12:00 there

    # ------------------------------------------------------------------ two clocks

    def test_offline_arrival_counts_by_the_device(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        self._arrive(mission, device="2026-12-01 11:50", server="2026-12-01 17:00")
        self.assertRecordValues(
            self._line(mission),
            [
                {
                    "state": "met",
                    "reached_at": paris("2026-12-01 11:50"),
                    "reached_source": "device",
                    "reached_reason": False,
                }
            ],
        )

    def test_device_time_that_cannot_be_true_is_not_believed(self):
        early = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 14:30")
        self._arrive(early, device="2026-12-01 11:50", server="2026-12-01 17:00")
        future = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        self._arrive(future, device="2026-12-01 11:50", server="2026-12-01 11:00")
        self.assertRecordValues(
            self._line(early) | self._line(future),
            [
                {
                    "state": "missed",
                    "reached_at": paris("2026-12-01 17:00"),
                    "reached_source": "server",
                    "reached_reason": "before_known",
                },
                {
                    "state": "met",
                    "reached_at": paris("2026-12-01 11:00"),
                    "reached_source": "server",
                    "reached_reason": "future",
                },
            ],
        )

    def test_office_may_enter_a_past_visit(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-02 09:00")
        self._arrive(mission, "2026-12-01 10:00", server="2026-12-02 09:10", user=self.planner)
        self.assertRecordValues(self._line(mission), [{"state": "met", "reached_source": "office"}])

    def test_what_is_entered_afterwards_waits_for_its_visit(self):
        with at("2026-12-09 09:00"):
            mission = self.env["field.mission"].with_user(self.planner).create(
                self._vals(
                    service_type_id=self.bare_type.id,
                    technician_id=self.tech.id,
                    planned_start=paris("2026-12-01 10:00"),
                    date_received=paris("2026-12-01 08:00"),
                )
            )  # fmt: skip
        self.assertEqual(self._line(mission).state, "late")
        self._publish(mission, "2026-12-09 09:05")
        self._arrive(mission, "2026-12-01 10:00", server="2026-12-09 09:10", user=self.planner)
        self.assertEqual(self._line(mission).state, "met")

    # ------------------------------------------------------------------ all kinds of target

    def test_every_kind_of_target(self):
        self.policy.target_ids = [
            Command.create({"kind": kind, "hours": hours})
            for kind, hours in (("taken_in_charge", 1), ("restored", 8), ("closed", 16))
        ]
        first = self._mission("2026-12-01 08:00")
        request = first.sudo().request_id
        second = self._mission("2026-12-01 08:00", request_id=request.id)
        self.assertEqual(first.sla_deadline, paris("2026-12-01 09:00"))
        self.assertEqual(first._get_deadline()[first.id], paris("2026-12-01 12:00"))
        self._publish(first, "2026-12-01 08:30")
        self.assertEqual(self._line(first, "taken_in_charge").state, "met")
        self._arrive(first, "2026-12-01 10:00")
        self._finish(first, "2026-12-01 11:00")
        self.assertEqual(self._line(first, "restored").state, "running")
        self._publish(second, "2026-12-01 11:30")
        self._arrive(second, "2026-12-01 14:00")
        self._finish(second, device="2026-12-01 16:00", server="2026-12-02 16:00")
        self.assertRecordValues(
            self._line(first, "restored"),
            [{"state": "met", "reached_at": paris("2026-12-01 16:00")}],
        )
        self.assertEqual(self._line(first, "on_site").reached_at, paris("2026-12-01 10:00"))
        self.assertEqual(first.sla_state, "running")
        with at("2026-12-02 17:00"):
            first.with_user(self.planner).action_validate()
            self.assertEqual(self._line(first, "closed").state, "running")
            second.with_user(self.planner).action_validate()
        self.assertRecordValues(
            self._line(first, "closed"),
            [{"state": "met", "reached_source": "server", "elapsed_hours": 15.0}],
        )
        self.assertEqual(first.sla_state, "met")

    def test_verdict_is_never_rewritten(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        self._arrive(mission, "2026-12-01 11:00")
        line = self._line(mission)
        request = mission.request_id.with_user(self.planner)
        with at("2026-12-03 09:00"):
            request.priority = "3"
            request.date_received = paris("2026-11-25 08:00")
            self.env["field.sla.pause"].with_user(self.planner).create(
                {
                    "request_id": request.id,
                    "start": paris("2026-12-01 08:00"),
                    "reason": "Late idea",
                }
            )
            request.contract_id = False
        self.assertRecordValues(line, [{"state": "met", "deadline": paris("2026-12-01 12:00")}])
        with self.assertRaises(UserError):
            line.state = "missed"
        with self.assertRaises(UserError):
            line.deadline = paris("2026-12-01 10:00")
        self._finish(mission, "2026-12-01 11:30", server="2026-12-03 10:00")
        with at("2026-12-03 11:00"):
            mission.with_user(self.planner).action_reopen("Wrong report")
        self.assertEqual(line.state, "met")

    # ------------------------------------------------------------------ changes

    def test_priority_change_recomputes_with_a_trace(self):
        urgent = self._policy(
            "Urgent", {"on_site": 1.0}, contract_ids=[Command.set(self.contract.ids)], priority="3"
        )
        mission = self._mission("2026-12-01 08:00")
        self.assertEqual(self._line(mission).deadline, paris("2026-12-01 12:00"))
        with at("2026-12-01 08:20"):
            mission.with_user(self.planner).priority = "3"
        line = self._line(mission)
        self.assertRecordValues(
            line, [{"policy_id": urgent.id, "deadline": paris("2026-12-01 09:00")}]
        )
        events = mission.sudo().request_id.sla_event_ids
        self.assertEqual(set(events.mapped("kind")), {"recomputed"})
        self.assertEqual(events.user_id, self.planner)
        self.assertTrue(all(events.mapped("reason")))
        self.assertIn("Gold → Urgent", " ".join(events.mapped("summary")))
        with self.assertRaises(UserError):
            events[0].write({"reason": "x"})
        with self.assertRaises(UserError):
            events[0].unlink()

    def test_request_date_is_editable_with_trace(self):
        mission = self._mission("2026-12-01 09:00")
        with at("2026-12-01 09:10"):
            mission.request_id.with_user(self.planner).date_received = paris("2026-12-01 08:00")
        self.assertEqual(self._line(mission).deadline, paris("2026-12-01 12:00"))
        changes = mission.sudo().request_id.sla_event_ids.mapped("changes")
        self.assertTrue(any("received_at" in change for change in changes))

    def test_contract_given_later_starts_the_clock_from_reception(self):
        mission = self._mission("2026-12-01 08:00")
        with at("2026-12-01 08:05"):
            mission.with_user(self.planner).contract_id = False
        self.assertEqual(self._line(mission).state, "cancelled")
        self._publish(mission, "2026-12-01 08:10")
        self._arrive(mission, "2026-12-01 10:00")
        with at("2026-12-02 10:00"):
            mission.with_user(self.planner).contract_id = self.contract
        self.assertRecordValues(
            self._line(mission), [{"state": "met", "reached_at": paris("2026-12-01 10:00")}]
        )

    def test_cancelled_request_is_not_measured_and_may_come_back(self):
        mission = self._mission("2026-12-01 08:00")
        with at("2026-12-01 10:00"):
            mission.with_user(self.planner).action_cancel("Customer withdrew")
        self.assertEqual(self._line(mission).state, "cancelled")
        self.assertFalse(mission.sla_state)
        with at("2026-12-01 11:00"):
            mission.with_user(self.planner).action_reset()
        self.assertRecordValues(
            self._line(mission), [{"state": "running", "deadline": paris("2026-12-01 12:00")}]
        )

    def test_rescheduled_visit_has_arrived(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        self._arrive(mission, "2026-12-01 11:00")
        with at("2026-12-01 11:10"):
            mission.with_user(self.tech_user).action_reschedule("Nobody there")
        self._publish(mission, "2026-12-01 15:00")
        self._arrive(mission, "2026-12-03 11:00")
        self.assertRecordValues(
            self._line(mission), [{"state": "met", "reached_at": paris("2026-12-01 11:00")}]
        )

    # ------------------------------------------------------------------ pauses

    def _pause(self, mission, start, stop=None, **vals):
        return (
            self.env["field.sla.pause"]
            .with_user(self.planner)
            .create(
                {
                    "request_id": mission.request_id.id,
                    "start": paris(start),
                    "stop": stop and paris(stop),
                    "reason": "Part awaited",
                    **vals,
                }
            )
        )

    def test_pause_and_resume(self):
        mission = self._mission("2026-12-01 08:00")
        line = self._line(mission)
        with at("2026-12-01 09:00"):
            pause = self._pause(mission, "2026-12-01 09:00")
        self.assertRecordValues(line, [{"state": "paused", "deadline": False}])
        self.assertEqual(mission.sla_state, "paused")
        with at("2026-12-01 11:00"):
            mission.request_id.with_user(self.planner).action_resume_sla()
        self.assertEqual(pause.stop, paris("2026-12-01 11:00"))
        self.assertRecordValues(line, [{"state": "running", "deadline": paris("2026-12-01 16:00")}])
        with at("2026-12-01 12:00"):  # overlaps, lies partly in the lunch break
            self._pause(mission, "2026-12-01 10:00", "2026-12-01 14:00")
        self.assertEqual(line.deadline, paris("2026-12-01 17:00"))
        self._publish(mission, "2026-12-01 14:10")
        self._arrive(mission, "2026-12-01 16:30")
        self.assertRecordValues(
            line, [{"state": "met", "elapsed_hours": 3.5, "paused_hours": 3.0, "clock_hours": 3.5}]
        )
        self.assertIn("Part awaited", " ".join(
            filter(None, mission.sudo().request_id.sla_event_ids.mapped("reason"))
        ))  # fmt: skip

    def test_pause_of_the_customer_needs_a_proof(self):
        mission = self._mission("2026-12-01 08:00")
        with self.assertRaises(ValidationError):
            self._pause(mission, "2026-12-01 09:00", customer_caused=True)
        incident = self.env["field.incident"].create(
            {"mission_id": mission.id, "kind": "customer_absent", "customer_caused": True}
        )
        pause = self._pause(
            mission, "2026-12-01 09:00", customer_caused=True, incident_id=incident.id
        )
        self.assertEqual(pause.author_id, self.planner)
        document = self.env["ir.attachment"].with_user(self.planner).create(
            {"name": "mail.txt", "raw": b"come back tomorrow", "res_model": "field.sla.pause"}
        )  # fmt: skip
        by_mail = self._pause(
            mission, "2026-12-01 10:00", customer_caused=True, attachment_ids=document.ids
        )
        self.assertEqual(document.res_id, by_mail.id)
        other = self._mission("2026-12-01 08:00")
        with self.assertRaises(ValidationError):
            self._pause(other, "2026-12-01 09:00", incident_id=incident.id)

    def test_pauses_are_kept(self):
        mission = self._mission("2026-12-01 08:00")
        pause = self._pause(mission, "2026-12-01 09:00")
        with self.assertRaises(UserError):
            pause.sudo().unlink()
        other = self._mission("2026-12-01 08:00")
        with self.assertRaises(UserError):
            pause.request_id = other.request_id
        with self.assertRaises(ValidationError):
            pause.stop = paris("2026-12-01 08:00")

    def test_pause_button(self):
        mission = self._mission("2026-12-01 08:00")
        action = mission.request_id.action_pause_sla()
        self.assertEqual(action["context"]["default_request_id"], mission.request_id.id)

    # ------------------------------------------------------------------ lists

    def test_filters_of_the_request_and_the_mission(self):
        mission = self._mission("2026-12-01 08:00")
        missions = self.env["field.mission"]
        requests = self.env["field.request"]
        for when, at_risk in (("2026-12-01 10:30", False), ("2026-12-01 11:15", True)):
            with at(when):
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(mission.sla_at_risk, at_risk)
                self.assertEqual(self._line(mission).is_at_risk, at_risk)
                domain = [("id", "=", mission.id), ("sla_at_risk", "=", True)]
                self.assertEqual(bool(missions.search(domain)), at_risk)
                domain = [("id", "=", mission.request_id.id), ("sla_at_risk", "=", False)]
                self.assertEqual(bool(requests.search(domain)), not at_risk)
                self.assertEqual(mission.sla_time_left, "1 h 30" if not at_risk else "0 h 45")
        self.assertTrue(missions.search([("id", "=", mission.id), ("sla_state", "=", "running")]))

    def test_averages_count_zero_and_leave_out_what_was_not_reached(self):
        at_once = self._publish(self._mission("2026-12-01 06:00"), "2026-12-01 06:10")
        self._arrive(at_once, "2026-12-01 07:00")  # before the office opens
        later = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        self._arrive(later, "2026-12-01 10:00")
        never = self._mission("2026-12-01 08:00")
        lines = self._line(at_once) | self._line(later) | self._line(never)
        self.assertEqual(
            self.env["field.request.sla"]._read_group(
                [("id", "in", lines.ids)], [], ["elapsed_hours:avg", "__count"]
            ),
            [(1.0, 3)],
        )

    def test_contract_figures(self):
        for day, arrival in ((1, "11:00"), (2, "11:00"), (3, "11:00"), (4, "15:00")):
            mission = self._mission(f"2026-12-0{day} 08:00")
            self._publish(mission, f"2026-12-0{day} 08:10")
            self._arrive(mission, f"2026-12-0{day} {arrival}")
            self._finish(mission, f"2026-12-0{day} 17:00")
        self.assertEqual((self.contract.sla_count, self.contract.sla_met_rate), (4, 75.0))
        action = self.contract.with_user(self.planner).action_view_sla()
        self.assertEqual(self.env["field.request.sla"].search_count(action["domain"]), 4)

    def test_deadline_of_lists(self):
        """The board reads deadlines as SQL: the SLA's, or the request's where it comes first."""
        mission = self._mission("2026-12-01 08:00")
        missions = self.env["field.mission"]

        def shown():
            self.env.flush_all()
            query = missions._search([("id", "=", mission.id)])
            column = missions._get_deadline_sql(query.table, query)
            return self.env.execute_query(query.select(column))[0][0]

        self.assertEqual(shown(), self._line(mission).deadline)
        mission.request_id.date_deadline = paris("2026-12-01 09:00")
        self.assertEqual(shown(), paris("2026-12-01 09:00"))
        mission.request_id.sudo().sla_ids._stop_measuring("test")
        mission.request_id.date_deadline = False
        self.assertIsNone(shown())
