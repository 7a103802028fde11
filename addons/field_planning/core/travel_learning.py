"""Travel times learned from the technicians' own clicks ("en route" → "arrived").

No position and no person: a leg is a pair of zones, an hour, a duration and what had been estimated.
What is learned are ratios actual / estimated, per pair of zones and hour. Few legs say little, so
each level is pulled towards the wider one until it has enough of them: hour and pair → pair and
hour alone → the whole company.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

# Arrival is tapped when the travel ends; a longer silence between the two is another story.
ARRIVAL_GAP = timedelta(minutes=15)
# After such a break, or longer, a person starts from their start point again.
NEW_DAY_GAP = timedelta(hours=4)
LONGEST = 4 * 3600
SHORTEST_ACTUAL, SHORTEST_ESTIMATE = 60, 120
# A ratio outside is a forgotten click, not traffic.
RATIO_LIMITS = (0.25, 4.0)
# Outliers: further from the median than so many robust standard deviations.
DEVIATIONS = 3.5
SMALLEST_DEVIATION = 0.15
ENOUGH_TO_JUDGE = 8
# As many legs as the wider level counts for.
STRENGTH = 8.0
FOLDS = 5

Zone = int | None
Pair = tuple[Zone, Zone]
Slot = tuple[str, int]


# ------------------------------------------------------------------ legs out of clicks


@dataclass(frozen=True)
class Segment:
    """One segment of a person's time."""

    key: int
    person: Hashable
    mission: Hashable
    kind: str
    start: datetime
    stop: datetime | None


@dataclass(frozen=True)
class Leg:
    """One travel that is known from end to end.

    ``origin`` / ``destination`` are missions whose sites they are, None = the person's start point.
    """

    key: int
    person: Hashable
    origin: Hashable | None
    destination: Hashable | None
    start: datetime
    seconds: int


def find_legs(segments: Iterable[Segment]) -> list[Leg]:
    """Return the legs that the segments prove. Midnight means nothing here: pauses do."""
    by_person: dict[Hashable, list[Segment]] = defaultdict(list)
    for segment in segments:
        by_person[segment.person].append(segment)
    legs = []
    for own in by_person.values():
        own.sort(key=lambda segment: (segment.start, segment.key))
        for number, segment in enumerate(own):
            if segment.kind == "travel" and segment.stop:
                leg = _leg(own, number)
                if leg:
                    legs.append(leg)
    return legs


def _leg(own: Sequence[Segment], number: int) -> Leg | None:
    segment = own[number]
    before = own[number - 1] if number else None
    after = own[number + 1] if number + 1 < len(own) else None
    stop = segment.stop
    if stop is None:
        return None
    if before and (before.stop is None or before.stop > segment.start):
        return None
    fresh = before is None or segment.start - (before.stop or before.start) >= NEW_DAY_GAP
    seconds = round((stop - segment.start).total_seconds())
    arrives = (
        after is not None
        and after.kind == "on_site"
        and after.mission == segment.mission
        and after.start - stop <= ARRIVAL_GAP
    )
    if arrives:
        if fresh or before is None:
            origin: Hashable | None = None
        elif before.kind == "travel":
            return None  # turned round on the way: nobody knows where
        else:
            origin = before.mission
        if origin == segment.mission:
            return None
        return Leg(segment.key, segment.person, origin, segment.mission, segment.start, seconds)
    last = after is None or after.start - stop >= NEW_DAY_GAP
    comes_from = not fresh and before is not None and before.kind != "travel"
    if last and comes_from and before and before.mission == segment.mission:
        # Travel noted after the work on the day's last site: the way back.
        return Leg(segment.key, segment.person, segment.mission, None, segment.start, seconds)
    return None


# ------------------------------------------------------------------ ratios out of legs


@dataclass(frozen=True)
class Sample:
    """One leg without its person and places."""

    origin: Zone
    destination: Zone
    kind: str
    hour: int
    actual: int
    estimate: int

    @property
    def log_ratio(self) -> float:
        """Logarithm of actual / estimated: a leg twice as long and one half as long balance."""
        return math.log(self.actual / self.estimate)


@dataclass(frozen=True)
class Learned:
    """One learned figure: what to multiply estimates with, and on how many legs it rests."""

    ratio: float
    count: int


@dataclass
class Ratios:
    """Learned figures of all levels."""

    company: Learned = Learned(1.0, 0)
    slots: dict[Slot, Learned] = field(default_factory=dict)
    pairs: dict[Pair, Learned] = field(default_factory=dict)
    cells: dict[tuple[Pair, Slot], Learned] = field(default_factory=dict)

    def get(self, origin: Zone, destination: Zone, kind: str, hour: float) -> float:
        """Ratio for a pair of zones at an hour of a kind of day."""
        pair, slot = (origin, destination), (kind, int(hour))
        cell = self.cells.get((pair, slot))
        if cell:
            return cell.ratio
        return math.exp(self._prior(pair, slot))

    def _prior(self, pair: Pair, slot: Slot) -> float:
        base = math.log(self.company.ratio)
        of_pair = math.log(self.pairs.get(pair, self.company).ratio)
        of_slot = math.log(self.slots.get(slot, self.company).ratio)
        return of_pair + of_slot - base


def clean(samples: Iterable[Sample]) -> list[Sample]:
    """Leave out what is no travel: forgotten clicks, and legs far from those of their pair."""
    low, high = RATIO_LIMITS
    plausible = [
        sample
        for sample in samples
        if sample.estimate >= SHORTEST_ESTIMATE
        and SHORTEST_ACTUAL <= sample.actual <= LONGEST
        and low <= sample.actual / sample.estimate <= high
    ]
    groups: dict[Pair, list[Sample]] = defaultdict(list)
    for sample in plausible:
        groups[sample.origin, sample.destination].append(sample)
    every = _limits(plausible)
    kept = []
    for group in groups.values():
        limits = _limits(group) if len(group) >= ENOUGH_TO_JUDGE else every
        kept += [sample for sample in group if limits[0] <= sample.log_ratio <= limits[1]]
    return kept


def _limits(samples: Sequence[Sample]) -> tuple[float, float]:
    if len(samples) < ENOUGH_TO_JUDGE:
        return -math.inf, math.inf
    logs = [sample.log_ratio for sample in samples]
    middle = median(logs)
    spread = 1.4826 * median(abs(value - middle) for value in logs)
    margin = DEVIATIONS * max(spread, SMALLEST_DEVIATION)
    return middle - margin, middle + margin


def learn(samples: Sequence[Sample], strength: float = STRENGTH) -> Ratios:
    """Learn the ratios of cleaned samples.

    :param strength: as many legs as the wider level counts for
    """
    ratios = Ratios()
    if not samples:
        return ratios
    ratios.company = _shrink([s.log_ratio for s in samples], 0.0, strength)
    base = math.log(ratios.company.ratio)
    for pair, logs in _grouped(samples, lambda s: (s.origin, s.destination)).items():
        ratios.pairs[pair] = _shrink(logs, base, strength)
    # What the pairs already explain is not the hour's doing.
    rest = defaultdict(list)
    for s in samples:
        explained = math.log(ratios.pairs[s.origin, s.destination].ratio) - base
        rest[s.kind, s.hour].append(s.log_ratio - explained)
    for slot, logs in rest.items():
        ratios.slots[slot] = _shrink(logs, base, strength)
    cells = _grouped(samples, lambda s: ((s.origin, s.destination), (s.kind, s.hour)))
    for (pair, slot), logs in cells.items():
        ratios.cells[pair, slot] = _shrink(logs, ratios._prior(pair, slot), strength)
    return ratios


def _grouped(samples: Iterable[Sample], key) -> dict:
    groups = defaultdict(list)
    for sample in samples:
        groups[key(sample)].append(sample.log_ratio)
    return groups


def _shrink(logs: Sequence[float], prior: float, strength: float) -> Learned:
    weight = len(logs) / (len(logs) + strength)
    return Learned(math.exp(weight * median(logs) + (1 - weight) * prior), len(logs))


@dataclass(frozen=True)
class Error:
    """Mean error of some legs in percent of the time driven, before and after learning."""

    before: float
    after: float
    count: int


def errors(samples: Sequence[Sample], strength: float = STRENGTH) -> dict[Pair | None, Error]:
    """Return the error per pair of zones, and of all under None.

    Honest: each leg is predicted by what the *other* legs teach (five folds).
    """
    sums: dict[Pair | None, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0])
    for fold in range(min(FOLDS, len(samples))):
        known = [s for number, s in enumerate(samples) if number % FOLDS != fold]
        ratios = learn(known, strength)
        for sample in samples[fold::FOLDS]:
            guess = sample.estimate * ratios.get(
                sample.origin, sample.destination, sample.kind, sample.hour
            )
            for key in (None, (sample.origin, sample.destination)):
                row = sums[key]
                row[0] += abs(sample.actual - sample.estimate)
                row[1] += abs(sample.actual - guess)
                row[2] += sample.actual
                row[3] += 1
    return {
        key: Error(100 * before / driven, 100 * after / driven, int(count))
        for key, (before, after, driven, count) in sums.items()
    }
