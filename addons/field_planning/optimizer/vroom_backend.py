"""VROOM backend. Run it in a process of its own: it holds the interpreter's lock while it solves.

Traps of this engine that were measured, and what is done about them here:

* the time limit is soft and a high level under a tight limit is worse than a low one: the level
  follows the size, the limit is only used above :data:`LIMITED_ABOVE` visits, and the runner kills
  what overruns;
* warm start with breaks refuses valid tours (7 of 38 in the middle of a day, 32 of 39 of a full
  one): each tour is probed alone, and those refused stay out (:func:`accepted_starts`);
* windows are hard: a visit that can't be on time is left out, which is what we want to explain.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .problem import Problem, Shift
from .travel import Matrix

try:
    import numpy
    import vroom
    from vroom._vroom import VroomInputException
except ImportError:  # the wheel is optional
    numpy = vroom = None  # type: ignore[assignment]
    VroomInputException = RuntimeError  # type: ignore[assignment,misc]

LIMITED_ABOVE = 700
LUNCH = 1


@dataclass
class Wishes:
    """What may be asked of VROOM besides the least travel.

    :param fixed: seconds of driving that one more technician's day is worth
    :param most: visits that one day may hold at most
    :param steps: order in place of some shifts, to start from
    """

    fixed: int = 0
    most: int | None = None
    steps: Mapping[int, Sequence[int]] = field(default_factory=dict)


def is_available() -> bool:
    """Whether the wheel is there."""
    return vroom is not None


def solve_vroom(
    problem: Problem,
    travel: Matrix,
    shifts: Sequence[int],
    visits: Sequence[int],
    level: int,
    seconds: float | None,
    wishes: Wishes | None = None,
) -> tuple[dict[int, list[int]], list[int]]:
    """Tours of the given shifts and visits, and the visits left out.

    :param level: exploration level 0 to 5
    :param seconds: soft time limit; without one, runs are identical
    :raises VroomInputException: VROOM refused the input
    """
    return _Model(problem, travel, shifts, visits, wishes).solve(level, seconds)


def accepted_starts(
    problem: Problem, travel: Matrix, plan: Mapping[int, Sequence[int]]
) -> dict[int, list[int]]:
    """The tours of ``plan`` that VROOM takes as a start; those that it refuses stay out.

    VROOM refuses some valid tours with a break as a start, so each is probed alone. A tour that was
    given without its start would be built anew, and worse.
    """
    return {
        shift: list(order)
        for shift, order in plan.items()
        if not order or _accepts(problem, travel, shift, order)
    }


def solve_warm(
    problem: Problem,
    travel: Matrix,
    plan: Mapping[int, Sequence[int]],
    more: Sequence[int],
    level: int,
) -> tuple[dict[int, list[int]], list[int]]:
    """Like :func:`solve_vroom`, starting from the tours of ``plan`` (see :func:`accepted_starts`).

    The caller compares the answer with the plan: a visit may still be lost.

    :param more: visits that are not in the plan
    """
    steps = {shift: order for shift, order in plan.items() if order}
    wishes = Wishes(steps=steps)
    visits = [*(visit for order in plan.values() for visit in order), *more]
    return _Model(problem, travel, list(plan), visits, wishes).solve(level, None)


def _accepts(problem: Problem, travel: Matrix, shift: int, order: Sequence[int]) -> bool:
    """Whether VROOM takes one tour as a start."""
    try:
        _Model(problem, travel, [shift], order, Wishes(steps={shift: order})).solve(0, None)
    except VroomInputException:
        return False
    return True


class _Model:
    """One VROOM input; indexes of shifts and visits are used as VROOM's ids."""

    def __init__(
        self,
        problem: Problem,
        travel: Matrix,
        shifts: Sequence[int],
        visits: Sequence[int],
        wishes: Wishes | None = None,
    ) -> None:
        self.problem = problem
        self.wishes = wishes or Wishes()
        self.shifts, self.visits = list(shifts), list(visits)
        points = [
            point
            for item in (
                *((problem.shifts[s].start, problem.shifts[s].end) for s in self.shifts),
                *((problem.visits[v].point,) for v in self.visits),
            )
            for point in item
            if point is not None
        ]
        rows = list(dict.fromkeys(points))
        self.row = {point: index for index, point in enumerate(rows)}
        chosen = [travel.index[point] for point in rows]
        if travel.array is not None:
            self.matrix = travel.array[numpy.ix_(chosen, chosen)].astype("uint32")
        else:
            self.matrix = numpy.asarray(
                [[travel.seconds[a][b] for b in chosen] for a in chosen], dtype="uint32"
            )
        # VROOM wants each vehicle to start or end somewhere: a place next to everywhere does it.
        self.anywhere = len(rows)
        self.matrix = numpy.pad(self.matrix, ((0, 1), (0, 1)))
        # A lock is a skill that only one shift has; only those in use are declared.
        self.skills: dict[tuple[str, str], int] = {}

    def _skill(self, kind: str, name: str) -> int:
        return self.skills.setdefault((kind, name), len(self.skills))

    def _needs(self, index: int) -> set[int]:
        visit = self.problem.visits[index]
        needs = {self._skill("skill", skill) for skill in visit.skills}
        for kind, value in (
            ("shift", visit.shift), ("technician", visit.technician), ("day", visit.day)
        ):  # fmt: skip
            if value is not None:
                needs.add(self._skill(kind, value))
        if visit.zone is not None and visit.shift is None and visit.technician is None:
            needs.add(self._skill("zone", visit.zone))
        return needs

    def _has(self, shift: Shift) -> set[int]:
        """Ids of the declared skills and locks that the shift opens (call after the jobs)."""
        opened = {("skill", skill) for skill in shift.skills}
        opened |= {
            ("shift", shift.id), ("technician", shift.technician), ("day", shift.day)
        }  # fmt: skip
        if shift.zones:
            opened |= {("zone", zone) for zone in shift.zones}
        else:
            opened |= {key for key in self.skills if key[0] == "zone"}
        return {identifier for key, identifier in self.skills.items() if key in opened}

    def _job(self, index: int) -> Any:
        visit = self.problem.visits[index]
        windows = visit.windows if visit.fixed is None else ((visit.fixed, visit.fixed),)
        return vroom.Job(
            id=index,
            location=self.row[visit.point],
            default_service=visit.service,
            skills=self._needs(index),
            priority=100 if visit.fixed is not None else visit.priority,
            time_windows=[vroom.TimeWindow(*window) for window in windows],
        )

    def _vehicle(self, index: int) -> Any:
        shift = self.problem.shifts[index]
        breaks = [
            # Off between two intervals: a break that can't move.
            vroom.Break(number + LUNCH + 1, [vroom.TimeWindow(end, end)], service=start - end)
            for number, ((_start, end), (start, _end)) in enumerate(
                zip(shift.intervals, shift.intervals[1:], strict=False)
            )
        ]
        if shift.lunch:
            window = vroom.TimeWindow(shift.lunch.earliest, shift.lunch.latest)
            breaks.append(vroom.Break(LUNCH, [window], service=shift.lunch.seconds))
        place: dict[str, Any] = {
            name: self.row[point]
            for name, point in (("start", shift.start), ("end", shift.end))
            if point is not None
        }
        place = place or {"start": self.anywhere}
        wishes = self.wishes
        if wishes.fixed:
            place["costs"] = vroom.VehicleCosts(fixed=wishes.fixed)
        if wishes.most is not None:
            place["max_tasks"] = wishes.most
        if index in wishes.steps:
            steps = [vroom.VehicleStep("single", visit) for visit in wishes.steps[index]]
            place["steps"] = [vroom.VehicleStep("start"), *steps, vroom.VehicleStep("end")]
        return vroom.Vehicle(
            index,
            skills=self._has(shift),
            time_window=vroom.TimeWindow(shift.intervals[0][0], shift.intervals[-1][1]),
            breaks=breaks,
            **place,
        )

    def solve(self, level: int, seconds: float | None) -> tuple[dict[int, list[int]], list[int]]:
        """Run VROOM; see :func:`solve_vroom`."""
        model = vroom.Input()
        model.set_durations_matrix("car", self.matrix)
        # Jobs first: they declare the skills that the vehicles then open.
        jobs = [self._job(visit) for visit in self.visits]
        model.add_vehicle([self._vehicle(shift) for shift in self.shifts])
        model.add_job(jobs)
        limit = None if seconds is None else timedelta(seconds=seconds)
        threads = max(1, min(4, os.cpu_count() or 1))
        solution = model.solve(exploration_level=level, nb_threads=threads, timeout=limit)
        routes: dict[int, list[int]] = {shift: [] for shift in self.shifts}
        # Straight from the array: pandas frames cost more than solving a small day.
        for row in numpy.asarray(solution._routes_numpy()):
            if row["type"] == b"job":
                routes[int(row["vehicle_id"])].append(int(row["id"]))
        served = {visit for order in routes.values() for visit in order}
        return routes, [visit for visit in self.visits if visit not in served]
