"""A subscription calendar (iCalendar, RFC 5545) from plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import vobject
from dateutil.tz import tzutc

CONFIRMED, CANCELLED = "CONFIRMED", "CANCELLED"
# Longest line in octets, without its end (RFC 5545, 3.1).
_LONGEST = 75
# RFC 5545 has no place for control characters in a text, apart from line ends and tabs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Event:
    """One visit.

    :param uid: the same for the whole life of the visit
    :param start: first instant, naive UTC
    :param end: last instant, naive UTC
    :param sequence: number of the plan's version
    :param modified: last change, naive UTC
    :param point: ``(latitude, longitude)`` or None
    """

    uid: str
    start: datetime
    end: datetime
    sequence: int
    modified: datetime
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""
    status: str = CONFIRMED
    category: str = ""
    point: tuple[float, float] | None = None


def plain(text: str) -> str:
    """`text` with one kind of line end and without what iCalendar can't carry."""
    return _CONTROL.sub("", str(text or "").replace("\r\n", "\n").replace("\r", "\n")).strip()


def make_feed(name: str, tz: str, events: Iterable[Event]) -> bytes:
    """Write a subscription calendar.

    Times are instants in UTC: right on every device, also on the days the clock changes.

    :param name: shown by the calendar program
    :param tz: IANA time zone, for programs that ask
    :return: bytes of the file, the same for the same events
    """
    calendar = vobject.iCalendar()
    calendar.add("prodid").value = "-//Field suite//Planning//EN"
    calendar.add("method").value = "PUBLISH"
    calendar.add("x-wr-calname").value = plain(name)
    calendar.add("x-wr-timezone").value = tz
    calendar.add("x-published-ttl").value = "PT30M"
    refresh = calendar.add("refresh-interval")
    refresh.value = "PT30M"
    refresh.params["VALUE"] = ["DURATION"]
    for event in events:
        _add_event(calendar, event)
    return _fold(calendar.serialize())


def _add_event(calendar, event: Event) -> None:
    item = calendar.add("vevent")
    item.add("uid").value = event.uid
    item.add("dtstamp").value = _utc(event.modified)
    item.add("dtstart").value = _utc(event.start)
    item.add("dtend").value = _utc(event.end)
    item.add("last-modified").value = _utc(event.modified)
    item.add("sequence").value = str(event.sequence)
    item.add("status").value = event.status
    item.add("transp").value = "TRANSPARENT" if event.status == CANCELLED else "OPAQUE"
    item.add("summary").value = plain(event.summary)
    for key in ("location", "description", "url"):
        if value := plain(getattr(event, key)):
            item.add(key).value = value
    if category := plain(event.category):
        item.add("categories").value = [category]
    if event.point:
        item.add("geo").value = f"{event.point[0]:.6f};{event.point[1]:.6f}"


def _utc(moment: datetime) -> datetime:
    return moment.replace(microsecond=0, tzinfo=tzutc())


def _fold(text: str) -> bytes:
    """Fold lines by octets, never inside a character: vobject lets long characters stand out."""
    folded = []
    for line in text.replace("\r\n ", "").split("\r\n"):
        current = b""
        for character in line:
            octets = character.encode()
            if len(current) + len(octets) > _LONGEST:
                folded.append(current)
                current = b" "
            current += octets
        folded.append(current)
    return b"\r\n".join(folded)
