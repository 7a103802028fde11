"""Where one more visit fits, decided without a database."""

import random
from datetime import date, datetime, timedelta

from core.free_slots import STEP, FreeSlot, PersonDay, choose, find, round_up, with_lunch

DAY = date(2026, 11, 30)
HERE, FAR = (48.0, -4.0), (48.0, -3.0)


def at(hour, minute=0):
    return datetime(2026, 11, 30, hour, minute)


def minutes(value):
    return timedelta(minutes=value)


def flat(a, b):
    """Twenty minutes between two places, none from a place to itself or to nowhere."""
    return minutes(0) if a is None or b is None or a == b else minutes(20)


HOURS = ((at(8), at(12)), (at(13), at(17)))
DAWN = at(6)


def person(stops=(), number=1, work=HOURS, **values):
    return PersonDay(number, DAY, list(work), list(stops), **values)


def starts(days, service=60, earliest=DAWN, deadline=None):
    found = find(days, HERE, minutes(service), earliest, deadline, flat)
    return [(slot.person, slot.start) for slot in found]


def test_an_empty_day_starts_after_the_road_from_home():
    assert starts([person(home=FAR)]) == [(1, at(8, 30))]
    assert starts([person()]) == [(1, at(8))]


def test_between_two_visits_both_roads_count():
    stops = [(at(8), at(9), FAR), (at(10, 30), at(12), FAR)]
    # 9:00 + 20 min of road = 9:30 by quarters; one hour of work and the road back: 10:50, too late.
    assert starts([person(stops)]) == [(1, at(13))]
    assert starts([person(stops)], service=40)[0] == (1, at(9, 30))


def test_lunch_and_the_end_of_the_day_are_kept():
    assert starts([person([(at(8), at(11, 30), HERE)])]) == [(1, at(13))]
    # Two hours at the end of the day don't leave the road home.
    late = person([(at(8), at(14, 45), HERE)], home=FAR)
    assert starts([late], service=120) == []
    assert starts([late], service=115) == [(1, at(14, 45))]


def test_from_now_on_and_before_the_deadline():
    assert starts([person()], earliest=at(9, 7)) == [(1, at(9, 15))]
    assert starts([person()], deadline=at(9)) == [(1, at(8))]
    assert starts([person()], deadline=at(8, 59)) == []


def test_a_day_off_has_no_slot():
    assert starts([person(work=())]) == []


def test_the_soonest_first_then_the_own_zone():
    days = [person(number=1, rank=1), person(number=2, rank=0)]
    assert starts(days) == [(2, at(8)), (1, at(8))]


def test_random_days_against_trying_every_quarter():
    rng = random.Random(7)
    for _case in range(300):
        stops, moment = [], at(8)
        while rng.random() < 0.7 and moment < at(16):
            moment += minutes(rng.choice((0, 15, 40, 90)))
            end = moment + minutes(rng.choice((30, 60, 90)))
            stops.append((moment, end, rng.choice((HERE, FAR, None))))
            moment = end + minutes(20)
        day = person(stops, home=rng.choice((None, FAR)))
        service = minutes(rng.choice((30, 60, 120)))
        found = {slot.start for slot in find([day], HERE, service, at(6), None, flat)}
        possible = [quarter for quarter in _quarters() if _fits(day, quarter, service)]
        assert found <= set(possible)
        # The first of all that is possible is offered.
        assert min(found, default=None) == min(possible, default=None)


def _quarters():
    return [at(8) + STEP * number for number in range(36)]


def _fits(day, start, service):
    end = start + service
    if not any(first <= start and end <= last for first, last in day.work):
        return False
    before = [stop for stop in day.stops if stop[0] < start]
    after = [stop for stop in day.stops if stop[0] >= start]
    if any(stop[1] > start for stop in before):
        return False
    came = (before[-1][1], before[-1][2]) if before else (at(8), day.home)
    goes = (after[0][0], after[0][2]) if after else (at(17), day.home)
    return came[0] + flat(came[1], HERE) <= start and end + flat(HERE, goes[1]) <= goes[0]


def test_choice_mixes_the_soonest_and_the_nearest():
    slots = [
        FreeSlot(1, DAY + timedelta(days=n), at(8) + timedelta(days=n), minutes(60 - 5 * n))
        for n in range(8)
    ]
    slots.insert(1, FreeSlot(2, DAY, at(8), minutes(90)))
    chosen = choose(slots, lambda slot: "morning", 4)
    assert [slot.start.day for slot in chosen] == [30, 1, 6, 7]
    assert chosen[0].person == 1, "one of a half day: whom it costs least road"


def test_far_away_only_where_nothing_else_is():
    far = FreeSlot(1, DAY, at(8), minutes(161))
    near = FreeSlot(2, DAY, at(14), minutes(5))
    halves = {at(8): "morning", at(14): "afternoon"}
    assert choose([far, near], lambda slot: halves[slot.start], 6) == [near]
    assert choose([far], lambda slot: "morning", 6) == [far]


def test_lunch_moves_between_what_is_planned():
    day = person([(at(11, 30), at(12, 30), FAR)], work=((at(8), at(17)),))
    with_lunch(day, at(12), at(13, 30), minutes(60))
    assert day.stops[-1] == (at(12, 30), at(13, 30), FAR)
    # From lunch, eaten where one was before, it is twenty minutes.
    assert starts([day])[-1] == (1, at(14))
    full = person([(at(11), at(16), FAR)], work=((at(8), at(17)),))
    with_lunch(full, at(12), at(13, 30), minutes(60))
    assert len(full.stops) == 1


def test_quarters():
    assert round_up(at(9, 7)) == at(9, 15)
    assert round_up(at(9, 15)) == at(9, 15)
