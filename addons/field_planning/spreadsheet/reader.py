"""Files to sheets: xlsx, ods, xls and csv, each row with the line number that its owner sees."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from .text import clean, repair_mojibake

MAX_BYTES = 30 * 1024 * 1024
MAX_UNPACKED = 400 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 250


class UnreadableFile(ValueError):
    """The file can't be read at all.

    :param code: "empty", "too_large", "unknown_kind", "encrypted", "broken" or "no_table"
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass
class Row:
    """One line of a sheet.

    :param number: line number as shown by a spreadsheet program, from 1
    :param cells: values by column; vertically merged cells hold their common value
    :param hidden: the line is hidden or filtered out
    :param struck: all of its texts are struck through
    :param spans: first column -> last column of cells merged sideways
    :param errors: columns that hold an error (`#REF!`) or a formula without result
    """

    number: int
    cells: list[Any]
    hidden: bool = False
    struck: bool = False
    spans: dict[int, int] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)

    def value(self, column: int) -> Any:
        """The value in `column`, None outside the line."""
        return self.cells[column] if 0 <= column < len(self.cells) else None

    def filled(self) -> list[tuple[int, Any]]:
        """The cells that hold something, as (column, value)."""
        return [(column, value) for column, value in enumerate(self.cells) if not is_blank(value)]


@dataclass
class Sheet:
    """One sheet: its name, rows and whether it is hidden."""

    name: str
    rows: list[Row]
    hidden: bool = False

    def row(self, number: int) -> Row | None:
        """The row with this line number."""
        index = number - 1
        if 0 <= index < len(self.rows) and self.rows[index].number == number:
            return self.rows[index]
        return next((row for row in self.rows if row.number == number), None)

    @property
    def width(self) -> int:
        """Number of columns."""
        return max((len(row.cells) for row in self.rows), default=0)


@dataclass
class Workbook:
    """A file as read.

    :param kind: "xlsx", "ods", "xls" or "csv"
    :param encoding: of a csv file
    :param repaired: number of cells whose wrong encoding was undone
    :param date_1904: day numbers count from 1904
    :param modified: when the file was last saved, where it says so
    """

    kind: str
    sheets: list[Sheet]
    encoding: str = ""
    delimiter: str = ""
    repaired: int = 0
    date_1904: bool = False
    modified: date | None = None


def is_blank(value: Any) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return value is None or (isinstance(value, str) and not clean(value))


def read_workbook(data: bytes, filename: str = "") -> Workbook:
    """Read a spreadsheet file.

    :param data: the file's bytes
    :param filename: its name, which only decides where the bytes don't
    :raise UnreadableFile: when nothing can be read out of it
    """
    if not data.strip():
        raise UnreadableFile("empty")
    if len(data) > MAX_BYTES:
        raise UnreadableFile("too_large")
    workbook = _reader_for(data, filename)(data)
    for sheet in workbook.sheets:
        _trim(sheet)
        workbook.repaired += _repair(sheet)
    if not any(sheet.rows for sheet in workbook.sheets):
        raise UnreadableFile("empty")
    return workbook


def _reader_for(data: bytes, filename: str) -> Any:
    if data.startswith(b"PK"):
        return _zip_reader(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _read_xls
    head = data[:4096].lstrip().lower()
    if head.startswith((b"%pdf", b"\x89png", b"\xff\xd8\xff", b"<html", b"<!doctype", b"<?xml")):
        raise UnreadableFile("unknown_kind", filename)
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile("unknown_kind", filename)
    return _read_csv


def _zip_reader(data: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise UnreadableFile("broken", str(error)) from error
    if unpacked > MAX_UNPACKED:
        raise UnreadableFile("too_large")
    if any(name.startswith("xl/") for name in names):
        return _read_xlsx
    if "content.xml" in names:
        return _read_ods
    raise UnreadableFile("unknown_kind")


# --- xlsx -----------------------------------------------------------------------------------


def _read_xlsx(data: bytes) -> Workbook:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        formulas = _formula_cells(data)
    except Exception as error:  # openpyxl raises whatever the broken part raises
        raise UnreadableFile("broken", str(error)) from error
    sheets = [
        _xlsx_sheet(sheet, formulas.get(sheet.title, set()))
        for sheet in book.worksheets
        if hasattr(sheet, "merged_cells")
    ]
    modified = book.properties.modified if book.properties else None
    return Workbook(
        "xlsx",
        sheets,
        date_1904=book.epoch.year == 1904,
        modified=modified.date() if isinstance(modified, datetime) else None,
    )


def _formula_cells(data: bytes) -> dict[str, set[tuple[int, int]]]:
    """Cells that hold a formula, by sheet name; read only when the file has any."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        if not any(re.search(rb"<f[ >]", archive.read(name)) for name in parts):
            return {}
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=False)
    return {
        sheet.title: {
            (cell.row, cell.column)
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        }
        for sheet in book.worksheets
    }


def _xlsx_sheet(sheet: Any, formulas: set[tuple[int, int]]) -> Sheet:
    rows: list[Row] = []
    last_row = min(sheet.max_row or 0, MAX_ROWS)
    last_column = min(sheet.max_column or 0, MAX_COLUMNS)
    for cells in sheet.iter_rows(max_row=last_row, max_col=last_column):
        number = cells[0].row
        dimension = sheet.row_dimensions.get(number) if number in sheet.row_dimensions else None
        row = Row(
            number, [cell.value for cell in cells], hidden=bool(dimension and dimension.hidden)
        )
        texts = [cell for cell in cells if not is_blank(cell.value)]
        row.struck = len(texts) > 1 and all(cell.font and cell.font.strike for cell in texts)
        for cell in texts:
            if cell.data_type == "e":
                row.errors[cell.column - 1] = "cell_error"
        for cell in cells:
            if cell.value is None and (number, cell.column) in formulas:
                row.errors[cell.column - 1] = "formula"
        rows.append(row)
    for merged in sheet.merged_cells.ranges:
        _fill_merged(
            rows, merged.min_row - 1, merged.max_row - 1, merged.min_col - 1, merged.max_col - 1
        )
    return Sheet(sheet.title, rows, sheet.sheet_state != "visible")


def _fill_merged(rows: list[Row], top: int, bottom: int, left: int, right: int) -> None:
    """Give every line of a merged area the common value, in its first column."""
    if top >= len(rows):
        return
    value = rows[top].value(left)
    for row in rows[top : bottom + 1]:
        row.cells.extend([None] * (left + 1 - len(row.cells)))
        row.cells[left] = value
        if right > left:
            row.spans[left] = right


# --- ods ------------------------------------------------------------------------------------


def _read_ods(data: bytes) -> Workbook:
    from odf.opendocument import load
    from odf.table import Table

    try:
        document = load(io.BytesIO(data))
    except Exception as error:  # odfpy raises whatever the broken part raises
        raise UnreadableFile("broken", str(error)) from error
    body = getattr(document, "spreadsheet", None)
    if body is None:
        raise UnreadableFile("unknown_kind")
    hidden_styles, struck_styles = _ods_styles(document)
    sheets = [
        _ods_sheet(table, hidden_styles, struck_styles)
        for table in body.childNodes
        if table.qname == Table().qname
    ]
    return Workbook("ods", sheets)


def _ods_styles(document: Any) -> tuple[set[str], set[str]]:
    """Names of the styles that hide a table and of those that strike text through."""
    from odf.style import Style, TableProperties, TextProperties

    hidden, struck = set(), set()
    for style in document.automaticstyles.getElementsByType(Style):
        name = style.getAttribute("name")
        for properties in style.getElementsByType(TableProperties):
            if properties.getAttribute("display") == "false":
                hidden.add(name)
        for properties in style.getElementsByType(TextProperties):
            if (properties.getAttribute("textlinethroughstyle") or "none") != "none":
                struck.add(name)
    return hidden, struck


def _ods_sheet(table: Any, hidden_styles: set[str], struck_styles: set[str]) -> Sheet:
    from odf.table import TableRow

    rows: list[Row] = []
    merges: list[tuple[int, int, int, int]] = []
    for element in table.getElementsByType(TableRow):
        repeat = int(element.getAttribute("numberrowsrepeated") or 1)
        hidden = element.getAttribute("visibility") in {"collapse", "filter"}
        cells, spans, struck = _ods_cells(element, struck_styles)
        if repeat > 1 and not any(not is_blank(cell) for cell in cells):
            repeat, cells = min(repeat, MAX_ROWS - len(rows)), []
        for _copy in range(max(0, min(repeat, MAX_ROWS - len(rows)))):
            number = len(rows) + 1
            rows.append(Row(number, list(cells), hidden=hidden, struck=struck))
            merges.extend((len(rows) - 1, column, down, right) for column, down, right in spans)
    for top, left, down, right in merges:
        _fill_merged(rows, top, top + down - 1, left, left + right - 1)
    name = table.getAttribute("name") or ""
    return Sheet(name, rows, table.getAttribute("stylename") in hidden_styles)


def _ods_cells(
    element: Any, struck_styles: set[str]
) -> tuple[list[Any], list[tuple[int, int, int]], bool]:
    """Values of a row, its merged areas as (column, lines, columns), and whether it is struck."""
    from odf.table import CoveredTableCell, TableCell

    kinds = {TableCell().qname, CoveredTableCell().qname}
    cells: list[Any] = []
    spans: list[tuple[int, int, int]] = []
    strikes: list[bool] = []
    for cell in element.childNodes:
        if getattr(cell, "qname", None) not in kinds:
            continue
        repeat = int(cell.getAttribute("numbercolumnsrepeated") or 1)
        value = None if cell.qname == CoveredTableCell().qname else _ods_value(cell)
        down = int(cell.getAttribute("numberrowsspanned") or 1) if value is not None else 1
        right = int(cell.getAttribute("numbercolumnsspanned") or 1) if value is not None else 1
        if down > 1 or right > 1:
            spans.append((len(cells), down, right))
        if not is_blank(value):
            strikes.append(cell.getAttribute("stylename") in struck_styles)
        cells.extend([value] * min(repeat, MAX_COLUMNS - len(cells)))
    while cells and is_blank(cells[-1]):
        cells.pop()
    return cells, spans, len(strikes) > 1 and all(strikes)


def _ods_value(cell: Any) -> Any:
    kind = cell.getAttribute("valuetype")
    if kind in {"float", "percentage", "currency"}:
        number = float(cell.getAttribute("value"))
        return int(number) if number.is_integer() else number
    if kind == "date":
        return _iso_moment(cell.getAttribute("datevalue"))
    if kind == "time":
        return _iso_span(cell.getAttribute("timevalue"))
    if kind == "boolean":
        return cell.getAttribute("booleanvalue") == "true"
    return _ods_text(cell) or None


def _ods_text(cell: Any) -> str:
    from odf import teletype
    from odf.text import P

    paragraphs = [child for child in cell.childNodes if getattr(child, "qname", None) == P().qname]
    return "\n".join(teletype.extractText(paragraph) for paragraph in paragraphs)


def _iso_moment(text: str) -> Any:
    try:
        if "T" in text:
            return datetime.fromisoformat(text.split(".")[0].rstrip("Z"))
        return datetime.combine(date.fromisoformat(text), time())
    except ValueError:
        return text


def _iso_span(text: str) -> Any:
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?", text or "")
    if not match:
        return text
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours < 24:
        return time(hours, minutes % 60, seconds % 60)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


# --- xls ------------------------------------------------------------------------------------


def _read_xls(data: bytes) -> Workbook:
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data)
    except xlrd.XLRDError as error:
        code = "encrypted" if "ncrypt" in str(error) or "Workbook" in str(error) else "broken"
        raise UnreadableFile(code, str(error)) from error
    sheets = []
    for sheet in book.sheets():
        rows = [
            Row(index + 1, [_xls_value(cell, book.datemode) for cell in sheet.row(index)])
            for index in range(min(sheet.nrows, MAX_ROWS))
        ]
        for top, bottom, left, right in getattr(sheet, "merged_cells", []):
            _fill_merged(rows, top, bottom - 1, left, right - 1)
        sheets.append(Sheet(sheet.name, rows, sheet.visibility != 0))
    return Workbook("xls", sheets, date_1904=book.datemode == 1)


def _xls_value(cell: Any, datemode: int) -> Any:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        if cell.value < 1:
            seconds = round(cell.value * 86400)
            return time(seconds // 3600 % 24, seconds % 3600 // 60)
        return xlrd.xldate_as_datetime(cell.value, datemode)
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return int(cell.value) if float(cell.value).is_integer() else cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return cell.value or None
    return None


# --- csv ------------------------------------------------------------------------------------


def _read_csv(data: bytes) -> Workbook:
    text, encoding = decode(data)
    lines = text.splitlines()
    given = None
    if lines and (match := re.fullmatch(r"\s*\"?sep=(.)\"?\s*", lines[0], re.IGNORECASE)):
        given = match[1]
        text = text.split("\n", 1)[1] if "\n" in text else ""
    delimiter = given or guess_delimiter(text)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableFile("broken", str(error)) from error
    rows = [
        Row(number, [value if clean(value) else None for value in record[:MAX_COLUMNS]])
        for number, record in enumerate(records[:MAX_ROWS], 1)
    ]
    return Workbook("csv", [Sheet("", rows)], encoding=encoding, delimiter=delimiter)


def decode(data: bytes) -> tuple[str, str]:
    """Text of a csv file and the encoding it was found to be in.

    A byte order mark or valid UTF-8 decides; else the single-byte code page whose reading looks
    most like French or English.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), encoding
    if data[1:200:2].count(0) > 40:
        return data.decode("utf-16-le", "replace"), "utf-16-le"
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8"), "utf-8"
    if _mostly_utf8(data):
        return data.decode("utf-8", "replace"), "utf-8"
    readings = [
        (_plausible(text), -rank, encoding, text)
        for rank, encoding in enumerate(("cp1252", "cp850", "mac_roman", "latin-1"))
        if (text := _try(data, encoding)) is not None
    ]
    _score, _rank, encoding, text = max(readings)
    return text, encoding


def _mostly_utf8(data: bytes) -> bool:
    """Whether only a few bytes of a UTF-8 file were spoilt."""
    text = data.decode("utf-8", "replace")
    good = sum(1 for char in text if ord(char) > 127 and char != "\ufffd")
    return good > 5 * text.count("\ufffd")


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _plausible(text: str) -> int:
    usual = set("éèêëàâäîïôöùûüçœæÉÈÊËÀÂÎÏÔÙÛÜÇŒ°’«»€–½²")
    counts = Counter(char for char in text if ord(char) > 127)
    good = sum(count for char, count in counts.items() if char in usual)
    # An upper-case accent after a small letter is the mark of a wrong code page.
    odd = len(re.findall(r"[a-zéèà][ÉÈÊËÀÂÎÏÔÙÛÜÇŠŽ‚ƒ„…†‡ˆ‰‹ŒŽ]", text))
    return good - 3 * odd - sum(count for char, count in counts.items() if char not in usual)


def guess_delimiter(text: str) -> str:
    """The delimiter that cuts the first records into most equal numbers of fields."""
    sample = "\n".join(text.splitlines()[:200])
    best, best_score = ";", 0.0
    for delimiter in (";", ",", "\t", "|"):
        widths = Counter(
            len(record)
            for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
            if any(clean(cell) for cell in record)
        )
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1) * item[1] * item[0])
        if width < 2:
            continue
        score = count / sum(widths.values()) * min(width, 12)
        if score > best_score:
            best, best_score = delimiter, score
    return best


# --- common ---------------------------------------------------------------------------------


def _trim(sheet: Sheet) -> None:
    """Drop the blank lines and columns at the end."""
    while sheet.rows and not sheet.rows[-1].filled():
        sheet.rows.pop()
    for row in sheet.rows:
        while row.cells and is_blank(row.cells[-1]):
            row.cells.pop()


def _repair(sheet: Sheet) -> int:
    repaired = 0
    for row in sheet.rows:
        for column, value in enumerate(row.cells):
            if isinstance(value, str) and not value.isascii():
                better = repair_mojibake(value)
                if better != value:
                    row.cells[column] = better
                    repaired += 1
    return repaired
