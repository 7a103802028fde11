from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import FieldMissionCommon, jpeg


@tagged("post_install", "-at_install")
class TestMissionExecution(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mission = cls._planned()
        cls.work = cls.mission.with_user(cls.tech_user)
        cls.by_name = {check.name: check for check in cls.mission.check_ids}

    def _start(self):
        self.work.action_arrive(at="2026-11-30 08:00:00")

    def test_times_by_taps(self):
        self.work.action_travel(at="2026-11-30 07:30:00")
        self.work.action_arrive(at="2026-11-30 08:00:00")
        self.work.action_pause(at="2026-11-30 08:30:00")
        self.work.action_resume(at="2026-11-30 08:45:00")
        self._answer_all(self.mission)
        self.work.action_done(at="2026-11-30 10:00:00")
        self.assertRecordValues(
            self.mission.time_ids,
            [
                {"kind": "travel", "duration": 0.5},
                {"kind": "on_site", "duration": 0.5},
                {"kind": "break", "duration": 0.25},
                {"kind": "on_site", "duration": 1.25},
            ],
        )
        self.assertEqual(set(self.mission.time_ids.employee_id.ids), {self.tech.id})

    def test_midnight_and_summer_time(self):
        mission = self._planned(planned_start=datetime(2026, 10, 24, 21, 0))
        work = mission.with_user(self.tech_user)
        # 25 October 2026: at 3:00 the clock goes back to 2:00 in Paris.
        work.action_arrive(at="2026-10-24 21:30:00")
        self._answer_all(mission)
        work.action_done(at="2026-10-25 02:30:00")
        self.assertEqual(mission.time_ids.duration, 5.0)

    def test_a_clock_that_went_back(self):
        self._start()
        self._answer_all(self.mission)
        self.work.action_done(at="2026-11-30 07:00:00")
        self.assertEqual(self.mission.time_ids.duration, 0.0)
        self.assertEqual(self.mission.actual_end, datetime(2026, 11, 30, 7, 0), "kept as told")

    def test_one_running_time_a_person(self):
        other = self._planned(service_type_id=self.bare_type.id)
        self._start()
        other.with_user(self.tech_user).action_travel(at="2026-11-30 08:40:00")
        self.assertEqual(self.mission.time_ids.stop, datetime(2026, 11, 30, 8, 40))

    def test_overlap_is_refused(self):
        self._start()
        self.work.action_add_time("waiting", "2026-11-29 10:00:00", "2026-11-29 10:30:00")
        with self.assertRaisesRegex(UserError, "already has time"):
            self.work.action_add_time("travel", "2026-11-29 10:15:00", "2026-11-29 10:45:00")
        with self.assertRaises(UserError):
            self.work.action_add_time("travel", "2026-11-29 12:00:00", "2026-11-29 11:00:00")
        with self.assertRaises(UserError):
            self.work.action_add_time(
                "travel", "2026-11-29 11:00:00", "2026-11-29 12:00:00", employee_id=self.tech2.id
            )

    def test_correction_by_the_office(self):
        self._start()
        self._answer_all(self.mission)
        self.work.action_done(at="2026-11-30 10:00:00")
        line = self.mission.time_ids
        with self.assertRaises(AccessError):
            line.with_user(self.tech_user).action_correct(
                "2026-11-30 08:00:00", "2026-11-30 09:00:00", "me"
            )
        with self.assertRaises(UserError):
            line.with_user(self.planner).action_correct(
                "2026-11-30 08:00:00", "2026-11-30 09:00:00", " "
            )
        line.with_user(self.planner).action_correct(
            "2026-11-30 08:00:00", "2026-11-30 09:00:00", "Forgot to stop"
        )
        self.assertEqual(line.duration, 1.0)
        self.assertEqual(line.stop_clicked, datetime(2026, 11, 30, 10, 0))
        self.assertEqual(line.correction_reason, "Forgot to stop")

    def test_answers_are_added_never_changed(self):
        self._start()
        check = self.by_name["Pressure"]
        self.work.action_answer_checks([{"check_id": check.id, "number": 3.2}])
        self.assertEqual(check.result, "fail")
        self.work.action_answer_checks(
            [{"check_id": check.id, "number": 1.6}], at="2026-11-30 08:20:00"
        )
        self.assertEqual(check.result, "ok")
        self.assertEqual(check.value_number, 1.6)
        self.assertEqual(check.answer_ids.mapped("value_number"), [1.6, 3.2])
        self.assertEqual(check.answer_ids[0].author_id, self.tech_user)
        self.assertEqual(check.answer_ids[0].device_date, datetime(2026, 11, 30, 8, 20))
        for method in (lambda a: a.write({"value_number": 1.5}), lambda a: a.unlink()):
            with self.assertRaises(UserError):
                method(check.answer_ids[1].sudo())

    def test_bad_answers_name_the_check(self):
        self._start()
        for check, values in (
            ("Pressure", {"number": "high"}),
            ("Pressure", {}),
            ("Valve closed", {"yesno": "maybe"}),
            ("State", {"choice": "Missing"}),
        ):
            with self.assertRaisesRegex(UserError, check):
                self.work.action_answer_checks([{"check_id": self.by_name[check].id, **values}])
        other = self._planned()
        with self.assertRaises(UserError):
            self.work.action_answer_checks([{"check_id": other.check_ids[1].id, "yesno": "yes"}])

    def test_a_defect_opens_one_nonconformity(self):
        self._start()
        check = self.by_name["Pressure"]
        for number in (3.2, 3.4):
            self.work.action_answer_checks(
                [{"check_id": check.id, "number": number, "note": "leak"}]
            )
        found = self.mission.nonconformity_ids
        self.assertEqual(len(found), 1)
        self.assertRegex(found.description, r"3[.,]2 bar", "written as its reader writes numbers")
        self.assertIn("1 – 2 bar", found.description)
        self.assertEqual((found.site_id, found.check_id), (self.site, check))

    def test_nonconformity_life(self):
        found = (
            self.env["field.nonconformity"]
            .with_user(self.planner)
            .create({"site_id": self.site.id, "description": "Rust"})
        )
        for values in ({"state": "closed"}, {"verified_by_id": self.planner.id}):
            with self.assertRaises(UserError):
                found.write(values)
            with self.assertRaises(UserError):
                found.create({"site_id": self.site.id, "description": "Rust", **values})
        with self.assertRaises(UserError):
            found.action_close()
        with self.assertRaises(UserError):
            found.action_take_action()
        found.corrective_action = "Paint"
        found.action_take_action()
        found.action_to_verify()
        found.action_close()
        self.assertEqual((found.state, found.verified_by_id), ("closed", self.planner))

    def test_photos_are_checked_on_arrival(self):
        self._start()
        photo = self._send_photo(self.mission, stage="before", caption="Boiler")
        self.assertEqual((photo.state, photo.mimetype), ("received", "image/jpeg"))
        self.assertEqual(photo.sha256, photo.sha256_declared)
        wrong = self._send_photo(self.mission, data=jpeg("red"), sha256="0" * 64)
        self.assertEqual(wrong.state, "corrupt")
        with self.assertRaises(UserError):
            self._send_photo(self.mission, data=b"<script>alert(1)</script>")
        with self.assertRaises(AccessError):
            self.env["field.photo"].with_user(self.tech2_user).action_receive(photo.uuid, "AAAA")
        with self.assertRaises(UserError):
            self.env["field.photo"].with_user(self.tech_user).action_receive("no-such", "AAAA")

    def test_signature(self):
        self._start()
        with self.assertRaises(UserError):
            self.work.action_sign({"kind": "after_work"})
        with self.assertRaises(UserError):
            self.work.action_sign({"kind": "after_work", "name": "Mme Le Gall"})
        drawing = self._send_photo(self.mission, kind="drawing")
        self.work.action_sign(
            {"name": "Mme Le Gall", "quality": "gardienne", "drawing": drawing.uuid},
            at="2026-11-30 09:00:00",
        )
        sign = self.mission.signature_ids
        self.assertEqual(
            (sign.name, sign.quality, sign.kind), ("Mme Le Gall", "gardienne", "after_work")
        )
        self.assertIn(self.mission.name, sign.texts[0]["text"])
        self.assertEqual(sign.texts_sha256, sign._digest_texts(sign.texts))
        with self.assertRaises(UserError):
            sign.sudo().write({"name": "Somebody"})
        with self.assertRaises(UserError):
            sign.sudo().unlink()

    def test_incident_tells_the_office(self):
        self.company.field_office_user_id = self.planner
        self.work.action_report_incident(
            {"kind": "customer_absent", "customer_caused": True, "description": "No answer"}
        )
        self.assertEqual(self.mission.incident_ids.kind, "customer_absent")
        self.assertEqual(self.mission.activity_ids.user_id, self.planner)
        with self.assertRaises(UserError):
            self.work.action_report_incident({"kind": "volcano"})
        self.work.action_reschedule("Customer absent")
        self.assertEqual(self.mission.state, "to_reschedule")

    def test_nothing_before_publication(self):
        mission = self.env["field.mission"].create(
            self._vals(technician_id=self.tech.id, planned_start=datetime(2026, 11, 30, 8, 0))
        )
        mission.action_plan()
        with self.assertRaises(AccessError):
            mission.with_user(self.tech_user).action_arrive()
        with self.assertRaises(UserError):
            mission.with_user(self.planner).action_arrive()

    def test_helpers_clock_for_themselves(self):
        self.mission.helper_ids = self.tech2
        self.mission.action_publish()
        self._start()
        self.mission.with_user(self.tech2_user).action_arrive(at="2026-11-30 08:10:00")
        self.assertEqual(self.mission.time_ids.employee_id, self.tech + self.tech2)
        self.assertEqual(self.mission.actual_start, datetime(2026, 11, 30, 8, 0))
