"""Travel between points: distance on the WGS84 ellipsoid x detour, at a speed.

The distance is that of a flat plane scaled by the ellipsoid's two radii at the mean latitude of the
pair: within 0.01 % of the geodesic inside a region, while the detour factor is wrong by tens of
percent for a given pair. numpy makes the matrix; without it plain Python gives the same figures,
slower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .problem import Point, Problem
from .table import Block, Table

try:
    import numpy
except ImportError:  # the suite works without numpy
    numpy = None  # type: ignore[assignment]

EQUATORIAL_RADIUS = 6378137.0
ECCENTRICITY_SQUARED = 0.0066943799901413165

# Speed by the length of the trip, as a share of the speed set: the first kilometres are streets,
# long trips are main roads. Marginal bands keep the triangle inequality.
DISTANCE_BANDS = ((10_000.0, 0.7), (50_000.0, 1.0), (math.inf, 1.4))


@dataclass
class Matrix:
    """Travel between the points of ``index``: whole seconds (rounded up) and metres."""

    index: dict[Point, int]
    seconds: list[list[int]]
    metres: list[list[int]]
    array: Any = None
    """The same seconds as a numpy array when numpy is there."""

    def between(self, origin: Point | None, destination: Point | None) -> tuple[int, int]:
        """Seconds and metres from one point to another; unknown points cost nothing."""
        if origin is None or destination is None:
            return 0, 0
        row, column = self.index[origin], self.index[destination]
        return self.seconds[row][column], self.metres[row][column]


class Trips:
    """Like :class:`Matrix`, but computes a pair when it is asked for: enough for given orders."""

    def __init__(
        self, speed_kmh: float, detour: float, profile: str, table: Table | None = None
    ) -> None:
        self.speed, self.detour, self.profile = speed_kmh / 3.6, detour, profile
        self.table = table
        self.known: dict[tuple[Point, Point], tuple[int, int]] = {}

    def between(self, origin: Point | None, destination: Point | None) -> tuple[int, int]:
        """Seconds and metres from one point to another; unknown points cost nothing."""
        if origin is None or destination is None:
            return 0, 0
        found = self.known.get((origin, destination))
        if found is None:
            found = self.table.get(origin, destination) if self.table else None
            if found is None:
                metres = _distance(origin, destination) * self.detour
                found = _duration(metres, self.speed, self.profile), round(metres)
            self.known[origin, destination] = found
        return found


def trips_of(problem: Problem) -> Trips:
    """Travel of a problem, pair by pair: what it brings along, else what distance says."""
    return Trips(problem.speed_kmh, problem.detour, problem.profile, problem.table)


def matrix_of(problem: Problem, points: Sequence[Point | None]) -> Matrix:
    """Travel of a problem between all pairs of ``points``."""
    table = problem.table
    unique = list(dict.fromkeys(point for point in points if point is not None))
    block = table and table.block_of(unique)
    if table and block and unique:
        return _from_block(unique, block)
    found = matrix(unique, problem.speed_kmh, problem.detour, problem.profile)
    if table:
        for origin, row in found.index.items():
            for destination, column in found.index.items():
                known = table.get(origin, destination)
                if known is not None:
                    found.seconds[row][column], found.metres[row][column] = known
                    if found.array is not None:
                        found.array[row, column] = known[0]
    return found


def _from_block(points: list[Point], block: Block) -> Matrix:
    """The part of a block that holds ``points``."""
    index = {point: number for number, point in enumerate(points)}
    places, size = [block.index[point] for point in points], len(block.index)
    if numpy is None:
        seconds = [[block.seconds[i * size + j] for j in places] for i in places]
        metres = [[block.metres[i * size + j] for j in places] for i in places]
        return Matrix(index, seconds, metres)
    chosen = numpy.ix_(places, places)
    array = numpy.array(block.seconds, dtype="int64").reshape(size, size)[chosen]
    metres_array = numpy.array(block.metres, dtype="int64").reshape(size, size)[chosen]
    return Matrix(index, array.tolist(), metres_array.tolist(), array)


def matrix(
    points: Sequence[Point | None],
    speed_kmh: float = 50.0,
    detour: float = 1.3,
    profile: str = "constant",
) -> Matrix:
    """Travel between all pairs of the distinct ``points`` (``None`` ones are left out).

    :param speed_kmh: speed set, km/h
    :param detour: road distance / straight distance
    :param profile: ``constant`` or ``distance`` (see :data:`DISTANCE_BANDS`)
    """
    index: dict[Point, int] = {}
    for point in points:
        if point is not None:
            index.setdefault(point, len(index))
    unique = list(index)
    speed = speed_kmh / 3.6
    if numpy is None or not unique:
        metres = [[_distance(a, b) * detour for b in unique] for a in unique]
        seconds = [[_duration(value, speed, profile) for value in row] for row in metres]
        return Matrix(index, seconds, [[round(value) for value in row] for row in metres])
    metres_array = _distances(unique) * detour
    seconds_array = _durations(metres_array, speed, profile)
    return Matrix(
        index,
        seconds_array.tolist(),
        numpy.rint(metres_array).astype("int64").tolist(),
        seconds_array,
    )


def _distances(points: Sequence[Point]) -> Any:
    """Metres between all pairs, straight."""
    latitudes, longitudes = numpy.radians(numpy.asarray(points, dtype="float64")).T
    mean = (latitudes[:, None] + latitudes) / 2
    root = 1 - ECCENTRICITY_SQUARED * numpy.sin(mean) ** 2
    meridian = EQUATORIAL_RADIUS * (1 - ECCENTRICITY_SQUARED) / root**1.5
    parallel = EQUATORIAL_RADIUS / numpy.sqrt(root) * numpy.cos(mean)
    turn = longitudes[:, None] - longitudes
    turn -= 2 * math.pi * numpy.rint(turn / (2 * math.pi))
    return numpy.hypot(meridian * (latitudes[:, None] - latitudes), parallel * turn)


def _durations(metres: Any, speed: float, profile: str) -> Any:
    if profile == "constant":
        seconds = metres / speed
    else:
        seconds, low = numpy.zeros_like(metres), 0.0
        for high, share in DISTANCE_BANDS:
            seconds += numpy.clip(metres - low, 0.0, high - low) / (speed * share)
            low = high
    return numpy.ceil(seconds - 1e-6).astype("int64")


def _distance(one: Point, other: Point) -> float:
    """Metres between two points, straight; same formula as :func:`_distances`."""
    (lat1, lon1), (lat2, lon2) = one, other
    mean = math.radians((lat1 + lat2) / 2)
    root = 1 - ECCENTRICITY_SQUARED * math.sin(mean) ** 2
    meridian = EQUATORIAL_RADIUS * (1 - ECCENTRICITY_SQUARED) / root**1.5
    parallel = EQUATORIAL_RADIUS / math.sqrt(root) * math.cos(mean)
    turn = math.radians(lon1 - lon2)
    turn -= 2 * math.pi * round(turn / (2 * math.pi))
    return math.hypot(meridian * math.radians(lat1 - lat2), parallel * turn)


def _duration(metres: float, speed: float, profile: str) -> int:
    if profile == "constant":
        return math.ceil(metres / speed - 1e-6)
    seconds, low = 0.0, 0.0
    for high, share in DISTANCE_BANDS:
        seconds += min(max(metres - low, 0.0), high - low) / (speed * share)
        low = high
    return math.ceil(seconds - 1e-6)
