"""Half days that can be offered to a customer on the phone, when nobody knows who is free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

HALVES = ("morning", "afternoon")
# Looked at: more than a fortnight of working days.
LONGEST = 21


def half_days(
    now: datetime,
    last: date | None,
    halves: Mapping[str, tuple[float, float]],
    count: int,
) -> list[tuple[date, str]]:
    """Return the next half days of working weekdays, soonest first.

    The half day that runs is still offered while more than half of it is to come.

    :param now: local wall-clock time of the site
    :param last: last day that may be offered, None = no limit
    :param halves: ``{"morning": (from, to), "afternoon": (from, to)}``, local hours
    :param count: how many
    """
    found: list[tuple[date, str]] = []
    hour = now.hour + now.minute / 60
    for ahead in range(LONGEST):
        day = now.date() + timedelta(days=ahead)
        if last is not None and day > last:
            break
        if day.weekday() >= 5:
            continue
        for half in HALVES:
            if ahead == 0 and hour > sum(halves[half]) / 2:
                continue
            found.append((day, half))
            if len(found) == count:
                return found
    return found
