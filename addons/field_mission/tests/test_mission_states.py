from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..core import states
from ..models.field_mission import STATE_KEY
from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestMissionStates(FieldMissionCommon):
    def test_the_whole_life(self):
        mission = self._planned()
        self.assertEqual((mission.state, mission.published), ("planned", True))
        tech = mission.with_user(self.tech_user)
        tech.action_arrive(at="2026-11-30 08:05:00")
        self.assertEqual(mission.state, "in_progress")
        self.assertEqual(mission.actual_start, datetime(2026, 11, 30, 8, 5))
        self._answer_all(mission)
        tech.action_done(at="2026-11-30 09:20:00")
        self.assertEqual(
            (mission.state, mission.actual_end), ("done", datetime(2026, 11, 30, 9, 20))
        )
        self.assertEqual(mission.request_id.state, "done")
        mission.with_user(self.planner).action_validate()
        self.assertTrue(mission.validated)
        self.assertEqual(mission.validated_by_id, self.planner)
        # Planned and actual times are different things.
        self.assertEqual(mission.planned_start, datetime(2026, 11, 30, 8, 0))

    def test_every_forbidden_jump(self):
        methods = {
            name: (lambda m, n=name: m._step(n, reason="because")) for name in states.TRANSITIONS
        }
        made = {
            "draft": self.env["field.mission"].create(self._vals()),
            "planned": self._planned(),
            "in_progress": self._planned(service_type_id=self.bare_type.id),
            "done": self._planned(service_type_id=self.bare_type.id),
            "to_reschedule": self._planned(),
            "cancelled": self._planned(),
        }
        made["in_progress"].action_start()
        made["done"].action_start()
        made["done"].action_done()
        made["to_reschedule"].action_reschedule("rain")
        made["cancelled"].action_cancel("sold")
        for state, mission in made.items():
            self.assertEqual(mission.state, state)
            for name, step in states.TRANSITIONS.items():
                if state in step.sources and not step.validated:
                    continue
                with self.assertRaises(UserError, msg=f"{state} {name}"):
                    methods[name](mission)
                self.assertEqual(mission.state, state)

    def test_missing_things_are_named(self):
        mission = self.env["field.mission"].create(self._vals())
        with self.assertRaisesRegex(UserError, "technician(.|\n)*planned start"):
            mission.action_plan()
        mission = self._planned()
        mission.with_user(self.tech_user).action_start()
        with self.assertRaisesRegex(UserError, "Valve closed(.|\n)*Pressure"):
            mission.with_user(self.tech_user).action_done()

    def test_photo_and_signature_needed(self):
        self.bare_type.write({"requires_photo": True, "requires_signature": True})
        mission = self._planned(service_type_id=self.bare_type.id)
        tech = mission.with_user(self.tech_user)
        tech.action_start()
        with self.assertRaisesRegex(UserError, "photo(.|\n)*signature"):
            tech.action_done()
        self._send_photo(mission)
        tech.action_sign({"refusal_reason": "Nobody on site"})
        tech.action_done()
        self.assertEqual(mission.state, "done")

    def test_state_cannot_be_written(self):
        mission = self._planned()
        for user in (self.planner, self.manager, self.env.ref("base.user_admin")):
            for values in (
                {"state": "done"},
                {"validated": True},
                {"published": False},
                {"actual_end": "2026-11-30 09:00:00"},
                {"plan_version": 99},
            ):
                with self.assertRaises(UserError):
                    mission.with_user(user).write(values)
        # What RPC can send as a context is no token.
        with self.assertRaises(UserError):
            mission.with_user(self.planner).with_context(**{STATE_KEY: True}).write(
                {"state": "done"}
            )
        self.assertEqual(mission.state, "planned")

    def test_roles(self):
        mission = self._planned()
        mission.helper_ids = self.tech2
        mission.action_publish()
        with self.assertRaises(AccessError):
            mission.with_user(self.tech_user).action_cancel("no")
        with self.assertRaises(AccessError):
            mission.with_user(self.office).action_start()
        helper = mission.with_user(self.tech2_user)
        helper.action_arrive()
        self._answer_all(mission, self.tech2_user)
        with self.assertRaises(AccessError):
            helper.action_done()
        mission.with_user(self.tech_user).action_done()
        with self.assertRaises(AccessError):
            mission.with_user(self.tech_user).action_validate()
        mission.with_user(self.planner).action_validate()
        with self.assertRaises(AccessError):
            mission.with_user(self.planner).action_unvalidate("wrong")
        mission.with_user(self.manager).action_unvalidate("wrong time")
        self.assertFalse(mission.validated)

    def test_a_subcontractor_works_like_a_technician(self):
        mission = self._planned(technician_id=self.subcontractor.id)
        work = mission.with_user(self.sub_user)
        work.action_travel(at="2026-11-30 07:30:00")
        work.action_arrive(at="2026-11-30 08:00:00")
        self._answer_all(mission, self.sub_user)
        work.action_done(at="2026-11-30 09:00:00")
        self.assertEqual(mission.state, "done")
        self.assertEqual(mission.time_ids.mapped("kind"), ["travel", "on_site"])

    def test_reasons(self):
        mission = self._planned()
        for reason in ("", "   ", None, 5):
            with self.assertRaises(UserError):
                mission.action_cancel(reason)
        mission.action_cancel("Building sold")
        self.assertEqual(mission.cancel_reason, "Building sold")
        event = mission.event_ids.filtered(lambda e: e.step == "cancel")
        self.assertEqual((event.reason, event.from_state, event.to_state),
                         ("Building sold", "planned", "cancelled"))  # fmt: skip

    def test_validated_missions_stay(self):
        mission = self._planned(service_type_id=self.bare_type.id)
        mission.action_start()
        mission.action_done()
        mission.action_validate()
        with self.assertRaises(UserError):
            mission.with_user(self.planner).write({"planned_start": datetime(2026, 12, 1, 8, 0)})
        with self.assertRaises(UserError):
            mission.with_user(self.tech_user).action_set_conclusion("late words")
        with self.assertRaises(UserError):
            mission.with_user(self.planner).write({"priority": "3"})
        with self.assertRaises(UserError):
            mission.action_reopen("again")

    def test_plan_version_rises_with_the_plan_only(self):
        mission = self.env["field.mission"].create(self._vals())
        version = mission.plan_version
        mission.write({"description": "words", "planned_start": False})
        self.assertEqual(mission.plan_version, version)
        mission.write(
            {"planned_start": datetime(2026, 11, 30, 8, 0), "technician_id": self.tech.id}
        )
        self.assertEqual(mission.plan_version, version + 1)
        mission.write({"planned_start": datetime(2026, 11, 30, 8, 0)})
        self.assertEqual(mission.plan_version, version + 1, "the same plan is no other plan")
        mission.action_plan()
        self.assertEqual(mission.plan_version, version + 1)
        mission.action_cancel("no")
        self.assertEqual(mission.plan_version, version + 2)

    def test_changes_are_traced_with_their_former_values(self):
        mission = self._planned()
        mission.with_user(self.planner).write(
            {"planned_start": datetime(2026, 11, 30, 13, 0), "technician_id": self.tech2.id}
        )
        event = mission.event_ids.filtered(
            lambda e: e.kind == "change" and "technician_id" in e.changes
        )
        self.assertEqual(event.user_id, self.planner)
        self.assertEqual(event.changes["technician_id"], [[self.tech.id], [self.tech2.id]])
        self.assertEqual(
            event.changes["planned_start"], ["2026-11-30 08:00:00", "2026-11-30 13:00:00"]
        )
        with self.assertRaises(UserError):
            event.write({"reason": "forged"})
        with self.assertRaises(UserError):
            event.unlink()

    def test_a_batch_goes_all_or_none(self):
        good, bad = self._planned(), self.env["field.mission"].create(self._vals())
        with self.assertRaises(UserError):
            (good + bad).action_publish()
        with self.assertRaises(UserError):
            (good + bad)._step("start")
        self.assertEqual(good.state, "planned")

    def test_bad_device_time(self):
        mission = self._planned()
        with self.assertRaises(UserError):
            mission.action_start(at="yesterday")

    def test_deleting_work_is_refused(self):
        mission = self._planned()
        with self.assertRaises(UserError):
            mission.with_user(self.planner).unlink()
        draft = self.env["field.mission"].create(self._vals())
        draft.with_user(self.planner).unlink()
        self.assertFalse(draft.exists())
