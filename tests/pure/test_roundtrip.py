"""The exported table of missions: written, edited the way people do, read and compared again."""

from __future__ import annotations

import io
import tracemalloc
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from exports.workbook import Column, Texts, write_missions
from hypothesis import given, settings
from hypothesis import strategies as st
from spreadsheet.directory import Known, PeopleIndex, TypeIndex
from spreadsheet.reader import read_workbook
from spreadsheet.roundtrip import (
    Reader,
    compare,
    find_export,
    missing,
    same_text,
    settle_slot,
    unescape,
)

UUID = "12345678-1234-1234-1234-123456789abc"
TEXTS = Texts("Planning", "Missions", "Edit", "Locked", "Choose", "Time", "Hours")
PEOPLE = {"Ana Tech": 1, "Bo Tech": 2, "Léa Martin": 3}
TYPES = {"Maintenance": 5, "Repair": 6}
COLUMNS = [
    Column("ref", "Reference"),
    Column("day", "Day", "date", editable=True),
    Column("start", "Start", "time", editable=True),
    Column("end", "End", "time", editable=True),
    Column("duration", "Duration (h)", "hours", editable=True),
    Column("technician", "Technician", "list", 20, True, tuple(PEOPLE), strict=False),
    Column("helpers", "Helpers", editable=True),
    Column("site", "Site"),
    Column("type", "Service type", "list", 20, True, tuple(TYPES)),
    Column("instructions", "Instructions", "long", 40, True),
    Column("id", "#id", "key"),
    Column("version", "#version", "key"),
    Column("export", "#export", "key"),
]
TITLES = {column.key: column.title for column in COLUMNS if column.kind != "key"}
INDEX = {column.key: number for number, column in enumerate(COLUMNS, start=1)}
RISKY = [
    "=1+1", "+33 2", "-3", "@SUM(A1)", "\tcmd", "\rx", "a\nb", "_x0041_", "bell\x07x", " lead ",
    "é😀", "=cmd|' /C calc'!A0", "http://x.y/z", "#REF!", "1234", "TRUE", "'quoted",
]  # fmt: skip


def _row(number, **values):
    row = {
        "ref": f"M/{number}",
        "day": date(2026, 11, 30),
        "start": time(9, 0),
        "end": time(10, 30),
        "duration": 1.5,
        "technician": "Ana Tech",
        "helpers": "",
        "site": "Mill",
        "type": "Maintenance",
        "instructions": "Gloves",
        "id": str(number),
        "version": "3",
        "export": UUID,
        **values,
    }
    return [row[column.key] for column in COLUMNS]


def _write(rows):
    stream = io.BytesIO()
    write_missions(stream, COLUMNS, rows, {"export": UUID}, TEXTS, len(rows))
    return stream.getvalue()


def _edit(data, change):
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _reader():
    people = PeopleIndex([Known(number, name) for name, number in PEOPLE.items()])
    types = TypeIndex([Known(number, name) for name, number in TYPES.items()])
    return Reader(TITLES, PEOPLE, TYPES, people, types)


def _read(data):
    return _reader().read(read_workbook(data, "x.xlsx"))


BASE = {
    "day": "2026-11-30", "start": "09:00", "end": "10:30", "duration": 90, "technician": 1,
    "helpers": [], "type": 5, "instructions": "Gloves",
}  # fmt: skip


def test_an_unchanged_file_changes_nothing():
    found = _read(_write([_row(7), _row(8, start=None, end=None)]))
    assert found.export == UUID
    first, second = found.rows
    assert (first.key, first.version, first.ref, first.problems) == (7, 3, "M/7", [])
    assert first.values == BASE
    assert second.values["start"] == ""
    assert compare(BASE, first.values, BASE, moved=False) == []


@pytest.mark.parametrize("text", RISKY)
def test_no_text_becomes_a_formula_and_each_reads_back_identical(text):
    data = _write([_row(7, instructions=text, site=text)])
    book = openpyxl.load_workbook(io.BytesIO(data))
    cell = book.worksheets[0].cell(4, INDEX["instructions"])
    assert cell.data_type == "s"
    assert unescape(cell.value) == text
    if text[0] in "=+-@\t\r":
        assert cell.quotePrefix
    row = _read(data).rows[0]
    assert same_text(row.values["instructions"]) == same_text(text)
    again = _read(_edit(data, lambda book: None)).rows[0]
    assert again.values == row.values


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=80)
)
def test_any_text_survives(text):
    row = _read(_write([_row(7, instructions=text)])).rows[0]
    assert same_text(row.values["instructions"]) == same_text(text)


def test_real_dates_and_times_lists_filters_and_frozen_panes():
    book = openpyxl.load_workbook(io.BytesIO(_write([_row(7)])))
    sheet = book.worksheets[0]
    assert sheet.cell(4, INDEX["day"]).value == datetime(2026, 11, 30)
    assert sheet.cell(4, INDEX["start"]).value == time(9, 0)
    assert sheet.freeze_panes == "B4"
    assert sheet.auto_filter.ref.startswith("A3:")
    assert sheet.column_dimensions["K"].hidden
    kinds = {check.type for check in sheet.data_validations.dataValidation}
    assert kinds == {"list", "time", "decimal", "custom"}
    assert book["_export"].sheet_state == "veryHidden"
    assert [cell.value for cell in book["Lists"]["A"]][1:] == list(PEOPLE)


def test_rows_sorted_columns_moved_sheet_renamed():
    def change(book):
        sheet = book.worksheets[0]
        sheet.title = "Mine"
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
        for number, row in enumerate([rows[0], *reversed(rows[1:])], start=3):
            for position, value in enumerate([row[5], *row[:5], *row[6:]], start=1):
                sheet.cell(number, position).value = value

    found = _read(_edit(_write([_row(7), _row(8, technician="Bo Tech")]), change))
    assert [(row.key, row.ref, row.values["technician"]) for row in found.rows] == [
        (8, "M/8", 2),
        (7, "M/7", 1),
    ]


def test_export_is_found_without_its_hidden_sheet_and_not_without_both():
    def no_sheet(book):
        del book["_export"]

    def nothing(book):
        del book["_export"]
        book.worksheets[0].delete_cols(INDEX["id"], 3)

    data = _write([_row(7)])
    assert find_export(read_workbook(_edit(data, no_sheet))) == UUID
    bare = read_workbook(_edit(data, nothing))
    assert find_export(bare) == ""
    row = _reader().read(bare).rows[0]
    assert (row.key, row.ref) == (0, "M/7")


@pytest.mark.parametrize(
    ("column", "typed", "wanted"),
    [
        ("day", "02/12/2026", "2026-12-02"),
        ("day", "mercredi 2 décembre 2026", "2026-12-02"),
        ("day", date(2026, 12, 2), "2026-12-02"),
        ("start", "14h30", "14:30"),
        ("start", "8:05", "08:05"),
        ("start", 0.0, "00:00"),
        ("start", time(0, 0), "00:00"),
        ("start", timedelta(hours=7), "07:00"),
        ("start", datetime(1899, 12, 30, 9, 45), "09:45"),
        ("duration", "1h20", 80),
        ("duration", "2", 120),
        ("duration", time(1, 30), 90),
        ("duration", 0.0625, 90),
        ("technician", "ANA TECH", 1),
        ("technician", "lea martin", 3),
        ("technician", None, 0),
        ("helpers", "Bo Tech + Léa Martin", [2, 3]),
        ("type", "repair", 6),
    ],
)
def test_cells_as_people_type_them(column, typed, wanted):
    def change(book):
        book.worksheets[0].cell(4, INDEX[column]).value = typed

    row = _read(_edit(_write([_row(7)]), change)).rows[0]
    assert row.problems == []
    assert row.values[column] == wanted


@pytest.mark.parametrize(
    ("column", "typed", "code"),
    [
        ("day", "31/02/2026", "bad_date"),
        ("start", "noonish", "bad_time"),
        ("start", "25:00", "bad_time"),
        ("start", "morning", "bad_time"),
        ("duration", "long", "bad_duration"),
        ("duration", None, "bad_duration"),
        ("duration", -2, "bad_duration"),
        ("technician", "Nobody Atall", "unknown_technician"),
        ("technician", "Tech", "ambiguous_technician"),
        ("helpers", "Bo Tech + Zz Qq", "unknown_technician"),
        ("type", "Zzz", "unknown_type"),
        ("day", "=TODAY()", "formula"),
    ],
)
def test_unreadable_cells_are_named(column, typed, code):
    def change(book):
        book.worksheets[0].cell(4, INDEX[column]).value = typed

    row = _read(_edit(_write([_row(7)]), change)).rows[0]
    assert [(one.code, one.column) for one in row.problems] == [(code, column)]
    assert row.number == 4 and row.sheet == "Planning"


def test_twice_and_missing_rows():
    found = _read(_write([_row(7), _row(7), _row(9)]))
    assert [[one.code for one in row.problems] for row in found.rows] == [[], ["twice"], []]
    assert missing([7, 8, 9], found.rows) == [8]


def test_end_gives_the_duration_and_contradictions_are_told():
    values, problem = settle_slot(BASE, {**BASE, "end": "11:00"})
    assert (values["duration"], problem) == (120, None)
    values, problem = settle_slot(BASE, {**BASE, "start": "22:00", "end": "01:00"})
    assert (values["duration"], problem) == (180, None)
    assert settle_slot(BASE, {**BASE, "end": "11:00", "duration": 60})[1].code == "end_contradicts"
    assert settle_slot(BASE, {**BASE, "day": ""})[1].code == "start_without_day"
    tray = {**BASE, "start": "", "end": ""}
    assert settle_slot(tray, {**tray, "day": "2026-12-01"})[1].code == "day_without_start"
    assert settle_slot(BASE, {**BASE, "start": "14:00"})[0]["duration"] == 90


def test_three_ways():
    changed = compare(BASE, {**BASE, "technician": 2}, BASE, moved=False)
    assert [(one.key, one.file, one.conflict) for one in changed] == [("technician", 2, False)]
    assert compare(BASE, {**BASE, "technician": 2}, {**BASE, "technician": 2}, True) == []
    both = compare(BASE, {**BASE, "technician": 2}, {**BASE, "technician": 3}, True)
    assert both[0].conflict
    drifted = compare(BASE, {**BASE, "technician": 2}, {**BASE, "start": "15:00"}, True)
    assert drifted[0].conflict
    texts = compare(BASE, {**BASE, "instructions": "Mask"}, {**BASE, "start": "15:00"}, True)
    assert not texts[0].conflict
    assert compare(BASE, BASE, {**BASE, "start": "15:00"}, True) == []


def test_many_rows_in_bounded_memory():
    tracemalloc.start()
    stream = io.BytesIO()
    rows = (_row(number) for number in range(20_000))
    write_missions(stream, COLUMNS, rows, {"export": UUID}, TEXTS, 20_000)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 1024 * 1024
