"""A result against the plan in place: what is worse is never proposed."""

import pytest
from optimizer import compare, solve
from test_optimizer_basics import HOUR, problem, visit


def _planned(*visits, **values):
    """A day on which the visits given have a start, in their order."""
    return problem(visits=list(visits), plan={"d": [item["id"] for item in visits]}, **values)


def _result(data, *names):
    """What a solver would say that serves these visits in this order."""
    only = [item for item in data["visits"] if item["id"] in names]
    for item in only:
        item.pop("at", None)
    return solve({**data, "visits": only, "plan": {"d": list(names)}}, backend="python")


def test_a_shorter_order_is_no_worse():
    near, far = visit("near", 10, at=12 * HOUR), visit("far", 60, at=9 * HOUR + 1800)
    data = _planned(far, near)
    answer = compare(data, solve(data))
    assert answer["worse"] is None
    assert answer["loads"]["d"]["after"] <= answer["loads"]["d"]["before"]
    assert 0.3 < answer["loads"]["d"]["after"] < 0.6


def test_a_planned_visit_is_never_lost():
    data = _planned(visit("a", 10, at=9 * HOUR), visit("b", 10, at=11 * HOUR))
    answer = compare(data, _result({**data, "visits": [dict(v) for v in data["visits"]]}, "a"))
    assert (answer["worse"], answer["lost"]) == ("lost", ["b"])


def test_a_plan_that_breaks_a_rule_may_lose_visits():
    late = visit("b", 10, at=11 * HOUR, windows=[[9 * HOUR, 10 * HOUR]])
    data = _planned(visit("a", 10, at=9 * HOUR), late)
    answer = compare(data, _result({**data, "visits": [dict(v) for v in data["visits"]]}, "a"))
    assert (answer["worse"], answer["lost"]) == (None, [])


def test_the_same_visits_for_more_travel_are_refused():
    data = problem(
        visits=[visit("a", 20, at=9 * HOUR), visit("b", 40, at=11 * HOUR)], plan={"d": ["a", "b"]}
    )
    two = {**data["shifts"][0], "id": "e", "technician": "u"}
    data["shifts"].append(two)
    split = solve(
        {
            **data,
            "visits": [{**data["visits"][0], "shift": "d"}, {**data["visits"][1], "shift": "e"}],
            "plan": {},
        }
    )
    assert len([route for route in split["routes"] if route["stops"]]) == 2
    assert compare(data, split)["worse"] == "dearer"
    assert compare({**data, "weights": {"balance": 1.0}}, split)["worse"] is None


def test_what_has_no_start_yet_is_no_plan():
    data = _planned(visit("a", 10), visit("b", 10))
    answer = compare(data, _result({**data, "visits": [dict(v) for v in data["visits"]]}, "a"))
    assert answer["worse"] is None


@pytest.mark.parametrize("intervals", [[], [[8 * HOUR, 8 * HOUR]]])
def test_days_without_work_have_no_load(intervals):
    data = problem(visits=[visit("a", 10)], shift={"intervals": intervals})
    assert compare(data, solve(data))["loads"] == {}
