"""Why a visit is not where the plan had it: one reason for each move, with its figures.

The figures are detours: what a tour drives more with the visit in it than without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .reasons import Reason
from .schedule import Scheduler, Tour


def explain_moves(
    scheduler: Scheduler, routes: Mapping[int, Sequence[int]], tours: Mapping[int, Tour]
) -> dict[str, Reason]:
    """Return ``{visit id: reason}`` of the visits that are new in the tours or placed elsewhere."""
    return _Moves(scheduler, routes, tours).all()


class _Moves:
    def __init__(
        self,
        scheduler: Scheduler,
        routes: Mapping[int, Sequence[int]],
        tours: Mapping[int, Tour],
    ) -> None:
        self.scheduler, self.problem = scheduler, scheduler.problem
        self.routes, self.tours = routes, tours
        number = {visit.id: index for index, visit in enumerate(self.problem.visits)}
        place = {shift.id: index for index, shift in enumerate(self.problem.shifts)}
        self.former = {
            place[shift]: [number[name] for name in order]
            for shift, order in self.problem.plan.items()
        }
        self.home = {visit: shift for shift, order in self.former.items() for visit in order}

    def all(self) -> dict[str, Reason]:
        found = {}
        for shift, order in self.routes.items():
            saved = self._length(shift, self._kept(shift)) - self._length(shift, order)
            for position, visit in enumerate(order):
                reason = self._one(shift, order, position, saved)
                if reason:
                    found[self.problem.visits[visit].id] = reason
        return found

    def _kept(self, shift: int) -> list[int]:
        """The former order of the visits that the tour still has, with the new ones at its end."""
        order = self.routes[shift]
        former = [visit for visit in self.former.get(shift, ()) if visit in order]
        return former if len(former) == len(order) else list(order)

    def _one(self, shift: int, order: Sequence[int], position: int, saved: int) -> Reason | None:
        visit = order[position]
        wanted = self.problem.visits[visit]
        if wanted.leader is not None:
            return None
        technician = self.problem.shifts[shift].name
        detour = _minutes(self._detour(shift, order, position))
        former = self.home.get(visit)
        # A visit with a former order but no former start was a wish of the day, not a plan.
        if former is None or (former == shift and wanted.at is None):
            if position:
                before = self.problem.visits[order[position - 1]].name
                return {
                    "code": "placed_after", "technician": technician, "other": before,
                    "minutes": detour,
                }  # fmt: skip
            return {"code": "placed_first", "technician": technician, "minutes": detour}
        if former != shift:
            return self._other_tour(visit, former, shift, detour)
        return self._same_tour(shift, order, position, saved)

    def _other_tour(self, visit: int, former: int, shift: int, detour: int) -> Reason:
        old, new = self.problem.shifts[former], self.problem.shifts[shift]
        order = self.former[former]
        there = _minutes(self._detour(former, order, order.index(visit)))
        code = "moved_technician" if old.technician != new.technician else "moved_day"
        values: Reason = {"code": code, "former": old.name, "technician": new.name,
                          "day_before": old.day, "day_after": new.day,
                          "minutes_before": there, "minutes": detour}  # fmt: skip
        if detour > there:
            values["code"] += "_dearer"
        return values

    def _same_tour(
        self, shift: int, order: Sequence[int], position: int, saved: int
    ) -> Reason | None:
        visit = order[position]
        stop = self.tours[shift].stops[position]
        at = self.problem.visits[visit].at
        if at is None or stop.start == at:
            return None
        former = [index for index in self.former[shift] if index in order]
        now = [index for index in order if index in former]
        minutes = abs(stop.start - at) // 60
        if not minutes:
            return None
        arrived = [index for index in order if self.home.get(index) != shift]
        if former != now and saved >= 60:
            return {"code": "moved_order", "minutes": _minutes(saved)}
        if arrived:
            return {"code": "moved_room", "other": self.problem.visits[arrived[0]].name}
        gone = [index for index in self.former[shift] if index not in order]
        if gone:
            return {"code": "moved_gap", "other": self.problem.visits[gone[0]].name}
        return {
            "code": "moved_earlier" if stop.start < at else "moved_later", "minutes": minutes
        }  # fmt: skip

    # -- driving --------------------------------------------------------------------------------

    def _length(self, shift: int, order: Sequence[int]) -> int:
        between, day = self.scheduler.travel.between, self.problem.shifts[shift]
        place, total = day.start, 0
        for index in order:
            point = self.problem.visits[index].point
            total += between(place, point)[0]
            place = point or place
        return total + between(place, day.end)[0]

    def _detour(self, shift: int, order: Sequence[int], position: int) -> int:
        rest = [visit for number, visit in enumerate(order) if number != position]
        return self._length(shift, order) - (self._length(shift, rest) if rest else 0)


def _minutes(seconds: int) -> int:
    return max(0, round(seconds / 60))
