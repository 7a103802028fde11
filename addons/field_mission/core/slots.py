"""Promised slots: from what a planner types to a window in UTC."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


def local_to_utc(day: date, hour: float, tz: str) -> datetime:
    """Return the naive UTC instant of a local wall-clock hour.

    An hour that the clock skips in spring moves forward with the clock; an hour that happens
    twice in autumn is its first occurrence.

    :param day: local day
    :param hour: hours since local midnight, 0 to 24 (8.5 = 8:30; 24 = midnight after the day)
    :param tz: IANA name
    """
    minutes = round(hour * 60)
    extra, minutes = divmod(minutes, 24 * 60)
    wall = datetime.combine(day + timedelta(days=extra), time(*divmod(minutes, 60)))
    return wall.replace(tzinfo=ZoneInfo(tz)).astimezone(UTC).replace(tzinfo=None)


def utc_to_local(moment: datetime, tz: str) -> datetime:
    """Return the naive local wall-clock time of a naive UTC instant."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(tz)).replace(tzinfo=None)


def promised_window(
    kind: str,
    day: date | None,
    hour: float,
    tz: str,
    halves: dict[str, tuple[float, float]],
) -> tuple[datetime | None, datetime | None]:
    """Return the window in which a visit must start, in naive UTC.

    :param kind: ``exact``, ``morning``, ``afternoon``, ``day``; other kinds promise nothing here
    :param day: promised local day
    :param hour: promised local hour, for ``exact``
    :param halves: ``{"morning": (8.0, 12.0), "afternoon": (13.0, 18.0)}``, local hours
    """
    if not day:
        return None, None
    if kind == "exact":
        start = local_to_utc(day, hour, tz)
        return start, start
    if kind in halves:
        first, last = halves[kind]
        return local_to_utc(day, first, tz), local_to_utc(day, last, tz)
    if kind == "day":
        return (
            local_to_utc(day, halves["morning"][0], tz),
            local_to_utc(day, halves["afternoon"][1], tz),
        )
    return None, None


def with_tolerance(
    kind: str, start: datetime | None, end: datetime | None, minutes: int
) -> tuple[datetime | None, datetime | None]:
    """Return the window widened by the tolerance, which only an exact promise has."""
    if start and end and kind == "exact":
        margin = timedelta(minutes=minutes)
        return start - margin, end + margin
    return start, end
