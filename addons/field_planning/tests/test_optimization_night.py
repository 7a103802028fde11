import json
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..optimizer import runner
from .common import MONDAY, FieldPlanningCommon

# Two in the morning at Paris.
NIGHT = "2026-11-29 01:10:00"


@tagged("post_install", "-at_install")
class TestOptimizationNight(FieldPlanningCommon):
    """The run of the night: once, in a planner's name, told by mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Europe/Paris"
        cls.planner.write({"email": "planner@example.com", "lang": "en_US"})
        cls.model = cls.env["field.optimization.night"]

    def _night(self, **vals):
        return self.model.with_user(self.planner).create({"day_count": 1, "refine": False, **vals})

    def _runs(self, night):
        return self.env["field.optimization"].search([("night_id", "=", night.id)])

    def _through(self, night):
        """Start, solve as the process would, and take the result in."""
        night._start()
        run = self._runs(night)
        self.env.cr.postcommit.clear()
        run.result = json.loads(json.dumps(runner.run(run.problem)))
        self.env["field.optimization"]._cron_collect()
        return run

    def _mails(self, run):
        return self.env["mail.mail"].search(
            [("model", "=", "field.optimization"), ("res_id", "=", run.id)]
        )

    @freeze_time(NIGHT)
    def test_a_proposal_and_a_mail_in_the_morning(self):
        mission = self._mission("A", 10)
        night = self._night()
        run = self._through(night)
        self.assertEqual(
            (run.state, run.user_id, run.date_from), ("proposed", self.planner, MONDAY)
        )
        self.assertEqual(mission.state, "draft", "nothing is applied by itself")
        mail = self._mails(run)
        self.assertEqual(mail.recipient_ids, self.planner.partner_id)
        self.assertIn("Kilometres", mail.body_html)
        self.assertIn(f"/odoo/field-optimisation/{run.id}", mail.body_html)
        self.assertIn("1 visits in tours", mail.subject)

    @freeze_time(NIGHT)
    def test_the_mail_is_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.planner.lang = "fr_FR"
        self._mission("A", 10)
        run = self._through(self._night())
        self.assertIn("lundi 30 novembre", self._mails(run).subject)

    @freeze_time(NIGHT)
    def test_once_a_night(self):
        self._mission("A", 10)
        night = self._night()
        self.assertTrue(night._is_due())
        run = self._through(night)
        self.assertEqual(str(night.last_night), "2026-11-29")
        self.assertFalse(night._is_due())
        night._start()
        self.assertEqual(self._runs(night), run)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            run.copy({"night_id": night.id, "night": run.night})
            self.env.flush_all()

    def test_only_at_its_hour(self):
        night = self._night()
        for moment, due in (
            ("2026-11-29 00:50:00", False),
            ("2026-11-29 01:00:00", True),
            ("2026-11-29 04:50:00", True),
            ("2026-11-29 05:10:00", False),
            ("2026-06-29 00:10:00", True),
        ):
            with freeze_time(moment):
                self.assertEqual(night._is_due(), due, moment)

    @freeze_time(NIGHT)
    def test_it_waits_for_somebodys_run(self):
        self._mission("A", 10)
        busy = self.env["field.optimization"].create({"date_from": MONDAY, "date_to": MONDAY})
        busy._start()
        night = self._night()
        night._start()
        self.assertFalse(self._runs(night))
        self.assertFalse(night.last_night, "the cron comes again")
        busy.action_cancel()
        night._start()
        self.assertTrue(self._runs(night))
        self.env.cr.postcommit.clear()

    @freeze_time(NIGHT)
    def test_nothing_to_do_is_noted(self):
        night = self._night(first_day=9)
        night._start()
        self.assertFalse(self._runs(night))
        self.assertIn("No mission to order", night.last_note)
        self.assertTrue(night.last_night)

    @freeze_time(NIGHT)
    def test_days_that_nobody_saw_are_accepted(self):
        fresh = self._mission("A", 10)
        seen = self._plan(self._mission("B", 10, technician=self.tech2), 9)
        seen.action_publish()
        more = self._mission("C", 12, technician=self.tech2)
        run = self._through(self._night(auto_apply="unpublished"))
        self.assertEqual((fresh.state, more.state), ("planned", "draft"))
        self.assertEqual(run.state, "proposed", "the published day waits for a planner")
        self.assertEqual((run.accepted_count, run.open_count), (1, 1))
        self.assertEqual(run.decided_by_id, self.env["res.users"], "nobody decided all of it")
        self.assertEqual(fresh.event_ids.user_id, self.env.user | self.planner)
        self.assertIn("wait for your decision", self._mails(run).body_html)

    @freeze_time(NIGHT)
    def test_a_night_that_fails_is_told(self):
        self._mission("A", 10)
        night = self._night()
        night._start()
        run = self._runs(night)
        self.env.cr.postcommit.clear()
        run.error = "no more memory"
        self.env["field.optimization"]._cron_collect()
        self.assertEqual(run.state, "failed")
        self.assertIn("no more memory", self._mails(run).body_html)

    @freeze_time(NIGHT)
    def test_try_it_now(self):
        self._mission("A", 10)
        night = self._night(auto_apply="unpublished")
        action = night.action_run_now()
        self.env.cr.postcommit.clear()
        run = self.env["field.optimization"].browse(action["res_id"])
        self.assertEqual((run.state, run.night_id), ("running", self.model))
        self.assertFalse(night.last_night)

    def test_impossible_nights(self):
        for vals in (
            {"day_count": 0},
            {"day_count": 40},
            {"hour": 25},
            {"first_day": -1},
            {"user_id": self.tech_user.id},
        ):
            with self.assertRaises(ValidationError):
                self._night(**vals)

    def test_one_for_a_company(self):
        self._night()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._night()

    def test_only_planners_and_only_their_company(self):
        night = self._night()
        for user in (self.tech_user, self.sub_user, self.office, self.customer_user):
            mine = night.with_user(user)
            for attempt in (
                lambda mine=mine: mine.read(["hour"]),
                mine.action_run_now,
                mine.action_view_runs,
                lambda mine=mine: mine.write({"hour": 3}),
            ):
                with self.assertRaises(AccessError):
                    attempt()
        other = self.env["res.company"].create({"name": "Other"})
        self.manager.write({"company_ids": [(4, other.id)]})
        strange = self.model.with_user(self.manager).with_company(other)
        self.assertFalse(strange.with_context(allowed_company_ids=other.ids).search([]))
        self.assertEqual(night.day_count, 1)
        self.assertEqual(night._get_local_now().date() + timedelta(days=night.first_day),
                         night._prepare_run()["date_from"])  # fmt: skip
