"""French holidays, departments, school calendars in ICS."""

from datetime import date

import pytest
from core.holidays import CalendarError, department_of, public_holidays, read_ics


def test_public_holidays_of_2026():
    national = {one.code: one.day for one in public_holidays(2026) if not one.departments}
    assert national == {
        "new_year": date(2026, 1, 1),
        "easter_monday": date(2026, 4, 6),
        "labour_day": date(2026, 5, 1),
        "victory": date(2026, 5, 8),
        "ascension": date(2026, 5, 14),
        "whit_monday": date(2026, 5, 25),
        "bastille": date(2026, 7, 14),
        "assumption": date(2026, 8, 15),
        "all_saints": date(2026, 11, 1),
        "armistice": date(2026, 11, 11),
        "christmas": date(2026, 12, 25),
    }


def test_local_public_holidays():
    def of(department):
        return {o.day for o in public_holidays(2026) if department in o.departments}

    assert of("67") == {date(2026, 4, 3), date(2026, 12, 26)}
    assert of("974") == {date(2026, 12, 20)}
    assert of("29") == set()


@pytest.mark.parametrize(
    ("postcode", "insee", "expected"),
    [
        ("29000", None, "29"),
        ("29 000", "", "29"),
        ("20000", None, "2A"),
        ("20137", None, "2A"),
        ("20200", None, "2B"),
        ("20600", "2b033", "2B"),
        ("97400", None, "974"),
        ("1000", None, ""),
        ("", None, ""),
        (None, None, ""),
        ("SW1A 1AA", None, ""),
        ("01000", "01053", "01"),
    ],
)
def test_department(postcode, insee, expected):
    assert department_of(postcode, insee) == expected


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//school//FR
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20270213
DTEND;VALUE=DATE:20270301
SUMMARY:Vacances d'hiver
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20270507
SUMMARY:Pont de l'Ascension
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20270703T000000
DTEND:20270801T000000
SUMMARY:Vacances d'été
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_ics(encoding):
    winter, bridge, summer = read_ics(ICS.replace("\n", "\r\n").encode(encoding))
    assert (winter.name, winter.first, winter.last) == (
        "Vacances d'hiver", date(2027, 2, 13), date(2027, 2, 28))  # fmt: skip
    assert (bridge.first, bridge.last) == (date(2027, 5, 7), date(2027, 5, 7))
    assert (summer.name, summer.last) == ("Vacances d'été", date(2027, 7, 31))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_ics"),
        (b"%PDF-1.4", "not_ics"),
        (b"\xff\xfe\x00\x81\x8d", "not_ics"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "empty"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:nonsense\nSUMMARY:x\nEND:VEVENT\n", None),
        (ICS.replace("20270301", "20990301").encode(), "bad_event"),
        (ICS.replace("20270213", "20271399").encode(), None),
    ],
)
def test_bad_files_are_refused_not_crashed_on(data, code):
    with pytest.raises(CalendarError) as caught:
        read_ics(data)
    assert code in (None, caught.value.code)
