"""Whether a mission fits where a planner drops it: the pure core."""

import importlib.util
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

PATH = Path(__file__).resolve().parents[2] / "addons/field_planning/core/placement.py"
_spec = importlib.util.spec_from_file_location("field_planning_placement", PATH)
placement = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = placement
_spec.loader.exec_module(placement)

DAY = date(2026, 11, 30)
ZERO = datetime(2026, 11, 30)


def at(hour):
    return ZERO + timedelta(hours=hour)


def visit(hour, minutes=60, **values):
    return placement.Visit(key=1, start=at(hour), minutes=minutes, day=DAY, **values)


def codes(issues):
    return [issue.code for issue in issues]


WORKER = {"work": [(at(8), at(12)), (at(13), at(17))]}


def test_a_fitting_visit_breaks_nothing():
    assert placement.judge(visit(8), placement.Person(**WORKER)) == []
    assert placement.judge(visit(16), placement.Person(**WORKER)) == []


def test_touching_is_no_overlap():
    person = placement.Person(**WORKER, busy=[placement.Span(at(9), at(10), "other", 2)])
    assert placement.judge(visit(8), person) == []
    assert placement.judge(visit(10), person) == []
    assert codes(placement.judge(visit(9.5), person)) == ["overlap"]


def test_itself_is_no_overlap():
    person = placement.Person(**WORKER, busy=[placement.Span(at(8), at(9), "self", 1)])
    assert placement.judge(visit(8.5), person) == []


def test_leave_says_it_all_on_a_day_without_hours():
    away = placement.Span(at(0), at(24), "absence")
    person = placement.Person(absences=[away], days_off={DAY})
    assert codes(placement.judge(visit(9), person)) == ["leave"]


def test_leave_and_beyond_hours():
    person = placement.Person(work=[(at(8), at(12))], absences=[placement.Span(at(13), at(17))])
    assert codes(placement.judge(visit(16.5), person)) == ["leave", "outside_hours"]


def test_hole_of_a_day_is_outside_hours():
    assert codes(placement.judge(visit(11.5), placement.Person(**WORKER))) == ["outside_hours"]


def test_skill_once_held_is_expired():
    held = {7: [(None, date(2026, 11, 29))], 8: [(date(2026, 12, 1), None)]}
    issues = placement.judge_skills({7, 8}, held, DAY)
    assert [(i.code, i.skill, i.day) for i in issues] == [
        ("skill_expired", 7, date(2026, 11, 29)),
        ("skill_missing", 8, None),
    ]
    assert placement.judge_skills({7}, {7: [(DAY, DAY)]}, DAY) == []


def test_hard_before_soft():
    person = placement.Person(has_calendar=False, zones=frozenset({1}))
    issues = placement.judge(visit(9, minutes=0, zone=2), person)
    assert codes(issues) == ["zero_duration", "zone", "no_calendar"]
    assert [issue.level for issue in issues] == ["hard", "soft", "soft"]


def test_promise_by_window_or_by_day():
    window = {"earliest": at(8), "latest": at(9)}
    assert codes(placement.judge_customer(visit(9, **window))) == []
    assert codes(placement.judge_customer(visit(9.25, **window))) == ["promise"]
    day = {**window, "promise_day_only": True}
    assert codes(placement.judge_customer(visit(15, **day))) == []
    assert codes(placement.judge_customer(visit(8, on_promised_day=False, **day))) == ["promise"]
    assert codes(placement.judge_customer(visit(8, deadline=at(8.5)))) == ["deadline"]


minutes = st.integers(0, 24 * 60)


@given(st.tuples(minutes, minutes), st.lists(st.tuples(minutes, minutes), max_size=8))
def test_subtract_against_minutes_one_by_one(interval, holes):
    first, last = sorted(interval)
    cut = [tuple(sorted(hole)) for hole in holes]
    wanted = [m for m in range(first, last) if not any(a <= m < b for a, b in cut)]
    parts = placement.subtract(
        (at(first / 60), at(last / 60)), [(at(a / 60), at(b / 60)) for a, b in cut]
    )
    assert all(a < b for a, b in parts)
    assert all(one[1] <= two[0] for one, two in zip(parts, parts[1:], strict=False))
    assert sum((b - a for a, b in parts), timedelta()) == timedelta(minutes=len(wanted))
