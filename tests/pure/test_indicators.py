"""What the indicators of quality mean, without a database."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicators import (
    Figure,
    compare,
    judge_arrival,
    longest_presence,
    month_start,
    named_period,
    period_before,
)

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-12-01 {text}")


@pytest.mark.parametrize(
    ("arrival", "verdict"),
    [
        ("08:59", "early"),
        ("09:00", "on_time"),
        ("10:00", "on_time"),
        ("11:00", "on_time"),
        ("11:01", "late"),
    ],
)
def test_both_ends_of_the_slot_are_in_time(arrival, verdict):
    assert judge_arrival(at(arrival), at("09:00"), at("11:00")) == verdict


@pytest.mark.parametrize(
    ("start", "stop", "verdict"),
    [
        ("10:30", "11:30", "customer"),
        ("10:30", None, "customer"),
        ("08:00", "11:01", "customer"),
        # Over before the slot was: the delay is not the customer's.
        ("09:00", "11:00", "late"),
        # It began when we were late already.
        ("11:10", "11:40", "late"),
    ],
)
def test_a_pause_of_the_customer_excuses_a_delay(start, stop, verdict):
    pause = (at(start), at(stop) if stop else None)
    assert judge_arrival(at("12:00"), at("09:00"), at("11:00"), [pause]) == verdict


def test_an_excuse_makes_nobody_early_or_late_who_is_in_time():
    pause = [(at("08:00"), None)]
    assert judge_arrival(at("10:00"), at("09:00"), at("11:00"), pause) == "on_time"
    assert judge_arrival(at("08:00"), at("09:00"), at("11:00"), pause) == "early"


def test_time_on_site_is_of_the_one_who_stayed_longest():
    assert longest_presence([(1, 1.0), (2, 1.5), (1, 1.0)]) == 2.0
    assert longest_presence([(1, 0.0)]) == 0.0
    assert longest_presence([]) is None


def test_named_periods():
    today = date(2026, 3, 31)
    assert named_period("week", today) == (date(2026, 3, 30), date(2026, 4, 5))
    assert named_period("last_week", today) == (date(2026, 3, 23), date(2026, 3, 29))
    assert named_period("month", today) == (date(2026, 3, 1), date(2026, 3, 31))
    assert named_period("last_month", today) == (date(2026, 2, 1), date(2026, 2, 28))
    assert named_period("quarter", today) == (date(2025, 12, 1), date(2026, 2, 28))
    assert named_period("year", today) == (date(2025, 3, 1), date(2026, 2, 28))


def test_whole_months_are_compared_with_whole_months():
    march = date(2026, 3, 1), date(2026, 3, 31)
    assert period_before(*march) == (date(2026, 2, 1), date(2026, 2, 28))
    quarter = date(2026, 1, 1), date(2026, 3, 31)
    assert period_before(*quarter) == (date(2025, 10, 1), date(2025, 12, 31))
    assert period_before(date(2026, 3, 2), date(2026, 3, 4)) == (
        date(2026, 2, 27),
        date(2026, 3, 1),
    )
    with pytest.raises(ValueError, match="ends after"):
        period_before(date(2026, 3, 2), date(2026, 3, 1))


@given(DAYS, st.integers(0, 400))
def test_the_period_before_touches_and_is_as_long(start, length):
    stop = start + timedelta(days=length)
    before = period_before(start, stop)
    assert before[1] + timedelta(days=1) == start
    assert before[0] <= before[1]
    if start.day == 1 and (stop + timedelta(days=1)).day == 1:
        assert before[0].day == 1
    else:
        assert before[1] - before[0] == stop - start


@given(DAYS, st.integers(0, 60))
def test_months_back(day, back):
    found = month_start(day, back)
    assert found.day == 1
    assert (day.year - found.year) * 12 + day.month - found.month == back


@pytest.mark.parametrize(
    ("now", "before", "better", "change", "trend"),
    [
        (80.0, 70.0, "higher", 10.0, "better"),
        (70.0, 80.0, "higher", -10.0, "worse"),
        (2.0, 3.0, "lower", -1.0, "better"),
        (3.0, 2.0, "lower", 1.0, "worse"),
        (3.0, 2.0, "neither", 1.0, "changed"),
        (3.0, 3.0, "lower", 0.0, "same"),
    ],
)
def test_a_move_is_named(now, before, better, change, trend):
    found = compare(Figure(5, now), Figure(9, before), 5, better)
    assert (found.small, found.change, found.trend) == (False, change, trend)


def test_few_cases_conclude_nothing():
    small = compare(Figure(4, 80.0), Figure(90, 70.0), 5, "higher")
    assert (small.small, small.change, small.trend) == (True, None, None)
    unknown = compare(Figure(5, 80.0), Figure(4, 70.0), 5, "higher")
    assert (unknown.small, unknown.change, unknown.trend) == (False, None, None)
    empty = compare(Figure(0), Figure(0), 5, "higher")
    assert (empty.small, empty.change, empty.trend) == (False, None, None)
