"""Places for one urgent visit in a day that is under way, and what each costs the others.

The tours in ``data["plan"]`` are what is left of the day: whoever builds the problem starts each
shift where and when its technician is free, so that nothing done or under way can move. ``at`` is
the start that each visit was told. A promise that the plan can't keep any more is no reason to
refuse everything: it is loosened to what the plan gives.

Kinds of offers, in this order:

* ``insert``: nobody changes technician or order; others start later only within their promise;
* ``reorder``: one technician's remaining visits in a new order;
* ``exchange``: the cheapest found, some visits change technician (VROOM from the plan in place, or
  one exchange by plain Python without its wheel);
* ``overtime``: an insertion that ends after hours, within what is allowed;
* ``late``: an insertion that breaks promises of others, which are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import vroom_backend
from .evaluator import evaluate
from .insertion import Insertion, Routes, allowed
from .problem import Interval, Problem, ProblemError, Shift, Visit
from .reasons import Explainer, Reason, sentence
from .schedule import Scheduler, Tour
from .travel import matrix_of, trips_of

ALWAYS: Interval = (0, 2**31)
LATE_OFFERS = 3
WORTH = 60
"""Seconds of driving below which moving more people is not worth an offer."""
BIG = 200
"""Visits above which VROOM is asked at its lowest level, to stay within a second."""


def offers(
    data: Mapping[str, Any],
    visit: str,
    quick: bool = False,
    overtime: int = 0,
    backend: str | None = None,
) -> dict[str, Any]:
    """Ranked places for ``visit``, which is in the problem and not in its plan.

    :param quick: only what plain Python finds in milliseconds: ``insert``, ``overtime``, ``late``
    :param overtime: seconds after hours that an offer may ask for
    :param backend: ``python`` = without VROOM
    :return: ``{"offers": [{"kind", "shift", "technician", "day", "start", "travel", "added"
        seconds, "metres" added, "overtime", "moved": [{"visit", "shift", "start", "former_shift",
        "former_start"}], "changed": [visits], "broken": [{"visit", "late"}]}], "refused":
        [{"technician", "shift", "reason", "text"}], "loosened": [visits]}``; offers of one kind are
        sorted by what they add
    :raises ProblemError: the problem is not well formed or does not know the visit
    """
    day = _Day(Problem.from_dict(data), visit, overtime)
    found = [*day.inserted(), *day.extended()]
    if not quick:
        if backend != "python" and vroom_backend.is_available():
            found += [*day.reordered(), *day.cheapest()]
        else:
            found += day.exchanged()
    found = _worth_it(found)
    if not any(not offer["broken"] for offer in found):
        found += day.late()
    return {
        "offers": [offer for offer in found if day.judged(data, offer)],
        "refused": day.refused({offer["shift"] for offer in found if not offer["broken"]}),
        "loosened": [day.problem.visits[index].id for index in day.loosened],
    }


class _Day:
    """The tours as they are, and ways to add one visit."""

    def __init__(self, problem: Problem, name: str, overtime: int) -> None:
        self.problem, self.overtime = problem, overtime
        number = {item.id: index for index, item in enumerate(problem.visits)}
        if name not in number:
            raise ProblemError(f"unknown visit {name}")
        self.visit = number[name]
        self.current: Routes = {
            index: [number[item] for item in problem.plan.get(shift.id, ()) if item != name]
            for index, shift in enumerate(problem.shifts)
        }
        self.home = {visit: shift for shift, order in self.current.items() for visit in order}
        self.trips = trips_of(problem)
        self.loosened: list[int] = []
        self._loosen()
        self.problem = replace(problem, visits=list(problem.visits))
        self.scheduler = Scheduler(self.problem, self.trips)
        wanted = problem.visits[self.visit]
        self.able = [i for i, shift in enumerate(problem.shifts) if allowed(shift, wanted)]
        # Nobody earlier than told; and nobody moved at all.
        self.patient = self._search(self._not_before)
        self.still = self._search(
            lambda item: item if item.at is None else replace(item, fixed=item.at)
        )

    def _search(self, change: Any, shifts: Sequence[Shift] | None = None) -> Insertion:
        visits = [
            item if index == self.visit else change(item)
            for index, item in enumerate(self.problem.visits)
        ]
        problem = replace(self.problem, visits=visits, shifts=list(shifts or self.problem.shifts))
        return Insertion(Scheduler(problem, self.trips), self.able)

    @staticmethod
    def _not_before(item: Visit) -> Visit:
        if item.at is None or item.fixed is not None:
            return item
        windows = [(max(a, item.at), b) for a, b in item.windows or (ALWAYS,) if b >= item.at]
        return replace(item, windows=tuple(windows)) if windows else item

    def _loosen(self) -> None:
        """Let what the plan breaks already be as late as it is."""
        visits = self.problem.visits
        for shift, order in self.current.items():
            day = self.problem.shifts[shift]
            while order:
                tour = Scheduler(self.problem, self.trips).tour(day, order)
                broken = [stop for stop in tour.stops if stop.late]
                if not broken:
                    break
                for stop in broken:
                    item = visits[stop.visit]
                    if item.fixed is None and not item.windows:
                        # Late for the day itself: no promise can be loosened.
                        return self._give_up(order)
                    late = (item.fixed or item.windows[0][0], max(stop.start, item.at or 0))
                    visits[stop.visit] = replace(item, fixed=None, windows=(late,))
                    self.loosened.append(stop.visit)

    def _give_up(self, order: list[int]) -> None:
        """A tour that can't be driven in its hours takes nothing more."""
        self.loosened += [visit for visit in order if visit not in self.loosened]

    # -- offers ---------------------------------------------------------------------------------

    def inserted(self) -> list[dict[str, Any]]:
        """Nobody changes technician or order: the cheapest place with each technician."""
        found = []
        for shift in self.able:
            best = None
            for search in (self.still, self.patient):
                place = search.best_place(shift, self.current[shift], self.visit)
                # Moving others must be worth five minutes of driving.
                if place and (best is None or place[0] < best[0] - 300):
                    best = (*place, search)
            if best:
                order = self._with(shift, best[1])
                found.append(self._offer("insert", best[2].scheduler, {shift: order}))
        return _sorted(found)

    def extended(self) -> list[dict[str, Any]]:
        """The same with some time after hours, where hours alone are what is missing."""
        if not self.overtime:
            return []
        shifts = [_longer(shift, self.overtime) for shift in self.problem.shifts]
        search = self._search(self._not_before, shifts)
        found = []
        for shift in self.able:
            known = self.patient.best_place(shift, self.current[shift], self.visit)
            place = None if known else search.best_place(shift, self.current[shift], self.visit)
            if place:
                order = self._with(shift, place[1])
                found.append(self._offer("overtime", search.scheduler, {shift: order}))
        return sorted(found, key=lambda offer: (offer["overtime"], offer["added"]))

    def late(self) -> list[dict[str, Any]]:
        """Places that break promises of others, fewest and least first; its own is kept."""
        found = []
        for shift in self.able:
            day = self.problem.shifts[shift]
            best = None
            for position in range(len(self.current[shift]) + 1):
                order = self._with(shift, position)
                tour = self.patient.scheduler.tour(day, order)
                broken = [stop for stop in tour.stops if stop.late]
                own = any(stop.visit == self.visit for stop in broken)
                inside = all(stop.end <= day.intervals[-1][1] for stop in tour.stops)
                # What is late must be promises alone: neither hours nor lunch.
                if own or not inside or tour.late != sum(stop.late for stop in broken):
                    continue
                rank = (len(broken), tour.late, tour.travel)
                if best is None or rank < best[0]:
                    best = (rank, order)
            if best:
                found.append((best[0], shift, best[1]))
        return [
            self._offer("late", self.patient.scheduler, {shift: order})
            for _rank, shift, order in sorted(found)[:LATE_OFFERS]
        ]

    def reordered(self) -> list[dict[str, Any]]:
        """One technician's remaining visits in a new order, where that drives less."""
        found = []
        plain = {offer["shift"]: offer["added"] for offer in self.inserted()}
        for shift in self.able:
            visits = [*self.current[shift], self.visit]
            if any(self.problem.visits[index].point is None for index in visits):
                continue
            routes, left = vroom_backend.solve_vroom(
                self.problem, self._matrix([shift], visits), [shift], visits, 1, None
            )
            if left or not self.scheduler.feasible(self.problem.shifts[shift], routes[shift]):
                continue
            offer = self._offer("reorder", self.scheduler, {shift: routes[shift]})
            if offer["added"] <= plain.get(shift, offer["added"] + WORTH) - WORTH:
                found.append(offer)
        return _sorted(found)

    def cheapest(self) -> list[dict[str, Any]]:
        """All the tours of the visit's first possible day solved again, from where they are."""
        days = sorted({self.problem.shifts[shift].day for shift in self.able})
        if not days:
            return []
        plan = {
            shift: order
            for shift, order in self.current.items()
            if self.problem.shifts[shift].day == days[0] and self.problem.shifts[shift].intervals
        }
        lost = [
            shift
            for shift, order in plan.items()
            if any(self.problem.visits[index].point is None for index in order)
        ]
        plan = {shift: order for shift, order in plan.items() if shift not in lost}
        travel = self._matrix(plan, [*self.home, self.visit])
        plan = vroom_backend.accepted_starts(self.problem, travel, plan)
        level = 1 if sum(len(order) for order in plan.values()) < BIG else 0
        routes, left = vroom_backend.solve_warm(self.problem, travel, plan, [self.visit], level)
        changes = {shift: order for shift, order in routes.items() if order != plan[shift]}
        if left or not all(
            self.scheduler.feasible(self.problem.shifts[shift], order)
            for shift, order in changes.items()
        ):
            return self.exchanged()
        return [self._offer("exchange", self.scheduler, changes)]

    def exchanged(self) -> list[dict[str, Any]]:
        """One other visit changes technician to make room; the cheapest such change."""
        best: tuple[int, Routes] | None = None
        everyone = Insertion(self.scheduler, range(len(self.problem.shifts)))
        for shift in self.able:
            for other in self.current[shift]:
                item = self.problem.visits[other]
                if item.fixed is not None or item.shift is not None:
                    continue
                rest = [index for index in self.current[shift] if index != other]
                place = everyone.best_place(shift, rest, self.visit)
                if place is None:
                    continue
                base = everyone.length(shift, rest) + place[0]
                base -= everyone.length(shift, self.current[shift])
                if best is not None and base >= best[0]:
                    continue
                theirs = self._home_for(everyone, shift, other)
                if theirs and (best is None or base + theirs[0] < best[0]):
                    mine = [*rest[: place[1]], self.visit, *rest[place[1] :]]
                    best = base + theirs[0], {shift: mine, theirs[1]: theirs[2]}
        return [self._offer("exchange", self.scheduler, best[1])] if best else []

    def _home_for(
        self, search: Insertion, shift: int, visit: int
    ) -> tuple[int, int, list[int]] | None:
        best: tuple[int, int, list[int]] | None = None
        for home in search.shifts:
            mine = allowed(self.problem.shifts[home], self.problem.visits[visit])
            if home == shift or not mine:
                continue
            place = search.best_place(home, self.current[home], visit)
            if place is not None and (best is None or place[0] < best[0]):
                order = self.current[home]
                best = place[0], home, [*order[: place[1]], visit, *order[place[1] :]]
        return best

    # -- one offer ------------------------------------------------------------------------------

    def _with(self, shift: int, position: int) -> list[int]:
        order = self.current[shift]
        return [*order[:position], self.visit, *order[position:]]

    def _matrix(self, shifts: Iterable[int], visits: Iterable[int]) -> Any:
        problem = self.problem
        points = [p for s in shifts for p in (problem.shifts[s].start, problem.shifts[s].end)]
        points += [problem.visits[index].point for index in visits]
        return matrix_of(problem, points)

    def _offer(self, kind: str, scheduler: Scheduler, changes: Routes) -> dict[str, Any]:
        problem = self.problem
        tours = {
            shift: scheduler.neat(scheduler.problem.shifts[shift], order)
            for shift, order in changes.items()
        }
        before = {
            shift: self.scheduler.tour(problem.shifts[shift], self.current[shift])
            for shift in changes
            if self.current[shift]
        }
        moved, mine, place = [], None, 0
        for shift, tour in tours.items():
            for stop in tour.stops:
                if stop.visit == self.visit:
                    mine, place = stop, shift
                    continue
                item, home = problem.visits[stop.visit], self.home[stop.visit]
                if home != shift or (item.at is not None and stop.start != item.at):
                    moved.append(
                        {
                            "visit": item.id,
                            "shift": problem.shifts[shift].id,
                            "start": stop.start,
                            "former_shift": problem.shifts[home].id,
                            "former_start": item.at,
                        }
                    )
        assert mine is not None
        shift = problem.shifts[place]
        by_shift = {
            problem.shifts[index].id: {
                "added": (tour.travel if tour.stops else 0)
                - (before[index].travel if index in before else 0),
                "overtime": max(0, tour.back - problem.shifts[index].intervals[-1][1])
                if tour.stops
                else 0,
            }
            for index, tour in tours.items()
        }
        return {
            "kind": kind,
            "shift": shift.id,
            "technician": shift.technician,
            "day": shift.day,
            "start": mine.start,
            "end": mine.end,
            "travel": mine.travel,
            "added": sum(item["added"] for item in by_shift.values()),
            "metres": sum(tour.metres for tour in tours.values() if tour.stops)
            - sum(tour.metres for tour in before.values()),
            "overtime": sum(item["overtime"] for item in by_shift.values()),
            "by_shift": by_shift,
            "moved": moved,
            "changed": [item["visit"] for item in moved if item["shift"] != item["former_shift"]],
            "broken": [
                {"visit": problem.visits[stop.visit].id, "late": stop.late}
                for tour in tours.values()
                for stop in tour.stops
                if stop.late
            ],
            "routes": [_route(problem, index, tour) for index, tour in tours.items()],
        }

    def judged(self, data: Mapping[str, Any], offer: dict[str, Any]) -> bool:
        """Whether the independent evaluator finds nothing but what the offer itself says.

        The routes, which only the judge needs, are taken out of the offer.
        """
        visits = [dict(item) for item in data["visits"]]
        for index in self.loosened:
            item = self.problem.visits[index]
            visits[index].update(fixed=item.fixed, windows=[list(w) for w in item.windows])
        verdict = evaluate({**data, "visits": visits}, {"routes": offer.pop("routes")})
        said = {item["visit"] for item in offer["broken"]}
        return all(
            item["code"] == "lost"
            or (item["code"] == "late" and item.get("visit") in said)
            or (item["code"] in ("overtime", "outside_hours") and offer["overtime"])
            for item in verdict["violations"]
        )

    def refused(self, offered: set[str]) -> list[dict[str, Any]]:
        """Technicians without an offer, each with a reason."""
        wanted = self.problem.visits[self.visit]
        found = []
        for shift in self.problem.shifts:
            if shift.id in offered:
                continue
            if not shift.intervals and not shift.absences:
                reason: Reason = {"code": "no_time_left", "technician": shift.name}
            else:
                mine = replace(wanted, shift=shift.id)
                visits = list(self.problem.visits)
                visits[self.visit] = mine
                scheduler = Scheduler(replace(self.problem, visits=visits), self.trips)
                reason = Explainer(scheduler, self.current).explain(self.visit)
            found.append(
                {
                    "technician": shift.technician,
                    "shift": shift.id,
                    "reason": reason,
                    "text": sentence(reason),
                }
            )
        return found


def _worth_it(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without offers in which customers change technician for nothing."""
    kept = [offer for offer in found if offer["kind"] in ("insert", "reorder")]
    if not kept:
        return found
    best = min(offer["added"] for offer in kept)
    return [
        offer for offer in found if offer["kind"] != "exchange" or offer["added"] <= best - WORTH
    ]


def _longer(shift: Shift, seconds: int) -> Shift:
    if not shift.intervals:
        return shift
    first, last = shift.intervals[-1]
    return replace(shift, intervals=(*shift.intervals[:-1], (first, last + seconds)))


def _sorted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda offer: (offer["added"], offer["start"], offer["shift"]))


def _route(problem: Problem, index: int, tour: Tour) -> dict[str, Any]:
    """What the evaluator wants to know of a tour."""
    return {
        "shift": problem.shifts[index].id,
        "stops": [
            {
                "visit": problem.visits[stop.visit].id,
                "travel": stop.travel,
                "metres": stop.metres,
                "start": stop.start,
            }
            for stop in tour.stops
        ],
        "departure": tour.departure,
        "back": tour.back,
        "back_travel": tour.back_travel if tour.stops else 0,
        "back_metres": tour.back_metres if tour.stops else 0,
        "lunch": list(tour.lunch) if tour.lunch else None,
    }
