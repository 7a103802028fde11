"""Overlaps, midnights and summer time of time segments."""

import random
from datetime import datetime, timedelta

from core.times import clock_change, midnights, overlapping

PARIS = "Europe/Paris"


def at(day, hour, minute=0):
    return datetime(2026, 10, day, hour, minute)


def test_touching_segments_do_not_overlap():
    assert overlapping([(1, at(1, 8), at(1, 9)), (2, at(1, 9), at(1, 10))]) == set()


def test_a_long_one_overlaps_all_that_lie_in_it():
    segments = [(1, at(1, 8), at(1, 18)), (2, at(1, 9), at(1, 10)), (3, at(1, 11), at(1, 12))]
    assert overlapping(segments) == {1, 2, 3}


def test_a_running_one_goes_on():
    assert overlapping([(1, at(1, 8), None), (2, at(3, 9), at(3, 10))]) == {1, 2}
    assert overlapping([(1, at(1, 8), at(1, 9)), (2, at(1, 9), None)]) == set()


def test_random_segments_against_every_pair():
    rng = random.Random(3)
    for _case in range(300):
        segments = []
        for key in range(rng.randrange(7)):
            start = at(1, 8) + timedelta(minutes=15 * rng.randrange(40))
            length = rng.choice((0, 15, 30, 120, None))
            stop = None if length is None else start + timedelta(minutes=length)
            segments.append((key, start, stop))
        wanted = set()
        for key, start, stop in segments:
            for other, begin, end in segments:
                if key == other or stop == start or end == begin:
                    continue
                if start < (end or datetime.max) and begin < (stop or datetime.max):
                    wanted |= {key, other}
        assert overlapping(segments) == wanted


def test_a_night_shift_crosses_midnight_once():
    # 22:00 to 2:00 in Paris, summer time.
    assert midnights(at(1, 20), at(2, 0), PARIS) == 1
    # Ends at midnight sharp.
    assert midnights(at(1, 20), at(1, 22), PARIS) == 0


def test_the_night_that_is_an_hour_longer():
    # The 25th of October 2026: 0:30 to 4:30 on the wall are five hours.
    start, stop = datetime(2026, 10, 24, 22, 30), datetime(2026, 10, 25, 3, 30)
    assert clock_change(start, stop, PARIS) == timedelta(hours=-1)
    assert clock_change(at(1, 8), at(1, 17), PARIS) == timedelta()
