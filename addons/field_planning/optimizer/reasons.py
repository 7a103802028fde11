"""Why a visit can't be made, in a sentence a planner can act on.

A reason is ``{"code", ...parameters}``. Parameters ending in ``_at`` are times in seconds from the
origin, ``minutes`` are whole minutes, the rest are texts: the caller translates :data:`SENTENCES`
and fills them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .insertion import Insertion
from .problem import Problem, Shift, Visit
from .schedule import Scheduler

Reason = dict[str, Any]

CLASHES = ("clash", "clash_lunch")

SENTENCES: dict[str, str] = {
    "no_position": "The site has no coordinates: locate its address.",
    "nobody_works": "No technician works that day.",
    "day_off": "{technician} does not work that day.",
    "on_leave": "{technician} is absent that day: {absence}.",
    "skill": "{technician} lacks the skill {skills} on that day.",
    "nobody_skilled": "No technician working that day has the skill {skills}.",
    "nobody_in_zone": "No technician of the zone works that day.",
    "too_long": "{minutes} min do not fit into {technician}'s hours that day.",
    "absence": "Promised {earliest_at}–{latest_at}, but {technician} is absent then: {absence}.",
    "outside_hours": "Promised {earliest_at}–{latest_at}, outside {technician}'s hours "
    "{open_at}–{close_at}.",
    "too_far": "Promised {earliest_at}–{latest_at}: leaving at {open_at}, {technician} is there at "
    "{arrival_at} at the earliest.",
    "too_far_back": "Promised {earliest_at}–{latest_at}: {technician} would be back at {back_at}, "
    "after hours ({close_at}).",
    "far": "Too far: {technician} would be back at {back_at}, after hours ({close_at}).",
    "lunch": "Promised {earliest_at}–{latest_at}: no time left for lunch before {lunch_at}.",
    "clash": "Promised {earliest_at}–{latest_at} clashes with {other}, promised "
    "{other_earliest_at}–{other_latest_at}.",
    "clash_lunch": "Promised {earliest_at}–{latest_at}: beside {other}, promised "
    "{other_earliest_at}–{other_latest_at}, no time is left for lunch.",
    "clash_kept": "Promised {earliest_at}–{latest_at} clashes with {other}, which was set aside.",
    "full_late": "The day is full: at best {other} would start {minutes} min late.",
    "full_self": "The day is full: at best it would start {minutes} min late.",
    "full_hours": "The day is full: at best it would end {minutes} min after hours.",
    "full_lunch": "The day is full: at best there would be no time for lunch.",
    "all_full": "No technician who may do it has time left for it that day.",
    "leader_unplanned": "The visit of the person to help ({other}) could not be planned.",
    "with_leader": "Not free when {other} needs help, at {start_at}.",
    "no_time_left": "{technician} has no working time left before the deadline.",
    # Why a visit is not where it was.
    "placed_first": "First visit of {technician}'s day: {minutes} min of detour.",
    "placed_after": "With {technician} after {other}: {minutes} min of detour.",
    "moved_technician": "From {former} to {technician}: {minutes_before} min of detour there, "
    "{minutes} min here.",
    "moved_technician_dearer": "From {former} to {technician}: {minutes} min of detour instead of "
    "{minutes_before}, so that all of the plan is better.",
    "moved_day": "Same technician, other day: {minutes_before} min of detour then, {minutes} min "
    "now.",
    "moved_day_dearer": "Same technician, other day: {minutes} min of detour instead of "
    "{minutes_before}, so that all of the plan is better.",
    "moved_order": "Other order: the day drives {minutes} min less.",
    "moved_room": "Makes room for {other}.",
    "moved_gap": "Closes the gap that {other} leaves.",
    "moved_earlier": "Same order, {minutes} min earlier: less waiting.",
    "moved_later": "Same order, {minutes} min later, within what was promised.",
    "fits_now": "There is room for it now: plan it, or optimise the day again.",
    # What the evaluator finds in a tour made by hand.
    "broken_late": "Would start at {start_at}, promised {earliest_at}–{latest_at}.",
    "broken_before_promise": "Would start at {start_at}, promised {earliest_at}–{latest_at}.",
    "broken_fixed_moved": "Would start at {start_at}, but is fixed at {promised_at}.",
    "broken_outside_hours": "{start_at}–{end_at} is outside {technician}'s hours.",
    "broken_overtime": "{technician} would be back at {back_at}, after hours ({close_at}).",
    "broken_early": "{technician} would have to leave at {start_at}, before hours.",
    "broken_skill": "{technician} lacks the skill {skills} on that day.",
    "broken_lock": "Belongs to another technician or day.",
    "broken_zone": "Outside {technician}'s zones.",
    "broken_no_position": "The site has no coordinates: travel to it is not counted.",
    "broken_no_lunch": "No lunch between {earliest_at} and {latest_at}.",
    "broken_lunch_short": "Only {minutes} min for lunch.",
    "broken_lunch_time": "Lunch at {lunch_at} instead of {earliest_at}–{latest_at}.",
    "broken_lunch_overlap": "Lunch at {lunch_at} falls into the visit.",
    "broken_crew_apart": "Does not start when the person to help does.",
    "broken_no_time_to_drive": "{minutes} min are missing to drive there.",
    "broken_travel_wrong": "The travel time does not match the distance.",
    "broken_served_twice": "The visit is planned twice.",
    "broken_unknown_visit": "The visit is not known.",
    "broken_unknown_shift": "The day is not known.",
    "broken_served_and_not": "The visit is both planned and left out.",
}


def sentence(reason: Mapping[str, Any]) -> str:
    """The reason in English, times as hours and minutes of the day of the origin."""
    values = {
        key: f"{value // 3600 % 24:02d}:{value % 3600 // 60:02d}" if key.endswith("_at") else value
        for key, value in reason.items()
    }
    return SENTENCES[reason["code"]].format(**values)


class Explainer:
    """Finds the reason for which a visit has no place in the given tours."""

    def __init__(self, scheduler: Scheduler, routes: Mapping[int, Sequence[int]]) -> None:
        self.scheduler = scheduler
        self.problem: Problem = scheduler.problem
        self.routes = routes

    # -- entry ----------------------------------------------------------------------------------

    def explain(self, visit: int) -> Reason:
        """Why ``visit`` is in no tour: one reason, the most telling one."""
        wanted = self.problem.visits[visit]
        if wanted.point is None:
            return {"code": "no_position"}
        places = [
            index
            for index, shift in enumerate(self.problem.shifts)
            if wanted.shift in (None, shift.id)
            and wanted.technician in (None, shift.technician)
            and wanted.day in (None, shift.day)
        ]
        if len(places) == 1:
            return self._in_shift(places[0], visit)
        return self._anywhere(places, visit)

    def _anywhere(self, places: Sequence[int], visit: int) -> Reason:
        wanted = self.problem.visits[visit]
        shifts = self.problem.shifts
        working = [index for index in places if shifts[index].intervals]
        if not working:
            return {"code": "nobody_works"}
        able = [index for index in working if wanted.skills <= shifts[index].skills]
        if not able:
            return {"code": "nobody_skilled", "skills": self._skill_names(wanted.skills)}
        near = [
            index
            for index in able
            if wanted.zone is None or not shifts[index].zones or wanted.zone in shifts[index].zones
        ]
        if not near:
            return {"code": "nobody_in_zone"}
        if len(near) == 1:
            return self._in_shift(near[0], visit)
        return {"code": "all_full"}

    def _skill_names(self, skills: frozenset[str]) -> str:
        names = self.problem.skill_names
        return ", ".join(sorted(names.get(skill, skill) for skill in skills))

    # -- one technician's day -------------------------------------------------------------------

    def _in_shift(self, index: int, visit: int) -> Reason:
        shift, wanted = self.problem.shifts[index], self.problem.visits[visit]
        who = {"technician": shift.name}
        if not shift.intervals:
            if shift.absences:
                names = ", ".join(dict.fromkeys(name for _a, _b, name in shift.absences))
                return {"code": "on_leave", **who, "absence": names}
            return {"code": "day_off", **who}
        missing = wanted.skills - shift.skills
        if missing:
            return {"code": "skill", **who, "skills": self._skill_names(missing)}
        return self._alone(index, visit) or self._beside(index, visit)

    @staticmethod
    def _promise(visit: Visit) -> dict[str, int]:
        windows = visit.windows
        if visit.fixed is not None and not windows:
            windows = ((visit.fixed, visit.fixed),)
        if not windows:
            return {}
        return {"earliest_at": windows[0][0], "latest_at": windows[-1][1]}

    def _alone(self, index: int, visit: int) -> Reason | None:
        """Reason that holds even with nothing else in the day."""
        shift, wanted = self.problem.shifts[index], self.problem.visits[visit]
        scheduler, who = self.scheduler, {"technician": shift.name}
        promise, hours = self._promise(wanted), shift.intervals
        opening = {"open_at": hours[0][0], "close_at": hours[-1][1]}
        if max(end - start for start, end in hours) < wanted.service:
            return {"code": "too_long", **who, "minutes": math.ceil(wanted.service / 60)}
        if scheduler.feasible(shift, [visit]):
            return None
        if promise and scheduler.start_of(shift, wanted, 0) is None:
            return self._closed(shift, wanted, promise, opening)
        there = scheduler.travel.between(shift.start, wanted.point)[0]
        arrival = scheduler.drive(hours, hours[0][0], there)
        start = scheduler.start_of(shift, wanted, arrival)
        if start is None:
            if not promise:
                return {
                    "code": "far",
                    **who,
                    **opening,
                    "back_at": arrival + wanted.service + there,
                }
            return {"code": "too_far", **who, **promise, **opening, "arrival_at": arrival}
        home = scheduler.travel.between(wanted.point, shift.end)[0]
        back = scheduler.drive(hours, start + wanted.service, home)
        if back > hours[-1][1]:
            code = "too_far_back" if promise else "far"
            return {"code": code, **who, **promise, **opening, "back_at": back}
        return self._no_lunch(shift, promise)

    @staticmethod
    def _no_lunch(shift: Shift, promise: dict[str, int]) -> Reason:
        if not promise or shift.lunch is None:
            return {"code": "full_lunch"}
        return {"code": "lunch", **promise, "lunch_at": shift.lunch.latest}

    @staticmethod
    def _closed(
        shift: Shift, wanted: Visit, promise: dict[str, int], opening: dict[str, int]
    ) -> Reason:
        """The promise itself lies outside the working time."""
        end = promise["latest_at"] + wanted.service
        for first, last, name in shift.absences:
            if first < end and last > promise["earliest_at"]:
                return {"code": "absence", "technician": shift.name, **promise, "absence": name}
        return {"code": "outside_hours", "technician": shift.name, **promise, **opening}

    def clashes(self, index: int, visit: int) -> list[int]:
        """Visits of the shift's tour that can't be made together with ``visit``, even alone."""
        shift = self.problem.shifts[index]
        return [
            other
            for other in self.routes.get(index, ())
            if not self.scheduler.feasible(shift, [visit, other])
            and not self.scheduler.feasible(shift, [other, visit])
        ]

    def _beside(self, index: int, visit: int) -> Reason:
        """Reason that comes from the rest of the day."""
        wanted = self.problem.visits[visit]
        promise = self._promise(wanted)
        for other in self.clashes(index, visit):
            theirs = self._promise(self.problem.visits[other])
            if promise and theirs:
                return {
                    "code": "clash_lunch" if self._only_lunch(index, visit, other) else "clash",
                    **promise,
                    "other": self.problem.visits[other].name,
                    "other_earliest_at": theirs["earliest_at"],
                    "other_latest_at": theirs["latest_at"],
                }
        return self._least_harm(index, visit)

    def _only_lunch(self, index: int, visit: int, other: int) -> bool:
        """Whether the two would go together without lunch."""
        shift = replace(self.problem.shifts[index], lunch=None)
        pairs = ([visit, other], [other, visit])
        return any(self.scheduler.feasible(shift, pair) for pair in pairs)

    def _least_harm(self, index: int, visit: int) -> Reason:
        """What would break at the best place in the tour."""
        shift, order = self.problem.shifts[index], list(self.routes.get(index, ()))
        tours = [
            self.scheduler.tour(shift, [*order[:position], visit, *order[position:]])
            for position in range(len(order) + 1)
        ]
        best = min(tours, key=lambda tour: (tour.late, tour.travel))
        late = [stop for stop in best.stops if stop.late]
        if not late:
            over = best.back - shift.intervals[-1][1]
            if over > 0:
                return {"code": "full_hours", "minutes": math.ceil(over / 60)}
            return {"code": "full_lunch"}
        worst = max(late, key=lambda stop: (stop.visit == visit, stop.late))
        minutes = math.ceil(worst.late / 60)
        if worst.end > shift.intervals[-1][1] and not self.problem.visits[worst.visit].windows:
            return {"code": "full_hours", "minutes": minutes}
        if worst.visit == visit:
            return {"code": "full_self", "minutes": minutes}
        name = self.problem.visits[worst.visit].name
        return {"code": "full_late", "other": name, "minutes": minutes}


def offer(search: Insertion, routes: Mapping[int, list[int]], visit: int) -> list[dict[str, Any]]:
    """Places for one more visit in tours where nobody moves, cheapest first.

    :return: ``[{"shift": index, "position", "added" seconds, "start"}]``
    """
    offers = []
    for shift in search.shifts:
        order = list(routes.get(shift, ()))
        place = search.best_place(shift, order, visit)
        if place is None:
            continue
        added, position = place
        tour = search.scheduler.tour(
            search.problem.shifts[shift], [*order[:position], visit, *order[position:]]
        )
        start = tour.stops[position].start
        offers.append({"shift": shift, "position": position, "added": added, "start": start})
    return sorted(offers, key=lambda item: (item["added"], item["start"], item["shift"]))
