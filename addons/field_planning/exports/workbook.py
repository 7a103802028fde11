"""A table of missions as an xlsx file that people edit and give back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, BinaryIO

import xlsxwriter

#: Most characters that a cell of a spreadsheet holds.
LONGEST_TEXT = 32_000
#: Name of the hidden sheet that says which export a file is.
KEY_SHEET = "_export"
LIST_SHEET = "Lists"
#: What makes a spreadsheet program read a text as a formula once somebody edits the cell.
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_HEADER_ROW = 2


@dataclass(frozen=True)
class Column:
    """A column of the file.

    :param key: what it holds, for who reads the file back
    :param kind: "text", "long", "date", "time", "hours", "list" or "key" (hidden)
    :param editable: changes are taken over
    :param choices: for "list": the values offered
    :param strict: another value than the choices is refused while typing
    """

    key: str
    title: str
    kind: str = "text"
    width: int = 14
    editable: bool = False
    choices: Sequence[str] = ()
    strict: bool = True
    note: str = ""


@dataclass(frozen=True)
class Texts:
    """The words around the table, in the reader's language."""

    sheet: str
    title: str
    hint: str
    locked: str
    bad_choice: str
    bad_time: str
    bad_hours: str
    lists: str = LIST_SHEET


def write_missions(
    stream: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    keys: dict[str, str],
    texts: Texts,
    count: int,
) -> None:
    """Write the file row by row: memory does not grow with the rows.

    :param stream: where to; a seekable binary file
    :param rows: values in the order of the columns; None = empty
    :param keys: what the hidden sheet tells about the export
    :param count: number of rows, for the lists to choose from
    """
    book = xlsxwriter.Workbook(
        stream,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "dd/mm/yyyy",
        },
    )
    formats = _make_formats(book)
    sheet = book.add_worksheet(_sheet_name(texts.sheet))
    _set_columns(sheet, columns, formats)
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, texts.title, formats["title"])
    sheet.write_string(1, 0, texts.hint, formats["hint"])
    for position, column in enumerate(columns):
        sheet.write_string(
            _HEADER_ROW,
            position,
            column.title,
            formats["header" if column.editable else "header_fixed"],
        )
    first = _HEADER_ROW + 1
    for number, values in enumerate(rows, start=first):
        for position, (column, value) in enumerate(zip(columns, values, strict=True)):
            _write_cell(sheet, number, position, column, value, formats)
    last = max(first, _HEADER_ROW + count)
    sheet.autofilter(_HEADER_ROW, 0, last, len(columns) - 1)
    sheet.freeze_panes(first, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    lists = _write_lists(book, columns, texts)
    _add_checks(sheet, columns, lists, first, last, texts)
    _write_keys(book, keys)
    book.close()


def _sheet_name(name: str) -> str:
    """`name` as a spreadsheet allows it for a sheet."""
    return "".join(char for char in name if char not in "[]:*?/\\'")[:31] or "Missions"


def _make_formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
    fixed = {**base, "font_color": "#5B6770", "bg_color": "#F4F7F9"}
    return {
        "title": book.add_format({**base, "font_size": 14, "bold": True, "font_color": "#17374D"}),
        "hint": book.add_format({**base, "italic": True, "font_color": "#5B6770"}),
        "header": book.add_format(
            {**base, "bold": True, "font_color": "white", "bg_color": "#17374D", "border": 1}
        ),
        "header_fixed": book.add_format(
            {**base, "bold": True, "font_color": "white", "bg_color": "#7D8D98", "border": 1}
        ),
        "text": book.add_format({**base, "locked": False}),
        "list": book.add_format({**base, "locked": False}),
        "long": book.add_format({**base, "text_wrap": True, "locked": False}),
        "date": book.add_format({**base, "num_format": "dd/mm/yyyy", "locked": False}),
        "time": book.add_format({**base, "num_format": "hh:mm", "locked": False}),
        "hours": book.add_format({**base, "num_format": "0.00", "locked": False}),
        "quoted": book.add_format({**base, "quote_prefix": True, "locked": False}),
        "fixed": book.add_format(fixed),
        "fixed_quoted": book.add_format({**fixed, "quote_prefix": True}),
        "key": book.add_format({**base, "locked": True, "num_format": "@"}),
    }


def _set_columns(sheet: Any, columns: Sequence[Column], formats: dict[str, Any]) -> None:
    for position, column in enumerate(columns):
        hidden = column.kind == "key"
        sheet.set_column(
            position,
            position,
            column.width,
            formats[column.kind if column.editable or hidden else "fixed"],
            {"hidden": hidden},
        )


def _write_cell(
    sheet: Any, row: int, position: int, column: Column, value: Any, formats: dict[str, Any]
) -> None:
    style = formats[column.kind if column.editable or column.kind == "key" else "fixed"]
    if value is None or value == "":
        sheet.write_blank(row, position, None, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, position, value, formats["date"])
    elif isinstance(value, time):
        sheet.write_number(row, position, (value.hour * 60 + value.minute) / 1440, formats["time"])
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(row, position, value, style)
    else:
        # Always a string cell; marked as text, so that editing it makes no formula of it either.
        text = str(value)
        if text.startswith(_RISKY):
            style = formats["quoted" if column.editable else "fixed_quoted"]
        sheet.write_string(row, position, text, style)


def _write_lists(book: Any, columns: Sequence[Column], texts: Texts) -> dict[str, str]:
    """Write the values to choose from; a validation holds 255 characters only by itself.

    :return: ``{column key: range}``
    """
    chosen = [column for column in columns if column.choices]
    if not chosen:
        return {}
    name = _sheet_name(texts.lists)
    sheet = book.add_worksheet(name)
    for position, column in enumerate(chosen):
        sheet.set_column(position, position, 32)
        sheet.write_string(0, position, column.title)
    longest = max(len(column.choices) for column in chosen)
    for row in range(longest):
        for position, column in enumerate(chosen):
            if row < len(column.choices):
                sheet.write_string(row + 1, position, column.choices[row])
    return {
        column.key: f"='{name}'!${chr(65 + position)}$2:${chr(65 + position)}${len(column.choices) + 1}"
        for position, column in enumerate(chosen)
    }


def _add_checks(
    sheet: Any,
    columns: Sequence[Column],
    lists: dict[str, str],
    first: int,
    last: int,
    texts: Texts,
) -> None:
    checks = {
        "time": {
            "validate": "time",
            "criteria": "between",
            "minimum": time(0, 0),
            "maximum": time(23, 59),
            "error_message": texts.bad_time,
            "error_type": "warning",
        },
        "hours": {
            "validate": "decimal",
            "criteria": "between",
            "minimum": 0.05,
            "maximum": 24,
            "error_message": texts.bad_hours,
            "error_type": "warning",
        },
        # No password stands before the hidden keys, or Excel would sort no row; typing does.
        "key": {
            "validate": "custom",
            "value": "=FALSE",
            "error_message": texts.locked,
            "error_type": "stop",
        },
    }
    for position, column in enumerate(columns):
        check = checks.get(column.kind) if column.editable or column.kind == "key" else None
        if column.key in lists:
            check = {
                "validate": "list",
                "source": lists[column.key],
                "error_message": texts.bad_choice,
                "error_type": "stop" if column.strict else "warning",
            }
        if check:
            # Some rows more: new missions are typed below.
            sheet.data_validation(first, position, last + 200, position, check)


def _write_keys(book: Any, keys: dict[str, str]) -> None:
    sheet = book.add_worksheet(KEY_SHEET)
    for row, (key, value) in enumerate(keys.items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.very_hidden()
