from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import rating
from .field_contract import BILLING_GROUPS

# Incidents that make a trip a wasted one, when the customer caused them.
TRIP_KINDS = ("no_access", "customer_absent")
GIVEN_UP = ("replan", "cancel")


class FieldMission(models.Model):
    _inherit = "field.mission"

    charge_ids = fields.One2many(
        "field.charge", "mission_id", string="Charges", groups=BILLING_GROUPS
    )
    billing_state = fields.Selection(
        [
            ("nothing", "Nothing to bill"),
            ("blocked", "Blocked"),
            ("to_bill", "To bill"),
            ("partly", "Partly billed"),
            ("billed", "Billed"),
        ],
        string="Billing",
        compute="_compute_billing_state",
        store=True,
        index="btree_not_null",
        help="Follows from the charges: nobody types it.",
    )
    billing_blocker_text = fields.Text(
        compute="_compute_billing_blocker_text", string="Before it can be billed"
    )
    amount_charged = fields.Monetary(
        compute="_compute_amount_charged",
        currency_field="billing_currency_id",
        string="Charged",
        groups=BILLING_GROUPS,
        help="Without taxes, less what was left out.",
    )
    billing_currency_id = fields.Many2one(
        "res.currency", compute="_compute_amount_charged", groups=BILLING_GROUPS
    )

    # ------------------------------------------------------------------ computed fields

    @api.depends("state", "validated", "charge_ids.state", "charge_ids.quantity_posted")
    def _compute_billing_state(self):
        for mission in self:
            mission.billing_state = mission._get_billing_state()

    def _get_billing_state(self):
        """Return the billing state of one mission from the states of its charges."""
        states = set(self.charge_ids.mapped("state")) - {"excluded", "included"}
        if not states:
            if self.validated:
                return "nothing"
            # Done work that the office has not looked at is money waiting.
            return "blocked" if self.state == "done" else False
        if states == {"invoiced"}:
            return "billed"
        if "invoiced" in states or any(self.charge_ids.mapped("quantity_posted")):
            return "partly"
        return "blocked" if "blocked" in states else "to_bill"

    @api.depends("billing_state")
    def _compute_billing_blocker_text(self):
        missions = self.filtered(lambda m: m.billing_state == "blocked")
        blockers = missions._get_billing_blockers() if missions else {}
        for mission in self:
            rows = [
                (sentence, who)
                for _code, sentence, who in blockers.get(mission.id or mission._origin.id, ())
            ]
            # Which cause, not how much: everybody who can lift one may read it.
            causes = (
                mission.sudo()
                .charge_ids.filtered(lambda charge: charge.state == "blocked")
                .blocking_cause_ids
            )
            known = {code for code, _s, _w in blockers.get(mission.id, ())}
            rows += [(c.name, c.who) for c in causes.sudo() if c.code not in known]
            mission.billing_blocker_text = "\n".join(
                f"{sentence} ({who})" if who else sentence for sentence, who in rows
            )

    @api.depends("charge_ids.amount", "charge_ids.state")
    def _compute_amount_charged(self):
        for mission in self:
            charges = mission.charge_ids.filtered(lambda c: c.state != "excluded")
            mission.amount_charged = sum(charges.mapped("amount"))
            mission.billing_currency_id = charges[:1].currency_id or mission.company_id.currency_id

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse a billing state that somebody typed."""
        for vals in vals_list:
            self._refuse_billing_state(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse a billing state that somebody typed."""
        self._refuse_billing_state(vals)
        return super().write(vals)

    @api.model
    def _refuse_billing_state(self, vals):
        if vals.get("billing_state"):
            raise UserError(
                self.env._("The billing state follows from the charges: it can't be typed.")
            )
        vals.pop("billing_state", None)

    # ------------------------------------------------------------------ hooks of field_mission

    def _after_transition(self, step):
        """Freeze the charges of validated missions; give up those of a withdrawn validation."""
        result = super()._after_transition(step)
        if step.name in ("validate", "reschedule", "cancel"):
            self.env["field.charge"]._create_for(self)
        elif step.name == "unvalidate":
            self._withdraw_charges()
        return result

    def _withdraw_charges(self):
        """Take the charges of these missions off their orders and delete them.

        :raises UserError: when one of them is invoiced
        """
        charges = self.sudo().charge_ids
        charges._lock()
        charges.filtered("sale_line_id")._take_back()
        charges.unlink()

    def _get_billing_facts(self):
        """Add the trips that customers wasted, and what checklists counted."""
        facts = super()._get_billing_facts()
        for mission in self.sudo():
            rows = facts[mission.id]
            for incident in mission._get_wasted_trips():
                rows.append(
                    {
                        "kind": "trip",
                        "source": f"trip:{incident.id}",
                        "res_id": incident.id,
                        "reason": incident.kind,
                        "given_up": mission._is_given_up(incident),
                    }
                )
            for counter, quantity in mission._get_counts().items():
                rows.append({"kind": "count", "counter": counter, "quantity": float(quantity)})
        return facts

    def _get_billing_blockers(self):
        """Add the missing order number where the customer wants one."""
        found = super()._get_billing_blockers()
        for mission in self:
            # The customer's card is not every planner's to read in full.
            private = mission.sudo()
            wanted = (
                private.contract_id.order_reference_required
                or private.partner_id.commercial_partner_id.field_order_reference_required
                or private.payer_id.commercial_partner_id.field_order_reference_required
            )
            if wanted and not (private.customer_reference or "").strip():
                found[mission.id].append(
                    (
                        "order_reference",
                        self.env._("The customer wants their order number on the invoice."),
                        self.env._("Planner"),
                    )
                )
        return found

    def _get_price_lines(self):
        """Add the lines of what each mission owes, for customers who read prices on reports.

        Before the validation they are worked out from the facts as they stand.
        """
        found = super()._get_price_lines()
        missions = self.sudo().filtered(lambda mission: mission._shows_prices())
        for mission_id, rows in missions._estimate_charges().items():
            found[mission_id] += rows
        return found

    def _shows_prices(self):
        """Tell whether the customer of one mission reads prices on its report."""
        customer = self.partner_id
        return (customer | customer.commercial_partner_id).filtered("field_prices_on_report")

    def _estimate_charges(self):
        """Return what missions owe, charged or not yet, as ``_get_price_lines`` shows it."""
        charges = self.env["field.charge"]
        pending = self.filtered(lambda mission: not mission.charge_ids)
        values = [
            *charges._prepare_charge_values(pending, estimate=True),
            *self.charge_ids.filtered(lambda charge: charge.state != "excluded")._as_values(),
        ]
        found = {mission.id: [] for mission in self}
        for vals in values:
            product = self.env["product.product"].browse(vals["product_id"] or [])
            if vals["listed"] and product:
                found[vals["mission_id"]].append(charges._prepare_price_line(vals, product))
        return found

    # ------------------------------------------------------------------ facts for the core

    def _get_wasted_trips(self):
        """Return the incidents of one mission that made a trip of ours useless."""
        return self.incident_ids.filtered(
            lambda incident: incident.customer_caused and incident.kind in TRIP_KINDS
        )

    def _is_given_up(self, incident):
        """Tell whether an incident ended the visit that the mission was done by; an earlier visit
        that came to nothing does not."""
        last = not self.actual_start or incident.date >= self.actual_start
        return incident.outcome in GIVEN_UP and last

    def _get_counts(self):
        """Return what one mission counted: visits, people, numbers of the checklist.

        :return: ``{counter: Decimal}``, counters as billing rules name them
        """
        people = self.time_ids.filtered(lambda line: line.kind == "on_site").employee_id
        counts = defaultdict(Decimal, visit=Decimal(1), person=Decimal(len(people) or 1))
        normalize = self.env["field.billing.rule"]._normalize_counter
        for check in self.check_ids - self._get_hidden_checks():
            if check.kind == "number" and check.result in ("ok", "fail"):
                counts[normalize(check.name)] += Decimal(repr(check.value_number))
        return counts

    def _to_rating_facts(self, rows, estimate=False):
        """Return the facts of one mission as the pure core knows them.

        A mission that is not validated owes nothing yet but the trips that were wasted.

        :param rows: its entry of ``_get_billing_facts()``
        :param estimate: as if it were validated
        """
        trips = [row for row in rows if row["kind"] == "trip"]
        partners = self.partner_id | self.payer_id
        partners |= partners.commercial_partner_id
        common = {
            "contract": self.contract_id.id or None,
            "service_type": self.service_type_id.id,
            "partners": frozenset(partners.ids),
            "day": self._get_service_date(),
            "trips": tuple(rating.Trip(row["res_id"], row["reason"]) for row in trips),
        }
        if not (self.validated or estimate):
            return rating.Facts(performed=False, **common)
        return rating.Facts(
            performed=not any(row["given_up"] for row in trips),
            segments=tuple(
                rating.Segment(row["employee_id"], row["time_kind"], round(row["hours"] * 3600))
                for row in rows
                if row["kind"] == "time"
            ),
            counts={
                row["counter"]: Decimal(repr(row["quantity"]))
                for row in rows
                if row["kind"] == "count"
            },
            parts=tuple(
                rating.Part(
                    key=row["res_id"],
                    product=(row["product_id"], row["uom_id"]) if row["product_id"] else None,
                    quantity=Decimal(repr(row["quantity"])),
                    billing=row["billing"],
                    label=row["description"] or "",
                )
                for row in rows
                if row["kind"] == "material"
            ),
            **common,
        )

    def _get_billing_rules(self):
        """Return the rules that may price each mission, from one search.

        :return: ``{mission_id: [rating.Rule, …]}``, criteria still to be matched
        """
        rules = (
            self.env["field.billing.rule"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("contract_id", "in", [False, *self.contract_id.ids]),
                ]
            )
        )
        core = dict(zip(rules, rules._to_core(), strict=True))
        by_place = rules.grouped(lambda rule: (rule.company_id.id, rule.contract_id.id))
        last_resort = {
            service_type: service_type._to_billing_fallback()
            for service_type in self.service_type_id
        }
        found = {}
        for mission in self:
            company = mission.company_id.id
            places = {(company, False), (company, mission.contract_id.id)}
            found[mission.id] = [
                core[rule] for place in places for rule in by_place.get(place, ())
            ] + last_resort[mission.service_type_id]
        return found

    # ------------------------------------------------------------------ terms

    def _get_service_date(self):
        """Return the local day on which one mission's work ended: the service date of its bill."""
        self.ensure_one()
        moment = self.actual_end or self.actual_start or self.planned_start or self.write_date
        tz = self.site_id._get_site_tz()
        return fields.Datetime.context_timestamp(self.with_context(tz=tz), moment).date()

    def _get_debtor(self):
        """Return the customer of one mission's order: who pays, when that is another company."""
        self.ensure_one()
        payer = self.payer_id
        if payer and payer.commercial_partner_id != self.partner_id.commercial_partner_id:
            return payer
        return self.partner_id

    def _get_billing_pricelist(self):
        """Return the price list of one mission: its contract's, else the debtor's."""
        self.ensure_one()
        if self.contract_id.pricelist_id:
            return self.contract_id.pricelist_id
        return self._get_debtor().with_company(self.company_id).property_product_pricelist

    def _get_billing_currency(self):
        """Return the currency that one mission is billed in."""
        return self._get_billing_pricelist().currency_id or self.company_id.currency_id

    def _get_billing_grouping(self):
        """Return how one mission's charges are gathered on orders."""
        return self.contract_id.billing_grouping or self.company_id.field_billing_grouping

    def _get_fiscal_positions(self):
        """Return the fiscal position of work done at each mission's site.

        Sites that no position tells apart share one look-up: a customer with a thousand sites costs
        as much as one with a single site.

        :return: ``{mission_id: account.fiscal.position}``
        """
        positions = self.env["account.fiscal.position"]
        found, known, fine = {}, {}, {}
        for mission in self:
            company = mission.company_id
            if company not in fine:
                fine[company] = bool(
                    positions.search_count(
                        [
                            *positions._check_company_domain(company),
                            ("auto_apply", "=", True),
                            "|", ("zip_from", "!=", False), ("state_ids", "!=", False),
                        ],
                        limit=1,
                    )
                )  # fmt: skip
            site, debtor = mission.site_id, mission._get_debtor()
            own = site.with_company(company).property_account_position_id
            key = (company, debtor, own, site.country_id, bool(site.vat))
            key += (site.state_id, site.zip) if fine[company] else ()
            if key not in known:
                known[key] = positions.with_company(company)._get_fiscal_position(debtor, site)
            found[mission.id] = known[key]
        return found

    def _get_site_label(self):
        """Return the name and the town of one mission's site, for a title."""
        site = self.site_id
        town = site.city if site.city and site.city.lower() not in (site.name or "").lower() else ""
        return ", ".join(filter(None, (site.name or site.display_name, town)))

    def action_view_charges(self):
        """Open the charges of these missions."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_billing_bridge.field_charge_action"
        )
        action["domain"] = [("mission_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_bill(self):
        """Put what these missions owe on sales orders, or show those that carry it already.

        :return: the action that shows the orders
        :raises UserError: when nothing can be billed, with the causes
        """
        self.env["field.charge"]._check_may_bill()
        self.check_access("read")
        charges = self.sudo().charge_ids.with_env(self.env)
        if not charges:
            raise UserError(self.env._("There is nothing left to bill here."))
        charges.check_access("read")
        on_order = charges.filtered(lambda charge: charge.state in ("released", "invoicing"))
        if on_order and not charges.filtered(lambda c: c.state in ("to_release", "blocked")):
            return on_order.action_view_sale_order()
        return charges.action_release()
