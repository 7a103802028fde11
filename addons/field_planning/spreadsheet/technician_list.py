"""A list of technicians from any file: name, start point, hours, skills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from . import issues as say
from .directory import PeopleIndex
from .issues import Issue
from .layout import Layout, show
from .phones import parse_phone
from .places import parse_point
from .reader import Row, Workbook, is_blank
from .text import clean, normalise
from .times import EXACT, parse_time


@dataclass
class TechnicianLine:
    """One technician as read; `employee_id` is the known one, 0 for a new one.

    :param start: beginning of the working day
    :param end: end of the working day
    :param status: "ok" (new), "known", "duplicate" or "unnamed"
    """

    sheet: str
    row: int
    raw: dict[str, str] = field(default_factory=dict)
    name: str = ""
    code: str = ""
    latitude: float | None = None
    longitude: float | None = None
    address: str = ""
    start: time | None = None
    end: time | None = None
    skills: list[str] = field(default_factory=list)
    phone: str = ""
    email: str = ""
    team: str = ""
    employee_id: int = 0
    issues: list[Issue] = field(default_factory=list)
    status: str = "ok"


def read_technicians(
    workbook: Workbook, layout: Layout, people: PeopleIndex | None = None
) -> list[TechnicianLine]:
    """Read a list of technicians.

    :param layout: its table, from `detect_layout(sheet, "technicians")`
    :param people: known technicians, so that none is made twice
    """
    sheet = next(sheet for sheet in workbook.sheets if sheet.name == layout.sheet)
    lines = [
        _read_row(row, layout) for row in sheet.rows if row.number > layout.header and row.filled()
    ]
    _match(lines, people or PeopleIndex(()))
    return lines


def _read_row(row: Row, layout: Layout) -> TechnicianLine:
    line = TechnicianLine(layout.sheet, row.number)
    cells: dict[str, Any] = {}
    for column in layout.columns:
        value = row.value(column.index)
        if not column.field or is_blank(value):
            continue
        if column.field == "skills" and not _says_skill(value, column.title):
            continue
        if column.field == "skills" and _is_tick(value):
            value = column.title
        if column.field in cells:
            separator = ";" if column.field == "skills" else " "
            value = f"{show(cells[column.field])}{separator}{show(value)}"
        cells[column.field] = value
    line.raw = {key: show(value) for key, value in cells.items()}
    names = (line.raw.get("first_name", ""), line.raw.get("name", ""))
    line.name = clean(" ".join(filter(None, names)))
    for key in ("code", "email", "team"):
        setattr(line, key, line.raw.get(key, ""))
    place = (line.raw.get("address"), line.raw.get("postcode"), line.raw.get("city"))
    line.address = clean(" ".join(filter(None, place)))
    line.phone = parse_phone(cells.get("phone")).number
    parts = re.split(r"\s*[;,/|\n+]\s*", line.raw.get("skills", ""))
    line.skills = list(dict.fromkeys(clean(part) for part in parts if clean(part)))
    _read_hours(line, cells)
    _read_point(line, cells)
    if not line.name:
        line.issues.append(say.error("missing_name", "name"))
        line.status = "unnamed"
    return line


def _is_tick(value: Any) -> bool:
    return show(value).lower() in {"x", "oui", "yes", "1", "true", "vrai", "✓", "✔"}


def _says_skill(value: Any, _title: str) -> bool:
    return show(value).lower() not in {"non", "no", "0", "false", "faux", "-"}


def _read_hours(line: TechnicianLine, cells: dict[str, Any]) -> None:
    start = parse_time(cells.get("start"))
    end = parse_time(cells.get("end"))
    line.start = start.start if start.kind == EXACT else None
    line.end = end.start if end.kind == EXACT else start.end
    given = cells.get("start") is not None or cells.get("end") is not None
    if given and (line.start is None or line.end is None or line.start >= line.end):
        typed = " - ".join(filter(None, (line.raw.get("start"), line.raw.get("end"))))
        line.issues.append(say.warning("bad_hours", "start", typed))
        line.start = line.end = None


def _read_point(line: TechnicianLine, cells: dict[str, Any]) -> None:
    if "coordinates" in cells:
        point = parse_point(show(cells["coordinates"]))
    else:
        point = parse_point(cells.get("latitude"), cells.get("longitude") or "")
    line.latitude, line.longitude = point.latitude, point.longitude
    if point.issue == "bad_coordinates":
        line.issues.append(say.warning(point.issue, "latitude", line.raw.get("latitude", "")))


def _match(lines: Sequence[TechnicianLine], people: PeopleIndex) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        if line.status != "ok":
            continue
        key = normalise(line.name)
        if key in seen:
            line.issues.append(say.error("duplicate_person", "", line.name, row=seen[key]))
            line.status = "duplicate"
            continue
        seen[key] = line.row
        match = people.match(line.name)
        if match.id and match.sure:
            line.employee_id, line.status = match.id, "known"
