from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestRetention(FieldMissionCommon):
    """How long a mission is kept, and what stops its purge."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.field_retention_years = 5
        cls.mission = cls._planned(service_type_id=cls.bare_type.id)

    def _finish(self, mission, day="2026-11-30"):
        mission.action_start(at=f"{day} 08:00:00")
        mission.action_done(at=f"{day} 09:00:00")

    def _is_disposable(self, mission, day):
        domain = self.env["field.mission"]._get_domain_disposable(day)
        return bool(self.env["field.mission"].search(domain) & mission)

    def test_from_its_end_for_the_years_of_its_type_or_company(self):
        self.assertFalse(self.mission.date_keep_until, "what is open has no end yet")
        self._finish(self.mission)
        self.assertEqual(self.mission.date_keep_until, date(2031, 11, 30))
        self.bare_type.retention_years = 10
        self.assertEqual(self.mission.date_keep_until, date(2036, 11, 30))
        self.bare_type.retention_years = 0
        self.company.field_retention_years = 6
        self.assertEqual(self.mission.date_keep_until, date(2032, 11, 30))
        dropped = self._planned(planned_start=datetime(2026, 12, 1, 8))
        dropped.action_cancel("Not wanted")
        self.assertEqual(dropped.date_keep_until, date(2032, 12, 1))

    def test_a_dispute_stops_the_purge(self):
        self._finish(self.mission)
        self.assertFalse(self._is_disposable(self.mission, date(2031, 11, 30)))
        self.assertTrue(self._is_disposable(self.mission, date(2031, 12, 1)))
        self.mission.with_user(self.manager).action_hold(" Damage claimed ")
        self.assertFalse(self._is_disposable(self.mission, date(2040, 1, 1)))
        self.assertRecordValues(
            self.mission,
            [
                {
                    "legal_hold": True,
                    "legal_hold_reason": "Damage claimed",
                    "legal_hold_by_id": self.manager.id,
                }
            ],
        )
        event = self.mission.event_ids.filtered(lambda e: e.reason == "Damage claimed")
        self.assertEqual(event.user_id, self.manager)
        self.mission.with_user(self.manager).action_release_hold("Settled")
        self.assertTrue(self._is_disposable(self.mission, date(2040, 1, 1)))
        self.assertFalse(self.mission.legal_hold_reason)

    def test_what_is_kept_is_not_deleted(self):
        self.mission.action_cancel("Not wanted")
        self.mission.with_user(self.manager).action_hold("Court")
        with self.assertRaises(UserError) as refused:
            self.mission.with_user(self.manager).unlink()
        self.assertIn("Court", str(refused.exception))
        self.mission.with_user(self.manager).action_release_hold("Won")
        self.mission.with_user(self.manager).unlink()
        self.assertFalse(self.mission.exists())

    def test_who_may_and_why(self):
        for user in (self.planner, self.tech_user, self.customer_user):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.mission.with_user(user).action_hold("Mine")
        held = self.mission.with_user(self.manager)
        for reason in ("", "  ", None, 3):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                held.action_hold(reason)
        with self.assertRaises(UserError):
            held.action_release_hold("Never was")
        held.action_hold("Once")
        with self.assertRaises(UserError):
            held.action_hold("Twice")
        with self.assertRaises(UserError):
            held.write({"legal_hold": False})
        self.assertTrue(self.mission.legal_hold)

    def test_from_the_list_all_or_none(self):
        other = self._planned(planned_start=datetime(2026, 12, 1, 8))
        other.with_user(self.manager).action_hold("Known")
        both = self.mission | other
        wizard = (
            self.env["field.reason.wizard"]
            .with_user(self.manager)
            .create({"step": "hold", "mission_ids": both.ids, "reason": "New"})
        )
        with self.assertRaises(UserError):
            wizard.action_apply()
        self.assertFalse(self.mission.legal_hold)
