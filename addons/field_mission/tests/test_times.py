import uuid
from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestTimes(FieldMissionCommon):
    """Tapped, declared and validated times stay apart; what is odd is named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.planner, cls.manager, cls.tech_user):
            user.lang = "en_US"
        cls.mission = cls._planned(service_type_id=cls.bare_type.id)
        cls.mission.action_start()

    def _time(self, start, stop, employee=None, mission=None, **vals):
        return self.env["field.mission.time"].create(
            {
                "mission_id": (mission or self.mission).id,
                "employee_id": (employee or self.tech).id,
                "kind": "on_site",
                "start": start,
                "stop": stop,
                **vals,
            }
        )

    def test_tapped_declared_and_corrected_stay_apart(self):
        mission = self.mission.with_user(self.tech_user)
        mission.action_arrive(at="2026-11-30 08:05:00")
        mission.action_pause(at="2026-11-30 09:05:00")
        mission.action_resume(at="2026-11-30 09:20:00")
        mission.action_done(at="2026-11-30 10:20:00")
        mission.action_add_time("travel", "2026-11-30 10:20:00", "2026-11-30 10:50:00")
        lines = self.mission.time_ids
        self.assertEqual(
            [(line.kind, line.source) for line in lines],
            [
                ("on_site", "clicked"),
                ("break", "clicked"),
                ("on_site", "clicked"),
                ("travel", "declared"),
            ],
        )
        first = lines[0]
        first.with_user(self.planner).action_correct(
            "2026-11-30 08:00:00", "2026-11-30 09:05:00", "Parking took five minutes"
        )
        self.assertEqual(first.source, "corrected")
        self.assertAlmostEqual(first.clicked_duration, 1.0)
        self.assertAlmostEqual(first.duration, 65 / 60)
        self.assertEqual(first.start_clicked, datetime(2026, 11, 30, 8, 5))
        event = self.mission.event_ids.filtered(lambda e: e.reason == "Parking took five minutes")
        self.assertIn("2026-11-30 08:05:00", str(event.changes), "the former value is kept")

    def test_managers_validate_a_batch_and_it_stops_changing(self):
        lines = self._time(datetime(2026, 11, 30, 8), datetime(2026, 11, 30, 9)) | self._time(
            datetime(2026, 11, 30, 9), datetime(2026, 11, 30, 10)
        )
        for user in (self.tech_user, self.planner):
            with self.assertRaises(AccessError):
                lines.with_user(user).action_approve()
        lines.with_user(self.manager).action_approve()
        self.assertEqual(lines.mapped("approved_by_id"), self.manager)
        with self.assertRaises(UserError) as refused:
            lines[0].with_user(self.planner).action_correct(
                "2026-11-30 08:00:00", "2026-11-30 08:30:00", "Shorter"
            )
        self.assertIn("is validated", str(refused.exception))
        lines[0].with_user(self.manager).action_unapprove()
        lines[0].with_user(self.planner).action_correct(
            "2026-11-30 08:00:00", "2026-11-30 08:30:00", "Shorter"
        )
        self.assertFalse(lines[0].approved)
        self.assertTrue(lines[1].approved)

    def test_a_refused_overlap_is_told_in_the_readers_words(self):
        self._time(datetime(2026, 11, 30, 8, 0), datetime(2026, 11, 30, 9, 0))
        told = {}
        for lang in ("en_US", "fr_FR"):
            self.env["res.lang"]._activate_lang(lang)
            self.tech_user.lang = lang
            work = self.mission.with_user(self.tech_user).with_context(lang=lang)
            with self.assertRaises(UserError) as refused:
                work.action_add_time("travel", "2026-11-30 08:30:00", "2026-11-30 09:30:00")
            told[lang] = str(refused.exception).replace("\u202f", " ")
        self.assertIn("9:00 AM", told["en_US"])
        self.assertIn("30/11/2026 09:00", told["fr_FR"])

    def test_overlaps_are_named_and_not_validated(self):
        one = self._time(datetime(2026, 11, 30, 8), datetime(2026, 11, 30, 10))
        other = self._time(datetime(2026, 11, 30, 9, 30), datetime(2026, 11, 30, 11))
        colleague = self._time(
            datetime(2026, 11, 30, 8), datetime(2026, 11, 30, 10), employee=self.tech2
        )
        lines = (one | other | colleague).with_user(self.manager)
        self.assertEqual(
            lines.mapped("issue"), ["overlaps another time", "overlaps another time", ""]
        )
        with self.assertRaises(UserError) as refused:
            lines.action_approve()
        self.assertIn("Ana Tech", str(refused.exception))
        self.assertFalse(colleague.approved, "all of a batch or none")
        colleague.with_user(self.manager).action_approve()
        self.assertTrue(colleague.approved)

    @freeze_time("2026-12-01 08:00:00")
    def test_a_forgotten_stop(self):
        line = self._time(datetime(2026, 11, 30, 8), False).with_user(self.manager)
        self.assertEqual(line.issue, "forgotten stop")
        with self.assertRaises(UserError) as refused:
            line.action_approve()
        self.assertIn("still runs", str(refused.exception))
        line.action_correct("2026-11-30 08:00:00", "2026-11-30 10:00:00", "Forgot to tap")
        self.assertFalse(line.issue)
        line.action_approve()
        self.assertAlmostEqual(line.duration, 2.0)

    def _declare(self, start, stop, user=None, mission=None):
        operation = {
            "uuid": str(uuid.uuid4()),
            "kind": "time.stop",
            "mission_id": (mission or self.mission).id,
            "payload": {"start": start, "stop": stop},
            "at": "2026-12-01 07:00:00",
        }
        operations = self.env["field.operation"].with_user(user or self.tech_user)
        answers = [operations.action_apply([operation])[0] for _turn in range(2)]
        self.assertEqual(answers[0]["state"], answers[1]["state"])
        return answers[0]

    def test_a_forgotten_stop_is_declared_by_its_person(self):
        work = self.mission.with_user(self.tech_user)
        work.action_arrive(at="2026-11-30 08:00:00")
        line = self.mission.time_ids
        answer = self._declare("2026-11-30 08:00:00", "2026-11-30 09:10:00")
        self.assertEqual(answer["state"], "applied")
        self.assertRecordValues(
            line,
            [
                {
                    "stop": datetime(2026, 11, 30, 9, 10),
                    "stop_clicked": False,
                    "source": "stop_declared",
                    "clicked_duration": 0.0,
                }
            ],
        )
        event = self.mission.event_ids.filtered(lambda e: "2026-11-30 09:10:00" in str(e.changes))
        self.assertIn("2026-11-30 08:00:00 – …", str(event.changes))
        self.assertEqual(event.user_id, self.tech_user)
        self.assertTrue(work._get_app_values()[0]["times"][0]["declared"])
        # The office may still correct it; then it is the office's.
        line.with_user(self.planner).action_correct(
            "2026-11-30 08:00:00", "2026-11-30 09:00:00", "The customer says nine"
        )
        refused = self._declare("2026-11-30 08:00:00", "2026-11-30 08:30:00")
        self.assertEqual(refused["state"], "rejected")
        self.assertIn("already", refused["message"])

    def test_a_stop_that_the_next_arrival_made_is_shortened_only(self):
        other = self._planned(
            service_type_id=self.bare_type.id, planned_start=datetime(2026, 11, 30, 10)
        )
        self.mission.with_user(self.tech_user).action_arrive(at="2026-11-30 08:00:00")
        other.with_user(self.tech_user).action_arrive(at="2026-11-30 10:00:00")
        line = self.mission.time_ids
        later = self._declare("2026-11-30 08:00:00", "2026-11-30 10:30:00")
        self.assertIn("too late", later["message"])
        self._declare("2026-11-30 08:00:00", "2026-11-30 09:00:00")
        self.assertEqual(line.stop, datetime(2026, 11, 30, 9))
        self.assertEqual(line.stop_clicked, datetime(2026, 11, 30, 10), "what was tapped stays")
        self.assertAlmostEqual(line.clicked_duration, 2.0)
        self.assertFalse(other.time_ids.stop)

    def test_declared_stops_that_cannot_be(self):
        self.mission.with_user(self.tech_user).action_arrive(at="2026-11-30 08:00:00")
        for start, stop in (
            ("2026-11-30 08:00:00", "2026-11-30 08:00:00"),
            ("2026-11-30 08:00:00", "2026-12-03 08:00:00"),
            ("2026-11-30 07:00:00", "2026-11-30 09:00:00"),
            ("yesterday", "2026-11-30 09:00:00"),
            ([1], {}),
        ):
            with self.subTest(start=start, stop=stop):
                self.assertEqual(self._declare(start, stop)["state"], "rejected")
        stranger = self._declare("2026-11-30 08:00:00", "2026-11-30 09:00:00", self.tech2_user)
        self.assertEqual(stranger["state"], "rejected")
        self.assertFalse(self.mission.time_ids.stop)

    def test_a_night_and_the_longest_night_of_the_year(self):
        night = self._time(datetime(2026, 11, 30, 21), datetime(2026, 12, 1, 2))
        self.assertEqual(night.with_user(self.manager).issue, "over midnight")
        self.assertAlmostEqual(night.duration, 5.0)
        # Paris, 25 October 2026: 0:30 to 4:30 on the wall are five hours.
        change = self._time(datetime(2026, 10, 24, 22, 30), datetime(2026, 10, 25, 3, 30))
        self.assertAlmostEqual(change.duration, 5.0)
        self.assertIn("the clocks changed", change.with_user(self.manager).issue)
        self.assertIn("05:00", change.with_user(self.manager).issue)

    def test_issues_of_a_list_are_found_at_once(self):
        lines = self.env["field.mission.time"]
        for hour in range(8):
            lines |= self._time(datetime(2026, 11, 30, hour), datetime(2026, 11, 30, hour + 1))

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            records.with_user(self.manager).mapped("issue")
            return self.cr.sql_log_count - before

        count(lines)
        self.assertLessEqual(count(lines) - count(lines[0]), 1)
