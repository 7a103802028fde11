from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.field_mission.tests.common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestNonconformityQuote(FieldMissionCommon):
    """One tap from what was found wrong to the quote for its repair."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            "field_seller",
            groups="field_mission.group_field_planner,sales_team.group_sale_salesman",
        )
        cls.records = cls.env["field.nonconformity"].create(
            [
                {"site_id": cls.site.id, "description": text}
                for text in ("Valve leaks", "No handrail")
            ]
        )

    def _quote(self, records, user=None):
        action = records.with_user(user or self.seller).action_make_quote()
        return self.env["sale.order"].search(action["domain"])

    def test_several_of_one_customer_make_one_quote(self):
        order = self._quote(self.records)
        self.assertRecordValues(
            order,
            [
                {
                    "partner_id": self.customer.id,
                    "partner_shipping_id": self.site.id,
                    "state": "draft",
                    "field_nonconformity_ids": self.records.ids,
                    "field_nonconformity_count": 2,
                }
            ],
        )
        notes = order.order_line.filtered(lambda line: line.display_type == "line_note")
        self.assertEqual(notes.mapped("name"), ["Valve leaks", "No handrail"])
        self.assertEqual(self.records.quote_ids, order)
        self.assertIn(order.name, self.records[0].message_ids[0].body)
        self.assertEqual(
            order.with_user(self.seller).action_view_field_nonconformities()["domain"],
            [("id", "in", self.records.ids)],
        )

    def test_customers_are_kept_apart(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        site = self._site("Site B", site_customer_id=other.id)
        found = self.records | self.records.create(
            {"site_id": site.id, "description": "Door broken"}
        )
        self.assertEqual(self._quote(found).partner_id, self.customer | other)

    def test_nothing_is_quoted_twice(self):
        order = self._quote(self.records[0])
        self.assertEqual(self._quote(self.records[0]), order)
        both = self._quote(self.records)
        self.assertEqual(len(both), 2)
        self.assertEqual((both - order).field_nonconformity_ids, self.records[1])
        order.action_cancel()
        self.assertEqual(len(self._quote(self.records[0]) - order), 1)

    def test_a_planner_drafts_what_the_sales_team_prices(self):
        action = self.records.with_user(self.planner).action_make_quote()
        order = self.records.quote_ids
        self.assertIn(order.name, action["params"]["message"])
        self.assertFalse(order.amount_total)
        self.assertFalse(order.with_user(self.planner).has_access("read"))
        self.assertEqual(self.records[0].with_user(self.planner).quote_names, order.name)
        self.assertEqual(order.create_uid, self.planner)
        with self.assertRaises(AccessError):
            self.records.with_user(self.planner).read(["quote_ids"])

    def test_who_makes_no_quotes(self):
        for user in (self.tech_user, self.customer_user):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self._quote(self.records, user)
