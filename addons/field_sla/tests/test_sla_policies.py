from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SlaCommon, at, paris


@tagged("post_install", "-at_install")
class TestPolicies(SlaCommon):
    def test_most_specific_policy_wins_and_empty_means_all(self):
        everyone = self._policy("Everyone", {"on_site": 16.0})
        urgent = self._policy(
            "Urgent", {"on_site": 1.0}, contract_ids=[Command.set(self.contract.ids)], priority="3"
        )
        other = self.env["res.partner"].create({"name": "Other customer", "is_company": True})
        other_site = self._site("Elsewhere", site_customer_id=other.id)
        gold = self._mission("2026-12-01 09:00")
        hot = self._mission("2026-12-01 09:00", priority="3")
        plain = self._mission("2026-12-01 09:00", site_id=other_site.id)
        self.assertEqual(self._line(gold).policy_id, self.policy)
        self.assertEqual(self._line(hot).policy_id, urgent)
        self.assertEqual(self._line(plain).policy_id, everyone)
        self.assertFalse(plain.request_id.contract_id)
        everyone.active = False
        none = self._mission("2026-12-01 09:00", site_id=other_site.id)
        self.assertFalse(none.sudo().request_id.sla_ids)
        self.assertFalse(none.sla_state)

    def test_customer_criterion_covers_its_addresses(self):
        policy = self._policy(
            "Customer", {"on_site": 2.0}, partner_ids=[Command.set(self.customer.ids)]
        )
        self.policy.active = False
        branch = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.customer.id, "type": "other"}
        )
        site = self._site("Branch site", site_customer_id=branch.id)
        mission = self._mission("2026-12-01 09:00", site_id=site.id, contract_id=False)
        self.assertEqual(mission.partner_id, branch)
        self.assertEqual(self._line(mission).policy_id, policy)

    def test_terms_stay_as_agreed_until_applied(self):
        mission = self._mission("2026-12-01 09:00")
        self.policy.target_ids.hours = 2.0
        self.assertEqual(self._line(mission).target_hours, 4.0)
        with at("2026-12-01 09:30"):
            action = self.policy.with_user(self.manager).action_apply_to_open()
        self.assertEqual(action["params"]["type"], "success")
        line = self._line(mission)
        self.assertEqual(line.target_hours, 2.0)
        self.assertEqual(line.deadline, paris("2026-12-01 11:00"))
        changes = {}
        for event in mission.sudo().request_id.sla_event_ids:
            changes.update(event.changes)
        self.assertEqual(changes["target_hours"], [4.0, 2.0])
        self.assertIn("deadline", changes)

    def test_a_target_taken_away_is_no_longer_measured(self):
        mission = self._mission("2026-12-01 09:00")
        gold = self._policy("Gold closed", {"closed": 8.0}, site_ids=[Command.set(self.site.ids)],
                            contract_ids=[Command.set(self.contract.ids)])  # fmt: skip
        with at("2026-12-01 09:30"):
            self.policy.with_user(self.manager).action_apply_to_open()
        self.assertEqual(self._line(mission).state, "cancelled")
        self.assertEqual(self._line(mission, "closed").policy_id, gold)
        self.assertEqual(mission.sla_deadline, paris("2026-12-01 19:00").replace(hour=8, day=2))

    def test_bad_values_are_refused(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.policy.target_ids.hours = 0
            self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.policy.target_ids.copy()
            self.env.flush_all()
        self.env.invalidate_all()
        empty = self.env["resource.calendar"].create({"name": "Never", "attendance_ids": []})
        empty.attendance_ids.unlink()
        with self.assertRaises(ValidationError):
            self.policy.calendar_id = empty
        mission = self._mission("2026-12-01 09:00")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self._line(mission).policy_id.unlink()

    def test_copy_and_summary(self):
        copy = self.policy.copy()
        self.assertEqual(copy.target_ids.mapped("hours"), [4.0])
        self.policy.target_ids.hours = 4.5
        self.assertEqual(self.policy.summary, "On site 4 h 30")
        self._mission("2026-12-01 09:00")
        self.assertEqual(self.policy.request_count, 1)
        action = self.policy.action_view_requests()
        self.assertEqual(
            self.env["field.request.sla"].search_count(action["domain"]), self.policy.request_count
        )
