"""What is odd about somebody's time segments. Instants are naive UTC; days are local."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from .slots import utc_to_local

Segment = tuple[int, datetime, datetime | None]


def overlapping(segments: Iterable[Segment]) -> set[int]:
    """Return the keys of the segments of one person that share time with another one.

    Touching ends share nothing; a segment that still runs goes on for ever.

    :param segments: ``(key, start, stop or None)``, in any order
    """
    found: set[int] = set()
    longest: tuple[int, datetime] | None = None
    for key, start, stop in sorted(segments, key=lambda one: (one[1], one[0])):
        end = stop or datetime.max
        if end <= start:
            continue
        if longest and start < longest[1]:
            found.update((longest[0], key))
        if longest is None or end > longest[1]:
            longest = (key, end)
    return found


def midnights(start: datetime, stop: datetime, tz: str) -> int:
    """Return how many local midnights a segment crosses; ending at midnight crosses none."""
    first = utc_to_local(start, tz).date()
    last = utc_to_local(max(start, stop - timedelta(microseconds=1)), tz).date()
    return (last - first).days


def clock_change(start: datetime, stop: datetime, tz: str) -> timedelta:
    """Return by how much the clock on the wall was moved during a segment (summer time)."""
    wall = utc_to_local(stop, tz) - utc_to_local(start, tz)
    return wall - (stop - start)
