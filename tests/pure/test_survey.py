"""When customers are asked how a visit went."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from survey import ask_at

PARIS = "Europe/Paris"


def utc(text: str) -> datetime:
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS))
    return wall.astimezone(timezone.utc).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("validated", "hours", "expected"),
    [
        ("2026-12-01 10:00", 2, "2026-12-01 12:00"),
        ("2026-12-01 17:59", 2, "2026-12-01 19:59"),
        ("2026-12-01 18:00", 2, "2026-12-02 08:00"),
        ("2026-12-01 23:00", 2, "2026-12-02 08:00"),
        ("2026-12-02 05:59", 2, "2026-12-02 08:00"),
        ("2026-12-02 06:00", 2, "2026-12-02 08:00"),
        # The night in which an hour is missing, and the one in which an hour happens twice.
        ("2026-03-28 23:30", 0, "2026-03-29 08:00"),
        ("2026-10-24 23:30", 0, "2026-10-25 08:00"),
    ],
)
def test_quiet_evening_and_night(validated, hours, expected):
    assert ask_at(utc(validated), timedelta(hours=hours), 20, 8, PARIS) == utc(expected)


def test_quiet_hours_inside_a_day():
    assert ask_at(utc("2026-12-01 12:30"), timedelta(0), 12, 14, PARIS) == utc("2026-12-01 14:00")


def test_no_quiet_hours():
    assert ask_at(utc("2026-12-01 03:00"), timedelta(0), 8, 8, PARIS) == utc("2026-12-01 03:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.integers(0, 72),
    st.integers(0, 24),
    st.integers(0, 24),
)
def test_never_early_never_in_quiet_hours(validated, hours, quiet_from, quiet_to):
    delay = timedelta(hours=hours)
    asked = ask_at(validated, delay, quiet_from, quiet_to, PARIS)
    assert validated + delay <= asked <= validated + delay + timedelta(hours=26)
    local = asked.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(PARIS))
    if (quiet_from, quiet_to) not in ((0, 24), (24, 0)) and quiet_from != quiet_to:
        hour = local.hour + local.minute / 60
        inside = (
            quiet_from <= hour < quiet_to
            if quiet_from < quiet_to
            else hour >= quiet_from or hour < quiet_to
        )
        assert not inside
