"""An exported table of missions that comes back edited: rows found again, cells read again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from .dates import DateContext, parse_date
from .directory import PeopleIndex, TypeIndex, split_people
from .durations import HOURS, DurationContext, parse_duration
from .issues import _lt
from .layout import show
from .reader import Row, Sheet, Workbook, is_blank
from .text import compact, fold, repair_mojibake
from .times import EXACT, parse_time

KEY_SHEET = "_export"
ID, VERSION, EXPORT = "id", "version", "export"
#: Headers of the hidden columns; the same in every language.
KEY_TITLES = {ID: "#id", VERSION: "#version", EXPORT: "#export"}
#: Lines in which the header is looked for: people write above a table.
_HEADER_LINES = 40
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: Why a cell or a row could not be taken over; each says what to do.
PROBLEMS = {
    "bad_date": _lt("This is no day of the calendar. Type it as 24/11/2026."),
    "bad_time": _lt("This is no time of the day. Type it as 14:30."),
    "bad_duration": _lt("This is no duration. Type it in hours, such as 1.5."),
    "unknown_technician": _lt("No technician has this name. Choose one from the list."),
    "ambiguous_technician": _lt("Several technicians have this name. Choose one from the list."),
    "unknown_type": _lt("No service type has this name. Choose one from the list."),
    "start_without_day": _lt("There is a start but no day. Type the day too, or empty both."),
    "day_without_start": _lt("The day was changed but there is no start. Type the start too."),
    "end_contradicts": _lt(
        "Start, end and duration don't agree. Change the end or the duration, not both."
    ),
    "formula": _lt("The cell holds an error or a formula without a result. Type the value itself."),
    "too_long": _lt("The text was too long for a cell. Change it in the mission."),
    "wrong_key": _lt(
        "The reference and the hidden columns of this row belong to two missions: the rows were"
        " sorted without the hidden columns. Undo the sorting in the file, or export again."
    ),
    "unknown_row": _lt("This mission is not part of the export. Export again with it."),
    "unknown_site": _lt(
        "A new row needs a site that is known, by its exact name. Make the site first, or import"
        " the row with “Import a spreadsheet”."
    ),
    "twice": _lt("This mission stands in the file twice. Keep one of the two rows."),
}


@dataclass(frozen=True)
class Problem:
    """What can't be taken over, and where.

    :param code: key of ``PROBLEMS``
    :param column: key of the column, "" for the whole row
    :param value: what the cell holds, as shown
    """

    code: str
    column: str = ""
    value: str = ""


@dataclass
class EditedRow:
    """One row of the file.

    :param key: id of the mission, 0 for a row without one
    :param export: identity of the export as the row says, "" without
    :param values: what the editable cells hold, by column key, as `Reader` understands them
    """

    sheet: str
    number: int
    key: int = 0
    version: int | None = None
    export: str = ""
    ref: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class EditedFile:
    """What a file holds.

    :param export: identity of the export, "" where it says none
    :param columns: keys of the columns that are still there
    """

    export: str = ""
    columns: set[str] = field(default_factory=set)
    rows: list[EditedRow] = field(default_factory=list)


def unescape(text: str) -> str:
    """Undo how xlsx files write characters that XML can't hold (``_x000D_``)."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def same_text(text: Any) -> str:
    """`text` with one kind of line end and no blanks around, to compare."""
    return repair_mojibake(str(text or "")).replace("\r\n", "\n").replace("\r", "\n").strip()


def find_export(workbook: Workbook) -> str:
    """The identity of the export that a file is, "" when it says none.

    Looked for in the hidden sheet, else in a cell of any row: sheets get lost or renamed.
    """
    for sheet in workbook.sheets:
        if sheet.name == KEY_SHEET:
            for row in sheet.rows:
                if row.value(0) == EXPORT and isinstance(row.value(1), str):
                    return row.value(1).strip()
    for sheet in workbook.sheets:
        if column := _key_column(sheet):
            header, position = column
            for row in sheet.rows:
                if row.number > header and not is_blank(value := row.value(position)):
                    if match := _UUID.search(str(value)):
                        return match[0]
    return ""


def _key_column(sheet: Sheet) -> tuple[int, int] | None:
    for row in sheet.rows[:_HEADER_LINES]:
        for position, value in enumerate(row.cells):
            if value == KEY_TITLES[EXPORT]:
                return row.number, position
    return None


class Reader:
    """Reads the rows of one export again.

    :param titles: ``{column key: title}`` of the export, in its language
    :param people: technicians by label in the file
    :param types: service types by label in the file
    """

    def __init__(
        self,
        titles: dict[str, str],
        people: dict[str, int],
        types: dict[str, int],
        people_index: PeopleIndex,
        type_index: TypeIndex,
    ) -> None:
        self.titles = {**titles, **KEY_TITLES}
        self.people = {compact(name): number for name, number in people.items()}
        self.types = {compact(name): number for name, number in types.items()}
        self.people_index = people_index
        self.type_index = type_index
        self.order = DateContext("dmy")
        self.parsers: dict[str, Callable[[Any], tuple[Any, str]]] = {
            "day": self._day,
            "start": self._time,
            "end": self._time,
            "duration": self._minutes,
            "technician": self._technician,
            "helpers": self._helpers,
            "type": self._type,
            "instructions": self._text,
            "description": self._text,
        }

    def read(  # pylint: disable=method-required-super
        self, workbook: Workbook
    ) -> EditedFile:
        """Read every sheet that holds the table: renamed, moved columns, rows in any order."""
        found = EditedFile(find_export(workbook))
        seen: set[int] = set()
        for sheet in workbook.sheets:
            header = self._find_header(sheet)
            if not header:
                continue
            number, columns = header
            found.columns |= set(columns)
            for row in sheet.rows:
                if row.number > number and (edited := self._read_row(sheet, row, columns)):
                    if edited.key and edited.key in seen:
                        edited.problems.append(Problem("twice", "", edited.ref))
                    seen.add(edited.key)
                    found.rows.append(edited)
        return found

    def _find_header(self, sheet: Sheet) -> tuple[int, dict[str, int]] | None:
        """The line of the titles and where each column stands now."""
        wanted = {compact(title): key for key, title in self.titles.items()}
        best: tuple[int, dict[str, int]] | None = None
        for row in sheet.rows[:_HEADER_LINES]:
            columns: dict[str, int] = {}
            for position, value in enumerate(row.cells):
                key = wanted.get(compact(str(value))) if isinstance(value, str) else None
                if isinstance(value, str) and value in KEY_TITLES.values():
                    key = next(key for key, title in KEY_TITLES.items() if title == value)
                if key and key not in columns:
                    columns[key] = position
            if len(columns) >= 3 and (not best or len(columns) > len(best[1])):
                best = row.number, columns
        return best

    def _read_row(self, sheet: Sheet, row: Row, columns: dict[str, int]) -> EditedRow | None:
        cells = {key: row.value(position) for key, position in columns.items()}
        if all(is_blank(value) for key, value in cells.items() if key not in KEY_TITLES):
            return None
        edited = EditedRow(
            sheet.name,
            row.number,
            key=_whole(cells.get(ID)) or 0,
            version=_whole(cells.get(VERSION)),
            export=str(cells.get(EXPORT) or "").strip(),
            ref=str(cells.get("ref") or "").strip(),
        )
        for key, position in columns.items():
            value = cells[key]
            if isinstance(value, str):
                value = unescape(value)
            edited.shown[key] = value if isinstance(value, str) else show(value)
            if key not in self.parsers:
                continue
            if position in row.errors:
                edited.problems.append(Problem("formula", key, edited.shown[key]))
                continue
            parsed, issue = self.parsers[key](value)
            if issue:
                edited.problems.append(Problem(issue, key, edited.shown[key]))
            else:
                edited.values[key] = parsed
        return edited

    # ------------------------------------------------------------------ cells

    def _day(self, value: Any) -> tuple[Any, str]:
        if is_blank(value):
            return "", ""
        reading = parse_date(value, self.order)
        if reading.issue or not reading.value:
            return None, "bad_date"
        return reading.value.isoformat(), ""

    def _time(self, value: Any) -> tuple[Any, str]:
        if is_blank(value):
            return "", ""
        if isinstance(value, datetime):
            return _minute(value.time()), ""
        if isinstance(value, time):
            return _minute(value), ""
        if isinstance(value, timedelta):
            value = value.total_seconds() / 86400
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1:
            return _minute((datetime.min + timedelta(minutes=round(value * 1440))).time()), ""
        if isinstance(value, date | bool):
            return None, "bad_time"
        if isinstance(value, str) and fold(value).strip() in {
            "0h",
            "0:00",
            "00:00",
            "0h00",
            "00h00",
        }:
            return "00:00", ""
        reading = parse_time(value)
        if reading.issue or reading.kind != EXACT or not reading.start or reading.end:
            return None, "bad_time"
        return _minute(reading.start), ""

    def _minutes(self, value: Any) -> tuple[Any, str]:
        if is_blank(value):
            return None, "bad_duration"
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 0.08:
            value = timedelta(days=value)  # typed as 1:30 into a cell for decimal hours
        reading = parse_duration(value, DurationContext(HOURS))
        if reading.issue == "bad_duration" or not reading.minutes or reading.minutes > 24 * 60 * 14:
            return None, "bad_duration"
        return reading.minutes, ""

    def _technician(self, value: Any) -> tuple[Any, str]:
        if is_blank(value):
            return 0, ""
        return self._person(str(value))

    def _person(self, text: str) -> tuple[Any, str]:
        if number := self.people.get(compact(text)):
            return number, ""
        match = self.people_index.match(text)
        if match.id:
            return match.id, ""
        return None, "ambiguous_technician" if match.candidates else "unknown_technician"

    def _helpers(self, value: Any) -> tuple[Any, str]:
        found = []
        for name in split_people(str(value)) if not is_blank(value) else ():
            number, issue = self._person(name)
            if issue:
                return None, issue
            found.append(number)
        return sorted(set(found)), ""

    def _type(self, value: Any) -> tuple[Any, str]:
        if is_blank(value):
            return None, "unknown_type"
        number = self.types.get(compact(str(value))) or self.type_index.match(str(value)).id
        return (number, "") if number else (None, "unknown_type")

    def _text(self, value: Any) -> tuple[Any, str]:
        return ("" if value is None else value if isinstance(value, str) else show(value)), ""


def _whole(value: Any) -> int | None:
    try:
        number = float(str(value).strip())
    except ValueError:
        return None
    return int(number) if number == int(number) and 0 <= number < 2**53 else None


def _minute(value: time) -> str:
    if value.second >= 30 and (value.hour, value.minute) != (23, 59):
        value = (datetime.combine(date.min, value) + timedelta(minutes=1)).time()
    return f"{value.hour:02d}:{value.minute:02d}"


# --- three ways -----------------------------------------------------------------------------

#: Cells that say who, when and how long: they are decided together.
PLACE = ("day", "start", "end", "duration", "technician", "helpers")


@dataclass(frozen=True)
class Change:
    """One field three ways.

    :param base: value at the export
    :param file: value in the file
    :param now: value in the database
    :param conflict: file and database were both changed, differently
    """

    key: str
    base: Any
    file: Any
    now: Any
    conflict: bool = False


def settle_slot(
    base: dict[str, Any], values: dict[str, Any]
) -> tuple[dict[str, Any], Problem | None]:
    """Fill in what the edited day, start, end and duration mean together.

    The end is a help for people: it gives the duration where that was left alone.

    :param base: values at the export
    :param values: values of the file; what is missing was not read
    :return: values with "start", "day" and "duration" settled, and what does not fit
    """
    values = {key: values.get(key, base.get(key)) for key in {*base, *values}}
    changed = {key for key in PLACE if values.get(key) != base.get(key)}
    if values["start"] and not values["day"]:
        return values, Problem("start_without_day", "day")
    if "day" in changed and values["day"] and not values["start"]:
        return values, Problem("day_without_start", "start")
    if "end" in changed and values["end"] and values["start"]:
        spent = _between(values["start"], values["end"])
        if "duration" in changed and values["duration"] % 1440 != spent % 1440:
            return values, Problem("end_contradicts", "end", values["end"])
        if "duration" not in changed and spent:
            values["duration"] = spent
    return values, None


def _between(start: str, end: str) -> int:
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (start, end))
    return (last - first) % 1440


def compare(
    base: dict[str, Any], values: dict[str, Any], now: dict[str, Any], moved: bool
) -> list[Change]:
    """Compare one row three ways.

    :param base: values at the export
    :param values: values of the file (settled)
    :param now: values in the database
    :param moved: the plan has another version than at the export
    :return: what the file wants changed; nothing where the database already says so
    """
    changes = []
    for key in base:
        if key == "end" or key not in values:
            continue
        file, then, current = (_comparable(key, one.get(key)) for one in (values, base, now))
        if file != then and file != current:
            changes.append(
                Change(key, base[key], values[key], now.get(key), conflict=current != then)
            )
    slot = [change for change in changes if change.key in PLACE]
    # Who and when belong together: a new technician for a visit that somebody moved meanwhile
    # is to be looked at.
    drifted = moved and any(
        _comparable(key, now.get(key)) != _comparable(key, base.get(key))
        for key in PLACE
        if key != "end"
    )
    if slot and drifted:
        changes = [
            Change(c.key, c.base, c.file, c.now, c.conflict or c.key in PLACE) for c in changes
        ]
    return changes


def _comparable(key: str, value: Any) -> Any:
    if key in ("instructions", "description"):
        return same_text(value)
    if key == "helpers":
        return sorted(value or ())
    return value or 0 if key in ("technician", "type", "duration") else value or ""


def missing(keys: Iterable[int], rows: Iterable[EditedRow]) -> list[int]:
    """Missions of the export that the file no longer holds."""
    held = {row.key for row in rows}
    return [key for key in keys if key not in held]
