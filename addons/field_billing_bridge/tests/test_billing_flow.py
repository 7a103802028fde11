from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import FieldBillingCommon


@tagged("post_install", "-at_install")
class TestBillingFlow(FieldBillingCommon):
    """From a validated mission to a posted invoice, by Odoo's own buttons, and back."""

    def test_time_spent_to_the_cent(self):
        self._rule("time", 62.0, rounding=15)
        mission = self._validated(minutes=130)
        charge = mission.charge_ids
        self.assertRecordValues(
            charge,
            [{"kind": "time", "quantity": 2.25, "price_unit": 62.0, "amount": 139.5}],
        )
        self.assertEqual((charge.state, mission.billing_state), ("to_release", "to_bill"))
        charge.with_user(self.accountant).action_release()
        order = charge.sale_order_id
        self.assertEqual((order.state, order.invoice_status), ("sale", "to invoice"))
        self.assertEqual(charge.sale_line_id.qty_delivered_method, "field_mission")
        self.assertEqual(charge.sale_line_id.qty_delivered, 2.25)
        invoice = self._invoice(order)
        self.assertEqual(charge.state, "invoicing")
        self.assertEqual(mission.billing_state, "to_bill")
        self._post(invoice)
        self.assertRecordValues(
            invoice, [{"amount_untaxed": 139.5, "amount_tax": 27.9, "amount_total": 167.4}]
        )
        self.assertEqual((charge.state, mission.billing_state), ("invoiced", "billed"))
        self.assertEqual(invoice.delivery_date.isoformat(), "2026-12-01")
        self.assertEqual(invoice.partner_shipping_id, self.site)
