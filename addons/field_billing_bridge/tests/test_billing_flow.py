from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TUESDAY, FieldBillingCommon


@tagged("post_install", "-at_install")
class TestBillingFlow(FieldBillingCommon):
    """From a validated mission to a posted invoice, by Odoo's own buttons, and back."""

    def _release(self, charges, user=None):
        charges.with_user(user or self.accountant).action_release()
        return charges.sale_order_id

    # ------------------------------------------------------------------ kinds of rule

    def test_time_spent_to_the_cent(self):
        self._rule("time", 62.0, rounding=15)
        mission = self._validated(minutes=130)
        charge = mission.charge_ids
        self.assertRecordValues(
            charge,
            [{"kind": "time", "quantity": 2.25, "price_unit": 62.0, "amount": 139.5}],
        )
        self.assertEqual((charge.state, mission.billing_state), ("to_release", "to_bill"))
        order = self._release(charge)
        self.assertEqual((order.state, order.invoice_status), ("sale", "to invoice"))
        self.assertEqual(charge.sale_line_id.qty_delivered_method, "field_mission")
        self.assertEqual(charge.sale_line_id.qty_delivered, 2.25)
        self.assertRegex(charge.sale_line_id.name, r"\n2 h 10 .* 2 h 15$")
        invoice = self._invoice(order)
        self.assertEqual((charge.state, mission.billing_state), ("invoicing", "to_bill"))
        self._post(invoice)
        self.assertRecordValues(
            invoice, [{"amount_untaxed": 139.5, "amount_tax": 27.9, "amount_total": 167.4}]
        )
        self.assertEqual((charge.state, mission.billing_state), ("invoiced", "billed"))
        self.assertEqual(charge.invoice_line_ids, invoice.invoice_line_ids.filtered("product_id"))
        self.assertEqual(invoice.delivery_date.isoformat(), "2025-06-03")
        self.assertEqual(invoice.partner_shipping_id, self.site)

    def test_explanation_in_the_reader_s_words(self):
        self._rule("time", 62.0, rounding=15)
        charge = self._validated(minutes=130).charge_ids
        text = charge.with_context(lang="en_US").explanation.replace("\N{NO-BREAK SPACE}", " ")
        self.assertTrue(text.startswith("2 h 10 on site, rounded to 2 h 15, × "), text)
        self.assertRegex(text, r"62[.,]00")
        self.assertEqual(charge.facts[0]["time_kind"], "on_site")

    def test_whole_visit(self):
        """A fixed price, travel, a part, a part under warranty: one order, one invoice."""
        self._rule("fixed", 120.0)
        self._rule("travel", 35.0)
        mission = self._validated(
            parts=[
                {"product_id": self.filter.id, "quantity": 2},
                {"product_id": self.seal.id, "quantity": 1, "billing": "warranty"},
            ]
        )
        self.assertRecordValues(
            mission.charge_ids.sorted("sequence"),
            [
                {"kind": "fixed", "amount": 120.0, "state": "to_release"},
                {"kind": "travel", "amount": 35.0, "state": "to_release"},
                {"kind": "material", "amount": 29.0, "state": "to_release"},
                {"kind": "material", "amount": 0.0, "state": "to_release"},
            ],
        )
        invoice = self._post(self._invoice(self._release(mission.charge_ids)))
        self.assertRecordValues(
            invoice, [{"amount_untaxed": 184.0, "amount_tax": 36.8, "amount_total": 220.8}]
        )
        warranty = invoice.invoice_line_ids.filtered(lambda line: line.product_id == self.seal)
        self.assertEqual((warranty.quantity, warranty.price_subtotal), (1.0, 0.0))
        self.assertRegex(warranty.name, r"Under warranty|Sous garantie")
        title = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "line_section")
        self.assertIn(mission.name, title.name)
        self.assertIn(self.site.name, title.name)
        self.assertEqual(mission.billing_state, "billed")

    def test_unit_price_counts_the_checklist(self):
        self._rule("unit", 24.5, counter="check", counter_name="  pressure ")
        mission = self._planned()
        mission.action_start(at=TUESDAY)
        self._answer_all(mission)
        mission.action_done(at=TUESDAY + timedelta(hours=1))
        mission.action_validate()
        self.assertRecordValues(
            mission.charge_ids, [{"kind": "unit", "quantity": 1.4, "amount": 34.3}]
        )

    def test_contract_before_customer_before_type(self):
        self._rule("fixed", 90.0)
        self._rule("fixed", 80.0, service_type_ids=[Command.set(self.bare_type.ids)])
        self._rule("fixed", 70.0, partner_id=self.customer.id)
        self.assertEqual(self._validated().charge_ids.amount, 70.0)
        contract = self._contract()
        self._rule("fixed", 60.0, contract_id=contract.id)
        mission = self._validated(start=TUESDAY + timedelta(days=1))
        self.assertEqual((mission.contract_id, mission.charge_ids.amount), (contract, 60.0))

    def test_rule_is_frozen_at_validation(self):
        rule = self._rule("fixed", 90.0)
        mission = self._validated()
        rule.price_unit = 95.0
        self.assertEqual(mission.charge_ids.amount, 90.0)
        order = self._release(mission.charge_ids)
        rule.price_unit = 99.0
        order.action_update_prices()
        self.assertEqual(order.amount_untaxed, 90.0)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            rule.unlink()

    def test_service_type_product_without_any_rule(self):
        self.bare_type.product_id = self.labour
        self.assertRecordValues(
            self._validated(minutes=90).charge_ids,
            [{"kind": "time", "quantity": 1.5, "price_unit": 60.0, "amount": 90.0}],
        )
        self.bare_type.product_id = self.package
        mission = self._validated(start=TUESDAY + timedelta(days=1))
        self.assertRecordValues(mission.charge_ids, [{"kind": "fixed", "amount": 120.0}])

    def test_price_list_of_the_contract(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Key account",
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "percentage",
                            "percent_price": 10,
                            "applied_on": "3_global",
                        }
                    )
                ],
            }
        )
        self._contract(pricelist_id=pricelist.id)
        self._rule("time", price_source="pricelist")
        mission = self._validated(minutes=60, parts=[{"product_id": self.filter.id, "quantity": 3}])
        self.assertRecordValues(
            mission.charge_ids.sorted("sequence"),
            [
                {"kind": "time", "price_unit": 54.0, "amount": 54.0},
                {"kind": "material", "price_unit": 13.05, "amount": 39.15},
            ],
        )
        order = self._release(mission.charge_ids)
        self.assertEqual(order.pricelist_id, pricelist)
        self.assertEqual(order.amount_untaxed, 93.15)
        self.assertFalse(any(order.order_line.mapped("discount")))

    def test_time_is_sold_by_the_hour(self):
        with self.assertRaises(ValidationError):
            self._rule(
                "time",
                400.0,
                product=self._product("Day", 400.0, uom_id=self.env.ref("uom.product_uom_day").id),
            )

    # ------------------------------------------------------------------ parts and stock

    def test_part_uses_the_van_s_move_and_nothing_else(self):
        self._rule("fixed", 120.0)
        mission = self._validated(parts=[{"product_id": self.filter.id, "quantity": 2}])
        moves = mission.picking_ids.move_ids
        before = self.env["stock.move"].search_count([("product_id", "=", self.filter.id)])
        order = self._release(mission.charge_ids)
        line = order.order_line.filtered(lambda line: line.product_id == self.filter)
        self.assertEqual(moves.sale_line_id, line)
        self.assertEqual((line.qty_delivered_method, line.qty_delivered), ("stock_move", 2.0))
        self.assertEqual(order.picking_ids, mission.picking_ids)
        line.product_uom_qty = 5
        order.order_line.filtered("is_field_line").product_uom_qty = 7
        after = self.env["stock.move"].search_count([("product_id", "=", self.filter.id)])
        self.assertEqual(after, before, "A second delivery was made.")
        invoice = self._post(self._invoice(order))
        billed = invoice.invoice_line_ids.filtered(lambda line: line.product_id == self.filter)
        self.assertEqual(billed.quantity, 2.0, "Only what was delivered is billed.")
        self.assertEqual(invoice.amount_untaxed, 149.0)

    def test_part_taken_back(self):
        self._rule("fixed", 120.0)
        mission = self._validated(
            parts=[
                {"product_id": self.filter.id, "quantity": 3},
                {"product_id": self.filter.id, "quantity": 1, "is_return": True},
            ]
        )
        part = mission.charge_ids.filtered(lambda c: c.kind == "material")
        self.assertRecordValues(part, [{"quantity": 2.0, "amount": 29.0, "state": "to_release"}])
        order = self._release(mission.charge_ids)
        self.assertEqual(part.sale_line_id.qty_delivered, 2.0)
        self.assertEqual(self._invoice(order).amount_untaxed, 149.0)

    def test_part_not_moved_yet_blocks_only_itself(self):
        self._rule("fixed", 120.0)
        tracked = self._product("Meter", 200.0, type="consu", is_storable=True, tracking="serial")
        mission = self._validated(parts=[{"product_id": tracked.id, "quantity": 1}])
        self.assertEqual(mission.stock_state, "problem")
        part = mission.charge_ids.filtered(lambda c: c.kind == "material")
        self.assertEqual((part.state, part.blocking_cause_ids.code), ("blocked", "stock"))
        self.assertEqual(mission.billing_state, "blocked")
        order = self._release(mission.charge_ids)
        self.assertEqual(order.amount_untaxed, 120.0)
        self._post(self._invoice(order))
        self.assertEqual(mission.billing_state, "partly")
        with self.assertRaisesRegex(UserError, "stock"):
            part.with_user(self.accountant).action_release()
        material = mission.material_ids
        material.sudo().lot_id = self.env["stock.lot"].create(
            {"name": "SN1", "product_id": tracked.id}
        )
        self.env["stock.quant"]._update_available_quantity(
            tracked, self.van, 1, lot_id=material.lot_id
        )
        mission.sudo()._make_pickings()
        self._release(part)
        self.assertEqual(part.sale_order_id, order, "The rest joins the mission's order.")
        self._post(self._invoice(order))
        self.assertEqual(mission.billing_state, "billed")

    def test_unknown_part_is_shown_blocked(self):
        self._rule("fixed", 120.0)
        mission = self._validated(parts=[{"description": "Brass elbow", "quantity": 1}])
        part = mission.charge_ids.filtered(lambda c: c.kind == "material")
        self.assertEqual(part.blocking_cause_ids.code, "part_unknown")
        self.assertIn("Brass elbow", part.with_context(lang="en_US").explanation)

    def test_cost_of_goods_sold_is_odoo_s(self):
        category = self.env["product.category"].create(
            {"name": "Valued", "property_valuation": "real_time"}
        )
        self.filter.categ_id = category
        accounts = self.filter.product_tmpl_id.get_product_accounts()
        if not accounts["stock_valuation"]:
            account = self.env["account.account"].create(
                {"name": "Stock", "code": "37000X", "account_type": "asset_current"}
            )
            category.property_stock_valuation_account_id = account
        self._rule("fixed", 120.0)
        mission = self._validated(parts=[{"product_id": self.filter.id, "quantity": 2}])
        invoice = self._post(self._invoice(self._release(mission.charge_ids)))
        cogs = invoice.line_ids.filtered(lambda line: line.display_type == "cogs" and line.debit)
        self.assertEqual(sum(cogs.mapped("debit")), 12.0)

    def test_included_parts_are_not_listed_unless_wanted(self):
        rule = self._rule("fixed", 180.0, includes_parts=True)
        parts = [{"product_id": self.filter.id, "quantity": 2}]
        mission = self._validated(parts=parts)
        part = mission.charge_ids.filtered(lambda c: c.kind == "material")
        self.assertEqual((part.state, part.amount), ("included", 0.0))
        order = self._release(mission.charge_ids)
        self.assertFalse(order.order_line.filtered(lambda line: line.product_id == self.filter))
        self._post(self._invoice(order))
        self.assertEqual(mission.billing_state, "billed")
        rule.show_free = True
        mission = self._validated(parts=parts, start=TUESDAY + timedelta(days=1))
        order = self._release(mission.charge_ids)
        line = order.order_line.filtered(lambda line: line.product_id == self.filter)
        self.assertEqual((line.price_unit, line.product_uom_qty), (0.0, 2.0))
        self.assertEqual(self._post(self._invoice(order)).amount_untaxed, 180.0)

    # ------------------------------------------------------------------ orders

    def test_one_order_a_month_for_payer_contract_and_number(self):
        self.company.field_billing_grouping = "contract"
        self._rule("fixed", 100.0)
        other_site = self._site("Site B", city="Brest")
        missions = self._validated() | self._validated(
            start=TUESDAY + timedelta(days=6), site_id=other_site.id
        )
        order = self._release(missions.charge_ids)
        self.assertEqual(len(order), 1)
        self.assertEqual(order.partner_shipping_id, self.customer, "Two sites: no single address.")
        self.assertEqual(order.amount_untaxed, 200.0)
        titles = order.order_line.filtered(lambda line: line.display_type == "line_section")
        self.assertEqual(len(titles), 2)
        self._post(self._invoice(order))
        late = self._validated(start=TUESDAY + timedelta(days=8))
        self.assertEqual(self._release(late.charge_ids), order)
        self.assertEqual(self._post(self._invoice(order)).amount_untaxed, 100.0)
        january = self._validated(start=TUESDAY + timedelta(days=40))
        numbered = self._validated(start=TUESDAY + timedelta(days=9), customer_reference="BC-4512")
        others = self._release((january | numbered).charge_ids)
        self.assertEqual(len(others), 2)
        self.assertNotIn(order, others)
        self.assertEqual(numbered.charge_ids.sale_order_id.client_order_ref, "BC-4512")
        invoice = self._invoice(numbered.charge_ids.sale_order_id)
        self.assertEqual(invoice.ref, "BC-4512")

    def test_site_grouping_keeps_the_site_as_delivery_address(self):
        self.company.field_billing_grouping = "site"
        self._rule("fixed", 100.0)
        other_site = self._site("Site B")
        first = self._validated() | self._validated(start=TUESDAY + timedelta(days=1))
        second = self._validated(start=TUESDAY + timedelta(days=2), site_id=other_site.id)
        orders = self._release((first | second).charge_ids)
        self.assertEqual(len(orders), 2)
        self.assertEqual(orders.partner_shipping_id, self.site | other_site)

    def test_contract_may_group_otherwise(self):
        self.company.field_billing_grouping = "contract"
        self._contract(billing_grouping="mission")
        self._rule("fixed", 100.0)
        missions = self._validated() | self._validated(start=TUESDAY + timedelta(days=1))
        self.assertEqual(len(self._release(missions.charge_ids)), 2)

    def test_payer_of_another_company_gets_the_order(self):
        insurer = self.env["res.partner"].create(
            {
                "name": "Insurer",
                "is_company": True,
                "property_payment_term_id": self.env.ref("account.account_payment_term_30days").id,
            }
        )
        self._contract(payer_id=insurer.id)
        self._rule("fixed", 100.0)
        order = self._release(self._validated().charge_ids)
        self.assertEqual((order.partner_id, order.partner_invoice_id), (insurer, insurer))
        self.assertEqual(order.payment_term_id, insurer.property_payment_term_id)
        self.assertEqual(self._invoice(order).partner_id, insurer)

    def test_invoice_address_of_the_customer(self):
        address = self.env["res.partner"].create(
            {"name": "Accounts", "type": "invoice", "parent_id": self.customer.id}
        )
        self._rule("fixed", 100.0)
        mission = self._validated()
        self.assertEqual(mission.payer_id, address)
        order = self._release(mission.charge_ids)
        self.assertEqual((order.partner_id, order.partner_invoice_id), (self.customer, address))

    def test_fiscal_position_and_tax_included_prices(self):
        zero = self._tax(0.0)
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        zero.write(
            {"fiscal_position_ids": [Command.set(position.ids)], "original_tax_ids": self.tax.ids}
        )
        self._rule("fixed", 100.0)
        mission = self._validated()
        self.customer.property_account_position_id = position
        order = self._release(mission.charge_ids)
        self.assertEqual(order.fiscal_position_id, position)
        self.assertEqual((order.amount_untaxed, order.amount_tax), (100.0, 0.0))

    def test_foreign_currency(self):
        currency = self.env["res.currency"].search(
            [("active", "=", False), ("decimal_places", "=", 2)], limit=1
        )
        currency.active = True
        self.env["res.currency.rate"].create(
            {"name": "2025-01-01", "currency_id": currency.id, "rate": 1.25,
             "company_id": self.company.id}
        )  # fmt: skip
        pricelist = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": currency.id}
        )
        self._contract(pricelist_id=pricelist.id)
        self._rule("time", 62.0, rounding=15)
        mission = self._validated(
            minutes=130, parts=[{"product_id": self.filter.id, "quantity": 1}]
        )
        labour, part = mission.charge_ids.sorted("sequence")
        self.assertEqual((labour.currency_id, labour.price_unit), (currency, 77.5))
        self.assertAlmostEqual(labour.amount, 174.38)
        self.assertAlmostEqual(part.price_unit, 18.125)
        self.assertAlmostEqual(part.amount, 18.13)
        order = self._release(mission.charge_ids)
        self.assertEqual(order.currency_id, currency)
        self.company.tax_calculation_rounding_method = "round_per_line"
        invoice = self._post(self._invoice(order))
        self.assertEqual(invoice.currency_id, currency)
        self.assertAlmostEqual(invoice.amount_untaxed, 192.51)
        self._credit(invoice)
        # Odoo's other method rounds the invoice once: 174.375 + 18.125.
        self.company.tax_calculation_rounding_method = "round_globally"
        self.assertAlmostEqual(self._invoice(order).amount_untaxed, 192.50)

    def test_french_vat(self):
        """The 20 % of the French chart on a bill of several missions, as the tax office adds up."""
        tax = self.env["account.tax"].search(
            [
                ("company_id", "=", self.company.id),
                ("type_tax_use", "=", "sale"),
                ("amount", "=", 20.0),
                ("amount_type", "=", "percent"),
                ("price_include_override", "!=", "tax_included"),
                ("id", "!=", self.tax.id),
            ],
            limit=1,
        )
        if self.company.chart_template != "fr" or not tax:
            self.skipTest("No French chart of accounts here.")
        self.company.field_billing_grouping = "contract"
        self.labour.taxes_id = tax
        self._rule("time", 61.55)
        missions = self.env["field.mission"].union(
            *(
                self._validated(minutes=minutes, start=TUESDAY + timedelta(days=day))
                for day, minutes in enumerate((130, 47, 20, 101))
            )
        )
        invoice = self._post(self._invoice(self._release(missions.charge_ids)))
        # 2.17 h, 0.78 h, 0.33 h and 1.68 h at 61.55 €: 4.96 h in all.
        self.assertAlmostEqual(sum(missions.charge_ids.mapped("quantity")), 4.96)
        self.assertRecordValues(
            invoice, [{"amount_untaxed": 305.29, "amount_tax": 61.06, "amount_total": 366.35}]
        )

    def test_random_bills_add_up(self):
        """What is charged is what is invoiced: thirty lines, odd prices, odd minutes."""
        random = Random(20250603)
        self.company.field_billing_grouping = "contract"
        self.company.tax_calculation_rounding_method = "round_per_line"
        missions = self.env["field.mission"]
        for day in range(10):
            self.env["field.billing.rule"].search([]).active = False
            self._rule("time", random.randint(2000, 9999) / 100, rounding=random.choice((0, 5, 15)))
            self._rule("travel", random.randint(500, 9999) / 100)
            missions |= self._validated(
                minutes=random.randint(1, 500),
                start=TUESDAY + timedelta(days=day),
                parts=[{"product_id": self.filter.id, "quantity": random.randint(1, 9)}],
            )
        charges = missions.charge_ids
        self.assertEqual(len(charges), 30)
        invoice = self._post(self._invoice(self._release(charges)))
        owed = sum(Decimal(str(charge.amount)) for charge in charges)
        vat = sum(
            (Decimal(str(charge.amount)) / 5).quantize(Decimal("0.01"), ROUND_HALF_UP)
            for charge in charges
        )
        self.assertEqual(Decimal(str(round(invoice.amount_untaxed, 2))), owed)
        self.assertEqual(Decimal(str(round(invoice.amount_tax, 2))), vat)
        self._credit(invoice)
        self.assertEqual(set(charges.mapped("state")), {"released"})
        again = self._post(self._invoice(charges.sale_order_id))
        self.assertEqual(again.amount_total, invoice.amount_total)

    def test_analytic_account_of_the_contract(self):
        plan = self.env["account.analytic.plan"].create({"name": "Contracts"})
        account = self.env["account.analytic.account"].create(
            {"name": "Contract A", "plan_id": plan.id}
        )
        self._contract(analytic_account_id=account.id)
        self._rule("fixed", 100.0)
        order = self._release(self._validated().charge_ids)
        invoice = self._post(self._invoice(order))
        line = invoice.invoice_line_ids.filtered("product_id")
        self.assertEqual(line.analytic_distribution, {str(account.id): 100})

    # ------------------------------------------------------------------ once and only once

    def test_released_once(self):
        self._rule("fixed", 100.0)
        charges = self._validated().charge_ids
        order = self._release(charges)
        with self.assertRaises(UserError):
            self._release(charges)
        self.assertEqual(len(order.order_line.filtered("is_field_line")), 1)

    def test_invoiced_once(self):
        self._rule("fixed", 100.0)
        order = self._release(self._validated().charge_ids)
        self._invoice(order)
        with self.assertRaises(UserError):
            self._invoice(order)

    def test_validated_once(self):
        self._rule("fixed", 100.0)
        mission = self._validated()
        with self.assertRaises(UserError):
            mission.action_validate()
        self.env["field.charge"]._create_for(mission)
        self.assertEqual(len(mission.charge_ids), 1)

    def test_same_fact_can_t_be_charged_twice_in_the_database(self):
        self._rule("fixed", 100.0)
        charge = self._validated().charge_ids
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            charge.copy({"source": charge.source})

    def test_partial_invoice_leaves_the_rest(self):
        self._rule("time", 60.0)
        mission = self._validated(minutes=180)
        charge = mission.charge_ids
        order = self._release(charge)
        invoice = self._invoice(order)
        line = invoice.invoice_line_ids.filtered("product_id")
        invoice.write({"invoice_line_ids": [Command.update(line.id, {"quantity": 1.0})]})
        self._post(invoice)
        self.assertEqual((charge.quantity_invoiced, charge.state), (1.0, "released"))
        self.assertEqual(mission.billing_state, "partly")
        rest = self._post(self._invoice(order))
        self.assertEqual(rest.amount_untaxed, 120.0)
        self.assertEqual(mission.billing_state, "billed")

    def test_credit_note_opens_the_mission_again(self):
        self._rule("fixed", 100.0)
        mission = self._validated()
        charge = mission.charge_ids
        order = self._release(charge)
        invoice = self._post(self._invoice(order))
        with self.assertRaisesRegex(UserError, invoice.name):
            mission.with_user(self.manager).action_unvalidate("Wrong")
        self._credit(invoice)
        self.assertEqual((charge.state, mission.billing_state), ("released", "to_bill"))
        self.assertFalse(charge.invoice_line_ids)
        again = self._post(self._invoice(order))
        self.assertEqual(again.amount_untaxed, 100.0)
        self.assertEqual((charge.state, mission.billing_state), ("invoiced", "billed"))
        self.assertEqual(charge.invoice_line_ids.move_id, again)

    def test_credited_mission_can_be_corrected(self):
        self._rule("time", 60.0)
        mission = self._validated(minutes=120)
        order = self._release(mission.charge_ids)
        self._credit(self._post(self._invoice(order)))
        mission.with_user(self.manager).action_unvalidate("An hour too much")
        self.assertFalse(mission.charge_ids)
        self.assertEqual(mission.billing_state, "blocked", "Done, and the office must look.")
        line = order.order_line.filtered("product_id")
        self.assertEqual((line.product_uom_qty, line.qty_to_invoice), (0.0, 0.0))
        time = mission.time_ids
        time.with_user(self.planner).action_correct(
            time.start, time.start + timedelta(hours=1), "Typed wrong"
        )
        mission.with_user(self.planner).action_validate()
        self.assertEqual(mission.charge_ids.amount, 60.0)
        self.assertEqual(self._release(mission.charge_ids), order)
        self.assertEqual(self._post(self._invoice(order)).amount_untaxed, 60.0)
        self.assertEqual(mission.billing_state, "billed")

    def test_unvalidate_takes_off_what_is_not_invoiced(self):
        self._rule("fixed", 100.0)
        mission = self._validated(parts=[{"product_id": self.filter.id, "quantity": 1}])
        order = self._release(mission.charge_ids)
        moves = mission.picking_ids.move_ids
        self.assertTrue(moves.sale_line_id)
        mission.with_user(self.manager).action_unvalidate("To correct")
        self.assertFalse(mission.charge_ids)
        self.assertFalse(moves.sale_line_id)
        self.assertFalse(order.order_line)
        self.assertEqual(order.state, "cancel")
        mission.action_validate()
        again = self._release(mission.charge_ids)
        self.assertNotEqual(again, order)
        self.assertEqual(self._invoice(again).amount_untaxed, 114.5)

    def test_draft_invoice_must_go_first(self):
        self._rule("fixed", 100.0)
        mission = self._validated()
        order = self._release(mission.charge_ids)
        invoice = self._invoice(order)
        with self.assertRaises(UserError):
            mission.with_user(self.manager).action_unvalidate("Wrong")
        invoice.unlink()
        self.assertEqual(mission.charge_ids.state, "released")
        mission.with_user(self.manager).action_unvalidate("Wrong")
        self.assertFalse(mission.charge_ids)

    def test_one_mission_of_a_shared_order_goes_alone(self):
        self.company.field_billing_grouping = "contract"
        self._rule("fixed", 100.0)
        first, second = self._validated(), self._validated(start=TUESDAY + timedelta(days=1))
        order = self._release((first | second).charge_ids)
        first.charge_ids.with_user(self.accountant).action_take_back()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.field_mission_id, second)
        self.assertEqual(order.amount_untaxed, 100.0)
        self.assertEqual(first.charge_ids.state, "to_release")
        self.assertEqual(self._release(first.charge_ids), order)
        self.assertEqual(self._invoice(order).amount_untaxed, 200.0)

    def test_cancelled_order_gives_its_charges_back(self):
        self._rule("fixed", 100.0)
        mission = self._validated(parts=[{"product_id": self.filter.id, "quantity": 1}])
        order = self._release(mission.charge_ids)
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertEqual(set(mission.charge_ids.mapped("state")), {"to_release"})
        self.assertFalse(mission.picking_ids.move_ids.sale_line_id)
        self.assertEqual(mission.picking_ids.state, "done")
        order.action_draft()
        order.unlink()
        self.assertEqual(self._invoice(self._release(mission.charge_ids)).amount_untaxed, 114.5)

    def test_order_in_draft_again_bills_nothing_twice(self):
        self._rule("fixed", 100.0)
        mission = self._validated()
        order = self._release(mission.charge_ids)
        order.with_context(disable_cancel_warning=True).action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertFalse(order.order_line.filtered(lambda line: line.qty_to_invoice > 0))

    def test_copy_of_an_order_carries_no_mission(self):
        self._rule("fixed", 100.0)
        copy = self._release(self._validated().charge_ids).copy()
        self.assertFalse(copy.order_line.field_charge_ids)
        self.assertFalse(any(copy.order_line.mapped("is_field_line")))
        self.assertFalse(copy.field_group_key)

    # ------------------------------------------------------------------ blocked, left out, again

    def test_without_rule_nothing_is_forgotten(self):
        mission = self._validated()
        charge = mission.charge_ids
        self.assertEqual((charge.kind, charge.blocking_cause_ids.code), ("none", "no_rule"))
        self.assertEqual(mission.billing_state, "blocked")
        self.assertTrue(mission.billing_blocker_text)
        self._rule("fixed", 75.0)
        charge.with_user(self.accountant).action_rate_again()
        self.assertRecordValues(
            mission.charge_ids, [{"kind": "fixed", "amount": 75.0, "state": "to_release"}]
        )

    def test_order_number_wanted(self):
        self.customer.field_order_reference_required = True
        self._rule("fixed", 100.0)
        mission = self._validated()
        charge = mission.charge_ids
        self.assertEqual(charge.blocking_cause_ids.code, "order_reference")
        mission.with_user(self.planner).customer_reference = "BC 77"
        order = self._release(charge)
        self.assertEqual(order.client_order_ref, "BC 77")

    def test_missing_price(self):
        self.filter.list_price = 0
        self._rule("fixed", 100.0)
        mission = self._validated(parts=[{"product_id": self.filter.id, "quantity": 1}])
        part = mission.charge_ids.filtered(lambda c: c.kind == "material")
        self.assertEqual(part.blocking_cause_ids.code, "no_price")

    def test_done_but_not_validated_is_in_sight(self):
        self._rule("fixed", 100.0)
        mission = self._worked()
        self.assertEqual(mission.billing_state, "blocked")
        self.assertIn("validated", mission.with_context(lang="en_US").billing_blocker_text)
        self.assertFalse(mission.charge_ids)

    def test_left_out_with_a_reason(self):
        self._rule("fixed", 100.0)
        mission = self._validated()
        charge = mission.charge_ids.with_user(self.accountant)
        with self.assertRaises(UserError):
            charge.action_exclude("  ")
        charge.action_exclude("Goodwill")
        self.assertEqual((charge.state, charge.exclusion_reason), ("excluded", "Goodwill"))
        self.assertEqual(charge.excluded_by_id, self.accountant)
        self.assertEqual(mission.billing_state, "nothing")
        with self.assertRaises(UserError):
            charge.action_release()
        charge.action_include()
        self.assertEqual(mission.billing_state, "to_bill")

    def test_wasted_trip(self):
        self._rule("fixed", 100.0)
        self._rule("wasted", 45.0)
        mission = self._planned(service_type_id=self.bare_type.id)
        mission.action_start(at=TUESDAY)
        self.env["field.incident"].create(
            {
                "mission_id": mission.id,
                "kind": "customer_absent",
                "customer_caused": True,
                "outcome": "replan",
                "date": TUESDAY,
            }
        )
        mission.action_reschedule("Nobody there", at=TUESDAY)
        trip = mission.charge_ids
        self.assertRecordValues(trip, [{"kind": "wasted", "amount": 45.0, "state": "to_release"}])
        order = self._release(trip)
        mission.planned_start = TUESDAY + timedelta(days=1)
        mission.action_plan()
        mission.action_start(at=TUESDAY + timedelta(days=1))
        mission.action_done(at=TUESDAY + timedelta(days=1, hours=1))
        mission.action_validate()
        self.assertEqual(sorted(mission.charge_ids.mapped("kind")), ["fixed", "wasted"])
        self.assertEqual(self._release(mission.charge_ids), order)
        self.assertEqual(self._invoice(order).amount_untaxed, 145.0)

    def test_a_visit_notice_says_the_fee_of_the_rule(self):
        self._rule("wasted", 45.0)
        mission = self._planned(service_type_id=self.bare_type.id)
        mission.action_publish()
        user = mission.technician_id.user_id
        notice = self.env["field.visit.notice"].browse(
            mission.with_user(user).action_leave_notice({"kind": "no_access"}, at=TUESDAY)
        )
        self.assertEqual(notice.fee, 45.0)
        self.assertEqual(notice.currency_id, mission.charge_ids.currency_id)
        self.assertEqual(mission.charge_ids.kind, "wasted")
        # The rule changes; what was told stays.
        self.env["field.billing.rule"].search([("kind", "=", "wasted")]).price_unit = 90.0
        self.assertEqual(notice.fee, 45.0)

    def test_a_visit_notice_without_a_rule_costs_nothing(self):
        mission = self._planned(service_type_id=self.bare_type.id)
        mission.action_publish()
        user = mission.technician_id.user_id
        notice = mission.with_user(user).action_leave_notice({"kind": "no_access"}, at=TUESDAY)
        self.assertEqual(self.env["field.visit.notice"].browse(notice).fee, 0.0)

    # ------------------------------------------------------------------ accruals, reports, prices

    def test_month_end_counts_work_done_by_then(self):
        self.company.field_billing_grouping = "contract"
        self._rule("fixed", 100.0)
        first = self._validated()
        second = self._validated(start=TUESDAY + timedelta(days=5))
        order = self._release((first | second).charge_ids)
        lines = order.order_line.filtered("is_field_line")
        then = lines.with_context(accrual_entry_date="2025-06-05")
        quantities = then._prepare_qty_delivered()
        self.assertEqual(sorted(quantities[line] for line in then), [0.0, 1.0])

    def test_reports_are_attached_to_the_posted_invoice(self):
        self._rule("fixed", 100.0)
        mission = self._validated()
        report = self.env["ir.attachment"].create(
            {"name": "report.pdf", "raw": b"%PDF-1.4 report", "res_model": "field.mission",
             "res_id": mission.id}
        )  # fmt: skip
        links = {"name": "Report", "attachment_id": report.id, "url": ""}
        made = []
        self.patch(
            type(self.env["field.mission"]),
            "_get_proof_links",
            lambda missions: {mission.id: list(made) for mission in missions},
        )
        invoice = self._post(self._invoice(self._release(mission.charge_ids)))
        attached = [
            ("res_model", "=", "account.move"),
            ("res_id", "=", invoice.id),
            ("checksum", "=", report.checksum),
        ]
        attachments = self.env["ir.attachment"]
        self.assertFalse(attachments.search(attached))
        self.assertTrue(invoice.field_reports_due)
        made.append(links)
        self.env["account.move"]._cron_attach_field_reports()
        self.assertEqual(len(attachments.search(attached)), 1)
        self.assertFalse(invoice.field_reports_due)
        invoice.with_user(self.accountant).action_attach_field_reports()
        self.assertEqual(len(attachments.search(attached)), 1)
        again = self._validated(start=TUESDAY + timedelta(days=1))
        invoice = self._post(self._invoice(self._release(again.charge_ids)))
        self.assertEqual(
            attachments.search_count(
                [("res_model", "=", "account.move"), ("res_id", "=", invoice.id)]
            ),
            1,
            "A report that is ready is attached when the invoice is posted.",
        )

    def test_prices_on_reports_only_for_customers_who_read_them(self):
        self._rule("time", 62.0, rounding=15)
        mission = self._worked(minutes=130)
        self.assertEqual(mission._get_price_lines()[mission.id], [])
        self.customer.field_prices_on_report = True
        rows = mission._get_price_lines()[mission.id]
        self.assertEqual([(r["quantity"], r["subtotal"]) for r in rows], [(2.25, 139.5)])
        self.assertFalse(mission.charge_ids, "Asking for prices charges nothing.")
        mission.action_validate()
        self.assertEqual(mission._get_price_lines()[mission.id], rows)
