from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.field_mission.tests.common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestSuggestionLead(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._user("seller", "sales_team.group_sale_salesman_all_leads")
        mission = cls._planned()
        cls.suggestion = cls.env["field.suggestion"].browse(
            mission.with_user(cls.tech_user).action_suggest(
                {"description": "New boiler", "value": 1000}
            )
        )

    def _make(self):
        self.suggestion.with_user(self.planner).action_make_lead()
        return self.suggestion.lead_id.with_user(self.seller)

    def test_a_planner_makes_the_opportunity(self):
        lead = self._make()
        self.assertEqual(self.suggestion.state, "accepted")
        self.assertEqual(lead.expected_revenue, 1000)
        self.assertEqual(lead.partner_id, self.suggestion.partner_id)
        self.assertIn("New boiler", lead.description)
        with self.assertRaises(UserError):
            self.suggestion.with_user(self.planner).action_make_lead()

    def test_won(self):
        lead = self._make()
        lead.expected_revenue = 1240
        lead.action_set_won()
        self.assertEqual((self.suggestion.state, self.suggestion.won_value), ("won", 1240))
        self.assertIn("240", self.suggestion.message_ids[0].body)
        self.assertIn(
            self.tech_user.partner_id, self.suggestion.message_ids[0].notified_partner_ids
        )

    def test_lost(self):
        lead = self._make()
        reason = self.env["crm.lost.reason"].create({"name": "Too expensive"})
        lead.action_set_lost(lost_reason_id=reason.id)
        self.assertEqual(
            (self.suggestion.state, self.suggestion.outcome), ("refused", "Too expensive")
        )

    def test_a_technician_makes_none(self):
        with self.assertRaises(AccessError):
            self.suggestion.with_user(self.tech_user).action_make_lead()
        self.assertFalse(self.suggestion.lead_id)
