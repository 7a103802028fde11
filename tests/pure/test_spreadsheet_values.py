"""What people type, value by value, and properties that hold for all values."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spreadsheet import dates, durations, phones, remarks, text, times
from spreadsheet.dates import DateContext, find_date, find_dates, find_week, guess_order, parse_date
from spreadsheet.durations import DurationContext, guess_unit, parse_duration
from spreadsheet.phones import parse_phone
from spreadsheet.places import (
    CodeEvidence,
    distance_km,
    looks_like_insee,
    parse_code,
    parse_point,
    split_address,
    split_code_and_city,
)
from spreadsheet.remarks import read_priority, read_remark
from spreadsheet.times import TimeContext, guess_am, parse_time

NEAR = DateContext(anchor=date(2026, 12, 2), week=(2026, 49))
MONDAY = date(2026, 11, 30)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
CLOCK = st.times().map(lambda t: t.replace(second=0, microsecond=0)).filter(lambda t: t != time(0))


# --- dates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "30/11/2026", "30/11/26", "30-11-2026", "30.11.26", "30 / 11 / 2026", "2026-11-30",
        "20261130", 20261130, 46356, "46356", 46356.354166, datetime(2026, 11, 30),
        datetime(2026, 11, 30, 8, 30), MONDAY, "lun. 30/11", "lundi 30 novembre", "LUN 30 NOV.",
        "lun. 30 nov.", "30 novembre 2026", "30-nov-26", "Mon 30 Nov", "Monday, November 30, 2026",
        "Nov 30", "November 30th", "30th of November", "le 30/11", "le lundi 30 novembre 2026",
        "Lundi", "lundi S49", "30/11/2026 (lundi)", "30/11/2026 08:30", "2026-11-30T08:30:00",
        "30 novemb. 2026",
    ],
)  # fmt: skip
def test_one_day_in_many_forms(typed):
    assert parse_date(typed, NEAR).value == MONDAY


@pytest.mark.parametrize(
    ("typed", "issue"),
    [
        ("32/13/2026", "bad_date"), ("29/02/2026", "bad_date"), ("31/11", "bad_date"),
        ("demain", "bad_date"), ("8h30", "bad_date"), ("", "missing_date"), (None, "missing_date"),
        ("?", "missing_date"), ("mar. 30/11/2026", "weekday_mismatch"), (12, "bad_date"),
        ("mardi 30 novembre", "weekday_mismatch"), (datetime(1900, 1, 1), "bad_date"),
    ],
)  # fmt: skip
def test_no_date_is_guessed(typed, issue):
    reading = parse_date(typed, NEAR)
    assert (reading.value, reading.issue) == (None, issue)


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("30/11/2026 08:30", "08:30"), ("30/11 8h30", "8h30"), ("lundi 30 nov à 14h", "14h"),
        ("30/11/2026 matin", "matin"), ("30/11/2026", None), (46356.5, "12:00"),
    ],
)  # fmt: skip
def test_time_beside_the_date(typed, rest):
    assert parse_date(typed, NEAR).rest == rest


def test_year_is_the_nearest_one():
    new_year = DateContext(anchor=date(2026, 12, 30))
    assert parse_date("02/01", new_year).value == date(2027, 1, 2)
    assert parse_date("30/12", DateContext(anchor=date(2027, 1, 3))).value == date(2026, 12, 30)


def test_day_or_month_first():
    assert guess_order(["12/01/2026", "12/02/2026", "12/03/2026"]) == "mdy"
    assert guess_order(["01/12/2026", "02/12/2026", "03/12/2026"]) == "dmy"
    assert guess_order(["30/11/2026", "02/12/2026"]) == "dmy"
    assert guess_order(["11/30/2026", "12/02/2026"]) == "mdy"
    assert guess_order(["32/13/2026", "30/11/2026"]) == "dmy"
    assert guess_order([]) == "dmy"


def test_titles():
    assert find_week("PLANNING INTERVENTIONS - SEMAINE 49", date(2026, 11, 1)) == (2026, 49)
    assert find_week("S49/2026") == (2026, 49)
    assert find_week("Week 1 - 2027") == (2027, 1)
    assert find_week("Sites du secteur 4") is None
    assert find_date("Planning du lundi 30 novembre 2026") == MONDAY
    assert find_date("Technicien 03", NEAR) is None
    assert find_dates("du 30/11 au 04/12/2026") == [MONDAY, date(2026, 12, 4)]


@given(DAYS, st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y"]))
def test_written_dates_come_back(day, form):
    assert parse_date(day.strftime(form), DateContext()).value == day


@given(DAYS)
def test_day_numbers_come_back(day):
    assert parse_date((day - date(1899, 12, 30)).days).value == day


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans()))
@settings(max_examples=400)
def test_anything_gets_an_answer(value):
    """No value brings a parser down, and no reading is both right and wrong."""
    day = parse_date(value, NEAR)
    assert (day.value is None) == bool(day.issue)
    moment = parse_time(value)
    assert moment.kind in ("exact", "morning", "afternoon", "day", "window", "none")
    length = parse_duration(value)
    assert length.minutes is None or length.minutes > 0
    parse_phone(value)
    read_remark(value)
    read_priority(value)
    parse_code(value)
    parse_point(value, value)
    split_code_and_city(value)
    split_address(str(value))
    find_date(str(value), NEAR)
    find_week(str(value))


# --- times ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "8h30", "8 h 30", "08:30", "8:30:00", "8.30", "8H30", "0830", "08h30", 8.3, 8.5, 830,
        0.3541666, time(8, 30), timedelta(hours=8.5), "8:30 AM", "8.30am", "à 8h30", "RDV 8h30",
        "8h30 précises", "0,354166667", datetime(1899, 12, 31, 8, 30), "8h30mn",
    ],
)  # fmt: skip
def test_half_past_eight(typed):
    reading = parse_time(typed)
    assert (reading.kind, reading.start, reading.issue) == ("exact", time(8, 30), "")


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("matin", "morning"), ("MATIN ", "morning"), ("matinée", "morning"), ("M", "morning"),
        ("après-midi", "afternoon"), ("Après Midi", "afternoon"), ("aprem", "afternoon"),
        ("PM", "afternoon"), ("a-m", "afternoon"), ("journée", "day"), ("toute la journée", "day"),
        ("all day", "day"), ("", "none"), (None, "none"), ("?", "none"), ("à définir", "none"),
        (time(0), "none"),
    ],
)  # fmt: skip
def test_half_days(typed, kind):
    reading = parse_time(typed)
    assert (reading.kind, reading.issue) == (kind, "")


@pytest.mark.parametrize("typed", ["25h", "8h70", "tôt", "12h-9h", "8h30 ou 9h", 99, 2560])
def test_bad_times(typed):
    assert parse_time(typed).issue == "bad_time"


@pytest.mark.parametrize(
    ("typed", "kind", "start", "end"),
    [
        ("8h30-10h", "exact", time(8, 30), time(10)),
        ("8h30 - 10h00", "exact", time(8, 30), time(10)),
        ("de 8h30 à 10h", "exact", time(8, 30), time(10)),
        ("9-12", "exact", time(9), time(12)),
        ("9am-11am", "exact", time(9), time(11)),
        ("entre 8h et 10h", "window", time(8), time(10)),
        ("avant 10h", "window", None, time(10)),
        ("à partir de 14h", "window", time(14), None),
        ("2:30 pm", "exact", time(14, 30), None),
        ("midi", "exact", time(12), None),
    ],
)
def test_ranges(typed, kind, start, end):
    reading = parse_time(typed)
    assert (reading.kind, reading.start, reading.end) == (kind, start, end)


def test_am_means_what_its_column_means():
    assert guess_am(["AM", "PM", "8h"], english=False) == "morning"
    assert guess_am(["M", "AM"], english=False) == "afternoon"
    assert guess_am(["AM"], english=False) == ""
    assert guess_am(["AM"], english=True) == "morning"
    assert parse_time("AM").issue == "ambiguous_half_day"
    assert parse_time("AM", TimeContext(am="afternoon")).kind == "afternoon"


@given(CLOCK, st.sampled_from(["%Hh%M", "%H:%M", "%H.%M", "%H h %M", "%H:%M:00", "%H%M"]))
def test_written_times_come_back(moment, form):
    assert parse_time(moment.strftime(form)).start == moment


@given(CLOCK)
def test_fractions_of_a_day_come_back(moment):
    assert parse_time((moment.hour * 60 + moment.minute) / 1440).start == moment


# --- durations ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "1h30", "1 h 30", "1h30min", "1,5 h", "1.5h", "1,5 heures", "90", "90 min", "90mn", "90'",
        "1:30", "01:30:00", 90, 1.5, "1.5", 0.0625, time(1, 30), timedelta(minutes=90), "1h1/2",
        "1h½", "1 heure et demie", "env. 1h30", "1 hr 30", "1H30",
    ],
)  # fmt: skip
def test_one_hour_and_a_half(typed):
    assert parse_duration(typed).minutes == 90


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("½ j", 210), ("1/2 journée", 210), ("demi-journée", 210), ("1 j", 420), ("2 jours", 840),
        ("½ h", 30), ("3/4 h", 45), ("0,333333 h", 20), ("2 h.", 120), ("", None), ("?", None),
        (None, None), ("0", None), (20, 20), (180, 180), ("3h00", 180),
    ],
)  # fmt: skip
def test_other_durations(typed, minutes):
    reading = parse_duration(typed)
    assert (reading.minutes, reading.issue) == (minutes, "")


@pytest.mark.parametrize("typed", ["longtemps", "1h75", "-5", "30-45 min", "trois heures"])
def test_bad_durations(typed):
    assert parse_duration(typed) == durations.DurationReading(None, "bad_duration")


def test_unit_of_a_column():
    assert guess_unit([1, 0.5, 3], "") == "hours"
    assert guess_unit([20, 45, 90], "") == "minutes"
    assert guess_unit([2, 3], "Durée (min)") == "minutes"
    assert guess_unit([1.5], "Durée en heures") == "hours"
    assert parse_duration(2, DurationContext("minutes")).issue == "odd_duration"
    assert parse_duration(1, DurationContext("days", 8.0)).minutes == 480


@given(st.integers(5, 1439))
def test_written_durations_come_back(minutes):
    hours, rest = divmod(minutes, 60)
    forms = [f"{minutes} min", f"{hours}h{rest:02d}", f"{hours}:{rest:02d}"]
    forms += [f"{minutes / 60:.6f} h".replace(".", ","), f"{hours} h {rest:02d} min"]
    assert {parse_duration(form).minutes for form in forms} == {minutes}


# --- phones, codes, places -------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "06 39 98 99 36", "0639989936", "06.39.98.99.36", "06-39-98-99-36", 639989936, 639989936.0,
        "+33 6 39 98 99 36", "+33 (0)6 39 98 99 36", "0033639989936", "33639989936",
        "6 39 98 99 36", "tél : 06 39 98 99 36", "06 39 98 99 36 (gardien)",
    ],
)  # fmt: skip
def test_one_phone_in_many_forms(typed):
    assert parse_phone(typed).number == "+33 6 39 98 99 36"


def test_phone_with_company():
    reading = parse_phone("M. Le Gall 06 39 98 99 36 / 02 98 00 00 00")
    assert reading.number == "+33 6 39 98 99 36"
    assert "Le Gall" in reading.extra and "02 98" in reading.extra
    assert parse_phone("0639") == phones.PhoneReading("0639", issue="bad_phone")


@given(st.integers(100_000_000, 799_999_999).filter(lambda n: str(n)[0] in "123456789"))
def test_phones_keep_their_digits(number):
    for form in (f"0{number}", number, f"+33{number}"):
        assert parse_phone(form).number.replace(" ", "") in (f"+33{number}", f"0{number}")


def test_codes():
    assert [parse_code(value) for value in (1000, "1000", "29000", "F-29000", "29 000", "2A004")] == [
        "01000", "01000", "29000", "29000", "29000", "2A004",
    ]  # fmt: skip
    assert [parse_code(value) for value in (0, "0", None, "Quimper", "123456")] == [""] * 5
    assert looks_like_insee(["29232", "29188", "29113", "29151"])
    assert not looks_like_insee(["29000", "56300", "56130", "56190"])


def test_insee_or_postcode():
    codes = CodeEvidence()
    codes.add("29232", "Quimper", ["29000"])
    codes.add("13055", "Marseille", ["13008"])
    codes.add("13008", "Aurons", ["13121"])
    assert codes.kind("29232", "QUIMPER") == "insee"
    assert codes.kind("29000", "Quimper") == "zip"
    assert codes.kind("13008", "MARSEILLE-8E") == "zip"
    assert codes.kind("99999", "Nowhere") == ""
    assert codes.zips_of("29232") == ["29000"]


def test_addresses():
    cut = split_address("Rue Victor Ferrier 0 SAINT-CHAMAS", "13092")
    assert (cut.street, cut.code, cut.city, cut.zero) == (
        "Rue Victor Ferrier",
        "",
        "SAINT-CHAMAS",
        True,
    )
    cut = split_address("Place De La Bascule 9350 DAUMAZAN", "09105")
    assert (cut.street, cut.code) == ("Place De La Bascule", "09350")
    cut = split_address("Route du 19 mars 1962 13550 NOVES")
    assert (cut.street, cut.code, cut.city) == ("Route du 19 mars 1962", "13550", "NOVES")
    assert split_address("Place du 8 mai 1945 Briec", "29020").code == ""
    assert split_address("Boulevard Bonne Brise 13008 MARSEILLE-8E").city == "MARSEILLE-8E"


def test_points():
    quimper = (48.004, -4.4129)
    for values in ((6793000, 148000), (148000, 6793000), ("6 793 000", "148 000")):
        point = parse_point(*values)
        assert distance_km((point.latitude, point.longitude), quimper) < 0.1
    assert parse_point("48,01109", "-4,095197").latitude == 48.01109
    assert parse_point("-4.09", "48.01").latitude == 48.01
    assert parse_point("", "").issue == "missing_coordinates"
    assert parse_point("nord", "2").issue == "bad_coordinates"


# --- remarks and damaged text -----------------------------------------------------------------


@pytest.mark.parametrize("said", ["ANNULÉ", "annulée", "Cancelled by customer", "annulé (pluie)"])
def test_cancelled(said):
    assert read_remark(said).cancelled


@pytest.mark.parametrize(
    "said",
    [
        "ne pas annuler",
        "annulé si pluie",
        "frais d'annulation",
        "non annulé",
        "prévoir échelle",
        "",
    ],
)
def test_not_cancelled(said):
    assert not read_remark(said).cancelled


def test_urgent_and_postponed():
    assert read_remark("URGENT !").urgent
    assert not read_remark("pas urgent").urgent
    assert read_remark("reporté au 05/12").postponed
    assert read_priority("Haute") and read_priority("x") and not read_priority("Normale")


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ("code portail 4512B", "code", "4512B"), ("Digicode : 12A45 - 2e étage", "code", "12A45"),
        ("gate code 4512B", "code", "4512B"), ("code d'accès: B4512", "code", "B4512"),
        ("alarme 9988", "alarm", "9988"), ("badge chez le gardien", "badge", "badge chez le gardien"),
    ],
)  # fmt: skip
def test_access(said, kind, value):
    access = read_remark(said).access
    assert [(item.kind, item.value) for item in access] == [(kind, value)]


@pytest.mark.parametrize("said", ["code APE 4321Z", "code postal 29000", "appeler avant", "code"])
def test_no_access(said):
    assert not remarks.read_remark(said).access


@given(st.text(alphabet="abcé èàçôÉœï'-", min_size=1))
def test_mojibake_is_undone(plain):
    spoilt = plain.encode().decode("latin-1")
    if all(ord(char) not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) for char in spoilt):
        try:
            spoilt = plain.encode().decode("cp1252")
        except UnicodeDecodeError:
            return
        assert text.repair_mojibake(spoilt) == plain


def test_damage():
    assert text.is_damaged("Mont?e de derri?re") and text.is_damaged("Ch\ufffdteau")
    assert not text.is_damaged("Qui ? Moi") and not text.is_damaged("Château")
    assert text.guess_repair("Mont?e", ["Montée", "Montre"]) == "Montée"
    assert text.guess_repair("march\ufffd", ["marché", "marchè"]) is None
    assert text.word_likeness("mont\ufffde", "montee") > 0.9


@given(st.text(max_size=20), st.text(max_size=20))
def test_distance_is_symmetric(first, second):
    assert text.edit_distance(first, second) == text.edit_distance(second, first)
    assert (text.edit_distance(first, second) == 0) == (first == second)


def test_times_and_dates_share_no_placeholder():
    assert times.PLACEHOLDERS and not times.PLACEHOLDERS & set(dates.WEEKDAYS)
