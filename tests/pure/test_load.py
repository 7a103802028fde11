"""Load: columns, percentages, missing skills."""

from datetime import date

from core.load import Bucket, Cell, buckets, missing_hours


def test_weeks_are_cut_at_both_ends():
    found = buckets(date(2026, 11, 25), date(2026, 12, 8), "week")
    assert found == [
        Bucket(date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 29)),
        Bucket(date(2026, 11, 30), date(2026, 11, 30), date(2026, 12, 6)),
        Bucket(date(2026, 12, 7), date(2026, 12, 7), date(2026, 12, 8)),
    ]


def test_a_year_of_months_and_days_over_the_change_of_clock():
    months = buckets(date(2026, 1, 1), date(2026, 12, 31), "month")
    assert [one.key.month for one in months] == list(range(1, 13))
    assert months[1].last == date(2026, 2, 28)
    assert len(buckets(date(2026, 10, 24), date(2026, 10, 26), "day")) == 3


def test_levels():
    assert Cell(planned=5.9, available=10).level == "low"
    assert Cell(planned=6, available=10).level == "good"
    assert Cell(planned=8, travel=2, available=10).level == "good"
    assert Cell(planned=8, travel=2.2, available=10).level == "high"
    assert Cell(forecast=11, available=10).percent == 110
    assert Cell().level == "closed"
    assert Cell(planned=1).level == "over"
    assert Cell(planned=1).percent is None


def test_totals():
    total = Cell(missions=1, planned=2)
    total.add(Cell(missions=2, travel=1, available=8))
    assert (total.missions, total.planned, total.travel, total.available) == (3, 2, 1, 8)


def test_missing_hours_per_skill():
    day = date(2026, 11, 30)
    assert missing_hours(
        [(1, day, 10), (1, day, 5), (2, day, 3)], [(1, day, 8), (2, day, 8), (3, day, 8)]
    ) == {(1, day): 7.0}
