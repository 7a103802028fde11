"""Hours of the company's day as Odoo keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def local(day, hour, minute=0):
    """Return an hour of the company's day as naive UTC."""
    moment = datetime.combine(day, time(hour, minute), tzinfo=PARIS)
    return moment.astimezone(UTC).replace(tzinfo=None)
