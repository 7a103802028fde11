"""The demo's untidy planning read by the product's reader: line by line as its truth says."""

from datetime import date

import pytest
from spreadsheet import planning, reader
from spreadsheet.directory import CustomerIndex, Directory, Known, PeopleIndex, TypeIndex
from spreadsheet.sites import KnownSite, SiteIndex
from test_demo_week import week

START = date(2026, 11, 20)


@pytest.fixture(scope="module")
def made():
    return week.Week(START)


@pytest.fixture(scope="module")
def read(made):
    customers = {customer.name: rank for rank, customer in enumerate(made.customers, 1)}
    directory = Directory(
        PeopleIndex(Known(rank, tech.name) for rank, tech in enumerate(made.technicians, 1)),
        TypeIndex(Known(rank, kind.name) for rank, kind in enumerate(week.SERVICE_TYPES, 1)),
        CustomerIndex(Known(rank, name) for name, rank in customers.items()),
    )
    sites = SiteIndex(
        KnownSite(
            *(rank, site.name, site.code, site.street, site.town.postcode, site.town.name),
            *(site.town.insee, customers[site.customer.name], site.latitude, site.longitude),
        )
        for rank, site in enumerate(made.sites, 1)
    )
    book = reader.read_workbook(made.planning_xlsx(), "planning.xlsx")
    layouts, _skipped = planning.detect_planning(book)
    options = planning.Options(today=START)
    return planning.read_planning(book, layouts, directory, sites, options=options)


def test_every_line_has_its_status(made, read):
    expected = {line["row"]: line["status"] for line in made.expected()}
    assert {line.row: line.status for line in read.lines} == expected


def test_accepted_lines_say_what_was_meant(made, read):
    lines = {line.row: line for line in read.lines}
    for truth in made.expected():
        if truth["status"] not in ("ok", "unassigned"):
            continue
        line = lines[truth["row"]]
        slot = line.slot
        when = [slot.start.hour, slot.start.minute] if slot.kind == "exact" else slot.kind
        technician = line.technician_id and made.technicians[line.technician_id - 1].name
        found = {
            "row": line.row,
            "date": line.date.isoformat(),
            "time": None if when in ("none", "day", "") else when,
            "technician": technician or None,
            "customer": made.customers[line.customer_id - 1].name,
            "station": made.sites[line.site_id - 1].code,
            "type": week.SERVICE_TYPES[line.type_id - 1].name,
            "minutes": line.minutes,
            "urgent": line.urgent,
        }
        assert found == {key: truth[key] for key in found}


def test_commune_codes_are_no_postcodes(made, read):
    coded = []
    for line in read.lines:
        town = made.sites[line.site_id - 1].town
        if line.raw.get("postcode") == town.insee:
            coded.append(line)
            assert line.insee == town.insee
            assert line.zip in ("", town.postcode)
    assert len(coded) > 5
