"""Careful planners, scripted: what the optimiser's tours are compared with.

Not observed persons. They know all the rules and every distance, give each visit to the technician
whose day it lengthens the least, at its best place in the day, and never take a decision back.
They differ in which visit comes next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Place = tuple[int, int]
"""Seconds that a visit adds to a day, and its position."""


def careful(priority: int, places: list[Place]) -> tuple[int, int]:
    """Rank the most important visit first, and of those the one that loses most by waiting."""
    costs = sorted(added for added, _position in places)
    return -priority, costs[0] - costs[1] if len(costs) > 1 else -(10**6)


def thrifty(priority: int, places: list[Place]) -> tuple[int, int]:
    """Rank the visit first that costs the least anywhere."""
    return min((added for added, _position in places), default=10**6), -priority


def plan(data: dict[str, Any], rank: Callable[[int, list[Place]], tuple]) -> tuple[int, int]:
    """Plan a day.

    :param data: the problem
    :param rank: `careful` or `thrifty`
    :return: visits planned, minutes driven
    """
    from optimizer.insertion import Insertion, allowed
    from optimizer.problem import Problem
    from optimizer.schedule import Scheduler
    from optimizer.solver import travel_of

    problem = Problem.from_dict(data)
    shifts = range(len(problem.shifts))
    search = Insertion(Scheduler(problem, travel_of(problem)), shifts)
    routes: dict[int, list[int]] = {shift: [] for shift in shifts}
    places: dict[int, dict[int, Place]] = {}
    for visit, wanted in enumerate(problem.visits):
        able = [shift for shift in shifts if allowed(problem.shifts[shift], wanted)]
        found = {shift: search.best_place(shift, [], visit) for shift in able}
        places[visit] = {shift: place for shift, place in found.items() if place}
    while places:
        visit = min(
            places,
            key=lambda one: (*rank(problem.visits[one].priority, list(places[one].values())), one),
        )
        found = places.pop(visit)
        if not found:
            continue
        shift = min(found, key=lambda one: (found[one][0], one))
        routes[shift].insert(found[shift][1], visit)
        for other, known in places.items():
            if shift in known:
                place = search.best_place(shift, routes[shift], other)
                if place is None:
                    del known[shift]
                else:
                    known[shift] = place
    served = sum(len(order) for order in routes.values())
    return served, sum(search.length(shift, order) for shift, order in routes.items()) // 60
