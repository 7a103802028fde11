from datetime import timedelta

from odoo import models
from odoo.fields import Command
from odoo.tests import tagged

from .common import TUESDAY, FieldBillingCommon


@tagged("post_install", "-at_install", "field_performance")
class TestBillingQueryCounts(FieldBillingCommon):
    """Work in batches: what one mission more costs, beside what Odoo itself needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("fixed", 100.0)
        cls._rule("travel", 35.0)
        cls.filter_service = cls._product("Stands for a part", 14.5)

    def _missions(self, count, day):
        """Return done missions, one a day, each on a site of its own with a part used."""
        sites = self.env["res.partner"].create(
            [
                {
                    "name": f"Site {day}-{index}",
                    "is_field_site": True,
                    "site_customer_id": self.customer.id,
                    "zip": f"{29000 + index}",
                }
                for index in range(count)
            ]
        )
        missions = self.env["field.mission"].create(
            [
                self._vals(
                    site_id=site.id,
                    service_type_id=self.bare_type.id,
                    technician_id=self.tech.id,
                    planned_start=TUESDAY + timedelta(days=day + index),
                )
                for index, site in enumerate(sites)
            ]
        )
        missions.action_plan()
        missions.action_publish()
        missions.action_start(at=TUESDAY + timedelta(days=day))
        self.env["field.mission.material"].create(
            [
                {"mission_id": mission.id, "product_id": self.filter.id, "quantity": 1}
                for mission in missions
            ]
        )
        missions.action_done(at=TUESDAY + timedelta(days=day, hours=1))
        missions._make_pickings()
        return missions

    def _count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def _slope(self, prepare, act, few=3, many=11):
        """Return the queries that one more record costs."""
        counts = []
        for index, count in enumerate((2, few, many)):
            records = prepare(count, 100 * index)
            if isinstance(records, models.BaseModel):
                # As the web client sends them: ids that are read together.
                records = records.browse(records.ids)
            counts.append(self._count(lambda records=records: act(records)))
        return (counts[2] - counts[1]) / (many - few), counts

    def test_validation_makes_charges_in_batches(self):
        slope, counts = self._slope(self._missions, lambda m: m.action_validate())
        self.assertLess(slope, 1.0, counts)

    def test_release_in_batches(self):
        def prepare(count, day):
            missions = self._missions(count, day)
            missions.action_validate()
            return missions.charge_ids

        slope, counts = self._slope(
            prepare, lambda charges: charges.with_user(self.accountant).action_release()
        )
        plain_slope, plain_counts = self._slope(self._plain_values, self._confirm_plain)
        # What Odoo itself needs for the same orders and lines, and 3 a mission.
        self.assertLessEqual(slope, plain_slope + 3, (counts, plain_counts))

    def test_invoices_cost_what_odoo_s_own_cost(self):
        def prepare(count, day):
            missions = self._missions(count, day)
            missions.action_validate()
            missions.charge_ids.action_release()
            return missions.charge_ids.sale_order_id

        def invoice(orders):
            orders._create_invoices(grouped=True)

        slope, counts = self._slope(prepare, invoice)
        plain_slope, plain_counts = self._slope(
            lambda count, day: self._confirm_plain(self._plain_values(count, day)), invoice
        )
        self.assertLessEqual(slope, plain_slope + 3, (counts, plain_counts))

    def test_list_of_charges(self):
        missions = self._missions(12, 0)
        missions.action_validate()
        self.env.flush_all()
        names = ["service_date", "mission_id", "payer_id", "site_id", "explanation", "amount",
                 "state", "blocking_cause_ids", "blocking_who"]  # fmt: skip
        charges = self.env["field.charge"].with_user(self.accountant)
        spec = {name: {} for name in names}
        charges.web_search_read([], spec, limit=5)
        few = self._count(lambda: charges.web_search_read([], spec, limit=5))
        many = self._count(lambda: charges.web_search_read([], spec, limit=80))
        self.assertLessEqual(many, few + 1)
        self.assertLessEqual(many, 20)

    # ------------------------------------------------------------------ the same without missions

    def _plain_values(self, count, day):
        return [
            {
                "partner_id": self.customer.id,
                "partner_shipping_id": self.site.id,
                "order_line": [
                    Command.create({"display_type": "line_section", "name": "A title"}),
                    Command.create({"product_id": self.package.id, "price_unit": 100.0}),
                    Command.create({"product_id": self.trip.id, "price_unit": 35.0}),
                    Command.create({"product_id": self.filter_service.id, "price_unit": 14.5}),
                ],
            }
            for _index in range(count)
        ]

    def _confirm_plain(self, values):
        orders = self.env["sale.order"].create(values)
        orders.action_confirm()
        orders.order_line.filtered("product_id").qty_delivered = 1.0
        return orders
