"""What is learned of travel from clicks: legs, outliers, few and many legs."""

import random
from datetime import datetime, timedelta

import pytest
from core import travel_learning as learning
from core.travel_learning import Sample, Segment, clean, errors, find_legs, learn

DAY = datetime(2026, 11, 30)


def segment(key, kind, mission, start, stop=None, person=1):
    """A segment by local hours of the day; stop None = still running."""
    end = None if stop is None else DAY + timedelta(hours=stop)
    return Segment(key, person, mission, kind, DAY + timedelta(hours=start), end)


def legs(*segments):
    return [(leg.origin, leg.destination, leg.seconds) for leg in find_legs(segments)]


def test_first_middle_and_last_leg():
    found = legs(
        segment(1, "travel", "a", 8, 8.5),
        segment(2, "on_site", "a", 8.5, 10),
        segment(3, "break", "a", 10, 10.25),
        segment(4, "travel", "b", 10.25, 10.75),
        segment(5, "on_site", "b", 10.75, 16),
        segment(6, "travel", "b", 16, 17),
    )
    assert found == [(None, "a", 1800), ("a", "b", 1800), ("b", None, 3600)]


def test_midnight_is_no_border_but_a_night_is():
    found = legs(
        segment(1, "travel", "a", 22, 22.5),
        segment(2, "on_site", "a", 22.5, 23.9),
        segment(3, "travel", "b", 23.9, 24.4),
        segment(4, "on_site", "b", 24.4, 25),
        segment(5, "travel", "c", 32, 32.5),
        segment(6, "on_site", "c", 32.5, 33),
    )
    assert found == [(None, "a", 1800), ("a", "b", 1800), (None, "c", 1800)]


@pytest.mark.parametrize(
    "clicks",
    [
        # Turned round on the way: neither travel is known from end to end.
        [segment(1, "travel", "a", 8, 8.2), segment(2, "travel", "b", 8.2, 8.6),
         segment(3, "on_site", "b", 8.6, 9)],
        # Still driving.
        [segment(1, "travel", "a", 8)],
        # Arrived long after: something else happened.
        [segment(1, "travel", "a", 8, 8.5), segment(2, "on_site", "a", 9.5, 10)],
        # Back to the same site.
        [segment(1, "on_site", "a", 8, 9), segment(2, "travel", "a", 9, 9.2),
         segment(3, "on_site", "a", 9.2, 10)],
        # Overlapping by a correction.
        [segment(1, "on_site", "a", 8, 10), segment(2, "travel", "b", 9, 9.5),
         segment(3, "on_site", "b", 9.5, 11)],
    ],
)  # fmt: skip
def test_what_proves_no_leg(clicks):
    assert legs(*clicks) == []


def test_people_do_not_mix():
    assert legs(
        segment(1, "travel", "a", 8, 8.5, person=1),
        segment(2, "on_site", "b", 8.5, 9, person=2),
    ) == []  # fmt: skip


def _samples(count, ratio, noise=0.1, pair=(1, 2), hour=8, seed=1):
    draw = random.Random(seed)
    return [
        Sample(*pair, "workday", hour, round(1000 * ratio * draw.uniform(1 - noise, 1 + noise)),
               1000)
        for _ in range(count)
    ]  # fmt: skip


def test_outliers_and_nonsense_are_left_out():
    good = _samples(20, 1.2)
    bad = [
        Sample(1, 2, "workday", 8, 3900, 1000),  # far from the others
        Sample(1, 2, "workday", 8, 9000, 1000),  # forgotten click
        Sample(1, 2, "workday", 8, 20, 1000),  # tapped twice at the door
        Sample(1, 2, "workday", 8, 90, 60),  # across the street
    ]
    assert clean(good + bad) == good


def test_few_legs_say_little():
    one = learn(_samples(1, 3.0, noise=0))
    many = learn(_samples(200, 3.0, noise=0))
    assert 1.0 < one.get(1, 2, "workday", 8) < 1.6
    assert many.get(1, 2, "workday", 8) == pytest.approx(3.0, rel=0.05)
    # A pair never driven takes the company's figure, at least some of the way.
    assert 1.0 < one.get(8, 9, "sunday", 3) < one.get(1, 2, "workday", 8)


def test_more_legs_come_closer():
    found = [learn(_samples(n, 2.0, noise=0)).get(1, 2, "workday", 8) for n in (1, 4, 16, 64)]
    assert found == sorted(found)
    assert found[-1] < 2.0


def test_hour_of_one_pair_helps_another():
    known = _samples(80, 1.0, hour=11, seed=2) + _samples(80, 1.5, hour=8, seed=3)
    known += _samples(80, 1.0, pair=(3, 4), hour=11, seed=4)
    ratios = learn(known)
    # Pair 3 → 4 was never driven at eight: the hour's slowness is expected there too.
    assert ratios.get(3, 4, "workday", 8) > 1.15 * ratios.get(3, 4, "workday", 11)


def test_error_is_honest():
    learned = errors(_samples(100, 1.5))
    assert learned[None].before == pytest.approx(33, abs=3)
    assert learned[None].after < 8
    assert learned[None].count == learned[1, 2].count == 100
    # Pure noise: nothing to learn, nothing is claimed.
    noise = errors([
        Sample(number, number + 1, "workday", 8, actual, 1000)
        for number, actual in enumerate([700, 1300] * 30)
    ])  # fmt: skip
    assert noise[None].after > 0.9 * noise[None].before


def test_nothing_known():
    assert learn([]).get(1, 2, "workday", 8) == 1
    assert errors([]) == {}
    assert clean([]) == []
    assert learning.Error(1, 2, 3).count == 3
