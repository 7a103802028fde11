"""Read the notation of ``rating_examples.csv``: short enough for a cell, plain enough to say aloud.

Rules, separated by ``;``: ``<kind> <price> [options]``; the price is ``list`` when the price list
decides. Options: ``contract type customer`` (criteria that this mission meets), ``other`` (a
criterion it does not meet), ``round 15``, ``min 60``, ``total`` (round the mission, not each
person), ``waiting`` ``travel`` (kinds of time billed too), ``only-travel``, ``per <counter>``,
``no-labour``, ``with-travel``, ``with-parts``, ``included``, ``shown``.

Facts, separated by ``;``: ``A on site 2:10``, ``B waiting 0:20``, ``A travel 1:05``,
``chargers 3``, ``part 2 at 14.50``, ``part 2 warranty``, ``part 1 included``, ``part 1 unknown``,
``no access``, ``absent``, ``not done``.
"""

from __future__ import annotations

from decimal import Decimal

from rating import (
    BILLABLE,
    INCLUDED,
    ON_SITE,
    TRAVEL_TIME,
    WAITING,
    WARRANTY,
    Facts,
    Part,
    Rule,
    Segment,
    Trip,
)

MISSION = {"contract": "C", "service_type": "T", "partners": frozenset({"P"})}


def read_rules(text: str) -> list[Rule]:
    """``fixed 120 contract; travel 35`` -> rules keyed 1, 2…"""
    return [_read_rule(index, part) for index, part in enumerate(_split(text), start=1)]


def _read_rule(key: int, text: str) -> Rule:
    kind, price, *words = text.split()
    values: dict = {"key": key, "kind": kind, "product": kind}
    values["price"] = None if price == "list" else Decimal(price)
    kinds = [ON_SITE]
    words.reverse()
    while words:
        word = words.pop()
        if word in ("contract", "type", "customer"):
            name, value = {
                "contract": ("contracts", "C"),
                "type": ("service_types", "T"),
                "customer": ("partners", "P"),
            }[word]
            values[name] = frozenset({value})
        elif word == "other":
            values["contracts"] = frozenset({"another contract"})
        elif word == "round":
            values["rounding"] = int(words.pop())
        elif word == "min":
            values["minimum"] = int(words.pop())
        elif word == "per":
            values["counter"] = words.pop()
            values["product"] = values["counter"]
        elif word == "waiting":
            kinds.append(WAITING)
        elif word == "travel":
            kinds.append(TRAVEL_TIME)
        elif word == "only-travel":
            kinds = [TRAVEL_TIME]
        else:
            name, value = {
                "total": ("per_person", False),
                "no-labour": ("includes_labour", False),
                "with-travel": ("includes_travel", True),
                "with-parts": ("includes_parts", True),
                "included": ("parts", INCLUDED),
                "shown": ("show_free", True),
            }[word]
            values[name] = value
    return Rule(segment_kinds=tuple(kinds), **values)


def read_facts(text: str) -> tuple[Facts, dict[int, Decimal]]:
    """Facts, and the price list's price of each part."""
    segments, parts, trips, counts, prices = [], [], [], {"visit": Decimal(1)}, {}
    performed = True
    for item in _split(text):
        words = item.split()
        if item == "not done":
            performed = False
        elif item in ("no access", "absent"):
            reason = "no_access" if item == "no access" else "customer_absent"
            trips.append(Trip(len(trips) + 1, reason))
        elif words[0] == "part":
            key = len(parts) + 1
            billing = {"warranty": WARRANTY, "included": INCLUDED}.get(words[2], BILLABLE)
            known = words[2] != "unknown"
            parts.append(
                Part(key, f"part{key}" if known else None, Decimal(words[1]), billing, "Gasket")
            )
            if words[2] == "at":
                prices[key] = Decimal(words[3])
        elif ":" in words[-1]:
            kind = {"on": ON_SITE, "waiting": WAITING, "travel": TRAVEL_TIME}[words[1]]
            segments.append(Segment(words[0], kind, _seconds(words[-1])))
        else:
            counts[words[0]] = Decimal(words[1])
    people = {segment.person for segment in segments}
    counts.setdefault("person", Decimal(len(people)))
    return (
        Facts(
            **MISSION,
            performed=performed,
            segments=tuple(segments),
            counts=counts,
            parts=tuple(parts),
            trips=tuple(trips),
        ),
        prices,
    )


def _seconds(clock: str) -> int:
    hours, minutes, *rest = (int(word) for word in clock.split(":"))
    return hours * 3600 + minutes * 60 + (rest[0] if rest else 0)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
