"""Zones proposed from a year of missions: near together, with equal hours.

Places (communes, or postcodes) are gathered into zones by a balanced k-means: a place goes to the
zone with the smallest squared distance plus a price, and the price of a zone rises as long as it
holds more than its share of the hours. Everything is deterministic. A year is then *replayed*: each
day's visits are driven as short routes from home, once as they were and once by the proposed
zones, with one estimator for both, so that the two figures can be compared.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

EARTH_KM = 111.195
ROUNDS = 80


@dataclass(frozen=True)
class Place:
    """A commune or postcode with what a year of missions asked of it.

    :param hours: hours on site
    """

    key: str
    latitude: float
    longitude: float
    hours: float


@dataclass(frozen=True)
class Visit:
    """One visit of the year: on a day, by somebody, at a point."""

    day: Hashable
    person: Hashable
    place: str
    latitude: float
    longitude: float
    hours: float


@dataclass
class Totals:
    """What a zone asked for in a year."""

    hours: float = 0.0
    km: float = 0.0
    visits: int = 0
    places: set[str] = field(default_factory=set)


def _plane(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points in kilometres on a plane around their middle."""
    if not points:
        return []
    scale = math.cos(math.radians(sum(lat for lat, _lon in points) / len(points)))
    return [(lon * EARTH_KM * scale, lat * EARTH_KM) for lat, lon in points]


def propose(
    places: Iterable[Place], count: int, homes: Sequence[tuple[float, float]] = ()
) -> dict[str, int]:
    """Gather places into zones of about equal hours.

    :param count: how many zones; no more than there are places
    :param homes: (latitude, longitude) where technicians start: zones grow from there
    :return: number of the zone (from 0) by the place's key
    """
    ordered = sorted(places, key=lambda place: place.key)
    count = max(1, min(count, len(ordered)))
    if not ordered:
        return {}
    flat = _plane([(p.latitude, p.longitude) for p in ordered] + list(homes))
    points, starts = flat[: len(ordered)], flat[len(ordered) :]
    hours = [max(place.hours, 0.0) for place in ordered]
    if not sum(hours):
        hours = [1.0] * len(ordered)
    share = sum(hours) / count
    centres = _seeds(points, hours, count, starts)
    spread = _spread(points, hours)
    prices = [0.0] * count
    best: tuple[float, list[int]] | None = None
    for turn in range(ROUNDS):
        chosen = [_nearest(point, centres, prices) for point in points]
        held = _held(chosen, hours, count)
        cost = _cost(points, hours, chosen, share, count, spread)
        if best is None or cost < best[0] - 1e-9:
            best = (cost, chosen)
        step = spread * 0.5 * (1 - turn / ROUNDS)
        prices = [
            price + step * max(-1.0, min(1.0, (hold - share) / share))
            for price, hold in zip(prices, held, strict=True)
        ]
        # The centres follow at first; then only the prices seek the balance.
        if turn < ROUNDS // 2:
            centres = _centres(points, hours, chosen, centres)
    assert best is not None
    chosen = _improve(points, hours, best[1], share, count, spread)
    return {place.key: zone for place, zone in zip(ordered, _numbered(chosen), strict=True)}


def _spread(points, hours) -> float:
    total = sum(hours)
    x = sum(p[0] * h for p, h in zip(points, hours, strict=True)) / total
    y = sum(p[1] * h for p, h in zip(points, hours, strict=True)) / total
    mean = sum(_square(p, (x, y)) * h for p, h in zip(points, hours, strict=True)) / total
    return max(mean, 1.0)


def _square(first, second) -> float:
    return (first[0] - second[0]) ** 2 + (first[1] - second[1]) ** 2


def _seeds(points, hours, count, starts):
    """The first centres: homes far from one another, then places far from all of these."""
    weight = sum(hours)
    middle = (
        sum(p[0] * h for p, h in zip(points, hours, strict=True)) / weight,
        sum(p[1] * h for p, h in zip(points, hours, strict=True)) / weight,
    )
    pools = [list(starts), list(points)] if starts else [list(points)]
    first = min(pools[0], key=lambda point: (_square(point, middle), point))
    found = [first]
    for pool in pools:
        while len(found) < count:
            far = max(pool, key=lambda p: (min(_square(p, c) for c in found), p), default=None)
            if far is None or min(_square(far, c) for c in found) <= 1e-12:
                break
            found.append(far)
    while len(found) < count:
        found.append(points[len(found) % len(points)])
    return found


def _nearest(point, centres, prices) -> int:
    return min(
        range(len(centres)),
        key=lambda zone: (_square(point, centres[zone]) + prices[zone], zone),
    )


def _held(chosen, hours, count) -> list[float]:
    held = [0.0] * count
    for zone, hour in zip(chosen, hours, strict=True):
        held[zone] += hour
    return held


def _centres(points, hours, chosen, centres):
    sums = [[0.0, 0.0, 0.0] for _centre in centres]
    for (x, y), hour, zone in zip(points, hours, chosen, strict=True):
        sums[zone][0] += x * hour
        sums[zone][1] += y * hour
        sums[zone][2] += hour
    return [
        (x / total, y / total) if total else centre
        for (x, y, total), centre in zip(sums, centres, strict=True)
    ]


def _cost(points, hours, chosen, share, count, spread) -> float:
    """Compactness plus imbalance, both without unit."""
    centres = _centres(points, hours, chosen, [(0.0, 0.0)] * count)
    total = sum(hours)
    near = sum(
        _square(p, centres[z]) * h for p, h, z in zip(points, hours, chosen, strict=True)
    ) / (total * spread)
    uneven = sum(((hold - share) / share) ** 2 for hold in _held(chosen, hours, count)) / count
    return near + 4 * uneven


def _improve(points, hours, chosen, share, count, spread):
    """Move places at the edge of too full zones, as long as the whole gets better."""
    chosen = list(chosen)
    total = sum(hours)
    for _pass in range(12):
        moved = False
        centres = _centres(points, hours, chosen, [(0.0, 0.0)] * count)
        held = _held(chosen, hours, count)
        sizes = _held(chosen, [1.0] * len(chosen), count)
        for index in sorted(range(len(points)), key=lambda i: (-hours[i], i)):
            own, hour = chosen[index], hours[index]
            if sizes[own] <= 1:
                continue
            best, gain = own, 1e-9
            here = _square(points[index], centres[own])
            for zone in range(count):
                if zone == own:
                    continue
                farther = (_square(points[index], centres[zone]) - here) * hour / (total * spread)
                before = (held[own] - share) ** 2 + (held[zone] - share) ** 2
                after = (held[own] - hour - share) ** 2 + (held[zone] + hour - share) ** 2
                better = 4 * (before - after) / (share**2 * count) - farther
                if better > gain:
                    best, gain = zone, better
            if best != own:
                chosen[index], moved = best, True
                held[own] -= hour
                held[best] += hour
                sizes[own] -= 1
                sizes[best] += 1
        if not moved:
            break
    return chosen


def _numbered(chosen):
    """Number the zones by their first place, so that the same data give the same numbers."""
    order: dict[int, int] = {}
    return [order.setdefault(zone, len(order)) for zone in chosen]


# -- a year driven again ------------------------------------------------------------------------


def distance(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Kilometres as the crow flies, well enough for some hundred kilometres."""
    scale = math.cos(math.radians((first[0] + second[0]) / 2))
    return EARTH_KM * math.hypot(first[0] - second[0], (first[1] - second[1]) * scale)


def route_km(points: Sequence[tuple[float, float]], home: tuple[float, float] | None) -> float:
    """Kilometres of a short route through points, from home and back where it is known."""
    rest = sorted(set(points))
    if not rest:
        return 0.0
    path = [home] if home else [rest.pop(0)]
    while rest:
        nearest = min(rest, key=lambda point: (distance(path[-1], point), point))
        rest.remove(nearest)
        path.append(nearest)
    if home:
        path.append(home)
    _untwist(path, closed=bool(home))
    return sum(distance(a, b) for a, b in zip(path, path[1:], strict=False))


def _untwist(path, closed) -> None:
    """Turn parts of the route around while that makes it shorter (2-opt), in place."""
    last = len(path) - (1 if closed else 0)
    for _pass in range(8):
        better = False
        for i in range(1, last - 1):
            for j in range(i + 1, last):
                after = path[j + 1] if j + 1 < len(path) else None
                now = distance(path[i - 1], path[i])
                new = distance(path[i - 1], path[j])
                if after is not None:
                    now += distance(path[j], after)
                    new += distance(path[i], after)
                if new < now - 1e-9:
                    path[i : j + 1] = reversed(path[i : j + 1])
                    better = True
        if not better:
            return


def replay(
    visits: Iterable[Visit],
    zones: Mapping[str, Hashable],
    homes: Mapping[Hashable, tuple[float, float] | None],
    detour: float = 1.3,
) -> dict[Hashable, Totals]:
    """Drive the year again as it was, and sum it by zone.

    :param zones: zone of each place; a place without one counts under None
    :param homes: where each person starts
    :return: totals by zone; a route's kilometres are shared by its visits
    """
    found: dict[Hashable, Totals] = defaultdict(Totals)
    routes: dict[tuple, list[Visit]] = defaultdict(list)
    for visit in visits:
        routes[visit.day, visit.person].append(visit)
    for (_day, person), route in routes.items():
        points = [(visit.latitude, visit.longitude) for visit in route]
        km = route_km(points, homes.get(person)) * detour
        for visit in route:
            totals = found[zones.get(visit.place)]
            totals.hours += visit.hours
            totals.km += km / len(route)
            totals.visits += 1
            totals.places.add(visit.place)
    return dict(found)


def reassign(
    visits: Iterable[Visit],
    zones: Mapping[str, Hashable],
    people: Mapping[Hashable, Sequence[Hashable]],
) -> list[Visit]:
    """Give each day's visits to the people of their zones, with equal hours.

    Within a zone and a day the visits are sorted by their direction from the middle, so that each
    person's part lies together. A zone without people keeps those who came.

    :param people: who works in each zone
    """
    days: dict[tuple, list[Visit]] = defaultdict(list)
    found = []
    for visit in visits:
        zone = zones.get(visit.place)
        if people.get(zone):
            days[visit.day, zone].append(visit)
        else:
            found.append(visit)
    for (_day, zone), group in sorted(days.items(), key=lambda item: str(item[0])):
        crew = people[zone]
        x = sum(visit.longitude for visit in group) / len(group)
        y = sum(visit.latitude for visit in group) / len(group)
        group.sort(key=lambda v: (math.atan2(v.latitude - y, v.longitude - x), v.place))
        total, done = sum(visit.hours for visit in group) or 1.0, 0.0
        for visit in group:
            turn = min(len(crew) - 1, int(len(crew) * done / total))
            done += visit.hours
            found.append(
                Visit(visit.day, crew[turn], visit.place, visit.latitude, visit.longitude,
                      visit.hours)
            )  # fmt: skip
    return found


def share_people(
    places: Iterable[Place],
    zones: Mapping[str, int],
    homes: Mapping[Hashable, tuple[float, float] | None],
    hours: Mapping[Hashable, float],
) -> dict[int, list[Hashable]]:
    """Say who works in which zone: near home, and as many hours as the zone needs.

    :param hours: what each person can work
    :return: people by zone; each zone has somebody as long as there are people
    """
    need: dict[int, float] = defaultdict(float)
    middle: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for place in places:
        zone = zones[place.key]
        need[zone] += place.hours
        weight = place.hours or 1e-6
        for index, value in enumerate((place.latitude, place.longitude, 1.0)):
            middle[zone][index] += value * weight
    centre = {zone: (lat / w, lon / w) for zone, (lat, lon, w) in middle.items()}
    total = sum(need.values()) or 1.0
    able = sum(hours.values()) or 1.0
    wanted = {zone: able * need[zone] / total for zone in need}
    found: dict[int, list[Hashable]] = {zone: [] for zone in sorted(need)}
    pairs = sorted(
        (distance(home, centre[zone]) if home else math.inf, str(person), zone, person)
        for person, home in homes.items()
        for zone in need
    )
    free = dict.fromkeys(homes)
    for only_empty in (True, False):
        for _far, _name, zone, person in pairs:
            if person not in free:
                continue
            held = sum(hours.get(other, 0.0) for other in found[zone])
            if found[zone] if only_empty else held >= wanted[zone]:
                continue
            found[zone].append(person)
            del free[person]
    for _far, _name, zone, person in pairs:
        if person in free:
            found[zone].append(person)
            del free[person]
    return found
