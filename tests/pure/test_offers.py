"""Half days that are offered when nobody knows who is free."""

from datetime import date, datetime

from core.offers import half_days

HALVES = {"morning": (8.0, 12.0), "afternoon": (13.0, 18.0)}
FRIDAY = date(2026, 11, 27)


def test_the_weekend_is_not_offered():
    found = half_days(datetime(2026, 11, 27, 9, 0), None, HALVES, 3)
    monday = date(2026, 11, 30)
    assert found == [(FRIDAY, "morning"), (FRIDAY, "afternoon"), (monday, "morning")]


def test_a_half_day_that_is_nearly_over_is_not_offered():
    found = half_days(datetime(2026, 11, 27, 10, 30), None, HALVES, 1)
    assert found == [(FRIDAY, "afternoon")]


def test_nothing_after_the_deadline():
    found = half_days(datetime(2026, 11, 27, 16, 0), date(2026, 11, 29), HALVES, 6)
    assert found == []
