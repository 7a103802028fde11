"""The comparison of plans behind the publish preview and the news of a tour."""

from datetime import datetime

import pytest
from core.publication import (
    ADDED,
    CHANGED,
    MOVED,
    NEW,
    REASSIGNED,
    REMOVED,
    SAME,
    WITHDRAWN,
    Plan,
    change_of,
    news_for,
    window_around,
)

NINE = datetime(2026, 11, 30, 8)
TEN = datetime(2026, 11, 30, 9)
PLAN = Plan(NINE, 60, 1)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, None, SAME),
        (None, PLAN, NEW),
        (PLAN, None, WITHDRAWN),
        (PLAN, Plan(NINE, 60, 1), SAME),
        (PLAN, Plan(TEN, 60, 1), MOVED),
        (PLAN, Plan(TEN, 60, 2), REASSIGNED),
        (PLAN, Plan(NINE, 90, 1), CHANGED),
        (PLAN, Plan(NINE, 60, 1, frozenset({3})), CHANGED),
    ],
)
def test_change_of(before, after, change):
    assert change_of(before, after) == change


@pytest.mark.parametrize(
    ("person", "before", "after", "news"),
    [
        (1, None, PLAN, ADDED),
        (2, None, PLAN, SAME),
        (1, PLAN, Plan(NINE, 60, 2), REMOVED),
        (2, PLAN, Plan(NINE, 60, 2), ADDED),
        (3, PLAN, Plan(NINE, 60, 1, frozenset({3})), ADDED),
        (1, PLAN, Plan(NINE, 60, 1, frozenset({3})), CHANGED),
        (1, PLAN, Plan(TEN, 60, 1), MOVED),
        (1, PLAN, PLAN, SAME),
        (1, PLAN, None, REMOVED),
        (2, PLAN, None, SAME),
    ],
)
def test_news_for(person, before, after, news):
    assert news_for(person, before, after) == news


@pytest.mark.parametrize(
    ("minute", "width", "first", "last"),
    [
        (0, 120, (8, 0), (10, 0)),
        (20, 120, (8, 15), (10, 15)),
        (20, 60, (8, 45), (9, 45)),
        (7, 0, (9, 7), (9, 7)),
    ],
)
def test_window_around(minute, width, first, last):
    start, end = window_around(datetime(2026, 11, 30, 9, minute), width)
    assert (start.hour, start.minute) == first
    assert (end.hour, end.minute) == last
    assert start <= datetime(2026, 11, 30, 9, minute) <= end
