"""The SLA clock on cases a person can check by hand."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from clock import (
    ALWAYS,
    Clock,
    Opening,
    Pause,
    Shift,
    honest_time,
    matches,
    measure,
    merge,
    select_policy,
    specificity,
    subtract,
    week_parity,
)

PARIS = "Europe/Paris"
OFFICE = [
    Shift(day, start, stop) for day in range(5) for start, stop in ((480, 720), (840, 1080))
]  # Monday to Friday, 8:00-12:00 and 14:00-18:00


def hours(value: float) -> timedelta:
    return timedelta(hours=value)


def paris(text: str, fold: int = 0) -> datetime:
    """Wall clock of Paris, as text, to the naive UTC instant."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS), fold=fold)
    return wall.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def office(*closings: tuple[str, str]) -> Opening:
    return Opening(
        PARIS,
        OFFICE,
        [(datetime.fromisoformat(low), datetime.fromisoformat(high)) for low, high in closings],
    )


class TestIntervals:
    def test_merge_and_subtract(self):
        day = datetime(2025, 12, 1)
        at = lambda hour: day + hours(hour)  # noqa: E731
        merged = merge(
            [(at(5), at(6)), (at(1), at(3)), (at(2), at(4)), (at(4), at(5)), (at(9), at(9))]
        )
        assert merged == [(at(1), at(6))]
        assert subtract(merged, [(at(0), at(2)), (at(3), at(4)), (at(5), at(8))]) == [
            (at(2), at(3)),
            (at(4), at(5)),
        ]
        assert measure(merged) == hours(5)


class TestDeadline:
    def test_always_open(self):
        received = paris("2025-12-05 17:30")
        assert Clock(received).deadline(hours(4)) == received + hours(4)

    def test_business_hours_run_over_the_weekend(self):
        # Friday 17:00, 4 opening hours: one on Friday, three on Monday morning.
        clock = Clock(paris("2025-12-05 17:00"), office())
        assert clock.deadline(hours(4)) == paris("2025-12-08 11:00")
        assert clock.elapsed(paris("2025-12-08 11:00")) == hours(4)
        assert clock.clock_time(paris("2025-12-08 11:00")) == hours(66)

    def test_a_target_that_ends_with_the_day_is_due_that_day(self):
        clock = Clock(paris("2025-12-05 17:00"), office())
        assert clock.deadline(hours(1)) == paris("2025-12-05 18:00")
        assert clock.state(hours(1), paris("2025-12-05 20:00"), paris("2025-12-05 18:00")) == "met"
        assert (
            clock.state(hours(1), paris("2025-12-05 20:00"), paris("2025-12-05 19:00")) == "missed"
        )

    def test_holiday_is_skipped(self):
        opening = office(("2025-12-25", "2025-12-26"))
        clock = Clock(paris("2025-12-24 16:00"), opening)
        assert clock.deadline(hours(4)) == paris("2025-12-26 10:00")

    def test_pause_on_a_holiday_counts_once(self):
        opening = office(("2025-12-25", "2025-12-26"))
        pauses = [Pause(paris("2025-12-24 17:00"), paris("2025-12-26 09:00"))]
        clock = Clock(paris("2025-12-24 16:00"), opening, pauses)
        assert clock.deadline(hours(4)) == paris("2025-12-26 12:00")
        assert clock.paused_time(paris("2025-12-31 12:00")) == hours(2)

    def test_overlapping_pauses_count_once(self):
        pauses = [
            Pause(paris("2025-12-01 09:00"), paris("2025-12-01 11:00"), "part awaited"),
            Pause(paris("2025-12-01 10:00"), paris("2025-12-01 11:30"), "no access", True),
        ]
        clock = Clock(paris("2025-12-01 08:00"), office(), pauses)
        assert clock.paused_time(paris("2025-12-01 18:00")) == hours(2.5)
        assert clock.deadline(hours(2)) == paris("2025-12-01 14:30")

    def test_pause_outside_opening_hours_counts_nothing(self):
        pauses = [Pause(paris("2025-12-01 12:00"), paris("2025-12-01 14:00"))]
        clock = Clock(paris("2025-12-01 11:00"), office(), pauses)
        assert clock.deadline(hours(2)) == paris("2025-12-01 15:00")
        assert clock.paused_time(paris("2025-12-02 12:00")) == timedelta(0)

    def test_night_shift_over_both_changes_of_hour(self):
        nights = Opening(PARIS, [Shift(day, 22 * 60, 30 * 60) for day in range(7)])
        for evening, length in (("2026-03-28", 7), ("2025-10-25", 9), ("2025-12-01", 8)):
            start = paris(f"{evening} 22:00")
            assert measure(nights.intervals(start, start + hours(12))) == hours(length)

    def test_hour_that_happens_twice_counts_twice(self):
        small_hours = Opening(PARIS, [Shift(6, 120, 150)])  # Sunday 2:00-2:30
        start = paris("2025-10-26 00:00")
        assert small_hours.intervals(start, start + hours(12)) == [
            (paris("2025-10-26 02:00"), paris("2025-10-26 02:30")),
            (paris("2025-10-26 02:00", fold=1), paris("2025-10-26 02:30", fold=1)),
        ]
        start = paris("2026-03-29 00:00")
        assert small_hours.intervals(start, start + hours(12)) == []

    def test_two_week_calendar(self):
        monday = datetime(2025, 12, 1)
        opening = Opening(PARIS, [Shift(0, 480, 720, week_parity(monday.date()))])
        intervals = opening.intervals(monday, monday + timedelta(days=28))
        assert [low.date().day for low, high in intervals] == [1, 15]

    def test_time_zone_of_the_site(self):
        reunion = Opening("Indian/Reunion", OFFICE)
        clock = Clock(datetime(2025, 12, 1, 0, 0), reunion)
        assert clock.deadline(hours(1)) == datetime(2025, 12, 1, 5, 0)  # 8:00 there is 4:00 UTC

    def test_unfinished_pause_leaves_the_deadline_open(self):
        start = paris("2025-12-01 09:00")
        clock = Clock(paris("2025-12-01 08:00"), office(), [Pause(start)])
        assert clock.deadline(hours(1)) == start
        assert clock.deadline(hours(2)) is None
        assert clock.is_paused(start) and not clock.is_paused(start - hours(0.1))
        assert clock.state(hours(2), paris("2025-12-09 09:00")) == "paused"
        assert clock.state(hours(2), paris("2025-12-09 09:00"), paris("2025-12-09 09:00")) == "met"

    def test_calendar_never_open(self):
        assert Clock(datetime(2025, 12, 1), Opening(PARIS, [])).deadline(hours(1)) is None
        closed = Opening(PARIS, OFFICE, [(datetime(2025, 1, 1), datetime(2099, 1, 1))])
        assert Clock(datetime(2025, 12, 1), closed).deadline(hours(1)) is None

    def test_long_pause_does_not_hide_the_deadline(self):
        pause = Pause(datetime(2025, 1, 2), datetime(2040, 1, 1))
        clock = Clock(datetime(2025, 1, 1, 23), ALWAYS, [pause])
        assert clock.deadline(hours(2)) == datetime(2040, 1, 1, 1)

    def test_bad_values_are_refused(self):
        clock = Clock(datetime(2025, 12, 1))
        with pytest.raises(ValueError):
            clock.deadline(timedelta(0))
        with pytest.raises(ValueError):
            clock.after(hours(-1))
        with pytest.raises(ValueError):
            Pause(datetime(2025, 12, 2), datetime(2025, 12, 1))
        with pytest.raises(ValueError):
            Clock(datetime(2025, 12, 1, tzinfo=ZoneInfo(PARIS)))
        with pytest.raises(ZoneInfoNotFoundError):
            Opening("Europe/Atlantis")
        for shift in ((7, 0, 60), (0, 60, 60), (0, 120, 60), (0, 0, 3000), (0, 0, 60, 2)):
            with pytest.raises(ValueError):
                Shift(*shift)


class TestState:
    received = paris("2025-12-01 08:00")

    def state(self, now: str, reached: str | None = None, grace: timedelta | None = None) -> str:
        clock = Clock(self.received, office())
        return clock.state(hours(2), paris(now), paris(reached) if reached else None, grace)

    def test_life(self):
        assert self.state("2025-12-01 09:00") == "running"
        assert self.state("2025-12-01 10:00") == "running"
        assert self.state("2025-12-01 10:01") == "late"
        assert self.state("2025-12-02 10:00", grace=hours(24)) == "late"
        assert self.state("2025-12-02 10:01", grace=hours(24)) == "missed"
        assert self.state("2025-12-02 10:01", "2025-12-01 10:00") == "met"
        assert self.state("2025-12-02 10:01", "2025-12-01 10:01") == "missed"

    def test_offline_arrival_in_time_is_met_though_learned_late(self):
        assert self.state("2025-12-01 17:00", "2025-12-01 09:45", hours(24)) == "met"

    def test_read(self):
        pause = Pause(paris("2025-12-01 08:30"), paris("2025-12-01 09:00"))
        reading = Clock(self.received, office(), [pause]).read(
            hours(4), paris("2025-12-01 15:00"), warn_before=hours(1)
        )
        assert reading.state == "late"
        assert reading.deadline == paris("2025-12-01 14:30")
        assert reading.warn_at == paris("2025-12-01 11:30")
        assert reading.elapsed == hours(4.5)
        assert reading.clock == hours(6.5)
        assert reading.paused == hours(0.5)

    def test_warning_falls_when_somebody_works(self):
        clock = Clock(paris("2025-12-05 14:00"), office())
        assert clock.deadline(hours(4.5)) == paris("2025-12-08 08:30")
        assert clock.warn_at(hours(4.5), hours(1)) == paris("2025-12-05 17:30")
        assert clock.warn_at(hours(0.5), hours(1)) == clock.received


class TestPolicy:
    facts = {
        "contract": frozenset({1}),
        "site": frozenset({10}),
        "customer": frozenset({100, 101}),
        "service_type": frozenset({5}),
        "priority": frozenset({"2"}),
    }

    def values(self, **criteria: set) -> dict[str, frozenset]:
        return {name: frozenset(value) for name, value in criteria.items()}

    def test_empty_means_all(self):
        assert matches({}, self.facts)
        assert matches(self.values(site=set()), self.facts)
        assert matches(self.values(customer={101, 7}), self.facts)
        assert not matches(self.values(contract={2}), self.facts)
        assert not matches(self.values(contract={1}), {})

    def test_most_specific_wins(self):
        everyone = (1, 10, {})
        contract = (2, 10, self.values(contract={1}))
        urgent = (3, 10, self.values(contract={1}, priority={"2", "3"}))
        other = (4, 10, self.values(contract={1}, priority={"3"}, site={10}))
        policies = [everyone, contract, urgent, other]
        assert select_policy(policies, self.facts) == 3
        assert select_policy(policies, {**self.facts, "priority": frozenset({"0"})}) == 2
        assert select_policy(policies, {}) == 1
        assert select_policy([other], self.facts) is None

    def test_ties(self):
        contract, site = self.values(contract={1}), self.values(site={10})
        assert select_policy([(1, 1, site), (2, 9, contract)], self.facts) == 2
        assert select_policy([(1, 9, site), (2, 1, site)], self.facts) == 2
        assert select_policy([(2, 1, site), (1, 1, site)], self.facts) == 1

    def test_customer_beside_contract_adds_nothing(self):
        with_customer = self.values(contract={1}, customer={100})
        assert specificity(with_customer) == specificity(self.values(contract={1}))
        assert specificity(self.values(customer={100})) > specificity({})


class TestHonestTime:
    device = datetime(2025, 12, 1, 9, 45)
    server = datetime(2025, 12, 1, 17, 0)

    def test_device_counts_when_plausible(self):
        choice = honest_time(self.device, self.server, datetime(2025, 12, 1, 8))
        assert (choice.at, choice.source, choice.reason) == (self.device, "device", "")

    def test_no_device(self):
        choice = honest_time(None, self.server)
        assert (choice.at, choice.source, choice.reason) == (self.server, "server", "no_device")

    def test_future(self):
        choice = honest_time(self.server + timedelta(minutes=6), self.server)
        assert (choice.at, choice.source, choice.reason) == (self.server, "server", "future")

    def test_before_known(self):
        known = self.device + timedelta(minutes=6)
        choice = honest_time(self.device, self.server, known)
        assert (choice.at, choice.source, choice.reason) == (self.server, "server", "before_known")

    def test_small_drift_is_brought_back(self):
        choice = honest_time(self.server + timedelta(minutes=4), self.server)
        assert (choice.at, choice.source) == (self.server, "device")
        known = self.device + timedelta(minutes=4)
        assert honest_time(self.device, self.server, known).at == known
