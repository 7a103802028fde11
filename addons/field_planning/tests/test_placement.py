from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import MONDAY, FieldPlanningCommon

NINE = datetime(2026, 11, 30, 8, 0)  # 9:00 in Paris


@tagged("post_install", "-at_install")
class TestPlacement(FieldPlanningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.board = cls.env["field.mission"].with_user(cls.planner)

    def _issues(self, mission, employee=None, start=NINE, minutes=60, **vals):
        placement = {
            "mission_id": mission.id,
            "employee_id": (employee or self.tech).id,
            "start": start,
            "minutes": minutes,
            **vals,
        }
        return self.board._get_placement_issues([placement])[mission.id]

    def _codes(self, *args, **vals):
        return [(issue["code"], issue["level"]) for issue in self._issues(*args, **vals)]

    def _free(self, name="M", **vals):
        return self._mission(name, 5, technician=self.tech, promised_kind="none", **vals)

    def _move(self, mission, **vals):
        return {"id": mission.id, "plan_version": mission.plan_version, **vals}

    def _drop(self, mission, start=NINE, employee=None, **vals):
        return self._move(
            mission,
            technician_id=(employee or self.tech).id,
            planned_start=start.isoformat(),
            planned_duration=1.0,
            **vals,
        )

    # ------------------------------------------------------------------ issues

    def test_nothing_to_say(self):
        self.assertEqual(self._issues(self._free()), [])

    def test_approved_leave_without_its_reason(self):
        self._leave(self.tech, NINE, NINE + timedelta(hours=2))
        issues = self._issues(self._free())
        self.assertEqual([i["code"] for i in issues], ["leave"])
        self.assertIn("Ana Tech", issues[0]["message"])
        self.assertNotIn("Flu", issues[0]["message"])

    def test_public_holiday_is_named(self):
        holiday = self._leave(self.env["hr.employee"], NINE, NINE + timedelta(hours=8), "Fête")
        holiday.calendar_id = False
        issues = self._issues(self._free())
        self.assertEqual([i["code"] for i in issues], ["leave"])
        self.assertIn("Fête", issues[0]["message"])

    def test_pending_leave(self):
        kind = self.env["hr.leave.type"].create({"name": "Off", "requires_allocation": False})
        if "l10n_fr_reference_leave_type" in self.company._fields:
            self.company.l10n_fr_reference_leave_type = kind
        self.env["hr.leave"].create(
            {
                "name": "Secret",
                "employee_id": self.tech.id,
                "holiday_status_id": kind.id,
                "request_date_from": MONDAY,
                "request_date_to": MONDAY,
            }
        )
        issues = self._issues(self._free())
        self.assertEqual([i["code"] for i in issues], ["pending_leave"])
        self.assertNotIn("Secret", issues[0]["message"])

    def test_hours_and_days_off(self):
        mission = self._free()
        late = datetime(2026, 11, 30, 15, 30)  # 16:30-17:30, the day ends at 17:00
        self.assertEqual(self._codes(mission, start=late), [("outside_hours", "soft")])
        sunday = datetime(2026, 11, 29, 9, 0)
        self.assertEqual(self._codes(mission, start=sunday), [("day_off", "soft")])

    def test_hours_on_the_day_the_clock_changes(self):
        """25 October: 8:00 in Paris is 6:00 UTC the day before, 7:00 UTC that day and after."""
        calendar = self._calendar("7 days", [(8, 17)], days=range(7))
        self.tech.resource_calendar_id = calendar
        mission = self._free()
        self.assertEqual(self._codes(mission, start=datetime(2026, 10, 24, 6, 0)), [])
        self.assertEqual(
            self._codes(mission, start=datetime(2026, 10, 25, 6, 0)), [("outside_hours", "soft")]
        )
        self.assertEqual(self._codes(mission, start=datetime(2026, 10, 25, 7, 0)), [])
        # Spring: 29 March.
        self.assertEqual(
            self._codes(mission, start=datetime(2027, 3, 27, 6, 0)), [("outside_hours", "soft")]
        )
        self.assertEqual(self._codes(mission, start=datetime(2027, 3, 28, 6, 0)), [])

    def test_night_shift_across_midnight(self):
        night = self._calendar("Night", [])
        for day in range(5):
            night.write(
                {
                    "attendance_ids": [
                        Command.create(
                            {"name": "N", "dayofweek": str(day), "hour_from": 22, "hour_to": 24,
                             "day_period": "afternoon"}
                        ),
                        Command.create(
                            {"name": "N", "dayofweek": str((day + 1) % 7), "hour_from": 0,
                             "hour_to": 6, "day_period": "morning"}
                        ),
                    ]
                }
            )  # fmt: skip
        self.tech.resource_calendar_id = night
        mission = self._free()
        start = datetime(2026, 11, 30, 22, 30)  # 23:30 in Paris, until 1:30
        self.assertEqual(self._codes(mission, start=start, minutes=120), [])
        self.assertEqual(
            self._codes(mission, start=datetime(2026, 12, 1, 4, 30), minutes=60),
            [("outside_hours", "soft")],
        )

    def test_zone_of_the_technician_and_of_the_site(self):
        """Hours are the technician's, the promise is the site's."""
        self.tech.tz = "Indian/Reunion"
        self.tech.resource_calendar_id = self._calendar("8-17", [(8, 17)], tz="Indian/Reunion")
        mission = self._free()
        self.assertEqual(self._codes(mission, start=datetime(2026, 11, 30, 4, 0)), [])
        self.assertEqual(
            self._codes(mission, start=datetime(2026, 11, 30, 13, 0)), [("outside_hours", "soft")]
        )
        promised = self._mission("P", 5, promised_kind="day")
        promised.site_id.tz = "America/Martinique"
        # 23:00 UTC on Sunday is Monday in Réunion, still Sunday in Martinique.
        self.tech.resource_calendar_id = self._calendar(
            "Night", [(0, 12)], range(7), tz="Indian/Reunion"
        )
        start = datetime(2026, 11, 29, 23, 0)
        self.assertEqual(self._codes(promised, start=start), [("promise", "soft")])

    def test_overlap(self):
        busy = self._plan(self._free("Busy"), 9)
        mission = self._free()
        issues = self._issues(mission, start=NINE + timedelta(minutes=30))
        self.assertEqual([i["code"] for i in issues], ["overlap"])
        self.assertIn(busy.name, issues[0]["message"])
        self.assertEqual(self._issues(mission, start=NINE + timedelta(hours=1)), [])
        self.assertEqual(self._issues(mission, self.tech2), [])
        # Itself is no clash, and neither is what moves away in the same batch.
        self.assertEqual(self._issues(busy, start=NINE + timedelta(minutes=15)), [])
        both = self.board._get_placement_issues(
            [
                {"mission_id": busy.id, "employee_id": self.tech2.id, "start": NINE, "minutes": 60},
                {
                    "mission_id": mission.id,
                    "employee_id": self.tech.id,
                    "start": NINE,
                    "minutes": 60,
                },
            ]
        )
        self.assertEqual(both, {busy.id: [], mission.id: []})

    def test_a_helper_is_judged_too(self):
        mission = self._free(helper_ids=[Command.set(self.tech2.ids)])
        self._plan(self._mission("Busy", 5, technician=self.tech2, promised_kind="none"), 9)
        issues = self._issues(mission)
        self.assertEqual([i["code"] for i in issues], ["overlap"])
        self.assertIn("Bo Tech", issues[0]["message"])

    def test_skills(self):
        self.type.skill_ids = self.electric | self.gas
        self._give_skill(self.tech, self.electric, valid_to=date(2026, 11, 1))
        mission = self._free()
        issues = {i["code"]: i for i in self._issues(mission)}
        self.assertEqual(set(issues), {"skill_expired", "skill_missing"})
        self.assertEqual({i["level"] for i in issues.values()}, {"soft"})
        self.assertIn("Gas", issues["skill_missing"]["message"])
        self.assertIn("Electric", issues["skill_expired"]["message"])
        # The company may refuse what the law forbids.
        self.company.field_refuse_uncertified = True
        self.assertEqual({i["level"] for i in self._issues(mission)}, {"soft"})
        self.skill_type.is_certification = True
        self.assertEqual({i["level"] for i in self._issues(mission)}, {"hard"})

    def test_promise_deadline_zone_and_calendar(self):
        mission = self._mission("P", 5, hour=14)
        self.assertEqual(self._codes(mission), [("promise", "soft")])
        self.assertEqual(self._codes(mission, start=datetime(2026, 11, 30, 13, 10)), [])
        day = self._mission("D", 5)
        self.assertEqual(self._codes(day, start=NINE + timedelta(days=1)), [("promise", "soft")])
        due = self._free()
        due.request_id.date_deadline = NINE + timedelta(minutes=30)
        self.assertIn(("deadline", "soft"), self._codes(due))
        north, south = self.env["field.zone"].create(
            [{"name": "North", "prefix_text": "59"}, {"name": "South", "prefix_text": "06"}]
        )
        free = self._free()
        free.site_id.site_zone_id = north
        self.assertEqual(self._codes(free), [])
        self.tech.field_zone_ids = south
        self.assertEqual(self._codes(free), [("zone", "soft")])
        self.tech.resource_calendar_id = False
        self.tech.field_zone_ids = False
        self.assertEqual(
            self._codes(free, start=NINE - timedelta(hours=8)), [("no_calendar", "soft")]
        )

    def test_hard_rules(self):
        self.assertEqual(self._codes(self._free(), minutes=0), [("zero_duration", "hard")])
        started = self._plan(self._free(), 9)
        started.action_publish()
        started.action_start()
        self.assertIn(("started", "hard"), self._codes(started))
        locked = self._plan(self._free(), 13)
        locked.is_locked = True
        self.assertIn(("locked", "hard"), self._codes(locked))
        self.tech2.is_field_technician = False
        self.assertEqual(self._codes(self._free(), self.tech2), [("not_technician", "hard")])

    def test_another_company_says_nothing_of_its_people(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.env["hr.employee"].create(
            {"name": "Stranger", "company_id": other.id, "is_field_technician": True}
        )
        issues = self._issues(self._free(), stranger)
        self.assertEqual([(i["code"], i["level"]) for i in issues], [("other_company", "hard")])
        self.assertNotIn("Stranger", issues[0]["message"])

    def test_queries_do_not_grow(self):
        missions = self.env["field.mission"].union(*(self._free(f"M{n}") for n in range(12)))
        self.type.skill_ids = self.electric

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.board._get_placement_issues(
                [
                    {
                        "mission_id": mission.id,
                        "employee_id": self.people[number % 3].id,
                        "start": NINE + timedelta(hours=number % 6, days=number % 4),
                        "minutes": 60,
                    }
                    for number, mission in enumerate(some)
                ]
            )
            return self.env.cr.sql_log_count - before

        count(missions)
        few, many = count(missions[:3]), count(missions)
        self.assertLessEqual(many, few + 1)

    # ------------------------------------------------------------------ moves

    def test_plan_move_resize_tray_and_undo_each(self):
        mission = self._mission("M", 5, technician=self.env["hr.employee"], promised_kind="none")
        self.assertFalse(mission.technician_id)
        done = self.board.action_place([self._drop(mission)])
        self.assertEqual([one["id"] for one in done["applied"]], [mission.id])
        self.assertRecordValues(
            mission, [{"state": "planned", "technician_id": self.tech.id, "planned_start": NINE}]
        )
        self.assertEqual(mission.tour_id.technician_id, self.tech)
        self.assertEqual(done["applied"][0]["plan_version"], mission.plan_version)
        resized = self.board.action_place([self._move(mission, planned_duration=2.5)])
        self.assertEqual(mission.planned_duration, 2.5)
        moved = self.board.action_place(
            [self._drop(mission, NINE + timedelta(hours=1), self.tech2)]
        )
        self.assertEqual(mission.tour_id.technician_id, self.tech2)
        trayed = self.board.action_place(
            [self._move(mission, technician_id=False, planned_start=False)]
        )
        self.assertRecordValues(
            mission, [{"state": "draft", "technician_id": False, "planned_start": False}]
        )
        self.assertFalse(mission.tour_id)
        self.board.action_place(self._fresh(trayed["undo"]))
        self.assertRecordValues(mission, [{"state": "planned", "technician_id": self.tech2.id}])
        self.board.action_place(self._fresh(moved["undo"]))
        self.assertRecordValues(mission, [{"technician_id": self.tech.id, "planned_start": NINE}])
        self.assertEqual(mission.planned_duration, 2.5)
        self.board.action_place(self._fresh(resized["undo"]))
        self.assertEqual(mission.planned_duration, 1.0)
        self.board.action_place(self._fresh(done["undo"]))
        self.assertRecordValues(
            mission, [{"state": "draft", "technician_id": False, "planned_start": False}]
        )

    def _fresh(self, moves):
        """Undo moves with today's versions, as the board keeps them."""
        version = self.env["field.mission"].browse
        return [{**move, "plan_version": version(move["id"]).plan_version} for move in moves]

    def test_undo_restores_publication_lock_helpers_and_to_reschedule(self):
        mission = self._plan(self._free(helper_ids=[Command.set(self.tech2.ids)]), 9)
        mission.action_publish()
        mission.is_locked = True
        tray = self._move(mission, technician_id=False, planned_start=False)
        refused = self.board.action_place([tray])["refused"]
        self.assertEqual(refused[0]["issues"][0]["code"], "locked")
        done = self.board.action_place([{**tray, "is_locked": False}])
        self.assertFalse(mission.published or mission.is_locked)
        self.board.action_place(self._fresh(done["undo"]))
        self.assertTrue(mission.published and mission.is_locked)
        self.assertEqual(mission.helper_ids, self.tech2)
        again = self._plan(self._free(), 14)
        again.action_reschedule("Customer absent")
        done = self.board.action_place([self._drop(again, NINE + timedelta(hours=3))])
        self.assertEqual(again.state, "planned")
        self.board.action_place(self._fresh(done["undo"]))
        self.assertEqual(
            (again.state, again.reschedule_reason), ("to_reschedule", "Customer absent")
        )

    def test_a_promise_of_long_ago_is_planned_at_last(self):
        """What waited in the tray for weeks goes into a day that has other visits."""
        other = self._plan(self._free(), 9)
        for days in (4, 40, 3000):
            old = self._mission(f"Old {days}", 5, hour=9, day=MONDAY - timedelta(days=days))
            drop = self._drop(old, NINE + timedelta(hours=2))
            asked = self.board.action_place([drop])
            self.assertIn("promise", [one["code"] for one in asked["to_confirm"][0]["issues"]])
            done = self.board.action_place([drop], [old.id])
            self.assertEqual([one["id"] for one in done["applied"]], old.ids)
            self.assertEqual(old.tour_id, other.tour_id)
            stop = old.tour_id.stop_ids.filtered(lambda stop, m=old: stop.mission_id == m)
            self.assertIn(str(old.promised_date.year), stop.conflict_reason, "the day is told")
            self.board.action_place(self._fresh(done["undo"]))

    def test_helper_becomes_responsible(self):
        mission = self._free(helper_ids=[Command.set(self.tech2.ids)])
        done = self.board.action_place([self._drop(mission, employee=self.tech2)])
        self.assertFalse(mission.helper_ids)
        self.board.action_place(self._fresh(done["undo"]))
        self.assertEqual(mission.helper_ids, self.tech2)

    def test_warnings_wait_for_a_word(self):
        mission = self._free()
        sunday = datetime(2026, 11, 29, 9, 0)
        asked = self.board.action_place([self._drop(mission, sunday)])
        self.assertEqual(asked["applied"], [])
        self.assertEqual(asked["to_confirm"][0]["issues"][0]["code"], "day_off")
        self.assertEqual(mission.state, "draft")
        other = self.board.action_place(
            [self._drop(mission, sunday)], {str(mission.id): ["overlap"]}
        )
        self.assertTrue(other["to_confirm"])
        done = self.board.action_place(
            [self._drop(mission, sunday)], {str(mission.id): ["day_off"]}
        )
        self.assertEqual(mission.planned_start, sunday)
        self.assertEqual(len(done["undo"]), 1)

    def test_each_mission_for_itself(self):
        good, bad, warned = (self._free(n) for n in "abc")
        result = self.board.action_place(
            [
                self._drop(good),
                {**self._drop(bad), "planned_duration": 0},
                self._drop(warned, datetime(2026, 11, 29, 9, 0)),
            ]
        )
        loads = result.pop("loads")
        self.assertEqual(
            {key: [one["id"] for one in result[key]] for key in result},
            {
                "applied": [good.id],
                "refused": [bad.id],
                "to_confirm": [warned.id],
                "conflicts": [],
                "undo": [good.id],
            },
        )
        self.assertEqual([load["technician_id"] for load in loads], [self.tech.id])

    def test_conflict_overwrites_nothing(self):
        mission = self._plan(self._free(), 9)
        seen = self._drop(mission, NINE + timedelta(hours=4))
        mission.planned_start = NINE + timedelta(hours=1)
        result = self.board.action_place([seen], [mission.id])
        self.assertEqual(result["applied"], [])
        self.assertEqual(result["conflicts"][0]["plan_version"], mission.plan_version)
        self.assertEqual(mission.planned_start, NINE + timedelta(hours=1))
        gone = self._free()
        move = self._drop(gone)
        gone.unlink()
        self.assertEqual(
            self.board.action_place([move])["conflicts"],
            [{"id": move["id"], "plan_version": False, "name": False}],
        )

    def test_malformed_moves(self):
        mission = self._free()
        for moves in (
            "x",
            [3],
            [{}],
            [{"id": mission.id}],
            [{"id": "1", "plan_version": 0}],
            [{"id": True, "plan_version": 0}],
            [self._move(mission, state="done")],
            [self._move(mission, company_id=1)],
            [self._move(mission, planned_start="tomorrow")],
            [self._move(mission, planned_start="0001-01-01 00:00:00")],
            [self._move(mission, planned_duration=float("nan"))],
            [self._move(mission, planned_duration=1e9)],
            [self._move(mission, planned_duration="2")],
            [self._move(mission, helper_ids="all")],
            [self._move(mission, technician_id=False, state="planned")],
            [self._move(mission), self._move(mission)],
            [self._move(mission)] * 501,
        ):
            with self.subTest(moves=moves), self.assertRaises(UserError):
                self.board.action_place(moves)
        for confirmed in (3, "12", {"a": []}, {1: 2}, [[1]]):
            with self.subTest(confirmed=confirmed), self.assertRaises(UserError):
                self.board.action_place([self._drop(mission)], confirmed)
        self.assertEqual(mission.state, "draft")

    def test_an_offset_is_the_same_instant(self):
        mission = self._free()
        move = {**self._drop(mission), "planned_start": "2026-11-30T09:00:00+01:00"}
        self.board.action_place([move])
        self.assertEqual(mission.planned_start, NINE)

    def test_only_planners_move(self):
        mission = self._plan(self._free(), 9)
        mission.action_publish()
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            model = self.env["field.mission"].with_user(user)
            for move in (self._drop(mission), {"id": 2**30, "plan_version": 0}):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    model.action_place([move])

    def test_two_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        outsider = new_test_user(
            self.env,
            "outsider",
            groups="field_mission.group_field_planner",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        mission = self._free()
        with self.assertRaises(AccessError):
            self.env["field.mission"].with_user(outsider).action_place([self._drop(mission)])

    # ------------------------------------------------------------------ live

    def _sent(self):
        """Run what a commit would, and return the board's messages."""
        sent = []

        def keep(_bus, target, kind, message):
            if kind == "field_planning/board":
                sent.append((target, message))

        with patch.object(type(self.env["bus.bus"]), "_sendone", keep):
            self.env.flush_all()
            self.env.cr.precommit.run()
        return sent

    def test_one_message_a_company_and_commit(self):
        first, second = self._free("a"), self._free("b")
        self._sent()
        self.board.with_context(field_board_source="tab-1").action_place(
            [self._drop(first), self._drop(second, NINE + timedelta(hours=2))]
        )
        sent = self._sent()
        self.assertEqual(len(sent), 1)
        target, message = sent[0]
        self.assertEqual(target[0], self.company)
        self.assertEqual(
            dict(message["missions"]),
            {first.id: first.plan_version, second.id: second.plan_version},
        )
        self.assertEqual(message["source"], "tab-1")
        first.description = "Nothing the board shows"
        self.assertEqual(self._sent(), [])
        first.action_publish()
        self.assertEqual(len(self._sent()), 1)
        gone = self._free("c")
        self._sent()
        gone_id = gone.id
        gone.unlink()
        self.assertEqual(self._sent()[0][1]["missions"], [[gone_id, False]])

    def test_only_planners_hear(self):
        self.env.user.company_ids |= self.company
        for user, heard in ((self.planner, True), (self.tech_user, False)):
            session = type("Session", (), {"uid": user.id})
            request = type("Request", (), {"session": session})
            with patch("odoo.addons.bus.models.ir_websocket.request", request):
                channels = (
                    self.env["ir.websocket"]
                    .with_user(user)
                    ._build_bus_channel_list(["field_planning.board"])
                )
            self.assertNotIn("field_planning.board", channels)
            self.assertEqual((self.company, "field_planning.board") in channels, heard)
