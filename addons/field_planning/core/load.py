"""How much work there is for how much time: buckets of days, percentages, missing skills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

DAY, WEEK, MONTH = "day", "week", "month"
SCALES = (DAY, WEEK, MONTH)
# Below the first limit there is room, above the second too much.
LIMITS = (60, 100)


def percent_of(work: float, available: float) -> int | None:
    """Return work in percent of the time available; None without any time."""
    return round(100 * work / available) if available > 0 else None


@dataclass(frozen=True)
class Bucket:
    """A column: the days from ``first`` to ``last``; ``key`` is the first day of its period."""

    key: date
    first: date
    last: date


@dataclass
class Cell:
    """What falls on one row in one column; hours."""

    missions: int = 0
    planned: float = 0.0
    travel: float = 0.0
    available: float = 0.0
    forecast: float = 0.0
    forecast_visits: int = 0

    @property
    def work(self) -> float:
        """Hours of work, travel and visits to come."""
        return self.planned + self.travel + self.forecast

    @property
    def percent(self) -> int | None:
        """Work in percent of the time available; None without any time."""
        return percent_of(self.work, self.available)

    @property
    def level(self) -> str:
        """``low`` below 60 %, ``good`` up to 100 %, ``high`` above; ``closed`` without hours."""
        if self.percent is None:
            return "over" if self.work > 0 else "closed"
        if self.percent < LIMITS[0]:
            return "low"
        return "good" if self.percent <= LIMITS[1] else "high"

    def add(self, other: Cell) -> None:
        """Add another cell's figures, for totals."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def bucket_key(day: date, scale: str) -> date:
    """Return the first day of the period that a day belongs to."""
    if scale == WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if scale == MONTH else day


def buckets(first: date, last: date, scale: str) -> list[Bucket]:
    """Return the columns that cover two days; the first and the last may be cut."""
    found, start = [], first
    while start <= last:
        key = bucket_key(start, scale)
        if scale == DAY:
            after = start + timedelta(days=1)
        elif scale == WEEK:
            after = key + timedelta(days=7)
        else:
            after = (key + timedelta(days=32)).replace(day=1)
        found.append(Bucket(key, start, min(last, after - timedelta(days=1))))
        start = after
    return found


def missing_hours(
    needs: Iterable[tuple[int, date, float]],
    offers: Iterable[tuple[int, date, float]],
) -> dict[tuple[int, date], float]:
    """Return the hours that lack per skill and column.

    Each skill is looked at alone: somebody with two skills counts for both, so that a missing hour
    shown here is missing for certain.

    :param needs: ``(skill, column, hours of work that need it)``
    :param offers: ``(skill, column, hours of people who hold it)``
    :return: ``{(skill, column): hours}``, only where hours lack
    """
    balance = defaultdict(float)
    for skill, key, hours in needs:
        balance[skill, key] += hours
    for skill, key, hours in offers:
        balance[skill, key] -= hours
    return {place: round(hours, 2) for place, hours in balance.items() if hours > 0.005}
