from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.field_planning.tests.test_subcontractors import SubcontractorCommon


@tagged("post_install", "-at_install")
class TestPurchase(SubcontractorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls._user("buyer", "purchase.group_purchase_user")
        cls.service = cls.env["product.product"].create(
            {
                "name": "Subcontracted visit",
                "type": "service",
                "purchase_ok": True,
                "standard_price": 10.0,
                "seller_ids": [Command.create({"partner_id": cls.vendor.id, "price": 85.0})],
            }
        )
        cls.company.field_purchase_product_id = cls.service
        cls.first = cls._done(cls._mission("One", 10, technician=cls.subcontractor), 9)
        cls.second = cls._done(cls._mission("Two", 12, technician=cls.subcontractor), 14)
        cls.own = cls._done(cls._mission("Own", 12), 9)
        cls.missions = cls.first | cls.second | cls.own

    @classmethod
    def _done(cls, mission, hour):
        cls._plan(mission, hour)
        mission.action_publish()
        mission.action_start(at=mission.planned_start)
        mission.action_done(at=mission.planned_end)
        return mission

    def _order(self, missions=None, user=None):
        missions = (missions or self.missions).with_user(user or self.buyer)
        missions = missions.search([("id", "in", missions.ids)])
        missions.action_create_purchase()
        return self.env["purchase.order"].search([("order_line.field_mission_id", "!=", False)])

    def test_one_order_a_vendor_one_line_a_mission(self):
        order = self._order()
        self.assertRecordValues(order, [{"partner_id": self.vendor.id, "state": "draft"}])
        self.assertEqual(order.order_line.field_mission_id, self.first | self.second)
        self.assertEqual(set(order.order_line.mapped("price_unit")), {85.0})
        self.assertEqual(set(order.order_line.mapped("product_qty")), {1.0})
        self.assertIn(self.first.name, order.order_line[0].name)
        self.assertEqual(order.field_mission_count, 2)
        action = order.with_user(self.buyer).action_view_field_missions()
        self.assertEqual(action["domain"], [("id", "in", (self.first | self.second).ids)])
        self.assertEqual(self.first.purchase_count, 1)

    def test_never_twice_but_again_after_a_cancelled_order(self):
        order = self._order()
        with self.assertRaises(UserError):
            self._order()
        self.assertFalse(self.first.is_to_purchase)
        order.button_cancel()
        self.assertTrue(self.first.is_to_purchase)
        self._order()
        self.assertEqual(self.first.purchase_count, 2)

    def test_what_is_to_order(self):
        missions = self.env["field.mission"].with_user(self.buyer)
        found = missions.search([("is_to_purchase", "=", True)])
        self.assertLessEqual(self.first | self.second, found)
        self.assertNotIn(self.own, found)
        self._order(self.first)
        found = missions.search([("is_to_purchase", "=", True)])
        self.assertNotIn(self.first, found)
        self.assertIn(self.second, found)
        self.assertIn(self.first, missions.search([("is_to_purchase", "=", False)]))

    def test_hours_where_the_service_counts_in_time(self):
        hourly = self.env["product.product"].create(
            {
                "name": "Hour",
                "type": "service",
                "purchase_ok": True,
                "uom_id": self.env.ref("uom.product_uom_hour").id,
            }
        )
        self.type.purchase_product_id = hourly
        self.env["field.mission.time"].create(
            {
                "mission_id": self.first.id,
                "employee_id": self.subcontractor.id,
                "kind": "on_site",
                "start": datetime(2026, 11, 30, 8, 0),
                "stop": datetime(2026, 11, 30, 8, 0) + timedelta(hours=2.5),
            }
        )
        lines = self._order().order_line
        by_mission = {line.field_mission_id: line.product_qty for line in lines}
        self.assertEqual(by_mission[self.first], 2.5)
        self.assertEqual(by_mission[self.second], self.second.planned_duration)

    def test_a_helper_is_bought_from_his_own_vendor(self):
        other = self.vendor.copy({"name": "Other vendor"})
        helper = self._technician("Eve", None, field_vendor_id=other.id)
        helper.field_certificate_type_ids = False
        mission = self._mission("Help", 10, helper_ids=[Command.set(helper.ids)])
        self._done(mission, 16)
        order = self._order(mission)
        self.assertEqual(order.partner_id, other)
        self.assertEqual(order.order_line.field_employee_id, helper)

    def test_without_a_service(self):
        self.company.field_purchase_product_id = False
        with self.assertRaises(UserError):
            self._order()

    def test_rights(self):
        missions = self.env["field.mission"].with_user(self.buyer).search([])
        self.assertNotIn(self.own, missions)
        self.assertIn(self.first, missions)
        with self.assertRaises(AccessError):
            self.first.with_user(self.buyer).write({"description": "x"})
        with self.assertRaises(AccessError):
            self.own.with_user(self.buyer).action_create_purchase()
        for user in (self.planner, self.sub_user, self.tech_user, self.office):
            with self.assertRaises(AccessError):
                self.first.with_user(user).action_create_purchase()
        with self.assertRaises(AccessError):
            self.first.with_user(self.planner).read(["purchase_line_ids"])
