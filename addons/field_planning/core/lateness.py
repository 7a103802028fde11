"""Who is late, who will be, and since when: one technician's day told forward from now.

Everything is a value; instants are naive UTC, so neither midnight nor a change of the clocks
matters. A day is its visits in the order of the tour, what was tapped so far, lunch and the hours.
The model reads the facts and stores the verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

ON_TIME = "on_time"
AT_RISK = "at_risk"
LATE = "late"
TO_REPLAN = "to_replan"
UNKNOWN = "unknown"

NOTHING = timedelta(0)
# A clock of a device may be ahead of ours: what it tells from the future happened now.
MINUTE = timedelta(minutes=1)

Travel = Callable[[int, int], timedelta]


@dataclass(frozen=True)
class Visit:
    """One visit of a day.

    :param earliest: from when it may start, by its promise
    :param latest: until when it must start, by its promise; None = no promise
    :param tolerance: what its type of service allows on top
    :param travel: from the visit before it in the tour, or from the start point
    :param started: when work began on site, by the honest clock
    :param ended: when it ended; a visit broken off has ended too
    :param left: when the technician set off for it ("en route")
    :param paused: breaks and waits so far, which made it longer
    :param wait_for: a helper waits for the one responsible until then
    """

    key: int
    planned: datetime
    service: timedelta
    travel: timedelta = NOTHING
    earliest: datetime | None = None
    latest: datetime | None = None
    tolerance: timedelta = NOTHING
    started: datetime | None = None
    ended: datetime | None = None
    left: datetime | None = None
    paused: timedelta = NOTHING
    wait_for: datetime | None = None

    @property
    def planned_end(self) -> datetime:
        """End of the planned slot."""
        return self.planned + self.service

    @property
    def limit(self) -> datetime:
        """Until when the visit is not late: its promise, else the end of its planned slot."""
        return (self.latest or self.planned_end) + self.tolerance


@dataclass(frozen=True)
class Lunch:
    """A break that starts between ``earliest`` and ``latest``."""

    earliest: datetime
    latest: datetime
    length: timedelta


@dataclass(frozen=True)
class Day:
    """One technician's day.

    :param visits: in the order of the tour
    :param close: end of the working hours, None = unknown
    :param over: when the day is over: what is not done then is to be planned again
    :param lunch: the break still to take, None = taken, or none due
    :param contact: when anything was last heard of the technician
    """

    visits: tuple[Visit, ...]
    over: datetime
    close: datetime | None = None
    lunch: Lunch | None = None
    contact: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """What is said of one visit that is not done.

    :param start: when it is expected to start, or has started
    :param end: when it is expected to end
    :param delay: by how much it starts (once started: ends) after its plan
    """

    state: str
    start: datetime
    end: datetime
    delay: timedelta


def honest(device: datetime | None, server: datetime | None) -> datetime | None:
    """The earlier of two clocks: a device can't tell what has not happened yet.

    Offline, the server learns later, so the device is right; a device in the future is wrong.
    """
    known = [moment for moment in (device, server) if moment]
    return min(known) if known else None


def sequence(visits: Sequence[Visit]) -> list[Visit]:
    """The order in which the visits happen: what was done, what runs, then the tour's order."""
    far = datetime.max

    def rank(item: tuple[int, Visit]) -> tuple[int, datetime, int]:
        number, visit = item
        if visit.ended:
            return 0, visit.ended, number
        if visit.started:
            return 1, visit.started, number
        if visit.left:
            return 2, visit.left, number
        return 3, far, number

    return [visit for _number, visit in sorted(enumerate(visits), key=rank)]


def judge(
    day: Day, now: datetime, silence: timedelta | None = None, travel: Travel | None = None
) -> dict[int, Verdict]:
    """Tell the rest of a day.

    :param now: the present
    :param silence: without contact for so long, lateness is not known; None = always known
    :param travel: travel between two visits where the tour has another order
    :return: ``{key: Verdict}`` of the visits that are not done
    """
    silent = silence is not None and (day.contact is None or now - day.contact > silence)
    previous = {
        visit.key: (day.visits[number - 1].key if number else None)
        for number, visit in enumerate(day.visits)
    }
    found: dict[int, Verdict] = {}
    ready: datetime | None = None
    here: int | None = None
    lunch = day.lunch
    for visit in sequence(day.visits):
        if visit.ended:
            ready = max(min(visit.ended, now), ready or visit.ended)
            here = visit.key
            continue
        if visit.started:
            start = min(visit.started, now)
            end = max(now, start + visit.service + visit.paused)
            state = TO_REPLAN if now > day.over else ON_TIME
            found[visit.key] = Verdict(state, start, end, max(NOTHING, end - visit.planned_end))
        else:
            drive = visit.travel
            if travel and here is not None and previous[visit.key] != here:
                drive = travel(here, visit.key)
            arrival = _arrival(visit, ready, drive, now)
            if lunch and not visit.left and _eats_before(lunch, visit, ready, arrival):
                begin = max(ready or lunch.earliest, lunch.earliest)
                arrival = max(arrival, begin + lunch.length + drive)
                lunch = None
            start = max(filter(None, (arrival, visit.earliest, visit.wait_for)))
            if not visit.left:
                # Who is ahead of time still comes when it was said, unless already on the way.
                start = max(start, visit.planned)
            end = start + visit.service
            delay = max(NOTHING, start - visit.planned)
            state = _state(day, visit, now, start, end, delay)
            if silent and state in (LATE, AT_RISK):
                state = UNKNOWN
            found[visit.key] = Verdict(state, start, end, delay)
        ready, here = end, visit.key
    return found


def _arrival(visit: Visit, ready: datetime | None, drive: timedelta, now: datetime) -> datetime:
    if visit.left:
        return max(min(visit.left, now) + drive, now)
    if ready is None:
        # Nothing was tapped yet today: who does not say that he left may well be on the way.
        return max(visit.planned, now)
    return max(ready + drive, now)


def _eats_before(lunch: Lunch, visit: Visit, ready: datetime | None, arrival: datetime) -> bool:
    """Whether lunch comes before a visit: it is time, or the visit would end too late for it."""
    if ready is None:
        return False
    start = max(arrival, visit.planned)
    return ready >= lunch.earliest or start + visit.service > lunch.latest


def _state(
    day: Day, visit: Visit, now: datetime, start: datetime, end: datetime, delay: timedelta
) -> str:
    if now > day.over:
        return TO_REPLAN
    if now > visit.limit:
        return LATE
    if start > visit.limit:
        return AT_RISK
    # Pushed out of the working hours, where the plan was inside.
    pushed = day.close and visit.planned_end <= day.close < end - visit.tolerance
    return AT_RISK if pushed and delay >= MINUTE else ON_TIME


def judge_together(
    days: dict[int, Day],
    helpers: dict[int, set[int]],
    now: datetime,
    silence: timedelta | None = None,
    travel: Travel | None = None,
) -> dict[int, dict[int, Verdict]]:
    """Tell the rest of several days in which people help each other.

    :param days: ``{person: Day}``
    :param helpers: ``{person: {keys of visits in which this person only helps}}``
    :return: ``{person: {key: Verdict}}``
    """
    found = {person: judge(day, now, silence, travel) for person, day in days.items()}
    expected = {
        key: verdict.start
        for person, verdicts in found.items()
        for key, verdict in verdicts.items()
        if key not in helpers.get(person, ())
    }
    for person, keys in helpers.items():
        if person in days and keys & expected.keys():
            day = days[person]
            visits = tuple(
                replace(visit, wait_for=expected.get(visit.key)) if visit.key in keys else visit
                for visit in day.visits
            )
            found[person] = judge(replace(day, visits=visits), now, silence, travel)
    return found


def told_window(start: datetime, width: timedelta, step: timedelta) -> tuple[datetime, datetime]:
    """A new slot that a customer may honestly be told: around the expected start, on whole steps.

    :param width: length of the slot
    :param step: it begins on a multiple of this
    """
    origin = datetime(start.year, start.month, start.day)
    begin = origin + (start - origin) // step * step
    return begin, begin + width
