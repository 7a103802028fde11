"""Plain Python backend: regret insertion, then moves between and inside the tours.

It needs no wheel and no numpy. As a planner it drives 30-70 % more than VROOM on dense days
(measured), so the screen says when it had to stand in; for putting one more visit into a day it is
the fastest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from .problem import Shift, Visit
from .schedule import Scheduler

Routes = dict[int, list[int]]
Place = tuple[int, int]
"""Added travel in seconds, position."""


def allowed(shift: Shift, visit: Visit) -> bool:
    """Whether skills, locks and zone let ``visit`` be done in ``shift`` (times not looked at)."""
    if not shift.intervals or visit.point is None:
        return False
    if visit.shift is not None and visit.shift != shift.id:
        return False
    if visit.technician is not None and visit.technician != shift.technician:
        return False
    if visit.day is not None and visit.day != shift.day:
        return False
    free = visit.shift is None and visit.technician is None
    if free and visit.zone is not None and shift.zones and visit.zone not in shift.zones:
        return False
    return visit.skills <= shift.skills


class Insertion:
    """Builds and improves tours of one problem by inserting and moving visits."""

    def __init__(
        self,
        scheduler: Scheduler,
        shifts: Iterable[int],
        deadline: float | None = None,
    ) -> None:
        self.scheduler = scheduler
        self.problem = scheduler.problem
        self.shifts = list(shifts)
        self.deadline = deadline

    def late(self) -> bool:
        """Whether the time given is over."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def length(self, shift: int, order: list[int]) -> int:
        """Seconds driven along the order, both end legs included."""
        between, visits = self.scheduler.travel.between, self.problem.visits
        place, total = self.problem.shifts[shift].start, 0
        for index in order:
            total += between(place, visits[index].point)[0]
            place = visits[index].point or place
        return total + between(place, self.problem.shifts[shift].end)[0]

    def best_place(self, shift: int, order: list[int], visit: int) -> Place | None:
        """Cheapest feasible position of ``visit`` in ``order``, or ``None``."""
        day = self.problem.shifts[shift]
        between, visits = self.scheduler.travel.between, self.problem.visits
        points = [day.start, *(visits[index].point for index in order), day.end]
        here = visits[visit].point
        places = []
        for position in range(len(order) + 1):
            before, after = points[position], points[position + 1]
            added = between(before, here)[0] + between(here, after)[0] - between(before, after)[0]
            places.append((added, position))
        for added, position in sorted(places):
            if self.scheduler.feasible(day, [*order[:position], visit, *order[position:]]):
                return added, position
        return None

    def build(self, routes: Routes, visits: Iterable[int]) -> list[int]:
        """Insert ``visits`` into ``routes`` (changed in place), most urgent and hardest first.

        :return: those that fit nowhere
        """
        places: dict[int, dict[int, Place]] = {}
        for visit in visits:
            places[visit] = {}
            for shift in self.shifts:
                if allowed(self.problem.shifts[shift], self.problem.visits[visit]):
                    place = self.best_place(shift, routes.setdefault(shift, []), visit)
                    if place is not None:
                        places[visit][shift] = place
        left: list[int] = []
        # The lists given stay whole until all is known: a caller may be trying something out.
        routes.update({shift: list(order) for shift, order in routes.items()})
        while places:
            visit = min(places, key=lambda index: self._urgency(index, places[index]))
            found = places.pop(visit)
            if not found:
                left.append(visit)
                continue
            shift, (_added, position) = min(found.items(), key=lambda item: (item[1], item[0]))
            routes[shift].insert(position, visit)
            for other, known in places.items():
                if shift in known:
                    place = self.best_place(shift, routes[shift], other)
                    if place is None:
                        del known[shift]
                    else:
                        known[shift] = place
        return left

    def _urgency(self, visit: int, places: dict[int, Place]) -> tuple[int, int, int, int]:
        """Order of insertion: priority, then what would be lost by waiting (regret)."""
        costs = sorted(added for added, _position in places.values())
        if not costs:
            return (-9, 0, 0, visit)
        regret = costs[1] - costs[0] if len(costs) > 1 else 10**6
        return (-self.problem.visits[visit].priority, -regret, costs[0], visit)

    # -- improvement ----------------------------------------------------------------------------

    def polish(self, shift: int, order: list[int]) -> list[int]:
        """Shorten one tour by moving pieces and turning them round, windows kept."""
        best, length = order, self.length(shift, order)
        better = len(order) > 1
        while better and not self.late():
            better = False
            for candidate in _neighbours(best):
                cost = self.length(shift, candidate)
                if cost < length and self.scheduler.feasible(self.problem.shifts[shift], candidate):
                    best, length, better = candidate, cost, True
                    break
        return best

    def improve(self, routes: Routes, left: list[int]) -> list[int]:
        """Shorten ``routes`` in place until nothing helps or time is over, then try the rest again.

        :param left: visits that found no place
        :return: those that still find none
        """
        for shift in list(routes):
            routes[shift] = self.polish(shift, routes[shift])
        moved = True
        while moved and not self.late():
            moved = False
            for shift in list(routes):
                for visit in list(routes[shift]):
                    if self.late():
                        break
                    moved = self._relocate(routes, shift, visit) or moved
        left = self.build(routes, left) if left else []
        return [visit for visit in left if self.late() or not self._eject(routes, visit)]

    def _eject(self, routes: Routes, visit: int) -> bool:
        """Make room for ``visit`` by moving one other visit to another tour."""
        wanted = self.problem.visits[visit]
        for shift in self.shifts:
            if not allowed(self.problem.shifts[shift], wanted):
                continue
            for other in list(routes[shift]):
                rest = [index for index in routes[shift] if index != other]
                place = self.best_place(shift, rest, visit)
                if place is None:
                    continue
                changed = {**routes, shift: [*rest[: place[1]], visit, *rest[place[1] :]]}
                if not self.build(changed, [other]):
                    routes.update(changed)
                    return True
        return False

    def _relocate(self, routes: Routes, shift: int, visit: int) -> bool:
        rest = [index for index in routes[shift] if index != visit]
        gain = self.length(shift, routes[shift]) - self.length(shift, rest)
        best: tuple[int, int, int] | None = None
        for other in self.shifts:
            if other == shift or not allowed(
                self.problem.shifts[other], self.problem.visits[visit]
            ):
                continue
            place = self.best_place(other, routes[other], visit)
            if place and place[0] < gain and (best is None or place[0] < best[0]):
                best = (place[0], other, place[1])
        if best is None or not self.scheduler.feasible(self.problem.shifts[shift], rest):
            return False
        _added, other, position = best
        routes[shift] = self.polish(shift, rest)
        routes[other] = self.polish(
            other, [*routes[other][:position], visit, *routes[other][position:]]
        )
        return True


def _neighbours(order: list[int]) -> Iterable[list[int]]:
    """Orders one move away: a piece of up to three moved (or turned), a stretch reversed."""
    size = len(order)
    for length in (1, 2, 3):
        for start in range(size - length + 1):
            piece, rest = order[start : start + length], order[:start] + order[start + length :]
            for position in range(len(rest) + 1):
                if position != start:
                    yield rest[:position] + piece + rest[position:]
                if length > 1:
                    yield rest[:position] + piece[::-1] + rest[position:]
    for start in range(size - 1):
        for end in range(start + 4, size + 1):
            yield order[:start] + order[start:end][::-1] + order[end:]


def solve_python(
    scheduler: Scheduler,
    shifts: list[int],
    visits: list[int],
    seconds: float | None,
    tick: Callable[[], None] | None = None,
) -> tuple[Routes, list[int]]:
    """Tours of the given shifts and visits, and the visits left out.

    :param seconds: time to spend; without it, until nothing helps (deterministic)
    :param tick: called between the steps, to show that it lives
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    search = Insertion(scheduler, shifts, deadline)
    routes: Routes = {shift: [] for shift in shifts}
    left = search.build(routes, visits)
    if tick:
        tick()
    left = search.improve(routes, left)
    return routes, left
