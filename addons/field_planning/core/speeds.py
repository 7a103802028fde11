"""Speed by zone, day and hour: the hours when everything takes longer, or is faster.

A rule says at what share of the usual speed one drives. The rule of a zone comes before one for
everywhere, that of a kind of day before one for every day, then the order given counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

ALL, WORKDAY, SATURDAY, SUNDAY = "all", "workday", "saturday", "sunday"
KINDS = (WORKDAY, SATURDAY, SUNDAY)
# Hours over which a whole day is averaged.
DAY_HOURS = tuple(range(7, 19))


@dataclass(frozen=True)
class SpeedRule:
    """One rule: from ``hour_from`` to ``hour_to`` (local) one drives at ``share`` of the speed."""

    zone: int | None
    kind: str
    hour_from: float
    hour_to: float
    share: float

    def applies(self, zone: int | None, kind: str, hour: float) -> bool:
        """Whether the rule speaks of this zone, day and hour; a rule may go over midnight."""
        if self.zone is not None and self.zone != zone:
            return False
        if self.kind not in (ALL, kind):
            return False
        if self.hour_from < self.hour_to:
            return self.hour_from <= hour < self.hour_to
        return hour >= self.hour_from or hour < self.hour_to


def day_kind(day: date) -> str:
    """The kind of a local day: ``workday``, ``saturday`` or ``sunday``."""
    return {5: SATURDAY, 6: SUNDAY}.get(day.weekday(), WORKDAY)


def share_at(rules: Sequence[SpeedRule], zone: int | None, kind: str, hour: float) -> float:
    """Share of the usual speed at one place and hour (1 where no rule speaks)."""
    found = [rule for rule in rules if rule.applies(zone, kind, hour)]
    if not found:
        return 1.0
    return min(found, key=lambda rule: (rule.zone is None, rule.kind == ALL)).share


def slowdown(
    rules: Sequence[SpeedRule],
    origin: int | None,
    destination: int | None,
    kind: str,
    hours: Iterable[float],
) -> float:
    """By how much travel between two zones takes longer than usual, averaged over hours.

    Half of the way is driven in each zone.
    """
    found = [
        (1 / share_at(rules, origin, kind, hour) + 1 / share_at(rules, destination, kind, hour)) / 2
        for hour in hours
    ]
    return sum(found) / len(found)
