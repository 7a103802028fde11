"""Where a sheet's table begins and what its columns mean: from their titles and what they hold."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from .dates import DateContext, parse_date
from .directory import Directory, split_people
from .durations import parse_duration
from .fields import FIELD_SETS, is_usual_title, score_titles
from .phones import parse_phone
from .places import parse_code, parse_point
from .reader import Row, Sheet, is_blank
from .sites import SiteIndex
from .text import clean, compact, fold, normalise
from .times import parse_time

_HEADER_DEPTH = 80
_SAMPLE = 200
_STATUS_WORDS = re.compile(
    r"^(?:confirm\w*|annul\w*|cancel\w*|ok|ko|fait|faite?|realise\w*|termine\w*|a faire|planifi\w*|"
    r"en cours|en attente|report\w*|done|planned|scheduled|open|pending|booked|valide\w*|prevu\w*|"
    r"to do|in progress|completed?|postponed|a confirmer|provisoire)$"
)
_PRIORITY_WORDS = re.compile(
    r"^(?:urgent\w*|normale?|haute?|basse?|high|low|medium|moyenne?|faible|elevee?|p[0-4]|[0-4]|"
    r"oui|non|yes|no|x|critique|critical|standard|prio\w*)$"
)


@dataclass
class Column:
    """One column as understood.

    :param index: its place from 0
    :param title: its title as typed, "" without a header
    :param field: key of the field it holds, "" when it is left aside
    :param confidence: how sure that is, 0 to 1
    :param samples: the first different values
    """

    index: int
    title: str
    field: str = ""
    confidence: float = 0.0
    samples: list[str] = dataclasses.field(default_factory=list)

    @property
    def letter(self) -> str:
        """Its letter in a spreadsheet program."""
        return column_letter(self.index)


@dataclass
class Layout:
    """A sheet's table as understood.

    :param sheet: the sheet's name
    :param header: line number of the (last) header line, 0 when there is none
    :param first: line number of the first header line
    :param columns: every column, from the left
    :param score: how much the sheet looks like what is sought
    """

    sheet: str
    header: int
    first: int
    columns: list[Column]
    score: float = 0.0

    def indexes(self, key: str) -> list[int]:
        """Columns that hold the field `key`."""
        return [column.index for column in self.columns if column.field == key]

    def index(self, key: str) -> int | None:
        """First column that holds the field `key`."""
        return next(iter(self.indexes(key)), None)

    @property
    def fields(self) -> set[str]:
        """Fields that some column holds."""
        return {column.field for column in self.columns if column.field}

    @property
    def signature(self) -> str:
        """Mark of the header: sheets with the same titles in the same order share it."""
        titles = "|".join(normalise(column.title) for column in self.columns)
        return hashlib.sha256(titles.encode()).hexdigest()[:32] if titles.strip("|") else ""


def column_letter(index: int) -> str:
    """`A` for 0, `AA` for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass
class Evidence:
    """What is known when columns are judged by what they hold."""

    directory: Directory = dataclasses.field(default_factory=Directory)
    sites: SiteIndex = dataclasses.field(default_factory=lambda: SiteIndex(()))
    dates: DateContext = dataclasses.field(default_factory=lambda: DateContext(week=(2026, 1)))


def detect_layout(
    sheet: Sheet,
    kind: str = "planning",
    evidence: Evidence | None = None,
    header: int | None = None,
) -> Layout:
    """Find a sheet's header and propose what its columns mean.

    :param sheet: the sheet
    :param kind: "planning", "sites" or "technicians"
    :param evidence: what the company knows, to recognise columns by their values
    :param header: line number of the header when the user gave it, 0 for "there is none"
    """
    evidence = evidence or Evidence()
    first, last, titles = _find_header(sheet, kind, header)
    body = _body(sheet, last, titles)
    columns = [
        Column(index, titles[index] if index < len(titles) else "", samples=_samples(body, index))
        for index in range(sheet.width)
    ]
    _assign(columns, body, kind, evidence)
    layout = Layout(sheet.name, last, first, columns)
    layout.score = _score(layout, body, kind)
    return layout


def _find_header(sheet: Sheet, kind: str, given: int | None) -> tuple[int, int, list[str]]:
    """First and last line number of the header and its titles (0, 0, [] when there is none)."""
    if given == 0:
        return 0, 0, []
    best: tuple[float, int, int, list[str]] = (0.0, 0, 0, [])
    for position, row in enumerate(sheet.rows[:_HEADER_DEPTH]):
        if given and row.number != given:
            continue
        titles = [clean(value) if isinstance(value, str) else "" for value in row.cells]
        options = [(row.number, titles)]
        if position and (joined := _two_lines(sheet.rows[position - 1], row)):
            options.append((sheet.rows[position - 1].number, joined))
        for first, names in options:
            points = _header_points(names, kind)
            if points > best[0] + (0.4 if best[1] else 0.0):
                best = (points, first, row.number, names)
        if given:
            return best[1] or given, given, best[3] or titles
    points, first, last, titles = best
    return (first, last, titles) if points >= 1.8 else (0, 0, [])


def _two_lines(upper: Row, lower: Row) -> list[str]:
    """Titles of a header on two lines (`Client` above `Nom | Adresse`); [] when it is not one."""
    if not upper.spans or any(start == 0 and end > 7 for start, end in upper.spans.items()):
        return []
    groups: dict[int, str] = {}
    for column, value in upper.filled():
        if not isinstance(value, str):
            return []
        for index in range(column, upper.spans.get(column, column) + 1):
            groups[index] = clean(value)
    titles = []
    for index in range(max(len(upper.cells), len(lower.cells), max(groups, default=0) + 1)):
        own = clean(lower.value(index)) if isinstance(lower.value(index), str) else ""
        group = groups.get(index, "")
        titles.append(own if not group or own == group else f"{own} {group}".strip())
    return titles


def _header_points(titles: Sequence[str], kind: str) -> float:
    """How many different fields a line names, weighed by how clearly."""
    if not any(title and is_usual_title(title, kind) for title in titles):
        return 0.0
    best: dict[str, float] = {}
    filled = 0
    for title in titles:
        if not title:
            continue
        filled += 1
        scores = score_titles(title, kind)
        if scores:
            key, score = max(scores.items(), key=lambda item: item[1])
            if score >= 0.6:
                best[key] = max(best.get(key, 0.0), score)
    if len(best) < 2 or len(best) < filled * 0.25:
        return 0.0
    return sum(best.values())


def _body(sheet: Sheet, header: int, titles: Sequence[str]) -> list[Row]:
    """Lines under the header that may hold data, without the repeated header."""
    marks = {compact(title) for title in titles if title}
    rows = []
    for row in sheet.rows:
        if row.number <= header:
            continue
        filled = row.filled()
        if len(filled) < 2:
            continue
        texts = {compact(value) for _column, value in filled if isinstance(value, str)}
        if marks and len(texts & marks) >= max(2, len(filled) * 0.6):
            continue
        rows.append(row)
    return rows


def _samples(body: Sequence[Row], index: int) -> list[str]:
    seen: dict[str, None] = {}
    for row in body[:_SAMPLE]:
        value = row.value(index)
        if not is_blank(value):
            seen.setdefault(show(value), None)
        if len(seen) >= 4:
            break
    return list(seen)


def show(value: Any) -> str:
    """A cell's value as its owner sees it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M" if value.time() != time(0) else "%d/%m/%Y")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(value)


# --- columns --------------------------------------------------------------------------------


def _assign(columns: list[Column], body: Sequence[Row], kind: str, evidence: Evidence) -> None:
    fields = FIELD_SETS[kind]
    options: list[tuple[float, int, str]] = []
    for column in columns:
        values = [
            row.value(column.index)
            for row in body[:_SAMPLE]
            if not is_blank(row.value(column.index))
        ]
        if not values and not column.title:
            continue
        for key, confidence in _confidences(column.title, values, kind, evidence).items():
            options.append((confidence, column.index, key))
    options.sort(key=lambda item: (-item[0], item[1], list(fields).index(item[2])))
    taken: set[str] = set()
    by_index = {column.index: column for column in columns}
    for confidence, index, key in options:
        column = by_index[index]
        needed = 0.6 if key in taken else 0.45
        if column.field or confidence < needed or (key in taken and not fields[key].several):
            continue
        column.field, column.confidence = key, round(min(confidence, 1.0), 2)
        taken.add(key)
    if kind == "planning" and "date" not in taken:
        _date_in_time_column(columns, body)


def _date_in_time_column(columns: list[Column], body: Sequence[Row]) -> None:
    """A `Début` column whose cells hold day and time is the date column."""
    for column in columns:
        if column.field != "time":
            continue
        values = [row.value(column.index) for row in body[:_SAMPLE]]
        dated = [value for value in values if not is_blank(value)]
        good = sum(_is_date(value, DateContext()) for value in dated)
        if dated and good >= len(dated) * 0.7:
            column.field = "date"


def _confidences(
    title: str, values: Sequence[Any], kind: str, evidence: Evidence
) -> dict[str, float]:
    """Confidence of each field for a column, from its title and its values."""
    by_title = score_titles(title, kind)
    found: dict[str, float] = {}
    for key in FIELD_SETS[kind]:
        named = by_title.get(key, 0.0)
        held = _content(key, values, kind, evidence)
        if key in _BY_NAME and held is not None and held < 0.5:
            held = None  # nobody of them is known yet: that says nothing against the title
        if not named and key in {"site", "site_code"}:
            found[key] = 0.75 * _known_share(values, evidence)[key == "site"]
            continue
        if not named and (key in _NEEDS_TITLE or (key == "date" and _bare_numbers(values))):
            continue
        confidence = _combine(named, held, len(values))
        if confidence > 0:
            found[key] = confidence
    return found


def _known_share(values: Sequence[Any], evidence: Evidence) -> tuple[float, float]:
    """Shares of `values` that are codes and names of known sites, 0 when they are few."""
    texts = [show(value) for value in values]
    codes = sum(evidence.sites.knows_code(text) for text in texts)
    names = sum(evidence.sites.knows_name(text) for text in texts)
    shares = (codes / len(texts), names / len(texts)) if texts else (0.0, 0.0)
    return tuple(share if share >= 0.6 else 0.0 for share in shares)


def _bare_numbers(values: Sequence[Any]) -> bool:
    """Whether a column holds plain numbers only: they may be anything from postcodes to amounts."""
    return all(re.fullmatch(r"[\d\s.,]*", show(value)) for value in values)


def _combine(named: float, held: float | None, count: int) -> float:
    if named >= 0.9:
        if held is None or not count:
            return named * 0.9
        if held < 0.15 and count >= 4:
            return named * 0.4
        return named * (0.75 + 0.25 * held)
    if named > 0:
        return named * (0.85 if held is None else 0.5 + 0.5 * held)
    return 0.78 * held if held is not None and held >= 0.7 else 0.0


def _content(key: str, values: Sequence[Any], kind: str, evidence: Evidence) -> float | None:
    """Share of `values` that look like the field `key`, None where values say nothing."""
    if not values:
        return None
    test = _TESTS.get(key)
    if test is None:
        return None
    if kind == "technicians" and key in {"start", "end"}:
        test = _is_clock
    results = [test(value, evidence) for value in values]
    known = [result for result in results if result is not None]
    return sum(known) / len(known) if known else None


def _is_date(value: Any, context: DateContext) -> bool:
    if isinstance(value, datetime):
        return value.year >= 2000
    if isinstance(value, date):
        return True
    if isinstance(value, (int, float)):
        return 43000 <= value <= 50000 or (isinstance(value, int) and 20200101 <= value <= 20401231)
    if isinstance(value, str) and re.fullmatch(r"\s*\d+\s*", value):
        return _is_date(int(value), context)
    reading = parse_date(value, context)
    return reading.value is not None or reading.issue == "weekday_mismatch"


def _date_test(value: Any, evidence: Evidence) -> bool:
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}/\d{1,2}/\d{2,4}", clean(value)):
        return True  # even 32/13/2026 was meant as a date
    return _is_date(value, evidence.dates)


def _is_clock(value: Any, _evidence: Evidence) -> bool:
    if isinstance(value, datetime):
        return value.time() != time(0)
    if isinstance(value, time):
        return True
    if isinstance(value, float):
        return 0 < value < 1
    if not isinstance(value, str):
        return False
    text = fold(clean(value))
    if re.fullmatch(r"[\d\s.,/\-]+", text) and not re.fullmatch(r"\d{1,2}[.]\d{2}", text):
        return False
    reading = parse_time(value)
    return reading.kind != "none" or reading.issue == "ambiguous_half_day"


def _time_test(value: Any, evidence: Evidence) -> bool:
    if not _is_clock(value, evidence):
        return False
    # "1h30" may be a time or a duration: durations are rarely given at working hours.
    reading = parse_time(value)
    return reading.start is None or reading.start.hour >= 6


def _duration_test(value: Any, _evidence: Evidence) -> bool:
    if isinstance(value, time):
        return value.hour < 6
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return 0 < value <= 600
    if not isinstance(value, str):
        return isinstance(value, timedelta)
    reading = parse_duration(value)
    return reading.minutes is not None and reading.minutes <= 720


def _phone_test(value: Any, _evidence: Evidence) -> bool:
    digits = re.sub(r"\D", "", show(value))
    return 9 <= len(digits) <= 13 and not parse_phone(value).issue


def _code_test(value: Any, _evidence: Evidence) -> bool:
    text = show(value)
    return bool(parse_code(value)) and bool(re.match(r"(?:F-?)?\d[\dAB]\s?\d{2,3}\b", text))


def _technician_test(value: Any, evidence: Evidence) -> bool | None:
    people = evidence.directory.technicians
    if not people.people:
        return None
    if not isinstance(value, str):
        return False
    whole = people.match(value)
    if whole.id or whole.candidates:
        return True
    return any(people.match(part).id for part in split_people(value)[:3])


def _type_test(value: Any, evidence: Evidence) -> bool | None:
    types = evidence.directory.types
    if not types.types:
        return None
    if not isinstance(value, str) or len(value) > 60:
        return False
    match = types.match(value)
    return bool(match.id or match.candidates)


def _customer_test(value: Any, evidence: Evidence) -> bool | None:
    customers = evidence.directory.customers
    if not customers.customers:
        return None
    return isinstance(value, str) and customers.match(value).id is not None


def _site_code_test(value: Any, evidence: Evidence) -> bool:
    text = show(value)
    if evidence.sites.knows_code(text):
        return True
    return bool(re.search(r"\d", text)) and not re.search(r"[a-zà-ÿ]{3,}|\s\S+\s", text)


def _site_test(value: Any, evidence: Evidence) -> bool:
    return isinstance(value, str) and bool(re.search(r"[^\W\d_]{2,}", value))


def _address_test(value: Any, _evidence: Evidence) -> bool:
    return isinstance(value, str) and bool(re.search(r"[^\W\d_]{2,}", value) or len(value) < 4)


def _city_test(value: Any, _evidence: Evidence) -> bool:
    return isinstance(value, str) and not re.match(r"^\d+$", clean(value))


def _remark_test(value: Any, _evidence: Evidence) -> bool | None:
    return True if isinstance(value, str) else None


def _words_test(pattern: re.Pattern[str]) -> Callable[[Any, Evidence], bool]:
    def test(value: Any, _evidence: Evidence) -> bool:
        return bool(pattern.match(fold(show(value)).strip(" .!")))

    return test


def _coordinate_test(value: Any, _evidence: Evidence) -> bool:
    return parse_point(value, value).issue == "" or _in_metres(value)


def _in_metres(value: Any) -> bool:
    text = show(value).replace(" ", "").replace(",", ".")
    return bool(re.fullmatch(r"\d{5,7}(?:\.\d+)?", text))


def _pair_test(value: Any, _evidence: Evidence) -> bool:
    return isinstance(value, str) and bool(
        re.match(r"^\W*-?\d+[.,]\d+[°\s]*[,;/\s]\s*-?\d+[.,]\d+\W*$", value)
    )


_TESTS: dict[str, Callable[[Any, Evidence], bool | None]] = {
    "date": _date_test,
    "time": _time_test,
    "end_time": _time_test,
    "duration": _duration_test,
    "technician": _technician_test,
    "helper": _technician_test,
    "type": _type_test,
    "customer": _customer_test,
    "site": _site_test,
    "site_code": _site_code_test,
    "address": _address_test,
    "city": _city_test,
    "postcode": _code_test,
    "insee": _code_test,
    "phone": _phone_test,
    "remark": _remark_test,
    "status": _words_test(_STATUS_WORDS),
    "priority": _words_test(_PRIORITY_WORDS),
    "latitude": _coordinate_test,
    "longitude": _coordinate_test,
    "coordinates": _pair_test,
}
#: Fields told by what the company knows.
_BY_NAME = frozenset({"technician", "helper", "type", "customer"})
#: Fields that no column gets by its values alone: too many other things look like them.
_NEEDS_TITLE = frozenset(
    """end_time helper site address city remark status priority latitude longitude insee site_code
    start end contact access reference code first_name team email operator coordinates""".split()
)


def _score(layout: Layout, body: Sequence[Row], kind: str) -> float:
    fields = FIELD_SETS[kind]
    core = [key for key in layout.fields if fields[key].core]
    return len(core) + min(len(body), 50) / 100


def looks_like_planning(layout: Layout) -> bool:
    """Whether a sheet holds visits: says where, and when, who or what."""
    where = layout.fields & {"site", "address", "customer", "site_code", "city"}
    what = layout.fields & {"date", "time", "technician", "type", "duration"}
    return bool(where) and len(what) >= 2 and layout.score > 2.5


def apply_titles(layout: Layout, memory: dict[str, str]) -> None:
    """Give columns the fields that were chosen for the same titles before.

    :param memory: normalised title -> field ("" to leave the column aside)
    """
    for column in layout.columns:
        key = normalise(column.title)
        if key and key in memory:
            column.field, column.confidence = memory[key], 1.0
