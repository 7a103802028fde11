"""The SLA clock against a slow reference that looks at every single minute.

400 seeded random cases, 10,000 in the nightly run; ``FIELD_CLOCK_CASES`` sets another number.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from clock import Clock, Opening, Pause, Shift, week_parity
from hypothesis import given, settings
from hypothesis import strategies as st

CASES = int(
    os.environ.get("FIELD_CLOCK_CASES") or ("10000" if os.environ.get("FIELD_NIGHTLY") else "400")
)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

#: Zones with a change of hour, without, with a half-hour one, south, and with one at midnight.
ZONES = (
    "Europe/Paris",
    "Indian/Reunion",
    "America/Cayenne",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Beirut",
    "Pacific/Auckland",
    "UTC",
)
#: Around these days some zone above changes its hour.
CHANGES = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2025-03-30",
        "2025-10-26",
        "2026-03-29",
        "2025-04-05",
        "2025-10-05",
        "2025-02-23",
        "2025-04-06",
        "2025-09-06",
        "2025-09-28",
        "2026-03-28",
    )  # fmt: skip
)


@dataclass
class Case:
    tz: str
    shifts: list[Shift] | None
    closings: list[tuple[datetime, datetime]]
    pauses: list[Pause]
    received: datetime
    target: int  # minutes
    warn_before: int  # minutes
    until: datetime

    def clock(self) -> Clock:
        return Clock(self.received, Opening(self.tz, self.shifts, self.closings), self.pauses)


def is_open(case: Case, instant: datetime, zone: ZoneInfo) -> bool:
    """Read the wall clock, look at each shift and closing. As plain as can be."""
    wall = instant.replace(tzinfo=timezone.utc).astimezone(zone).replace(tzinfo=None)
    if any(start <= wall < stop for start, stop in case.closings):
        return False
    if case.shifts is None:
        return True
    minute = wall.hour * 60 + wall.minute
    today, yesterday = wall.date(), wall.date() - DAY
    for shift in case.shifts:
        if shift.weekday == today.weekday() and shift.week in (None, week_parity(today)):
            if shift.start <= minute < shift.stop:
                return True
        if shift.weekday == yesterday.weekday() and shift.week in (None, week_parity(yesterday)):
            if shift.start <= minute + 1440 < shift.stop:
                return True
    return False


def is_paused(case: Case, instant: datetime) -> bool:
    return any(
        pause.start <= instant and (pause.stop is None or instant < pause.stop)
        for pause in case.pauses
    )


def check(case: Case) -> None:
    """Walk minute by minute up to ``until`` and compare all that the clock says."""
    clock, zone = case.clock(), ZoneInfo(case.tz)
    elapsed = plain = paused = 0
    deadline = warn_at = None
    warn_target = max(case.target - case.warn_before, 0)
    now = case.received
    if not warn_target:
        warn_at = now
    while now < case.until:
        opened, on_pause = is_open(case, now, zone), is_paused(case, now)
        elapsed += opened and not on_pause
        plain += not on_pause
        paused += opened and on_pause
        now += MINUTE
        if deadline is None and elapsed == case.target:
            deadline = now
        if warn_at is None and elapsed == warn_target:
            warn_at = now
    target = timedelta(minutes=case.target)
    reading = clock.read(target, case.until, warn_before=timedelta(minutes=case.warn_before))
    assert reading.elapsed == elapsed * MINUTE, case
    assert reading.clock == plain * MINUTE, case
    assert reading.paused == paused * MINUTE, case
    for found, expected in ((reading.deadline, deadline), (reading.warn_at, warn_at)):
        if expected is None:  # it lies behind what the reference walked through, or nowhere
            assert found is None or found > case.until, case
        else:
            assert found == expected, case
    if deadline is not None and deadline < case.until:
        expected_state = "late"
    else:
        expected_state = "paused" if is_paused(case, case.until) else "running"
    assert reading.state == expected_state, case


# --- Random cases -------------------------------------------------------------------------------


def random_shifts(rng: random.Random) -> list[Shift] | None:
    kind = rng.random()
    if kind < 0.15:
        return None
    if kind < 0.5:  # office hours with lunch
        start, stop = rng.choice((420, 480, 510)), rng.choice((1020, 1080, 1140))
        return [
            Shift(day, low, high)
            for day in range(rng.choice((5, 6)))
            for low, high in ((start, 720), (rng.choice((780, 840)), stop))
        ]
    if kind < 0.7:  # nights
        return [
            Shift(day, rng.randrange(1140, 1440), rng.randrange(1500, 1980)) for day in range(7)
        ]
    shifts = []
    for _ in range(rng.randrange(0, 12)):  # anything: overlapping, touching, two weeks
        start = rng.randrange(0, 1440)
        stop = rng.randrange(start + 1, min(2880, start + 1500) + 1)
        shifts.append(Shift(rng.randrange(7), start, stop, rng.choice((None, None, 0, 1))))
    return shifts


def random_case(rng: random.Random) -> Case:
    anchor = rng.choice(CHANGES) if rng.random() < 0.6 else datetime(2025, 1, 1)
    spread = 4 * 1440 if anchor in CHANGES else 500 * 1440
    received = anchor + rng.randrange(-spread if anchor in CHANGES else 0, spread) * MINUTE
    length = rng.choice((600, 3000, 6 * 1440))
    midnight = datetime.combine(received.date(), datetime.min.time())
    closings = []
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        start = midnight + rng.randrange(-1, 6) * DAY
        if rng.random() < 0.3:
            start += rng.randrange(1440) * MINUTE
        closings.append((start, start + rng.choice((1, 1, 1, 2)) * DAY))
    pauses = []
    for _ in range(rng.choice((0, 0, 1, 2, 3, 5))):
        start = received + rng.randrange(-600, length) * MINUTE
        stop = None if rng.random() < 0.15 else start + rng.randrange(0, 1500) * MINUTE
        pauses.append(Pause(start, stop))
    return Case(
        tz=rng.choice(ZONES),
        shifts=random_shifts(rng),
        closings=closings,
        pauses=pauses,
        received=received,
        target=rng.choice((30, 60, 240, 480, rng.randrange(1, 3000))),
        warn_before=rng.choice((0, 30, 60, 600)),
        until=received + rng.randrange(0, length) * MINUTE,
    )


@pytest.mark.parametrize("block", range(10))
def test_random_cases_equal_the_reference(block: int) -> None:
    for number in range(block * CASES // 10, (block + 1) * CASES // 10):
        check(random_case(random.Random(number)))


@settings(max_examples=max(30, CASES // 10), deadline=None)
@given(st.randoms(use_true_random=False))
def test_hypothesis_cases_equal_the_reference(rng: random.Random) -> None:
    check(random_case(rng))


# --- Properties that need no reference, to the second -------------------------------------------


@st.composite
def clocks(draw: st.DrawFn) -> Iterator[Clock]:
    case = random_case(random.Random(draw(st.integers(0, 1_000_000))))
    received = case.received + timedelta(seconds=draw(st.integers(0, 59)))
    pauses = [
        Pause(
            pause.start + timedelta(seconds=draw(st.integers(0, 59))),
            pause.stop and pause.stop + timedelta(seconds=59),
        )
        for pause in case.pauses
    ]
    return Clock(received, Opening(case.tz, case.shifts, case.closings), pauses)


@settings(max_examples=max(60, CASES // 4), deadline=None)
@given(clocks(), st.integers(1, 5_000_000))
def test_deadline_is_the_first_instant(clock: Clock, seconds: int) -> None:
    target, second = timedelta(seconds=seconds), timedelta(seconds=1)
    deadline = clock.deadline(target)
    if deadline is None:
        return
    assert clock.elapsed(deadline) == target
    assert clock.elapsed(deadline - second) == target - second
    assert clock.state(target, deadline) != "late"
    assert clock.state(target, deadline + second) == "late"
    assert clock.state(target, deadline, deadline) == "met"
    assert clock.state(target, deadline, deadline + second) == "missed"


@settings(max_examples=max(60, CASES // 4), deadline=None)
@given(clocks(), st.integers(0, 3_000_000), st.integers(0, 3_000_000))
def test_time_adds_up(clock: Clock, first: int, second: int) -> None:
    middle = clock.received + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    rest = Clock(middle, clock.opening, clock.pauses)
    assert clock.elapsed(end) == clock.elapsed(middle) + rest.elapsed(end)
    assert clock.elapsed(end) + clock.paused_time(end) == sum(
        (high - low for low, high in clock.opening.intervals(clock.received, end)), timedelta()
    )
    assert clock.elapsed(end) <= clock.clock_time(end) <= end - clock.received


@settings(max_examples=max(60, CASES // 4), deadline=None)
@given(clocks(), st.integers(1, 3_000_000))
def test_a_pause_said_twice_changes_nothing(clock: Clock, seconds: int) -> None:
    twice = Clock(clock.received, clock.opening, clock.pauses * 2)
    until = clock.received + timedelta(seconds=seconds)
    assert twice.read(timedelta(hours=4), until) == clock.read(timedelta(hours=4), until)
