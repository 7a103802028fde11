from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import rating

COUNTERS = [
    ("visit", "Visits"),
    ("person", "People on site"),
    ("check", "Number answered in the checklist"),
]


def to_decimal(value):
    """Return the decimal that a person typed into a Float field."""
    return Decimal(repr(float(value or 0.0)))


class FieldBillingRule(models.Model):
    _name = "field.billing.rule"
    _description = "Billing rule"
    _order = "kind, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(
        default=10, help="Between rules that are equally specific, the first one is used."
    )
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    kind = fields.Selection(
        [
            ("fixed", "Fixed price"),
            ("unit", "Price per unit"),
            ("time", "Time spent"),
            ("travel", "Travel, flat rate"),
            ("material", "Parts"),
            ("wasted", "Wasted trip"),
        ],
        string="Billed as",
        required=True,
        default="fixed",
    )
    contract_id = fields.Many2one(
        "field.contract",
        check_company=True,
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: missions with or without a contract.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        index="btree_not_null",
        help="The customer or the company invoiced. Empty: all of them.",
    )
    service_type_ids = fields.Many2many(
        "field.service.type",
        string="Service types",
        check_company=True,
        help="Empty: every service type.",
    )
    date_start = fields.Date(string="From", help="First day of work that this rule prices.")
    date_end = fields.Date(string="Until")
    product_id = fields.Many2one(
        "product.product",
        domain="[('type', '=', 'service'), ('sale_ok', '=', True)]",
        check_company=True,
        ondelete="restrict",
        help="The service sold: its taxes, account and unit go to the order line.",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    price_source = fields.Selection(
        [("rule", "Price of this rule"), ("pricelist", "Customer's price list")],
        default="rule",
        required=True,
    )
    price_unit = fields.Float(
        string="Unit price",
        min_display_digits="Product Price",
        help="Without taxes, unless the product's taxes are included in its price.",
    )
    currency_id = fields.Many2one(
        "res.currency", default=lambda self: self.env.company.currency_id, required=True
    )

    # Time spent
    bill_on_site = fields.Boolean(string="On site", default=True)
    bill_waiting = fields.Boolean(string="Waiting")
    bill_travel = fields.Boolean(string="Travel")
    rounding = fields.Integer(
        string="Rounded up to (min)", help="Minutes. 0: billed as worked, minute by minute."
    )
    minimum = fields.Integer(string="Minimum (min)", help="Minutes billed at least.")
    per_person = fields.Boolean(
        string="For each person",
        default=True,
        help="Rounding and minimum apply to each person; otherwise to the mission as a whole.",
    )

    # Price per unit
    counter = fields.Selection(COUNTERS, string="Counted", default="visit")
    counter_name = fields.Char(
        string="Question of the checklist",
        help="As it is written in the checklist; its numeric answer is the quantity.",
    )
    includes_labour = fields.Boolean(
        string="Work included",
        default=True,
        help="The time on site is not billed besides.",
    )
    # Fixed price and price per unit
    includes_travel = fields.Boolean(string="Travel included", help="Travel is not billed besides.")
    includes_parts = fields.Boolean(string="Parts included", help="Parts are not billed besides.")
    # Parts
    parts = fields.Selection(
        [("billable", "Billed at the price list"), ("included", "Included")],
        string="Parts are",
        default="billable",
    )
    show_free = fields.Boolean(
        string="Show included parts",
        help="Parts that are included appear on the order and the invoice, at 0.",
    )
    criteria = fields.Char(compute="_compute_criteria", string="Applies to")
    summary = fields.Char(compute="_compute_summary", string="How")

    _price_positive = models.Constraint("CHECK(price_unit >= 0)", "A price can't be negative.")
    _minutes_positive = models.Constraint(
        "CHECK(rounding >= 0 AND minimum >= 0)", "Minutes can't be negative."
    )
    _dates_ordered = models.Constraint(
        "CHECK(date_end IS NULL OR date_start IS NULL OR date_end >= date_start)",
        "The rule ends before it starts.",
    )

    @api.depends("contract_id", "partner_id", "service_type_ids")
    def _compute_criteria(self):
        for rule in self:
            parts = [
                rule.contract_id.display_name,
                rule.partner_id.display_name,
                ", ".join(rule.service_type_ids.mapped("name")),
            ]
            rule.criteria = " · ".join(filter(None, parts)) or self.env._("Every mission")

    @api.depends(
        "kind", "rounding", "minimum", "bill_on_site", "bill_waiting", "bill_travel", "counter",
        "counter_name", "parts", "includes_travel", "includes_parts", "show_free",
    )  # fmt: skip
    def _compute_summary(self):
        for rule in self:
            rule.summary = ", ".join(rule._get_summary_parts())

    def _get_summary_parts(self):
        """Return what distinguishes one rule of its kind, as a list of short texts."""
        if self.kind == "time":
            flags = (
                (self.bill_on_site, self.env._("on site")),
                (self.bill_waiting, self.env._("waiting")),
                (self.bill_travel, self.env._("travel")),
                (self.rounding > 1, self.env._("rounded up to %s min", self.rounding)),
                (self.minimum, self.env._("minimum %s", rating.duration_text(self.minimum))),
            )
        elif self.kind == "material":
            flags = (
                (self.parts == "billable", self.env._("price list")),
                (self.parts == "included", self.env._("included")),
                (self.parts == "included" and self.show_free, self.env._("shown at 0")),
            )
        else:
            counters = dict(self._fields["counter"]._description_selection(self.env))
            counted = self.counter_name if self.counter == "check" else counters.get(self.counter)
            flags = (
                (self.kind == "unit" and counted, counted),
                (
                    self.kind in ("fixed", "unit") and self.includes_travel,
                    self.env._("travel included"),
                ),
                (
                    self.kind in ("fixed", "unit") and self.includes_parts,
                    self.env._("parts included"),
                ),
            )
        return [text for wanted, text in flags if wanted]

    @api.constrains("kind", "product_id", "counter", "counter_name", "bill_on_site",
                    "bill_waiting", "bill_travel")  # fmt: skip
    def _check_complete(self):
        hour = self.env.ref("uom.product_uom_hour")
        unit = self.env.ref("uom.product_uom_unit")
        for rule in self:
            if rule.kind != "material" and not rule.product_id:
                raise ValidationError(
                    self.env._("“%s” needs a product: its taxes go to the invoice.", rule.name)
                )
            if rule.kind == "unit" and rule.counter == "check" and not rule.counter_name:
                raise ValidationError(
                    self.env._("“%s”: name the question of the checklist that counts.", rule.name)
                )
            if rule.kind != "time":
                continue
            if not (rule.bill_on_site or rule.bill_waiting or rule.bill_travel):
                raise ValidationError(
                    self.env._("“%s”: choose which kinds of time are billed.", rule.name)
                )
            if rule.product_id.uom_id not in (hour, unit):
                raise ValidationError(
                    self.env._(
                        "“%(rule)s”: time is sold by the hour; %(product)s is sold by %(unit)s.",
                        rule=rule.name,
                        product=rule.product_id.display_name,
                        unit=rule.product_id.uom_id.name,
                    )
                )

    @api.model
    def _normalize_counter(self, text):
        """Return a question of a checklist as rules compare it: case and spaces don't count."""
        return "check:" + " ".join((text or "").split()).lower()

    def _to_core(self):
        """Return each rule as the pure core knows it.

        :return: list of ``rating.Rule``, in the order of the records
        """
        return [rule._to_core_one() for rule in self]

    def _to_core_one(self):
        kinds = (
            (self.bill_on_site, rating.ON_SITE),
            (self.bill_waiting, rating.WAITING),
            (self.bill_travel, rating.TRAVEL_TIME),
        )
        counter = self.counter or "visit"
        if counter == "check":
            counter = self._normalize_counter(self.counter_name)
        return rating.Rule(
            key=self.id,
            kind=self.kind,
            price=to_decimal(self.price_unit) if self.price_source == "rule" else None,
            product=self.product_id.id,
            contracts=frozenset(self.contract_id.ids),
            service_types=frozenset(self.service_type_ids.ids),
            partners=frozenset(self.partner_id.ids),
            start=self.date_start or None,
            end=self.date_end or None,
            sequence=self.sequence,
            segment_kinds=tuple(kind for billed, kind in kinds if billed),
            rounding=self.rounding,
            minimum=self.minimum,
            per_person=self.per_person,
            counter=counter,
            includes_labour=self.includes_labour,
            includes_travel=self.includes_travel,
            includes_parts=self.includes_parts,
            parts=self.parts or "billable",
            show_free=self.show_free,
        )
