"""Recurring visits: what each rule means, holidays, windows."""

from datetime import date, timedelta

import pytest
from core.recurrence import (
    Closings,
    Rule,
    after_completion,
    chain,
    due_between,
    next_nominal,
    occurrences,
    resolve,
    window,
)
from hypothesis import given, settings
from hypothesis import strategies as st

START = date(2026, 1, 1)
OPEN = Closings()


def days(rule, first=START, last=date(2026, 12, 31), closings=OPEN):
    return [one.day for one in occurrences(rule, first, last, closings) if one.day]


def test_every_second_week_keeps_its_rhythm_from_the_start():
    rule = Rule(START, interval=2, weekdays=(0, 3))
    found = days(rule, last=date(2026, 2, 1))
    assert found == [date(2026, 1, 1), date(2026, 1, 12), date(2026, 1, 15), date(2026, 1, 26),
                     date(2026, 1, 29)]  # fmt: skip
    # The same whichever days are asked for.
    assert days(rule, date(2026, 1, 20), date(2026, 2, 1)) == found[3:]


def test_weekly_without_weekday_follows_the_start():
    assert days(Rule(date(2026, 1, 7)), last=date(2026, 1, 21)) == [
        date(2026, 1, 7), date(2026, 1, 14), date(2026, 1, 21)]  # fmt: skip


def test_excluded_months_do_not_shift_the_rhythm():
    every = Rule(START, interval=2, weekdays=(0,))
    without = Rule(START, interval=2, weekdays=(0,), excluded=frozenset({8}))
    assert days(without) == [day for day in days(every) if day.month != 8]


def test_the_31st_is_the_last_day_of_shorter_months():
    rule = Rule(START, unit="month", day=31, on_weekend="keep")
    assert days(rule, last=date(2026, 4, 30)) == [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]  # fmt: skip


def test_nth_weekday_of_the_month():
    second = Rule(START, unit="month", by_weekday=True, nth=2, weekday=1)
    assert days(second, last=date(2026, 3, 31)) == [
        date(2026, 1, 13), date(2026, 2, 10), date(2026, 3, 10)]  # fmt: skip
    last = Rule(START, unit="month", interval=3, by_weekday=True, nth=-1, weekday=4)
    assert days(last, last=date(2026, 7, 31)) == [
        date(2026, 1, 30), date(2026, 4, 24), date(2026, 7, 31)]  # fmt: skip


def test_every_second_month_counts_from_the_start():
    rule = Rule(date(2026, 2, 15), unit="month", interval=2, day=10)
    assert days(rule, last=date(2026, 9, 1)) == [
        date(2026, 4, 10), date(2026, 6, 10), date(2026, 8, 10)]  # fmt: skip


def test_yearly_and_the_29th_of_february():
    rule = Rule(START, unit="year", month=2, day=29, on_weekend="keep")
    assert days(rule, last=date(2028, 12, 31)) == [
        date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]  # fmt: skip
    assert days(Rule(START, unit="year", month=8, excluded=frozenset({8}))) == []


def test_all_months_excluded_is_no_visit_at_all():
    rule = Rule(START, excluded=frozenset(range(1, 13)))
    assert days(rule) == []
    assert next_nominal(rule, START) is None
    assert after_completion(rule, START) is None


def test_start_and_end_bound_the_visits():
    rule = Rule(date(2026, 3, 2), date(2026, 3, 16), weekdays=(0,))
    assert days(rule) == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("keep", date(2026, 5, 1)),
        ("skip", None),
        ("before", date(2026, 4, 30)),
        # The 2nd and 3rd are a week-end.
        ("after", date(2026, 5, 4)),
    ],
)
def test_public_holiday(action, expected):
    closings = Closings(public={date(2026, 5, 1): "Labour day"})
    rule = Rule(START, unit="month", day=1, on_holiday=action)
    one = resolve(rule, date(2026, 5, 1), closings)
    assert one.day == expected
    assert one.nominal == date(2026, 5, 1)
    if action != "keep":
        assert (one.reason, one.name) == ("public", "Labour day")


def test_a_named_weekend_day_is_a_working_day():
    assert days(Rule(START, weekdays=(5,)), last=date(2026, 1, 12)) == [
        date(2026, 1, 3), date(2026, 1, 10)]  # fmt: skip
    skipped = Rule(START, unit="day", on_weekend="skip")
    assert all(day.weekday() < 5 for day in days(skipped))
    assert len(days(skipped, last=date(2026, 1, 11))) == 7


def test_a_shifted_visit_yields_to_one_of_that_day():
    closings = Closings(public={date(2026, 4, 6): "Easter Monday"})
    rule = Rule(START, weekdays=(0, 1))
    found = occurrences(rule, date(2026, 4, 6), date(2026, 4, 12), closings)
    assert [(one.day, one.reason) for one in found] == [
        (None, "same_day"), (date(2026, 4, 7), "")]  # fmt: skip


def test_shift_never_leaves_the_contract():
    closings = Closings(public={date(2026, 12, 31): "Closed"})
    rule = Rule(START, date(2026, 12, 31), unit="month", day=31)
    assert resolve(rule, date(2026, 12, 31), closings).day == date(2026, 12, 30)
    alone = Rule(date(2026, 5, 1), date(2026, 5, 1), unit="day")
    closed = Closings(public={date(2026, 5, 1): "Labour day"})
    assert resolve(alone, date(2026, 5, 1), closed).reason == "no_day"


def winter():
    first = date(2026, 2, 7)
    found = {first + timedelta(days=n): "Winter" for n in range(16)}
    return Closings(school=found, school_known=(date(2025, 9, 1), date(2026, 8, 31)))


def test_only_during_school_holidays():
    rule = Rule(START, unit="month", day=2, school="only")
    one = resolve(rule, date(2026, 2, 2), winter())
    # The holidays begin on a Saturday.
    assert (one.day, one.reason) == (date(2026, 2, 9), "school_only")
    skip = Rule(START, weekdays=(1,), school="only", on_school="skip")
    assert days(skip, last=date(2026, 3, 31), closings=winter()) == [
        date(2026, 2, 10), date(2026, 2, 17)]  # fmt: skip


def test_never_during_school_holidays():
    rule = Rule(START, weekdays=(1,), school="never", on_school="before")
    one = resolve(rule, date(2026, 2, 10), winter())
    assert (one.day, one.reason, one.name) == (date(2026, 2, 6), "school_never", "Winter")


def test_unknown_school_year_loses_no_visit_and_says_so():
    rule = Rule(START, unit="month", day=2, school="only")
    one = resolve(rule, date(2027, 2, 2), winter())
    assert (one.day, one.unknown) == (date(2027, 2, 2), True)


def test_after_completion_counts_from_the_work():
    rule = Rule(START, unit="month", interval=3)
    assert after_completion(rule, date(2026, 1, 31)) == date(2026, 4, 30)
    weekly = Rule(START, weekdays=(0,))
    assert after_completion(weekly, date(2026, 1, 7)) == date(2026, 1, 19)
    august = Rule(START, unit="month", excluded=frozenset({8}))
    assert after_completion(august, date(2026, 7, 10)) == date(2026, 9, 1)
    ended = Rule(START, date(2026, 3, 1), unit="month", interval=3)
    assert after_completion(ended, date(2026, 1, 31)) is None


def test_chain_goes_on_from_each_due_day():
    rule = Rule(START, unit="month", interval=2)
    found = chain(rule, date(2026, 1, 5), date(2026, 12, 31), OPEN)
    assert [one.day for one in found][:2] == [date(2026, 3, 5), date(2026, 5, 5)]
    assert len(found) == 5
    daily = Rule(START, unit="day", on_weekend="before")
    assert len(chain(daily, date(2026, 1, 8), date(2026, 1, 31), OPEN)) < 40


def test_window_stays_inside_the_contract():
    assert window(date(2026, 3, 2), 3, START, None) == (date(2026, 2, 27), date(2026, 3, 5))
    assert window(date(2026, 1, 2), 3, START, date(2026, 1, 3)) == (START, date(2026, 1, 3))


def test_due_between_finds_visits_shifted_into_the_days():
    closings = Closings(public={date(2026, 5, 1): "Labour day"})
    rule = Rule(START, unit="month", day=1)
    assert [
        one.day for one in due_between(rule, date(2026, 5, 2), date(2026, 5, 31), closings)
    ] == [date(2026, 5, 4)]


rules = st.builds(
    Rule,
    start=st.just(START),
    unit=st.sampled_from(["day", "week", "month", "year"]),
    interval=st.integers(1, 5),
    weekdays=st.lists(st.integers(0, 6), unique=True).map(tuple),
    by_weekday=st.booleans(),
    day=st.integers(1, 31),
    nth=st.sampled_from([1, 2, 3, 4, -1]),
    weekday=st.integers(0, 6),
    month=st.integers(1, 12),
    excluded=st.frozensets(st.integers(1, 12), max_size=11),
    on_weekend=st.sampled_from(["keep", "skip", "before", "after"]),
    on_holiday=st.sampled_from(["keep", "skip", "before", "after"]),
    school=st.sampled_from(["any", "only", "never"]),
    on_school=st.sampled_from(["skip", "before", "after"]),
)
holidays = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20)


@settings(max_examples=150, deadline=None)
@given(rules, holidays, st.dates(date(2026, 2, 1), date(2026, 10, 1)))
def test_any_rule_gives_distinct_open_days_whatever_is_asked(rule, closed, cut):
    closings = Closings(
        public=dict.fromkeys(closed, "Closed"), school=winter().school,
        school_known=(date(2025, 9, 1), date(2028, 8, 31)),
    )  # fmt: skip
    whole = occurrences(rule, START, date(2026, 12, 31), closings)
    found = [one.day for one in whole if one.day]
    assert len(set(found)) == len(found)
    assert all(day >= START for day in found)
    if rule.on_holiday != "keep":
        assert not closed.intersection(found)
    if rule.school == "never":
        assert not set(closings.school).intersection(found)
    assert all(day.month not in rule.excluded for day in found)
    # Generated in two goes or in one: the same nominal days.
    halves = occurrences(rule, START, cut, closings) + occurrences(
        rule, cut + timedelta(days=1), date(2026, 12, 31), closings
    )
    assert [one.nominal for one in halves] == [one.nominal for one in whole]
