from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestMissionStock(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls.env["product.product"].create(
            {"name": "Valve", "type": "consu", "is_storable": True}
        )
        cls.env["stock.quant"]._update_available_quantity(cls.part, cls.van, 5)
        cls.mission = cls._planned(service_type_id=cls.bare_type.id)
        cls.work = cls.mission.with_user(cls.tech_user)
        cls.work.action_arrive()

    def _held(self, product=None, location=None):
        return self.env["stock.quant"]._get_available_quantity(
            product or self.part, location or self.van, allow_negative=True
        )

    def test_used_parts_leave_the_van(self):
        self.work.action_add_material({"product_id": self.part.id, "quantity": 2})
        self.work.action_done()
        self.assertEqual(self.mission.stock_state, "to_do")
        self.assertEqual(self._held(), 5, "a step of its own after completion")
        self.mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(self._held(), 3)
        picking = self.mission.picking_ids
        self.assertRecordValues(
            picking,
            [
                {
                    "state": "done",
                    "location_id": self.van.id,
                    "partner_id": self.site.id,
                    "origin": self.mission.name,
                }
            ],
        )
        self.assertEqual(picking.location_dest_id.usage, "customer")
        self.assertEqual(self.mission.stock_state, "done")
        self.mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(len(self.mission.picking_ids), 1, "once only")

    def test_the_cron_does_it(self):
        self.work.action_add_material({"product_id": self.part.id, "quantity": 1})
        self.work.action_done()
        cron = self.env.ref("field_mission.ir_cron_make_pickings")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(self.mission.stock_state, "done")
        self.assertEqual(self._held(), 4)

    def test_shortage_is_recorded_and_moves_anyway(self):
        line = self.work.action_add_material({"product_id": self.part.id, "quantity": 8})
        line = self.env["field.mission.material"].browse(line)
        self.assertEqual(line.shortage, 3)
        again = self.work.action_add_material({"product_id": self.part.id, "quantity": 1})
        self.assertEqual(self.env["field.mission.material"].browse(again).shortage, 1)
        self.work.action_done()
        self.mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(self.mission.stock_state, "done")
        self.assertEqual(self._held(), -4, "what was used was used")

    def test_return(self):
        self.work.action_add_material({"product_id": self.part.id, "quantity": 2})
        self.work.action_add_material(
            {"product_id": self.part.id, "quantity": 1, "is_return": True}
        )
        self.work.action_done()
        self.mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(self._held(), 4)
        self.assertEqual(len(self.mission.picking_ids), 2)

    def test_missing_lot_is_the_offices_problem(self):
        self.company.field_office_user_id = self.planner
        tracked = self.env["product.product"].create(
            {"name": "Pump", "type": "consu", "is_storable": True, "tracking": "serial"}
        )
        self.work.action_add_material({"product_id": tracked.id, "quantity": 1})
        self.work.action_done()
        self.assertEqual(self.mission.state, "done", "never refused to the technician")
        self.mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(self.mission.stock_state, "problem")
        self.assertIn("Pump", self.mission.stock_problem)
        self.assertIn(self.planner, self.mission.activity_ids.user_id)
        self.assertFalse(self.mission.picking_ids, "nothing half-made")
        lot = self.env["stock.lot"].create({"name": "SN1", "product_id": tracked.id})
        self.mission.material_ids.with_user(self.planner).lot_id = lot
        self.mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(self.mission.stock_state, "done")
        self.assertEqual(self.mission.picking_ids.move_ids.move_line_ids.lot_id, lot)

    def test_later_parts_make_a_further_picking(self):
        self.work.action_add_material({"product_id": self.part.id, "quantity": 1})
        self.work.action_done()
        self.mission.with_user(self.planner).action_make_pickings()
        self.work.action_add_material({"product_id": self.part.id, "quantity": 1})
        self.assertEqual(self.mission.stock_state, "to_do")
        self.mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(len(self.mission.picking_ids), 2)
        self.assertEqual(self._held(), 3)

    def test_unknown_product_in_words(self):
        self.work.action_add_material({"description": "Brass elbow 22", "quantity": 3})
        self.work.action_done()
        self.assertEqual(self.mission.stock_state, "none")
        for values in ({"quantity": 1}, {"product_id": self.part.id, "quantity": -1},
                       {"product_id": self.part.id, "quantity": True},
                       {"product_id": self.part.id, "quantity": 1, "billing": "gift"}):  # fmt: skip
            with self.assertRaises(UserError):
                self.work.action_add_material(values)

    def test_technicians_do_not_move_stock(self):
        self.work.action_add_material({"product_id": self.part.id, "quantity": 1})
        self.work.action_done()
        with self.assertRaises(AccessError):
            self.work.action_make_pickings()


@tagged("post_install", "-at_install")
class TestReplenishment(FieldMissionCommon):
    """Odoo's own reordering rules refill a van that missions have emptied; nothing of ours does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls.env["product.product"].create(
            {"name": "Valve", "type": "consu", "is_storable": True}
        )
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        shelf = cls.warehouse.lot_stock_id
        # Beside the shelves, not below them: a refill must not take from the van itself.
        cls.van.location_id = cls.warehouse.view_location_id
        quants = cls.env["stock.quant"]
        quants._update_available_quantity(cls.part, shelf, 20)
        quants._update_available_quantity(cls.part, cls.van, 5)
        route = cls.env["stock.route"].create(
            {
                "name": "Refill of the vans",
                "rule_ids": [
                    Command.create(
                        {
                            "name": "Shelf to van",
                            "action": "pull",
                            "location_src_id": shelf.id,
                            "location_dest_id": cls.van.id,
                            "location_dest_from_rule": True,
                            "picking_type_id": cls.warehouse.int_type_id.id,
                            "procure_method": "make_to_stock",
                        }
                    )
                ],
            }
        )
        cls.rule = cls.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": cls.part.id,
                "location_id": cls.van.id,
                "warehouse_id": cls.warehouse.id,
                "route_id": route.id,
                "trigger": "auto",
                "product_min_qty": 4,
                "product_max_qty": 6,
            }
        )

    def _use(self, quantity):
        """Finish a mission that used so many, and move them out of the van."""
        # Each in a transaction of its own: a rule remembers what it reckoned.
        self.env.invalidate_all()
        mission = self._planned(service_type_id=self.bare_type.id)
        work = mission.with_user(self.tech_user)
        work.action_arrive()
        work.action_add_material({"product_id": self.part.id, "quantity": quantity})
        work.action_done()
        mission.with_user(self.planner).action_make_pickings()
        self.assertEqual((mission.stock_state, mission.picking_ids.state), ("done", "done"))

    def _refills(self):
        return self.env["stock.picking"].search(
            [
                ("location_dest_id", "=", self.van.id),
                ("picking_type_id", "=", self.warehouse.int_type_id.id),
            ]
        )

    def _held(self, location):
        return self.env["stock.quant"]._get_available_quantity(self.part, location)

    def test_what_a_mission_used_is_ordered_from_the_shelf(self):
        self._use(1)
        self.assertFalse(self._refills(), "four are left, as many as there must be")
        self._use(1)
        refill = self._refills()
        self.assertEqual(refill.location_id, self.warehouse.lot_stock_id)
        self.assertEqual((refill.state, refill.move_ids.product_uom_qty), ("assigned", 3))
        self.env["stock.rule"].run_scheduler(company_id=self.company.id)
        self.assertEqual(self._refills().move_ids.product_uom_qty, 3, "what is on its way counts")
        refill.button_validate()
        self.assertEqual(refill.state, "done")
        self.assertEqual((self._held(self.van), self._held(self.warehouse.lot_stock_id)), (6, 17))

    def test_a_part_taken_back_orders_nothing(self):
        mission = self._planned(service_type_id=self.bare_type.id)
        work = mission.with_user(self.tech_user)
        work.action_arrive()
        work.action_add_material({"product_id": self.part.id, "quantity": 1, "is_return": True})
        work.action_done()
        mission.with_user(self.planner).action_make_pickings()
        self.assertEqual(self._held(self.van), 6)
        self.assertFalse(self._refills())
