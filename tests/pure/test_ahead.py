"""What a technician ahead of time can still take."""

from datetime import datetime, timedelta

from core.ahead import Candidate, fits, round_up

NOW = datetime(2026, 11, 30, 10, 2)


def minutes(value):
    return timedelta(minutes=value)


def candidate(key, service=30, there=10, onward=10, **values):
    return Candidate(key, minutes(service), minutes(there), minutes(onward), **values)


def keys(candidates, gap=90, **values):
    found = fits(candidates, NOW, NOW + minutes(gap), minutes(15), **values)
    return [
        (item.key, start.strftime("%H:%M"), added.seconds // 60) for item, start, added in found
    ]


def test_nearest_first_on_round_starts():
    near, far = candidate(1, there=8, onward=9), candidate(2, there=20, onward=20)
    assert keys([far, near]) == [(1, "10:10", 2), (2, "10:25", 25)]


def test_what_is_too_long_or_too_late():
    assert keys([candidate(1, service=75)]) == []
    assert keys([candidate(1)], lunch=minutes(45)) == []
    assert keys([candidate(1, latest=NOW)]) == []
    assert keys([candidate(1, earliest=NOW + minutes(20))]) == [(1, "10:22", 5)]
    assert keys([candidate(1, earliest=NOW + minutes(60))]) == []


def test_rounding():
    assert round_up(datetime(2026, 1, 1, 23, 58)) == datetime(2026, 1, 2)
    assert round_up(datetime(2026, 1, 1, 10, 0)) == datetime(2026, 1, 1, 10, 0)
    assert round_up(datetime(2026, 1, 1, 10, 0, 1)) == datetime(2026, 1, 1, 10, 5)
