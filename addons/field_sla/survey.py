"""When a customer is asked how a visit went. Plain Python, no database."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def _is_quiet(hour: float, quiet_from: float, quiet_to: float) -> bool:
    if quiet_from <= quiet_to:
        return quiet_from <= hour < quiet_to
    return hour >= quiet_from or hour < quiet_to


def ask_at(
    validated: datetime, delay: timedelta, quiet_from: float, quiet_to: float, tz: str
) -> datetime:
    """Return when to ask: after the delay, and never in the quiet hours of the site.

    :param validated: naive UTC instant
    :param delay: time left to the customer before they are asked
    :param quiet_from: local hour (0 to 24) from which nobody is disturbed; equal to ``quiet_to``
        means that no hour is quiet
    :param quiet_to: local hour at which the quiet hours end; before ``quiet_from`` when they
        pass midnight
    :param tz: IANA name of the site's time zone
    :raises ZoneInfoNotFoundError: unknown time zone
    """
    zone = ZoneInfo(tz)
    due = validated + delay
    wall = due.replace(tzinfo=timezone.utc).astimezone(zone).replace(tzinfo=None)
    if not _is_quiet(wall.hour + wall.minute / 60, quiet_from, quiet_to):
        return due
    end = datetime.combine(wall.date(), time()) + timedelta(minutes=round(quiet_to * 60))
    if end <= wall:
        end += DAY
    return end.replace(tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)
