"""From records to the optimiser's problem, and its seconds back to datetimes."""

from datetime import datetime, time, timedelta

from odoo.addons.field_mission.core.slots import local_to_utc, utc_to_local

NIGHT_ENDS = 6.0
"""Local hour until which a start may still belong to the evening before."""

LONG_AGO = timedelta(days=3660)
"""How long before the days looked at seconds begin: an old promise has a number too."""

URGENT = "urgent"
"""Name of the visit for which a place is looked for."""


def shift_key(employee_id, day):
    """Id of one technician's day in a problem."""
    return f"{employee_id}:{day:%Y-%m-%d}"


def visit_key(mission_id, helper_id=None):
    """Id of one person's part of a mission in a problem."""
    return f"{mission_id}#{helper_id}" if helper_id else str(mission_id)


def mission_of(key):
    """Mission id of a visit's id."""
    return int(key.partition("#")[0])


def _point(value):
    return value and (value[0], value[1])


class ProblemBuilder:
    """Builds one problem for one company. Reads in batches; nothing is written.

    :param company: ``res.company``
    :param date_from: first day that may appear
    :param date_to: last day that may appear, included
    """

    def __init__(self, company, date_from, date_to):
        self.company = company
        self.env = company.env
        self.date_from, self.date_to = date_from, date_to
        self.origin = datetime.combine(date_from, time.min) - LONG_AGO
        self.days = {}
        self.shifts = {}
        self.visits = {}
        self.plan = {}
        self.weights = {}
        self.soft_zones = False
        # Of places, for their travel, and of people.
        self._zones = {}
        self._served_zones = {}
        self._skills = {}
        self._skill_names = {}

    # -- time -----------------------------------------------------------------------------------

    def seconds(self, moment):
        """Seconds from the origin of a naive UTC datetime, 0 for what was before."""
        return max(0, round((moment - self.origin).total_seconds()))

    def moment(self, seconds):
        """Naive UTC datetime of seconds from the origin."""
        return self.origin + timedelta(seconds=seconds)

    def dated(self, reason):
        """A reason with its seconds turned into datetimes as text, fit to be stored."""
        return {
            key: self.moment(value).isoformat(" ", "seconds") if key.endswith("_at") else value
            for key, value in reason.items()
        }

    # -- technicians ----------------------------------------------------------------------------

    def load_days(self, employees):
        """Read working days and skills of technicians, in one batch."""
        missing = employees.browse(
            {employee.id for employee in employees} - {e for e, _d in self.days}
        )
        self.days.update(missing._get_field_days(self.date_from, self.date_to))

    def _load_skills(self, employees, days):
        """Read what people hold on days, in one batch."""
        missing = employees.filtered(
            lambda one: any(one.id not in self._skills.get(day, ()) for day in days)
        )
        if missing:
            for day, held in missing._get_field_skills_by_day(days).items():
                self._skills.setdefault(day, {}).update(held)

    def _zones_of(self, employee, employees):
        """Ids of the zones of one technician, parts of zones included; read for all at once."""
        if employee.id not in self._served_zones:
            self._served_zones.update(employees._get_placement_zones())
        return self._served_zones[employee.id]

    def add_shifts(self, pairs):
        """Add working days.

        :param pairs: ``[(hr.employee, date)]``
        """
        employees = self.env["hr.employee"].union(*(employee for employee, _day in pairs))
        self.load_days(employees)
        self._load_skills(employees, {day for _employee, day in pairs})
        for employee, day in pairs:
            key = shift_key(employee.id, day)
            if key not in self.shifts:
                self.shifts[key] = self._shift(key, employee, day, employees)

    def _shift(self, key, employee, day, employees):
        # Home coordinates: planners may read them; a run of the cron is nobody's screen.
        private = employee.sudo()
        located = private.field_start_latitude or private.field_start_longitude
        home = [private.field_start_latitude, private.field_start_longitude] if located else None
        work = self.days[employee.id, day]
        lunch = work.lunch and {
            "earliest": self.seconds(work.lunch[0]),
            "latest": self.seconds(work.lunch[1]),
            "seconds": work.lunch[2],
        }
        return {
            "id": key,
            "technician": str(employee.id),
            "day": f"{day:%Y-%m-%d}",
            "name": employee.name,
            "start": home,
            "end": home,
            "intervals": [[self.seconds(a), self.seconds(b)] for a, b in work.intervals],
            "absences": [[self.seconds(a), self.seconds(b), name] for a, b, name in work.absences],
            "lunch": lunch,
            "skills": sorted(str(skill) for skill in self._skills[day][employee.id]),
            "zones": sorted(str(zone_id) for zone_id in self._zones_of(employee, employees)),
        }

    def shift_day(self, employee, start, day=None):
        """The day of a technician to which a start belongs: its local date, or the evening before.

        :param start: naive UTC or False
        :param day: what to say without a start
        """
        if not start:
            return day
        local = utc_to_local(start, employee._get_field_tz())
        eve = (local - timedelta(days=1)).date()
        if local.hour + local.minute / 60 < NIGHT_ENDS:
            self.load_days(employee)
            work = self.days.get((employee.id, eve))
            if work and any(first <= start < last for first, last in work.intervals):
                return eve
        return local.date()

    # -- visits ---------------------------------------------------------------------------------

    def add_visits(self, missions):
        """Read what the visits of missions have in common; see :meth:`lock` for the rest."""
        windows = missions._get_promise_windows()
        for mission in missions:
            site = mission.site_id.sudo()
            located = site.partner_latitude or site.partner_longitude
            if located:
                point = site.partner_latitude, site.partner_longitude
                self._zones[point] = site.site_zone_id.id or None
            skills = mission.service_type_id.sudo().skill_ids
            self.name_skills(skills)
            self.visits[visit_key(mission.id)] = {
                "id": visit_key(mission.id),
                "name": mission.name,
                "point": [site.partner_latitude, site.partner_longitude] if located else None,
                "service": round(mission.planned_duration * 3600),
                "skills": sorted(str(skill.id) for skill in skills),
                "windows": self._windows(mission, *windows[mission.id]),
                "priority": int(mission.priority or 0),
            }

    def name_skills(self, skills):
        """Remember the names of skills, for sentences."""
        self._skill_names.update((str(skill.id), skill.name) for skill in skills)

    def _windows(self, mission, earliest, latest):
        # "Any time that day" is the working day itself, which may begin before the office opens.
        if mission.promised_kind in ("none", "day") or not earliest:
            return []
        return [[self.seconds(earliest), self.seconds(latest)]]

    def add_help(self, mission, helper, shift):
        """Add the part of a helper in a mission whose own visit was added."""
        key = visit_key(mission.id, helper.id)
        self.visits[key] = {
            **self.visits[visit_key(mission.id)],
            "id": key,
            "skills": [],
            "windows": [],
            "fixed": None,
            "at": None,
            "technician": None,
            "day": None,
            "zone": None,
            "shift": shift,
            "with": visit_key(mission.id),
        }

    def remind(self, missions):
        """Note the start that each mission was given so far."""
        for mission in missions:
            visit = self.visits.get(visit_key(mission.id))
            if visit and mission.planned_start:
                visit["at"] = self.seconds(mission.planned_start)

    def problem(self, by_shift=False):
        """The dictionary for the optimiser.

        :param by_shift: only judge the orders given: travel inside each working day is enough
        """
        return {
            "travel": self._travel(by_shift),
            "speed_kmh": self.company.field_travel_speed,
            "detour": self.company.field_travel_detour,
            "profile": self.company.field_travel_profile,
            "skills": self._skill_names,
            "shifts": list(self.shifts.values()),
            "visits": list(self.visits.values()),
            "plan": self.plan,
            "weights": self.weights,
            "soft_zones": self.soft_zones,
        }

    def _travel(self, by_shift):
        """Travel as the company's provider, its rules and its experience say."""
        ends = {
            key: [_point(shift["start"]), _point(shift["end"])]
            for key, shift in self.shifts.items()
        }
        if by_shift:
            groups = [
                ends[key]
                + [
                    _point(visit["point"])
                    for name, visit in self.visits.items()
                    if name in planned or visit.get("shift") == key
                ]
                for key, planned in ((key, set(self.plan.get(key, ()))) for key in self.shifts)
            ]
        else:
            visits = [_point(visit["point"]) for visit in self.visits.values()]
            groups = [[point for pair in ends.values() for point in pair] + visits]
        day = self.date_from if self.date_from == self.date_to else None
        return self.env["field.travel"]._get_blocks(self.company, groups, day, self._zones)

    def day_bounds(self, employee, day):
        """Naive UTC of the start and the end of a technician's local day."""
        tz = employee._get_field_tz()
        return local_to_utc(day, 0, tz), local_to_utc(day, 24, tz)
