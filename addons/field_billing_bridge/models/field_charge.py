from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount, formatLang
from odoo.tools.translate import get_translation

from .. import rating
from .field_billing_rule import to_decimal

# Groups whose members may put charges on orders and leave them out.
BILLERS = ("account.group_account_invoice", "sales_team.group_sale_salesman")
# What says nothing against billing a trip that the customer wasted.
TRIP_IGNORES = ("not_done", "not_validated")
# Charges that wait for someone, by their code in the core.
OWN_CAUSES = {
    "none": "no_rule",
    "no_time": "no_time",
    "part_unknown": "part_unknown",
    "part_return": "part_return",
}


class FieldCharge(models.Model):
    """One billable fact of a mission, frozen with its rule when the mission is validated.

    Nobody writes a charge: it is made by the validation, carried by an order line at release, and
    its state follows from there to the invoice and back. See ``rating.py`` for the amounts.
    """

    _name = "field.charge"
    _description = "Charge of a mission"
    _order = "service_date desc, mission_id desc, sequence, id"
    _rec_name = "source"
    _check_company_auto = True

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True, index=True
    )
    partner_id = fields.Many2one(
        related="mission_id.partner_id", string="Customer", store=True, precompute=True
    )
    payer_id = fields.Many2one(
        related="mission_id.payer_id", string="Invoiced to", store=True, precompute=True
    )
    contract_id = fields.Many2one(
        related="mission_id.contract_id", store=True, precompute=True, index="btree_not_null"
    )
    site_id = fields.Many2one(related="mission_id.site_id", store=True, precompute=True)
    service_type_id = fields.Many2one(
        related="mission_id.service_type_id", store=True, precompute=True
    )
    customer_reference = fields.Char(
        related="mission_id.request_id.customer_reference",
        string="Customer's order number",
        store=True,
        precompute=True,
    )
    sequence = fields.Integer(default=10, readonly=True)
    source = fields.Char(
        required=True, readonly=True, help="Which fact of the mission this is; it is owed once."
    )
    kind = fields.Selection(
        [
            ("fixed", "Fixed price"),
            ("time", "Time spent"),
            ("unit", "Price per unit"),
            ("none", "No price"),
            ("travel", "Travel"),
            ("material", "Part"),
            ("wasted", "Wasted trip"),
        ],
        required=True,
        readonly=True,
    )
    rule_id = fields.Many2one(
        "field.billing.rule", readonly=True, ondelete="restrict",
        index="btree_not_null",
    )  # fmt: skip
    product_id = fields.Many2one(
        "product.product", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    service_date = fields.Date(readonly=True, index=True, help="Local day of the work.")
    facts = fields.Json(readonly=True, help="What was counted, as it was at validation.")
    explanation_data = fields.Json(readonly=True)
    explanation = fields.Char(compute="_compute_explanation", string="How it is worked out")
    quantity = fields.Float(digits="Product Unit", readonly=True, required=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    price_unit = fields.Float(
        string="Unit price", min_display_digits="Product Price", readonly=True
    )
    amount = fields.Monetary(
        compute="_compute_amount", store=True, precompute=True, help="Without taxes."
    )
    listed = fields.Boolean(
        default=True, readonly=True, help="The customer sees a line for it, even at 0."
    )
    material_ids = fields.Many2many(
        "field.mission.material", string="Parts", readonly=True, help="Used, and taken back."
    )

    state = fields.Selection(
        [
            ("blocked", "Blocked"),
            ("to_release", "To bill"),
            ("released", "On order"),
            ("invoicing", "Draft invoice"),
            ("invoiced", "Invoiced"),
            ("excluded", "Left out"),
            ("included", "Included"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )
    blocking_cause_ids = fields.Many2many("field.billing.cause", string="Blocked by", readonly=True)
    blocking_who = fields.Char(compute="_compute_blocking_who", string="Lifted by")
    excluded = fields.Boolean(string="Left out", readonly=True)
    exclusion_reason = fields.Char(readonly=True)
    excluded_by_id = fields.Many2one("res.users", string="Left out by", readonly=True)
    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Order line",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    sale_order_id = fields.Many2one(
        related="sale_line_id.order_id", string="Sales order", store=True, index="btree_not_null"
    )
    date_released = fields.Datetime(string="Put on order on", readonly=True)
    quantity_invoiced = fields.Float(
        compute="_compute_quantity_invoiced",
        store=True,
        digits="Product Unit",
        string="Invoiced quantity",
        help="On draft and posted invoices, less credit notes.",
    )
    quantity_posted = fields.Float(
        compute="_compute_quantity_invoiced",
        store=True,
        digits="Product Unit",
        string="Quantity on posted invoices",
    )
    invoice_line_ids = fields.Many2many(
        "account.move.line", compute="_compute_invoice_line_ids", string="Invoice lines"
    )

    _source_unique = models.UniqueIndex(
        "(mission_id, source)", "This fact of the mission is charged already."
    )
    _to_bill_idx = models.Index("(company_id, payer_id) WHERE state IN ('blocked', 'to_release')")

    # ------------------------------------------------------------------ computed fields

    @api.depends("quantity", "price_unit", "currency_id")
    def _compute_amount(self):
        for charge in self:
            charge.amount = float(
                charge._get_precision().amount_of(
                    to_decimal(charge.quantity) * to_decimal(charge.price_unit)
                )
            )

    @api.depends("explanation_data", "quantity", "price_unit", "currency_id", "product_id")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for charge in self:
            data = charge.explanation_data or {}
            if not data:
                charge.explanation = False
                continue
            text = rating.explain(
                data, charge._format_quantity(), charge._format_price(), self._translate_core
            )
            if charge.kind == rating.MATERIAL and charge.product_id:
                text = f"{charge.product_id.display_name} – {text}"
            charge.explanation = text

    @api.depends("blocking_cause_ids.who")
    def _compute_blocking_who(self):
        for charge in self:
            who = dict.fromkeys(filter(None, charge.blocking_cause_ids.mapped("who")))
            charge.blocking_who = ", ".join(who)

    @api.depends(
        "quantity",
        "sale_line_id",
        "sale_line_id.qty_invoiced",
        "sale_line_id.invoice_lines.move_id.state",
        "sale_line_id.invoice_lines.quantity",
        "sale_line_id.field_charge_ids.quantity",
    )
    def _compute_quantity_invoiced(self):
        """Share what was invoiced of an order line among its charges, oldest first."""
        (self - self.filtered("sale_line_id")).update(
            {"quantity_invoiced": 0.0, "quantity_posted": 0.0}
        )
        for line, charges in self.filtered("sale_line_id").grouped("sale_line_id").items():
            shares = line._share_invoiced_quantity()
            for charge in charges:
                charge.quantity_invoiced, charge.quantity_posted = shares.get(
                    charge._origin.id or charge.id, (0.0, 0.0)
                )

    @api.depends(
        "excluded", "listed", "blocking_cause_ids", "sale_line_id", "sale_line_id.state",
        "quantity", "quantity_invoiced", "quantity_posted",
    )  # fmt: skip
    def _compute_state(self):
        for charge in self:
            if charge.sale_line_id:
                charge.state = charge._get_carried_state()
            elif charge.excluded:
                charge.state = "excluded"
            elif not charge.listed:
                charge.state = "included"
            else:
                charge.state = "blocked" if charge.blocking_cause_ids else "to_release"

    def _get_carried_state(self):
        """Return the state of one charge that an order line carries."""
        uom = self.uom_id
        if uom.compare(self.quantity_posted, self.quantity) >= 0:
            return "invoiced"
        if uom.compare(self.quantity_invoiced, self.quantity) >= 0:
            return "invoicing"
        return "released"

    @api.depends("quantity_invoiced", "sale_line_id.invoice_lines")
    def _compute_invoice_line_ids(self):
        for charge in self:
            lines = charge.sale_line_id.sudo().invoice_lines.filtered(
                lambda line: (
                    line.move_id.move_type == "out_invoice"
                    and line.parent_state != "cancel"
                    and line.move_id.payment_state != "reversed"
                )
            )
            # A credit note took everything back: no line holds the charge any more.
            charge.invoice_line_ids = lines if charge.quantity_invoiced else False

    @api.depends("mission_id", "product_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for charge in self:
            what = charge.product_id.display_name or kinds.get(charge.kind, "")
            charge.display_name = f"{charge.mission_id.name or ''} · {what}"

    def _get_precision(self):
        """Return how finely quantities and amounts of one charge are rounded."""
        return rating.Precision(
            quantity=self.env["decimal.precision"].precision_get("Product Unit"),
            amount=self.currency_id.decimal_places if self.currency_id else 2,
        )

    def _format_quantity(self):
        """Return one quantity as a person writes it: no decimals where there are none."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        if self.quantity == int(self.quantity):
            digits = 0
        return formatLang(self.env, self.quantity, digits=digits)

    def _format_price(self):
        """Return one unit price with its currency, and with all of its decimals."""
        currency = self.currency_id
        digits = -to_decimal(self.price_unit).normalize().as_tuple().exponent
        if digits <= currency.decimal_places:
            return format_amount(self.env, self.price_unit, currency)
        return formatLang(self.env, self.price_unit, digits=min(digits, 6), currency_obj=currency)

    @api.model
    def _translate_core(self, source, **values):
        """Say a sentence of the core in the current language."""
        lang = self.env.lang or "en_US"
        return get_translation("field_billing_bridge", lang, source, values)

    # ------------------------------------------------------------------ making charges

    @api.model
    def _create_for(self, missions):
        """Work out and freeze what missions owe: all of it once validated, wasted trips before.

        Facts that have their charge already are left as they are.

        :param missions: ``field.mission``, read as superuser
        :return: the new charges
        """
        missions = missions.sudo()
        if not missions:
            return self.browse()
        values = self._prepare_charge_values(missions)
        charges = self.sudo().create(values)
        charges._refresh_blocking()
        return charges

    def _prepare_charge_values(self, missions, estimate=False):
        """Return the values of the charges that these missions still lack.

        :param estimate: also of missions that are not validated
        """
        if not missions:
            return []
        facts = missions._get_billing_facts()
        rules = missions._get_billing_rules()
        known = {
            (charge.mission_id.id, charge.source)
            for charge in self.sudo().search_fetch(
                [("mission_id", "in", missions.ids)], ["mission_id", "source"]
            )
        }
        rated = []
        for mission in missions:
            core_facts = mission._to_rating_facts(facts[mission.id], estimate=estimate)
            rated += [
                (mission, charge)
                for charge in rating.rate(rules[mission.id], core_facts, self._get_precision())
                if (mission.id, charge.source) not in known
            ]
        prices = self._get_list_prices(rated)
        return [
            self._prepare_one_charge(mission, charge, facts[mission.id], prices, index)
            for index, (mission, charge) in enumerate(rated)
        ]

    def _prepare_one_charge(self, mission, charge, facts, prices, index):
        """Return the values of one charge (hook).

        :param charge: ``rating.Charge``
        :param facts: what ``_get_billing_facts()`` said of the mission
        :param prices: of ``_get_list_prices``
        :param index: place among the charges made together
        """
        day = mission._get_service_date()
        currency = mission._get_billing_currency()
        product = self.env["product.product"].browse(self._product_of(charge) or [])
        rule = self.env["field.billing.rule"].browse(
            charge.rule if isinstance(charge.rule, int) else []
        )
        if charge.price is None and product:
            charge = rating.with_price(charge, to_decimal(prices[mission, charge.source]))
        price = float(charge.price or 0)
        if rule and charge.data.get("price_source") == "rule":
            price = rule.currency_id._convert(price, currency, mission.company_id, day, round=False)
        material_ids = [key for key in (charge.part, *charge.returns) if key]
        uom = self._uom_of(charge) or product.uom_id
        return {
            "mission_id": mission.id,
            "source": charge.source,
            "sequence": index,
            "kind": charge.kind,
            "rule_id": rule.id,
            "product_id": product.id,
            "quantity": float(charge.quantity),
            "uom_id": uom.id,
            "price_unit": price,
            "currency_id": currency.id,
            "service_date": day,
            "listed": charge.listed,
            "explanation_data": dict(charge.data),
            "facts": self._facts_behind(charge, facts),
            "material_ids": [fields.Command.set(material_ids)],
        }

    def _as_values(self):
        """Return these charges as ``_prepare_charge_values`` returns new ones."""
        names = ("quantity", "price_unit", "listed", "explanation_data")
        return [
            {
                **{name: charge[name] for name in names},
                **{
                    name: charge[name].id
                    for name in ("mission_id", "product_id", "uom_id", "currency_id")
                },
            }
            for charge in self.sorted(lambda charge: (charge.sequence, charge.id))
        ]

    @api.model
    def _prepare_price_line(self, vals, product):
        """Return one line of prices for a customer, see ``_get_price_lines``."""
        charge = self.new({**vals, "product_id": product.id})
        detail = rating.line_text(
            vals["explanation_data"], charge._format_quantity(), self._translate_core
        )
        return {
            "name": f"{product.display_name} – {detail}" if detail else product.display_name,
            "quantity": charge.quantity,
            "uom": charge.uom_id.name,
            "price_unit": charge.price_unit,
            "subtotal": charge.amount,
            "currency": charge.currency_id,
        }

    @api.model
    def _product_of(self, charge):
        """Return the product id of a core charge; parts carry their unit beside it."""
        product = charge.product
        return product[0] if isinstance(product, tuple) else product

    @api.model
    def _uom_of(self, charge):
        """Return the unit of a core charge's part; empty: the product's own."""
        product = charge.product
        return self.env["uom.uom"].browse(product[1] if isinstance(product, tuple) else [])

    @api.model
    def _facts_behind(self, charge, facts):
        """Return the facts that one charge rests on, ready for JSON."""
        if charge.kind == rating.TIME:
            kept = [
                fact
                for fact in facts
                if fact["kind"] == "time" and fact["time_kind"] in charge.data["kinds"]
            ]
        elif charge.kind == rating.MATERIAL:
            keys = {charge.part, *charge.returns}
            kept = [f for f in facts if f["kind"] == "material" and f["res_id"] in keys]
        elif charge.kind == rating.UNIT:
            kept = [
                fact
                for fact in facts
                if fact["kind"] == "count" and fact["counter"] == charge.data["counter"]
            ]
        elif charge.kind == rating.WASTED:
            kept = [f for f in facts if f["kind"] == "trip" and charge.source == f["source"]]
        else:
            kept = [fact for fact in facts if fact["kind"] == "visit"]
        return [
            {
                name: value.isoformat(" ") if hasattr(value, "isoformat") else value
                for name, value in fact.items()
            }
            for fact in kept
        ]

    @api.model
    def _get_list_prices(self, rated):
        """Return the price list's price of each charge that no rule prices.

        :param rated: list of ``(field.mission, rating.Charge)``
        :return: ``{(mission, source): price in the mission's billing currency}``
        """
        wanted = defaultdict(list)
        for mission, charge in rated:
            product_id = self._product_of(charge)
            if charge.price is not None or not product_id:
                continue
            key = (
                mission._get_billing_pricelist(),
                mission.company_id,
                mission._get_service_date(),
                charge.quantity,
                self._uom_of(charge),
            )
            wanted[key].append((mission, charge, product_id))
        prices = {}
        for (pricelist, company, day, quantity, uom), group in wanted.items():
            products = self.env["product.product"].browse({row[2] for row in group})
            found = pricelist.with_company(company)._get_products_price(
                products.with_company(company),
                quantity=float(quantity),
                uom=uom,
                date=day,
                currency=pricelist.currency_id or company.currency_id,
            )
            for mission, charge, product_id in group:
                prices[mission, charge.source] = found[product_id]
        return prices

    # ------------------------------------------------------------------ what blocks

    def _refresh_blocking(self):
        """Look again at what keeps these charges from being billed; carried ones are past it."""
        charges = self.sudo().filtered(lambda c: not c.sale_line_id and not c.excluded and c.listed)
        of_missions = charges.mission_id._get_billing_blockers()
        found = {}
        sentences = {}
        for charge in charges:
            blockers = [
                blocker
                for blocker in of_missions.get(charge.mission_id.id, ())
                if charge.kind != rating.WASTED or blocker[0] not in TRIP_IGNORES
            ]
            blockers += charge._get_own_blockers()
            found[charge] = [code for code, _sentence, _who in blockers]
            sentences.update({code: (sentence, who) for code, sentence, who in blockers})
        causes = self.env["field.billing.cause"]._get_by_code(sentences)
        # By value: a many2many written charge by charge costs an insert each.
        changed = {}
        for charge, codes in found.items():
            ids = tuple(causes[code].id for code in dict.fromkeys(codes))
            if set(ids) != set(charge.blocking_cause_ids.ids):
                changed[ids] = changed.get(ids, self.browse()) | charge
        for ids, group in changed.items():
            group.blocking_cause_ids = [fields.Command.set(ids)]

    def _get_own_blockers(self):
        """Return what blocks this one charge and not its whole mission (hook).

        :return: ``[(code, sentence, who), …]``
        """
        self.ensure_one()
        code = OWN_CAUSES.get((self.explanation_data or {}).get("code"))
        if code:
            return [(code, code, False)]
        if self._is_price_missing():
            return [("no_price", "no_price", False)]
        if self._is_stock_waiting():
            return [("stock", "stock", False)]
        return []

    def _is_stock_waiting(self):
        """Tell whether a part of this charge has not left (or come back to) the stock yet."""
        return any(
            material.product_id.type == "consu" and "done" not in material.move_ids.mapped("state")
            for material in self.material_ids
        )

    def _is_price_missing(self):
        """Tell whether the price list gave no price to what is billable."""
        data = self.explanation_data or {}
        billable = data.get("billing", rating.BILLABLE) == rating.BILLABLE
        return (
            billable
            and data.get("price_source") == "pricelist"
            and self.currency_id.is_zero(self.price_unit)
        )

    def _get_done_moves(self):
        """Return the done stock moves of the parts of these charges."""
        return self.material_ids.move_ids.filtered(lambda move: move.state == "done")

    @api.model
    def _cron_refresh_blocking(self, batch=500):
        """Look again at blocked charges: what blocked them may have been lifted elsewhere."""
        charges = self.search([("state", "=", "blocked")], order="write_date, id", limit=batch)
        charges._refresh_blocking()

    # ------------------------------------------------------------------ actions

    def _check_may_bill(self):
        """Refuse people who don't bill; reading a charge is not enough to bill it.

        :raises AccessError: for anybody but accountants and salespeople
        """
        self.check_access("read")
        if self.env.su or any(self.env.user.has_group(group) for group in BILLERS):
            return
        raise AccessError(self.env._("Only accountants and salespeople bill missions."))

    def _lock(self):
        """Hold these charges until the end of the transaction: nobody else bills them meanwhile.

        A charge held by someone else makes the transaction start again (Odoo retries it), and it
        then sees what the other one did.
        """
        if self:
            self.env.execute_query(
                SQL("SELECT id FROM field_charge WHERE id IN %s FOR UPDATE NOWAIT", tuple(self.ids))
            )
            self.invalidate_recordset(["sale_line_id", "excluded", "state"])

    def action_refresh(self):
        """Look again at what blocks these charges."""
        self._check_may_bill()
        self._refresh_blocking()
        return True

    def action_exclude(self, reason):
        """Leave charges out of billing, for a reason that stays written.

        :param reason: why, in words
        :raises UserError: without a reason, or for a charge that is on an order
        """
        self._check_may_bill()
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why these charges are left out."))
        charges = self.sudo()
        charges._lock()
        carried = charges.filtered("sale_line_id")
        if carried:
            raise UserError(
                self.env._(
                    "%(charge)s is on %(order)s: take it off the order first.",
                    charge=carried[0].display_name,
                    order=carried[0].sale_order_id.name,
                )
            )
        charges.write(
            {"excluded": True, "exclusion_reason": reason, "excluded_by_id": self.env.uid}
        )
        return True

    def action_include(self):
        """Take charges that were left out back into billing."""
        self._check_may_bill()
        charges = self.sudo().filtered("excluded")
        charges.write({"excluded": False, "exclusion_reason": False, "excluded_by_id": False})
        charges._refresh_blocking()
        return True

    def action_open_exclude(self):
        """Ask for the reason why these charges are left out."""
        self._check_may_bill()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leave out of billing"),
            "res_model": "field.charge.exclude",
            "view_mode": "form",
            "target": "new",
            "context": {"default_charge_ids": [fields.Command.set(self.ids)]},
        }

    def action_rate_again(self):
        """Work out the free charges of these missions again, with the rules of today.

        What is on an order keeps its price. The reason to do so: a rule was missing or wrong.
        """
        self._check_may_bill()
        missions = self.sudo().mission_id
        free = missions.charge_ids.filtered(lambda c: not c.sale_line_id and not c.excluded)
        free._lock()
        free.unlink()
        self.env["field.charge"]._create_for(missions)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Missions worked out again: %s.", len(missions)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_mission(self):
        """Open the mission of one charge."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "view_mode": "form",
        }

    def action_view_sale_order(self):
        """Open the sales orders that carry these charges."""
        self.check_access("read")
        return self.sudo().sale_order_id.with_env(self.env)._action_open_field_orders()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_carried(self):
        carried = self.filtered("sale_line_id")
        if carried:
            raise UserError(
                self.env._(
                    "%(charge)s is on %(order)s: it can't be deleted.",
                    charge=carried[0].display_name,
                    order=carried[0].sale_order_id.name,
                )
            )
