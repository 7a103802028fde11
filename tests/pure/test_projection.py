"""Projected coordinates against the ellipsoid itself (pyproj.Geod)."""

import math

import pytest
from core import projection
from pyproj import Geod

GEOD = Geod(ellps="GRS80")
PLACES = {
    "lambert93": [(47.996, -4.1024), (48.8566, 2.3522), (43.2965, 5.3698), (41.92, 8.73)],
    "antilles": [(16.2411, -61.5331), (14.6037, -61.0742)],
    "guyane": [(4.9224, -52.3135)],
    "reunion": [(-20.8789, 55.4481)],
    "mayotte": [(-12.7806, 45.2279)],
    "miquelon": [(46.7811, -56.1764)],
}
CASES = [(system, *place) for system, places in PLACES.items() for place in places]


@pytest.mark.parametrize(("system", "latitude", "longitude"), CASES)
def test_there_and_back(system, latitude, longitude):
    back = projection.to_degrees(system, *projection.from_degrees(system, latitude, longitude))
    _az, _back, metres = GEOD.inv(longitude, latitude, back[1], back[0])
    assert metres < 0.02


@pytest.mark.parametrize(("system", "latitude", "longitude"), CASES)
def test_a_kilometre_is_a_kilometre(system, latitude, longitude):
    """A step of 1 km on the ellipsoid is 1 km in the plane, within the projection's scale."""
    for azimuth in (0, 90, 200):
        east, north, _back = GEOD.fwd(longitude, latitude, azimuth, 1000)
        first = projection.from_degrees(system, latitude, longitude)
        second = projection.from_degrees(system, north, east)
        assert math.dist(first, second) == pytest.approx(1000, rel=0.003)


def test_the_origin_of_lambert_93():
    """Definition: X = 700 000, Y = 6 600 000 lies at 46°30' N, 3° E."""
    assert projection.to_degrees("lambert93", 700_000, 6_600_000) == (46.5, 3.0)


def test_swapped_or_foreign_coordinates_are_refused():
    for x, y in ((6_600_000, 700_000), (0, 0), (1e12, 1e12), (float("nan"), 1)):
        with pytest.raises(projection.OutOfArea):
            projection.to_degrees("lambert93", x, y)
    with pytest.raises(projection.OutOfArea):
        projection.from_degrees("lambert93", -20.9, 55.4)


def test_the_system_is_guessed():
    assert projection.system_at(48.0, -4.1) == "lambert93"
    assert projection.system_at(-20.9, 55.45) == "reunion"
    assert projection.system_at(51.5, -30.0) is None
    found = projection.guess(*projection.from_degrees("lambert93", 47.996, -4.1024))
    assert ("lambert93", 47.996, -4.1024) in found
