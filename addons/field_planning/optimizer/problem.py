"""The problem to solve, as plain values.

A *shift* is one technician's working day. Times are whole seconds counted from the problem's
``origin`` (any instant; the caller converts), so neither time zones nor a change to summer time
exist here. Durations are seconds, points are ``[latitude, longitude]`` in degrees.

::

    {"speed_kmh": 50, "detour": 1.3, "profile": "constant",
     "skills": {"4": "Electrical inspection"},          # names, for the sentences
     "shifts": [{"id": "7:2026-11-30", "technician": "7", "day": "2026-11-30", "name": "Ana",
                 "start": [48.1, -4.1], "end": [48.1, -4.1],
                 "intervals": [[28800, 61200]],          # working time: calendar minus leaves
                 "absences": [[43200, 50400, "Training"]],   # named, to explain the holes
                 "lunch": {"earliest": 43200, "latest": 47700, "seconds": 2700},
                 "skills": ["4"], "zones": []}],
     "visits": [{"id": "12", "name": "FM/0012", "point": [48.2, -4.0], "service": 2700,
                 "skills": ["4"], "windows": [[28800, 36000]],   # in which it must START
                 "priority": 1, "shift": null, "technician": null, "day": null, "zone": null,
                 "fixed": null, "at": null, "with": null}],
     "travel": [],                                 # blocks of known travel, see :mod:`.table`
     "plan": {"7:2026-11-30": ["12"]},                   # the order in place before
     "weights": {"waiting": 0.5, "people": 1800, "balance": 0.5},
     "soft_zones": false}                                # other zones only for what has no place

A visit's ``shift`` / ``technician`` / ``day`` lock it there; ``fixed`` is a start time that must
not move. ``at`` is the start planned so far: a check keeps it, solving does not care. A helper's
part in a visit is a visit of its own, locked to the helper, ``with`` the leader's: both start at
the same time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .table import Table

Point = tuple[float, float]
Interval = tuple[int, int]

MAX_PRIORITY = 3


class ProblemError(ValueError):
    """The problem is not well formed; the message names the place."""


@dataclass(frozen=True)
class Lunch:
    """A break of ``seconds`` that must start between ``earliest`` and ``latest``."""

    earliest: int
    latest: int
    seconds: int


@dataclass(frozen=True)
class Shift:
    """One technician's working day."""

    id: str
    technician: str
    day: str
    name: str
    start: Point | None
    end: Point | None
    intervals: tuple[Interval, ...]
    lunch: Lunch | None
    skills: frozenset[str]
    zones: frozenset[str]
    absences: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Visit:
    """One visit to make."""

    id: str
    name: str
    point: Point | None
    service: int
    skills: frozenset[str]
    windows: tuple[Interval, ...]
    priority: int
    shift: str | None
    technician: str | None
    day: str | None
    zone: str | None
    fixed: int | None
    at: int | None
    leader: str | None


@dataclass(frozen=True)
class Weights:
    """What counts besides a second of driving (1.0), in seconds of driving.

    Promises, hours and lunch are no matter of weights: they are always kept.
    """

    waiting: float = 0.0
    """A second of waiting."""
    people: float = 0.0
    """One technician's day in use."""
    balance: float = 0.0
    """A second by which one day is longer or shorter than the mean."""

    @property
    def only_travel(self) -> bool:
        """Whether nothing but driving counts."""
        return not (self.waiting or self.people or self.balance)


@dataclass
class Problem:
    """Validated problem; build it with :meth:`from_dict`."""

    shifts: list[Shift]
    visits: list[Visit]
    plan: dict[str, list[str]]
    speed_kmh: float = 50.0
    detour: float = 1.3
    profile: str = "constant"
    skill_names: dict[str, str] = field(default_factory=dict)
    table: Table | None = None
    weights: Weights = field(default_factory=Weights)
    soft_zones: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Problem:
        """Read and validate a problem dictionary.

        :param data: see the module's documentation
        :raises ProblemError: a value is missing or impossible
        """
        if not isinstance(data, Mapping):
            raise ProblemError("the problem must be a dictionary")
        shifts = [_read_shift(item) for item in data.get("shifts") or []]
        visits = [_read_visit(item) for item in data.get("visits") or []]
        _refuse_doubles("shift", (shift.id for shift in shifts))
        _refuse_doubles("visit", (visit.id for visit in visits))
        known, names = {shift.id for shift in shifts}, {visit.id for visit in visits}
        for visit in visits:
            if visit.shift is not None and visit.shift not in known:
                raise ProblemError(f"visit {visit.id}: unknown shift {visit.shift}")
            if visit.leader is not None and visit.leader not in names:
                raise ProblemError(f"visit {visit.id}: unknown visit {visit.leader}")
        return cls(
            shifts=shifts,
            visits=visits,
            plan=_read_plan(data.get("plan") or {}, known, names),
            speed_kmh=_positive("speed_kmh", data.get("speed_kmh", 50.0)),
            detour=_positive("detour", data.get("detour", 1.3)),
            profile=_read_profile(data.get("profile", "constant")),
            skill_names={str(key): str(name) for key, name in (data.get("skills") or {}).items()},
            table=_read_table(data.get("travel") or []),
            weights=_read_weights(data.get("weights") or {}),
            soft_zones=bool(data.get("soft_zones")),
        )


def _refuse_doubles(kind: str, identifiers: Iterable[str]) -> None:
    seen: set[str] = set()
    for identifier in identifiers:
        if identifier in seen:
            raise ProblemError(f"{kind} {identifier} is there twice")
        seen.add(identifier)


def _read_table(blocks: Any) -> Table | None:
    if not isinstance(blocks, list):
        raise ProblemError("travel must be a list of blocks")
    try:
        return Table(blocks) if blocks else None
    except ValueError as error:
        raise ProblemError(str(error)) from error


def _positive(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise ProblemError(f"{name} must be a positive number, not {value!r}")
    return float(value)


def _read_weights(data: Mapping[str, Any]) -> Weights:
    unknown = set(data) - set(Weights.__dataclass_fields__)
    if unknown:
        raise ProblemError(f"unknown weights {', '.join(sorted(unknown))}")
    for name, value in data.items():
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not good or not 0 <= value <= 1e6:
            raise ProblemError(f"weight {name} must be from 0 to a million, not {value!r}")
    return Weights(**{name: float(value) for name, value in data.items()})


def _read_profile(value: Any) -> str:
    if value not in ("constant", "distance"):
        raise ProblemError(f"unknown speed profile {value!r}")
    return value


def _seconds(where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ProblemError(f"{where}: {value!r} is not a number of seconds")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None or value is False else str(value)


def _texts(values: Any) -> frozenset[str]:
    return frozenset(str(value) for value in values or ())


def _point(where: str, value: Any) -> Point | None:
    if value is None:
        return None
    try:
        latitude, longitude = (float(part) for part in value)
    except (TypeError, ValueError) as error:
        raise ProblemError(f"{where}: {value!r} is not a point") from error
    good = math.isfinite(latitude) and math.isfinite(longitude)
    if not good or abs(latitude) > 90 or abs(longitude) > 180:
        raise ProblemError(f"{where}: {value!r} is not on Earth")
    return latitude, longitude


def _interval(where: str, value: Any) -> Interval:
    try:
        first, last = value
    except (TypeError, ValueError) as error:
        raise ProblemError(f"{where}: {value!r} is not a time interval") from error
    first, last = _seconds(where, first), _seconds(where, last)
    if last < first:
        raise ProblemError(f"{where}: {value!r} ends before it starts")
    return first, last


def _merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for first, last in sorted(intervals):
        if first == last:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def _read_lunch(where: str, value: Any, intervals: tuple[Interval, ...]) -> Lunch | None:
    """The lunch that this day still needs: none when the day leaves it free anyway."""
    if not value or not intervals:
        return None
    earliest = _seconds(where, value.get("earliest"))
    latest = _seconds(where, value.get("latest"))
    seconds = _seconds(where, value.get("seconds"))
    if latest < earliest:
        raise ProblemError(f"{where}: lunch ends before it starts")
    if not seconds or intervals[-1][1] <= latest or intervals[0][0] >= earliest + seconds:
        return None
    for (_start, end), (start, _end) in zip(intervals, intervals[1:], strict=False):
        # Eats while off: an absence at lunch time is long enough.
        if min(start, latest + seconds) - max(end, earliest) >= seconds:
            return None
    return Lunch(earliest, latest, seconds)


def _read_shift(item: Mapping[str, Any]) -> Shift:
    identifier = str(item["id"])
    where = f"shift {identifier}"
    intervals = _merge(_interval(where, value) for value in item.get("intervals") or [])
    return Shift(
        id=identifier,
        technician=str(item.get("technician", identifier)),
        day=str(item.get("day", "")),
        name=str(item.get("name") or identifier),
        start=_point(where, item.get("start")),
        end=_point(where, item.get("end")),
        intervals=intervals,
        lunch=_read_lunch(where, item.get("lunch"), intervals),
        skills=_texts(item.get("skills")),
        zones=_texts(item.get("zones")),
        absences=tuple(
            (*_interval(where, value[:2]), str(value[2])) for value in item.get("absences") or []
        ),
    )


def _read_visit(item: Mapping[str, Any]) -> Visit:
    identifier = str(item["id"])
    where = f"visit {identifier}"
    priority = item.get("priority", 0)
    if priority not in range(MAX_PRIORITY + 1):
        raise ProblemError(f"{where}: priority {priority!r} is not 0 to {MAX_PRIORITY}")
    fixed = item.get("fixed")
    return Visit(
        id=identifier,
        name=str(item.get("name") or identifier),
        point=_point(where, item.get("point")),
        service=_seconds(where, item.get("service")),
        skills=_texts(item.get("skills")),
        windows=tuple(sorted(_interval(where, value) for value in item.get("windows") or [])),
        priority=int(priority),
        shift=_optional_text(item.get("shift")),
        technician=_optional_text(item.get("technician")),
        day=_optional_text(item.get("day")),
        zone=_optional_text(item.get("zone")),
        fixed=None if fixed is None else _seconds(where, fixed),
        at=None if item.get("at") is None else _seconds(where, item["at"]),
        leader=_optional_text(item.get("with")),
    )


def _read_plan(plan: Mapping[str, Any], shifts: set[str], visits: set[str]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    seen: set[str] = set()
    for shift, order in plan.items():
        if str(shift) not in shifts:
            raise ProblemError(f"plan: unknown shift {shift}")
        result[str(shift)] = [str(visit) for visit in order]
        for visit in result[str(shift)]:
            if visit not in visits:
                raise ProblemError(f"plan: unknown visit {visit}")
            if visit in seen:
                raise ProblemError(f"plan: visit {visit} is there twice")
            seen.add(visit)
    return result
