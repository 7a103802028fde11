"""How dates and figures read in the views: no line ends with two stops, no total has more digits."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

ADDONS = Path(__file__).parents[2] / "addons"
CODE = "\n".join(
    path.read_text()
    for folder in ("models", "wizard")
    for path in sorted(ADDONS.glob(f"*/{folder}/*.py"))
)
DATES = set(re.findall(r"^    (\w+) = fields\.Date\(", CODE, re.MULTILINE))
ONE_DIGIT = set(
    re.findall(r"^    (\w+) = fields\.Float\((?:[^()]|\([^()]*\))*?digits=\(\d+, 1\)", CODE, re.M)
)
VIEWS = sorted(ADDONS.glob("*/views/*.xml")) + sorted(ADDONS.glob("*/wizard/*.xml"))


def _fields(path):
    return ElementTree.parse(path).iter("field")


def test_the_fields_are_found():
    assert {"window_end", "date_from"} <= DATES
    assert {"km_before", "travel_km"} <= ONE_DIGIT


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_sentence_ends_with_one_stop(path):
    # “14 nov.” is how French writes a month in short: with a full stop of its own.
    short = [
        field.get("name")
        for field in _fields(path)
        if (field.tail or "").startswith(".")
        and field.get("name") in DATES
        and "numeric" not in (field.get("options") or "")
    ]
    assert not short


@pytest.mark.parametrize("name", ["field_visit_decision_view_form", "field_visit_stop_view_form"])
def test_no_calendar_opens_over_a_dialog(name):
    path = ADDONS / "field_planning" / "wizard" / "field_visit_wizard_views.xml"
    form = ElementTree.parse(path).find(f".//record[@id='{name}']//form")
    typed = [one for one in form.iterfind(".//group/field") if not one.get("readonly")]
    shown = [
        one.get("name") for one in typed if one.get("invisible") not in ("1", "due_count == 1")
    ]
    # A phone opens what comes first, a computer what has the focus.
    assert shown[0] not in DATES
    focused = [one.get("name") for one in typed if one.get("default_focus")]
    assert focused == (["reason"] if name == "field_visit_decision_view_form" else [])


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_total_has_the_digits_of_its_column(path):
    # Odoo writes two digits below a column unless the view names them.
    longer = [
        field.get("name")
        for field in _fields(path)
        if field.get("sum") and field.get("name") in ONE_DIGIT and not field.get("digits")
    ]
    assert not longer
