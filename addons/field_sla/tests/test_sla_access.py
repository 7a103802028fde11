from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import SlaCommon, at

MODELS = (
    "field.sla.policy",
    "field.sla.target",
    "field.request.sla",
    "field.request.sla.event",
    "field.sla.pause",
)
#: Operations each role may do, by model; a role not named may do nothing.
ALLOWED = {
    "planner": {
        "field.sla.policy": {"read"},
        "field.sla.target": {"read"},
        "field.request.sla": {"read"},
        "field.request.sla.event": {"read"},
        "field.sla.pause": {"read", "write", "create"},
    },
    "manager": {
        "field.sla.policy": {"read", "write", "create", "unlink"},
        "field.sla.target": {"read", "write", "create", "unlink"},
        "field.request.sla": {"read"},
        "field.request.sla.event": {"read"},
        "field.sla.pause": {"read", "write", "create"},
    },
}


@tagged("post_install", "-at_install")
class TestSlaAccess(SlaCommon):
    def test_matrix(self):
        roles = {
            "planner": self.planner,
            "manager": self.manager,
            "technician": self.tech_user,
            "subcontractor": self.sub_user,
            "customer": self.customer_user,
            "office": self.office,
            "public": self.env.ref("base.public_user"),
        }
        for role, user in roles.items():
            for model in MODELS:
                allowed = ALLOWED.get(role, {}).get(model, set())
                for operation in ("read", "write", "create", "unlink"):
                    with self.subTest(role=role, model=model, operation=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            operation in allowed,
                        )

    def test_verdicts_cannot_be_typed(self):
        mission = self._mission("2026-12-01 08:00")
        line = self._line(mission)
        for user in (self.tech_user, self.customer_user, self.planner, self.manager):
            with self.assertRaises(AccessError):
                line.with_user(user).write({"state": "met"})
            with self.assertRaises(AccessError):
                mission.request_id.with_user(user).write(
                    {"sla_ids": [Command.update(line.id, {"state": "met"})]}
                )
            with self.assertRaises(AccessError):
                self.env["field.request.sla.event"].with_user(user).create(
                    {"request_id": mission.request_id.id, "kind": "met", "user_id": user.id}
                )
        self.assertEqual(line.state, "running")

    def test_technician_sees_the_deadline_of_own_missions_only(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        own = mission.with_user(self.tech_user)
        with at("2026-12-01 09:00"):
            values = own.read(["sla_state", "sla_deadline", "sla_time_left", "sla_at_risk"])[0]
        self.assertEqual(values["sla_state"], "running")
        self.assertTrue(values["sla_deadline"])
        with self.assertRaises(AccessError):
            own.read(["sla_ids"])
        with self.assertRaises(AccessError):
            mission.with_user(self.tech2_user).read(["sla_state"])
        own.read()
        own.request_id.read()

    def test_forms_of_each_role(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        for user, sees in ((self.tech_user, False), (self.planner, True), (self.manager, True)):
            for record in (mission, mission.request_id):
                own = record.with_user(user)
                arch = own.get_view(view_type="form")["arch"]
                self.assertEqual('name="sla_ids"' in arch, sees, user.name)
                self.assertIn('name="sla_deadline"', arch)
                with Form(own) as form:
                    self.assertTrue(form.sla_deadline)
        with Form(self.contract.with_user(self.manager)) as form:
            self.assertEqual(len(form.sla_policy_ids), 1)

    def test_technician_cannot_stop_the_clock(self):
        mission = self._publish(self._mission("2026-12-01 08:00"), "2026-12-01 08:10")
        for user in (self.tech_user, self.sub_user, self.customer_user):
            with self.assertRaises(AccessError):
                self.env["field.sla.pause"].with_user(user).create(
                    {"request_id": mission.request_id.id, "reason": "Coffee"}
                )
            with self.assertRaises(AccessError):
                mission.request_id.with_user(user).action_resume_sla()
            with self.assertRaises(AccessError):
                self.policy.with_user(user).action_apply_to_open()
        with self.assertRaises(AccessError):
            self.policy.with_user(self.planner).action_apply_to_open()

    def test_author_of_a_pause_cannot_be_forged(self):
        mission = self._mission("2026-12-01 08:00")
        pause = (
            self.env["field.sla.pause"]
            .with_user(self.planner)
            .create(
                {
                    "request_id": mission.request_id.id,
                    "reason": "Key awaited",
                    "author_id": self.manager.id,
                }
            )
        )
        pause.author_id = self.manager
        self.assertEqual(pause.author_id, self.planner)
