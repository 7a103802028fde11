from odoo.fields import Command
from odoo.tests import tagged

from ..hooks import uninstall_hook
from .common import SlaCommon, at, paris


@tagged("post_install", "-at_install")
class TestCron(SlaCommon):
    def _run(self, when):
        with at(when):
            self.env["field.request.sla"].search(
                [("next_check", "<=", paris(when)), ("company_id", "=", self.company.id)]
            )._check_due()

    def _activities(self, mission):
        return self.env["mail.activity"].search(
            [("res_model", "=", "field.request"), ("res_id", "=", mission.request_id.id)]
        )

    def test_warned_once_then_escalated_once_then_judged(self):
        self.policy.write(
            {"warning_user_id": self.planner.id, "escalation_user_id": self.manager.id}
        )
        mission = self._mission("2026-12-01 08:00")
        line = self._line(mission)
        self._run("2026-12-01 10:59")
        self.assertFalse(self._activities(mission))
        self._run("2026-12-01 11:00")
        warning = self._activities(mission)
        self.assertEqual(warning.user_id, self.planner)
        self.assertIn("On site", warning.summary)
        for minute in ("11:05", "11:10", "12:00"):
            self._run(f"2026-12-01 {minute}")
        self.assertEqual(self._activities(mission), warning)
        self._run("2026-12-01 12:05")
        escalation = self._activities(mission)
        self.assertEqual(escalation.user_id, self.manager)
        self.assertEqual((len(escalation), line.state), (1, "late"))
        self._run("2026-12-01 18:00")
        self.assertEqual(self._activities(mission), escalation)
        self._run("2026-12-02 12:00")
        self.assertEqual(line.state, "late")
        self._run("2026-12-02 12:01")
        self.assertEqual(line.state, "missed")
        self.assertFalse(self._activities(mission))
        self.assertEqual(
            mission.sudo().request_id.sla_event_ids.sorted("id").mapped("kind"),
            ["warned", "late", "missed"],
        )
        self._publish(mission, "2026-12-03 08:00")
        self._arrive(mission, "2026-12-03 09:00")
        self.assertRecordValues(
            line, [{"state": "missed", "reached_at": paris("2026-12-03 09:00")}]
        )

    def test_offline_arrival_turns_late_into_met(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        self._run("2026-12-01 12:05")
        self.assertEqual(self._line(mission).state, "late")
        self.assertTrue(self._activities(mission))
        self._arrive(mission, device="2026-12-01 11:30", server="2026-12-01 17:00")
        self.assertEqual(self._line(mission).state, "met")
        self.assertFalse(self._activities(mission))

    def test_two_targets_of_a_request_make_one_activity(self):
        self.policy.target_ids = [Command.create({"kind": "restored", "hours": 4})]
        mission = self._mission("2026-12-01 08:00")
        self._run("2026-12-01 11:10")
        activity = self._activities(mission)
        self.assertEqual(len(activity), 1)
        self.assertIn("On site", activity.summary)
        self.assertIn("Restored", activity.summary)
        self._publish(mission, "2026-12-01 11:15")
        self._arrive(mission, "2026-12-01 11:20")
        self.assertEqual(self._activities(mission), activity, "restored is still at risk")
        self._finish(mission, "2026-12-01 11:40")
        self.assertFalse(self._activities(mission))

    def test_told_again_only_for_another_deadline(self):
        mission = self._mission("2026-12-01 08:00")
        self._run("2026-12-01 11:10")
        first = self._activities(mission)
        pause = self.env["field.sla.pause"].create(
            {
                "request_id": mission.request_id.id,
                "start": paris("2026-12-01 11:10"),
                "reason": "Call",
            }
        )
        with at("2026-12-01 11:20"):
            pause.stop = paris("2026-12-01 11:20")
        self._run("2026-12-01 11:25")
        self.assertEqual(self._activities(mission), first, "still inside the same hour")
        with at("2026-12-01 11:30"):
            self._line(mission).with_user(self.planner).request_id.date_received = paris(
                "2026-12-01 11:00"
            )
        self.assertFalse(self._activities(mission))
        self._run("2026-12-01 16:10")
        self.assertEqual(len(self._activities(mission)), 1)

    def test_end_of_a_pause_is_noticed(self):
        mission = self._mission("2026-12-01 08:00")
        with at("2026-12-01 09:00"):
            self.env["field.sla.pause"].create(
                {
                    "request_id": mission.request_id.id,
                    "start": paris("2026-12-01 09:00"),
                    "stop": paris("2026-12-03 09:00"),
                    "reason": "Customer wants Thursday",
                }
            )
        line = self._line(mission)
        self.assertRecordValues(line, [{"state": "paused", "deadline": paris("2026-12-03 12:00")}])
        self._run("2026-12-03 09:00")
        self.assertEqual(line.state, "running")

    def test_who_is_told(self):
        line = self._line(self._mission("2026-12-01 08:00"))
        self.assertEqual(line._get_told_users("warned")[line.id], self.planner)
        self.tech.field_team_id = self.env["field.team"].create(
            {"name": "West", "leader_id": self.tech2.id}
        )
        line.request_id.mission_ids.team_id = self.tech.field_team_id
        self.assertEqual(line._get_told_users("warned")[line.id], self.tech2_user)
        self.policy.warning_user_id = self.manager
        self.assertEqual(line._get_told_users("late")[line.id], self.manager)

    def _mails(self, user):
        return self.env["mail.mail"].search([("recipient_ids", "in", user.partner_id.ids)])

    def test_one_message_a_person_lists_what_crossed(self):
        self.policy.write(
            {"warning_user_id": self.planner.id, "escalation_user_id": self.manager.id}
        )
        missions = [self._mission("2026-12-01 08:00") for _number in range(3)]
        self._run("2026-12-01 11:00")
        mail = self._mails(self.planner)
        self.assertEqual(len(mail), 1)
        self.assertIn("(3)", mail.subject)
        for mission in missions:
            self.assertIn(mission.request_id.name, mail.body_html)
        self.assertIn("12:00", mail.body_html, "the deadline, on the reader's clock")
        self._run("2026-12-01 11:10")
        self.assertEqual(self._mails(self.planner), mail, "nobody is told twice")
        self.assertFalse(self._mails(self.manager))
        self._run("2026-12-01 12:05")
        self._run("2026-12-01 12:10")
        self.assertEqual(len(self._mails(self.manager)), 1)
        self.assertEqual(self._mails(self.planner), mail)

    def test_no_message_where_the_company_wants_none(self):
        self.company.field_sla_mail = False
        self.policy.warning_user_id = self.planner
        mission = self._mission("2026-12-01 08:00")
        self._run("2026-12-01 11:00")
        self.assertTrue(self._activities(mission))
        self.assertFalse(self._mails(self.planner))

    def test_uninstall_takes_the_activities_away(self):
        mission = self._mission("2026-12-01 08:00")
        self._run("2026-12-01 11:10")
        self.assertTrue(self._activities(mission))
        uninstall_hook(self.env)
        self.assertFalse(self._activities(mission))

    def test_cron_record(self):
        mission = self._mission("2026-12-01 08:00")
        with self.enter_registry_test_mode(), at("2026-12-01 12:30"):
            self.env.ref("field_sla.ir_cron_check_sla").method_direct_trigger()
        self.assertEqual(self._line(mission).state, "late")
