"""The subscription calendar, read back by a parser that did not write it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from exports.calendar_feed import CANCELLED, Event, make_feed, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar


def _event(**values):
    start = datetime(2026, 11, 30, 8)
    return Event(
        **{
            "uid": "field-mission-7@db",
            "start": start,
            "end": start + timedelta(hours=1),
            "sequence": 3,
            "modified": datetime(2026, 11, 24, 9, 30, 12, 500),
            "summary": "Mill",
            **values,
        }
    )


def _read(events, name="Ana", tz="Europe/Paris"):
    data = make_feed(name, tz, events)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    return Calendar.from_ical(data)


def test_an_event_reads_back_as_written():
    calendar = _read(
        [_event(point=(48.0, -4.1), category="Boiler, gas", url="https://x/field/m/7")]
    )
    assert calendar["METHOD"] == "PUBLISH" and calendar["VERSION"] == "2.0"
    assert not calendar.errors
    event = calendar.walk("VEVENT")[0]
    assert not event.errors
    assert event["UID"] == "field-mission-7@db"
    assert event["SEQUENCE"] == 3
    assert event.decoded("DTSTART") == datetime(2026, 11, 30, 8, tzinfo=ZoneInfo("UTC"))
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(hours=1)
    assert event.decoded("LAST-MODIFIED").second == 12
    assert event["STATUS"] == "CONFIRMED"
    assert event["GEO"].latitude == 48.0 and event["GEO"].longitude == -4.1
    assert [str(text) for text in event["CATEGORIES"].cats] == ["Boiler, gas"]


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        (datetime(2026, 3, 29, 0, 30), "01:30"),
        (datetime(2026, 3, 29, 1, 30), "03:30"),
        (datetime(2026, 10, 25, 0, 30), "02:30"),
        (datetime(2026, 10, 25, 1, 30), "02:30"),
        (datetime(2026, 7, 1, 6, 0), "08:00"),
    ],
)
def test_days_on_which_the_clock_changes(start, shown):
    event = _read([_event(start=start, end=start + timedelta(hours=2))]).walk("VEVENT")[0]
    local = event.decoded("DTSTART").astimezone(ZoneInfo("Europe/Paris"))
    assert f"{local:%H:%M}" == shown
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(hours=2)


def test_cancelled_visits_are_sent_as_such():
    event = _read([_event(status=CANCELLED)]).walk("VEVENT")[0]
    assert event["STATUS"] == "CANCELLED" and event["TRANSP"] == "TRANSPARENT"


def test_the_same_events_give_the_same_bytes():
    assert make_feed("Ana", "UTC", [_event()]) == make_feed("Ana", "UTC", [_event()])
    assert _read([]).walk("VEVENT") == []


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_odd_characters_survive(summary, description):
    event = _read([_event(summary=summary, description=description)], name=summary).walk("VEVENT")
    assert len(event) == 1
    assert str(event[0]["SUMMARY"]) == plain(summary)
    assert str(event[0].get("DESCRIPTION", "")) == plain(description)


def test_nothing_injects_a_property():
    evil = "x\r\nATTENDEE:mailto:a@b\nEND:VEVENT;,\\n\\;"
    event = _read([_event(summary=evil, location=evil)]).walk("VEVENT")[0]
    assert "ATTENDEE" not in event
    assert str(event["LOCATION"]) == plain(evil)
