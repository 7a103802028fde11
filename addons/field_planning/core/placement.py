"""Whether a mission fits where a planner wants to put it, and what it would break there.

Everything is a value; instants are naive UTC. The model reads the facts and words the issues.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HARD = "hard"
SOFT = "soft"

# A planner can't decide these away.
HARD_CODES = frozenset(
    ("zero_duration", "started", "locked", "other_company", "not_technician", "missing")
)
# About the person and the work, whatever the hour.
PERSON_CODES = frozenset(("zone", "no_calendar", "skill_missing"))
# In the order in which they are told.
CODES = (
    "missing", "started", "locked", "other_company", "not_technician", "zero_duration",
    "skill_missing", "skill_expired", "leave", "day_off", "outside_hours", "pending_leave",
    "overlap", "promise", "deadline", "zone", "no_calendar",
)  # fmt: skip

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Span:
    """A stretch of time with the name of what fills it.

    :param key: what fills it, so that a mission doesn't clash with itself
    """

    start: datetime
    end: datetime
    name: str = ""
    key: int = 0


@dataclass
class Person:
    """One technician around the days of a placement.

    :param work: working time, absences already taken out
    :param absences: approved ones, public holidays included
    :param pending: absences asked for and not decided
    :param busy: missions that keep this person, at their present or new place
    :param days_off: local days on which this person does not work at all
    :param skills: ``{skill: [(first day or None, last day or None)]}``
    :param zones: zones that this person serves; empty = everywhere
    :param has_calendar: false = nobody wrote this person's hours down
    """

    work: list[Interval] = field(default_factory=list)
    absences: list[Span] = field(default_factory=list)
    pending: list[Span] = field(default_factory=list)
    busy: list[Span] = field(default_factory=list)
    days_off: set[date] = field(default_factory=set)
    skills: dict[int, list[tuple[date | None, date | None]]] = field(default_factory=dict)
    zones: frozenset[int] = frozenset()
    has_calendar: bool = True


@dataclass(frozen=True)
class Visit:
    """A mission where somebody wants it.

    :param day: local day of the person on which it would start
    :param earliest: from when its start keeps the promise, None = no promise
    :param latest: until when its start keeps the promise
    :param promise_day_only: the promise is a day: ``on_promised_day`` decides
    """

    key: int
    start: datetime
    minutes: int
    day: date
    earliest: datetime | None = None
    latest: datetime | None = None
    promise_day_only: bool = False
    on_promised_day: bool = True
    deadline: datetime | None = None
    skills: frozenset[int] = frozenset()
    zone: int | None = None

    @property
    def end(self) -> datetime:
        """When it would end."""
        return self.start + timedelta(minutes=max(self.minutes, 0))


@dataclass(frozen=True)
class Issue:
    """One thing that a placement breaks.

    :param code: one of ``CODES``
    :param spans: what it clashes with, for the words
    :param skill: the skill concerned
    :param day: last day of an expired skill
    """

    code: str
    spans: tuple[Span, ...] = ()
    skill: int | None = None
    day: date | None = None

    @property
    def level(self) -> str:
        """``hard`` or ``soft``, before a company's own rules."""
        return HARD if self.code in HARD_CODES else SOFT


def utc_day(moment: datetime, tz: str) -> date:
    """Return the local day of a naive UTC instant."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(tz)).date()


def subtract(interval: Interval, holes: Iterable[Interval]) -> list[Interval]:
    """Return what is left of an interval without the holes, in order."""
    left = [interval] if interval[0] < interval[1] else []
    for first, last in holes:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, first)), (max(start, last), end))
            if part[0] < part[1]
        ]
    return sorted(left)


def crossing(start: datetime, end: datetime, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans that share time with an interval, touching ends not counted."""
    return tuple(
        sorted(
            (span for span in spans if span.start < end and span.end > start),
            key=lambda span: (span.start, span.key),
        )
    )


def judge_time(visit: Visit, person: Person) -> list[Issue]:
    """Return what the hour breaks for one person: the one responsible, or a helper."""
    issues = []
    away = crossing(visit.start, visit.end, person.absences)
    if away:
        issues.append(Issue("leave", away))
    if person.has_calendar:
        absent = [(span.start, span.end) for span in person.absences]
        if subtract((visit.start, visit.end), [*person.work, *absent]):
            at_work = any(first < visit.end and last > visit.start for first, last in person.work)
            off = visit.day in person.days_off and not at_work
            # A day of leave has no hours left either: the leave says it.
            if not (off and away):
                issues.append(Issue("day_off" if off else "outside_hours"))
    asked = crossing(visit.start, visit.end, person.pending)
    if asked:
        issues.append(Issue("pending_leave", asked))
    others = [span for span in person.busy if span.key != visit.key]
    clashes = crossing(visit.start, visit.end, others)
    if clashes:
        issues.append(Issue("overlap", clashes))
    return issues


def judge_skills(
    needed: Iterable[int],
    held: dict[int, list[tuple[date | None, date | None]]],
    day: date,
) -> list[Issue]:
    """Return the skills that a person lacks on a day, those once held told apart."""
    issues = []
    for skill in sorted(needed):
        periods = held.get(skill, [])
        if any((not a or a <= day) and (not b or b >= day) for a, b in periods):
            continue
        past = [last for _first, last in periods if last and last < day]
        if past:
            issues.append(Issue("skill_expired", skill=skill, day=max(past)))
        else:
            issues.append(Issue("skill_missing", skill=skill))
    return issues


def judge_customer(visit: Visit) -> list[Issue]:
    """Return what the hour breaks of what the customer was told."""
    issues = []
    if visit.promise_day_only:
        if not visit.on_promised_day:
            issues.append(Issue("promise"))
    elif (visit.earliest and visit.start < visit.earliest) or (
        visit.latest and visit.start > visit.latest
    ):
        issues.append(Issue("promise"))
    if visit.deadline and visit.end > visit.deadline:
        issues.append(Issue("deadline"))
    return issues


def judge(visit: Visit, person: Person) -> list[Issue]:
    """Return everything that a visit breaks with the person responsible for it."""
    issues = [Issue("zero_duration")] if visit.minutes <= 0 else []
    issues += judge_skills(visit.skills, person.skills, visit.day)
    issues += judge_time(visit, person)
    issues += judge_customer(visit)
    if visit.zone and person.zones and visit.zone not in person.zones:
        issues.append(Issue("zone"))
    if not person.has_calendar:
        issues.append(Issue("no_calendar"))
    return sort_issues(issues)


def sort_issues(issues: Sequence[Issue]) -> list[Issue]:
    """Return issues in the order in which they are told, hard ones first."""
    return sorted(issues, key=lambda issue: CODES.index(issue.code))
