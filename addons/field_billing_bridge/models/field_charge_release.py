from collections import defaultdict

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .. import rating


class FieldChargeRelease(models.Model):
    """From charges to confirmed sales orders, and back as long as nothing is invoiced.

    Everything on the order is Odoo's own: taxes, fiscal position, payment terms, addresses. What we
    fix is the price, frozen at validation, and the delivered quantity (``sale_order_line.py``).
    """

    _inherit = "field.charge"

    def action_release(self):
        """Put charges on sales orders, ready to be invoiced by Odoo's own buttons.

        Blocked charges stay where they are. Charges already on an order are left alone, so that
        pressing twice bills once.

        :return: the action that shows the orders, after a word on what stays blocked
        :raises UserError: when none of the charges can be billed, with the causes
        """
        self._check_may_bill()
        charges = self.sudo()
        charges._lock()
        charges = charges.filtered(lambda c: c.listed and not c.sale_line_id and not c.excluded)
        charges._refresh_blocking()
        ready = charges.filtered(lambda charge: charge.state == "to_release")
        if not ready:
            raise UserError(self._nothing_to_release_message(charges))
        orders = ready._release()
        action = orders.with_env(self.env)._action_open_field_orders()
        waiting = charges - ready
        return waiting._tell_waiting(action) if waiting else action

    def _tell_waiting(self, action):
        """Return an action that says what stays blocked before it goes on with another one."""
        causes = ", ".join(self.blocking_cause_ids.with_env(self.env).mapped("name"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": self.env._(
                    "Charges still blocked: %(count)s (%(causes)s).",
                    count=len(self),
                    causes=causes,
                ),
                "next": action,
            },
        }

    def _nothing_to_release_message(self, charges):
        lines = [
            f"{charge.display_name} : {cause.name}"
            for charge in charges[:20]
            for cause in charge.blocking_cause_ids
        ]
        if not lines:
            return self.env._("There is nothing left to bill here.")
        return self.env._("These charges can't be billed yet:\n%s", "\n".join(lines))

    def _release(self):
        """Carry free charges by order lines: new ones of open orders, or of new orders.

        :return: the confirmed ``sale.order`` records
        """
        orders = self._get_orders()
        self._create_order_lines(orders)
        self.write({"date_released": fields.Datetime.now()})
        drafts = (
            self.env["sale.order"]
            .union(*orders.values())
            .filtered(lambda order: order.state != "sale")
        )
        if drafts:
            # The parts have left the van: confirming must not send them a second time.
            drafts.with_context(skip_procurement=True).action_confirm()
        self._link_moves()
        return self.env["sale.order"].union(*orders.values())

    # ------------------------------------------------------------------ orders

    def _get_orders(self):
        """Return the order of each charge, making those that don't exist yet in one batch.

        :return: ``{field.charge: sale.order}``
        """
        positions = self.mission_id._get_fiscal_positions()
        keys = {charge: charge._get_order_key(positions[charge.mission_id.id]) for charge in self}
        by_key = defaultdict(self.browse)
        for charge, key in keys.items():
            by_key[key] |= charge
        found = self._find_open_orders(by_key)
        missing = [key for key in by_key if key not in found]
        orders = self.env["sale.order"].create(
            [
                by_key[key]._prepare_order_values(key, positions[by_key[key][0].mission_id.id])
                for key in missing
            ]
        )
        found.update(zip(missing, orders, strict=True))
        for key, charges in by_key.items():
            found[key]._update_field_delivery(charges.site_id)
        return {charge: found[key] for charge, key in keys.items()}

    def _find_open_orders(self, keys):
        """Return ``{key: sale.order}`` of the confirmed orders that may still grow."""
        orders = self.env["sale.order"].search(
            [
                ("field_group_key", "in", list(keys)),
                ("state", "=", "sale"),
                ("locked", "=", False),
            ],
            order="id",
        )
        return {order.field_group_key: order for order in orders}

    def _get_order_key(self, fiscal_position):
        """Return what charges must have in common to share an order (hook).

        The order number, the currency and the tax position are the order's: they always count.

        :param fiscal_position: ``account.fiscal.position`` of the work
        """
        self.ensure_one()
        mission = self.mission_id
        grouping = mission._get_billing_grouping()
        common = [
            grouping,
            self.company_id.id,
            mission._get_debtor().id,
            self.payer_id.id,
            self.contract_id.id,
            (self.customer_reference or "").strip(),
            self.currency_id.id,
            fiscal_position.id,
        ]
        if grouping == "mission":
            common.append(mission.id)
        else:
            common.append(f"{self.service_date:%Y-%m}")
            if grouping == "site":
                common.append(self.site_id.id)
        return "|".join(str(part or "") for part in common)

    def _prepare_order_values(self, key, fiscal_position):
        """Return the values of a new order for these charges (hook).

        :param key: what they have in common
        :param fiscal_position: ``account.fiscal.position`` of the work
        """
        mission = self.mission_id[0]
        debtor = mission._get_debtor()
        sites = self.site_id
        pricelist = mission._get_billing_pricelist()
        origins = self.mission_id.mapped("name")
        values = {
            "company_id": self.company_id.id,
            "partner_id": debtor.id,
            "partner_invoice_id": (self.payer_id[:1] or debtor).id,
            "partner_shipping_id": (sites if len(sites) == 1 else debtor).id,
            "fiscal_position_id": fiscal_position.id,
            "client_order_ref": (self[0].customer_reference or "").strip() or False,
            "origin": ", ".join(origins[:3]) + ("…" if len(origins) > 3 else ""),
            "field_group_key": key,
            # The work is done: nobody has to sign or pay for the order to stand.
            "require_signature": False,
            "require_payment": False,
        }
        if pricelist:
            values["pricelist_id"] = pricelist.id
        return values

    # ------------------------------------------------------------------ lines

    def _create_order_lines(self, orders):
        """Make the lines of these charges: a title for each mission, then a line for each charge.

        :param orders: ``{field.charge: sale.order}``
        """
        places = {}
        for charge in self.sorted(lambda c: (c.service_date, c.mission_id.id, c.sequence, c.id)):
            places.setdefault((orders[charge], charge.mission_id), []).append(charge)
        last = self._get_last_sequences({order for order, _mission in places})
        values, carried = [], []
        for (order, mission), charges in places.items():
            last[order] += 1
            values.append(self._prepare_title_values(order, mission, last[order]))
            carried.append(None)
            for charge in charges:
                last[order] += 1
                values.append(charge._prepare_line_values(order, last[order]))
                carried.append(charge)
        lines = (
            self.env["sale.order.line"]
            # Our titles say what was added; the parts have left the van already.
            .with_context(sale_no_log_for_new_lines=True, skip_procurement=True)
            .create(values)
        )
        for charge, line in zip(carried, lines, strict=True):
            if charge:
                charge.sale_line_id = line

    def _get_last_sequences(self, orders):
        """Return ``{sale.order: highest sequence of its lines}``."""
        found = dict(
            self.env["sale.order.line"]._read_group(
                [("order_id", "in", [order.id for order in orders])],
                ["order_id"],
                ["sequence:max"],
            )
        )
        return {order: found.get(order) or 0 for order in orders}

    def _prepare_title_values(self, order, mission, sequence):
        """Return the values of the line that titles a mission's charges (hook)."""
        lang = order._get_lang()
        translated = mission.with_context(lang=lang)
        day = self.filtered(lambda charge: charge.mission_id == mission)[:1].service_date
        return {
            "order_id": order.id,
            "display_type": "line_section",
            "sequence": sequence,
            "field_mission_id": mission.id,
            "name": translated.env._(
                "%(mission)s, %(day)s – %(service)s – %(site)s",
                mission=mission.name,
                day=format_date(translated.env, day),
                service=translated.service_type_id.name,
                site=translated._get_site_label(),
            ),
        }

    def _prepare_line_values(self, order, sequence):
        """Return the values of the order line that carries one charge (hook)."""
        self.ensure_one()
        lang = order._get_lang()
        charge = self.with_context(lang=lang)
        product = charge.product_id
        price = charge.currency_id._convert(
            charge.price_unit,
            order.currency_id,
            charge.company_id,
            charge.service_date,
            round=False,
        )
        detail = rating.line_text(
            charge.explanation_data, charge._format_quantity(), charge._translate_core
        )
        name = product.get_product_multiline_description_sale()
        values = {
            "order_id": order.id,
            "sequence": sequence,
            "is_field_line": True,
            "field_mission_id": charge.mission_id.id,
            "product_id": product.id,
            "name": f"{name}\n{detail}" if detail else name,
            "product_uom_qty": charge.quantity,
            "product_uom_id": charge.uom_id.id,
            # Frozen at validation; price lists with visible discounts must not discount it again.
            "price_unit": product.with_company(
                charge.company_id
            )._get_tax_included_unit_price_from_price(
                price,
                product_taxes=product.taxes_id._filter_taxes_by_company(charge.company_id),
                fiscal_position=order.fiscal_position_id,
            ),
            "discount": 0.0,
        }
        analytic = charge.contract_id.analytic_account_id
        if analytic:
            values["analytic_distribution"] = {str(analytic.id): 100}
        return values

    def _link_moves(self):
        """Give the van's done moves their order line: delivered quantity, valuation and cost of
        goods sold are then Odoo's own."""
        line_of = {
            material: charge.sale_line_id for charge in self for material in charge.material_ids
        }
        moves = self._get_done_moves()
        # One prefetch for all: each move gets a line of its own.
        for move in moves.browse(moves.ids):
            move.write({"sale_line_id": line_of[move.field_material_id].id})
        returned = moves.filtered("field_material_id.is_return")
        if returned:
            returned.write({"to_refund": True})

    # ------------------------------------------------------------------ back

    def action_take_back(self):
        """Take charges off their orders again, as long as nothing of them is invoiced.

        :raises UserError: for a charge on an invoice: a credit note frees it
        """
        self._check_may_bill()
        charges = self.sudo()
        charges._lock()
        charges.filtered("sale_line_id")._take_back()
        return True

    def _take_back(self):
        """Free these charges; lines that were never invoiced go, the others stay at 0."""
        billed = self.filtered(lambda charge: not charge.uom_id.is_zero(charge.quantity_invoiced))
        if billed:
            invoices = billed.sale_line_id.invoice_lines.move_id
            raise UserError(
                self.env._(
                    "%(charge)s is invoiced (%(invoices)s). Delete the draft invoice, or make a"
                    " credit note, first.",
                    charge=billed[0].display_name,
                    invoices=", ".join(invoices.mapped("display_name")),
                )
            )
        lines = self.sale_line_id
        self._get_done_moves().write({"sale_line_id": False})
        self.write({"sale_line_id": False, "date_released": False})
        lines._drop_field_lines()
        self._refresh_blocking()
