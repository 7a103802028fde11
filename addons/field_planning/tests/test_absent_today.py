from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import FieldPlanningCommon

THAT_DAY = "2026-11-30 06:00:00"


@tagged("post_install", "-at_install")
class TestAbsentToday(FieldPlanningCommon):
    """Somebody does not come: the day goes to the tray, and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is told is read in English, whatever language the company speaks.
        cls.tech_user.lang = "en_US"
        cls.first = cls._plan(cls._mission("North", 5, 9), 9)
        cls.second = cls._plan(cls._mission("East", 6, 14), 14)
        cls.free = cls._mission("West", -6)
        cls.free.write({"promised_kind": "none", "promised_date": False})
        cls._plan(cls.free, 11)
        cls.day = cls.first | cls.second | cls.free
        cls.day.action_publish()
        cls.env.cr.precommit.run()

    def _absence(self, user=None, **vals):
        values = {"employee_id": self.tech.id, "date": "2026-11-30", "reason": "Flu", **vals}
        return self.env["field.absent.today"].with_user(user or self.planner).create(values)

    def _apply(self, absence):
        # The optimiser's own process has its own tests.
        with patch.object(type(self.env["field.optimization"]), "action_run", autospec=True):
            return absence.action_apply()

    @freeze_time(THAT_DAY)
    def test_the_day_goes_to_the_tray_and_a_redistribution_opens(self):
        absence = self._absence()
        self.assertEqual(absence.to_move_ids, self.day)
        self.assertEqual(absence.promise_count, 2)
        action = self._apply(absence)
        self.assertEqual(set(self.day.mapped("state")), {"draft"})
        self.assertFalse(self.day.technician_id)
        self.assertFalse(any(self.day.mapped("published")))
        self.assertEqual(self.first.promised_time, 9, "the promise stays")
        self.assertEqual(str(self.free.mission_date), "2026-11-30", "its day is not lost")
        self.assertEqual(action["res_model"], "field.optimization")
        run = self.env["field.optimization"].browse(action["res_id"])
        self.assertEqual((run.mode, run.mission_ids), ("fill", self.day))
        self.assertNotIn(self.tech, run.technician_ids)
        self.assertEqual(run.scope_count, 3)
        self.env.cr.precommit.run()
        told = self.env["mail.message"].search(
            [("partner_ids", "in", self.tech_user.partner_id.ids)], order="id desc", limit=1
        )
        self.assertEqual(told.body.count("Taken off"), 3, "one message for the whole day")

    @freeze_time(THAT_DAY)
    def test_undone_in_one_click(self):
        kept = {mission: (mission.technician_id, mission.planned_start) for mission in self.day}
        absence = self._absence()
        self._apply(absence)
        absence.action_undo()
        for mission, (person, start) in kept.items():
            self.assertEqual((mission.technician_id, mission.planned_start), (person, start))
            self.assertEqual(mission.state, "planned")
            self.assertTrue(mission.published)
            self.assertEqual(mission.publish_state, "current")
        self.assertEqual(absence.state, "undone")
        with self.assertRaises(UserError):
            absence.action_undo()

    @freeze_time(THAT_DAY)
    def test_undo_is_refused_when_stale(self):
        absence = self._absence()
        self._apply(absence)
        self.first.write({"technician_id": self.tech2.id, "planned_start": "2026-11-30 08:00:00"})
        self.first.action_plan()
        with self.assertRaises(UserError):
            absence.action_undo()
        self.assertEqual(self.second.state, "draft", "nothing is undone by halves")

    @freeze_time("2026-11-30 11:00:00")
    def test_the_rest_of_the_day(self):
        absence = self._absence(scope="from", from_hour=12)
        self.assertEqual(absence.to_move_ids, self.second)
        self._apply(absence)
        self.assertEqual((self.first.state, self.second.state), ("planned", "draft"))

    @freeze_time(THAT_DAY)
    def test_a_visit_under_way_stays_unless_chosen(self):
        self.first.with_user(self.tech_user).action_start()
        absence = self._absence()
        self.assertEqual(absence.started_ids, self.first)
        self._apply(absence)
        self.assertEqual(self.first.state, "in_progress")
        other = self._absence(include_started=True)
        self._apply(other)
        self.assertEqual(self.first.state, "to_reschedule")
        self.assertEqual(self.first.reschedule_reason, "Flu")
        with self.assertRaises(UserError):
            other.action_undo()

    @freeze_time(THAT_DAY)
    def test_a_helper_leaves_and_the_visit_stays(self):
        other = self._mission("South", 3, 10, technician=self.tech2)
        other.helper_ids = self.tech
        self._plan(other, 10)
        absence = self._absence()
        self._apply(absence)
        self.assertEqual(other.state, "planned")
        self.assertFalse(other.helper_ids)
        self.assertNotIn(other, absence.mission_ids)
        absence.action_undo()
        self.assertEqual(other.helper_ids, self.tech)

    @freeze_time(THAT_DAY)
    def test_customers_whose_slot_breaks_are_flagged(self):
        self.day._send_customer_messages("confirmation")
        absence = self._absence()
        self._apply(absence)
        wizard = self.env["field.publish"].browse(absence.action_tell()["res_id"])
        self.assertEqual(set(wizard.line_ids.mapped("message")), {"cancellation"})

    @freeze_time(THAT_DAY)
    def test_the_leave_is_asked_for_in_the_planners_own_rights(self):
        kind = self.env["hr.leave.type"].create(
            {"name": "Sick", "requires_allocation": False, "leave_validation_type": "hr"}
        )
        if "l10n_fr_reference_leave_type" in self.company._fields:
            # French companies name the leave that half days are counted by.
            self.company.l10n_fr_reference_leave_type = kind
        absence = self._absence(create_leave=True, leave_type_id=kind.id)
        with self.assertRaises(AccessError):
            self._apply(absence)
        boss = self._user(
            "boss", "field_mission.group_field_planner,hr_holidays.group_hr_holidays_user"
        )
        absence = self._absence(user=boss, create_leave=True, leave_type_id=kind.id)
        self._apply(absence)
        self.assertEqual(absence.leave_id.employee_id, self.tech)
        self.assertEqual(absence.leave_id.state, "confirm")
        absence.action_undo()
        self.assertFalse(absence.leave_id.exists())

    @freeze_time(THAT_DAY)
    def test_the_dialog(self):
        absences = self.env["field.absent.today"].with_user(self.planner)
        action = absences.action_open(self.tech.id)
        view = action["views"][0][0]
        with Form(absences.with_context(**action["context"]), view=view) as form:
            self.assertEqual(form.employee_id, self.tech)
            form.scope = "from"
            self.assertEqual(form.from_hour, 7.25)
            form.scope = "day"
            form.reason = "Flu"
        self.assertEqual(form.record.to_move_ids, self.day)

    def test_planners_only(self):
        absence = self._absence()
        for user in (self.tech_user, self.sub_user, self.customer_user, self.office):
            with self.assertRaises(AccessError):
                self.env["field.absent.today"].with_user(user).action_open()
            for name in ("action_apply", "action_undo", "action_redistribute", "action_tell"):
                with self.assertRaises(AccessError):
                    getattr(absence.with_user(user), name)()
        with self.assertRaises(UserError):
            absence.with_user(self.planner).action_open("x")
        with self.assertRaises(AccessError):
            absence.with_user(self.planner).write({"undo_data": {"moves": []}})

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("stranger", "field_mission.group_field_planner")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        absence = self._absence()
        with self.assertRaises(AccessError):
            absence.with_user(stranger).action_apply()
