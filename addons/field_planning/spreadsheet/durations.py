"""Durations as people type them, in minutes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from .text import clean, fold
from .times import PLACEHOLDERS

MINUTES, HOURS, DAYS = "minutes", "hours", "days"
_LONGEST = 10 * 24 * 60

_NUMBER = r"\d+(?:[.,]\d+)?|[.,]\d+"
_HOUR_WORDS = r"h(?:(?:eu)?r?e?s?|ours?|rs?)?\.?"
_MINUTE_WORDS = r"(?:min(?:ute)?s?|mn|mins?|m|')\.?"
_DAY_WORDS = r"(?:jours?|jrs?|j|journees?|days?|d)\.?"
_HOURS_MINUTES = re.compile(
    rf"(?P<h>\d{{1,3}})\s*{_HOUR_WORDS}\s*(?:et\s+|and\s+)?(?P<m>\d{{1,2}})\s*(?:{_MINUTE_WORDS})?"
)
_HOURS_HALF = re.compile(
    rf"(?P<h>\d{{1,2}})\s*{_HOUR_WORDS}\s*(?:et\s+)?(?P<f>1/2|demie?|half|1/4|3/4)"
)
_HOURS_ONLY = re.compile(rf"(?P<n>{_NUMBER})\s*{_HOUR_WORDS}")
_MINUTES_ONLY = re.compile(rf"(?P<n>{_NUMBER})\s*{_MINUTE_WORDS}")
_DAYS_ONLY = re.compile(rf"(?P<n>{_NUMBER})\s*{_DAY_WORDS}")
_CLOCK = re.compile(r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?")
_FRACTION = re.compile(
    rf"(?P<n>\d\s+)?(?P<f>1/2|demie?|half|1/4|3/4|quart d')(?:\s+an?)?[\s\-]*(?P<u>{_HOUR_WORDS}|{_DAY_WORDS})"
)
_FRACTIONS = {
    "1/2": 0.5,
    "demi": 0.5,
    "demie": 0.5,
    "half": 0.5,
    "1/4": 0.25,
    "3/4": 0.75,
    "quart d'": 0.25,
}


@dataclass(frozen=True)
class DurationContext:
    """What a column tells about its durations.

    :param unit: unit of bare numbers: `MINUTES`, `HOURS`, `DAYS`, "" when unsure
    :param hours_per_day: length of a working day, in hours
    """

    unit: str = ""
    hours_per_day: float = 7.0


@dataclass(frozen=True)
class DurationReading:
    """A duration as understood: `minutes` (None: not given) and the code of an issue or ""."""

    minutes: int | None = None
    issue: str = ""


def parse_duration(raw: Any, context: DurationContext | None = None) -> DurationReading:
    """Read a duration out of a cell.

    :param raw: cell value: number, time, timedelta or text
    :param context: what the column tells, see `DurationContext`
    :return: minutes, and "bad_duration" or "odd_duration" where something is wrong
    """
    context = context or DurationContext()
    if raw is None or isinstance(raw, bool):
        return DurationReading()
    if isinstance(raw, timedelta):
        return _checked(raw.total_seconds() / 60)
    if isinstance(raw, datetime):
        # 24 hours and more come as a day after the spreadsheet's first one.
        return _checked(
            (raw - datetime(1899, 12, 31 if raw.year == 1900 else 30)).total_seconds() / 60
        )
    if isinstance(raw, time):
        return _checked(raw.hour * 60 + raw.minute + raw.second / 60)
    if isinstance(raw, date):
        return DurationReading(issue="bad_duration")
    if isinstance(raw, (int, float)):
        return _from_number(float(raw), context)
    return _from_text(fold(clean(raw).replace("½", " 1/2 ").replace("¼", " 1/4 ")), context)


def _checked(minutes: float) -> DurationReading:
    rounded = round(minutes)
    if rounded == 0:
        return DurationReading()
    if rounded < 0 or rounded > _LONGEST:
        return DurationReading(issue="bad_duration")
    odd = rounded < 5 or rounded > 24 * 60
    return DurationReading(rounded, "odd_duration" if odd else "")


def _from_number(number: float, context: DurationContext) -> DurationReading:
    if not 0 <= number <= _LONGEST:
        return DurationReading(issue="bad_duration")
    unit = context.unit or _unit_of(number)
    if unit == "fraction":
        return _checked(number * 1440)
    factor = {MINUTES: 1.0, HOURS: 60.0, DAYS: context.hours_per_day * 60}[unit]
    return _checked(number * factor)


def _unit_of(number: float) -> str:
    """Unit of a lone bare number: small ones are hours, others minutes."""
    if number != int(number) and number < 0.25:
        return "fraction"
    return HOURS if number <= 8 and not (number == int(number) and number >= 5) else MINUTES


def _from_text(text: str, context: DurationContext) -> DurationReading:
    text = re.sub(r"\s+", " ", text).strip(" .;")
    text = re.sub(r"^(?:~|env(?:iron)?\.?|approx\.?|about|ca\.?|\+/-|duree\s*:?)\s*", "", text)
    text = re.sub(r"\s*(?:env(?:iron)?\.?|approx\.?|\(?estime?e?\)?)$", "", text)
    if not text or text in PLACEHOLDERS:
        return DurationReading()
    minutes = _minutes(text, context)
    return DurationReading(issue="bad_duration") if minutes is None else _checked(minutes)


def _minutes(text: str, context: DurationContext) -> float | None:
    if re.fullmatch(_NUMBER, text):
        return _from_number(_number(text), context).minutes or 0
    day = context.hours_per_day * 60
    if text in {"journee", "la journee", "jour", "day", "full day"}:
        return day
    if text in {"demi-journee", "demi journee", "1/2 journee", "half day", "half-day"}:
        return day / 2
    if match := _FRACTION.fullmatch(text):
        size = _FRACTIONS[match["f"]] + int(match["n"] or 0)
        return size * (day if re.fullmatch(_DAY_WORDS, match["u"]) else 60)
    if match := _HOURS_HALF.fullmatch(text):
        return (int(match["h"]) + _FRACTIONS[match["f"]]) * 60
    if match := _HOURS_MINUTES.fullmatch(text):
        return int(match["h"]) * 60 + int(match["m"]) if int(match["m"]) < 60 else None
    if match := _CLOCK.fullmatch(text):
        return int(match["h"]) * 60 + int(match["m"])
    for pattern, factor in ((_MINUTES_ONLY, 1.0), (_HOURS_ONLY, 60.0), (_DAYS_ONLY, day)):
        if match := pattern.fullmatch(text):
            return _number(match["n"]) * factor
    return None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def unit_from_title(title: str) -> str:
    """Unit that a column's title names (`Durée (min)`, `Temps en heures`), "" where it names none."""
    words = set(re.findall("[a-z']+", fold(title)))
    if words & {"min", "mins", "mn", "minute", "minutes", "m"}:
        return MINUTES
    if words & {"h", "hr", "hrs", "heure", "heures", "hour", "hours"}:
        return HOURS
    if words & {"j", "jr", "jour", "jours", "day", "days"}:
        return DAYS
    return ""


def guess_unit(values: Iterable[Any], title: str = "") -> str:
    """Unit of the bare numbers of a column, from its title, else from their sizes."""
    named = unit_from_title(title)
    numbers = [number for value in values if (number := _bare(value)) is not None and number > 0]
    if named or not numbers:
        return named
    if max(numbers) < 10 and min(numbers) < 5:
        return "" if all(number < 0.25 for number in numbers) else HOURS
    if min(numbers) >= 5 or (max(numbers) >= 15 and all(n == int(n) for n in numbers)):
        return MINUTES
    return ""


def _bare(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    text = clean(value)
    return _number(text) if isinstance(value, str) and re.fullmatch(_NUMBER, text) else None
