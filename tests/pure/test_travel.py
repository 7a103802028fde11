"""Travel: distances against the geodesic, blocks of known travel, speeds by zone and hour."""

import random
import time

import pytest
from core.speeds import SpeedRule, day_kind, share_at, slowdown
from optimizer import ProblemError, check, evaluate, solve
from optimizer.table import Table, pack
from optimizer.travel import matrix
from pyproj import Geod

REGION = [(48.0 + i / 40, 1.8 + (i * 7 % 40) / 30) for i in range(60)]


def test_distances_are_those_of_the_ellipsoid():
    found = matrix(REGION, detour=1.0).metres
    geod = Geod(ellps="WGS84")
    worst = 0.0
    for i, (lat, lon) in enumerate(REGION):
        for j, (other_lat, other_lon) in enumerate(REGION):
            true = geod.inv(lon, lat, other_lon, other_lat)[2]
            if true > 2000:
                worst = max(worst, abs(found[i][j] - true) / true)
    assert worst < 0.0005


def test_a_thousand_points_take_a_blink():
    draw = random.Random(7)
    points = [(48 + draw.random(), 2 + draw.random()) for _ in range(1000)]
    matrix(points[:10])
    times = []
    for _ in range(5):
        start = time.process_time()
        matrix(points)
        times.append(time.process_time() - start)
    assert min(times) < 0.2


def _problem(**values):
    return {
        "shifts": [
            {"id": "a", "start": [48.0, -4.0], "end": [48.0, -4.0], "intervals": [[0, 36000]]}
        ],
        "visits": [
            {"id": str(n), "point": [48.0, -4.0 + n / 20], "service": 600} for n in (1, 2, 3)
        ],
        "plan": {},
        **values,
    }


def _points():
    return [(48.0, -4.0)] + [(48.0, -4.0 + n / 20) for n in (1, 2, 3)]


@pytest.mark.parametrize("backend", ["python", None])
def test_solvers_and_judge_follow_the_known_travel(backend):
    # A one-way road: 1 → 2 → 3 is short, the other way round is not.
    seconds = [[0 if i == j else 100 if j == (i + 1) % 4 else 3000 for j in range(4)]
               for i in range(4)]  # fmt: skip
    block = pack(_points(), seconds, [[9 * value for value in row] for row in seconds])
    problem = _problem(travel=[block])
    result = solve(problem, backend=backend)
    route = result["routes"][0]
    assert [stop["visit"] for stop in route["stops"]] == ["1", "2", "3"]
    assert (route["travel"], route["metres"]) == (400, 3600)
    assert evaluate(problem, result)["violations"] == []
    # Judged by distance, the same result is wrong.
    assert evaluate(_problem(), result)["violations"]


def test_blocks_of_a_day_each():
    one, other = _points()[:2], _points()[2:]
    blocks = [pack(one, [[0, 60], [60, 0]], [[0, 1], [1, 0]]),
              pack(other, [[0, 90], [90, 0]], [[0, 2], [2, 0]])]  # fmt: skip
    problem = _problem(travel=blocks, plan={"a": ["1", "2", "3"]})
    stops = check(problem)["routes"][0]["stops"]
    plain = check(_problem(plan={"a": ["1", "2", "3"]}))["routes"][0]["stops"]
    assert [stop["travel"] for stop in stops] == [60, plain[1]["travel"], 90]
    full = solve(problem, backend="python")
    assert evaluate(problem, full)["violations"] == []


@pytest.mark.parametrize(
    "blocks",
    [
        "no list",
        [{}],
        [{"points": [[48, 2]], "seconds": "?", "metres": "?"}],
        [{**pack([(1, 1), (2, 2)], [[0, 1], [1, 0]], [[0, 1], [1, 0]]), "points": [[1, 1]]}],
        [pack([(1, 1), (1, 1)], [[0, 1], [1, 0]], [[0, 1], [1, 0]])],
        [pack([(1, 1), (2, 2)], [[0, -1], [1, 0]], [[0, 1], [1, 0]])],
    ],
)
def test_malformed_blocks_are_refused(blocks):
    with pytest.raises(ProblemError):
        check(_problem(travel=blocks))


def test_a_big_block_is_read_fast_and_is_small():
    points = [(48 + n / 1000, 2.0) for n in range(1000)]
    found = matrix(points)
    block = pack(points, found.seconds, found.metres)
    assert len(block["seconds"]) < 4_000_000
    start = time.process_time()
    table = Table([block])
    assert time.process_time() - start < 0.5
    assert table.get(points[3], points[900]) == found.between(points[3], points[900])
    assert table.get((0.0, 0.0), points[0]) is None


def test_speed_rules():
    rules = [
        SpeedRule(None, "workday", 7.5, 9, 0.5),
        SpeedRule(None, "all", 21, 6, 2.0),
        SpeedRule(4, "all", 0, 24, 0.8),
        SpeedRule(4, "workday", 7.5, 9, 0.4),
    ]
    assert share_at(rules, None, "workday", 8) == 0.5
    assert share_at(rules, None, "workday", 9) == 1
    assert share_at(rules, None, "saturday", 8) == 1
    assert share_at(rules, 7, "sunday", 23) == share_at(rules, 7, "sunday", 5.9) == 2
    assert share_at(rules, 4, "sunday", 23) == 0.8
    assert share_at(rules, 4, "workday", 8) == 0.4
    assert slowdown(rules, None, 4, "workday", [8]) == pytest.approx((2 + 2.5) / 2)
    assert slowdown(rules, None, None, "workday", [8, 12]) == pytest.approx(1.5)


def test_kinds_of_days():
    from datetime import date

    kinds = [day_kind(date(2026, 11, 27 + n)) for n in range(3)]
    assert kinds == ["workday", "saturday", "sunday"]
