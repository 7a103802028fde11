"""What the indicators of quality mean. Plain Python, no database."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

DAY = timedelta(days=1)

Punctuality = Literal["on_time", "early", "late", "customer"]
Better = Literal["lower", "higher", "neither"]
Trend = Literal["better", "worse", "same", "changed"]


# --- One visit -----------------------------------------------------------------------------------


def judge_arrival(
    arrival: datetime,
    earliest: datetime,
    latest: datetime,
    excused: Iterable[tuple[datetime, datetime | None]] = (),
) -> Punctuality:
    """Say how an arrival stands to what was promised, both ends of the slot included.

    A late arrival is the customer's own doing where a pause that they caused had begun before the
    slot was over and lasted into the time of the delay.

    :param earliest: first instant promised, tolerance included
    :param latest: last instant promised, tolerance included
    :param excused: pauses caused by the customer, (start, stop or None) each
    """
    if arrival < earliest:
        return "early"
    if arrival <= latest:
        return "on_time"
    kept = any(start <= latest and (stop is None or stop > latest) for start, stop in excused)
    return "customer" if kept else "late"


def longest_presence(segments: Iterable[tuple[int, float]]) -> float | None:
    """Return the hours on site of the person who stayed longest, None without a segment.

    :param segments: (person, hours) each
    """
    hours: dict[int, float] = {}
    for person, spent in segments:
        hours[person] = hours.get(person, 0.0) + spent
    return max(hours.values(), default=None)


# --- Periods -------------------------------------------------------------------------------------


def month_start(day: date, back: int = 0) -> date:
    """Return the first day of the month that lies ``back`` months before ``day``'s."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def named_period(name: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a period.

    :param name: ``week``, ``last_week``, ``month``, ``last_month``, ``quarter`` (three whole
        months before this one) or ``year`` (twelve)
    :raises KeyError: another name
    """
    monday = today - today.weekday() * DAY
    this_month = month_start(today)
    return {
        "week": (monday, monday + 6 * DAY),
        "last_week": (monday - 7 * DAY, monday - DAY),
        "month": (this_month, this_month.replace(day=monthrange(today.year, today.month)[1])),
        "last_month": (month_start(today, 1), this_month - DAY),
        "quarter": (month_start(today, 3), this_month - DAY),
        "year": (month_start(today, 12), this_month - DAY),
    }[name]


def period_before(start: date, stop: date) -> tuple[date, date]:
    """Return the period of the same length just before: whole months before whole months.

    :param start: first day
    :param stop: last day
    :raises ValueError: it ends before it starts
    """
    if stop < start:
        raise ValueError("a period ends after it starts")
    if start.day == 1 and (stop + DAY).day == 1:
        months = (stop.year - start.year) * 12 + stop.month - start.month + 1
        return month_start(start, months), start - DAY
    return start - (stop - start) - DAY, start - DAY


# --- Figures -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """One indicator over one period; without a case nothing is known of it."""

    count: int
    mean: float | None = None
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True)
class Comparison:
    """How a figure moved. ``change`` is None where too few cases say anything."""

    small: bool
    change: float | None = None
    trend: Trend | None = None


def compare(now: Figure, before: Figure, smallest: int, better: Better) -> Comparison:
    """Compare two periods, and say so when either rests on too few cases.

    :param smallest: number of cases below which nothing is concluded
    :param better: whether a ``lower`` or a ``higher`` mean is good
    """
    small = 0 < now.count < smallest
    if now.mean is None or before.mean is None or min(now.count, before.count) < smallest:
        return Comparison(small)
    change = now.mean - before.mean
    if abs(change) < 1e-9:
        return Comparison(small, 0.0, "same")
    if better == "neither":
        return Comparison(small, change, "changed")
    return Comparison(small, change, "better" if (change < 0) == (better == "lower") else "worse")
