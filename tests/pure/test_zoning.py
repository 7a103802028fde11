"""Proposed zones: balance, compactness, determinism; a year driven again."""

import random
import time

import pytest
from core.zoning import (
    Place,
    Visit,
    distance,
    propose,
    reassign,
    replay,
    route_km,
    share_people,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def places_of(count, seed=1, spots=((48.0, -4.1), (48.4, -4.5), (47.7, -3.4))):
    """Communes around some towns."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        lat, lon = spots[number % len(spots)]
        found.append(
            Place(
                f"{29000 + number}",
                lat + chance.gauss(0, 0.12),
                lon + chance.gauss(0, 0.15),
                chance.choice((2.0, 8.0, 30.0)),
            )
        )
    return found


def held(places, zones):
    sums = {}
    for place in places:
        sums[zones[place.key]] = sums.get(zones[place.key], 0) + place.hours
    return sums


@pytest.mark.parametrize(("count", "zones"), [(60, 3), (200, 5), (400, 12)])
def test_hours_are_balanced(count, zones):
    places = places_of(count)
    found = propose(places, zones)
    hours = held(places, found)
    share = sum(hours.values()) / zones
    assert len(hours) == zones
    assert max(abs(value - share) for value in hours.values()) / share < 0.25


def test_three_towns_are_three_zones():
    places = [
        Place(f"{lat}-{n}", lat + n / 1000, -4 + n / 1000, 10)
        for lat in (46.0, 47.0, 48.0)
        for n in range(10)
    ]
    found = propose(places, 3)
    by_town = {place.key.split("-")[0]: found[place.key] for place in places}
    assert len(set(by_town.values())) == 3
    assert all(found[place.key] == by_town[place.key.split("-")[0]] for place in places)


def test_the_order_of_the_places_changes_nothing():
    places = places_of(120)
    shuffled = list(places)
    random.Random(3).shuffle(shuffled)
    assert propose(places, 4) == propose(shuffled, 4) == propose(places, 4)


def test_degenerate_input():
    assert propose([], 3) == {}
    one = [Place("a", 48.0, -4.0, 0)]
    assert propose(one, 5) == {"a": 0}
    same = [Place(str(n), 48.0, -4.0, 1.0) for n in range(6)]
    assert len(propose(same, 3)) == 6


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(42, 51), st.floats(-5, 8), st.floats(0, 100)), min_size=1, max_size=40
    ),
    st.integers(1, 6),
)
def test_each_place_has_a_zone(points, count):
    places = [Place(str(n), *point) for n, point in enumerate(points)]
    found = propose(places, count, [(48.0, -4.0)])
    assert set(found) == {place.key for place in places}
    assert set(found.values()) <= set(range(count))


def test_a_large_company_is_quick():
    started = time.process_time()
    propose(places_of(1500), 20)
    assert time.process_time() - started < 12


def test_routes():
    home = (48.0, -4.0)
    there = (48.1, -4.0)
    assert route_km([there], home) == pytest.approx(2 * distance(home, there))
    line = [(48.0 + n / 10, -4.0) for n in (3, 1, 2)]
    assert route_km(line, home) == pytest.approx(2 * distance(home, (48.3, -4.0)))
    assert route_km([], home) == 0 and route_km([there], None) == 0


def test_zones_that_fit_are_driven_less():
    """Two technicians who cross each other all year drive less once each has a town."""
    homes = {"a": (48.0, -4.0), "b": (47.0, -2.0)}
    visits = [
        Visit(day, person, town, *spot, 3.0)
        for day in range(50)
        for person, town, spot in (
            ("a", "far", (47.0, -2.05)),
            ("a", "near", (48.0, -4.05)),
            ("b", "far", (47.02, -2.0)),
            ("b", "near", (48.02, -4.0)),
        )
    ]
    zones = {"near": 0, "far": 1}
    before = replay(visits, zones, homes)
    after = replay(reassign(visits, zones, {0: ["a"], 1: ["b"]}), zones, homes)
    km = [sum(totals.km for totals in found.values()) for found in (before, after)]
    hours = [sum(totals.hours for totals in found.values()) for found in (before, after)]
    assert km[1] < km[0] / 10
    assert hours[0] == hours[1] == 600
    assert before[0].visits == after[0].visits == 100


def test_a_zone_without_people_keeps_who_came():
    visits = [Visit(1, "a", "x", 48.0, -4.0, 1.0), Visit(1, "b", "y", 48.0, -4.0, 1.0)]
    found = reassign(visits, {"x": 0, "y": 1}, {0: ["c"]})
    assert {visit.place: visit.person for visit in found} == {"x": "c", "y": "b"}


def test_people_near_their_zone():
    places = [Place("n", 48.0, -4.0, 100), Place("f", 47.0, -2.0, 100)]
    homes = {1: (48.0, -4.1), 2: (47.0, -2.1), 3: (47.1, -2.0), 4: None}
    found = share_people(places, {"n": 0, "f": 1}, homes, dict.fromkeys(homes, 1000.0))
    assert found[0][0] == 1 and found[1][0] == 2
    assert sorted(found[0] + found[1]) == [1, 2, 3, 4]
