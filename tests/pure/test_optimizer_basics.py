"""Problem, travel, schedule and evaluator of the route optimiser."""

import itertools
import math
import random

import pytest
from optimizer import Problem, ProblemError, check, evaluate
from optimizer import travel as travel_module
from optimizer.schedule import Scheduler
from optimizer.solver import travel_of
from optimizer.travel import matrix

QUIMPER = (47.9960, -4.1024)
HOUR = 3600


def problem(**values):
    """One technician at Quimper, 08:00-17:00, without lunch, and what ``values`` add."""
    shift = {"id": "d", "technician": "t", "name": "Ana", "start": QUIMPER, "end": QUIMPER,
             "intervals": [[8 * HOUR, 17 * HOUR]], "skills": ["1"]}  # fmt: skip
    shift.update(values.pop("shift", {}))
    return {"shifts": [shift], "visits": [], "plan": {}, **values}


def visit(name, minutes=0, service=HOUR, **values):
    """A visit ``minutes`` of driving east of Quimper."""
    kilometres = minutes * 50 / 60 / 1.3
    shift = kilometres / (111.32 * math.cos(math.radians(QUIMPER[0])))
    return {"id": name, "point": (QUIMPER[0], QUIMPER[1] + shift), "service": service, **values}


def at(hour, minute=0, tolerance=0):
    """Window around a time of the day."""
    start = hour * HOUR + minute * 60
    return [start - tolerance * 60, start + tolerance * 60]


# -- travel -----------------------------------------------------------------------------------


def _random_points(seed, count, south, north, west, east):
    rng = random.Random(seed)
    return [(rng.uniform(south, north), rng.uniform(west, east)) for _ in range(count)]


@pytest.mark.parametrize(
    ("box", "bar"),
    [((48.1, 49.2, 1.5, 3.5), 0.0001), ((42.5, 51.0, -4.8, 8.2), 0.003)],
    ids=["region", "country"],
)
def test_distances_against_the_geodesic(box, bar):
    pyproj = pytest.importorskip("pyproj")
    points = _random_points(7, 80, *box)
    table = matrix(points, detour=1.0)
    geod = pyproj.Geod(ellps="WGS84")
    for (i, one), (j, other) in itertools.combinations(enumerate(points), 2):
        truth = geod.inv(one[1], one[0], other[1], other[0])[2]
        assert abs(table.metres[i][j] - truth) <= bar * truth + 1


@pytest.mark.parametrize("profile", ["constant", "distance"])
def test_same_figures_without_numpy(monkeypatch, profile):
    points = _random_points(3, 12, 47.5, 48.8, -4.8, -1.0)
    fast = matrix(points, 60, 1.25, profile)
    monkeypatch.setattr(travel_module, "numpy", None)
    slow = matrix(points, 60, 1.25, profile)
    assert slow.metres == fast.metres
    assert slow.seconds == fast.seconds
    assert slow.array is None


def test_distance_profile_is_slow_in_town_and_keeps_the_triangle():
    points = _random_points(5, 15, 47.5, 48.8, -4.8, -1.0)
    table = matrix(points, 50, 1.3, "distance")
    for a, b, c in itertools.permutations(points, 3):
        assert table.between(a, c)[0] <= table.between(a, b)[0] + table.between(b, c)[0] + 1
    near, far = (48.0, -4.0), (48.0, -3.97)
    assert (
        matrix([near, far], 50, 1.3, "distance").between(near, far)[0]
        > matrix([near, far], 50, 1.3).between(near, far)[0]
    )


def test_across_the_date_line():
    suva, apia = (-17.0, 179.9), (-17.0, -179.9)
    assert matrix([suva, apia], detour=1.0).metres[0][1] < 25_000


def test_unknown_points_cost_nothing():
    assert matrix([None, QUIMPER]).between(None, QUIMPER) == (0, 0)


# -- problem ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"visits": [{"id": "1", "service": -1}]},
        {"visits": [{"id": "1", "service": 60}, {"id": "1", "service": 60}]},
        {"visits": [{"id": "1", "service": 60, "point": [91, 0]}]},
        {"visits": [{"id": "1", "service": 60, "point": [float("nan"), 0]}]},
        {"visits": [{"id": "1", "service": 60, "windows": [[10, 5]]}]},
        {"visits": [{"id": "1", "service": 60, "shift": "nowhere"}]},
        {"visits": [{"id": "1", "service": 60, "with": "nobody"}]},
        {"visits": [{"id": "1", "service": 60, "priority": 7}]},
        {"plan": {"nowhere": []}},
        {"plan": {"d": ["missing"]}},
        {"speed_kmh": 0},
        {"profile": "teleport"},
    ],
)
def test_a_wrong_problem_is_refused(wrong):
    with pytest.raises(ProblemError):
        Problem.from_dict(problem(**wrong))


@pytest.mark.parametrize(
    ("intervals", "needed"),
    [
        ([[8 * HOUR, 17 * HOUR]], True),
        ([[8 * HOUR, 12 * HOUR]], False),
        ([[14 * HOUR, 17 * HOUR]], False),
        ([[8 * HOUR, 12 * HOUR], [13 * HOUR, 17 * HOUR]], False),
        ([[8 * HOUR, 9 * HOUR], [10 * HOUR, 17 * HOUR]], True),
        ([], False),
    ],
)
def test_lunch_is_only_asked_of_days_that_need_it(intervals, needed):
    lunch = {"earliest": 12 * HOUR, "latest": 13 * HOUR + 900, "seconds": 2700}
    built = Problem.from_dict(problem(shift={"intervals": intervals, "lunch": lunch}))
    assert (built.shifts[0].lunch is not None) is needed


# -- schedule ---------------------------------------------------------------------------------


def _scheduler(data):
    built = Problem.from_dict(data)
    return Scheduler(built, travel_of(built)), built.shifts[0]


def test_driving_pauses_outside_the_hours():
    intervals = ((8 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR))
    drive = Scheduler.drive
    assert drive(intervals, 8 * HOUR, HOUR) == 9 * HOUR
    assert drive(intervals, 11 * HOUR + 1800, HOUR) == 13 * HOUR + 1800
    assert drive(intervals, 16 * HOUR, 2 * HOUR) == 18 * HOUR
    assert drive(intervals, 7 * HOUR, 0) == 7 * HOUR


def test_leaves_late_rather_than_waiting_at_the_door():
    data = problem(visits=[visit("a", 30, windows=[at(10)])], plan={"d": ["a"]})
    route = check(data)["routes"][0]
    assert route["departure"] == pytest.approx(9 * HOUR + 1800, abs=5)
    assert route["stops"][0]["waiting"] == 0


def test_lunch_at_home_before_an_afternoon_tour():
    lunch = {"earliest": 12 * HOUR, "latest": 13 * HOUR + 900, "seconds": 2700}
    data = problem(
        shift={"lunch": lunch}, visits=[visit("a", 20, windows=[at(15)])], plan={"d": ["a"]}
    )
    answer = check(data)
    assert answer["violations"] == []
    assert answer["routes"][0]["departure"] == pytest.approx(14 * HOUR + 2400, abs=5)
    assert answer["routes"][0]["lunch"] == [12 * HOUR, 12 * HOUR + 2700]


@pytest.mark.parametrize("seed", range(60))
def test_schedule_and_feasibility_agree_with_brute_force(seed):
    """The two-state pass finds a time table exactly when trying every lunch position does."""
    rng = random.Random(seed)
    lunch = {"earliest": 12 * HOUR, "latest": 13 * HOUR + 900, "seconds": 2700}
    visits = []
    for name in "abcd":
        start = rng.randrange(8, 16) * HOUR
        windows = [[start, start + rng.choice([0, 1800, 2 * HOUR])]] if rng.random() < 0.7 else []
        visits.append(
            visit(name, rng.uniform(-40, 40), rng.choice([1800, HOUR, 5400]), windows=windows)
        )
    gap = [[8 * HOUR, 17 * HOUR]] if seed % 3 else [[8 * HOUR, 10 * HOUR], [11 * HOUR, 17 * HOUR]]
    scheduler, shift = _scheduler(problem(shift={"lunch": lunch, "intervals": gap}, visits=visits))
    for order in itertools.permutations(range(4)):
        fast = scheduler.feasible(shift, order)
        tour = scheduler.tour(shift, order)
        assert fast == (tour.late == 0)
        if not seed % 3:
            continue
        assert fast == _brute(scheduler, shift, order)


def _brute(scheduler, shift, order):
    """Whether some minute-free lunch position works, one position after the other."""
    visits = scheduler.problem.visits
    for position in [*range(len(order) + 1), None]:
        time, place, good, ate = 8 * HOUR, shift.start, True, False
        for step, index in enumerate([*order, None]):
            there = shift.end if index is None else visits[index].point
            drive = scheduler.travel.between(place, there)[0]
            if step == position:
                begin = max(time + drive, shift.lunch.earliest)
                if begin > shift.lunch.latest:
                    begin = max(time, shift.lunch.earliest)
                    rest = max(0, drive - (begin - time))
                    good = good and begin <= shift.lunch.latest
                    time = begin + 2700 + rest
                else:
                    time = begin + 2700
                ate = True
            else:
                time += drive
            place = there
            if index is None:
                break
            windows = visits[index].windows
            start = max(time, windows[0][0]) if windows else time
            good = good and (not windows or start <= windows[0][1])
            time = start + visits[index].service
        if good and time <= 17 * HOUR and (ate or time <= shift.lunch.latest):
            return True
    return False


# -- evaluator --------------------------------------------------------------------------------


def _codes(data):
    return {item["code"] for item in check(data)["violations"]}


LUNCH = {"earliest": 12 * HOUR, "latest": 13 * HOUR + 900, "seconds": 2700}


@pytest.mark.parametrize(
    ("shift", "visits", "codes"),
    [
        ({}, [visit("a", 20)], set()),
        ({}, [visit("a", 20, windows=[at(8)])], {"late"}),
        ({}, [visit("a", 5, windows=[at(9)]), visit("b", 6, windows=[at(9)])], {"late"}),
        ({}, [visit("a", 20, skills=["2"])], {"skill"}),
        ({}, [visit("a", 5, 9 * HOUR)], {"outside_hours", "overtime"}),
        ({}, [visit("a", 60, 8 * HOUR - 600)], {"overtime"}),
        ({"intervals": []}, [visit("a", 5)], {"outside_hours", "overtime"}),
        ({"lunch": LUNCH}, [visit("a", 5, 6 * HOUR, windows=[at(8, 30)])], {"no_lunch"}),
        ({}, [{**visit("a"), "point": None}], {"no_position"}),
        ({}, [visit("a", 5, fixed=10 * HOUR), visit("b", 5, 7200)], set()),
        # Half a minute late is on the same minute, ten minutes are not.
        ({}, [visit("a", 20, at=8 * HOUR + 1170)], set()),
        ({}, [visit("a", 20, at=8 * HOUR + 600)], {"fixed_moved"}),
        ({}, [visit("b", 5, 7200, technician="x")], {"lock"}),
        ({"zones": ["1"]}, [visit("a", 5, zone="2")], {"zone"}),
    ],
)
def test_hand_made_tours_are_judged_by_name(shift, visits, codes):
    data = problem(shift=shift, visits=visits, plan={"d": [item["id"] for item in visits]})
    assert _codes(data) == codes
    for item in check(data)["violations"]:
        assert item["text"].endswith(".")


def _good_result(data):
    result = check(data)
    assert result["violations"] == []
    return {"routes": result["routes"], "unserved": []}


def _tampered(change):
    data = problem(
        shift={"lunch": LUNCH},
        visits=[visit("a", 20, windows=[at(9, tolerance=15)]), visit("b", 40, 2 * HOUR)],
        plan={"d": ["a", "b"]},
    )
    result = _good_result(data)
    change(result["routes"][0], result)
    return {item["code"] for item in evaluate(data, result)["violations"]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda route, result: route["stops"][1].update(start=9 * HOUR), "no_time_to_drive"),
        (lambda route, result: route["stops"][0].update(start=10 * HOUR), "late"),
        (lambda route, result: route["stops"][0].update(travel=1), "travel_wrong"),
        (lambda route, result: route.update(lunch=None, back=14 * HOUR), "no_lunch"),
        (lambda route, result: route.update(lunch=[43200, 43260]), "lunch_short"),
        (lambda route, result: route.update(lunch=[39600, 42300]), "lunch_time"),
        (lambda route, result: route.update(back=18 * HOUR), "overtime"),
        (lambda route, result: route.update(departure=7 * HOUR), "early"),
        (lambda route, result: route["stops"].append(route["stops"][0]), "served_twice"),
        (lambda route, result: route["stops"].pop(), "lost"),
        (lambda route, result: result["unserved"].append({"visit": "a"}), "served_and_not"),
        (lambda route, result: route["stops"][0].update(visit="z"), "unknown_visit"),
        (lambda route, result: route.update(shift="z"), "unknown_shift"),
    ],
)
def test_a_wrong_result_is_caught(change, code):
    assert code in _tampered(change)
