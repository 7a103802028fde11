from odoo import api, fields, models


class SaleOrderLine(models.Model):
    """Order lines whose delivered quantity is the sum of the charges they carry."""

    _inherit = "sale.order.line"

    qty_delivered_method = fields.Selection(
        selection_add=[("field_mission", "Missions")],
        ondelete={"field_mission": lambda lines: lines.write({"qty_delivered_method": "manual"})},
    )
    is_field_line = fields.Boolean(string="From a mission", readonly=True, copy=False)
    field_mission_id = fields.Many2one(
        "field.mission", string="Mission", readonly=True, copy=False, index="btree_not_null"
    )
    field_charge_ids = fields.One2many("field.charge", "sale_line_id", string="Charges", copy=False)

    # ------------------------------------------------------------------ delivered quantity

    @api.depends("is_field_line")
    def _compute_qty_delivered_method(self):
        """Missions deliver their services; parts stay with the stock moves."""
        result = super()._compute_qty_delivered_method()
        for line in self:
            if line.is_field_line and line.product_id.type == "service":
                line.qty_delivered_method = "field_mission"
        return result

    @api.depends("field_charge_ids.quantity", "is_field_line")
    def _compute_qty_delivered(self):
        """Once more when a charge comes or goes."""
        return super()._compute_qty_delivered()

    def _prepare_qty_delivered(self):
        """Add up the charges; at a past date (month-end accruals), those of work done by then."""
        delivered = super()._prepare_qty_delivered()
        until = self.env.context.get("accrual_entry_date")
        until = until and fields.Date.to_date(until)
        for line in self.filtered(lambda line: line.qty_delivered_method == "field_mission"):
            # A salesperson delivers without reading every charge.
            charges = line.sudo().field_charge_ids
            if until:
                charges = charges.filtered(lambda charge: charge.service_date <= until)
            delivered[line] = sum(
                charge.uom_id._compute_quantity(
                    charge.quantity, line.product_uom_id, rounding_method="HALF-UP"
                )
                for charge in charges
            )
        return delivered

    def _compute_qty_to_invoice(self):
        """Invoice what missions delivered, whatever the product's policy: a quantity typed on the
        order never bills work that was not done."""
        result = super()._compute_qty_to_invoice()
        for line in self:
            if line.is_field_line and line.state == "sale":
                line.qty_to_invoice = line.qty_delivered - line.qty_invoiced
        return result

    def _get_service_dates(self):
        """Return the days on which the missions billed by these lines ended."""
        return [day for day in self.sudo().field_charge_ids.mapped("service_date") if day]

    def _share_invoiced_quantity(self):
        """Share the invoiced quantity of one line among its charges, oldest first.

        :return: ``{charge id: (on draft and posted invoices, on posted ones)}``, in their units
        """
        self.ensure_one()
        left, left_posted = self.qty_invoiced, self.qty_invoiced_posted
        shares = {}
        for charge in self.field_charge_ids.sorted(
            lambda c: (c.date_released or c.create_date, c.id)
        ):
            wanted = charge.uom_id._compute_quantity(
                charge.quantity, self.product_uom_id, round=False
            )
            taken, posted = (min(max(value, 0.0), wanted) for value in (left, left_posted))
            left, left_posted = left - taken, left_posted - posted
            back = self.product_uom_id._compute_quantity
            shares[charge.id] = tuple(
                back(value, charge.uom_id, round=False) for value in (taken, posted)
            )
        return shares

    # ------------------------------------------------------------------ price and stock

    def _compute_price_unit(self):
        """Leave frozen prices alone, also when somebody updates the order's prices."""
        return super(
            SaleOrderLine, self.filtered(lambda line: not line.is_field_line)
        )._compute_price_unit()

    def _compute_discount(self):
        """A frozen price has its discount in it."""
        return super(
            SaleOrderLine, self.filtered(lambda line: not line.is_field_line)
        )._compute_discount()

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        """The parts of missions have left the van: no second delivery, ever."""
        others = self.filtered(lambda line: not line.is_field_line)
        if not others:
            return True
        return super(SaleOrderLine, others)._action_launch_stock_rule(
            previous_product_uom_qty=previous_product_uom_qty
        )

    # ------------------------------------------------------------------ back

    def _check_line_unlink(self):
        """A line whose charges were taken back, and that was never invoiced, may go."""
        gone = self.filtered(
            lambda line: (
                line.field_mission_id
                and not line.invoice_lines
                and not line.sudo().field_charge_ids
            )
        )
        return super(SaleOrderLine, self - gone)._check_line_unlink()

    def _drop_field_lines(self):
        """Remove lines that carry nothing any more, their titles, and orders left empty.

        A line that was invoiced and credited stays, at 0: its invoices point to it.
        """
        lines = self.filtered(lambda line: not line.field_charge_ids)
        kept = lines.filtered("invoice_lines")
        kept.write({"product_uom_qty": 0.0})
        orders = lines.order_id
        (lines - kept).unlink()
        self.env.flush_all()
        orders._drop_empty_titles()
