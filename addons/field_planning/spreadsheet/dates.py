"""Dates as people type them, French or English, with what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from .text import clean, fold

FIRST_YEAR, LAST_YEAR = 2000, 2099
_SERIALS = range(36526, 73051)  # 2000-01-01 to 2099-12-31 as spreadsheet day numbers

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars march mar mrs",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul jul",
            "aout aou august aug",
            "septembre sept september sep",
            "octobre october oct",
            "novembre november nov",
            "decembre december dec",
        ),
        1,
    )
    for name in names.split()
}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "lundi lun lu monday mon",
            "mardi mar ma tuesday tues tue",
            "mercredi mer merc me wednesday wed weds",
            "jeudi jeu je thursday thurs thur thu",
            "vendredi ven vend ve friday fri",
            "samedi sam sa saturday sat",
            "dimanche dim di sunday sun",
        )
    )
    for name in names.split()
}

_YEAR = r"(?P<y>\d{4}|\d{2}(?!\d))"
_SEP = r"\s*[/.\-\u2013\s]\s*"
_MONTH_NAME = r"(?P<name>[a-z]{3,9})\.?"
_NUMERIC = re.compile(rf"(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}})(?:{_SEP}{_YEAR})?(?![\d:h])")
_ISO = re.compile(r"(?P<y>\d{4})\s*[/.\-\u2013]\s*(?P<b>\d{1,2})\s*[/.\-\u2013]\s*(?P<a>\d{1,2})")
_PACKED = re.compile(r"(?P<y>20\d{2})(?P<b>\d{2})(?P<a>\d{2})(?!\d)")
_DAY_MONTH = re.compile(
    rf"(?P<a>\d{{1,2}})\s*(?:er|st|nd|rd|th)?[\s/.\-]*(?:of\s+)?{_MONTH_NAME}(?![a-z])"
    rf"(?:[\s/.,\-]*{_YEAR}(?![:h]))?"
)
_MONTH_DAY = re.compile(
    rf"{_MONTH_NAME}[\s/.\-]*(?P<a>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:h])"
    rf"(?:\s*[,/.\-]?\s*(?P<y>\d{{4}}|'?\d{{2}}(?![\d:h])))?"
)
_LEADING_DAY = re.compile(
    r"^\(?(?:le\s+|on\s+)?(?P<day>[a-z]{2,9})\b\.?\)?[\s,:\-]*(?:le\s+|the\s+)?"
)
_TRAILING_DAY = re.compile(r"^\s*[,(]?\s*(?P<day>[a-z]{2,9})\.?\)?\s*$")
_WEEK = re.compile(
    r"(?:\bsemaine|\bsem|\bweek|\bwk|\bs|\bw|\bkw)\s*\.?\s*(?:n\s*[o°]?\s*)?(?P<week>\d{1,2})\b"
    r"(?:\s*[-/,(]?\s*(?:de\s+)?(?P<y>20\d{2}))?"
)


@dataclass(frozen=True)
class DateContext:
    """What a sheet tells about its dates.

    :param order: "dmy" or "mdy" for dates such as 03/12/2026
    :param anchor: a day near the planning, for dates without a year
    :param week: (ISO year, ISO week) the sheet is about, for lone weekdays
    :param date_1904: day numbers count from 1904 (old Mac files)
    """

    order: str = "dmy"
    anchor: date | None = None
    week: tuple[int, int] | None = None
    date_1904: bool = False


@dataclass(frozen=True)
class DateReading:
    """A date as understood.

    :param value: the day, None where it can't be told
    :param issue: code of the issue, "" where there is none
    :param rest: what the cell holds besides the date, such as a time
    :param exact: the year was given
    :param found: weekday number the calendar gives when it contradicts the text
    """

    value: date | None = None
    issue: str = ""
    rest: str | None = None
    exact: bool = False
    found: int | None = None


def parse_date(raw: Any, context: DateContext | None = None) -> DateReading:
    """Read a date out of a cell.

    :param raw: cell value: date, datetime, day number or text
    :param context: what the sheet tells, see `DateContext`
    :return: a reading whose `issue` is "", "missing_date", "bad_date" or "weekday_mismatch"
    """
    context = context or DateContext()
    if raw is None or isinstance(raw, bool) or clean(raw) in {"", "-", "?", "--"}:
        return DateReading(issue="missing_date")
    if isinstance(raw, datetime):
        rest = raw.strftime("%H:%M") if (raw.hour or raw.minute) else None
        return _checked(raw.date(), rest)
    if isinstance(raw, date):
        return _checked(raw)
    if isinstance(raw, (int, float)):
        return _from_number(float(raw), context)
    return _from_text(fold(clean(raw)), context)


def _checked(day: date, rest: str | None = None, exact: bool = True) -> DateReading:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return DateReading(issue="bad_date")
    return DateReading(day, rest=rest, exact=exact)


def _from_number(number: float, context: DateContext) -> DateReading:
    if not 0 <= number < 1e9:
        return DateReading(issue="bad_date")
    if int(number) in _SERIALS:
        start = date(1904, 1, 1) if context.date_1904 else date(1899, 12, 30)
        seconds = round((number % 1) * 86400)
        rest = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}" if seconds else None
        return _checked(start + timedelta(days=int(number)), rest)
    if number == int(number) and _PACKED.fullmatch(str(int(number))):
        return _from_text(str(int(number)), context)
    return DateReading(issue="bad_date")


def _from_text(text: str, context: DateContext) -> DateReading:
    if re.fullmatch(r"\d{5}(?:[.,]\d+)?", text):
        return _from_number(float(text.replace(",", ".")), context)
    weekday, text = _strip_weekday(text)
    if not text:
        return _lone_weekday(weekday, context)
    if week := _WEEK.fullmatch(text):
        spoken = _week_of(week, context)
        return _lone_weekday(weekday, replace(context, week=spoken))
    found = _find_parts(text, context)
    if found is None:
        return DateReading(issue="bad_date")
    day, month, year, rest = found
    if weekday is None and rest and (trailing := _TRAILING_DAY.match(rest)):
        name = trailing["day"]
        if name in WEEKDAYS:
            weekday, rest = WEEKDAYS[name], ""
    rest = re.sub(r"^(?:t|\s*(?:[,;@\-]|a\s|at\s|vers\s(?=\d)))?\s*", "", rest).strip()
    return _assemble(day, month, year, weekday, rest or None, context)


def _strip_weekday(text: str) -> tuple[int | None, str]:
    match = _LEADING_DAY.match(text)
    if match and match["day"] in WEEKDAYS:
        return WEEKDAYS[match["day"]], text[match.end() :].strip()
    return None, re.sub(r"^(?:le|on)\s+", "", text)


def _find_parts(text: str, context: DateContext) -> tuple[int, int, int | None, str] | None:
    """Day, month, year (None when not given) and what follows the date in `text`."""
    for pattern in (_ISO, _PACKED):
        if match := pattern.match(text):
            return int(match["a"]), int(match["b"]), int(match["y"]), text[match.end() :]
    if match := _NUMERIC.match(text):
        first, second = int(match["a"]), int(match["b"])
        if context.order == "mdy":
            first, second = second, first
        return first, second, _full_year(match["y"]), text[match.end() :]
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        match = pattern.match(text)
        if match and (month := _month(match["name"])):
            return int(match["a"]), month, _full_year(match["y"]), text[match.end() :]
    return None


def _month(name: str) -> int | None:
    if name in _MONTHS:
        return _MONTHS[name]
    # "septem", "novemb": a longer piece of one month's name only.
    numbers = {number for month, number in _MONTHS.items() if month.startswith(name)}
    return numbers.pop() if len(name) >= 4 and len(numbers) == 1 else None


def _full_year(text: str | None) -> int | None:
    if not text:
        return None
    year = int(text.strip("'"))
    return year + 2000 if year < 100 else year


def _assemble(
    day: int,
    month: int,
    year: int | None,
    weekday: int | None,
    rest: str | None,
    context: DateContext,
) -> DateReading:
    if year is not None:
        value = _make(year, month, day)
        if value is None or not FIRST_YEAR <= year <= LAST_YEAR:
            return DateReading(issue="bad_date")
        if weekday is not None and value.weekday() != weekday:
            return DateReading(issue="weekday_mismatch", found=value.weekday(), rest=rest)
        return DateReading(value, rest=rest, exact=True)
    anchor = context.anchor or date.today()
    days = [d for y in range(anchor.year - 1, anchor.year + 2) if (d := _make(y, month, day))]
    if not days:
        return DateReading(issue="bad_date")
    nearest = min(days, key=lambda d: abs(d - anchor))
    if weekday is None or nearest.weekday() == weekday:
        return DateReading(nearest, rest=rest)
    fitting = [d for d in days if d.weekday() == weekday]
    if fitting and context.anchor is None:
        return DateReading(min(fitting, key=lambda d: abs(d - anchor)), rest=rest)
    return DateReading(issue="weekday_mismatch", found=nearest.weekday(), rest=rest)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _lone_weekday(weekday: int | None, context: DateContext) -> DateReading:
    if weekday is None or context.week is None:
        return DateReading(issue="bad_date")
    year, week = context.week
    try:
        return DateReading(date.fromisocalendar(year, week, weekday + 1), exact=True)
    except ValueError:
        return DateReading(issue="bad_date")


def _week_of(match: re.Match[str], context: DateContext) -> tuple[int, int] | None:
    week = int(match["week"])
    if not 1 <= week <= 53:
        return None
    if match["y"]:
        return int(match["y"]), week
    if context.anchor is None:
        return (context.week[0], week) if context.week else None
    years = range(context.anchor.year - 1, context.anchor.year + 2)
    mondays = [(_monday(year, week), year) for year in years]
    known = [(abs(day - context.anchor), year) for day, year in mondays if day]
    return (min(known)[1], week) if known else None


def _monday(year: int, week: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return None


def find_week(text: str, anchor: date | None = None) -> tuple[int, int] | None:
    """The ISO week named in a title (`PLANNING - SEMAINE 49`), as (year, week).

    :param anchor: a day near it, for titles without a year
    """
    folded = fold(text)
    match = _WEEK.search(folded)
    if not match:
        return None
    year = re.search(r"\b(20\d{2})\b", folded)
    if year and not match["y"]:
        week = int(match["week"])
        return (int(year[1]), week) if 1 <= week <= 53 else None
    return _week_of(match, DateContext(anchor=anchor))


def find_date(text: str, context: DateContext | None = None) -> date | None:
    """The first date that stands anywhere in a title or section line, None where there is none."""
    folded = fold(clean(text))
    context = context or DateContext()
    starts = [m.start() for m in re.finditer(r"(?<![a-z0-9])[a-z0-9]", folded)]
    for start in starts:
        piece = folded[start:]
        word = re.match(r"[a-z]+", piece)
        if word and word.group() not in WEEKDAYS and not _month(word.group()):
            continue
        reading = _from_text(piece, context)
        if reading.value and (reading.exact or re.search("[a-z/.-]", piece)):
            return reading.value
        if word and word.group() in WEEKDAYS and context.week:
            return _lone_weekday(WEEKDAYS[word.group()], context).value
    return None


def find_dates(text: str, context: DateContext | None = None) -> list[date]:
    """Every date in a title such as `du 30/11 au 04/12/2026`, in order."""
    folded = fold(clean(text))
    context = context or DateContext()
    found: list[date] = []
    pattern = re.compile(f"{_ISO.pattern}|{_any_date_pattern()}")
    years = [int(year) for year in re.findall(r"\b(20\d{2})\b", folded)]
    if years and context.anchor is None:
        context = replace(context, anchor=date(years[0], 7, 1))
    for match in pattern.finditer(folded):
        reading = _from_text(match.group(), context)
        if reading.value:
            found.append(reading.value)
    if found and years and not any(day.year in years for day in found):
        found = [day for day in (_make(years[0], d.month, d.day) for d in found) if day]
    return found


def _any_date_pattern() -> str:
    name = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
    year = r"(?:[\s/.,\-]*(?:20\d{2}|\d{2}(?![\d:h])))?"
    return (
        rf"\d{{1,2}}[/.\-]\d{{1,2}}(?:[/.\-](?:\d{{4}}|\d{{2}}))?(?!\d)"
        rf"|\d{{1,2}}(?:er|st|nd|rd|th)?[\s\-]*{name}{year}"
        rf"|{name}\s*\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s*20\d{{2}})?"
    )


def guess_order(values: Iterable[Any], english: bool = False) -> str:
    """Whether dates of a column read day first ("dmy") or month first ("mdy").

    A day above 12 decides. Where none is, the reading that keeps the days closest together wins,
    and where both are equal the day comes first, unless all is English with a clear spread.
    """
    pairs: list[tuple[int, int, int | None]] = []
    firm: list[date] = []
    for value in values:
        if isinstance(value, (date, datetime)):
            firm.append(value.date() if isinstance(value, datetime) else value)
            continue
        if not isinstance(value, str):
            continue
        _weekday, text = _strip_weekday(fold(clean(value)))
        match = None if _ISO.match(text) else _NUMERIC.match(text)
        if match:
            pairs.append((int(match["a"]), int(match["b"]), _full_year(match["y"])))
    day_first = sum(a > 12 >= b for a, b, _y in pairs)
    month_first = sum(b > 12 >= a for a, b, _y in pairs)
    if day_first != month_first:
        return "dmy" if day_first > month_first else "mdy"
    spreads = [_spread(pairs, firm, order) for order in ("dmy", "mdy")]
    if spreads[0] == spreads[1]:
        return "dmy"
    return "mdy" if spreads[1] < spreads[0] else "dmy"


def _spread(pairs: list[tuple[int, int, int | None]], firm: list[date], order: str) -> int:
    days = list(firm)
    for first, second, year in pairs:
        day, month = (first, second) if order == "dmy" else (second, first)
        made = _make(year or (firm[0].year if firm else 2026), month, day)
        if made:
            days.append(made)
    if len(days) < 2:
        return 0
    ordered = sorted(days)
    cut = len(ordered) // 10  # a few wrong dates must not decide
    core = ordered[cut : len(ordered) - cut]
    return (core[-1] - core[0]).days
