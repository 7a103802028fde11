"""Rating: worked examples that an accountant can read, and properties that must always hold."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rating import (
    BILLABLE,
    INCLUDED,
    NONE,
    ON_SITE,
    TIME,
    TRAVEL_TIME,
    WAITING,
    WARRANTY,
    Charge,
    Facts,
    Part,
    Precision,
    Rule,
    Segment,
    Trip,
    billed_minutes,
    duration_text,
    explain,
    line_text,
    rate,
    with_price,
)
from rating_notation import read_facts, read_rules

EXAMPLES = Path(__file__).with_name("rating_examples.csv")
PRICE_OF_LISTED_SERVICES = Decimal("57.40")


def _examples():
    found = defaultdict(list)
    with EXAMPLES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[int(row["example"])].append(row)
    return found


EXAMPLE_ROWS = _examples()


def _priced(charges: list[Charge], prices: dict) -> list[Charge]:
    """Prices as the price list gives them, in the same order of kinds as the file's rows."""
    return [
        with_price(charge, prices.get(charge.part, PRICE_OF_LISTED_SERVICES))
        if charge.price is None and charge.product is not None
        else charge
        for charge in charges
    ]


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


@pytest.mark.parametrize("number", EXAMPLE_ROWS, ids=str)
def test_worked_example(number):
    rows = EXAMPLE_ROWS[number]
    facts, prices = read_facts(rows[0]["facts"])
    charges = _priced(rate(read_rules(rows[0]["rules"]), facts), prices)
    expected = [
        (row["charge"], row["quantity"], row["unit_price"], row["amount"], row["explanation"])
        for row in rows
        if row["charge"] != "nothing"
    ]
    got = []
    for charge in charges:
        quantity = _number(charge.quantity)
        price = charge.price or Decimal(0)
        text = explain(
            charge.data, quantity, f"{price:.2f} €" if charge.price is not None else None
        )
        shown = f"{charge.quantity:.2f}" if charge.kind == TIME else quantity
        got.append((charge.kind, shown, f"{price:.2f}", f"{charge.amount():.2f}", text))
    assert got == expected
    assert f"{sum(charge.amount() for charge in charges):.2f}" == rows[0]["total"]


def test_there_are_enough_examples():
    assert len(EXAMPLE_ROWS) >= 40


# --------------------------------------------------------------------------------------- properties

prices = st.decimals(min_value=0, max_value=5000, places=2)
criteria = st.sampled_from([frozenset(), frozenset({"C"}), frozenset({"other"})])
segment_kinds = st.sampled_from([ON_SITE, WAITING, TRAVEL_TIME, "break"])


@st.composite
def rules(draw):
    kind = draw(st.sampled_from(["fixed", "unit", "time", "travel", "material", "wasted"]))
    return Rule(
        key=draw(st.integers(1, 10_000)),
        kind=kind,
        price=draw(prices),
        product=draw(st.sampled_from("xyz")),
        contracts=draw(criteria),
        service_types=draw(st.sampled_from([frozenset(), frozenset({"T"})])),
        partners=draw(st.sampled_from([frozenset(), frozenset({"P"})])),
        sequence=draw(st.integers(1, 3)),
        segment_kinds=tuple(
            draw(
                st.lists(
                    st.sampled_from([ON_SITE, WAITING, TRAVEL_TIME]),
                    min_size=1,
                    max_size=3,
                    unique=True,
                )
            )
        ),
        rounding=draw(st.sampled_from([0, 1, 5, 6, 15, 30, 60])),
        minimum=draw(st.sampled_from([0, 15, 45, 60])),
        per_person=draw(st.booleans()),
        counter=draw(st.sampled_from(["visit", "chargers", "person"])),
        includes_labour=draw(st.booleans()),
        includes_travel=draw(st.booleans()),
        includes_parts=draw(st.booleans()),
        parts=draw(st.sampled_from([BILLABLE, INCLUDED])),
    )


@st.composite
def missions(draw):
    segments = draw(
        st.lists(
            st.builds(Segment, st.sampled_from("AB"), segment_kinds, st.integers(0, 30_000)),
            max_size=6,
        )
    )
    parts = draw(
        st.lists(
            st.builds(
                Part,
                st.integers(1, 10**6),
                st.sampled_from(["p", "q", None]),
                st.decimals(min_value=-9, max_value=99, places=2),
                st.sampled_from([BILLABLE, INCLUDED, WARRANTY]),
            ),
            max_size=4,
            unique_by=lambda part: part.key,
        )
    )
    return Facts(
        contract="C",
        service_type="T",
        partners=frozenset({"P"}),
        performed=draw(st.booleans()),
        segments=tuple(segments),
        counts={"visit": Decimal(1), "chargers": Decimal(draw(st.integers(0, 9)))},
        parts=tuple(parts),
        trips=tuple(Trip(key, "no_access") for key in range(draw(st.integers(0, 2)))),
    )


rule_lists = st.lists(rules(), max_size=8, unique_by=lambda rule: rule.key)


@given(rule_lists, missions())
def test_sources_are_unique_and_amounts_are_whole_cents(tariff, facts):
    charges = rate(tariff, facts)
    sources = [charge.source for charge in charges]
    assert len(sources) == len(set(sources))
    for charge in charges:
        amount = charge.amount()
        assert amount >= 0 or charge.data["code"] == "part_return"
        assert amount == amount.quantize(Decimal("0.01"))
        assert charge.quantity == charge.quantity.quantize(Decimal("0.01"))


@given(rule_lists, missions(), st.randoms())
def test_order_of_rules_and_facts_does_not_matter(tariff, facts, random):
    shuffled, segments = list(tariff), list(facts.segments)
    random.shuffle(shuffled)
    random.shuffle(segments)
    assert rate(tariff, facts) == rate(shuffled, replace(facts, segments=tuple(segments)))


@given(rule_lists, missions())
def test_no_second_is_billed_twice(tariff, facts):
    """Each kind of time is billed by at most one charge, never beside a price covering it."""
    charges = rate(tariff, facts)
    by_key = {rule.key: rule for rule in tariff}
    kinds = [kind for charge in charges if charge.kind == TIME for kind in charge.data["kinds"]]
    assert len(kinds) == len(set(kinds))
    assert sum(charge.kind == "fixed" for charge in charges) <= 1
    travels = sum(charge.kind == "travel" for charge in charges) + (TRAVEL_TIME in kinds)
    assert travels <= 1
    for charge in charges:
        rule = by_key.get(charge.rule)
        if rule and charge.kind == "fixed":
            assert ON_SITE not in kinds
        if rule and charge.kind == "fixed" and rule.includes_travel:
            # A travel price of a more specific rule may still stand.
            beaten = [other for other in tariff if other.specificity < rule.specificity]
            assert not {c.rule for c in charges if c.kind == "travel"} & {r.key for r in beaten}


@given(rule_lists, missions())
def test_the_rule_used_matches_and_nothing_more_specific_was_passed_over(tariff, facts):
    by_key = {rule.key: rule for rule in tariff}
    for charge in rate(tariff, facts):
        if charge.rule is None:
            continue
        rule = by_key[charge.rule]
        assert rule.matches(facts)
        if charge.kind == "wasted":
            rivals = [r for r in tariff if r.kind == "wasted" and r.matches(facts)]
            assert rule.specificity == max(r.specificity for r in rivals)


@given(rule_lists, missions())
def test_done_work_is_never_silent(tariff, facts):
    """What was done has a charge for its labour, if only one that says that nothing prices it."""
    charges = rate(tariff, facts)
    if facts.performed:
        assert any(charge.kind in ("fixed", "unit", TIME, NONE) for charge in charges)
    else:
        assert not any(charge.kind in ("fixed", "unit", TIME, NONE, "travel") for charge in charges)


@given(rule_lists, missions())
def test_every_part_is_kept_and_free_parts_cost_nothing(tariff, facts):
    charges = [charge for charge in rate(tariff, facts) if charge.kind == "material"]
    billing_of = {part.key: part.billing for part in facts.parts}
    for charge in charges:
        billing = charge.data["billing"]
        if billing_of[charge.part] != BILLABLE:
            assert billing == billing_of[charge.part]
        if billing != BILLABLE:
            assert charge.amount() == 0 and charge.price == 0
        if billing == WARRANTY:
            assert charge.listed
    # What is charged and what came back add up to what was used, product by product.
    for product in ("p", "q", None):
        used = sum(part.quantity for part in facts.parts if part.product == product)
        assert sum(charge.quantity for charge in charges if charge.product == product) == used
    returns = [key for charge in charges for key in charge.returns]
    assert len(returns) == len(set(returns))


@given(st.integers(0, 100_000), st.sampled_from([0, 1, 5, 15, 30, 60]), st.integers(0, 240))
def test_billed_time_is_at_least_what_was_worked_and_no_more_than_one_step(worked, step, minimum):
    billed = billed_minutes(worked, step, minimum)
    assert billed >= max(worked, minimum)
    assert billed < max(worked, minimum) + max(step, 1)
    assert step < 2 or billed % step == 0
    assert billed_minutes(billed, step, minimum) == billed
    assert billed_minutes(worked + 1, step, minimum) >= billed


@given(rule_lists, missions(), st.integers(0, 20_000))
def test_more_time_never_costs_less(tariff, facts, more):
    if not facts.performed or any(rule.kind == "unit" for rule in tariff):
        return
    longer = replace(facts, segments=(*facts.segments, Segment("A", ON_SITE, more)))
    before = sum(charge.amount() for charge in rate(tariff, facts))
    assert sum(charge.amount() for charge in rate(tariff, longer)) >= before


@given(rule_lists, missions())
def test_a_rule_that_does_not_match_changes_nothing(tariff, facts):
    stranger = Rule(key=0, kind="fixed", price=Decimal(999), contracts=frozenset({"other"}))
    assert rate([*tariff, stranger], facts) == rate(tariff, facts)


@given(rule_lists, missions())
@settings(max_examples=50)
def test_explanations_survive_json_and_never_fail(tariff, facts):
    for charge in rate(tariff, facts):
        data = json.loads(json.dumps(dict(charge.data)))
        assert explain(data, "1", "2.00 €")
        assert explain(data, "1", "2.00 €") == explain(charge.data, "1", "2.00 €")
        assert "€" not in explain(data, "1", None)


def test_only_the_kinds_of_time_there_were_are_named():
    rule = Rule(1, "time", Decimal(60), segment_kinds=(ON_SITE, WAITING, TRAVEL_TIME))
    facts = Facts(segments=(Segment("A", ON_SITE, 3600), Segment("A", WAITING, 0)))
    charge = rate([rule], facts)[0]
    assert charge.data["kinds"] == [ON_SITE]
    assert explain(charge.data, "1", "60.00 €") == "1 h on site × 60.00 €"


# -------------------------------------------------------------------------------------------- edges


def test_a_currency_without_decimals():
    yen = Precision(quantity=2, amount=0)
    charge = rate(
        [Rule(1, "time", Decimal("4521"))], Facts(segments=(Segment("A", ON_SITE, 2000),))
    )
    assert charge[0].quantity == Decimal("0.55")
    assert charge[0].amount(yen) == Decimal("2487")


def test_half_a_cent_goes_up():
    rule = Rule(1, "unit", Decimal("0.125"), counter="visit")
    assert rate([rule], Facts(counts={"visit": Decimal(1)}))[0].amount() == Decimal("0.13")


def test_an_empty_criterion_means_all():
    assert Rule(1, "fixed").matches(Facts())
    assert not Rule(1, "fixed", contracts=frozenset({"C"})).matches(Facts())


def test_a_more_specific_parts_rule_beats_the_package():
    tariff = [
        Rule(1, "fixed", Decimal(100), includes_parts=True),
        Rule(2, "material", parts=BILLABLE, contracts=frozenset({"C"})),
    ]
    facts = Facts(contract="C", parts=(Part(1, "p", Decimal(2)),))
    part = rate(tariff, facts)[1]
    assert (part.data["billing"], part.rule, part.price) == (BILLABLE, 2, None)


def test_durations_are_written_as_people_say_them():
    assert [duration_text(m) for m in (0, 5, 60, 61, 605)] == [
        "0 min",
        "5 min",
        "1 h",
        "1 h 01",
        "10 h 05",
    ]


def test_sentences_are_translated_by_the_caller():
    french = {
        "%(duration)s on site": "%(duration)s sur site",
        "%(what)s × %(price)s": "%(what)s × %(price)s",
    }
    data = {"code": "time", "kinds": ["on_site"], "worked": 60, "billed": 60}
    text = explain(data, "1", "62,00 €", lambda source, **values: french[source] % values)
    assert text == "1 h sur site × 62,00 €"


def test_a_part_taken_back_is_taken_off_the_used_one():
    facts = Facts(parts=(Part(1, "p", Decimal(3)), Part(2, "p", Decimal(-1))))
    charges = [charge for charge in rate([], facts) if charge.kind == "material"]
    assert [(c.part, c.quantity, c.returns) for c in charges] == [(1, Decimal("2.00"), (2,))]


def test_a_part_taken_back_from_an_earlier_visit_waits_for_a_decision():
    facts = Facts(parts=(Part(1, "p", Decimal(-1)),))
    back = rate([], facts)[1]
    assert (back.quantity, back.amount(), back.data["code"]) == (-1, 0, "part_return")


def test_a_rule_is_in_force_between_its_dates():
    rule = Rule(1, "fixed", start=date(2025, 1, 1), end=date(2025, 12, 31))
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
    assert [rule.matches(Facts(day=day)) for day in days] == [False, True, True, False]


def test_the_service_types_own_product_is_the_last_resort():
    own = Rule("type:1", "fixed", fallback=True, sequence=0)
    assert rate([own], Facts())[0].rule == "type:1"
    assert rate([own, Rule(2, "time", Decimal(60))], Facts())[0].rule == 2


def test_an_order_line_says_what_its_columns_do_not():
    time = {"code": "time", "kinds": ["on_site"], "worked": 130, "billed": 135, "people": 1}
    assert line_text(time, "2.25") == "2 h 10 on site, rounded to 2 h 15"
    assert line_text({"code": "part", "billing": WARRANTY}, "1") == "Under warranty, not charged"
    assert line_text({"code": "fixed"}, "1") == ""
