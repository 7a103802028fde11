from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import FieldMissionCommon


@tagged("post_install", "-at_install")
class TestLoading(FieldMissionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.filter, cls.pump = cls.env["product.product"].create(
            [
                {"name": name, "type": "consu", "is_storable": True, "list_price": 9.0}
                for name in ("Filter", "Pump")
            ]
        )
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.shelf = warehouse.lot_stock_id
        cls._put(cls.filter, cls.shelf, 10)
        cls._put(cls.filter, cls.van, 1)
        cls.bare_type.material_ids = [
            Command.create({"product_id": cls.filter.id, "quantity": 2}),
            Command.create({"product_id": cls.pump.id, "quantity": 0}),
        ]

    @classmethod
    def _put(cls, product, location, quantity):
        cls.env["stock.quant"]._update_available_quantity(product, location, quantity)

    def _mission(self, **vals):
        return self._planned(service_type_id=self.bare_type.id, **vals)

    def _loading(self, user=None):
        form = Form(self.env["field.loading"].with_user(user or self.planner))
        form.date = "2026-11-30"
        return form.save()

    def test_the_usual_parts_are_copied_and_frozen(self):
        mission = self._mission()
        line = mission.material_ids
        self.assertEqual((line.product_id, line.planned_quantity), (self.filter, 2))
        self.bare_type.material_ids[0].quantity = 5
        self.assertEqual(line.planned_quantity, 2)
        values = mission.with_user(self.tech_user)._get_app_values()[0]["favourites"]
        self.assertEqual([one["id"] for one in values], (self.filter | self.pump).ids)

    def test_what_the_van_lacks_is_loaded(self):
        self._mission()
        self._mission(planned_start="2026-11-30 13:00:00")
        line = self._loading().line_ids
        self.assertEqual(line.van_id, self.van)
        self.assertEqual((line.needed_quantity, line.held_quantity, line.load_quantity), (4, 1, 3))
        # The van lies below the warehouse: its part is not on the shelf.
        self.assertEqual(line.stock_quantity, 10)
        self.assertFalse(line.loading_id.missing_count)

    def test_one_draft_transfer_a_van(self):
        self._mission()
        for _turn in range(2):
            self._loading().action_make_transfers()
            picking = self.env["stock.picking"].search([("field_loading_date", "=", "2026-11-30")])
            self.assertEqual(len(picking), 1)
            self.assertEqual((picking.state, picking.location_dest_id), ("draft", self.van))
            self.assertEqual(picking.move_ids.product_uom_qty, 1)

    def test_what_is_confirmed_is_not_loaded_twice(self):
        self._mission()
        self._loading().action_make_transfers()
        self.env["stock.picking"].search(
            [("field_loading_date", "=", "2026-11-30")]
        ).action_confirm()
        loading = self._loading()
        self.assertEqual(loading.line_ids.load_quantity, 0)
        with self.assertRaises(UserError):
            loading.action_make_transfers()

    def test_a_short_warehouse_is_told(self):
        self._mission().material_ids.planned_quantity = 40
        self.assertEqual(self._loading().missing_count, 1)

    def test_nothing_to_load(self):
        loading = self._loading()
        self.assertFalse(loading.line_ids)
        with self.assertRaises(UserError):
            loading.action_make_transfers()

    def test_planners_only(self):
        with self.assertRaises(AccessError):
            self._loading(self.tech_user)
        with self.assertRaises(AccessError):
            self.env["field.loading"].with_user(self.customer_user).create({})

    def test_many_vans_cost_no_more_queries(self):
        self._mission()

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["field.loading"].with_user(self.planner).new(
                {"date": "2026-11-30"}
            )._prepare_lines()
            return self.env.cr.sql_log_count - before

        count()
        one = count()
        for number in range(5):
            van = self.van.copy({"name": f"Van of {number}"})
            technician = self._technician(f"T {number}", None, field_van_location_id=van.id)
            self._mission(technician_id=technician.id)
        self.assertLessEqual(count(), one + 1)
