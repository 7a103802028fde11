"""Coordinates in the legal projections of France, to and from degrees (WGS84).

The legal systems (RGF93, RGAF09, RGFG95, RGR92, RGM04, RGSPM06) agree with WGS84 within
centimetres to a metre, far better than a site needs.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

#: System -> EPSG code: Lambert-93 for the mainland, a UTM zone for each overseas department.
SYSTEMS = {
    "lambert93": 2154,
    "antilles": 5490,
    "guyane": 2972,
    "reunion": 2975,
    "mayotte": 4471,
    "miquelon": 4467,
}
#: System -> box in degrees (south, north, west, east) that its territory lies in.
AREAS = {
    "lambert93": (41.0, 51.6, -6.0, 10.0),
    "antilles": (14.0, 18.4, -63.4, -60.5),
    "guyane": (2.0, 6.5, -55.0, -51.0),
    "reunion": (-21.7, -20.6, 54.9, 56.1),
    "mayotte": (-13.2, -12.4, 44.8, 45.5),
    "miquelon": (46.6, 47.3, -56.7, -55.9),
}


class OutOfArea(ValueError):
    """The coordinates lie outside the territory of their system."""


@lru_cache(maxsize=16)
def _transformer(system: str, inverse: bool) -> Any:
    from pyproj import Transformer

    codes = (f"EPSG:{SYSTEMS[system]}", "EPSG:4326")
    return Transformer.from_crs(*(reversed(codes) if inverse else codes), always_xy=True)


def to_degrees(system: str, x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude of a projected point.

    :param system: a key of :data:`SYSTEMS`
    :raise OutOfArea: X and Y were swapped, or are of another system
    """
    longitude, latitude = _transformer(system, False).transform(x, y)
    south, north, west, east = AREAS[system]
    known = math.isfinite(latitude) and math.isfinite(longitude)
    if not known or not (south <= latitude <= north and west <= longitude <= east):
        raise OutOfArea(system)
    return round(latitude, 7), round(longitude, 7)


def from_degrees(system: str, latitude: float, longitude: float) -> tuple[float, float]:
    """X and Y in metres of a point in degrees.

    :raise OutOfArea: the point lies outside the system's territory
    """
    south, north, west, east = AREAS[system]
    if not (south <= latitude <= north and west <= longitude <= east):
        raise OutOfArea(system)
    x, y = _transformer(system, True).transform(longitude, latitude)
    return round(x, 2), round(y, 2)


def guess(x: float, y: float) -> list[tuple[str, float, float]]:
    """Return ``(system, latitude, longitude)`` of every system in which a point can lie."""
    found = []
    for system in SYSTEMS:
        try:
            found.append((system, *to_degrees(system, x, y)))
        except OutOfArea:
            continue
    return found


def system_at(latitude: float, longitude: float) -> str | None:
    """The legal projection of the place, None abroad."""
    for system, (south, north, west, east) in AREAS.items():
        if south <= latitude <= north and west <= longitude <= east:
            return system
    return None
