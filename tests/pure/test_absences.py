"""Absences over planned work, and who could take the work over, checked by hand."""

from datetime import date, datetime, timedelta

from core.absences import Absence, Person, hits, whole_days
from core.candidates import Candidate, crow_km, detour_km, is_inside, sort_candidates

NINE = datetime(2026, 11, 30, 8, 0)
TEN = datetime(2026, 11, 30, 9, 0)
NOON = datetime(2026, 11, 30, 11, 0)
ANA, BO = Person(1, frame=10, company=5), Person(2, frame=20, company=6)


def test_own_absence_hits_only_its_person():
    away = Absence(7, NINE, NOON, person=1)
    assert hits([away], [ANA, BO], TEN, NOON) == [(away, 1)]


def test_touching_is_not_overlapping():
    away = Absence(7, TEN, NOON, person=1)
    assert not hits([away], [ANA], NINE, TEN)
    assert not hits([away], [ANA], NOON, NOON + timedelta(hours=1))


def test_public_holiday_by_hours_and_company():
    for_all = Absence(1, NINE, NOON)
    for_frame = Absence(2, NINE, NOON, frames=frozenset({20}))
    for_company = Absence(3, NINE, NOON, company=5)
    found = hits([for_all, for_frame, for_company], [ANA, BO], TEN, NOON)
    assert [(absence.key, person) for absence, person in found] == [(1, 1), (1, 2), (2, 2), (3, 1)]


def test_whole_days_reach_midnight_and_halves_do_not():
    def to_utc(day, hour):
        return datetime.combine(day, datetime.min.time()) + timedelta(hours=hour - 1)

    day = date(2026, 11, 30)
    both = whole_days(day, day, to_utc, NINE, NOON, from_morning=True, to_evening=True)
    assert both == (datetime(2026, 11, 29, 23, 0), datetime(2026, 11, 30, 23, 0))
    morning = whole_days(day, day, to_utc, NINE, NOON, from_morning=True, to_evening=False)
    assert morning == (datetime(2026, 11, 29, 23, 0), NOON)


def test_candidates_who_can_come_before_who_is_near():
    near = Candidate(1, free=False, skilled=True, detour=1.0)
    far = Candidate(2, free=True, skilled=True, detour=50.0)
    unskilled = Candidate(3, free=True, skilled=False, detour=0.0)
    forbidden = Candidate(4, free=True, skilled=True, allowed=False, detour=0.0)
    stranger = Candidate(5, free=True, skilled=True, in_zone=False, detour=0.0)
    leaving = Candidate(6, free=True, skilled=True, asked_leave=True, detour=0.0)
    unknown = Candidate(7, free=True, skilled=True)
    order = sort_candidates([near, far, unskilled, forbidden, stranger, leaving, unknown])
    assert [one.key for one in order] == [2, 7, 5, 6, 1, 3, 4]


def test_detour_is_what_the_day_gets_longer():
    home, site = (48.0, -4.0), (48.0, -3.0)
    alone = detour_km(site, TEN, home, [])
    assert abs(alone - 2 * crow_km(home, site)) < 0.01
    on_the_way = detour_km((48.0, -3.5), NINE, home, [(TEN, site)])
    assert on_the_way < 1
    assert detour_km(None, TEN, home, []) is None
    assert detour_km(site, TEN, None, []) is None
    assert detour_km(site, TEN, None, [(NINE, site)], factor=1.3) == 0.0


def test_inside():
    assert is_inside(NINE, TEN, [(NINE, NOON)])
    assert not is_inside(NINE, NOON, [(NINE, TEN), (TEN, NOON)])
