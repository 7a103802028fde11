"""Recurring visits: from a rule and a calendar of closed days to the dates that are due.

Dates are local dates of the site; hours come later, when a slot is made of a date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from dateutil import rrule
from dateutil.relativedelta import relativedelta

DAY, WEEK, MONTH, YEAR = "day", "week", "month", "year"
KEEP, SKIP, BEFORE, AFTER = "keep", "skip", "before", "after"
ANY, ONLY, NEVER = "any", "only", "never"
FREQUENCIES = {DAY: rrule.DAILY, WEEK: rrule.WEEKLY, MONTH: rrule.MONTHLY, YEAR: rrule.YEARLY}
ALL_MONTHS = frozenset(range(1, 13))
# How far a visit may be shifted to find an open day.
LONGEST_SHIFT = 400
# Visits around the days asked for are looked at too: one shifted onto another one's day yields.
MARGIN = timedelta(days=62)


@dataclass(frozen=True)
class Rule:
    """When visits are due.

    :param start: first day on which a visit may be due; anchors "every second week"
    :param end: last day on which one may be due, None for no end
    :param unit: ``day``, ``week``, ``month`` or ``year``
    :param weekdays: of a weekly rule, 0 = Monday; empty: the weekday of the start
    :param by_weekday: of a monthly or yearly rule: "the nth weekday", else "the day"
    :param day: day of the month; where a month is shorter, its last day
    :param nth: 1 to 4, -1 = last
    :param month: of a yearly rule
    :param excluded: months without visits, 1 to 12
    :param on_weekend: what becomes of a visit on a Saturday or Sunday that the rule doesn't name
    :param on_holiday: the same for public holidays
    :param school: ``any``, ``only`` (during school holidays) or ``never`` (then)
    :param on_school: what becomes of a visit that ``school`` forbids
    """

    start: date
    end: date | None = None
    unit: str = WEEK
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    by_weekday: bool = False
    day: int = 1
    nth: int = 1
    weekday: int = 0
    month: int = 1
    excluded: frozenset[int] = frozenset()
    on_weekend: str = AFTER
    on_holiday: str = AFTER
    school: str = ANY
    on_school: str = AFTER


@dataclass(frozen=True)
class Closings:
    """The days that matter to one place.

    :param public: ``{day: name}`` of public holidays
    :param school: ``{day: name}`` of school holidays
    :param school_known: first and last day for which school holidays are known, or None
    """

    public: dict[date, str] = field(default_factory=dict)
    school: dict[date, str] = field(default_factory=dict)
    school_known: tuple[date, date] | None = None

    def knows_school(self, day: date) -> bool:
        """Tell whether the school holidays around a day are known."""
        return bool(self.school_known) and self.school_known[0] <= day <= self.school_known[1]


@dataclass(frozen=True)
class Occurrence:
    """One visit that the rule asks for.

    :param nominal: the day that the rule names; never changes, so it identifies the visit
    :param day: the day on which it is due, None when it is skipped
    :param reason: why it was shifted or skipped: ``weekend``, ``public``, ``school_only``,
        ``school_never``, ``same_day`` (another visit is due that day), ``no_day`` (no open day
        before the end); empty otherwise
    :param name: name of the holiday
    :param unknown: whether the rule needs school holidays that nobody loaded
    """

    nominal: date
    day: date | None
    reason: str = ""
    name: str = ""
    unknown: bool = False

    @property
    def key(self) -> str:
        """What identifies the visit within its plan and site."""
        return self.nominal.isoformat()


def occurrences(rule: Rule, first: date, last: date, closings: Closings) -> list[Occurrence]:
    """Return the visits whose nominal day lies within two days, in order.

    The result for one nominal day does not depend on the days asked for.
    """
    resolved = [
        resolve(rule, nominal, closings)
        for nominal in nominal_days(rule, first - MARGIN, last + MARGIN)
    ]
    return [one for one in _without_doubles(resolved) if first <= one.nominal <= last]


def due_between(rule: Rule, first: date, last: date, closings: Closings) -> list[Occurrence]:
    """Return the visits due within two days, wherever their nominal day lies, in order of day."""
    found = occurrences(rule, first - MARGIN, last + MARGIN, closings)
    return sorted(
        (one for one in found if one.day and first <= one.day <= last), key=lambda one: one.day
    )


def nominal_days(rule: Rule, first: date, last: date) -> Iterator[date]:
    """Yield the days that the rule names, closed ones included."""
    last = min(last, rule.end) if rule.end else last
    first = max(first, rule.start)
    months = {rule.month} if rule.unit == YEAR else ALL_MONTHS
    if first > last or not months - rule.excluded:
        return
    for moment in _rrule(rule, last):
        if moment.date() >= first:
            yield moment.date()


def next_nominal(rule: Rule, after: date, within: int = 4000) -> date | None:
    """Return the first day that the rule names on or after a day, or None.

    :param within: days to look ahead
    """
    return next(nominal_days(rule, after, after + timedelta(days=within)), None)


def after_completion(rule: Rule, done: date) -> date | None:
    """Return the nominal day of the visit that follows one carried out on a day.

    The interval runs from the day on which the work was done; a weekly rule then takes the next
    of its weekdays, and an excluded month passes the visit on to the first day after it.
    """
    steps = {DAY: "days", WEEK: "weeks", MONTH: "months", YEAR: "years"}
    day = done + relativedelta(**{steps[rule.unit]: rule.interval})
    day = max(day, rule.start)
    if not ALL_MONTHS - rule.excluded:
        return None
    while day.month in rule.excluded or (
        rule.unit == WEEK and rule.weekdays and day.weekday() not in rule.weekdays
    ):
        day += timedelta(days=1)
    return day if not rule.end or day <= rule.end else None


def chain(rule: Rule, done: date, last: date, closings: Closings) -> list[Occurrence]:
    """Return the visits to come after one done on a day, each done on the day it is due."""
    found = []
    while (nominal := after_completion(rule, done)) and nominal <= last:
        one = resolve(rule, nominal, closings)
        found.append(one)
        done = max(one.day or nominal, done + timedelta(days=1))
    return found


def resolve(rule: Rule, nominal: date, closings: Closings) -> Occurrence:
    """Return what becomes of the visit of one nominal day: kept, shifted or skipped."""
    unknown = rule.school != ANY and not closings.knows_school(nominal)
    reason, name = _closed(rule, nominal, closings)
    if not reason:
        return Occurrence(nominal, nominal, unknown=unknown)
    action = _action(rule, reason)
    if action == SKIP:
        return Occurrence(nominal, None, reason, name)
    # No visit before the start nor after the end: then the other way round.
    for step in (1, -1) if action == AFTER else (-1, 1):
        day = _open_day(rule, nominal, step, closings)
        if day:
            return Occurrence(nominal, day, reason, name, unknown)
    return Occurrence(nominal, None, "no_day", name)


def window(day: date, tolerance: int, start: date, end: date | None) -> tuple[date, date]:
    """Return the first and last day on which a visit due on a day is on time."""
    first = max(day - timedelta(days=tolerance), min(start, day))
    last = day + timedelta(days=tolerance)
    return first, min(last, max(end, day)) if end else last


def _rrule(rule: Rule, last: date) -> rrule.rrule:
    options = {}
    if rule.unit == WEEK:
        options["byweekday"] = rule.weekdays or (rule.start.weekday(),)
    elif rule.unit in (MONTH, YEAR) and rule.by_weekday:
        options["byweekday"] = rrule.weekday(rule.weekday, rule.nth)
    elif rule.unit in (MONTH, YEAR):
        # The last of the days 28 to 31 that the month has.
        options["bymonthday"] = range(min(rule.day, 28), rule.day + 1)
        options["bysetpos"] = -1
    if rule.unit == YEAR:
        options["bymonth"] = rule.month
    elif rule.excluded:
        options["bymonth"] = sorted(ALL_MONTHS - rule.excluded)
    # From the first day of its month: days before the start are left out by the caller.
    anchor = rule.start.replace(day=1) if rule.unit in (MONTH, YEAR) else rule.start
    if rule.unit == YEAR:
        anchor = anchor.replace(month=1)
    return rrule.rrule(
        FREQUENCIES[rule.unit],
        interval=rule.interval,
        wkst=rrule.MO,
        dtstart=datetime.combine(anchor, time.min),
        until=datetime.combine(last, time.min),
        **options,
    )


def _closed(rule: Rule, day: date, closings: Closings) -> tuple[str, str]:
    named = rule.weekdays if rule.unit == WEEK else ()
    if rule.unit in (MONTH, YEAR) and rule.by_weekday:
        named = (rule.weekday,)
    if day.weekday() >= 5 and rule.on_weekend != KEEP and day.weekday() not in named:
        return "weekend", ""
    if day in closings.public and rule.on_holiday != KEEP:
        return "public", closings.public[day]
    if rule.school != ANY and closings.knows_school(day):
        if rule.school == NEVER and day in closings.school:
            return "school_never", closings.school[day]
        if rule.school == ONLY and day not in closings.school:
            return "school_only", ""
    return "", ""


def _action(rule: Rule, reason: str) -> str:
    return {"weekend": rule.on_weekend, "public": rule.on_holiday}.get(reason, rule.on_school)


def _open_day(rule: Rule, nominal: date, step: int, closings: Closings) -> date | None:
    for shift in range(1, LONGEST_SHIFT):
        day = nominal + timedelta(days=step * shift)
        if day < rule.start or (rule.end and day > rule.end):
            return None
        if day.month not in rule.excluded and not _closed(rule, day, closings)[0]:
            return day
    return None


def _without_doubles(found: list[Occurrence]) -> list[Occurrence]:
    """Drop a shifted visit whose day already has one: the unshifted, else the earlier one stays."""
    taken = {one.day for one in found if one.day == one.nominal}
    kept = []
    for one in found:
        if one.day and one.day != one.nominal:
            if one.day in taken:
                one = Occurrence(one.nominal, None, "same_day", one.name)
            taken.add(one.day)
        kept.append(one)
    return kept
