"""How much a subcontractor takes on."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """What somebody takes on at most; 0 = no limit."""

    missions_day: int = 0
    missions_week: int = 0
    hours_day: float = 0.0
    hours_week: float = 0.0


def exceeded(
    limits: Limits | None, day: tuple[int, float], week: tuple[int, float]
) -> list[tuple[str, float, float]]:
    """Return ``(limit, value, most)`` for each limit that is passed.

    :param day: missions and hours of the day
    :param week: missions and hours of the week
    """
    if limits is None:
        return []
    values = {
        "missions_day": day[0],
        "missions_week": week[0],
        "hours_day": round(day[1], 2),
        "hours_week": round(week[1], 2),
    }
    return [
        (name, value, getattr(limits, name))
        for name, value in values.items()
        if getattr(limits, name) and value > getattr(limits, name) + 1e-6
    ]
