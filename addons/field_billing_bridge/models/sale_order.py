from odoo import api, fields, models
from odoo.tools import SQL


class SaleOrder(models.Model):
    _inherit = "sale.order"

    field_group_key = fields.Char(
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What the missions of this order have in common.",
    )
    field_mission_ids = fields.Many2many(
        "field.mission", compute="_compute_field_missions", string="Missions"
    )
    field_mission_count = fields.Integer(compute="_compute_field_missions")

    @api.depends("order_line.field_mission_id")
    def _compute_field_missions(self):
        for order in self:
            missions = order.order_line.field_mission_id
            order.field_mission_ids = missions
            order.field_mission_count = len(missions)

    def action_view_field_charges(self):
        """Open the charges of missions that this order carries."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_billing_bridge.field_charge_action"
        )
        action["domain"] = [("sale_order_id", "in", self.ids)]
        action["context"] = {}
        return action

    def _action_open_field_orders(self):
        """Return the action that shows these orders, as Odoo shows orders."""
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        if len(self) == 1:
            action.update(res_id=self.id, views=[(False, "form")], view_mode="form")
        action["domain"] = [("id", "in", self.ids)]
        action["context"] = {}
        return action

    def _update_field_delivery(self, sites):
        """Keep the delivery address true: the site while there is one, else the customer's."""
        self.ensure_one()
        if self.partner_shipping_id in (sites, self.partner_id) and len(sites) == 1:
            return
        if self.partner_shipping_id == self.partner_id:
            return
        # The tax position was chosen for these sites and is part of the order's key.
        self.write(
            {
                "partner_shipping_id": self.partner_id.id,
                "fiscal_position_id": self.fiscal_position_id.id,
            }
        )

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Hold the orders of missions first: of two accountants who press the button at the same
        time, the second one starts again and finds that there is nothing left."""
        own = self.filtered("field_group_key")
        if own:
            self.env.execute_query(
                SQL("SELECT id FROM sale_order WHERE id IN %s FOR UPDATE NOWAIT", tuple(own.ids))
            )
        return super()._create_invoices(grouped=grouped, final=final, date=date)

    def _create_account_invoices(self, invoice_vals_list, final):
        """Date the invoices by the last mission billed on each, whatever the order's first picking
        says."""
        lines_of = [
            [
                command[1]
                for _code, _id, line_vals in vals["invoice_line_ids"]
                for command in line_vals.get("sale_line_ids", ())
            ]
            for vals in invoice_vals_list
        ]
        every = self.env["sale.order.line"].browse({id_ for ids in lines_of for id_ in ids})
        for vals, line_ids in zip(invoice_vals_list, lines_of, strict=True):
            days = every.browse(line_ids).with_prefetch(every.ids)._get_service_dates()
            if days:
                vals["delivery_date"] = max(days)
        return super()._create_account_invoices(invoice_vals_list, final)

    def _get_update_prices_lines(self):
        """Frozen prices are not updated."""
        return super()._get_update_prices_lines().filtered(lambda line: not line.is_field_line)

    def _action_cancel(self):
        """A cancelled order gives its charges back: they are to bill again."""
        result = super()._action_cancel()
        self._free_field_charges()
        return result

    def unlink(self):
        """A deleted order gives its charges back too."""
        self._free_field_charges()
        return super().unlink()

    def _free_field_charges(self):
        """Take back what is not invoiced of these orders."""
        charges = self.sudo().order_line.field_charge_ids
        charges.filtered(
            lambda charge: charge.uom_id.is_zero(charge.quantity_invoiced)
        )._take_back()

    def _drop_empty_titles(self):
        """Remove the titles of missions that have no line left, and cancel orders left empty."""
        for order in self:
            lines = order.order_line
            titled = lines.filtered(lambda line: not line.display_type).field_mission_id
            titles = lines.filtered(lambda line: line.display_type and line.field_mission_id)
            titles.filtered_domain([("field_mission_id", "not in", titled.ids)]).unlink()
            if order.field_group_key and order.state == "sale" and not order.order_line:
                order.with_context(disable_cancel_warning=True)._action_cancel()
