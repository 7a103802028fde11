"""The optimiser's figures: the four given days, made-up ones, urgent missions, the matrix.

Run by tools/bench.py in a process without Odoo. Each result is judged by the evaluator, which shares
no code with the solvers. Times are those of the whole process that a user waits for, its start
included; CPU seconds beside them say what it would take on a quiet machine.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "addons" / "field_planning"))

from bench import planner
from bench.days import HOUR, given_day, made_day
from bench.figure import Figure

HALF_PAST_TEN = 10 * HOUR + 1800
REQUESTS = 6
SEEDS = (1, 2, 3)
# Measured with PyVRP alone, 60 CPU seconds (routing notes of the design).
REFERENCE_M = 2350


@dataclass
class Solved:
    """A result, its judgement and its cost."""

    data: dict[str, Any]
    result: dict[str, Any]
    verdict: dict[str, Any]
    wall: float
    cpu: float

    @property
    def minutes(self) -> int:
        """Return the minutes driven."""
        return round(self.verdict["travel"] / 60)

    def said(self) -> str:
        """Return the result in words."""
        broken = len(self.verdict["violations"])
        # The product's answer when its process gets too little of the machine.
        slow = self.result["notice"] == "slow"
        return (
            f"{self.verdict['served']}/{len(self.data['visits'])} visits, "
            f"{self.verdict['points']} points, {self.minutes} min"
            + (f", {broken} rules broken" if broken else "")
            + (" (cut short: the machine was busy)" if slow else "")
        )

    def holds(self, served: int = 0, points: int = 0, minutes: float = 1e9) -> bool:
        """Say whether it keeps all rules and these bars."""
        return (
            not self.verdict["violations"]
            and self.verdict["served"] >= served
            and self.verdict["points"] >= points
            and self.minutes <= minutes
        )


def solved(data: dict[str, Any], **options: Any) -> Solved:
    """Solve a day as the product does: in a process of its own."""
    from optimizer import evaluate
    from optimizer.runner import run

    (result, wall, cpu) = _timed(lambda: run(data, **options))
    return Solved(data, result, evaluate(data, result), wall, cpu)


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what ``work`` returns, its wall time and the CPU time of this and its processes."""
    wall, cpu = time.monotonic(), _cpu()
    result = work()
    return result, time.monotonic() - wall, _cpu() - cpu


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def figures(full: bool) -> Iterator[Figure]:
    """Yield all figures; without ``full`` those that take a minute."""
    yield from _small_days()
    middle = given_day("M") or made_day(1, 300, 40)
    first = solved(middle)
    yield from _middle_day(middle, first, full)
    if full:
        yield from _long_days()
    yield from _made_days(full)
    yield from _urgent(first)
    yield from _matrix()


def _small_days() -> Iterator[Figure]:
    for name, bar, keeps, limit in (
        ("S", "60 visits, ≤ 670 min", {"served": 60, "minutes": 670}, 2.0),
        ("O", "≥ 211 points, no top priority left", {"points": 211}, 2.0),
    ):
        data = given_day(name)
        if data is None:
            yield _not_there(name)
            continue
        found = solved(data)
        good = found.holds(**keeps) and not (name == "O" and _top_left(found))
        yield Figure(f"day {name}", found.said(), bar, good, found.wall, limit, found.cpu)


def _top_left(found: Solved) -> set[str]:
    """Return the visits of the highest priority that were left out."""
    top = {visit["id"] for visit in found.data["visits"] if visit["priority"] == 3}
    return top & {item["visit"] for item in found.result["unserved"]}


def _not_there(name: str) -> Figure:
    return Figure(f"day {name}", "not measured: its file is not beside the checkout")


def _middle_day(data: dict[str, Any], first: Solved, full: bool) -> Iterator[Figure]:
    given = given_day("M") is not None
    label = "day M" if given else "made-up day of 300"
    bar = round(REFERENCE_M * 1.12) if given else 0
    good = first.holds(served=300, minutes=bar or 1e9)
    text = f"300 visits, ≤ {bar} min" if bar else ""
    yield Figure(label, first.said(), text, good, first.wall, 10.0, first.cpu)
    for rank, wanted in ((planner.careful, 0.7), (planner.thrifty, None)):
        visits, minutes = planner.plan(data, rank)
        saved = 1 - first.minutes / minutes
        good = wanted is None or (saved >= 0.3 and first.verdict["served"] >= visits)
        yield Figure(
            f"{label} against a {rank.__name__} planner, scripted",
            f"{saved:.1%} less travel ({minutes} min), {first.verdict['served'] - visits:+} visits",
            "≥ 30 %, no fewer visits" if wanted else "",
            good,
        )
    if full:
        found = solved(data, refine=30.0)
        bar = round(REFERENCE_M * 1.07)
        good = found.holds(first.verdict["served"], first.verdict["points"], first.minutes)
        good = good and (not given or found.minutes <= bar)
        text = f"≤ {bar} min, never worse than before" if given else "never worse than before"
        yield Figure(f"{label}, refined", found.said(), text, good, found.wall, 45.0, found.cpu)


def _long_days() -> Iterator[Figure]:
    data = given_day("O")
    if data is not None:
        found = solved(data, refine=30.0)
        good = found.holds(points=215) and not _top_left(found)
        text = "≥ 215 points"
        yield Figure("day O, refined", found.said(), text, good, found.wall, 45.0, found.cpu)
    data = given_day("L")
    if data is None:
        yield _not_there("L")
        return
    for label, seconds, minutes, limit in (
        ("day L", None, 6300, 15.0),
        ("day L, longer", 30.0, 6100, 40.0),
    ):
        found = solved(data, seconds=seconds)
        good = found.holds(served=1000, minutes=minutes)
        text = f"1000 visits, ≤ {minutes} min"
        yield Figure(label, found.said(), text, good, found.wall, limit, found.cpu)


def _made_days(full: bool) -> Iterator[Figure]:
    """Days with other seeds: the quality is not that of four days alone."""
    for visits, technicians in ((60, 8), (150, 12), (300, 40)) if full else ((60, 8), (150, 12)):
        for seed in SEEDS:
            data = made_day(seed, visits, technicians)
            found = solved(data)
            planned, minutes = planner.plan(data, planner.careful)
            each = minutes / planned
            saved = 1 - found.minutes / found.verdict["served"] / each
            good = found.holds(served=planned) and saved >= 0.2
            yield Figure(
                f"made-up day {visits}/{technicians}, seed {seed}",
                f"{found.said()}; {saved:.0%} less travel a visit than the careful planner, "
                f"{found.verdict['served'] - planned:+} visits",
                "no fewer visits, ≥ 20 % less",
                good,
                found.wall,
                10.0 if visits > 150 else None,
                found.cpu,
            )


# --- an urgent mission in the middle of the day -------------------------------------------------


def under_way(found: Solved, now: int = HALF_PAST_TEN) -> dict[str, Any]:
    """Return what is left of a day at ``now``: who is where and free when, and the plan from there.

    A visit that was started, and the one being driven to, can't change any more.
    """
    visits = {visit["id"]: visit for visit in found.data["visits"]}
    shifts = {shift["id"]: dict(shift) for shift in found.data["shifts"]}
    plan: dict[str, list[str]] = {shift: [] for shift in shifts}
    left = []
    for route in found.result["routes"]:
        shift = shifts[route["shift"]]
        free, place = now, shift["start"]
        for stop in route["stops"]:
            visit = visits[stop["visit"]]
            if stop["start"] - stop["travel"] <= now:
                free, place = max(now, stop["end"]), visit["point"]
            else:
                plan[route["shift"]].append(visit["id"])
                left.append({**visit, "at": stop["start"]})
        shift["start"], (_begin, end) = place, shift["intervals"][0]
        if route["lunch"] and route["lunch"][1] <= free:
            shift["lunch"] = None
        shift["intervals"] = [[min(free, end), end]]
    return {"shifts": list(shifts.values()), "visits": left, "plan": plan}


def _urgent(found: Solved) -> Iterator[Figure]:
    from optimizer import offers
    from optimizer.runner import find_offers

    rng, day = random.Random(7), under_way(found)
    first, everything, answered, lost = [], [], 0, 0
    for number in range(REQUESTS):
        start = HALF_PAST_TEN + 1800 * (number % 3)
        visit = {
            "id": "urgent",
            "point": [48.85 + rng.uniform(-0.2, 0.2), 2.35 + rng.uniform(-0.3, 0.3)],
            "service": 2700,
            "windows": [[start, start + 4 * HOUR]],
            "priority": 3,
        }
        asked = {**day, "visits": [*day["visits"], visit]}
        quick, _wall, cpu = _timed(lambda asked=asked: offers(asked, "urgent", quick=True))
        first.append(cpu)
        answer, wall, cpu = _timed(lambda asked=asked: find_offers(asked, "urgent", 60.0))
        everything.append((wall, cpu))
        answered += bool(quick["offers"] and answer["offers"])
        lost += sum(_broken(asked, offer) for offer in answer["offers"])
    yield Figure(
        f"urgent: first offer, the slowest of {REQUESTS}",
        f"{max(first):.3f} s of CPU; {answered} of {REQUESTS} have offers",
        "< 0.1 s",
        max(first) < 0.1 and answered == REQUESTS,
        cpu=max(first),
    )
    yield Figure(
        f"urgent: all offers, the slowest of {REQUESTS}",
        f"{lost} promises broken or visits lost in offers that keep promises",
        "0",
        not lost,
        max(wall for wall, _cpu in everything),
        2.0,
        max(cpu for _wall, cpu in everything),
    )


def _broken(data: dict[str, Any], offer: dict[str, Any]) -> int:
    """Return how many visits an offer moves out of their promise without saying so."""
    visits = {visit["id"]: visit for visit in data["visits"]}
    said = {item["visit"] for item in offer["broken"]}
    starts = {item["visit"]: item["start"] for item in offer["moved"]}
    starts["urgent"] = offer["start"]
    return sum(
        not any(first <= start <= last for first, last in visits[visit]["windows"])
        for visit, start in starts.items()
        if visit not in said
    )


# --- the matrix ---------------------------------------------------------------------------------


def _matrix() -> Iterator[Figure]:
    import numpy
    import pyproj
    from optimizer.travel import matrix

    rng = random.Random(3)
    points = [(48.85 + rng.gauss(0, 0.2), 2.35 + rng.gauss(0, 0.3)) for _point in range(1000)]
    found, _wall, cpu = min(
        (_timed(lambda: matrix(points, detour=1.0)) for _attempt in range(3)), key=lambda t: t[2]
    )
    yield Figure("matrix of 1,000 × 1,000", f"{cpu:.3f} s of CPU", "< 0.2 s", cpu < 0.2, cpu=cpu)
    latitudes, longitudes = numpy.array(points).T
    size = len(points)
    truth = (
        pyproj.Geod(ellps="WGS84")
        .inv(
            numpy.repeat(longitudes, size),
            numpy.repeat(latitudes, size),
            numpy.tile(longitudes, size),
            numpy.tile(latitudes, size),
        )[2]
        .reshape(size, size)
    )
    # Metres are whole: of a hundred metres, rounding alone is half a percent.
    far = truth > 5000
    error = numpy.abs(numpy.array(found.metres)[far] / truth[far] - 1).max()
    yield Figure(
        "its error against the geodesic, a region", f"{error:.4%}", "< 0.05 %", bool(error < 0.0005)
    )


def main(out: str, full: str) -> None:
    """Measure, print each figure as it comes, write all as JSON."""
    found = []
    for figure in figures(full == "1"):
        found.append(figure)
        print(f"{figure.what}: {figure.value}", flush=True)
    Path(out).write_text(
        json.dumps([{**asdict(figure), "within": figure.within} for figure in found])
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
