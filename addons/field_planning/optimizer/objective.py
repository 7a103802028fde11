"""What a set of tours costs when more than driving counts, and moves that make it cost less.

Engines minimise driving. Where waiting, people or an even load count too, they give candidates,
and this judges them; then visits change hands as long as that pays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .insertion import Insertion, Routes, allowed

ROUNDS = 4
"""Rounds over all the visits, so that the time taken is bounded and results repeat."""


def cost(search: Insertion, routes: Mapping[int, Sequence[int]]) -> float:
    """Cost of the tours in seconds of driving."""
    weights = search.problem.weights
    lengths = {shift: search.length(shift, list(order)) for shift, order in routes.items()}
    total = float(sum(lengths.values()))
    if weights.only_travel:
        return total
    total += weights.people * sum(bool(order) for order in routes.values())
    if weights.balance:
        total += weights.balance * _spread(search, _loads(search, routes, lengths))
    if weights.waiting:
        total += weights.waiting * sum(
            _waiting(search, shift, order) for shift, order in routes.items() if order
        )
    return total


def rebalance(search: Insertion, routes: Routes) -> None:
    """Move visits to other tours (``routes`` is changed in place) while that lowers the cost."""
    best = cost(search, routes)
    for _round in range(ROUNDS):
        moved = False
        for shift in sorted(routes, key=lambda index: -len(routes[index])):
            for visit in list(routes[shift]):
                if search.late():
                    return
                for changed in _elsewhere(search, routes, shift, visit):
                    candidate = {**routes, **changed}
                    value = cost(search, candidate)
                    if value < best - 1:
                        routes.update(changed)
                        best, moved = value, True
                        break
        if not moved:
            return


def _elsewhere(search: Insertion, routes: Routes, shift: int, visit: int) -> list[Routes]:
    """The three nearest other tours that can take the visit, and its own without it."""
    problem = search.problem
    rest = [index for index in routes[shift] if index != visit]
    if not search.scheduler.feasible(problem.shifts[shift], rest):
        return []
    found = []
    for other in search.shifts:
        if other == shift or not allowed(problem.shifts[other], problem.visits[visit]):
            continue
        place = search.best_place(other, routes[other], visit)
        if place is not None:
            order = [*routes[other][: place[1]], visit, *routes[other][place[1] :]]
            found.append((place[0], other, {shift: rest, other: order}))
    return [changed for _added, _other, changed in sorted(found, key=lambda item: item[:2])[:3]]


def _loads(
    search: Insertion, routes: Mapping[int, Sequence[int]], lengths: Mapping[int, int]
) -> list[float]:
    """Share of each working day that is filled."""
    loads = []
    for shift in search.shifts:
        hours = sum(last - first for first, last in search.problem.shifts[shift].intervals)
        work = sum(search.problem.visits[visit].service for visit in routes.get(shift, ()))
        loads.append((work + lengths.get(shift, 0)) / hours if hours else 0.0)
    return loads


def _spread(search: Insertion, loads: list[float]) -> float:
    """How far the days are from even, in seconds of an eight-hour day."""
    if not loads:
        return 0.0
    mean = sum(loads) / len(loads)
    return sum(abs(load - mean) for load in loads) * 8 * 3600


def _waiting(search: Insertion, shift: int, order: Sequence[int]) -> int:
    """Seconds in a tour that are neither driving, nor work, nor lunch, before the last visit."""
    tour = search.scheduler.tour(search.problem.shifts[shift], order)
    if not tour.stops:
        return 0
    busy = sum(stop.travel + stop.end - stop.start for stop in tour.stops)
    pause = tour.lunch[1] - tour.lunch[0] if tour.lunch else 0
    last = tour.stops[-1].end
    eaten = pause if tour.lunch and tour.lunch[1] <= last else 0
    return max(0, last - tour.departure - busy - eaten)
