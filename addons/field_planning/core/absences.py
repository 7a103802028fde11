"""Which planned work an absence falls on: spans of time in naive UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Person:
    """Somebody who works in the field.

    :param key: their id
    :param frame: id of their working hours
    :param company: id of their company
    """

    key: int
    frame: int | None = None
    company: int | None = None


@dataclass(frozen=True)
class Absence:
    """Time at which somebody does not work.

    :param key: what it comes from (an id)
    :param start: naive UTC
    :param stop: naive UTC
    :param person: id of the person, None for everybody under ``frames``
    :param frames: ids of the working hours that it holds for, empty for all
    :param company: id of the company that it holds for, None for all
    """

    key: int
    start: datetime
    stop: datetime
    person: int | None = None
    frames: frozenset[int] = frozenset()
    company: int | None = None

    def covers(self, who: Person, start: datetime, stop: datetime) -> bool:
        """Whether the person is away during some of the span."""
        if not (self.start < stop and start < self.stop):
            return False
        if self.person is not None:
            return self.person == who.key
        if self.company is not None and self.company != who.company:
            return False
        return not self.frames or who.frame in self.frames


def whole_days(
    first: date,
    last: date,
    to_utc: Callable[[date, float], datetime],
    start: datetime,
    stop: datetime,
    *,
    from_morning: bool,
    to_evening: bool,
) -> tuple[datetime, datetime]:
    """Return the span of an absence counted in days, from midnight to midnight where it is whole.

    Odoo ends a day off with the working hours; who is on leave does not work that evening either.

    :param first: first local day
    :param last: last local day
    :param to_utc: local day and hour → naive UTC
    :param start: naive UTC, as Odoo counts it
    :param stop: naive UTC, as Odoo counts it
    :param from_morning: the first day is off from its morning
    :param to_evening: the last day is off until its evening
    """
    begin = min(start, to_utc(first, 0)) if from_morning else start
    end = max(stop, to_utc(last + timedelta(days=1), 0)) if to_evening else stop
    return begin, end


def hits(
    absences: Iterable[Absence],
    people: Iterable[Person],
    start: datetime,
    stop: datetime,
) -> list[tuple[Absence, int]]:
    """Return ``(absence, person id)`` for each of the people who is away during the span.

    :param absences: in the order in which they are told
    """
    people = list(people)
    return [
        (absence, person.key)
        for absence in absences
        for person in people
        if absence.covers(person, start, stop)
    ]
