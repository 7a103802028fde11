"""Is a result better than the plan in place, and how evenly does it load the days?

The last word before a proposal is shown: whatever engine made it, it must not cost more than what
is planned already, nor push out a visit that has a place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .insertion import Insertion
from .objective import cost
from .problem import Problem
from .schedule import Scheduler
from .solver import check
from .travel import trips_of

LOST = "lost"
DEARER = "dearer"


def compare(problem: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """Compare a result with the plan in place.

    The plan in place are the visits of ``problem["plan"]`` that have a start (``at``). It counts
    only where it keeps every rule: a plan that can't be driven may cost less and lose visits.

    :param problem: the problem, with the plan as it is now
    :param result: what :func:`optimizer.solve` returned
    :return: ``{"worse": None | "lost" | "dearer", "lost": [visits], "loads": {shift: {"before":
        share, "after": share}}}``; a share is work and travel against the working time
    :raises ProblemError: the problem is not well formed
    """
    orders = {
        str(route["shift"]): [str(stop["visit"]) for stop in route["stops"]]
        for route in result["routes"]
    }
    served = {visit for order in orders.values() for visit in order}
    plan = _in_place(problem)
    planned = {visit for order in plan.values() for visit in order}
    worse, lost = None, sorted(planned - served)
    if _is_sound(problem, plan, planned):
        if lost:
            worse = LOST
        elif served == planned and _cost(problem, orders) > _cost(problem, plan) + 1:
            worse = DEARER
    return {"worse": worse, "lost": lost if worse else [], "loads": _loads(problem, result)}


def _in_place(problem: Mapping[str, Any]) -> dict[str, list[str]]:
    """The order in place, without what only has a wish."""
    at = {
        str(visit["id"]): visit.get("at") if visit.get("fixed") is None else visit["fixed"]
        for visit in problem.get("visits") or []
    }
    return {
        str(shift): sorted(
            (str(name) for name in order if at[str(name)] is not None), key=lambda name: at[name]
        )
        for shift, order in (problem.get("plan") or {}).items()
    }


def _is_sound(problem: Mapping[str, Any], plan: Mapping[str, list[str]], planned: set[str]) -> bool:
    """Whether the plan in place keeps every rule at the times that it has."""
    if not planned:
        return False
    visits = [visit for visit in problem["visits"] if str(visit["id"]) in planned]
    return not check({**problem, "visits": visits, "plan": plan})["violations"]


def _cost(problem: Mapping[str, Any], orders: Mapping[str, Sequence[str]]) -> float:
    """What the objective says of some tours, in seconds of driving."""
    whole = Problem.from_dict(problem)
    number = {visit.id: index for index, visit in enumerate(whole.visits)}
    routes = {
        index: [number[name] for name in orders.get(shift.id, ())]
        for index, shift in enumerate(whole.shifts)
        if shift.intervals
    }
    return cost(Insertion(Scheduler(whole, trips_of(whole)), routes), routes)


def _loads(problem: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Share of each working day that is filled, before and after."""
    service = {str(visit["id"]): visit["service"] for visit in problem["visits"]}
    routes = {str(route["shift"]): route for route in result["routes"]}
    loads = {}
    for shift in problem["shifts"]:
        name = str(shift["id"])
        hours = sum(last - first for first, last in shift["intervals"])
        route = routes.get(name)
        if not hours:
            continue
        order = (problem.get("plan") or {}).get(name, ())
        former = (route or {}).get("before") or {"travel": 0}
        loads[name] = {
            "before": (sum(service[str(one)] for one in order) + former["travel"]) / hours,
            "after": (route["service"] + route["travel"]) / hours if route else 0.0,
        }
    return loads
