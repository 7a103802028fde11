"""Rating: billing rules x facts of one mission -> what is owed, to the cent.

Pure Python: no Odoo import and no floats. Models read facts and rules, call :func:`rate`, and write
down what comes out. Two ideas hold the module together:

* **Slots.** The work of a mission is cut into slots: labour, travel, parts, each counted thing. A
  rule fills its own slot and may cover others ("the fixed price includes the travel"). Rules are
  taken from the most to the least specific, and a slot already taken is never billed again. That is
  what makes it impossible to bill the same hour by the contract *and* by the general tariff.
* **Facts stay facts.** A charge keeps worked minutes and billed minutes apart, and says in
  structured data how one became the other, so that the sentence shown ("2 h 10 on site, rounded to
  2 h 15, x 62.00 €") can be written in the reader's language, today or in five years.
"""

# Plain Python: the translator is an argument, there is no environment.
# pylint: disable=prefer-env-translation
from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# Kinds of rule, and of charge. ``none`` is the charge that says "no rule covers this work".
FIXED, UNIT, TIME, TRAVEL, MATERIAL, WASTED, NONE = (
    "fixed",
    "unit",
    "time",
    "travel",
    "material",
    "wasted",
    "none",
)

# Kinds of time segment that can be billed. Breaks never are.
ON_SITE, WAITING, TRAVEL_TIME = "on_site", "waiting", "travel"
LABOUR = (ON_SITE, WAITING)

# How one part is billed, as the technician or the rule says.
BILLABLE, INCLUDED, WARRANTY = "billable", "included", "warranty"

# Codes of charges that are one price, whatever was done.
ONE_PRICE = ("fixed", "travel", "wasted")
# Codes of charges that somebody must look at before they can be billed.
UNPRICED = ("none", "no_time", "part_unknown", "part_return")

ZERO = Decimal(0)
MINUTES_PER_HOUR = Decimal(60)

Slot = tuple[str, Hashable]
PARTS_SLOT: Slot = ("parts", None)
TRAVEL_SLOT: Slot = ("time", TRAVEL_TIME)


def _(source: str) -> str:
    """Mark a sentence for translation: the caller of :func:`explain` translates it."""
    return source


# ------------------------------------------------------------------------------------------- inputs


@dataclass(frozen=True)
class Rule:
    """One line of a tariff.

    An empty criterion (``contracts``, ``service_types``, ``partners``) means "all".

    :param price: price of one unit without tax, or None for "the price list decides"
    :param start: first day the rule is in force, None for "always was"
    :param end: last day, None for "no end"
    :param fallback: used only where no other rule is (the service type's own product)
    :param rounding: time: minutes to which billed time is rounded **up** (0 = billed as worked)
    :param minimum: time: minutes billed at least
    :param per_person: time: rounding and minimum apply to each person, else to the whole mission
    :param segment_kinds: time: the kinds of segment this rule bills
    :param counter: unit: the key of the counted thing in :attr:`Facts.counts`
    :param includes_labour: unit: the price also covers the work on site and the waiting
    :param includes_travel: fixed and unit: the price also covers the travel
    :param includes_parts: fixed and unit: the price also covers the parts
    :param parts: material: :data:`BILLABLE` or :data:`INCLUDED`
    :param show_free: material: parts that cost the customer nothing are still listed, at 0
    """

    key: Hashable
    kind: str
    price: Decimal | None = None
    product: Hashable = None
    contracts: frozenset = frozenset()
    service_types: frozenset = frozenset()
    partners: frozenset = frozenset()
    start: date | None = None
    end: date | None = None
    fallback: bool = False
    sequence: int = 10
    segment_kinds: tuple[str, ...] = (ON_SITE,)
    rounding: int = 0
    minimum: int = 0
    per_person: bool = True
    counter: str = "visit"
    includes_labour: bool = True
    includes_travel: bool = False
    includes_parts: bool = False
    parts: str = BILLABLE
    show_free: bool = False

    @property
    def specificity(self) -> int:
        """Contract before customer before service type; more criteria before fewer."""
        if self.fallback:
            return -1
        return 4 * bool(self.contracts) + 2 * bool(self.partners) + bool(self.service_types)

    def matches(self, facts: Facts) -> bool:
        """Whether the rule's criteria accept this mission, on its day."""
        if facts.day and self.start and facts.day < self.start:
            return False
        if facts.day and self.end and facts.day > self.end:
            return False
        return (
            (not self.contracts or facts.contract in self.contracts)
            and (not self.service_types or facts.service_type in self.service_types)
            and (not self.partners or bool(self.partners & facts.partners))
        )


@dataclass(frozen=True)
class Segment:
    """Time of one person: ``seconds`` of one ``kind`` (on_site, waiting, travel, break)."""

    person: Hashable
    kind: str
    seconds: int


@dataclass(frozen=True)
class Part:
    """A used part, or with a negative quantity one taken back from the customer.

    ``product`` is None while it is not known (``label`` is what was typed).
    """

    key: Hashable
    product: Hashable
    quantity: Decimal
    billing: str = BILLABLE
    label: str = ""


@dataclass(frozen=True)
class Trip:
    """A trip wasted by the customer: an incident's key and its kind (no_access…)."""

    key: Hashable
    reason: str


@dataclass(frozen=True)
class Facts:
    """What one mission owes its bill to. ``performed`` is False when the work could not be done."""

    contract: Hashable = None
    service_type: Hashable = None
    partners: frozenset = frozenset()
    day: date | None = None
    performed: bool = True
    segments: tuple[Segment, ...] = ()
    counts: Mapping[str, Decimal] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    trips: tuple[Trip, ...] = ()


@dataclass(frozen=True)
class Precision:
    """Decimals of quantities and of amounts (a yen has 0)."""

    quantity: int = 2
    amount: int = 2

    def quantity_of(self, value: Decimal) -> Decimal:
        """Round a quantity half up, as the order line will."""
        return _round(value, self.quantity)

    def amount_of(self, value: Decimal) -> Decimal:
        """Round an amount half up, away from zero, as the invoice will."""
        return _round(value, self.amount)


# ------------------------------------------------------------------------------------------- output


@dataclass(frozen=True)
class Charge:
    """One billable fact of a mission.

    :param source: key of the fact inside its mission; unique, so the same fact can't be owed twice
    :param price: None until :func:`with_price` gives the price list's
    :param listed: whether the customer sees a line for it (parts included in a contract have none)
    :param part: key of the part, with the keys of its ``returns``
    :param data: how it was worked out, see :func:`explain`
    """

    source: str
    kind: str
    rule: Hashable
    product: Hashable
    quantity: Decimal
    price: Decimal | None
    listed: bool = True
    part: Hashable = None
    returns: tuple[Hashable, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    def amount(self, precision: Precision = Precision()) -> Decimal:
        """Untaxed amount, rounded once. 0 while there is no price."""
        return precision.amount_of(self.quantity * (self.price or ZERO))


# ------------------------------------------------------------------------------------------- rating


def rate(rules: Iterable[Rule], facts: Facts, precision: Precision = Precision()) -> list[Charge]:
    """Work out what one mission owes.

    :param rules: every rule in force; those that don't match are left aside
    :return: charges in the order of an invoice: work, counted things, travel, parts, wasted trips
    """
    ranked = _ranked(rule for rule in rules if rule.matches(facts))
    charges = _rate_trips(ranked, facts)
    covered: dict[Slot, Rule] = {}
    if facts.performed:
        work = _rate_work(ranked, facts, precision, covered)
        charges = work + _unpriced_labour(work, facts, covered) + charges
    charges += _rate_parts(ranked, facts, precision, covered)
    order = {FIXED: 0, TIME: 1, UNIT: 2, NONE: 3, TRAVEL: 4, MATERIAL: 5, WASTED: 6}
    return sorted(charges, key=lambda charge: order[charge.kind])


def with_price(charge: Charge, price: Decimal) -> Charge:
    """The charge priced by the price list (rules without a price leave it to the list)."""
    data = {**charge.data, "price_source": "pricelist"}
    return replace(charge, price=price, data=data)


def _ranked(rules: Iterable[Rule]) -> list[Rule]:
    """Most specific first; then by sequence; the key only makes the order total."""
    return sorted(rules, key=lambda rule: (-rule.specificity, rule.sequence, str(rule.key)))


def _own_slots(rule: Rule) -> list[Slot]:
    """The slots a rule bills itself: it applies if one of them is still free."""
    if rule.kind == FIXED:
        return [("time", ON_SITE)]
    if rule.kind == TIME:
        return [("time", kind) for kind in rule.segment_kinds]
    if rule.kind == UNIT:
        # Two things counted, or the same visit sold as two products, are two slots.
        return [("count", (rule.counter, rule.product))]
    return [TRAVEL_SLOT]


def _covered_slots(rule: Rule) -> list[Slot]:
    """The slots that nobody may bill once the rule applies."""
    slots = _own_slots(rule)
    if rule.kind in (FIXED, UNIT):
        if rule.kind == FIXED or rule.includes_labour:
            slots = [*slots, *(("time", kind) for kind in LABOUR)]
        if rule.includes_travel:
            slots = [*slots, TRAVEL_SLOT]
        if rule.includes_parts:
            slots = [*slots, PARTS_SLOT]
    return slots


def _rate_work(
    ranked: list[Rule], facts: Facts, precision: Precision, covered: dict[Slot, Rule]
) -> list[Charge]:
    """Fixed, unit, time and travel rules, each slot once. Fills ``covered``."""
    charges = []
    for rule in ranked:
        if rule.kind not in (FIXED, UNIT, TIME, TRAVEL):
            continue
        free = [slot for slot in _own_slots(rule) if slot not in covered]
        if not free:
            continue
        charge = _RATERS[rule.kind](rule, facts, precision, free)
        if rule.kind == UNIT and charge is None:
            # Nothing was counted: the rule says nothing about this mission, not even its labour.
            continue
        for slot in _covered_slots(rule):
            covered.setdefault(slot, rule)
        if charge is not None:
            charges.append(charge)
    return charges


def _rate_fixed(rule: Rule, facts: Facts, precision: Precision, free: list[Slot]) -> Charge:
    return _charge(f"fixed:{rule.key}", rule, Decimal(1), {"code": "fixed"})


def _rate_unit(rule: Rule, facts: Facts, precision: Precision, free: list[Slot]) -> Charge | None:
    quantity = precision.quantity_of(Decimal(facts.counts.get(rule.counter, ZERO)))
    if not quantity:
        return None
    data = {"code": "unit", "counter": rule.counter}
    return _charge(f"unit:{rule.counter}:{rule.key}", rule, quantity, data)


def _rate_travel(rule: Rule, facts: Facts, precision: Precision, free: list[Slot]) -> Charge:
    return _charge(f"travel:{rule.key}", rule, Decimal(1), {"code": "travel"})


def _rate_time(rule: Rule, facts: Facts, precision: Precision, free: list[Slot]) -> Charge | None:
    """Billed time of the free kinds. Worked seconds are cut to whole minutes before rounding up, so
    that twenty seconds never cost the customer a quarter of an hour."""
    kinds = [kind for _name, kind in free]
    seconds: dict[Hashable, int] = {}
    for segment in facts.segments:
        if segment.kind in kinds:
            who = segment.person if rule.per_person else None
            seconds[who] = seconds.get(who, 0) + segment.seconds
    worked = [value // 60 for value in seconds.values() if value >= 60]
    if not worked:
        return None
    billed = [billed_minutes(minutes, rule.rounding, rule.minimum) for minutes in worked]
    counted = [segment for segment in facts.segments if segment.kind in kinds and segment.seconds]
    people = {segment.person for segment in counted}
    data = {
        "code": "time",
        # What there was, not what the rule would have billed.
        "kinds": sorted({segment.kind for segment in counted}),
        "worked": sum(worked),
        "billed": sum(billed),
        "rounding": rule.rounding,
        "minimum": rule.minimum,
        # Only said when it changed something.
        "minimum_applied": any(minutes < rule.minimum for minutes in worked),
        "people": len(people),
        "per_person": rule.per_person,
    }
    hours = precision.quantity_of(Decimal(sum(billed)) / MINUTES_PER_HOUR)
    return _charge(f"time:{'+'.join(sorted(kinds))}:{rule.key}", rule, hours, data)


_RATERS: dict[str, Callable[[Rule, Facts, Precision, list[Slot]], Charge | None]] = {
    FIXED: _rate_fixed,
    UNIT: _rate_unit,
    TRAVEL: _rate_travel,
    TIME: _rate_time,
}


def billed_minutes(worked: int, rounding: int = 0, minimum: int = 0) -> int:
    """Minutes billed for minutes worked: at least ``minimum``, rounded up to ``rounding``.

    >>> billed_minutes(130, rounding=15), billed_minutes(20, rounding=15, minimum=60)
    (135, 60)
    """
    minutes = max(worked, minimum)
    if rounding > 1:
        minutes = -(-minutes // rounding) * rounding
    return minutes


def _rate_parts(
    ranked: list[Rule], facts: Facts, precision: Precision, covered: Mapping[Slot, Rule]
) -> list[Charge]:
    """Parts: what the technician flagged first, then the rule; without a rule, the price list."""
    rule = next((rule for rule in ranked if rule.kind == MATERIAL), None)
    package = covered.get(PARTS_SLOT)
    if package and rule and rule.specificity > package.specificity:
        package = None
    charges = []
    for part, returns in _net_parts(facts.parts):
        quantity = precision.quantity_of(part.quantity)
        if not quantity:
            continue
        if quantity < 0:
            charges.append(_part_taken_back(part, quantity))
            continue
        billing = part.billing
        if billing == BILLABLE and (package or (rule and rule.parts == INCLUDED)):
            billing = INCLUDED
        by = package if package and billing == INCLUDED else rule
        code = "part" if part.product is not None else "part_unknown"
        charges.append(
            Charge(
                source=f"part:{part.key}",
                kind=MATERIAL,
                rule=by.key if by else None,
                product=part.product,
                quantity=quantity,
                price=None if billing == BILLABLE else ZERO,
                listed=billing != INCLUDED or bool(by and by.show_free),
                part=part.key,
                returns=returns,
                data={"code": code, "billing": billing, "label": part.label},
            )
        )
    return charges


def _net_parts(parts: Iterable[Part]) -> list[tuple[Part, tuple[Hashable, ...]]]:
    """Take what came back off what was used of the same product in the same mission.

    :return: each used part with its net quantity and the keys of the returns it absorbed; a return
        that finds nothing to be taken off stays as it is
    """
    parts = list(parts)
    left = {part.key: part.quantity for part in parts}
    absorbed: dict[Hashable, list[Hashable]] = {part.key: [] for part in parts}
    for back in (part for part in parts if part.quantity < 0 and part.product is not None):
        for used in parts:
            same = used.product == back.product and used.quantity > 0
            if not same or left[used.key] <= 0 or left[back.key] >= 0:
                continue
            # A return is carried by one line: it is absorbed whole, or not at all.
            if left[used.key] + left[back.key] < 0:
                continue
            left[used.key] += left[back.key]
            left[back.key] = ZERO
            absorbed[used.key].append(back.key)
    return [(replace(part, quantity=left[part.key]), tuple(absorbed[part.key])) for part in parts]


def _part_taken_back(part: Part, quantity: Decimal) -> Charge:
    """A part that came back without having been used in this mission: a person decides."""
    data = {"code": "part_return", "billing": part.billing, "label": part.label}
    return Charge(
        f"part:{part.key}", MATERIAL, None, part.product, quantity, ZERO, part=part.key, data=data
    )


def _rate_trips(ranked: list[Rule], facts: Facts) -> list[Charge]:
    """Wasted trips are owed only where a rule says so: nobody is charged by surprise."""
    rule = next((rule for rule in ranked if rule.kind == WASTED), None)
    if rule is None:
        return []
    return [
        _charge(f"trip:{trip.key}", rule, Decimal(1), {"code": "wasted", "reason": trip.reason})
        for trip in facts.trips
    ]


def _unpriced_labour(
    work: list[Charge], facts: Facts, covered: Mapping[Slot, Rule]
) -> list[Charge]:
    """Done work without an amount stays in sight, at 0, until somebody decides: no rule covers it,
    or it is billed by the hour and nobody recorded the time."""
    rule = covered.get(("time", ON_SITE))
    if rule is None:
        minutes = sum(s.seconds for s in facts.segments if s.kind in LABOUR) // 60
        return [_unpriced({"code": "none", "worked": minutes})]
    if rule.kind == TIME and not any(charge.rule == rule.key for charge in work):
        return [replace(_unpriced({"code": "no_time"}), rule=rule.key)]
    return []


def _unpriced(data: dict[str, Any]) -> Charge:
    return Charge("none", NONE, None, None, Decimal(1), ZERO, data=data)


def _charge(source: str, rule: Rule, quantity: Decimal, data: dict[str, Any]) -> Charge:
    source_of_price = "rule" if rule.price is not None else "pricelist"
    return Charge(
        source=source,
        kind=rule.kind,
        rule=rule.key,
        product=rule.product,
        quantity=quantity,
        price=rule.price,
        data={**data, "price_source": source_of_price},
    )


def _round(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


# -------------------------------------------------------------------------------------- explanation


def duration_text(minutes: int) -> str:
    """``130`` -> ``2 h 10``; below an hour, ``45 min``.

    >>> duration_text(130), duration_text(120), duration_text(45)
    ('2 h 10', '2 h', '45 min')
    """
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d}" if rest else f"{hours} h"


def english(source: str, **values: Any) -> str:
    """The sentence in its source language: the default of :func:`explain`."""
    return source % values if values else source


def explain(
    data: Mapping[str, Any],
    quantity: str,
    price: str | None,
    translate: Callable[..., str] = english,
) -> str:
    """The sentence that tells a reader where the amount comes from.

    :param data: :attr:`Charge.data`, also after a trip through JSON
    :param quantity: the quantity as the reader writes it
    :param price: the unit price as the reader writes it, with its currency; None: not shown
    :param translate: ``translate(source, **values)`` gives the reader's language
    """
    text = _WRITERS[data["code"]](data, quantity, translate) if data.get("code") else ""
    free = data.get("billing") in (INCLUDED, WARRANTY) or data.get("code") in UNPRICED
    if price is None or free or not text:
        return text
    if data["code"] in ONE_PRICE:
        return translate(_("%(what)s: %(price)s"), what=text, price=price)
    return translate(_("%(what)s × %(price)s"), what=text, price=price)


def line_text(
    data: Mapping[str, Any], quantity: str, translate: Callable[..., str] = english
) -> str:
    """What an order line says below its product: only what its own columns don't already say."""
    code, billing = data.get("code"), data.get("billing")
    if code in ("time", "wasted") or billing in (INCLUDED, WARRANTY):
        return explain(data, quantity, None, translate).rstrip(",")
    return ""


def _write_fixed(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    return translate(_("Fixed price for the mission"))


def _write_travel(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    return translate(_("Travel, flat rate"))


def _write_unit(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    counter = data.get("counter")
    if counter == "visit":
        return translate(_("Per visit: %(quantity)s"), quantity=quantity)
    if counter == "person":
        return translate(_("Per person: %(quantity)s"), quantity=quantity)
    name = str(counter).split(":", 1)[-1]
    return translate(_("%(counter)s: %(quantity)s"), counter=name, quantity=quantity)


def _write_part(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    if data.get("billing") == WARRANTY:
        return translate(_("Under warranty, not charged"))
    if data.get("billing") == INCLUDED:
        return translate(_("Included, not charged"))
    return quantity


def _write_part_unknown(
    data: Mapping[str, Any], quantity: str, translate: Callable[..., str]
) -> str:
    label = data.get("label") or translate(_("Part without a name"))
    return translate(
        _("%(label)s: %(quantity)s, product to be identified"), label=label, quantity=quantity
    )


def _write_part_return(
    data: Mapping[str, Any], quantity: str, translate: Callable[..., str]
) -> str:
    return translate(_("Taken back from the customer: %(quantity)s"), quantity=quantity)


def _write_wasted(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    reasons = {
        "no_access": _("no access to the site"),
        "customer_absent": _("customer absent"),
    }
    reason = reasons.get(data.get("reason", ""))
    if not reason:
        return translate(_("Wasted trip"))
    return translate(_("Wasted trip (%(reason)s)"), reason=translate(reason))


def _write_none(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    if not data.get("worked"):
        return translate(_("No billing rule for this work"))
    return translate(
        _("No billing rule for this work (%(duration)s on site)"),
        duration=duration_text(data["worked"]),
    )


def _write_no_time(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    return translate(_("Billed by the hour, but no time was recorded"))


_KIND_SENTENCES = {
    (ON_SITE,): _("%(duration)s on site"),
    (WAITING,): _("%(duration)s of waiting"),
    (TRAVEL_TIME,): _("%(duration)s of travel"),
    (ON_SITE, WAITING): _("%(duration)s on site and waiting"),
    (ON_SITE, TRAVEL_TIME): _("%(duration)s on site and travel"),
    (TRAVEL_TIME, WAITING): _("%(duration)s of travel and waiting"),
    (ON_SITE, TRAVEL_TIME, WAITING): _("%(duration)s on site, travel and waiting"),
}


def _write_time(data: Mapping[str, Any], quantity: str, translate: Callable[..., str]) -> str:
    sentence = _KIND_SENTENCES[tuple(data["kinds"])]
    text = translate(sentence, duration=duration_text(data["worked"]))
    people = data.get("people", 1)
    if people > 1:
        text = translate(_("%(work)s by %(count)s people"), work=text, count=people)
    if data["billed"] == data["worked"]:
        # 2 h 10 is 2.17 hours on the order line: say so, or the reader finds another amount.
        whole = data["billed"] * 100 % 60 == 0
        return text if whole else translate(_("%(work)s (%(hours)s h)"), work=text, hours=quantity)
    billed = duration_text(data["billed"])
    if people > 1 and data.get("per_person"):
        source = _("%(work)s, each rounded, %(billed)s in total,")
        if data.get("minimum_applied"):
            source = _("%(work)s, minimum for each, %(billed)s in total,")
    elif data.get("minimum_applied"):
        source = _("%(work)s, minimum of %(billed)s,")
    else:
        source = _("%(work)s, rounded to %(billed)s,")
    return translate(source, work=text, billed=billed)


_WRITERS: dict[str, Callable[[Mapping[str, Any], str, Callable[..., str]], str]] = {
    "fixed": _write_fixed,
    "travel": _write_travel,
    "unit": _write_unit,
    "time": _write_time,
    "part": _write_part,
    "part_unknown": _write_part_unknown,
    "part_return": _write_part_return,
    "wasted": _write_wasted,
    "none": _write_none,
    "no_time": _write_no_time,
}
