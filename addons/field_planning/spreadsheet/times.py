"""Times of day and half-days as people type them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from .text import clean, fold

EXACT, MORNING, AFTERNOON, DAY, WINDOW, NONE = (
    "exact",
    "morning",
    "afternoon",
    "day",
    "window",
    "none",
)
#: Words of people who don't know yet.
PLACEHOLDERS = frozenset(
    (
        *("?", "??", "???", "-", "--", "---", "/", ".", "x", "n/a", "na", "nc", "n.c", "nr", "tbd"),
        *("tbc", "tba", "a definir", "a preciser", "a voir", "a confirmer", "a planifier"),
        *("a caler", "a fixer", "non defini", "non definie", "non precise", "non precisee"),
        *("inconnu", "inconnue", "vide", "none", "null", "nan", "sans", "aucun", "aucune", "rien"),
        *("to be defined", "to be confirmed", "unknown", "\u2013", "\u2014"),
    )
)

_MORNING = frozenset(
    (
        *("matin", "matinee", "mat", "mati", "matn", "morning", "le matin", "en matinee", "m"),
        *("dans la matinee", "in the morning", "demi-journee matin", "1/2 j matin", "ce matin"),
        *("debut de matinee", "fin de matinee", "milieu de matinee", "early morning"),
        *("debut matinee", "fin matinee", "late morning", "in de matinee", "1/2 journee matin"),
    )
)
_AFTERNOON = frozenset(
    (
        *("apres-midi", "apres midi", "apresmidi", "aprs-midi", "apres- midi", "apres -midi"),
        *("apres - midi", "aprem", "aprem'", "aprm", "apm", "ap", "ap-m", "ap midi", "ap-midi"),
        *("ap.midi", "ap. midi", "apr-midi", "apr midi", "apr. midi", "apres-m", "a-m", "a.-m"),
        *("a/m", "l'apres-midi", "l'apres midi", "dans l'apres-midi", "cet apres-midi", "pm"),
        *("p.m", "afternoon", "in the afternoon", "early afternoon", "late afternoon"),
        *("debut d'apres-midi", "fin d'apres-midi", "debut apres-midi", "fin apres-midi"),
        *("milieu d'apres-midi", "demi-journee apres-midi", "1/2 j apres-midi", "a-midi"),
        *("1/2 journee apres-midi", "aprem.", "apres-mid", "apres midi."),
    )
)
_DAY = frozenset(
    (
        *("journee", "jour", "jr", "j", "day", "la journee", "toute la journee", "toute journee"),
        *("dans la journee", "en journee", "journee entiere", "all day", "any time", "anytime"),
        *("whole day", "full day", "flexible", "libre", "indifferent", "indiff", "peu importe"),
        *("sans horaire", "pas d'horaire", "sans heure", "heure libre", "horaire libre"),
        *("matin ou apres-midi", "matin/apres-midi", "during the day", "jour entier"),
    )
)

_CLOCK = (
    r"(?P<{p}h>[01]?\d|2[0-4])"
    r"(?:\s*(?:h(?:eures?|rs?)?|:|\.|,)\s*(?P<{p}m>[0-5]\d)(?:\s*(?:min|mn|m))?"
    r"(?::[0-5]\d(?:\.\d+)?)?|\s*h(?:eures?|rs?)?|(?={need}))"
    r"\s*(?P<{p}half>a\.?m\b\.?|p\.?m\b\.?)?"
)
_ONE = _CLOCK.format(p="s", need=r"\s*[ap]\.?m\b")
_SECOND = _CLOCK.format(p="e", need=r"\s*(?:h|[ap]\.?m\b|$)")
_BARE_ONE = _CLOCK.format(p="s", need=r"\s*(?:[-\u2013/>]|a\s|et\s|to\s|and\s|[ap]\.?m\b)")
_TIME = re.compile(_ONE)
_RANGE = re.compile(
    rf"(?P<word>entre|between|de|from|des)?\s*{_BARE_ONE}\s*"
    rf"(?:[-\u2013\u2014/>]+|a|et|to|and|jusqu'a|until|till)\s*{_SECOND}"
)
_FOUR = re.compile(r"(?P<h>[01]?\d|2[0-3])(?P<m>[0-5]\d)")
_EDGE = re.compile(
    r"^(?P<word>avant|before|pas apres|au plus tard(?: a)?|apres|after|a partir de|from|des|pas avant)\s+"
    r"(?P<time>.+)$"
)
_ABOUT = re.compile(r"^(?:vers|environ|env\.?|about|around|approx\.?|ca\.?|~|\u2248|\+/-)\s*")


@dataclass(frozen=True)
class TimeContext:
    """What a column tells about its times.

    :param am: what "AM" alone means: "morning", "afternoon" (après-midi), "" when unsure
    :param window: ranges are arrival windows rather than start and end of the work
    """

    am: str = ""
    window: bool = False


@dataclass(frozen=True)
class TimeReading:
    """A promised time as understood.

    :param kind: one of `EXACT`, `MORNING`, `AFTERNOON`, `DAY`, `WINDOW`, `NONE`
    :param start: time of arrival, or first of the window (None: from the opening)
    :param end: end of the range or window (None: open)
    :param issue: code of the issue, "" where there is none
    """

    kind: str = NONE
    start: time | None = None
    end: time | None = None
    issue: str = ""


def parse_time(raw: Any, context: TimeContext | None = None) -> TimeReading:
    """Read a promised time out of a cell.

    :param raw: cell value: time, datetime, timedelta, fraction of a day, hour or text
    :param context: what the column tells, see `TimeContext`
    :return: a reading whose `issue` is "", "bad_time", "ambiguous_half_day" or "approximate_time"
    """
    context = context or TimeContext()
    if raw is None or isinstance(raw, bool):
        return TimeReading()
    if isinstance(raw, datetime):
        return _exact(raw.hour, raw.minute) if raw.time() != time(0) else TimeReading()
    if isinstance(raw, time):
        return _exact(raw.hour, raw.minute) if raw != time(0) else TimeReading()
    if isinstance(raw, timedelta):
        return _from_fraction(raw.total_seconds() / 86400)
    if isinstance(raw, (int, float)):
        return _from_number(float(raw))
    if isinstance(raw, date):
        return TimeReading(issue="bad_time")
    return _from_text(fold(clean(raw)).strip(" .;,"), context)


def _exact(hour: int, minute: int, issue: str = "") -> TimeReading:
    if hour == 24 and minute == 0:
        return TimeReading(issue="bad_time")
    return TimeReading(EXACT, time(hour, minute), issue=issue)


def _from_fraction(fraction: float) -> TimeReading:
    minutes = round(fraction * 1440)
    if not 0 < minutes < 1440:
        return TimeReading() if minutes == 0 else TimeReading(issue="bad_time")
    return _exact(*divmod(minutes, 60))


def _from_number(number: float) -> TimeReading:
    """Fractions of a day below 1; above, hours, `8.3` typed for 8.30, `1330`, or a decimal hour."""
    if not 0 <= number < 10_000:
        return TimeReading(issue="bad_time")
    if number < 1:
        return _from_fraction(number)
    if number == int(number):
        whole = int(number)
        if whole < 24:
            return _exact(whole, 0)
        match = _FOUR.fullmatch(str(whole)) if whole >= 100 else None
        return _exact(int(match["h"]), int(match["m"])) if match else TimeReading(issue="bad_time")
    hours, cents = int(number), round(number % 1 * 100)
    if hours > 23:
        return TimeReading(issue="bad_time")
    minutes = {50: 30, 25: 15, 75: 45}.get(
        cents, cents if cents in (5, 10, 15, 20, 30, 40, 45) else -1
    )
    return _exact(hours, minutes) if minutes >= 0 else TimeReading(issue="bad_time")


def _from_text(text: str, context: TimeContext) -> TimeReading:
    if not text or text in PLACEHOLDERS:
        return TimeReading()
    if half := _half_day(text, context):
        return half
    about = _ABOUT.match(text)
    if about:
        text = text[about.end() :].strip()
    text = re.sub(
        r"\s*(?:env(?:iron)?|approx|\+/-|precises?|pile|sharp|max(?:i|imum)?)\.?$", "", text
    )
    text = text.strip(" -\u2013.,;")
    text = re.sub(r"^(?:a|at|rdv|rdv a|rendez-vous a|rv)\s+(?=\d)", "", text)
    reading = _clock(text, context)
    if about and reading.kind == EXACT and not reading.issue:
        return TimeReading(EXACT, reading.start, reading.end, "approximate_time")
    return reading


def _half_day(text: str, context: TimeContext) -> TimeReading | None:
    if text in _DAY:
        return TimeReading(DAY)
    if text in _MORNING:
        return TimeReading(MORNING)
    if text in {"am", "a.m"}:
        if context.am:
            return TimeReading(context.am)
        return TimeReading(issue="ambiguous_half_day")
    if text in _AFTERNOON:
        return TimeReading(AFTERNOON)
    if text in {"midi", "noon"}:
        return _exact(12, 0)
    return None


def _clock(text: str, context: TimeContext) -> TimeReading:
    if match := _RANGE.fullmatch(text):
        return _range(match, context)
    if edge := _EDGE.match(text):
        inner = _clock(edge["time"], context)
        if inner.kind != EXACT or inner.end:
            return TimeReading(issue="bad_time")
        if edge["word"].startswith(("avant", "before", "pas apres", "au plus")):
            return TimeReading(WINDOW, None, inner.start)
        return TimeReading(WINDOW, inner.start, None)
    if match := _TIME.fullmatch(text):
        found = _to_time(match, "s")
        return TimeReading(EXACT, found) if found else TimeReading(issue="bad_time")
    if re.fullmatch(r"\d{1,2}", text) and int(text) < 24:
        return _exact(int(text), 0)
    if (match := _FOUR.fullmatch(text)) and len(text) >= 3:
        return _exact(int(match["h"]), int(match["m"]))
    if re.fullmatch(r"0?[.,]\d{3,}", text):
        return _from_fraction(float(text.replace(",", ".")))
    if re.fullmatch(r"\d{1,2}[.,]\d", text):
        return _from_number(float(text.replace(",", ".")))
    return TimeReading(issue="bad_time")


def _to_time(match: re.Match[str], prefix: str) -> time | None:
    hour, minute = int(match[f"{prefix}h"]), int(match[f"{prefix}m"] or 0)
    half = (match[f"{prefix}half"] or "").replace(".", "")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23:
        return None
    return time(hour, minute)


def _range(match: re.Match[str], context: TimeContext) -> TimeReading:
    start, end = _to_time(match, "s"), _to_time(match, "e")
    if start and end and start >= end and match["ehalf"] and not match["shalf"]:
        start = start.replace(hour=start.hour % 12)
    if not start or not end or start >= end:
        return TimeReading(issue="bad_time")
    if context.window or match["word"] in {"entre", "between"}:
        return TimeReading(WINDOW, start, end)
    return TimeReading(EXACT, start, end)


def guess_am(values: Iterable[Any], english: bool) -> str:
    """What "AM" alone means in a column.

    Beside "PM" it is the morning. Beside "M", "mat." or "matin" and no "PM" it is the French
    "après-midi". Else English sheets mean the morning, and nothing is sure in a French one.
    """
    words = {
        fold(clean(value)).strip(" .").replace(".", "") for value in values if value is not None
    }
    if "am" not in words:
        return ""
    if "pm" in words:
        return MORNING
    if words & {"m", "mat", "matin", "matinee"}:
        return AFTERNOON
    return MORNING if english else ""
