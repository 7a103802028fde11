"""PyVRP as a second stage: shortens the tours that another solver found. Never a start of its own.

PyVRP has no breaks, so lunch is taken out of the clock: times after it are moved up by its length
and each window is narrowed so that it holds on either side of lunch. That is an approximation; the
caller times every tour again by the exact clock and keeps what is better. Days with a hole (an
absence) are left as they are, with their visits.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from .insertion import allowed
from .problem import Problem, Shift, Visit
from .travel import Matrix

try:
    import numpy
    import pyvrp
    from pyvrp.stop import MaxRuntime
except ImportError:  # the wheel is optional
    numpy = pyvrp = MaxRuntime = None  # type: ignore[assignment]

_logger = logging.getLogger(__name__)

FORBIDDEN = 10**6
"""Seconds of a leg that may not be driven: longer than any day."""
MEMORY = 1_200_000_000
"""Bytes of matrices above which the refinement is not tried (one pair a group of skills)."""
PRIZE, PRIZE_EACH = 40_000, 15_000
"""Seconds of driving that a point of priority, and any visit, are worth."""


def is_available() -> bool:
    """Whether the wheel is there."""
    return pyvrp is not None


def refine(
    problem: Problem,
    travel: Matrix,
    routes: Mapping[int, Sequence[int]],
    left: Sequence[int],
    seconds: float,
    seed: int = 0,
) -> dict[int, list[int]] | None:
    """Better orders of ``routes``, or ``None`` where there is nothing to try.

    :param routes: order of each shift, complete
    :param left: visits that found no place and may be tried again
    :param seconds: time limit, which is always used up
    :return: order of the shifts that were tried; to be checked by the caller
    """
    shifts = [shift for shift in routes if len(problem.shifts[shift].intervals) == 1]
    visits = [visit for shift in shifts for visit in routes[shift]]
    visits += [
        visit
        for visit in left
        if any(allowed(problem.shifts[shift], problem.visits[visit]) for shift in shifts)
    ]
    if pyvrp is None or travel.array is None or len(shifts) < 2 or len(visits) < 3:
        return None
    model = _Model(problem, travel, shifts, visits)
    if model.bytes() > MEMORY:
        _logger.info("Refinement left out: %s MB of matrices", model.bytes() // 10**6)
        return None
    return model.improve(routes, seconds, seed)


class _Model:
    """One PyVRP instance: locations are depots first, then clients."""

    def __init__(
        self, problem: Problem, travel: Matrix, shifts: Sequence[int], visits: Sequence[int]
    ) -> None:
        self.problem, self.travel = problem, travel
        self.shifts, self.visits = list(shifts), list(visits)
        ends = [(problem.shifts[s].start, problem.shifts[s].end) for s in self.shifts]
        # Nowhere (`None`) is next to everywhere: a location of its own.
        self.depots = list(dict.fromkeys(point for pair in ends for point in pair))
        self.depot = {point: index for index, point in enumerate(self.depots)}
        # One profile for all the shifts that may make the same visits.
        self.profiles: dict[tuple[bool, ...], int] = {}
        self.profile = [
            self.profiles.setdefault(
                tuple(allowed(problem.shifts[s], problem.visits[v]) for v in self.visits),
                len(self.profiles),
            )
            for s in self.shifts
        ]

    def bytes(self) -> int:
        """Memory of the matrices."""
        return 16 * len(self.profiles) * (len(self.depots) + len(self.visits)) ** 2

    def improve(
        self, routes: Mapping[int, Sequence[int]], seconds: float, seed: int
    ) -> dict[int, list[int]]:
        """Run PyVRP from ``routes``."""
        data = self._data()
        place = {visit: index for index, visit in enumerate(self.visits)}
        start = pyvrp.Solution(
            data,
            [
                pyvrp.Route(data, [place[visit] for visit in routes[shift]], number)
                for number, shift in enumerate(self.shifts)
                if routes[shift]
            ],
        )
        result = pyvrp.solve(
            data, MaxRuntime(seconds), seed=seed, collect_stats=False, initial_solution=start
        )
        found: dict[int, list[int]] = {shift: [] for shift in self.shifts}
        for route in result.best.routes():
            visits = [self.visits[activity.idx] for activity in route if activity.is_client()]
            found[self.shifts[route.vehicle_type()]] = visits
        return found

    def _data(self) -> Any:
        problem = self.problem
        lunch = self._lunch()
        clients = []
        for number, index in enumerate(self.visits):
            visit = problem.visits[index]
            first, last = _narrow(visit, lunch)
            clients.append(
                pyvrp.Client(
                    len(self.depots) + number,
                    service_duration=visit.service,
                    tw_early=first,
                    tw_late=last,
                    prize=PRIZE * visit.priority + PRIZE_EACH + (10**7 if visit.fixed else 0),
                    required=False,
                )
            )
        types = [
            self._vehicle(problem.shifts[s], self.profile[n]) for n, s in enumerate(self.shifts)
        ]
        locations = [pyvrp.Location(0, 0) for _ in range(len(self.depots) + len(self.visits))]
        matrices = self._matrices()
        return pyvrp.ProblemData(
            locations,
            clients,
            [pyvrp.Depot(number) for number in range(len(self.depots))],
            types,
            matrices,
            matrices,
        )

    def _lunch(self) -> Any:
        """The lunch that most shifts share; visits are narrowed around it."""
        lunches = [self.problem.shifts[s].lunch for s in self.shifts]
        known = [lunch for lunch in lunches if lunch is not None]
        return max(known, key=known.count) if known else None

    def _vehicle(self, shift: Shift, profile: int) -> Any:
        first, last = shift.intervals[0]
        return pyvrp.VehicleType(
            1,
            start_depot=self.depot[shift.start],
            end_depot=self.depot[shift.end],
            tw_early=first,
            tw_late=last - (shift.lunch.seconds if shift.lunch else 0),
            unit_distance_cost=1,
            profile=profile,
        )

    def _matrices(self) -> list[Any]:
        points = [*self.depots, *(self.problem.visits[v].point for v in self.visits)]
        rows = [self.travel.index[point] if point is not None else -1 for point in points]
        base = self.travel.array[numpy.ix_(rows, rows)].astype("int64")
        for number, row in enumerate(rows):
            if row < 0:
                base[number, :] = base[:, number] = 0
        depots, matrices = len(self.depots), []
        for able in self.profiles:
            matrix = base.copy()
            barred = [depots + number for number, yes in enumerate(able) if not yes]
            matrix[:, barred] = matrix[barred, :] = FORBIDDEN
            numpy.fill_diagonal(matrix, 0)
            matrices.append(matrix)
        return matrices


def _narrow(visit: Visit, lunch: Any) -> tuple[int, int]:
    """Window of a visit on the clock without lunch."""
    if visit.fixed is not None:
        first, last = visit.fixed, visit.fixed
    elif visit.windows:
        # Several windows: the widest, the exact clock may use the others.
        first, last = max(visit.windows, key=lambda window: window[1] - window[0])
    else:
        first, last = 0, 2**31
    if lunch is None:
        return first, last
    length = lunch.seconds
    if last < lunch.earliest:
        return first, last
    if first >= lunch.latest + length:
        return first - length, last - length
    if first <= last - length:
        return first, last - length
    before = (first, min(last, lunch.latest - visit.service))
    after = (max(first - length, lunch.earliest), last - length)
    best = max(before, after, key=lambda window: window[1] - window[0])
    return best if best[0] <= best[1] else (first, last)
