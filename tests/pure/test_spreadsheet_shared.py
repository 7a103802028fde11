"""The real planning against what a careful person reads in it, as it is and in other layouts."""

import csv
import json
from collections import Counter
from datetime import date, time
from pathlib import Path

import openpyxl
import pytest
from spreadsheet.directory import CustomerIndex, Directory, Known, PeopleIndex, TypeIndex
from spreadsheet.layout import Evidence, detect_layout
from spreadsheet.places import CodeEvidence
from spreadsheet.planning import Options, detect_planning, read_planning
from spreadsheet.reader import read_workbook
from spreadsheet.site_list import read_sites
from spreadsheet.sites import KnownSite, SiteIndex
from test_spreadsheet_layouts import files

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PLANNING = SHARED / "planning_semaine_49.xlsx"
PEOPLE = [f"Technicien {number:02d}" for number in range(1, 13)]
TYPES = list(files.TYPES)

pytestmark = pytest.mark.skipif(
    not PLANNING.exists(), reason="the shared data are not beside the checkout"
)


@pytest.fixture(scope="module")
def known():
    """Directory, sites and codes of a company that has imported the charging stations."""
    book = read_workbook((SHARED / "bornes_recharge.csv").read_bytes())
    lines = read_sites(book, detect_layout(book.sheets[0], "sites"))
    names = list(dict.fromkeys(line.customer.strip() for line in lines))
    sites = SiteIndex(
        KnownSite(
            number, line.name, line.code, line.street, line.zip, line.city, line.insee,
            names.index(line.customer.strip()) + 1, line.latitude or 0, line.longitude or 0,
        )
        for number, line in enumerate(lines, 1)
    )  # fmt: skip
    directory = Directory(
        PeopleIndex(Known(number, name) for number, name in enumerate(PEOPLE, 1)),
        TypeIndex(Known(number, name) for number, name in enumerate(TYPES, 1)),
        CustomerIndex(Known(number, name) for number, name in enumerate(names, 1)),
    )
    codes = CodeEvidence()
    for site in sites.sites:
        codes.add(site.insee, site.city, [site.zip])
    return directory, sites, codes, names


@pytest.fixture(scope="module")
def expected():
    """What a careful person reads, line by line."""
    return json.loads((SHARED / "planning_semaine_49.expected.json").read_text())


def read(data, name, known):
    """The lines of a file."""
    directory, sites, codes, _names = known
    book = read_workbook(data, name)
    layouts, _left = detect_planning(book, Evidence(directory, sites))
    options = Options(today=date(2026, 11, 27))
    return read_planning(book, layouts, directory, sites, codes, options)


def told(line, known):
    """What a line was understood to say, in the terms of the expected file."""
    _directory, sites, _codes, names = known
    by_id = {site.id: site for site in sites.sites}
    slot = line.slot
    return {
        "status": line.status,
        "date": line.date and line.date.isoformat(),
        "time": [slot.start.hour, slot.start.minute]
        if slot.kind == "exact"
        else {"none": None, "day": None}.get(slot.kind, slot.kind),
        "technician": PEOPLE[line.technician_id - 1] if line.technician_id else line.technician,
        "customer": names[line.customer_id - 1] if line.customer_id else line.customer,
        "stations": {by_id[found].code for found in (line.site_id, *line.twins) if found},
        "type": TYPES[line.type_id - 1] if line.type_id else line.type,
        "minutes": line.minutes,
        "urgent": line.urgent,
        "note": line.remark or None,
    }


def differences(line, entry, known, without=()):
    """Fields in which a line differs from what was expected."""
    got = told(line, known)
    wanted = {
        **entry,
        "customer": entry["customer"].strip(),
        "technician": entry["technician"] or "",
    }
    stations = got.pop("stations")
    different = {
        key: (value, wanted[key])
        for key, value in got.items()
        if key not in without and value != wanted[key]
    }
    if entry["station"] not in stations:
        different["station"] = (stations, entry["station"])
    return different


def test_line_by_line(known, expected):
    """Every line of the file as expected; none lost, none invented."""
    reading = read(PLANNING.read_bytes(), PLANNING.name, known)
    lines = {line.row: line for line in reading.lines}
    assert set(lines) == {entry["row"] for entry in expected}
    wrong = {
        entry["row"]: found
        for entry in expected
        if (found := differences(lines[entry["row"]], entry, known))
    }
    assert not wrong
    assert Counter(item.reason for item in reading.skipped) == {"title": 1, "header": 1, "total": 4}


def test_codes_that_are_no_postcodes(known):
    """The INSEE codes of the `CP` column never become postcodes."""
    with (SHARED / "bornes_recharge.csv").open(encoding="utf-8") as stream:
        insee = {row["id_station"]: row["code_insee"].zfill(5) for row in csv.DictReader(stream)}
    by_id = {site.id: site for site in known[1].sites}
    for line in read(PLANNING.read_bytes(), PLANNING.name, known).lines:
        code = insee[by_id[line.site_id].code]
        assert line.zip != code
        assert line.insee == code


@pytest.mark.parametrize(
    "name", [name for name in files.LAYOUTS if name not in ("odd_titles", "no_header")]
)
def test_other_layouts(name, known, expected):
    """The same real visits, written in another way, are read the same."""
    sheet = openpyxl.load_workbook(PLANNING).active
    by_code = {site.code: site for site in known[1].sites}
    visits, entries = [], {}
    for entry in expected:
        if entry["status"] not in ("ok", "cancelled"):
            continue
        row, site = entry["row"], by_code[entry["station"]]
        zip_code = str(sheet.cell(row, 7).value or "0")
        place = files.Place(
            site.id, entry["customer"].strip(), entry["site"], site.code,
            sheet.cell(row, 6).value, zip_code, site.insee, sheet.cell(row, 8).value,
        )  # fmt: skip
        slot = time(*entry["time"]) if isinstance(entry["time"], list) else entry["time"]
        visit = files.Visit(
            date.fromisoformat(entry["date"]), slot, entry["technician"], place, entry["type"],
            entry["minutes"], f"06399{row:05d}", entry["note"] or "", entry["status"],
            entry["urgent"],
        )  # fmt: skip
        visits.append(visit)
        entries[visit.phone] = entry
    written = files.LAYOUTS[name](visits, 5)
    lines = {(line.sheet, line.row): line for line in read(written.data, written.name, known).lines}
    assert set(lines) == set(written.lines)
    without = {"note"} | ({"minutes"} if name in ("struck_and_hidden",) else set())
    wrong = {}
    for key, visit in written.lines.items():
        entry = {**entries[visit.phone], "minutes": visit.minutes}
        if found := differences(lines[key], entry, known, without):
            wrong[key] = found
    assert not wrong
