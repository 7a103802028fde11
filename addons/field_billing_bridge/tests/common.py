from datetime import datetime, timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.field_mission.tests.common import FieldMissionCommon

TUESDAY = datetime(2025, 6, 3, 8, 0)
MONTH_END = "2025-06-30"


class FieldBillingCommon(FieldMissionCommon):
    """The company of the mission tests, with a chart of accounts, a tariff and people who bill."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ensure_chart()
        cls.accountant = cls._biller("accountant", "account.group_account_invoice")
        cls.salesperson = cls._biller("salesperson", "sales_team.group_sale_salesman")
        cls.sales_manager = cls._biller("salesmanager", "sales_team.group_sale_manager")
        cls.tax = cls._tax(20.0)
        cls.hour = cls.env.ref("uom.product_uom_hour")
        cls.labour = cls._product("Labour", 60.0, uom_id=cls.hour.id)
        cls.package = cls._product("Annual maintenance", 120.0)
        cls.trip = cls._product("Travel", 35.0)
        cls.filter = cls._product(
            "Filter", 14.5, type="consu", is_storable=True, standard_price=6.0
        )
        cls.seal = cls._product("Seal", 3.2, type="consu", is_storable=True, standard_price=1.0)
        cls.env["stock.quant"]._update_available_quantity(cls.filter, cls.van, 50)
        cls.env["stock.quant"]._update_available_quantity(cls.seal, cls.van, 50)
        cls.company.field_billing_grouping = "mission"
        cls.customer.email = "accounts@customer.example.com"

    @classmethod
    def _ensure_chart(cls):
        """The addon alone brings no chart of accounts; French databases have theirs."""
        journals = cls.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", cls.company.id)], limit=1
        )
        if not journals:
            cls.env["account.chart.template"].try_loading(
                "generic_coa", company=cls.company, install_demo=False
            )

    @classmethod
    def _biller(cls, name, groups):
        return new_test_user(
            cls.env,
            f"billing_{name}",
            groups=groups,
            name=name.title(),
            email=f"{name}@example.com",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _tax(cls, amount, **vals):
        return cls.env["account.tax"].create(
            {
                "name": f"VAT {amount}",
                "amount": amount,
                "type_tax_use": "sale",
                "company_id": cls.company.id,
                **vals,
            }
        )

    @classmethod
    def _product(cls, name, price, **vals):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.set(cls.tax.ids)],
                "invoice_policy": "order",
                **vals,
            }
        )

    @classmethod
    def _rule(cls, kind, price=0.0, product=None, **vals):
        defaults = {"fixed": cls.package, "time": cls.labour, "travel": cls.trip}
        product = product or defaults.get(kind, cls.package)
        return cls.env["field.billing.rule"].create(
            {
                "name": f"{kind} {price}",
                "kind": kind,
                "price_unit": price,
                "product_id": product.id if kind != "material" else False,
                **vals,
            }
        )

    @classmethod
    def _contract(cls, **vals):
        contract = cls.env["field.contract"].create(
            {
                "name": "Contract",
                "partner_id": cls.customer.id,
                "date_start": "2025-01-01",
                **vals,
            }
        )
        contract.action_activate()
        return contract

    @classmethod
    def _worked(cls, minutes=130, start=TUESDAY, travel=0, parts=(), **vals):
        """Return a done mission, not validated yet: time on site, travel before, parts used.

        :param parts: list of dicts of ``field.mission.material`` (``product_id``, ``quantity``…)
        """
        mission = cls.env["field.mission"].create(
            cls._vals(
                **{
                    "service_type_id": cls.bare_type.id,
                    "technician_id": cls.tech.id,
                    "planned_start": start,
                    "planned_duration": 1.0,
                    **vals,
                }
            )
        )
        mission.action_plan()
        mission.action_publish()
        mission.action_start(at=start)
        cls._time(mission, "travel", start - timedelta(minutes=travel), travel)
        cls._time(mission, "on_site", start, minutes)
        cls.env["field.mission.material"].create(
            [{"mission_id": mission.id, **part} for part in parts]
        )
        mission.action_done(at=start + timedelta(minutes=minutes))
        mission._make_pickings()
        return mission

    @classmethod
    def _time(cls, mission, kind, start, minutes, employee=None):
        if minutes:
            cls.env["field.mission.time"].create(
                {
                    "mission_id": mission.id,
                    "employee_id": (employee or cls.tech).id,
                    "kind": kind,
                    "start": start,
                    "stop": start + timedelta(minutes=minutes),
                }
            )

    @classmethod
    def _validated(cls, **vals):
        mission = cls._worked(**vals)
        mission.action_validate()
        return mission

    def _invoice(self, orders, user=None, **wizard):
        """Press Odoo's own "Create invoices" on orders, as the accountant."""
        user = user or self.accountant
        return (
            self.env["sale.advance.payment.inv"]
            .with_user(user)
            .with_context(active_model="sale.order", active_ids=orders.ids)
            .create({"advance_payment_method": "delivered", **wizard})
            ._create_invoices(orders.with_user(user))
        )

    def _post(self, invoices, day=MONTH_END):
        invoices.write({"invoice_date": day})
        invoices.with_user(self.accountant).action_post()
        return invoices

    def _credit(self, invoices, modify=False, day=MONTH_END):
        """Reverse posted invoices with Odoo's own wizard; returns the posted credit note."""
        wizard = (
            self.env["account.move.reversal"]
            .with_user(self.accountant)
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"reason": "Wrong", "journal_id": invoices.journal_id.id, "date": day})
        )
        action = wizard.modify_moves() if modify else wizard.refund_moves()
        moves = self.env["account.move"].browse(action["res_id"])
        if moves.state == "draft":
            self._post(moves, day)
        return moves
