"""Solve, check and insert: what the rest of the suite calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from . import pyvrp_backend, vroom_backend
from .evaluator import evaluate
from .insertion import Insertion, Routes, allowed, solve_python
from .moves import explain_moves
from .objective import cost, rebalance
from .problem import Problem, ProblemError
from .reasons import CLASHES, Explainer, Reason, offer, sentence
from .schedule import Scheduler, Tour
from .travel import Matrix, matrix_of, trips_of

Progress = Callable[[float], None]

# Exploration level by number of visits, measured (docs/decisions/tour-optimiser.md): a high level on a
# big day is slower, not better.
LEVELS = ((150, 5), (400, 2), (700, 1))
OVERFULL_LEVEL = 3
"""Highest level where not all visits can be done: above it, time goes to visits that fit nowhere."""
BIG_SECONDS = 14.0
LONG_SECONDS = 25.0
BIGGEST_PART = 1000
"""Visits above which a part that hangs together is split by where technicians start."""
EXCHANGES = 3
"""How many ways to exchange a visit are offered."""


def available_backends() -> list[str]:
    """Names of the solvers that can run here, best first."""
    return (["vroom"] if vroom_backend.is_available() else []) + ["python"]


def level_for(visits: int, seconds: float | None = None, overfull: bool = False) -> int:
    """VROOM's exploration level for a number of visits.

    :param seconds: the time given, which counts on big days
    :param overfull: the visits can't all be done
    """
    for limit, level in LEVELS:
        if visits <= limit:
            return min(level, OVERFULL_LEVEL) if overfull else level
    return 1 if seconds is not None and seconds >= LONG_SECONDS else 0


def can_refine() -> bool:
    """Whether the second stage (PyVRP) can run here."""
    return pyvrp_backend.is_available()


def solve(
    data: Mapping[str, Any],
    seconds: float | None = None,
    level: int | None = None,
    backend: str | None = None,
    progress: Progress | None = None,
    refine: float | None = None,
) -> dict[str, Any]:
    """Build the tours.

    Deterministic as long as no time limit is hit (VROOM: up to 700 visits that hang together).
    Never worse than ``data["plan"]`` where that plan keeps every rule.

    :param data: the problem (see :mod:`.problem`)
    :param seconds: time to spend on days of more than 700 visits, and for the Python solver
    :param level: VROOM's exploration level 0-5, chosen by size when not given
    :param backend: ``vroom`` or ``python``; the best available when not given
    :param progress: called with the share done, 0 to 1
    :param refine: seconds for PyVRP to shorten what was found; nothing without its wheel
    :return: ``{"backend", "refined", "notice", "routes", "unserved", "clashes", "moves", "before",
        "after", "objective", "etas"}``; see :meth:`_Run.result`
    :raises ProblemError: the problem is not well formed
    """
    return _Run(Problem.from_dict(data), data, seconds, level, backend, progress, refine).result()


def check(data: Mapping[str, Any]) -> dict[str, Any]:
    """Time the tours of ``data["plan"]`` in the order given and name what they break.

    Visits outside the plan that are bound to one day are set aside there: each gets the reason for
    which it has no place, or ``None`` when there is room for it.

    :return: ``{"routes", "violations": [{"code", "shift", "visit"?, "text", ...}], "aside":
        [{"visit", "shift", "reason", "clashes": [visits]}], "travel", "metres"}``
    :raises ProblemError: the problem is not well formed
    """
    problem = Problem.from_dict(data)
    trips = trips_of(problem)
    planned = [
        visit if visit.at is None else replace(visit, fixed=visit.at) for visit in problem.visits
    ]
    scheduler = Scheduler(replace(problem, visits=planned), trips)
    number = {visit.id: index for index, visit in enumerate(problem.visits)}
    routes = []
    for shift in problem.shifts:
        order = [number[name] for name in problem.plan.get(shift.id, ())]
        if order:
            routes.append(_route(problem, shift.id, scheduler.neat(shift, order)))
    verdict = evaluate(data, {"routes": routes}, hand_made=True)
    violations = [_named(problem, item) for item in verdict["violations"] if item["code"] != "lost"]
    return {
        "routes": routes,
        "violations": violations,
        "aside": _set_aside(Scheduler(problem, trips), number),
        "travel": verdict["travel"],
        "metres": verdict["metres"],
    }


def _set_aside(scheduler: Scheduler, number: Mapping[str, int]) -> list[dict[str, Any]]:
    problem = scheduler.problem
    routes = {
        index: [number[name] for name in problem.plan.get(shift.id, ())]
        for index, shift in enumerate(problem.shifts)
    }
    planned = {visit for order in routes.values() for visit in order}
    explainer, found = Explainer(scheduler, routes), []
    search = Insertion(scheduler, routes)
    place = {shift.id: index for index, shift in enumerate(problem.shifts)}
    for index, visit in enumerate(problem.visits):
        if index in planned or visit.shift is None:
            continue
        shift = place[visit.shift]
        fits = allowed(problem.shifts[shift], visit) and search.best_place(
            shift, routes[shift], index
        )
        reason = None if fits else explainer.explain(index)
        clashes = []
        if reason and reason["code"] in CLASHES:
            clashes = [problem.visits[other].id for other in explainer.clashes(shift, index)]
        found.append(
            {"visit": visit.id, "shift": visit.shift, "reason": reason, "clashes": clashes}
        )
    return found


def insert(
    data: Mapping[str, Any], visit: str, backend: str | None = None, quick: bool = False
) -> list[dict[str, Any]]:
    """Offers for one more visit in the tours of ``data["plan"]``. Nothing kept is ever lost.

    Kinds: ``insert`` (nobody moves, one offer a technician), ``reorder`` (one technician's day in a
    new order, where that is shorter or the only way) and ``exchange`` (one other visit changes
    technician to make room).

    :param visit: id of a visit of the problem that is not in the plan
    :param backend: ``python`` = no ``reorder``, which needs VROOM
    :param quick: only ``insert``
    :return: ``[{"kind", "shift", "start", "added" seconds, "moved": [visits at another time],
        "changed": [visits with another technician], "plan"}]``, best first within a kind
    :raises ProblemError: the problem is not well formed or does not know the visit
    """
    problem = Problem.from_dict(data)
    number = {item.id: index for index, item in enumerate(problem.visits)}
    if visit not in number:
        raise ProblemError(f"unknown visit {visit}")
    trips = trips_of(problem)
    scheduler = Scheduler(problem, trips)
    wanted = problem.visits[number[visit]]
    current: Routes = {
        index: [number[name] for name in problem.plan.get(shift.id, ()) if name != visit]
        for index, shift in enumerate(problem.shifts)
    }
    able = [index for index, shift in enumerate(problem.shifts) if allowed(shift, wanted)]
    search = Insertion(scheduler, able)
    offers = []
    for found in offer(search, current, number[visit]):
        order = list(current[found["shift"]])
        order.insert(found["position"], number[visit])
        offers.append(_offer("insert", scheduler, current, {found["shift"]: order}, number[visit]))
    if quick:
        return offers
    if (backend or available_backends()[0]) == "vroom" and vroom_backend.is_available():
        offers += _reordered_offers(search, current, number[visit], offers)
    return offers + _exchange_offers(search, current, number[visit])


def travel_of(problem: Problem) -> Matrix:
    """Travel matrix of all the points of the problem."""
    points = [point for shift in problem.shifts for point in (shift.start, shift.end)]
    points += [visit.point for visit in problem.visits]
    return matrix_of(problem, points)


class _Run:
    """One call of :func:`solve`."""

    def __init__(
        self,
        problem: Problem,
        data: Mapping[str, Any],
        seconds: float | None,
        level: int | None,
        backend: str | None,
        progress: Progress | None,
        refine: float | None,
    ) -> None:
        if backend not in (None, "vroom", "python"):
            raise ProblemError(f"unknown solver {backend}")
        best = available_backends()[0]
        self.backend = best if backend is None else backend
        if self.backend == "vroom" and best != "vroom":
            self.backend = "python"
        self.notice = "no_vroom" if self.backend == "python" and backend != "python" else None
        self.problem, self.data = problem, data
        self.seconds, self.level = seconds, level
        self.refine = refine if refine and can_refine() else 0.0
        self.refined = False
        self.total = len(problem.visits) or 1
        self.progress = progress or (lambda share: None)
        self.scheduler = Scheduler(problem, travel_of(problem))
        self.number = {visit.id: index for index, visit in enumerate(problem.visits)}

    def result(self) -> dict[str, Any]:
        """Solve and return the result dictionary.

        * ``routes``: ``[{"shift", "technician", "day", "stops": [{"visit", "travel", "metres",
          "arrival", "start", "end", "waiting"}], "departure", "back", "back_travel", "back_metres",
          "lunch", "travel", "metres", "service", "waiting", "before"}]``; ``before`` = the same
          visits in the plan's order
        * ``refined``: whether the second stage found something better
        * ``moves``: ``{visit: reason}`` of each visit that is not where the plan had it
        * ``unserved``: ``[{"visit", "shift" | None, "position", "reason", "text"}]``
        * ``clashes``: visits that kept their place although another one's promise can't be kept
          beside it
        * ``before`` / ``after``: ``{"visits", "travel", "metres", "late"}`` of the visits served
          after
        """
        started = time.monotonic()
        leaders = [i for i, visit in enumerate(self.problem.visits) if visit.leader is None]
        routes, left = self._solve_all(leaders)
        if left and self.problem.soft_zones:
            left = self._leave_zones(routes, left)
        followers = [i for i, visit in enumerate(self.problem.visits) if visit.leader is not None]
        if followers:
            routes, left = self._with_crews(routes, followers)
        answer = self._answer(routes, left)
        answer["seconds"] = round(time.monotonic() - started, 3)
        return answer

    # -- solving --------------------------------------------------------------------------------

    def _solve_all(self, visits: Iterable[int]) -> tuple[Routes, list[int]]:
        parts, left = self._parts(list(visits))
        routes: Routes = {index: [] for index in range(len(self.problem.shifts))}
        total = sum(len(part) for _shifts, part in parts) or 1
        done = 0
        for shifts, part in parts:
            found, rest = self._solve_part(shifts, part)
            routes.update(found)
            left += rest
            done += len(part)
            self.progress(done / total)
        return routes, sorted(left)

    def _parts(self, visits: list[int]) -> tuple[list[tuple[list[int], list[int]]], list[int]]:
        """Groups of shifts and visits that have nothing to do with each other, and lost visits."""
        head = list(range(len(self.problem.shifts)))

        def find(shift: int) -> int:
            while head[shift] != shift:
                head[shift] = head[head[shift]]
                shift = head[shift]
            return shift

        home: dict[int, int] = {}
        left = []
        for visit in visits:
            wanted = self.problem.visits[visit]
            able = [i for i, shift in enumerate(self.problem.shifts) if allowed(shift, wanted)]
            if not able:
                left.append(visit)
                continue
            home[visit] = able[0]
            for shift in able[1:]:
                one, other = sorted((find(able[0]), find(shift)))
                head[other] = one
        groups: dict[int, tuple[list[int], list[int]]] = {}
        for shift in range(len(self.problem.shifts)):
            groups.setdefault(find(shift), ([], []))[0].append(shift)
        for visit, shift in home.items():
            groups[find(shift)][1].append(visit)
        return [(shifts, part) for shifts, part in groups.values() if part], left

    def _leave_zones(self, routes: Routes, left: list[int]) -> list[int]:
        """Second pass of soft zones: what found no place at home may go elsewhere."""
        for index in left:
            self.problem.visits[index] = replace(self.problem.visits[index], zone=None)
        search = Insertion(self.scheduler, self._working(range(len(self.problem.shifts))))
        return search.build(routes, left)

    def _working(self, shifts: Iterable[int]) -> list[int]:
        return [index for index in shifts if self.problem.shifts[index].intervals]

    def _solve_part(self, shifts: list[int], visits: list[int]) -> tuple[Routes, list[int]]:
        shifts = self._working(shifts)
        routes: Routes = {}
        left: list[int] = []
        for some, few in self._split(shifts, visits):
            found, rest = self._solve_piece(some, few)
            routes.update(found)
            left += rest
        search = Insertion(self.scheduler, shifts)
        if len(visits) > BIGGEST_PART and left:
            left = search.build(routes, left)
        if not self.problem.weights.only_travel:
            rebalance(search, routes)
        routes, left = self._never_worse(shifts, visits, routes, left)
        if self.refine:
            routes, left = self._refine(
                shifts, routes, left, self.refine * len(visits) / self.total
            )
        return routes, left

    def _split(self, shifts: list[int], visits: list[int]) -> list[tuple[list[int], list[int]]]:
        """Cut what is too big for one solve in two, again and again, along where people start."""
        homes = [self.problem.shifts[index].start for index in shifts]
        if len(visits) <= BIGGEST_PART or len(shifts) < 4 or None in homes:
            return [(shifts, visits)]
        place = {index: home for index, home in zip(shifts, homes, strict=True) if home}
        spans = [max(h[axis] for h in place.values()) - min(h[axis] for h in place.values())
                 for axis in (0, 1)]  # fmt: skip
        axis = int(spans[1] * 0.7 > spans[0])
        ranked = sorted(shifts, key=lambda index: (place[index][axis], index))
        halves = ranked[: len(ranked) // 2], ranked[len(ranked) // 2 :]
        sides: tuple[list[int], list[int]] = ([], [])
        for visit in visits:
            wanted = self.problem.visits[visit]
            able = [index for index in shifts if allowed(self.problem.shifts[index], wanted)]
            nearest = min(
                able,
                key=lambda index: self.scheduler.travel.between(place[index], wanted.point)[0],
            )
            sides[nearest in halves[1]].append(visit)
        if not all(sides):
            return [(shifts, visits)]
        return [
            piece
            for half, side in zip(halves, sides, strict=True)
            for piece in self._split(half, side)
        ]

    def _solve_piece(self, shifts: list[int], visits: list[int]) -> tuple[Routes, list[int]]:
        if self.backend != "vroom":
            return solve_python(self.scheduler, shifts, visits, self.seconds)
        level = self.level
        if level is None:
            overfull = self._is_overfull(shifts, visits)
            level = level_for(len(visits), self.seconds, overfull)
        limit = None
        if len(visits) > vroom_backend.LIMITED_ABOVE:
            limit = self.seconds or BIG_SECONDS
        search = Insertion(self.scheduler, shifts)
        tried = []
        for wishes in self._wishes(shifts, visits):
            routes, left = vroom_backend.solve_vroom(
                self.problem, self.scheduler.travel, shifts, visits, level, limit, wishes
            )
            left += self._make_feasible(routes)
            left = search.build(routes, left) if left else []
            for shift, order in routes.items():
                routes[shift] = search.polish(shift, order)
            tried.append((self._score(search, routes), len(tried), routes, left))
        _score, _number, routes, left = min(tried)
        return routes, left

    def _is_overfull(self, shifts: list[int], visits: list[int]) -> bool:
        """Whether the visits need more hours than there are, however short the ways between them.

        Each takes its own time and at least the way from the nearest place to it.
        """
        days = [self.problem.shifts[index] for index in shifts]
        hours = sum(last - first for day in days for first, last in day.intervals)
        hours -= sum(day.lunch.seconds for day in days if day.lunch)
        need = sum(self.problem.visits[index].service for index in visits)
        if need > hours or len(visits) > vroom_backend.LIMITED_ABOVE:
            return need > hours
        between = self.scheduler.travel.between
        points = [self.problem.visits[index].point for index in visits]
        homes = [day.start for day in days if day.start]
        for number, goal in enumerate(points):
            others = [*homes, *points[:number], *points[number + 1 :]]
            need += min((between(place, goal)[0] for place in others), default=0)
            if need > hours:
                return True
        return False

    def _wishes(self, shifts: list[int], visits: list[int]) -> list[vroom_backend.Wishes]:
        """What VROOM is asked for: one solve for least travel, others where more counts."""
        weights = self.problem.weights
        wishes = [vroom_backend.Wishes()]
        if weights.people:
            wishes.append(vroom_backend.Wishes(fixed=round(weights.people)))
        if weights.balance and shifts:
            even = -(-len(visits) // len(shifts))
            wishes += [vroom_backend.Wishes(most=even + more) for more in (0, 1)]
        return wishes

    def _refine(
        self, shifts: list[int], routes: Routes, left: list[int], seconds: float
    ) -> tuple[Routes, list[int]]:
        """Second stage, a day at a time; what is not better by the exact clock is thrown away."""
        search = Insertion(self.scheduler, shifts)
        days: dict[str, list[int]] = {}
        for shift in shifts:
            days.setdefault(self.problem.shifts[shift].day, []).append(shift)
        count = sum(len(routes[shift]) for shift in shifts) or 1
        for group in days.values():
            share = sum(len(routes[shift]) for shift in group) / count
            found = pyvrp_backend.refine(
                self.problem,
                self.scheduler.travel,
                {shift: routes[shift] for shift in group},
                left,
                max(1.0, seconds * share),
            )
            if found is None:
                continue
            # Only what was tried changes hands; the rest of the visits stay where they are.
            tried = {visit for shift in found for visit in routes[shift]} | set(left)
            candidate = {**routes, **found}
            served = {visit for order in found.values() for visit in order}
            rest = sorted((tried - served) | set(self._make_feasible(candidate)))
            rest = search.build(candidate, rest) if rest else []
            for shift in found:
                candidate[shift] = search.polish(shift, candidate[shift])
            if self._score(search, candidate) < self._score(search, routes):
                routes, left, self.refined = candidate, rest, True
        return routes, left

    def _make_feasible(self, routes: Routes) -> list[int]:
        """Take out what engine and clock disagree about (rounding), least urgent first."""
        dropped = []
        for shift, order in routes.items():
            while not self.scheduler.feasible(self.problem.shifts[shift], order):
                tour = self.scheduler.tour(self.problem.shifts[shift], order)
                late = [stop.visit for stop in tour.stops if stop.late] or order
                victim = min(late, key=lambda index: (self.problem.visits[index].priority, index))
                order.remove(victim)
                dropped.append(victim)
        return dropped

    def _never_worse(
        self, shifts: list[int], visits: list[int], routes: Routes, left: list[int]
    ) -> tuple[Routes, list[int]]:
        """Keep the plan in place where it keeps all rules and is at least as good."""
        mine = set(visits)
        search = Insertion(self.scheduler, shifts)
        plan: Routes = {}
        for shift in shifts:
            names = self.problem.plan.get(self.problem.shifts[shift].id, ())
            plan[shift] = [self.number[name] for name in names if self.number[name] in mine]
        if not any(plan.values()):
            return routes, left
        for shift, order in plan.items():
            day = self.problem.shifts[shift]
            fits = all(allowed(day, self.problem.visits[visit]) for visit in order)
            if not fits or not self.scheduler.feasible(day, order):
                return routes, left
        planned = {visit for order in plan.values() for visit in order}
        rest = search.build(plan, [visit for visit in visits if visit not in planned])
        if self._score(search, plan) <= self._score(search, routes):
            return plan, rest
        return routes, left

    def _score(self, search: Insertion, routes: Routes) -> tuple[int, int, float, int]:
        served = [visit for order in routes.values() for visit in order]
        points = sum(self.problem.visits[visit].priority for visit in served)
        travel = cost(search, routes)
        metres = sum(
            self.scheduler.tour(self.problem.shifts[shift], order).metres
            for shift, order in routes.items()
        )
        return -points, -len(served), travel, metres

    # -- crews ----------------------------------------------------------------------------------

    def _with_crews(self, routes: Routes, followers: list[int]) -> tuple[Routes, list[int]]:
        """Second pass: the start found for the leader is fixed for all who help."""
        starts: dict[str, int] = {}
        where: dict[str, str] = {}
        for shift, order in routes.items():
            day = self.problem.shifts[shift]
            for stop in self.scheduler.neat(day, order).stops:
                starts[self.problem.visits[stop.visit].id] = stop.start
                where[self.problem.visits[stop.visit].id] = day.id
        able = []
        for index in followers:
            follower = self.problem.visits[index]
            start = starts.get(follower.leader or "")
            if start is None:
                continue
            able.append(index)
            lead = self.number[follower.leader or ""]
            self.problem.visits[index] = replace(follower, fixed=start)
            self.problem.visits[lead] = replace(
                self.problem.visits[lead], fixed=start, shift=where[follower.leader or ""]
            )
        leaders = [i for i, visit in enumerate(self.problem.visits) if visit.leader is None]
        routes, left = self._solve_all([*leaders, *able])
        return routes, sorted({*left, *(set(followers) - set(able))})

    # -- the answer -----------------------------------------------------------------------------

    def _answer(self, routes: Routes, left: list[int]) -> dict[str, Any]:
        served = {visit for order in routes.values() for visit in order}
        tours = {
            shift: self.scheduler.neat(self.problem.shifts[shift], order)
            for shift, order in routes.items()
        }
        before = self._before(served)
        unserved, clashes = self._explain(routes, tours, left)
        listed = []
        for shift, tour in tours.items():
            name = self.problem.shifts[shift].id
            if tour.stops or name in before:
                route = _route(self.problem, name, tour)
                route["before"] = before.get(name)
                listed.append(route)
        after = {
            "visits": len(served),
            "travel": sum(route["travel"] for route in listed),
            "metres": sum(route["metres"] for route in listed),
            "late": 0,
        }
        return {
            "backend": self.backend,
            "refined": self.refined,
            "notice": self.notice,
            "moves": explain_moves(self.scheduler, routes, tours),
            "routes": listed,
            "unserved": unserved,
            "clashes": clashes,
            "before": {
                key: sum(item[key] for item in before.values())
                for key in ("visits", "travel", "metres", "late")
            },
            "after": after,
            "objective": {
                "points": sum(self.problem.visits[visit].priority for visit in served),
                "served": len(served),
                "travel": after["travel"],
            },
            "etas": {stop["visit"]: stop["start"] for route in listed for stop in route["stops"]},
        }

    def _before(self, served: set[int]) -> dict[str, dict[str, int]]:
        """The plan in place, limited to what is served after, so that the two compare."""
        figures = {}
        for index, shift in enumerate(self.problem.shifts):
            names = self.problem.plan.get(shift.id)
            if names is None:
                continue
            order = [self.number[name] for name in names if self.number[name] in served]
            tour = self.scheduler.tour(self.problem.shifts[index], order)
            figures[shift.id] = {
                "visits": len(order),
                "travel": tour.travel if order else 0,
                "metres": tour.metres if order else 0,
                "late": sum(bool(stop.late) for stop in tour.stops),
            }
        return figures

    def _explain(
        self, routes: Routes, tours: Mapping[int, Tour], left: list[int]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        explainer = Explainer(self.scheduler, routes)
        unserved: list[dict[str, Any]] = []
        clashes: dict[int, dict[str, Any]] = {}
        for visit in left:
            reason = self._reason(explainer, visit)
            shift = self._only_shift(visit)
            entry = {
                "visit": self.problem.visits[visit].id,
                "shift": None if shift is None else self.problem.shifts[shift].id,
                "position": None if shift is None else self._position(tours[shift], visit),
                "reason": reason,
                "text": sentence(reason),
            }
            unserved.append(entry)
            if reason["code"] in CLASHES and shift is not None:
                for other in explainer.clashes(shift, visit):
                    clashes.setdefault(other, self._kept(shift, other, visit))
        return unserved, [entry for _other, entry in sorted(clashes.items()) if entry]

    def _reason(self, explainer: Explainer, visit: int) -> Reason:
        wanted = self.problem.visits[visit]
        if wanted.leader is None:
            return explainer.explain(visit)
        leader = self.problem.visits[self.number[wanted.leader]]
        if wanted.fixed is None:
            return {"code": "leader_unplanned", "other": leader.name}
        reason = explainer.explain(visit)
        if reason["code"] in ("on_leave", "day_off", "no_position"):
            return reason
        return {"code": "with_leader", "other": leader.name, "start_at": wanted.fixed}

    def _kept(self, shift: int, other: int, visit: int) -> dict[str, Any]:
        promise = Explainer._promise(self.problem.visits[other])
        if not promise:
            return {}
        reason: Reason = {"code": "clash_kept", **promise, "other": self.problem.visits[visit].name}
        return {
            "visit": self.problem.visits[other].id,
            "shift": self.problem.shifts[shift].id,
            "with": self.problem.visits[visit].id,
            "reason": reason,
            "text": sentence(reason),
        }

    def _only_shift(self, visit: int) -> int | None:
        """The one day to which the visit is bound, if there is just one."""
        wanted = self.problem.visits[visit]
        places = [
            index
            for index, shift in enumerate(self.problem.shifts)
            if wanted.shift in (None, shift.id)
            and wanted.technician in (None, shift.technician)
            and wanted.day in (None, shift.day)
        ]
        bound = wanted.shift is not None or wanted.technician is not None
        return places[0] if bound and len(places) == 1 else None

    def _position(self, tour: Tour, visit: int) -> int:
        """Where the visit would stand among the stops, by its promise."""
        wanted = self.problem.visits[visit]
        if wanted.fixed is None and not wanted.windows:
            return len(tour.stops)
        at = wanted.windows[0][0] if wanted.fixed is None else wanted.fixed
        return sum(stop.start <= at for stop in tour.stops)


def _route(problem: Problem, shift_id: str, tour: Tour) -> dict[str, Any]:
    shift = next(item for item in problem.shifts if item.id == shift_id)
    clock, stops = tour.departure, []
    for stop in tour.stops:
        paused = 0
        if tour.lunch and clock <= tour.lunch[0] and tour.lunch[1] <= stop.start:
            paused = tour.lunch[1] - tour.lunch[0]
        stops.append(
            {
                "visit": problem.visits[stop.visit].id,
                "travel": stop.travel,
                "metres": stop.metres,
                "arrival": stop.arrival,
                "start": stop.start,
                "end": stop.end,
                "waiting": max(0, stop.start - clock - stop.travel - paused),
                "late": stop.late,
            }
        )
        clock = stop.end
    return {
        "shift": shift.id,
        "technician": shift.technician,
        "day": shift.day,
        "stops": stops,
        "departure": tour.departure,
        "back": tour.back,
        "back_travel": tour.back_travel if stops else 0,
        "back_metres": tour.back_metres if stops else 0,
        "lunch": list(tour.lunch) if tour.lunch else None,
        "travel": tour.travel if stops else 0,
        "metres": tour.metres if stops else 0,
        "service": sum(problem.visits[stop.visit].service for stop in tour.stops),
        "waiting": sum(stop["waiting"] for stop in stops),
    }


def _named(problem: Problem, violation: Mapping[str, Any]) -> dict[str, Any]:
    """An evaluator's violation with names and a sentence."""
    shift = next((item for item in problem.shifts if item.id == violation.get("shift")), None)
    reason: Reason = {**violation, "code": f"broken_{violation['code']}"}
    reason["technician"] = shift.name if shift else ""
    if "skill" in reason:
        reason["skills"] = problem.skill_names.get(reason["skill"], reason["skill"])
    return {**violation, "reason": reason, "text": sentence(reason)}


# -- offers for one more visit ------------------------------------------------------------------


def _offer(
    kind: str, scheduler: Scheduler, current: Routes, changes: Routes, visit: int
) -> dict[str, Any]:
    """One offer: what changes in the tours that are touched, the others stay as they are."""
    problem = scheduler.problem
    old, before = _placed(scheduler, {shift: current[shift] for shift in changes})
    new, after = _placed(scheduler, changes)
    shift, start = new[visit]
    routes = {**current, **changes}
    return {
        "kind": kind,
        "shift": problem.shifts[shift].id,
        "start": start,
        "added": after - before,
        "moved": [problem.visits[i].id for i in sorted(old) if new[i][1] != old[i][1]],
        "changed": [problem.visits[i].id for i in sorted(old) if new[i][0] != old[i][0]],
        "plan": {
            problem.shifts[index].id: [problem.visits[i].id for i in order]
            for index, order in routes.items()
            if order or problem.shifts[index].id in problem.plan
        },
    }


def _placed(scheduler: Scheduler, routes: Routes) -> tuple[dict[int, tuple[int, int]], int]:
    """Shift and start of each visit of the tours, and the seconds driven."""
    placed: dict[int, tuple[int, int]] = {}
    travel = 0
    for shift, order in routes.items():
        if order:
            tour = scheduler.neat(scheduler.problem.shifts[shift], order)
            travel += tour.travel
            placed.update((stop.visit, (shift, stop.start)) for stop in tour.stops)
    return placed, travel


def _reordered_offers(
    search: Insertion, current: Routes, visit: int, inserted: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One technician's whole day in a new order. Solved alone, day by day: a warm start of the
    whole plan is refused by VROOM for most tours with a lunch break (7 of 39 accepted on a full
    day).
    """
    scheduler = search.scheduler
    problem = scheduler.problem
    known = {item["shift"]: item["added"] for item in inserted}
    offers = []
    for shift in search.shifts:
        visits = [*current[shift], visit]
        if any(problem.visits[index].point is None for index in visits):
            continue
        points = [problem.shifts[shift].start, problem.shifts[shift].end]
        points += [problem.visits[index].point for index in visits]
        travel = matrix_of(problem, points)
        routes, left = vroom_backend.solve_vroom(problem, travel, [shift], visits, 1, None)
        if left or not scheduler.feasible(problem.shifts[shift], routes[shift]):
            continue
        found = _offer("reorder", scheduler, current, {shift: routes[shift]}, visit)
        if found["added"] < known.get(found["shift"], found["added"] + 1):
            offers.append(found)
    return sorted(offers, key=lambda item: (item["added"], item["start"], item["shift"]))


def _exchange_offers(search: Insertion, current: Routes, visit: int) -> list[dict[str, Any]]:
    """The cheapest ways in which one other visit goes to another technician to make room."""
    scheduler = search.scheduler
    problem = scheduler.problem
    found: list[tuple[int, Routes]] = []
    everyone = Insertion(scheduler, range(len(problem.shifts)))
    for shift in search.shifts:
        length = search.length(shift, current[shift])
        for other in current[shift]:
            if problem.visits[other].fixed is not None or problem.visits[other].shift is not None:
                continue
            rest = [index for index in current[shift] if index != other]
            place = search.best_place(shift, rest, visit)
            # Already worse than what is known: no need to look where the other one could go.
            base = place and search.length(shift, rest) + place[0] - length
            if place is None or (len(found) >= EXCHANGES and base >= found[-1][0]):
                continue
            mine = [*rest[: place[1]], visit, *rest[place[1] :]]
            theirs = _cheapest_home(everyone, current, shift, other)
            if theirs is not None:
                found.append((base + theirs[0], {shift: mine, theirs[1]: theirs[2]}))
                found = sorted(found, key=lambda item: item[0])[:EXCHANGES]
    return [_offer("exchange", scheduler, current, changes, visit) for _added, changes in found]


def _cheapest_home(
    search: Insertion, current: Routes, shift: int, visit: int
) -> tuple[int, int, list[int]] | None:
    """Added seconds, shift and order of the tour other than ``shift`` that best takes ``visit``."""
    best: tuple[int, int, list[int]] | None = None
    for home in search.shifts:
        if home == shift or not allowed(search.problem.shifts[home], search.problem.visits[visit]):
            continue
        place = search.best_place(home, current[home], visit)
        if place is not None and (best is None or place[0] < best[0]):
            order = current[home]
            best = (place[0], home, [*order[: place[1]], visit, *order[place[1] :]])
    return best
