"""Every layout of `planning_files` gives every visit back, line by line, for several seeds."""

import importlib.util
import sys
from datetime import date
from pathlib import Path

import pytest
from spreadsheet.directory import CustomerIndex, Directory, Known, PeopleIndex, TypeIndex
from spreadsheet.layout import Evidence
from spreadsheet.places import CodeEvidence
from spreadsheet.planning import Options, detect_planning, read_planning
from spreadsheet.reader import read_workbook
from spreadsheet.sites import KnownSite, SiteIndex

PATH = Path(__file__).parents[2] / "addons/field_planning/tests/planning_files.py"
spec = importlib.util.spec_from_file_location("planning_files", PATH)
files = importlib.util.module_from_spec(spec)
sys.modules["planning_files"] = files
spec.loader.exec_module(files)

CUSTOMERS = list(dict.fromkeys(place.customer for place in files.PLACES))
TYPES = list(files.TYPES)


def known(people):
    """The company's directory, sites and codes."""
    directory = Directory(
        PeopleIndex(Known(number, name) for number, name in enumerate(people, 1)),
        TypeIndex(Known(number, name) for number, name in enumerate(TYPES, 1)),
        CustomerIndex(Known(number, name) for number, name in enumerate(CUSTOMERS, 1)),
    )
    sites = SiteIndex(
        KnownSite(
            place.id,
            place.name,
            place.code,
            place.street,
            place.zip,
            place.city,
            place.insee,
            CUSTOMERS.index(place.customer) + 1,
        )
        for place in files.PLACES
    )
    codes = CodeEvidence()
    for place in files.PLACES:
        codes.add(place.insee, place.city, [place.zip])
    return directory, sites, codes


def read(written, people, with_sites=True):
    """Lines of the file, by (sheet, row)."""
    directory, sites, codes = known(people)
    if not with_sites:
        sites = SiteIndex(())
    book = read_workbook(written.data, written.name)
    layouts, _left = detect_planning(book, Evidence(directory, sites))
    reading = read_planning(
        book, layouts, directory, sites, codes, Options(today=date(2026, 11, 27))
    )
    return reading


def told(line, people):
    """What a line was understood to say, in the terms of `Visit`."""
    slot = line.slot.start if line.slot.kind == "exact" else line.slot.kind
    return {
        "day": line.date,
        "slot": None if slot in ("none", "day") else slot,
        "technician": people[line.technician_id - 1] if line.technician_id else line.technician,
        "place": line.site_id,
        "customer": CUSTOMERS[line.customer_id - 1] if line.customer_id else line.customer,
        "type": TYPES[line.type_id - 1] if line.type_id else line.type,
        "minutes": line.minutes,
        "urgent": line.urgent,
        "status": line.status,
        "phone": line.phone.replace(" ", "").replace("+33", "0"),
        "remark": line.remark,
    }


def meant(visit):
    """The same of the visit itself."""
    return {
        "day": visit.day,
        "slot": visit.slot,
        "technician": visit.technician,
        "place": visit.place.id,
        "customer": visit.place.customer,
        "type": visit.type,
        "minutes": visit.minutes,
        "urgent": visit.urgent,
        "status": visit.status,
        "phone": visit.phone,
        "remark": visit.remark,
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", files.LAYOUTS)
def test_layout(name, seed):
    """Nothing lost, nothing invented, each value as meant."""
    people = files.PEOPLE if name == "odd_titles" else files.TECHNICIANS
    written = files.LAYOUTS[name](files.week(seed, people=people), seed + 100)
    reading = read(written, people)
    lines = {(line.sheet, line.row): line for line in reading.lines}
    assert set(lines) == set(written.lines), [str(item) for item in reading.skipped]
    without = set(written.without)
    if name == "no_header":
        # Neither remark nor cancelled mark can be written without a column for it.
        without |= {"status", "urgent"}
    wrong = []
    for key, visit in written.lines.items():
        got, expected = told(lines[key], people), meant(visit)
        different = {
            field: (got[field], expected[field])
            for field in expected
            if field not in without and got[field] != expected[field]
        }
        if different:
            wrong.append((key, different, [issue.text() for issue in lines[key].issues]))
    assert not wrong
