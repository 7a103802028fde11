"""A planning's lines, as a careful person reads them: what is said, what is meant, what is wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from . import issues as say
from .dates import DateContext, find_date, find_dates, find_week, guess_order, parse_date
from .directory import Directory, Match, bare_company, split_people
from .durations import DurationContext, guess_unit, parse_duration
from .issues import ERROR, Issue, _lt
from .layout import Evidence, Layout, detect_layout, looks_like_planning, show
from .phones import parse_phone
from .places import (
    CodeEvidence,
    looks_like_insee,
    normal_city,
    parse_code,
    split_address,
    split_code_and_city,
)
from .reader import Row, Sheet, Workbook, is_blank
from .remarks import Access, read_priority, read_remark
from .sites import SiteIndex, SiteQuery, site_tokens
from .text import clean, compact, fold, guess_repair, is_damaged, is_suspect, normalise
from .times import EXACT, PLACEHOLDERS, TimeContext, TimeReading, guess_am, parse_time

_TOTAL = re.compile(
    r"^(?:sous[\s-]*total|total\w*|nb\b|nombre|somme|moyenne|sum\b|subtotal|grand total|count\b|cumul)"
)
_NOTE = re.compile(
    r"^(?:legende|legend|nb\s*:|n\.b|note\s*:|imprime|edite|mis a jour|maj\b|printed|updated|page\b|\*|"
    r"source|edition du|version|key\s*:|remarque generale|ps\b)"
)
_DEFAULT_SHEET = re.compile(
    r"^(?:feuil(?:le)?|sheet|planning|plannings|tableau|export|data|donnees|table|page|classeur|"
    r"schedule|semaine|week|sem|s|rapport|report|liste|interventions?|missions?|jobs?|visits?)"
    r"[\s_\-]*(?:n\W*)?\d*$"
)
_UNASSIGNED = (PLACEHOLDERS - {"inconnu", "inconnue", "unknown"}) | {
    "non affecte", "non affectee", "a affecter", "non attribue", "a attribuer", "vacant", "libre",
    "personne", "unassigned", "not assigned", "none yet", "open", "sans technicien", "non assigne",
    "pas de technicien", "nobody", "a pourvoir", "tech ?", "technicien ?", "en attente", "attente",
    "to assign", "to be assigned", "non planifie", "a designer", "indefini", "(vide)",
}  # fmt: skip

#: Status of a line by the issue that stops it, most telling first.
_STATUS_OF = (
    ("imported", ("imported",)),
    ("duplicate", ("duplicate",)),
    ("cancelled", ("cancelled", "struck", "postponed")),
    ("hidden", ("hidden",)),
    ("bad_date", ("bad_date", "missing_date", "weekday_mismatch")),
    ("unknown_technician", ("unknown_technician", "ambiguous_technician")),
    ("bad_time", ("bad_time", "ambiguous_half_day")),
    ("bad_duration", ("bad_duration",)),
    ("unknown_type", ("missing_type", "unknown_type", "ambiguous_type")),
    ("unknown_customer", ("missing_customer", "ambiguous_customer")),
    ("unknown_site", ("missing_site", "ambiguous_site")),
    ("failed", ("failed",)),
)
#: Every status a line can have. The last ones make a mission.
STATUSES = (*(status for status, _codes in _STATUS_OF), "unassigned", "ok")
READY = frozenset({"ok", "unassigned"})


@dataclass(frozen=True)
class Options:
    """How a planning is to be read.

    :param today: a day near the planning, used only when the file tells nothing
    :param region: country of the phone numbers
    :param hours_per_day: length of a working day, for durations in days
    :param include_hidden: hidden lines count like the others
    :param default_type: id of the service type of lines that name none, 0 for none
    """

    today: date = field(default_factory=date.today)
    region: str = "FR"
    hours_per_day: float = 7.0
    include_hidden: bool = False
    default_type: int = 0


@dataclass
class PlanningLine:
    """One visit as read. Ids are those of the directory; 0 stands for "none".

    :param raw: what the cells hold, by field, as their owner sees it
    :param slot: the promised time
    :param minutes: the duration, None when not given
    :param zip: the postcode of the address, "" when it is not known
    :param insee: the commune's INSEE code, "" when it is not known
    :param twins: sites that can't be told from `site_id`
    :param status: one of `STATUSES`
    """

    sheet: str
    row: int
    raw: dict[str, str] = field(default_factory=dict)
    date: date | None = None
    slot: TimeReading = field(default_factory=TimeReading)
    minutes: int | None = None
    technician: str = ""
    technician_id: int = 0
    helpers: list[tuple[str, int]] = field(default_factory=list)
    customer: str = ""
    customer_id: int = 0
    site: str = ""
    site_code: str = ""
    site_id: int = 0
    twins: tuple[int, ...] = ()
    street: str = ""
    zip: str = ""
    insee: str = ""
    city: str = ""
    type: str = ""
    type_id: int = 0
    phone: str = ""
    contact: str = ""
    remark: str = ""
    reference: str = ""
    urgent: bool = False
    access: list[Access] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    status: str = ""

    def add(self, issue: Issue) -> None:
        """Record an issue once."""
        if not any(
            known.code == issue.code and known.field == issue.field for known in self.issues
        ):
            self.issues.append(issue)

    @property
    def visit_key(self) -> tuple[Any, ...]:
        """What makes two lines the same visit."""
        return (
            self.date or normalise(self.raw.get("date", "")),
            self.slot.kind,
            self.slot.start,
            self.slot.end if self.slot.kind != EXACT else None,
            self.technician_id or normalise(self.technician),
            self.place_key,
            self.type_id or normalise(self.type),
            any(issue.code in {"cancelled", "struck", "postponed"} for issue in self.issues),
        )

    @property
    def place_key(self) -> tuple[Any, ...]:
        """What makes two lines the same place, known or new."""
        if self.site_id:
            return ("site", min((self.site_id, *self.twins)))
        return new_site_key(
            self.customer_id or bare_company(self.customer),
            self.site,
            self.street,
            self.city,
            self.site_code,
        )


@dataclass(frozen=True)
class Skipped:
    """A line that holds no visit, and why.

    :param reason: "blank", "title", "header", "total", "note", "section", "hidden" or "sheet"
    """

    sheet: str
    row: int
    reason: str
    text: str = ""


@dataclass
class PlanningReading:
    """All that was read.

    :param layouts: the tables used
    :param lines: the visits
    :param skipped: every other line that holds something
    """

    layouts: list[Layout] = field(default_factory=list)
    lines: list[PlanningLine] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def new_site_key(
    customer: int | str, name: str, street: str, city: str, code: str = ""
) -> tuple[Any, ...]:
    """What makes two lines mean the same site that is not known yet."""
    if code:
        return ("new", compact(code))
    words = tuple(sorted(set(site_tokens(name or street))))
    return ("new", customer, words, tuple(sorted(set(site_tokens(street)))), normal_city(city))


def status_of(issues: Iterable[Issue], assigned: bool) -> str:
    """Status of a line with these issues.

    :param assigned: somebody is to do the visit
    """
    codes = {issue.code for issue in issues if issue.level == ERROR}
    for status, stopping in _STATUS_OF:
        if codes & set(stopping):
            return status
    return "ok" if assigned else "unassigned"


def found_postcode(codes: CodeEvidence, typed: str, code: str) -> Issue:
    """How a postcode that was looked up is told: sure only when all communes are known."""
    if codes.complete:
        return say.info("found_postcode", "postcode", typed, zip=code)
    return say.warning("neighbour_postcode", "postcode", typed, zip=code)


# --- choosing sheets ------------------------------------------------------------------------


def detect_planning(
    workbook: Workbook, evidence: Evidence | None = None, include_hidden: bool = False
) -> tuple[list[Layout], list[Skipped]]:
    """The tables of a file that hold visits, and the sheets left aside with their reason."""
    layouts: list[Layout] = []
    skipped: list[Skipped] = []
    for sheet in workbook.sheets:
        if not sheet.rows:
            continue
        layout = detect_layout(sheet, "planning", evidence)
        if sheet.hidden and not include_hidden:
            skipped.append(Skipped(sheet.name, 0, "hidden"))
        elif looks_like_planning(layout):
            layouts.append(layout)
        else:
            skipped.append(Skipped(sheet.name, 0, "sheet"))
    if not layouts and len(workbook.sheets) == 1:
        layouts = [detect_layout(workbook.sheets[0], "planning", evidence)]
        skipped = []
    return layouts, skipped


# --- reading --------------------------------------------------------------------------------


@dataclass
class _Around:
    """What titles, section lines and sheet names say for the lines below them."""

    day: date | None = None
    technician: str = ""
    customer: str = ""


@dataclass
class _Table:
    """One sheet with its layout and what its columns tell together."""

    sheet: Sheet
    layout: Layout
    dates: DateContext
    times: TimeContext
    durations: DurationContext
    around: _Around
    fill: frozenset[str] = frozenset()


def read_planning(
    workbook: Workbook,
    layouts: Sequence[Layout],
    directory: Directory | None = None,
    sites: SiteIndex | None = None,
    codes: CodeEvidence | None = None,
    options: Options | None = None,
) -> PlanningReading:
    """Read every visit of a file and match it with what the company knows.

    :param layouts: the tables to read, from `detect_planning` and corrected by the user
    :param directory: known technicians, service types and customers
    :param sites: known sites
    :param codes: known INSEE codes and postcodes
    """
    directory, sites = directory or Directory(), sites or SiteIndex(())
    codes, options = codes or CodeEvidence(), options or Options()
    reading = PlanningReading(layouts=list(layouts))
    by_name = {sheet.name: sheet for sheet in workbook.sheets}
    tables = _tables(workbook, layouts, by_name, directory, options)
    for table in tables:
        _read_table(table, directory, options, reading)
    resolver = _Resolver(directory, sites, codes, options)
    resolver.resolve(reading.lines)
    mark_duplicates(reading.lines)
    for line in reading.lines:
        line.status = status_of(line.issues, bool(line.technician_id))
    return reading


def _tables(
    workbook: Workbook,
    layouts: Sequence[Layout],
    by_name: dict[str, Sheet],
    directory: Directory,
    options: Options,
) -> list[_Table]:
    anchor = _anchor(workbook, layouts, by_name, options)
    english = _is_english(layouts)
    tables = []
    for layout in layouts:
        sheet = by_name[layout.sheet]
        texts = [sheet.name, *_texts_above(sheet, layout)]
        columns = {key: _values(sheet, layout, key) for key in ("date", "time", "duration")}
        week = next((week for text in texts if (week := find_week(text, anchor))), None)
        week = week or _iso_week(anchor)
        dates = DateContext(guess_order(columns["date"], english), anchor, week, workbook.date_1904)
        title = next((c.title for c in layout.columns if c.field == "time"), "")
        window = bool(re.search(r"cr[ée]neau|plage|window|slot|fourchette", title, re.IGNORECASE))
        length = next((c.title for c in layout.columns if c.field == "duration"), "")
        table = _Table(
            sheet,
            layout,
            dates,
            TimeContext(guess_am(columns["time"], english), window),
            DurationContext(guess_unit(columns["duration"], length), options.hours_per_day),
            _around_sheet(sheet, layout, dates, directory, len(layouts)),
            _fill_down(sheet, layout),
        )
        tables.append(table)
    return tables


def _values(sheet: Sheet, layout: Layout, key: str) -> list[Any]:
    index = layout.index(key)
    if index is None:
        return []
    rows = (row for row in sheet.rows if row.number > layout.header and len(row.filled()) > 1)
    return [value for row in rows if not is_blank(value := row.value(index))]


def _iso_week(day: date) -> tuple[int, int]:
    year, week, _weekday = day.isocalendar()
    return year, week


def _anchor(
    workbook: Workbook, layouts: Sequence[Layout], by_name: dict[str, Sheet], options: Options
) -> date:
    """A day near the planning: the middle one of its full dates, else its titles', else today."""
    firm: list[date] = []
    texts: list[str] = []
    for layout in layouts:
        sheet = by_name[layout.sheet]
        values = _values(sheet, layout, "date")
        context = DateContext(guess_order(values), date_1904=workbook.date_1904)
        for value in values:
            reading = parse_date(value, context)
            if reading.value and reading.exact:
                firm.append(reading.value)
        texts += [sheet.name, *_texts_above(sheet, layout)]
    if firm:
        return sorted(firm)[len(firm) // 2]
    base = workbook.modified or options.today
    for text in texts:
        if re.search(r"\b20\d{2}\b", text) and (found := find_dates(text)):
            return found[0]
    for text in texts:
        if week := find_week(text, base):
            return date.fromisocalendar(*week, 3)
    for text in texts:
        if found := find_dates(text, DateContext(anchor=base)):
            return found[0]
    return base


def _is_english(layouts: Sequence[Layout]) -> bool:
    words = " ".join(column.title for layout in layouts for column in layout.columns)
    english = re.findall(
        r"(?i)\b(?:customer|technician|time|address|city|zip|phone|job|notes?|duration|start|end|site|"
        r"engineer|assigned|type|status|priority|day)\b",
        words,
    )
    french = re.findall(
        r"(?i)\b(?:client|technicien|intervenant|heure|adresse|ville|cp|t[ée]l|prestation|dur[ée]e|"
        r"observations?|remarques?|d[ée]but|fin|nature|jour|intervention|lieu|qui)\b",
        words,
    )
    return len(english) > len(french)


def _texts_above(sheet: Sheet, layout: Layout) -> list[str]:
    top = layout.first or layout.header
    return [
        clean(value)
        for row in sheet.rows
        if row.number < top
        for _column, value in row.filled()
        if isinstance(value, str)
    ]


def _around_sheet(
    sheet: Sheet, layout: Layout, dates: DateContext, directory: Directory, tables: int
) -> _Around:
    """Day and technician that the sheet's name or a title gives to all of its lines."""
    around = _Around()
    above = _texts_above(sheet, layout)
    if "date" not in layout.fields:
        for text in (sheet.name, *above):
            found = find_dates(text, dates)
            if len(found) > 1:
                continue
            around.day = (found[0] if found else None) or find_date(text, dates)
            if around.day:
                break
    if "technician" not in layout.fields:
        for text in (sheet.name, *above):
            if name := _names_technician(text, directory):
                around.technician = name
                break
        plain = fold(sheet.name)
        if not around.technician and tables > 1 and not _DEFAULT_SHEET.match(plain):
            if not find_date(sheet.name, dates) and not find_week(sheet.name):
                around.technician = clean(sheet.name)
    return around


def _names_technician(text: str, directory: Directory) -> str:
    """The part of a title or section line that names a technician, "" when none does."""
    parts = [text, *re.split(r"\s*[:|\u2013\u2014]\s*|\s+-\s+", text)]
    lead = re.match(
        r"(?i)^\W*(?:tourn[ée]e|planning|semaine|route|agenda|schedule)\s+(?:de\s+|du\s+|of\s+|for\s+|d['’])?(.+)$",
        text,
    )
    if lead:
        parts.append(lead[1])
    for part in parts:
        match = directory.technicians.match(part)
        if match.id:
            return clean(part)
    return ""


def _fill_down(sheet: Sheet, layout: Layout) -> frozenset[str]:
    """Fields written once above the lines they are for: many gaps, and never twice in a row."""
    rows = [row for row in sheet.rows if row.number > layout.header and len(row.filled()) > 1]
    filled: set[str] = set()
    for key in ("technician", "date", "customer"):
        index = layout.index(key)
        if index is None or len(rows) < 3 or is_blank(rows[0].value(index)):
            continue
        gaps, repeats = _gaps_and_repeats([row.value(index) for row in rows])
        # A visit without technician makes sense, one without date does not.
        needed = 0.15 if key == "date" else 0.4
        if key == "date" and "technician" in filled:
            needed = 0.01
        if gaps >= needed and repeats <= 0.1:
            filled.add(key)
    return frozenset(filled)


def _gaps_and_repeats(values: Sequence[Any]) -> tuple[float, float]:
    """Share of blank cells, and of cells equal to the one just above."""
    gaps = sum(map(is_blank, values))
    repeats = sum(
        not is_blank(one) and show(one) == show(two)
        for one, two in zip(values, values[1:], strict=False)
    )
    return gaps / len(values), repeats / len(values)


def _read_table(
    table: _Table, directory: Directory, options: Options, reading: PlanningReading
) -> None:
    layout = table.layout
    titles = {compact(column.title) for column in layout.columns if column.title}
    last: dict[str, Any] = {}
    for row in table.sheet.rows:
        if not row.filled():
            continue
        if row.number <= layout.header:
            header = layout.first <= row.number <= layout.header
            reason = "header" if header else "title"
            reading.skipped.append(Skipped(layout.sheet, row.number, reason, _row_text(row)))
            continue
        reason = _skip_reason(row, table, titles, directory)
        if reason:
            if reason == "section":
                last = {}
            reading.skipped.append(Skipped(layout.sheet, row.number, reason, _row_text(row)))
            continue
        reading.lines.append(_read_row(row, table, options, last))


def _row_text(row: Row) -> str:
    return " | ".join(show(value) for _column, value in row.filled())[:200]


def _skip_reason(row: Row, table: _Table, titles: set[str], directory: Directory) -> str:
    """Why a line holds no visit, "" when it does; section lines change what lies around."""
    filled = row.filled()
    texts = [value for _column, value in filled if isinstance(value, str)]
    names = {compact(text) for text in texts}
    if titles and len(names & titles) >= max(2, len(filled) * 0.6):
        return "header"
    mapped = {
        column.field
        for column in table.layout.columns
        if column.field and not is_blank(row.value(column.index))
    }
    where = mapped & {"site", "address", "site_code"}
    first = fold(clean(filled[0][1])) if isinstance(filled[0][1], str) else ""
    if _TOTAL.match(first) and not ({"site", "address"} <= mapped or "type" in where):
        return "total"
    if texts and any(_TOTAL.match(fold(clean(text))) for text in texts) and not where:
        return "total"
    if len(filled) > 2 or (len(filled) == 2 and len(mapped - {"remark"}) == 2 and where):
        return ""
    return _lone_line(row, filled, table, directory, where)


def _lone_line(
    row: Row,
    filled: list[tuple[int, Any]],
    table: _Table,
    directory: Directory,
    where: set[str],
) -> str:
    """A line with hardly anything in it: a section, a note, or a very short visit."""
    column, value = filled[0]
    text = show(value)
    if _NOTE.match(fold(text)):
        return "note"
    wide = row.spans.get(column, column) > column
    if len(filled) == 1 or wide:
        day = parse_date(value, table.dates).value or (
            find_date(text, table.dates) if isinstance(value, str) else None
        )
        technician = _names_technician(text, directory) if isinstance(value, str) else ""
        if day or technician:
            table.around.day = day or table.around.day
            table.around.technician = technician or table.around.technician
            return "section"
    if (
        where
        and not wide
        and len(text) > 3
        and table.layout.fields & {"date", "time", "technician"}
    ):
        return ""
    return "note" if len(filled) <= 2 and not where else ""


def _read_row(row: Row, table: _Table, options: Options, last: dict[str, Any]) -> PlanningLine:
    line = PlanningLine(table.layout.sheet, row.number)
    cells: dict[str, Any] = {}
    for column in table.layout.columns:
        if not column.field:
            continue
        value = row.value(column.index)
        if column.index in row.errors:
            code = row.errors[column.index]
            line.add(say.warning(code, column.field, show(value)))
            value = None
        if is_blank(value):
            continue
        if column.field in cells:
            value = f"{show(cells[column.field])}\n{show(value)}"
        cells[column.field] = value
    for key in table.fill:
        if key in cells:
            last[key] = cells[key]
        elif key in last:
            cells[key] = last[key]
    line.raw = {key: show(value) for key, value in cells.items()}
    _read_moment(line, cells, table)
    _read_people(line, cells, table)
    _read_texts(line, cells, options)
    if row.struck:
        line.add(say.error("struck"))
    if row.hidden and not options.include_hidden:
        line.add(say.error("hidden"))
    return line


def _read_moment(line: PlanningLine, cells: dict[str, Any], table: _Table) -> None:
    raw = cells.get("date")
    if raw is None and table.around.day:
        line.date, rest = table.around.day, None
    else:
        reading = parse_date(raw, table.dates)
        line.date, rest = reading.value, reading.rest
        if reading.issue:
            args = {} if reading.found is None else {"found": _day_name(reading.found)}
            line.add(say.error(reading.issue, "date", show(raw), **args))
        elif line.date and table.dates.anchor:
            days = abs((line.date - table.dates.anchor).days)
            if days > 92:
                line.add(say.warning("far_date", "date", show(raw), days=days))
    _read_slot(line, cells, rest, table)


#: English day names, translated by whoever shows the sentence.
_DAY_NAMES = (
    _lt("Monday"),
    _lt("Tuesday"),
    _lt("Wednesday"),
    _lt("Thursday"),
    _lt("Friday"),
    _lt("Saturday"),
    _lt("Sunday"),
)


def _day_name(weekday: int) -> str:
    return _DAY_NAMES[weekday]


def _read_slot(line: PlanningLine, cells: dict[str, Any], rest: str | None, table: _Table) -> None:
    raw = cells.get("time")
    source = raw if not is_blank(raw) else rest
    reading = parse_time(source, table.times)
    if reading.kind == "none" and not reading.issue and rest and raw is not None:
        reading = parse_time(rest, table.times)
    if reading.issue == "approximate_time":
        line.add(say.info(reading.issue, "time", show(source)))
    elif reading.issue:
        line.add(say.error(reading.issue, "time", show(source)))
    duration = parse_duration(cells.get("duration"), table.durations)
    if duration.issue == "bad_duration":
        line.add(say.error("bad_duration", "duration", show(cells.get("duration"))))
    elif duration.issue:
        line.add(say.warning(duration.issue, "duration", show(cells.get("duration"))))
    end = parse_time(cells.get("end_time"), table.times)
    if end.issue and end.issue != "approximate_time":
        line.add(say.warning("bad_time", "end_time", show(cells.get("end_time"))))
    line.minutes = duration.minutes
    line.slot = _with_end(line, reading, end)


def _with_end(line: PlanningLine, start: TimeReading, end: TimeReading) -> TimeReading:
    """A start with an end gives the duration, unless one stands in the line already."""
    last = start.end or (end.start if end.kind == EXACT else None)
    if start.kind != EXACT or not start.start or not last:
        return start
    length = (last.hour - start.start.hour) * 60 + last.minute - start.start.minute
    if length <= 0:
        return start
    if line.minutes is None:
        line.minutes = length
    elif start.end and line.minutes < length:
        # 8h-12h for a job of one hour: the technician comes between 8 and 12.
        return TimeReading("window", start.start, start.end)
    return replace(start, end=None)


def _read_people(line: PlanningLine, cells: dict[str, Any], table: _Table) -> None:
    raw = cells.get("technician")
    text = clean(show(raw)) if raw is not None else table.around.technician
    line.technician = "" if fold(text).strip(" .") in _UNASSIGNED else text
    for part in split_people(show(cells.get("helper", ""))):
        line.helpers.append((part, 0))


def _read_texts(line: PlanningLine, cells: dict[str, Any], options: Options) -> None:
    for key in ("customer", "site", "site_code", "type", "contact", "reference"):
        text = clean(show(cells.get(key)))
        setattr(line, key, "" if fold(text) in PLACEHOLDERS else text)
    line.street = clean(show(cells.get("address")))
    line.city = clean(show(cells.get("city")))
    phone = parse_phone(cells.get("phone"), options.region)
    line.phone = phone.number
    if phone.issue:
        line.add(say.warning(phone.issue, "phone", show(cells.get("phone"))))
    if phone.extra:
        line.contact = " / ".join(filter(None, (line.contact, phone.extra)))
    _read_remark(line, cells)
    for key in ("site", "street", "city", "customer"):
        value = getattr(line, key)
        if is_damaged(value):
            line.add(say.warning("damaged_text", "address" if key == "street" else key, value))
        elif is_suspect(value):
            line.add(say.warning("suspect_text", "address" if key == "street" else key, value))


def _read_remark(line: PlanningLine, cells: dict[str, Any]) -> None:
    line.remark = clean(show(cells.get("remark")))
    remark, status = read_remark(line.remark), read_remark(show(cells.get("status")))
    line.urgent = remark.urgent or status.urgent or read_priority(cells.get("priority"))
    line.access = list(remark.access)
    access = clean(show(cells.get("access")))
    if access and fold(access) not in PLACEHOLDERS:
        line.access += read_remark(access).access or [Access("code", access, access)]
    for reading in (remark, status):
        if reading.cancelled:
            line.add(say.error("cancelled", "remark", reading.text))
        elif reading.postponed:
            line.add(say.error("postponed", "remark", reading.text))


# --- resolving ------------------------------------------------------------------------------


class _Resolver:
    """Matches the names of lines with what the company knows."""

    def __init__(
        self, directory: Directory, sites: SiteIndex, codes: CodeEvidence, options: Options
    ) -> None:
        self.directory = directory
        self.sites = sites
        self.codes = codes
        self.options = options
        self._site_by_id = {site.id: site for site in sites.sites}
        self._turns: dict[tuple[int, ...], int] = defaultdict(int)
        self._people = {p.id: p.name for p in directory.technicians.people}
        self._types = {t.id: t.name for t in directory.types.types}
        self._customers = {c.id: c.name for c in directory.customers.customers}

    def resolve(self, lines: Sequence[PlanningLine]) -> None:
        """Fill ids and addresses of all lines, and tell what can't be matched."""
        for line in lines:
            self._resolve_people(line)
            self._resolve_type(line)
            self._cut_address(line)
        insee_like = self._insee_like(lines)
        for line in lines:
            self._resolve_customer_and_site(line)
            self._sort_code(line, insee_like)
        self._guess_repairs(lines)

    def _resolve_people(self, line: PlanningLine) -> None:
        if not line.technician:
            line.add(say.info("unassigned", "technician"))
        else:
            line.technician_id = self._technician(line, line.technician)
        line.helpers = [(name, self._helper(line, name)) for name, _id in line.helpers]

    def _technician(self, line: PlanningLine, text: str) -> int:
        people = self.directory.technicians
        match = people.match(text)
        parts = split_people(text)
        if not match.id and len(parts) > 1 and people.match(parts[0]).id:
            line.helpers = [(part, 0) for part in parts[1:]] + line.helpers
            match = people.match(parts[0])
        self._report(line, "technician", text, match, self._people)
        return match.id or 0

    def _helper(self, line: PlanningLine, text: str) -> int:
        match = self.directory.technicians.match(text)
        if not match.id:
            line.add(say.error("unknown_technician", "helper", text))
        return match.id or 0

    @staticmethod
    def _report(
        line: PlanningLine, key: str, text: str, match: Match, names: dict[int, str]
    ) -> None:
        if match.id:
            if not match.sure:
                line.add(say.warning(f"fuzzy_{key}", key, text, name=names[match.id]))
        elif match.candidates:
            listed = ", ".join(names[found] for found in match.candidates[:6])
            line.add(say.error(f"ambiguous_{key}", key, text, candidates=listed))
        else:
            line.add(say.error(f"unknown_{key}", key, text))

    def _resolve_type(self, line: PlanningLine) -> None:
        if not line.type:
            if self.options.default_type:
                line.type_id = self.options.default_type
            else:
                line.add(say.error("missing_type", "type"))
            return
        match = self.directory.types.match(line.type)
        self._report(line, "type", line.type, match, self._types)
        line.type_id = match.id or 0

    @staticmethod
    def _cut_address(line: PlanningLine) -> None:
        """Take postcode and city out of the cells they may share with the address."""
        code, city = split_code_and_city(line.raw.get("postcode", ""))
        line.city = line.city or city
        if not line.raw.get("postcode") and line.city:
            code, rest = split_code_and_city(line.city)
            if rest:
                line.city = rest
        parsed = parse_code(code) if code != line.city else ""
        line.insee = parse_code(line.raw.get("insee"))
        if not parsed and line.street:
            parts = split_address(line.street, line.insee)
            if parts.code or parts.zero:
                line.street, parsed = parts.street, parts.code
                line.city = line.city or parts.city
        line.zip = parsed

    @staticmethod
    def _insee_like(lines: Sequence[PlanningLine]) -> set[str]:
        """Customers whose "postcodes" are INSEE codes by their looks."""
        codes: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            if line.zip:
                codes[bare_company(line.customer)].append(line.zip)
        return {customer for customer, found in codes.items() if looks_like_insee(found)}

    def _resolve_customer_and_site(self, line: PlanningLine) -> None:
        match = self.directory.customers.match(line.customer) if line.customer else Match()
        query = SiteQuery(
            line.site,
            line.site_code,
            line.street,
            line.zip or line.insee,
            line.city,
            match.id or 0,
            line.insee,
        )
        found = self.sites.match(query)
        if found.id:
            self._use_site(line, found.id, found.twins, found.sure)
        elif found.candidates:
            listed = "; ".join(self._site_label(site_id) for site_id in found.candidates[:4])
            line.add(say.error("ambiguous_site", "site", line.site, candidates=listed))
        elif not (line.site or line.street or line.site_code):
            line.add(say.error("missing_site", "site"))
        else:
            line.add(say.info("new_site", "site", line.site or line.street))
        self._use_customer(line, match, bool(found.id))

    def _use_site(
        self, line: PlanningLine, site_id: int, twins: tuple[int, ...], sure: bool
    ) -> None:
        if twins:
            # Each line of the file that can't tell them apart takes the next one.
            ordered = tuple(sorted(twins))
            site_id = ordered[self._turns[ordered] % len(ordered)]
            self._turns[ordered] += 1
            line.twins = ordered
            line.add(
                say.warning(
                    "twin_site",
                    "site",
                    line.site,
                    count=len(ordered),
                    name=self._site_label(site_id),
                )
            )
        elif not sure:
            label = self._site_label(site_id)
            line.add(say.warning("fuzzy_site", "site", line.site or line.street, name=label))
        line.site_id = site_id

    def _site_label(self, site_id: int) -> str:
        site = self._site_by_id[site_id]
        label = site.name
        if site.city and normal_city(site.city) not in normal_city(site.name):
            label = f"{label} ({site.city})"
        return f"{label} [{site.code}]" if site.code else label

    def _use_customer(self, line: PlanningLine, match: Match, has_site: bool) -> None:
        owner = self._site_by_id[line.site_id].customer if has_site else 0
        if match.id:
            line.customer_id = match.id
            if not match.sure:
                name = self._customers[match.id]
                line.add(say.warning("fuzzy_customer", "customer", line.customer, name=name))
            if owner and owner != match.id:
                name = self._customers.get(owner, "?")
                line.add(say.warning("other_customer_site", "site", line.site, name=name))
        elif not line.customer:
            if owner:
                line.customer_id = owner
                name = self._customers.get(owner, "")
                line.add(say.info("customer_from_site", "customer", "", name=name))
            else:
                line.add(say.error("missing_customer", "customer"))
        else:
            candidates = match.candidates or ((owner,) if owner else ())
            if owner and owner in match.candidates:
                line.customer_id = owner
                name = self._customers.get(owner, "")
                line.add(say.warning("fuzzy_customer", "customer", line.customer, name=name))
            elif candidates:
                names = ", ".join(self._customers.get(found, "?") for found in candidates[:4])
                line.add(
                    say.error("ambiguous_customer", "customer", line.customer, candidates=names)
                )
            else:
                line.add(say.info("new_customer", "customer", line.customer))

    def _sort_code(self, line: PlanningLine, insee_like: set[str]) -> None:
        """Decide whether the code typed as a postcode is one, or the commune's INSEE code."""
        code = line.zip
        site = self._site_by_id.get(line.site_id)
        kind = self._kind_of(code, line, site) if code else ""
        if code and not kind and bare_company(line.customer) in insee_like:
            line.add(say.warning("unsure_postcode", "postcode", code))
            kind = "insee"
        if kind == "insee":
            line.insee, line.zip = line.insee or code, ""
            line.add(say.info("insee_code", "postcode", code))
        if site:
            line.insee = line.insee or site.insee
        if not line.zip:
            self._find_postcode(line, site.zip if site else "")

    def _kind_of(self, code: str, line: PlanningLine, site: Any) -> str:
        if site and site.insee == code and site.zip != code:
            return "insee"
        if site and site.zip == code:
            return "zip"
        return self.codes.kind(code, line.city)

    def _find_postcode(self, line: PlanningLine, known: str) -> None:
        if known:
            line.zip = known
            return
        insee = line.insee or self.codes.insee_of(line.city)
        found = self.codes.zips_of(insee) if insee else []
        typed = line.raw.get("postcode", "")
        if len(found) == 1:
            line.zip = found[0]
            line.add(found_postcode(self.codes, typed, found[0]))
        elif found:
            line.add(say.warning("several_postcodes", "postcode", typed, zips=", ".join(found)))
        elif typed and not line.insee:
            line.add(say.warning("bad_postcode", "postcode", typed))
        else:
            line.add(say.warning("missing_postcode", "postcode", typed))

    def _guess_repairs(self, lines: Sequence[PlanningLine]) -> None:
        """Propose the intact spelling of damaged words that stand unspoilt elsewhere."""
        damaged = [line for line in lines if any(i.code == "damaged_text" for i in line.issues)]
        if not damaged:
            return
        lexicon = {
            word
            for text in (
                *(site.name for site in self.sites.sites),
                *(site.street for site in self.sites.sites),
                *(f"{line.site} {line.street} {line.city}" for line in lines),
            )
            if not is_damaged(text)
            for word in re.split(r"[\s\-_'/(),.]+", text)
        }
        for line in damaged:
            line.issues = [self._with_guess(issue, lexicon) for issue in line.issues]

    @staticmethod
    def _with_guess(issue: Issue, lexicon: set[str]) -> Issue:
        if issue.code != "damaged_text":
            return issue
        guess = guess_repair(issue.value, lexicon)
        if not guess or guess == issue.value:
            return issue
        return say.warning("damaged_text_guess", issue.field, issue.value, guess=guess)


# --- duplicates -----------------------------------------------------------------------------


def mark_duplicates(lines: Sequence[PlanningLine]) -> None:
    """Tell the lines that say the same visit as an earlier one, and those that nearly do."""
    seen: dict[tuple[Any, ...], PlanningLine] = {}
    near: dict[tuple[Any, ...], PlanningLine] = {}
    for line in lines:
        key = line.visit_key
        first = seen.get(key)
        if first is not None and _same_length(first, line) and _tells_enough(line):
            line.add(say.error("duplicate", "", "", row=first.row))
            _give_back_turn(first, line)
            continue
        seen.setdefault(key, line)
        loose = (line.date, line.place_key, line.type_id or normalise(line.type), key[-1])
        other = near.setdefault(loose, line)
        if other is not line and line.date and line.slot == other.slot:
            line.add(say.warning("near_duplicate", "", "", row=other.row))


def _same_length(first: PlanningLine, second: PlanningLine) -> bool:
    return None in (first.minutes, second.minutes) or first.minutes == second.minutes


def _tells_enough(line: PlanningLine) -> bool:
    return bool(line.site_id or line.site or line.street or line.site_code)


def _give_back_turn(first: PlanningLine, second: PlanningLine) -> None:
    """A duplicate means the same one of several twin sites as its first line."""
    if second.twins:
        second.site_id = first.site_id


def days_of(lines: Iterable[PlanningLine]) -> tuple[date, date] | None:
    """First and last day of the lines that have one."""
    days = [line.date for line in lines if line.date]
    return (min(days), max(days) + timedelta(days=0)) if days else None
