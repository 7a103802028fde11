"""Where one more visit fits into the days of technicians, for a customer who is on the phone.

Instants are naive UTC. Roads are estimated by the caller; a place that nobody knows costs no road.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .candidates import Point

# A customer is told a quarter of an hour, not 9:07.
STEP = timedelta(minutes=15)
# More road than this for one visit is an urgency's business, which is priced.
DEAR = timedelta(minutes=60)
Travel = Callable[[Point | None, Point | None], timedelta]


@dataclass
class PersonDay:
    """One technician's day.

    :param work: working time, absences taken out
    :param stops: ``(start, end, place)`` of what is planned, in any order
    :param home: where the day starts and ends
    :param rank: sort key of equally good people (own zone first)
    """

    person: int
    day: date
    work: Sequence[tuple[datetime, datetime]]
    stops: Sequence[tuple[datetime, datetime, Point | None]] = field(default_factory=list)
    home: Point | None = None
    rank: int = 0


@dataclass(frozen=True)
class FreeSlot:
    """A visit that fits.

    :param added: road that it adds to the day
    """

    person: int
    day: date
    start: datetime
    added: timedelta
    rank: int = 0


def find(
    days: Iterable[PersonDay],
    place: Point | None,
    service: timedelta,
    earliest: datetime,
    deadline: datetime | None,
    travel: Travel,
) -> list[FreeSlot]:
    """Return every place where the visit fits, each at its earliest, soonest first.

    :param service: time on site
    :param earliest: before this nobody leaves
    :param deadline: when it must be finished, None = no limit
    """
    found = [
        slot for day in days for slot in _fit_day(day, place, service, earliest, deadline, travel)
    ]
    return sorted(found, key=lambda slot: (slot.start, slot.rank, slot.added, slot.person))


def _fit_day(
    day: PersonDay,
    place: Point | None,
    service: timedelta,
    earliest: datetime,
    deadline: datetime | None,
    travel: Travel,
) -> Iterable[FreeSlot]:
    stops = sorted(day.stops, key=lambda stop: stop[0])
    if not day.work:
        return
    opening, closing = min(w[0] for w in day.work), max(w[1] for w in day.work)
    edges = [(opening, opening, day.home), *stops, (closing, closing, day.home)]
    free_from = opening
    for before, after in zip(edges, edges[1:], strict=False):
        free_from = max(free_from, before[1])
        there, onward = travel(before[2], place), travel(place, after[2])
        ready = max(free_from, earliest) + there
        for first, last in sorted(day.work):
            start = round_up(max(ready, first))
            end = start + service
            if end > last or end + onward > max(after[0], free_from):
                continue
            if deadline is not None and end > deadline:
                continue
            yield FreeSlot(
                day.person, day.day, start, there + onward - travel(before[2], after[2]), day.rank
            )
            break


def round_up(moment: datetime) -> datetime:
    """Return the next whole quarter of an hour."""
    origin = datetime(moment.year, moment.month, moment.day)
    return origin - (origin - moment) // STEP * STEP


def with_lunch(day: PersonDay, earliest: datetime, latest: datetime, length: timedelta) -> None:
    """Keep room for a lunch that may move: at its earliest between what is planned.

    :param day: gets one more stop, eaten where the stop before it is
    :param earliest: first moment at which lunch may start
    :param latest: last moment at which it may start
    """
    start = earliest
    while start <= latest:
        end = start + length
        clashes = [stop for stop in day.stops if stop[0] < end and stop[1] > start]
        if not clashes:
            before = [stop for stop in day.stops if stop[1] <= start]
            place = max(before, key=lambda stop: stop[1])[2] if before else day.home
            day.stops = [*day.stops, (start, end, place)]
            return
        start = max(stop[1] for stop in clashes)


def choose(
    slots: Sequence[FreeSlot], halves: Callable[[FreeSlot], str], count: int
) -> list[FreeSlot]:
    """Return what is worth offering: the soonest, and those that cost least road.

    One of a person and half day; half of them at least are the soonest, the others the nearest on
    the road among what is left.

    A slot that costs more road than ``DEAR`` is offered only where nothing else is.

    :param slots: as :func:`find` returns them
    :param halves: names the half day of a slot
    :param count: how many at most
    """
    seen: set[tuple[date, str]] = set()
    distinct = []
    worth = [slot for slot in slots if slot.added <= DEAR] or slots
    for slot in sorted(worth, key=lambda slot: (slot.rank, slot.added, slot.start, slot.person)):
        key = (slot.day, halves(slot))
        if key not in seen:
            seen.add(key)
            distinct.append(slot)
    distinct.sort(key=lambda slot: (slot.start, slot.person))
    soonest = distinct[: (count + 1) // 2]
    others = sorted(distinct[len(soonest) :], key=lambda slot: (slot.rank, slot.added, slot.start))
    chosen = [*soonest, *others[: count - len(soonest)]]
    return sorted(chosen, key=lambda slot: (slot.start, slot.person))
