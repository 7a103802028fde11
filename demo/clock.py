"""Hours of the company's day as Odoo keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def local(day, hour, minute=0):
    """Return an hour of the company's day as naive UTC."""
    moment = datetime.combine(day, time(hour, minute), tzinfo=PARIS)
    return moment.astimezone(UTC).replace(tzinfo=None)


# The hours between which a demo made on its own day looks at it.
EARLIEST, LATEST = (9, 30), (17, 0)
# When it looks at a day that is not the present one.
USUAL = (10, 40)


def look_at(day, moment):
    """Return the hour and minute at which the demo looks at its day: the present ones, in hours of work.

    :param day: the demo's day
    :param moment: aware datetime, the present
    """
    here = moment.astimezone(PARIS)
    if here.date() != day:
        return USUAL
    return min(max((here.hour, here.minute // 10 * 10), EARLIEST), LATEST)
