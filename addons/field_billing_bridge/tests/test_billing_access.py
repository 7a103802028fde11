from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import TUESDAY, FieldBillingCommon

MONEY_MODELS = ("field.charge", "field.billing.rule")


@tagged("post_install", "-at_install")
class TestBillingAccess(FieldBillingCommon):
    """Who sees prices, who bills, and what nobody may do over RPC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("time", 62.0, rounding=15)
        cls.mission = cls._validated()
        cls.charge = cls.mission.charge_ids

    def _as(self, record, user):
        return record.with_user(user).with_context(allowed_company_ids=self.company.ids)

    # ------------------------------------------------------------------ who sees

    def test_field_people_and_customers_never_see_prices(self):
        for user in (self.tech_user, self.sub_user, self.customer_user, self.planner, self.office):
            for model in MONEY_MODELS:
                with self.subTest(user=user.name, model=model), self.assertRaises(AccessError):
                    self._as(self.env[model], user).search([])
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(self.charge, user).read(["amount"])

    def test_money_fields_of_the_mission_are_hidden_too(self):
        for user in (self.tech_user, self.sub_user, self.planner):
            mission = self._as(self.mission, user)
            for name in ("charge_ids", "amount_charged"):
                with self.subTest(user=user.name, field=name), self.assertRaises(AccessError):
                    mission.read([name])
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                mission.search([("charge_ids.amount", ">", 0)])

    def test_money_fields_of_the_contract_are_hidden_from_planners(self):
        contract = self._as(self._contract(), self.planner)
        self.assertTrue(contract.read(["name"]))
        for name in ("pricelist_id", "billing_rule_ids", "analytic_account_id"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                contract.read([name])

    def test_planner_sees_what_blocks_but_no_price(self):
        self.customer.field_order_reference_required = True
        self.charge._refresh_blocking()
        mission = self._as(self.mission, self.planner)
        self.assertEqual(mission.billing_state, "blocked")
        self.assertTrue(mission.billing_blocker_text)
        self.assertNotIn("62", mission.billing_blocker_text)

    def test_those_who_bill_and_managers_read(self):
        for user in (self.accountant, self.salesperson, self.sales_manager, self.manager):
            with self.subTest(user=user.name):
                self.assertEqual(self._as(self.charge, user).amount, 139.5)
                self.assertTrue(self._as(self.charge, user).explanation)
                self.assertEqual(self._as(self.rule, user).price_unit, 62.0)

    def test_accountant_opens_the_mission_s_pages(self):
        for user in (self.accountant, self.salesperson):
            mission = self._as(self.mission, user)
            mission.read(["name", "state", "billing_state", "amount_charged"])
            mission.time_ids.read(["duration"])
            mission.material_ids.read(["quantity"])
            mission.request_id.read(["customer_reference"])
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                mission.write({"description": "No"})
            with self.assertRaises(AccessError):
                self.env["field.site.access"].with_user(user).search([])

    def test_accountant_who_is_a_technician_too_reads_every_mission(self):
        both = new_test_user(
            self.env,
            "billing_both",
            groups="account.group_account_invoice,field_mission.group_field_technician",
        )
        self.assertTrue(
            self._as(self.env["field.mission"], both).search([("id", "=", self.mission.id)])
        )

    def test_salesperson_sees_own_customers_only(self):
        self.customer.user_id = self.sales_manager
        found = self._as(self.env["field.charge"], self.salesperson).search([])
        self.assertNotIn(self.charge, found)
        self.customer.user_id = self.salesperson
        found = self._as(self.env["field.charge"], self.salesperson).search([])
        self.assertIn(self.charge, found)

    # ------------------------------------------------------------------ who does what

    def test_nobody_writes_a_charge(self):
        for user in (
            self.accountant, self.salesperson, self.sales_manager, self.manager, self.planner,
            self.tech_user, self.customer_user,
        ):  # fmt: skip
            charge = self._as(self.charge, user)
            for values in ({"price_unit": 1.0}, {"quantity": 9.0}, {"excluded": True}):
                with self.subTest(user=user.name, values=values), self.assertRaises(AccessError):
                    charge.write(values)
            with self.assertRaises(AccessError):
                charge.unlink()
            with self.assertRaises(AccessError):
                self._as(self.env["field.charge"], user).create(
                    {
                        "mission_id": self.mission.id,
                        "source": "x",
                        "kind": "fixed",
                        "quantity": 1,
                        "currency_id": self.company.currency_id.id,
                    }
                )

    def test_only_billers_bill(self):
        for user in (self.tech_user, self.sub_user, self.customer_user, self.planner, self.manager):
            charge = self._as(self.charge, user)
            for call in (
                lambda c: c.action_release(),
                lambda c: c.action_exclude("No"),
                lambda c: c.action_include(),
                lambda c: c.action_take_back(),
                lambda c: c.action_rate_again(),
                lambda c: c.action_refresh(),
            ):
                with self.subTest(user=user.name), self.assertRaises(AccessError):
                    call(charge)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(self.mission, user).action_bill()
        self.assertFalse(self.charge.sale_line_id)

    def test_each_biller_releases(self):
        for day, user in enumerate((self.accountant, self.salesperson, self.sales_manager), 1):
            mission = self._validated(start=TUESDAY.replace(day=10 + day))
            with self.subTest(user=user.name):
                self._as(mission, user).action_bill()
                self.assertEqual(mission.charge_ids.state, "released")

    def test_salesperson_can_t_bill_another_s_customer(self):
        self.customer.user_id = self.sales_manager
        with self.assertRaises(AccessError):
            self._as(self.charge, self.salesperson).action_release()
        with self.assertRaises(AccessError):
            self._as(self.mission, self.salesperson).action_bill()

    def test_rules_are_kept_by_sales_and_accounting_managers(self):
        for user in (self.accountant, self.salesperson, self.manager):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(self.rule, user).write({"price_unit": 1.0})
        self._as(self.rule, self.sales_manager).write({"price_unit": 63.0})
        boss = new_test_user(self.env, "billing_boss", groups="account.group_account_manager")
        self._as(self.rule, boss).write({"price_unit": 64.0})
        self.assertEqual(self.charge.price_unit, 62.0)

    def test_billing_state_is_never_typed(self):
        for user in (self.planner, self.manager, self.accountant, self.env.user):
            with self.subTest(user=user.name), self.assertRaises(UserError):
                # AccessError is a UserError too: whichever comes first.
                self._as(self.mission, user).write({"billing_state": "billed"})
        with self.assertRaises(UserError):
            self._as(self.env["field.mission"], self.planner).create(
                self._vals(billing_state="billed")
            )
        self.assertEqual(self.mission.billing_state, "to_bill")

    def test_wizard_leaves_nothing_out_for_others(self):
        for user in (self.planner, self.tech_user, self.manager):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._as(self.env["field.charge.exclude"], user).create(
                    {"charge_ids": [Command.set(self.charge.ids)], "reason": "x"}
                ).action_exclude()

    # ------------------------------------------------------------------ companies

    def test_companies_don_t_mix(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "billing_stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        charges = self.env["field.charge"].with_user(stranger)
        self.assertFalse(charges.with_context(allowed_company_ids=other.ids).search([]))
        with self.assertRaises(AccessError):
            self.charge.with_user(stranger).with_context(
                allowed_company_ids=other.ids
            ).action_release()
        self.env["field.billing.rule"].create(
            {
                "name": "Theirs",
                "kind": "fixed",
                "price_unit": 1.0,
                "product_id": self.package.id,
                "company_id": other.id,
                "partner_id": self.customer.id,
            }
        )
        mission = self._validated(start=TUESDAY.replace(day=20))
        self.assertEqual(mission.charge_ids.rule_id, self.rule)
