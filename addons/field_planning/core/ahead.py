"""Whether one more visit fits before the next one, for a technician who is ahead of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# A visit taken at once starts on such a step, as the planned ones do.
STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class Candidate:
    """A visit that could be taken.

    :param there: travel from where the technician is
    :param onward: travel from it to what comes next
    :param earliest: from when it may start, by its promise
    :param latest: until when it must start, by its promise
    """

    key: int
    service: timedelta
    there: timedelta
    onward: timedelta
    earliest: datetime | None = None
    latest: datetime | None = None


def fits(
    candidates: Iterable[Candidate],
    now: datetime,
    until: datetime,
    direct: timedelta,
    lunch: timedelta = timedelta(),
) -> list[tuple[Candidate, datetime, timedelta]]:
    """Return what fits, nearest first.

    :param until: when the next visit starts, or the day ends
    :param direct: travel to what comes next without any of them
    :param lunch: the break that falls into the gap
    :return: ``[(candidate, start, added travel)]``
    """
    found = []
    for candidate in candidates:
        start = round_up(now + candidate.there)
        if candidate.earliest:
            start = max(start, candidate.earliest)
        if candidate.latest and start > candidate.latest:
            continue
        if start + candidate.service + lunch + candidate.onward <= until:
            found.append((candidate, start, candidate.there + candidate.onward - direct))
    return sorted(found, key=lambda item: (item[2], item[1], item[0].key))


def round_up(moment: datetime) -> datetime:
    """The next whole step of five minutes."""
    origin = datetime(moment.year, moment.month, moment.day)
    return origin - (origin - moment) // STEP * STEP
