from odoo.tests import tagged

from .common import SlaCommon, at, paris


@tagged("post_install", "-at_install")
class TestNotice(SlaCommon):
    """A closed door stops the clock until the customer, or the office, says when to come back."""

    def _leave(self, mission, when):
        self._publish(mission, when)
        with at(when):
            work = mission.with_user(self.tech_user)
            notice = work.action_leave_notice({"kind": "customer_absent"}, at=paris(when))
        return self.env["field.visit.notice"].browse(notice)

    def test_paused_with_its_proof_until_the_customer_answers(self):
        mission = self._mission("2026-12-01 08:00")
        line = self._line(mission)
        deadline = line.deadline
        notice = self._leave(mission, "2026-12-01 09:00")
        pause = mission.sudo().request_id.sla_pause_ids
        self.assertRecordValues(
            pause,
            [
                {
                    "start": paris("2026-12-01 09:00"),
                    "stop": False,
                    "customer_caused": True,
                    "incident_id": notice.incident_id.id,
                }
            ],
        )
        self.assertEqual(line.state, "paused")
        with at("2026-12-01 11:00"):
            notice._ask_call("After five")
        self.assertEqual(pause.stop, paris("2026-12-01 11:00"))
        self.assertEqual(line.state, "running")
        self.assertGreater(line.deadline, deadline)

    def test_the_office_plans_it_again(self):
        mission = self._mission("2026-12-01 08:00")
        self._leave(mission, "2026-12-01 09:00")
        pause = mission.sudo().request_id.sla_pause_ids
        with at("2026-12-01 10:00"):
            mission.with_user(self.planner).write({"planned_start": paris("2026-12-01 14:00")})
            mission.with_user(self.planner).action_plan()
        self.assertEqual(pause.stop, paris("2026-12-01 10:00"))
        self.assertEqual(self._line(mission).state, "running")

    def test_a_device_ahead_of_its_time(self):
        mission = self._mission("2026-12-01 08:00")
        self._publish(mission, "2026-12-01 09:00")
        with at("2026-12-01 09:00"):
            mission.with_user(self.tech_user).action_leave_notice(
                {"kind": "no_access"}, at=paris("2026-12-01 09:03")
            )
            mission.with_user(self.planner).action_cancel("Not wanted any more")
        pause = mission.sudo().request_id.sla_pause_ids
        self.assertEqual(pause.start, pause.stop)
