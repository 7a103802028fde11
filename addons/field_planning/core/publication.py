"""What changed between two plans of a visit, for the planner and for each person sent there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# What a planner reads beside a mission in the preview.
NEW = "new"
MOVED = "moved"
REASSIGNED = "reassigned"
CHANGED = "changed"
WITHDRAWN = "withdrawn"
SAME = "same"

# What a person is told about one visit of theirs.
ADDED = "added"
REMOVED = "removed"


@dataclass(frozen=True)
class Plan:
    """When a visit starts, how long it lasts and who goes there.

    :param start: naive UTC
    :param minutes: on site
    :param person: id of the responsible
    :param helpers: ids of the others
    """

    start: datetime
    minutes: int
    person: int
    helpers: frozenset[int] = frozenset()

    @property
    def people(self) -> frozenset[int]:
        """Everybody sent there."""
        return self.helpers | {self.person}


def change_of(before: Plan | None, after: Plan | None) -> str:
    """Name the change from one plan to another; None = nobody goes there."""
    if before == after:
        return SAME
    if before is None:
        return NEW
    if after is None:
        return WITHDRAWN
    if before.person != after.person:
        return REASSIGNED
    return MOVED if before.start != after.start else CHANGED


def news_for(person: int, before: Plan | None, after: Plan | None) -> str:
    """Name what one person has to know of a change: ``SAME`` where it does not touch them."""
    was = before is not None and person in before.people
    now = after is not None and person in after.people
    if not was and not now:
        return SAME
    if was and not now:
        return REMOVED
    if not was:
        return ADDED
    if before.start != after.start:
        return MOVED
    return SAME if before == after else CHANGED


def window_around(start: datetime, minutes: int, step: int = 15) -> tuple[datetime, datetime]:
    """Return the slot announced for a start: so many minutes around it, on round times.

    :param start: naive UTC
    :param minutes: width; 0 = the start itself
    :param step: minutes on which the slot begins and ends
    """
    if minutes <= 0:
        return start, start
    first = start - timedelta(minutes=minutes // 2)
    first -= timedelta(
        minutes=first.minute % step, seconds=first.second, microseconds=first.microsecond
    )
    return first, first + timedelta(minutes=minutes)
