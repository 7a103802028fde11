"""Who could take a mission over, best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, inf, radians, sin, sqrt

EARTH_KM = 6371.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Candidate:
    """One person beside one mission.

    :param key: id of the person
    :param free: works at that time and has nothing else to do
    :param skilled: holds every skill that the work needs
    :param allowed: nothing forbids it (certificates, company)
    :param in_zone: serves the mission's zone
    :param asked_leave: has asked for leave at that time
    :param detour: kilometres more on the road, None when a place is unknown
    :param load: share of the day that is taken, mission included (1 = full)
    """

    key: int
    free: bool
    skilled: bool
    allowed: bool = True
    in_zone: bool = True
    asked_leave: bool = False
    detour: float | None = None
    load: float = 0.0

    def rank(self) -> tuple:
        """Sort key: who can, then who is at home there, then who drives least."""
        return (
            not self.allowed,
            not self.skilled,
            not self.free,
            self.asked_leave,
            not self.in_zone,
            inf if self.detour is None else round(self.detour, 1),
            round(self.load, 2),
            self.key,
        )


def sort_candidates(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates, best first; nobody is left out."""
    return sorted(candidates, key=Candidate.rank)


def crow_km(a: Point, b: Point) -> float:
    """Kilometres between two points (latitude, longitude in degrees) as the crow flies."""
    lat_a, lon_a, lat_b, lon_b = map(radians, (*a, *b))
    half = sin((lat_b - lat_a) / 2) ** 2
    half += cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def detour_km(
    place: Point | None,
    start: datetime,
    home: Point | None,
    stops: Sequence[tuple[datetime, Point | None]],
    factor: float = 1.0,
) -> float | None:
    """Return the kilometres that one more stop adds to a day, None when nothing is known.

    :param place: where the stop is
    :param start: when it begins
    :param home: where the day starts and ends
    :param stops: ``(start, place)`` of the day, in any order
    :param factor: kilometres of road a kilometre as the crow flies
    """
    if place is None:
        return None
    known = sorted((moment, point) for moment, point in stops if point is not None)
    before = [point for moment, point in known if moment <= start][-1:] or [home]
    after = [point for moment, point in known if moment > start][:1] or [home]
    previous, following = before[0], after[0]
    if previous is None and following is None:
        return None
    if previous is None or following is None:
        return factor * crow_km(previous or following, place)
    added = crow_km(previous, place) + crow_km(place, following) - crow_km(previous, following)
    return factor * max(0.0, added)


def is_inside(start: datetime, end: datetime, intervals: Iterable[tuple[datetime, datetime]]):
    """Whether a span lies wholly in one of the intervals."""
    return any(first <= start and end <= last for first, last in intervals)
