"""French public holidays, departments and their school zones; school calendars in ICS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import vobject
from dateutil.easter import easter

ALSACE_MOSELLE = ("57", "67", "68")
# Day and month of the abolition of slavery, where it is a public holiday.
ABOLITION = {"971": (5, 27), "972": (5, 22), "973": (6, 10), "974": (12, 20), "976": (4, 27)}
FIXED = {
    "new_year": (1, 1),
    "labour_day": (5, 1),
    "victory": (5, 8),
    "bastille": (7, 14),
    "assumption": (8, 15),
    "all_saints": (11, 1),
    "armistice": (11, 11),
    "christmas": (12, 25),
}
EASTER_DAYS = {"easter_monday": 1, "ascension": 39, "whit_monday": 50}


@dataclass(frozen=True)
class PublicHoliday:
    """One public holiday.

    :param departments: codes of the departments where it holds, empty for all of France
    """

    day: date
    code: str
    departments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Period:
    """A named period of an imported calendar; both days included."""

    name: str
    first: date
    last: date


class CalendarError(ValueError):
    """A file that is no calendar.

    :param code: ``not_ics``, ``empty`` or ``bad_event``
    :param detail: what was read
    """

    def __init__(self, code: str, detail: str = ""):
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def public_holidays(year: int) -> list[PublicHoliday]:
    """Return the public holidays of a year in France, the local ones included, in order."""
    sunday = easter(year)
    found = [PublicHoliday(date(year, *day), code) for code, day in FIXED.items()]
    found += [
        PublicHoliday(sunday + timedelta(days=shift), code) for code, shift in EASTER_DAYS.items()
    ]
    found += [
        PublicHoliday(sunday - timedelta(days=2), "good_friday", ALSACE_MOSELLE),
        PublicHoliday(date(year, 12, 26), "saint_stephen", ALSACE_MOSELLE),
    ]
    found += [
        PublicHoliday(date(year, *day), "abolition", (code,)) for code, day in ABOLITION.items()
    ]
    return sorted(found, key=lambda one: (one.day, one.departments))


def department_of(postcode: str | None, insee: str | None = None) -> str:
    """Return the code of the department of a place in France, empty when it can't be told.

    :param postcode: five digits; Corsica is told apart by its third digit
    :param insee: code of the commune, which says it exactly
    """
    for place in ((insee or "").strip().upper(), re.sub(r"\s", "", postcode or "")):
        if not re.fullmatch(r"\d[0-9AB]\d{3}", place):
            continue
        if place[:2] in ("97", "98"):
            return place[:3]
        if place[:2] == "20":
            return "2A" if place < "20200" else "2B"
        return place[:2]
    return ""


def read_ics(data: bytes) -> list[Period]:
    """Return the periods of an ICS file, in order.

    The last day of an event without hours is the one before its end, as the format says. Events
    with hours count from their first to their last day.

    :raises CalendarError: when the file holds no readable period
    """
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise CalendarError("not_ics")
    if "BEGIN:VCALENDAR" not in text.upper():
        raise CalendarError("not_ics")
    found = []
    try:
        for calendar in vobject.readComponents(text, ignoreUnreadable=True):
            found += [
                period for event in calendar.contents.get("vevent", ()) for period in _event(event)
            ]
    except (vobject.base.ParseError, StopIteration, IndexError, KeyError) as error:
        raise CalendarError("not_ics", str(error)[:200]) from error
    if not found:
        raise CalendarError("empty")
    return sorted(found, key=lambda one: (one.first, one.last, one.name))


def _event(event) -> list[Period]:
    name = event.summary.value.strip() if "summary" in event.contents else ""
    if "dtstart" not in event.contents:
        return []
    try:
        start = event.dtstart.value
        end = event.dtend.value if "dtend" in event.contents else start
    except (ValueError, AttributeError) as error:
        raise CalendarError("bad_event", name) from error
    first = _day(start)
    if isinstance(end, datetime):
        last = (end - timedelta(seconds=1)).date() if end > start else _day(end)
    elif "dtend" in event.contents:
        last = end - timedelta(days=1)
    else:
        last = end
    if not isinstance(first, date) or last - first > timedelta(days=366):
        raise CalendarError("bad_event", name)
    return [Period(name, first, max(first, last))]


def _day(moment):
    return moment.date() if isinstance(moment, datetime) else moment
