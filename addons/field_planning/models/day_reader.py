"""From tours and clicks to the days of :mod:`..core.lateness`. Constant queries, nothing written."""

from collections import defaultdict
from datetime import datetime, timedelta

from odoo.addons.field_mission.core.slots import local_to_utc, utc_to_local

from ..core import lateness

# Who has been silent for longer has been silent: no need to look further back.
CONTACT_HORIZON = timedelta(days=2)
GONE = ("to_reschedule", "cancelled")


class DayReader:
    """The days of technicians around now.

    :param company: ``res.company``
    :param now: naive UTC
    :param people: ``hr.employee`` to read; None = everybody
    """

    def __init__(self, company, now, people=None):
        self.company, self.now = company, now
        # The facts of a day come from calendars, devices and times that a planner doesn't own.
        self.env = company.env(su=True)
        self.tours = self._find_tours(people)
        self.stops = self.tours.stop_ids.filtered(lambda stop: not stop.set_aside)
        self.missions = self.stops.mission_id
        self.people = self.tours.technician_id
        self.times = self._read_times()
        self.contacts = self._read_contacts()
        self.days, self.helped = {}, {}
        self._build()

    # -- what is there ---------------------------------------------------------------------------

    def _find_tours(self, people):
        """Tours whose day, counted in their technician's time zone, is today, or not over yet."""
        around = self.now.date()
        domain = [
            ("company_id", "=", self.company.id),
            ("date", ">=", around - timedelta(days=1)),
            ("date", "<=", around + timedelta(days=1)),
        ]
        if people is not None:
            domain.append(("technician_id", "in", people.ids))
        tours = self.env["field.tour"].search(domain, order="date, id")
        self.tz = {person: person._get_field_tz() for person in tours.technician_id}
        self.today = {person: utc_to_local(self.now, tz).date() for person, tz in self.tz.items()}
        if not tours:
            return tours
        self.work = tours.technician_id._get_field_days(
            around - timedelta(days=1), around + timedelta(days=1)
        )
        return tours.filtered(self._is_present)

    def _is_present(self, tour):
        """Whether a tour is today's, or a night's that began yesterday and is not over."""
        today = self.today[tour.technician_id]
        return tour.date == today or (tour.date < today and self._over(tour) > self.now)

    def _work(self, tour):
        return self.work[tour.technician_id.id, tour.date]

    def _over(self, tour):
        """When a tour's day is over: at local midnight, or at the end of the hours if later."""
        midnight = local_to_utc(tour.date, 24, self.tz[tour.technician_id])
        intervals = self._work(tour).intervals
        return max([midnight, *(last for _first, last in intervals[-1:])])

    def _close(self, tour):
        intervals = self._work(tour).intervals
        return intervals[-1][1] if intervals else None

    def _read_times(self):
        """Return ``{(employee, mission): time segments}`` of these missions."""
        lines = self.env["field.mission.time"].search(
            [("mission_id", "in", self.missions.ids)], order="start, id"
        )
        return lines.grouped(lambda line: (line.employee_id, line.mission_id))

    def _read_contacts(self):
        """Return ``{employee: when anything was last heard of them}``."""
        since = self.now - CONTACT_HORIZON
        users = self.people.user_id
        by_user = defaultdict(list)
        for user, moment in self.env["field.device"]._read_group(
            [("user_id", "in", users.ids), ("last_contact", ">=", since)],
            ["user_id"],
            ["last_contact:max"],
        ):
            by_user[user].append(moment)
        for user, moment in self.env["field.mission.event"]._read_group(
            [("user_id", "in", users.ids), ("date", ">=", since)], ["user_id"], ["date:max"]
        ):
            by_user[user].append(moment)
        found = {person: by_user[person.user_id][:] for person in self.people if person.user_id}
        # Whoever tapped or typed it: a time of theirs is news of them.
        for person, moment in self.env["field.mission.time"]._read_group(
            [("employee_id", "in", self.people.ids), ("write_date", ">=", since)],
            ["employee_id"],
            ["write_date:max"],
        ):
            found.setdefault(person, []).append(moment)
        return {person: max(moments) for person, moments in found.items() if moments}

    # -- as values -------------------------------------------------------------------------------

    def _build(self):
        windows = self.missions._get_promise_windows()
        for tour in self.tours:
            stops = tour.stop_ids.filtered(lambda stop: stop in self.stops).sorted(
                lambda stop: (stop.sequence, stop.id)
            )
            visits, helped = [], set()
            for stop in stops:
                visit = self._visit(tour, stop, windows[stop.mission_id.id])
                if visit:
                    visits.append(visit)
                    if stop.role == "helper":
                        helped.add(visit.key)
            key = tour.id
            self.days[key] = lateness.Day(
                tuple(visits),
                over=self._over(tour),
                close=self._close(tour),
                lunch=self._lunch(tour, visits),
                contact=self.contacts.get(tour.technician_id),
            )
            if helped:
                self.helped[key] = helped

    def _visit(self, tour, stop, window):
        mission = stop.mission_id
        if not mission.planned_start:
            return None
        lines = self.times.get((tour.technician_id, mission), ())
        started = ended = None
        if stop.role == "helper":
            on_site = [line for line in lines if line.kind == "on_site"]
            started = min((line.start for line in on_site), default=None)
            running = any(not line.stop for line in lines)
            if started and not running and mission.state not in ("planned", "in_progress"):
                ended = max(line.stop for line in on_site)
        else:
            started = lateness.honest(mission.actual_start, mission.actual_start_server)
            ended = lateness.honest(mission.actual_end, mission.actual_end_server)
        if mission.state in GONE or (mission.state == "done" and not ended):
            ended = ended or max((line.stop or line.start for line in lines), default=None)
            if not ended:
                return None
        elif mission.state == "planned":
            started = ended = None
        driving = [line for line in lines if line.kind == "travel" and not line.stop]
        pauses = [line for line in lines if line.kind in ("break", "waiting")]
        return lateness.Visit(
            mission.id,
            mission.planned_start,
            timedelta(minutes=round(mission.planned_duration * 60)),
            timedelta(minutes=stop.travel_minutes),
            earliest=window[0],
            latest=window[1],
            tolerance=timedelta(minutes=mission.service_type_id.delay_tolerance),
            started=started,
            ended=ended,
            left=driving[0].start if driving and not started else None,
            paused=sum(
                ((line.stop or max(self.now, line.start)) - line.start for line in pauses),
                timedelta(),
            ),
        )

    def _lunch(self, tour, visits):
        """Lunch that this technician still has to take."""
        rule = self._work(tour).lunch
        if not rule:
            return None
        earliest, latest, seconds = rule
        length = timedelta(seconds=seconds)
        for (person, _mission), lines in self.times.items():
            if person != tour.technician_id:
                continue
            for line in lines:
                rest = (line.stop or self.now) - max(line.start, earliest)
                inside = line.start < latest + length and rest >= length / 3
                if line.kind == "break" and inside:
                    return None
        # At work on a later site when it should have begun: it was taken before.
        later = [visit.started for visit in visits if visit.started]
        if later and max(later) > latest and len(later) > 1:
            return None
        return lateness.Lunch(earliest, latest, length)

    # -- verdicts --------------------------------------------------------------------------------

    def judge(self):
        """Return ``{tour id: {mission id: Verdict}}`` of the missions that are not done."""
        minutes = self.company.sudo().field_silence_minutes
        silence = timedelta(minutes=minutes) if minutes else None
        legs = self._odd_legs()
        return lateness.judge_together(
            self.days,
            self.helped,
            self.now,
            silence,
            lambda one, other: legs.get((one, other), timedelta()),
        )

    def _odd_legs(self):
        """Travel of legs that no tour has, since its technician works in another order."""
        wanted = []
        for day in self.days.values():
            before = {
                visit.key: day.visits[number - 1].key if number else None
                for number, visit in enumerate(day.visits)
            }
            order = lateness.sequence(day.visits)
            for one, other in zip(order, order[1:], strict=False):
                if not other.started and before[other.key] != one.key:
                    wanted.append((one.key, other.key))
        if not wanted:
            return {}
        sites = {mission.id: mission.site_id for mission in self.missions}

        def point(key):
            site = sites[key]
            located = site.partner_latitude or site.partner_longitude
            return (site.partner_latitude, site.partner_longitude) if located else None

        found = self.env["field.travel"]._get_legs(
            self.company,
            [(point(one), point(other)) for one, other in wanted],
            self.now,
            [tuple(sites[key].site_zone_id.id or None for key in pair) for pair in wanted],
        )
        return {
            pair: timedelta(seconds=seconds)
            for pair, (seconds, _metres) in zip(wanted, found, strict=True)
        }

    def get_verdicts(self):
        """Return ``{mission id: Verdict}`` as seen by the one responsible for each."""
        found = {}
        for tour_id, verdicts in self.judge().items():
            helped = self.helped.get(tour_id, ())
            found.update((key, told) for key, told in verdicts.items() if key not in helped)
        return found


def whole_minute(moment: datetime) -> datetime:
    """The next whole minute: seconds are not promised to anybody."""
    return (moment + timedelta(seconds=59)).replace(second=0, microsecond=0)
