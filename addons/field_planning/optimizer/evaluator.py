"""Independent judge of a result: shares no code with the solvers.

It reads the raw problem and the raw routes, measures distances by a formula of its own
(Andoyer-Lambert on the ellipsoid) and says what is broken, by name. Nothing is written to the
database while it complains.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any

FLATTENING = 1 / 298.257223563
SEMI_MAJOR = 6378137.0
# The solvers' flat formula and this one differ by up to 0.25 % over a whole country.
DISTANCE_TOLERANCE = 0.003
SECONDS_TOLERANCE = 2
BANDS = ((10_000.0, 0.7), (50_000.0, 1.0), (float("inf"), 1.4))

Violation = dict[str, Any]


def evaluate(
    problem: Mapping[str, Any], result: Mapping[str, Any], hand_made: bool = False
) -> dict[str, Any]:
    """Judge ``result["routes"]`` against ``problem``.

    :param problem: the dictionary given to the solver
    :param result: what the solver returned
    :param hand_made: judge a plan in place: visits must start ``at`` the time planned so far
    :return: ``{"violations": [{"code", "shift", "visit"?, ...}], "served", "points", "travel",
        "metres"}``: seconds and metres summed over the routes, points = sum of priorities
    """
    visits = {str(visit["id"]): visit for visit in problem.get("visits") or []}
    shifts = {str(shift["id"]): shift for shift in problem.get("shifts") or []}
    problem = {**problem, "known": [_known(block) for block in problem.get("travel") or []]}
    violations: list[Violation] = []
    served: list[str] = []
    travel = metres = 0
    for route in result.get("routes") or []:
        shift = shifts.get(str(route["shift"]))
        if shift is None:
            violations.append({"code": "unknown_shift", "shift": str(route["shift"])})
            continue
        served += [str(stop["visit"]) for stop in route["stops"]]
        travel += sum(stop["travel"] for stop in route["stops"]) + route["back_travel"]
        metres += sum(stop["metres"] for stop in route["stops"]) + route["back_metres"]
        violations += _judge_route(problem, shift, visits, route, hand_made)
    violations += _judge_counts(visits, served, result)
    violations += _judge_crews(visits, result)
    return {
        "violations": violations,
        "served": len(set(served)),
        "points": sum(visits[v].get("priority", 0) for v in set(served) if v in visits),
        "travel": travel,
        "metres": metres,
    }


def _judge_counts(
    visits: Mapping[str, Any], served: list[str], result: Mapping[str, Any]
) -> list[Violation]:
    """Each visit once: in one route or among the unserved, none lost, none invented."""
    violations = []
    for visit in sorted(set(served)):
        if visit not in visits:
            violations.append({"code": "unknown_visit", "visit": visit})
        elif served.count(visit) > 1:
            violations.append({"code": "served_twice", "visit": visit})
    aside = {str(item["visit"]) for item in result.get("unserved") or []}
    for visit in visits:
        if visit in aside and visit in served:
            violations.append({"code": "served_and_not", "visit": visit})
        elif visit not in aside and visit not in served:
            violations.append({"code": "lost", "visit": visit})
    return violations


def _judge_route(
    problem: Mapping[str, Any],
    shift: Mapping[str, Any],
    visits: Mapping[str, Any],
    route: Mapping[str, Any],
    hand_made: bool,
) -> list[Violation]:
    found: list[Violation] = []

    def add(code: str, visit: str | None = None, **values: Any) -> None:
        entry: Violation = {"code": code, "shift": str(shift["id"]), **values}
        if visit is not None:
            entry["visit"] = visit
        found.append(entry)

    work = sorted(
        interval for interval in shift.get("intervals") or [] if interval[1] > interval[0]
    )
    here, clock, lunch = shift.get("start"), route["departure"], route.get("lunch")
    for stop in route["stops"]:
        visit_id = str(stop["visit"])
        visit = visits.get(visit_id)
        if visit is None:
            continue
        _judge_rights(shift, visit, visit_id, bool(problem.get("soft_zones")), add)
        _judge_promise(visit, visit_id, stop["start"], hand_made, add)
        if not _inside(work, stop["start"], stop["start"] + visit["service"]):
            add("outside_hours", visit_id, start_at=stop["start"],
                end_at=stop["start"] + visit["service"])  # fmt: skip
        if lunch and lunch[0] < stop["start"] + visit["service"] and lunch[1] > stop["start"]:
            add("lunch_overlap", visit_id, lunch_at=lunch[0])
        _judge_leg(problem, work, lunch, here, visit.get("point"), clock, stop, visit_id, add)
        clock = stop["start"] + visit["service"]
        here = visit.get("point") or here
    if not route["stops"]:
        return found
    final = {"start": route["back"], "travel": route["back_travel"]}
    _judge_leg(problem, work, lunch, here, shift.get("end"), clock, final, None, add)
    close = work[-1][1] if work else 0
    if route["back"] > close:
        add("overtime", None, back_at=route["back"], close_at=close)
    if work and route["departure"] < work[0][0]:
        add("early", None, start_at=route["departure"])
    _judge_lunch(shift, route, work, add)
    return found


def _judge_rights(
    shift: Mapping[str, Any], visit: Mapping[str, Any], name: str, soft_zones: bool, add: Any
) -> None:
    own = {str(skill) for skill in shift.get("skills") or []}
    for skill in sorted({str(skill) for skill in visit.get("skills") or []} - own):
        add("skill", name, skill=skill)
    for key in ("technician", "day"):
        if visit.get(key) is not None and str(visit[key]) != str(shift.get(key)):
            add("lock", name, locked_to=str(visit[key]))
    if visit.get("shift") is not None:
        if str(visit["shift"]) != str(shift["id"]):
            add("lock", name, locked_to=str(visit["shift"]))
    elif visit.get("technician") is None and visit.get("zone") is not None:
        zones = {str(zone) for zone in shift.get("zones") or []}
        if zones and str(visit["zone"]) not in zones and not soft_zones:
            add("zone", name, zone=str(visit["zone"]))
    if visit.get("point") is None:
        add("no_position", name)


def _judge_promise(
    visit: Mapping[str, Any], name: str, start: int, hand_made: bool, add: Any
) -> None:
    # People read minutes: of a plan made by hand what is within the same one is no conflict.
    slack = 59 if hand_made else 0
    for kept in (visit.get("fixed"), visit.get("at") if hand_made else None):
        if kept is not None and abs(start - kept) > slack:
            add("fixed_moved", name, start_at=start, promised_at=kept)
            return
    windows = visit.get("windows") or []
    if windows and not any(first <= start <= last for first, last in windows):
        later = [last for _first, last in windows if last < start]
        add(
            "late" if later else "before_promise",
            name,
            start_at=start,
            earliest_at=min(first for first, _last in windows),
            latest_at=max(last for _first, last in windows),
        )


def _judge_leg(
    problem: Mapping[str, Any],
    work: list[Any],
    lunch: Any,
    here: Any,
    there: Any,
    left: int,
    stop: Mapping[str, Any],
    name: str | None,
    add: Any,
) -> None:
    """The clock between two stops holds the driving, and lunch where it falls inside."""
    needed = _drive_seconds(problem, here, there)
    slack = needed * DISTANCE_TOLERANCE + SECONDS_TOLERANCE
    if abs(stop["travel"] - needed) > slack:
        add("travel_wrong", name, declared=stop["travel"], measured=round(needed))
    free = _worked(work, left, stop["start"])
    if lunch:
        begin, end = max(left, lunch[0]), min(stop["start"], lunch[1])
        free -= _worked(work, begin, end) if end > begin else 0
    # Overtime is driven outside the hours; it is named once, as overtime.
    close = work[-1][1] if work else 0
    free += max(0, stop["start"] - max(close, left))
    if free < needed - slack:
        add("no_time_to_drive", name, minutes=math.ceil((needed - free) / 60))


def _judge_lunch(
    shift: Mapping[str, Any], route: Mapping[str, Any], work: list[Any], add: Any
) -> None:
    rule = shift.get("lunch")
    if not rule or not rule["seconds"] or not work:
        return
    first, last, seconds = rule["earliest"], rule["latest"], rule["seconds"]
    if route.get("lunch"):
        begin, end = route["lunch"]
        if end - begin < seconds:
            add("lunch_short", None, minutes=(end - begin) // 60)
        if not first <= begin <= last:
            add("lunch_time", None, lunch_at=begin, earliest_at=first, latest_at=last)
        return
    # No lunch noted: only right when the tour leaves it free anyway.
    free = route["back"] <= last or route["departure"] >= first + seconds or work[-1][1] <= last
    for (_a, gap_start), (gap_end, _b) in zip(work, work[1:], strict=False):
        free = free or min(gap_end, last + seconds) - max(gap_start, first) >= seconds
    if not free and work[0][0] < first + seconds:
        add("no_lunch", None, earliest_at=first, latest_at=last)


def _judge_crews(visits: Mapping[str, Any], result: Mapping[str, Any]) -> list[Violation]:
    """Helpers start when the one whom they help does."""
    starts = {
        str(stop["visit"]): stop["start"]
        for route in result.get("routes") or []
        for stop in route["stops"]
    }
    return [
        {"code": "crew_apart", "visit": name, "with": str(visits[name]["with"])}
        for name, start in starts.items()
        if name in visits
        and visits[name].get("with") is not None
        and starts.get(str(visits[name]["with"])) != start
    ]


def _inside(work: list[Any], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in work)


def _worked(work: list[Any], start: int, end: int) -> int:
    return sum(max(0, min(last, end) - max(first, start)) for first, last in work)


def _drive_seconds(problem: Mapping[str, Any], here: Any, there: Any) -> float:
    if here is None or there is None:
        return 0.0
    one, other = tuple(here), tuple(there)
    for places, seconds in problem["known"]:
        if one in places and other in places:
            return float(seconds[places[one] * len(places) + places[other]])
    metres = _geodesic(here, there) * problem.get("detour", 1.3)
    speed = problem.get("speed_kmh", 50.0) / 3.6
    if problem.get("profile", "constant") == "constant":
        return metres / speed
    seconds = below = 0.0
    for limit, share in BANDS:
        seconds += max(0.0, min(metres, limit) - below) / (speed * share)
        below = limit
    return seconds


def _known(block: Mapping[str, Any]) -> tuple[dict[Any, int], tuple[int, ...]]:
    """Places and seconds of a block of travel that the problem brings along."""
    places = {tuple(point): number for number, point in enumerate(block["points"])}
    data = zlib.decompress(base64.b64decode(block["seconds"]))
    return places, struct.unpack(f"<{len(places) ** 2}i", data)


def _geodesic(one: Any, other: Any) -> float:
    """Metres on the WGS84 ellipsoid (Andoyer-Lambert, error of a few metres)."""
    if tuple(one) == tuple(other):
        return 0.0
    b1 = math.atan((1 - FLATTENING) * math.tan(math.radians(one[0])))
    b2 = math.atan((1 - FLATTENING) * math.tan(math.radians(other[0])))
    turn = math.radians(other[1] - one[1])
    inner = math.sin((b2 - b1) / 2) ** 2 + math.cos(b1) * math.cos(b2) * math.sin(turn / 2) ** 2
    angle = 2 * math.asin(min(1.0, math.sqrt(inner)))
    if not 1e-12 < angle < math.pi - 1e-6:
        return SEMI_MAJOR * angle
    mean, half = (b1 + b2) / 2, (b2 - b1) / 2
    x = (angle - math.sin(angle)) * (math.sin(mean) * math.cos(half) / math.cos(angle / 2)) ** 2
    y = (angle + math.sin(angle)) * (math.cos(mean) * math.sin(half) / math.sin(angle / 2)) ** 2
    return SEMI_MAJOR * (angle - FLATTENING / 2 * (x + y))
