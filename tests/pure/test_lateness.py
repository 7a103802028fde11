"""Late, at risk, to plan again, unknown: the rules of a day told forward."""

from datetime import datetime, timedelta

import pytest
from core.lateness import Day, Lunch, Visit, honest, judge, judge_together, told_window


def at(hours):
    """An instant of the day, in hours; 25.5 = half past one the next night."""
    return datetime(2026, 11, 30) + timedelta(hours=hours)


def hours(value):
    return timedelta(hours=value)


def visit(key, planned, service=1.0, travel=0.5, **values):
    return Visit(key, at(planned), hours(service), hours(travel), **values)


def tell(now, *visits, silence=None, contact=None, travel=None, **values):
    day = Day(visits, **{"over": at(18), "close": at(17), "contact": contact, **values})
    return judge(day, at(now), silence, travel)


def states(verdicts):
    return {key: verdict.state for key, verdict in verdicts.items()}


def test_nothing_tapped_yet():
    told = tell(8.5, visit(1, 9), visit(2, 11))
    assert states(told) == {1: "on_time", 2: "on_time"}
    assert told[1].start == at(9) and told[2].start == at(11)


def test_late_after_the_planned_end_without_promise():
    assert states(tell(10, visit(1, 9)))[1] == "on_time"
    told = tell(10 + 1 / 60, visit(1, 9))
    assert told[1].state == "late"
    assert told[1].delay == timedelta(minutes=61)


def test_promise_comes_before_the_plan():
    narrow = visit(1, 9, latest=at(9.25))
    wide = visit(1, 9, latest=at(12))
    assert states(tell(9.5, narrow))[1] == "late"
    assert states(tell(11, wide))[1] == "on_time"


def test_tolerance_of_the_type():
    kind = visit(1, 9, tolerance=hours(0.5))
    assert states(tell(10.4, kind))[1] == "on_time"
    assert states(tell(10.6, kind))[1] == "late"


def test_a_delay_runs_through_the_day():
    told = tell(
        10.5,
        visit(1, 9, started=at(9)),
        visit(2, 11, latest=at(11.25)),
        visit(3, 12.5, latest=at(13.5)),
        visit(4, 16),
    )
    assert told[1].state == "on_time" and told[1].end == at(10.5)
    assert told[2].state == "on_time" and told[2].start == at(11)
    later = tell(
        11.5,
        visit(1, 9, started=at(9)),
        visit(2, 11, latest=at(11.75)),
        visit(3, 12.5, latest=at(13.25)),
        visit(4, 16),
    )
    assert later[2].state == "at_risk" and later[2].start == at(12)
    assert later[3].state == "at_risk" and later[3].start == at(13.5)
    # A long gap in the day takes the delay up again.
    assert later[4].state == "on_time" and later[4].start == at(16)
    assert later[4].delay == timedelta(0)


def test_lunch_is_not_forgotten():
    lunch = Lunch(at(12), at(13.25), hours(0.75))
    told = tell(12.25, visit(1, 11, started=at(11.25)), visit(2, 13, latest=at(13.25)), lunch=lunch)
    # Runs until 12:15, lunch until 13:00, half an hour of travel.
    assert told[2].start == at(13.5) and told[2].state == "at_risk"
    taken = tell(12.25, visit(1, 11, started=at(11.25)), visit(2, 13, latest=at(13.25)))
    assert taken[2].start == at(13)


def test_lunch_before_a_visit_that_ends_too_late_for_it():
    lunch = Lunch(at(12), at(13), hours(1))
    told = tell(11, visit(1, 10, service=1, started=at(10)), visit(2, 12, service=2), lunch=lunch)
    assert told[2].start == at(13.5)


def test_promised_slots_are_waited_for():
    told = tell(8, visit(1, 8, ended=at(7.5), started=at(7)), visit(2, 9, earliest=at(10)))
    assert told[2].start == at(10)


def test_on_the_way():
    told = tell(10, visit(1, 9, left=at(9.75), latest=at(10.2)))
    assert told[1].start == at(10.25) and told[1].state == "at_risk"
    # Ahead of time and on the way: expected when the travel ends.
    assert tell(8, visit(1, 9, left=at(8)))[1].start == at(8.5)
    # Should be there by now: any minute.
    assert tell(10, visit(1, 9, left=at(9)))[1].start == at(10)


def test_who_forgot_to_tap_en_route_is_not_late_at_once():
    told = tell(9.95, visit(1, 8, started=at(8), ended=at(9)), visit(2, 10))
    assert told[2].start == at(10)


def test_another_order_than_the_tours():
    asked = []

    def travel(one, other):
        asked.append((one, other))
        return hours(2)

    told = tell(
        11,
        visit(1, 9),
        visit(2, 10, started=at(9), ended=at(11)),
        visit(3, 12),
        travel=travel,
    )
    assert asked == [(2, 1), (1, 3)]
    assert told[1].start == at(13)
    assert told[1].state == "late"
    assert told[3].start == at(16)


def test_the_day_is_over():
    told = tell(18.1, visit(1, 9), visit(2, 11, started=at(11)))
    assert states(told) == {1: "to_replan", 2: "to_replan"}


def test_without_contact_nothing_is_known():
    quiet = {"silence": hours(1)}
    assert states(tell(11, visit(1, 9), contact=at(8), **quiet))[1] == "unknown"
    assert states(tell(11, visit(1, 9), contact=at(10.5), **quiet))[1] == "late"
    assert states(tell(11, visit(1, 9), **quiet))[1] == "unknown"
    assert states(tell(9.5, visit(1, 9), **quiet))[1] == "on_time"
    assert states(tell(19, visit(1, 9), **quiet))[1] == "to_replan"
    assert states(tell(11, visit(1, 9), contact=None))[1] == "late"


def test_pushed_out_of_the_working_hours():
    told = tell(15.75, visit(1, 14, started=at(14.5), service=1), visit(2, 15.5, service=1.25))
    assert told[2].state == "at_risk"
    # The plan itself goes beyond the hours: that was somebody's choice.
    assert tell(15, visit(1, 16.5))[1].state == "on_time"


def test_over_midnight():
    night = {"over": at(30), "close": at(30)}
    told = tell(23.9, visit(1, 22, service=2, started=at(22.5)), visit(2, 25), **night)
    assert told[1].end == at(24.5) and told[2].start == at(25)
    told = tell(26.1, visit(2, 25), **night)
    assert told[2].state == "late"


def test_pauses_make_a_visit_longer():
    told = tell(10, visit(1, 9, started=at(9), paused=hours(0.5)), visit(2, 10.5))
    assert told[1].end == at(10.5) and told[2].start == at(11)


def test_clocks():
    assert honest(at(9), at(10)) == at(9)
    assert honest(at(12), at(10)) == at(10)
    assert honest(None, at(10)) == at(10)
    assert honest(None, None) is None
    # A start told from the future happened now at the latest.
    assert tell(9, visit(1, 9, started=at(11)))[1].start == at(9)


def test_helpers_wait_for_the_one_responsible():
    days = {
        "lead": Day((visit(1, 9, started=at(9)), visit(2, 10.5, latest=at(10.75))), over=at(18)),
        "help": Day((visit(2, 10.5), visit(3, 12, latest=at(12.25))), over=at(18)),
    }
    told = judge_together(days, {"help": {2}}, at(11))
    assert told["lead"][2].start == at(11.5)
    assert told["help"][2].start == at(11.5)
    assert told["help"][3].start == at(13) and told["help"][3].state == "at_risk"


@pytest.mark.parametrize(("start", "begin"), [(9.0, 9.0), (9.2, 9.0), (9.26, 9.25), (23.9, 23.75)])
def test_new_slots_are_round(start, begin):
    first, last = told_window(at(start), hours(1), timedelta(minutes=15))
    assert first == at(begin)
    assert last == at(begin + 1)
