"""Times of one tour in a given order: the earliest feasible ones, with lunch at its best place.

The order is fixed, so only two things stay open: waiting, and the leg in which lunch is taken.
Starting earlier never hurts, so one pass over the stops with two states (lunch taken or not) is
exact. Driving pauses during an absence or lunch; a visit is never interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .problem import Interval, Lunch, Problem, Shift, Visit
from .travel import Matrix, Trips

Order = Sequence[int]

NEAT_STEPS = (300, 60)


@dataclass
class Stop:
    """One visit of a timed tour; times in seconds from the origin."""

    visit: int
    travel: int
    metres: int
    arrival: int
    start: int
    end: int
    late: int = 0


@dataclass
class Tour:
    """A timed tour."""

    stops: list[Stop]
    departure: int
    back: int
    back_travel: int
    back_metres: int
    lunch: Interval | None
    late: int
    """Seconds of broken windows, hours and lunch together: 0 = feasible."""

    @property
    def travel(self) -> int:
        """Seconds driven, both end legs included."""
        return sum(stop.travel for stop in self.stops) + self.back_travel

    @property
    def metres(self) -> int:
        """Metres driven, both end legs included."""
        return sum(stop.metres for stop in self.stops) + self.back_metres


@dataclass
class _State:
    """Where the pass stands after some stops; better = smaller (late, time)."""

    late: int
    time: int
    lunch: Interval | None
    stops: list[Stop]

    def key(self) -> tuple[int, int]:
        return self.late, self.time


class Scheduler:
    """Times tours of one problem; keeps what is asked again and again at hand."""

    def __init__(self, problem: Problem, travel: Matrix | Trips) -> None:
        self.problem = problem
        self.travel = travel
        self.step = 1

    # -- working time -------------------------------------------------------------------------

    @staticmethod
    def drive(intervals: Sequence[Interval], time: int, seconds: int) -> int:
        """When ``seconds`` of driving begun at ``time`` are over, pausing outside ``intervals``.

        After the last interval driving goes on: that is overtime, which the caller sees.
        """
        if not seconds:
            return time
        for first, last in intervals:
            if last <= time:
                continue
            begin = max(first, time)
            if begin + seconds <= last:
                return begin + seconds
            seconds -= last - begin
            time = last
        return time + seconds

    @staticmethod
    def fit(intervals: Sequence[Interval], time: int, seconds: int) -> int | None:
        """First moment from ``time`` on with ``seconds`` of unbroken working time, or ``None``."""
        for first, last in intervals:
            begin = max(first, time)
            if begin + seconds <= last:
                return begin
        return None

    def start_of(self, shift: Shift, visit: Visit, arrival: int) -> int | None:
        """Earliest allowed start of ``visit`` from ``arrival`` on, or ``None``."""
        if visit.fixed is not None:
            windows: tuple[Interval, ...] = ((visit.fixed, visit.fixed),)
        else:
            windows = visit.windows
        if visit.fixed is None and self.step > 1:
            arrival = -(-arrival // self.step) * self.step
        if not windows:
            return self.fit(shift.intervals, arrival, visit.service)
        for first, last in windows:
            if last < arrival:
                continue
            begin = self.fit(shift.intervals, max(first, arrival), visit.service)
            if begin is not None and begin <= last:
                return begin
        return None

    # -- one leg ------------------------------------------------------------------------------

    def _leg(
        self, shift: Shift, time: int, seconds: int, lunch: Lunch | None
    ) -> tuple[int, Interval | None] | None:
        """End of a leg, with lunch inside when ``lunch`` is given; ``None`` = lunch is too late."""
        arrival = self.drive(shift.intervals, time, seconds)
        if lunch is None:
            return arrival, None
        begin = self.fit(shift.intervals, max(arrival, lunch.earliest), lunch.seconds)
        if begin is not None and begin <= lunch.latest:
            return begin + lunch.seconds, (begin, begin + lunch.seconds)
        begin = self.fit(shift.intervals, max(time, lunch.earliest), lunch.seconds)
        if begin is None or begin > lunch.latest:
            return None
        driven = sum(max(0, min(last, begin) - max(first, time)) for first, last in shift.intervals)
        end = begin + lunch.seconds
        return self.drive(shift.intervals, end, max(0, seconds - driven)), (begin, end)

    def neat(self, shift: Shift, order: Order) -> Tour:
        """Like :meth:`tour`, with starts on whole five minutes, or minutes, where there is time."""
        for step in NEAT_STEPS:
            self.step = step
            try:
                tour = self.tour(shift, order)
            finally:
                self.step = 1
            if not tour.late:
                return tour
        return self.tour(shift, order)

    # -- a whole tour -------------------------------------------------------------------------

    def feasible(self, shift: Shift, order: Order) -> bool:
        """Whether the order keeps every window, the hours and lunch. Fast: no records made."""
        if not order:
            return True
        if not shift.intervals:
            return False
        visits, between = self.problem.visits, self.travel.between
        # Time at which each state is reached: lunch still due, lunch taken.
        due: int | None = shift.intervals[0][0]
        taken: int | None = None
        lunch = shift.lunch
        if lunch is None:
            due, taken = None, due
        place = shift.start
        for index in order:
            visit = visits[index]
            seconds = between(place, visit.point)[0]
            arrivals: list[int] = []
            if taken is not None:
                arrivals.append(self.drive(shift.intervals, taken, seconds))
            if due is not None:
                leg = self._leg(shift, due, seconds, lunch)
                if leg is not None:
                    arrivals.append(leg[0])
                begin = self.start_of(shift, visit, self.drive(shift.intervals, due, seconds))
                due = None if begin is None else begin + visit.service
            begin = self.start_of(shift, visit, min(arrivals)) if arrivals else None
            taken = None if begin is None else begin + visit.service
            if due is None and taken is None:
                return False
            place = visit.point or place
        close = shift.intervals[-1][1]
        seconds = between(place, shift.end)[0]
        if taken is not None and self.drive(shift.intervals, taken, seconds) <= close:
            return True
        if due is None or lunch is None:
            return False
        back = self.drive(shift.intervals, due, seconds)
        if back <= min(lunch.latest, close):
            return True
        leg = self._leg(shift, due, seconds, lunch)
        return leg is not None and leg[0] <= close

    def tour(self, shift: Shift, order: Order) -> Tour:
        """Time the order. What can't be kept is broken as little as possible and counted.

        :param order: indexes of visits
        :return: a tour whose ``late`` is 0 exactly when the order is feasible
        """
        begin = shift.intervals[0][0] if shift.intervals else 0
        states: dict[bool, _State] = {shift.lunch is None: _State(0, begin, None, [])}
        place = shift.start
        for index in order:
            visit = self.problem.visits[index]
            seconds, metres = self.travel.between(place, visit.point)
            following: dict[bool, _State] = {}
            for ate, state in states.items():
                self._keep(following, ate, self._next(shift, state, index, seconds, metres, None))
                if not ate:
                    reached = self._next(shift, state, index, seconds, metres, shift.lunch)
                    self._keep(following, True, reached)
            states = following
            place = visit.point or place
        seconds, metres = self.travel.between(place, shift.end)
        return min(
            (self._home(shift, state, ate, seconds, metres) for ate, state in states.items()),
            key=lambda tour: (tour.late, tour.back),
        )

    @staticmethod
    def _keep(states: dict[bool, _State], ate: bool, state: _State | None) -> None:
        if state and (ate not in states or state.key() < states[ate].key()):
            states[ate] = state

    def _next(
        self,
        shift: Shift,
        state: _State,
        index: int,
        seconds: int,
        metres: int,
        lunch: Lunch | None,
    ) -> _State | None:
        visit = self.problem.visits[index]
        leg = self._leg(shift, state.time, seconds, lunch)
        if leg is None:
            return None
        arrival, eaten = leg
        start = self.start_of(shift, visit, arrival)
        late = 0
        if start is None:
            start, late = self._late_start(shift, visit, arrival)
        reached = self.drive(shift.intervals, state.time, seconds) if eaten else arrival
        stop = Stop(index, seconds, metres, min(reached, start), start, start + visit.service, late)
        return _State(state.late + late, stop.end, state.lunch or eaten, [*state.stops, stop])

    def _late_start(self, shift: Shift, visit: Visit, arrival: int) -> tuple[int, int]:
        """Start when nothing is allowed any more, and by how many seconds that is wrong."""
        windows = visit.windows if visit.fixed is None else ((visit.fixed, visit.fixed),)
        start = max(arrival, windows[0][0]) if windows else arrival
        late = max(0, start - windows[-1][1]) if windows else 0
        if self.fit(shift.intervals, start, visit.service) != start:
            end = start + visit.service
            worked = sum(
                max(0, min(last, end) - max(first, start)) for first, last in shift.intervals
            )
            late += visit.service - worked
        # A start between two windows, or an empty day, is wrong as well.
        return start, max(late, 1)

    def _home(self, shift: Shift, state: _State, ate: bool, seconds: int, metres: int) -> Tour:
        close = shift.intervals[-1][1] if shift.intervals else 0
        back = self.drive(shift.intervals, state.time, seconds)
        lunch, late = state.lunch, state.late
        if not ate and shift.lunch is not None and state.stops and back > shift.lunch.latest:
            leg = self._leg(shift, state.time, seconds, shift.lunch)
            if leg is None:
                late += shift.lunch.seconds
            else:
                back, lunch = leg
        if state.stops:
            late += max(0, back - close)
        departure, lunch = self._departure(shift, state.stops, lunch)
        return Tour(state.stops, departure, back, seconds, metres, lunch, late)

    def _departure(
        self, shift: Shift, stops: list[Stop], lunch: Interval | None
    ) -> tuple[int, Interval | None]:
        """Leave as late as the first visit allows, instead of waiting at its door.

        :return: departure and lunch, which is then taken before leaving where there is time for it
        """
        begin = shift.intervals[0][0] if shift.intervals else 0
        if not stops:
            return begin, lunch
        first = stops[0]
        latest = first.start - first.travel
        if shift.lunch and lunch and lunch[0] < first.start:
            before = self.fit(shift.intervals, shift.lunch.earliest, shift.lunch.seconds)
            if before is not None and latest >= before + shift.lunch.seconds:
                lunch = (before, before + shift.lunch.seconds)
            else:
                latest = lunch[0] - first.travel
        inside = any(
            start <= latest and latest + first.travel <= end for start, end in shift.intervals
        )
        if latest <= begin or not inside:
            return begin, lunch
        first.arrival = latest + first.travel
        return latest, lunch
