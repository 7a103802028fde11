"""The SLA clock: opening hours, pauses, deadlines, verdicts. Plain Python, no database.

Instants are naive UTC datetimes, as Odoo stores them. Names with ``wall`` hold what a clock on the
wall of the site shows. Every interval is half-open: its start belongs to it, its stop does not.

The opening hours are a *set of instants*: an instant is open when the wall clock of the site is
inside a shift and outside every closing. So a night shift over a change of hour lasts 7 or 9 hours
as it really does, an hour that happens twice counts twice, and one that never happens counts
nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]
State = Literal["running", "paused", "late", "met", "missed"]
Source = Literal["device", "server"]

#: Deadlines further away than this do not exist: the calendar is (nearly) never open.
HORIZON = timedelta(days=3660)
ZERO = timedelta(0)

_DAY = timedelta(days=1)
_EPOCH = datetime(2000, 1, 3)  # a Monday
_CHUNK = timedelta(days=28)
_MINUTES_A_DAY = 24 * 60


# --- Intervals -------------------------------------------------------------------------------


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Sort intervals and join those that overlap or touch; empty ones vanish."""
    result: list[Interval] = []
    for start, stop in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], stop))
        else:
            result.append((start, stop))
    return result


def subtract(intervals: Sequence[Interval], removed: Sequence[Interval]) -> list[Interval]:
    """What remains of ``intervals`` without ``removed``. Both must be merged."""
    result: list[Interval] = []
    first = 0
    for start, stop in intervals:
        while first < len(removed) and removed[first][1] <= start:
            first += 1
        for out_start, out_stop in removed[first:]:
            if out_start >= stop:
                break
            if start < out_start:
                result.append((start, out_start))
            start = max(start, out_stop)
        if start < stop:
            result.append((start, stop))
    return result


def measure(intervals: Iterable[Interval]) -> timedelta:
    """Total length of disjoint intervals."""
    return sum((stop - start for start, stop in intervals), ZERO)


# --- Time zones ------------------------------------------------------------------------------


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.replace(tzinfo=timezone.utc).astimezone(zone).utcoffset() or ZERO


def _transition(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """First second of ``(low, high]`` whose offset is that of ``high``."""
    after = _offset(zone, high)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (low, middle) if _offset(zone, middle) == after else (middle, high)
    return high


@lru_cache(maxsize=2048)
def _constant_offsets(tz: str, start: datetime) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """Cut the chunk that begins at ``start`` where the time zone changes its offset."""
    zone = ZoneInfo(tz)
    result, cut, day = [], start, start
    while day < start + _CHUNK:
        before, after = _offset(zone, day), _offset(zone, day + _DAY)
        if before != after:
            change = _transition(zone, day, day + _DAY)
            result.append((cut, change, before))
            cut = change
        day += _DAY
    if cut < day:
        result.append((cut, day, _offset(zone, cut)))
    return tuple(result)


# --- Opening hours ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """Weekly opening: from ``start`` to ``stop`` minutes after midnight of ``weekday`` (0 Monday).

    ``stop`` may pass 1440, up to the end of the next day: that is a night shift. ``week`` is 0 or
    1 for calendars that alternate two weeks (parity as in :func:`week_parity`), None for both.
    """

    weekday: int
    start: int
    stop: int
    week: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday must be 0 to 6, got {self.weekday}")
        if not 0 <= self.start < self.stop <= 2 * _MINUTES_A_DAY:
            raise ValueError(f"a shift must end after it starts: {self.start} to {self.stop}")
        if self.week not in (None, 0, 1):
            raise ValueError(f"week must be 0, 1 or None, got {self.week}")


def week_parity(day: date) -> int:
    """0 or 1, alternating every Monday whatever the year, as Odoo's two-week calendars do."""
    return (day.toordinal() - 1) // 7 % 2


class Opening:
    """When a site's clock runs: weekly shifts minus closings, on the wall clock of ``tz``.

    :param tz: IANA name of the time zone in which shifts and closings are read
    :param shifts: weekly shifts; None means open 24 hours, 7 days
    :param closings: wall-clock intervals when it is closed (holidays, company leave)
    :raises ZoneInfoNotFoundError: unknown time zone
    """

    def __init__(
        self,
        tz: str = "UTC",
        shifts: Iterable[Shift] | None = None,
        closings: Iterable[Interval] = (),
    ) -> None:
        self.tz = ZoneInfo(tz).key
        self.shifts = None if shifts is None else tuple(shifts)
        self.closings = tuple(merge(closings))
        self._by_day: dict[tuple[int, int], list[Shift]] = {}
        for shift in self.shifts or ():
            for week in (0, 1) if shift.week is None else (shift.week,):
                self._by_day.setdefault((week, shift.weekday), []).append(shift)
        self._chunks: dict[datetime, list[Interval]] = {}

    @property
    def never(self) -> bool:
        """True when no shift exists: such a clock never runs."""
        return self.shifts is not None and not self.shifts

    def intervals(self, start: datetime, stop: datetime) -> list[Interval]:
        """Open intervals between two instants, merged and clipped."""
        if stop <= start or self.never:
            return []
        if self.shifts is None and not self.closings:
            return [(start, stop)]
        result: list[Interval] = []
        chunk = _EPOCH + (start - _EPOCH) // _CHUNK * _CHUNK
        while chunk < stop:
            result.extend(self._chunk(chunk))
            chunk += _CHUNK
        clipped = ((max(start, low), min(stop, high)) for low, high in result)
        return merge(clipped)

    def _chunk(self, start: datetime) -> list[Interval]:
        """Open intervals of the 28 days that begin at ``start``, computed once."""
        if start not in self._chunks:
            self._chunks[start] = [
                (low - offset, high - offset)
                for begin, end, offset in _constant_offsets(self.tz, start)
                for low, high in self._wall_intervals(begin + offset, end + offset)
            ]
        return self._chunks[start]

    def _wall_intervals(self, start: datetime, stop: datetime) -> list[Interval]:
        if self.shifts is None:
            opened: list[Interval] = [(start, stop)]
        else:
            opened = merge(
                (max(start, low), min(stop, high)) for low, high in self._wall_shifts(start, stop)
            )
        after = bisect_right([closing[1] for closing in self.closings], start)
        return subtract(opened, self.closings[after:])

    def _wall_shifts(self, start: datetime, stop: datetime) -> Iterable[Interval]:
        # A night shift of the day before may reach into the first day.
        midnight = datetime.combine(start.date(), time()) - _DAY
        while midnight < stop:
            for shift in self._by_day.get((week_parity(midnight.date()), midnight.weekday()), ()):
                yield (
                    midnight + timedelta(minutes=shift.start),
                    midnight + timedelta(minutes=shift.stop),
                )
            midnight += _DAY


ALWAYS = Opening()


# --- The clock -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pause:
    """Time that does not count. ``stop`` None: still paused.

    :raises ValueError: it ends before it starts
    """

    start: datetime
    stop: datetime | None = None
    reason: str = ""
    customer_caused: bool = False

    def __post_init__(self) -> None:
        if self.stop is not None and self.stop < self.start:
            raise ValueError("a pause must end after it starts")


@dataclass(frozen=True)
class Reading:
    """What the clock shows at one moment.

    ``deadline`` and ``warn_at`` are None while an unfinished pause keeps them unknown, or when the
    calendar never opens. ``elapsed`` is opening time, ``clock`` plain time, both without pauses;
    ``paused`` is the opening time that pauses took off.
    """

    state: State
    deadline: datetime | None
    warn_at: datetime | None
    elapsed: timedelta
    clock: timedelta
    paused: timedelta


class Clock:
    """One request's clock: it starts when the request is received.

    :param received: instant of reception
    :param opening: opening hours in which it runs
    :param pauses: pauses; overlapping ones are never counted twice
    """

    def __init__(
        self, received: datetime, opening: Opening = ALWAYS, pauses: Iterable[Pause] = ()
    ) -> None:
        if received.tzinfo is not None:
            raise ValueError("instants are naive UTC datetimes")
        self.received = received
        self.opening = opening
        self.pauses = tuple(pauses)
        self._known: dict[timedelta, datetime | None] = {}
        self._paused = merge(
            (max(pause.start, received), pause.stop or datetime.max) for pause in self.pauses
        )

    def is_paused(self, at: datetime) -> bool:
        """Whether a pause covers this instant."""
        return any(start <= at < stop for start, stop in self._paused)

    def elapsed(self, until: datetime) -> timedelta:
        """Opening time from reception to ``until``, pauses off."""
        return measure(subtract(self.opening.intervals(self.received, until), self._paused))

    def clock_time(self, until: datetime) -> timedelta:
        """Plain time from reception to ``until``, day and night, pauses off."""
        return measure(subtract(ALWAYS.intervals(self.received, until), self._paused))

    def paused_time(self, until: datetime) -> timedelta:
        """Opening time that pauses took off between reception and ``until``."""
        return measure(self.opening.intervals(self.received, until)) - self.elapsed(until)

    def after(self, duration: timedelta) -> datetime | None:
        """First instant at which ``duration`` of opening time has elapsed.

        None if an unfinished pause or a calendar without hours keeps it from ever elapsing.

        :raises ValueError: negative duration
        """
        if duration < ZERO:
            raise ValueError("a duration can't be negative")
        if duration not in self._known:
            self._known[duration] = self._find(duration)
        return self._known[duration]

    def _find(self, duration: timedelta) -> datetime | None:
        if not duration:
            return self.received
        if self.opening.never:
            return None
        start, left, step = self.received, duration, max(2 * duration, timedelta(days=7))
        end = self.received + HORIZON
        if self._paused and self._paused[-1][1] == datetime.max:
            end = min(end, self._paused[-1][0])
        elif self._paused:
            end = max(end, self._paused[-1][1] + HORIZON)
        while start < end:
            stop = min(start + step, end)
            for low, high in subtract(self.opening.intervals(start, stop), self._paused):
                if high - low >= left:
                    return low + left
                left -= high - low
            start = stop
        return None

    def deadline(self, target: timedelta) -> datetime | None:
        """Instant when the target's opening time is used up; see :meth:`after`.

        :raises ValueError: the target is not a positive duration
        """
        if target <= ZERO:
            raise ValueError("a target must be longer than zero")
        return self.after(target)

    def warn_at(self, target: timedelta, warn_before: timedelta) -> datetime | None:
        """Instant when only ``warn_before`` of opening time is left.

        Counted in opening time, so that the warning of a Monday morning deadline falls on Friday,
        when somebody is there to read it. A target shorter than the warning warns at reception.
        """
        return self.after(max(target - max(warn_before, ZERO), ZERO))

    def state(
        self,
        target: timedelta,
        now: datetime,
        reached: datetime | None = None,
        grace: timedelta | None = None,
    ) -> State:
        """Where the target stands at ``now``.

        *Late* means: the deadline has passed and nobody has reported yet. A technician without
        network may still prove an arrival in time, so the verdict waits for the fact, or for the
        end of ``grace`` (plain time after the deadline; None: for ever).
        """
        deadline = self.deadline(target)
        if reached is not None:
            return "met" if deadline is None or reached <= deadline else "missed"
        if deadline is not None and now > deadline:
            return "missed" if grace is not None and now > deadline + grace else "late"
        return "paused" if self.is_paused(now) else "running"

    def read(  # pylint: disable=method-required-super
        self,
        target: timedelta,
        now: datetime,
        reached: datetime | None = None,
        warn_before: timedelta = ZERO,
        grace: timedelta | None = None,
    ) -> Reading:
        """All that is known at ``now``; times stop at ``reached`` if it is given."""
        until = now if reached is None else reached
        return Reading(
            state=self.state(target, now, reached, grace),
            deadline=self.deadline(target),
            warn_at=self.warn_at(target, warn_before),
            elapsed=self.elapsed(until),
            clock=self.clock_time(until),
            paused=self.paused_time(until),
        )


# --- Which policy applies ----------------------------------------------------------------------

#: Criteria of a policy. In a tie on their number, an earlier one in this list wins.
CRITERIA = ("contract", "site", "customer", "service_type", "priority")
Values = Mapping[str, frozenset]


def matches(criteria: Values, facts: Values) -> bool:
    """Whether every criterion is empty (it means *all*) or holds one of the request's values."""
    return all(
        not criteria.get(name) or criteria[name] & facts.get(name, frozenset()) for name in CRITERIA
    )


def specificity(criteria: Values) -> tuple[int, ...]:
    """Sort key: how many criteria are filled, then which.

    The customer does not count beside a contract or a site, which imply it: naming it again must
    not make a policy stronger.
    """
    filled = [bool(criteria.get(name)) for name in CRITERIA]
    if filled[0] or filled[1]:
        filled[2] = False
    return (sum(filled), *map(int, filled))


def select_policy(policies: Iterable[tuple[int, int, Values]], facts: Values) -> int | None:
    """Id of the most specific policy that matches a request, or None.

    :param policies: (id, sequence, criteria) each; in a full tie the lower sequence, then the
        lower id wins
    :param facts: the request's values under the names of :data:`CRITERIA`
    """
    candidates = [policy for policy in policies if matches(policy[2], facts)]
    if not candidates:
        return None
    best = max(candidates, key=lambda policy: (specificity(policy[2]), -policy[1], -policy[0]))
    return best[0]


# --- The honest time -----------------------------------------------------------------------------


@dataclass(frozen=True)
class HonestTime:
    """The instant that counts, which clock gave it, and why not the device's if it did not.

    ``reason``: empty, ``no_device`` (the device sent no time), ``future`` (its time is after we
    received it) or ``before_known`` (its time is before anybody could know the mission).
    """

    at: datetime
    source: Source
    reason: str = ""


def honest_time(
    device: datetime | None,
    server: datetime,
    known_at: datetime | None = None,
    tolerance: timedelta = timedelta(minutes=5),
) -> HonestTime:
    """Choose between what the device says and when the server learned it.

    The device lived the moment, so its time counts when it can be true: not later than the receipt
    and not before the mission was known, within ``tolerance``. Inside the tolerance the time is
    brought back to the bound that it can't have passed.
    """
    if device is None:
        return HonestTime(server, "server", "no_device")
    if device > server + tolerance:
        return HonestTime(server, "server", "future")
    if known_at is not None and device < known_at - tolerance:
        return HonestTime(server, "server", "before_known")
    if known_at is not None:
        device = max(device, known_at)
    return HonestTime(min(device, server), "device")
