"""What is known of the people and the missions of placements, read in batches."""

from collections import defaultdict
from datetime import timedelta

from odoo import fields

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core.placement import Person, Span, Visit

# A mission in one of these states keeps its people busy at its slot.
KEEPING = ("planned", "in_progress", "done")
PENDING = ("confirm", "validate1")
# Days further apart than this are read apart: nobody needs the hours between.
GAP = 21


class PlacementFacts:
    """Everything that :mod:`core.placement` needs for some placements.

    :param missions: ``field.mission`` as superuser, the user's rights were checked before
    :param placements: list of dicts ``mission_id, employee_id, start, minutes, helper_ids``
    """

    def __init__(self, missions, placements):
        self.env = missions.env
        self.missions = missions
        self.placements = placements
        ids = {one["employee_id"] for one in placements}
        ids.update(helper for one in placements for helper in one["helper_ids"])
        # Archived people too: they are refused by name.
        self.employees = self.env["hr.employee"].browse(sorted(ids)).with_prefetch()
        self.known = {mission.id: mission for mission in missions}
        self.tz = {employee.id: employee._get_field_tz() for employee in self.employees}
        self.days = defaultdict(set)
        for one in placements:
            for person in (one["employee_id"], *one["helper_ids"]):
                start = utc_to_local(one["start"], self.tz[person]).date()
                end = utc_to_local(
                    one["start"] + timedelta(minutes=max(one["minutes"], 0)), self.tz[person]
                ).date()
                self.days[person].update((start, end))
        self.people = {employee.id: Person() for employee in self.employees}
        if placements:
            self._read_hours()
            self._read_pending()
            self._read_busy()
            self._read_skills()
            zones = self.employees._get_placement_zones()
            for person_id, person in self.people.items():
                person.zones = frozenset(zones.get(person_id, ()))

    # -- people ---------------------------------------------------------------------------------

    def _clusters(self):
        days = sorted(set().union(*self.days.values()))
        clusters = [[days[0], days[0]]]
        for day in days[1:]:
            if (day - clusters[-1][1]).days > GAP:
                clusters.append([day, day])
            clusters[-1][1] = day
        one = timedelta(days=1)
        return [(first - one, last + one) for first, last in clusters]

    def _read_hours(self):
        for first, last in self._clusters():
            found = self.employees._get_field_days(first, last)
            for (employee_id, day), work in found.items():
                person = self.people[employee_id]
                person.work += work.intervals
                person.absences += [Span(*absence) for absence in work.absences]
                person.has_calendar &= work.has_calendar
                if not work.intervals:
                    person.days_off.add(day)
        for person in self.people.values():
            person.absences = _merge(person.absences)

    def _window(self):
        starts = [one["start"] for one in self.placements]
        ends = [one["start"] + timedelta(minutes=one["minutes"]) for one in self.placements]
        return min(starts), max(ends)

    def _read_pending(self):
        first, last = self._window()
        leaves = self.env["hr.leave"].search_fetch(
            [
                ("employee_id", "in", self.employees.ids),
                ("state", "in", PENDING),
                ("date_from", "<", last),
                ("date_to", ">", first),
            ],
            ["employee_id", "date_from", "date_to"],
        )
        for leave in leaves:
            self.people[leave.employee_id.id].pending.append(Span(leave.date_from, leave.date_to))

    def _read_busy(self):
        """Missions at their present place, the placed ones at their new one."""
        first, last = self._window()
        others = self.env["field.mission"].search_fetch(
            [
                ("id", "not in", self.missions.ids),
                ("state", "in", KEEPING),
                ("planned_start", "<", last),
                ("planned_end", ">", first),
                "|",
                ("technician_id", "in", self.employees.ids),
                ("helper_ids", "in", self.employees.ids),
            ],
            ["name", "planned_start", "planned_end", "technician_id", "helper_ids", "site_id"],
        )
        for mission in others:
            span = Span(
                mission.planned_start, mission.planned_end, mission.display_name, mission.id
            )
            for employee in mission.technician_id | mission.helper_ids:
                if employee.id in self.people:
                    self.people[employee.id].busy.append(span)
        for one in self.placements:
            mission = self.known[one["mission_id"]]
            end = one["start"] + timedelta(minutes=max(one["minutes"], 0))
            span = Span(one["start"], end, mission.display_name, mission.id)
            for employee_id in {one["employee_id"], *one["helper_ids"]}:
                self.people[employee_id].busy.append(span)

    def _read_skills(self):
        needed = self.missions.service_type_id.skill_ids
        if not needed:
            return
        held = self.env["hr.employee.skill"].search_fetch(
            [("employee_id", "in", self.employees.ids), ("skill_id", "in", needed.ids)],
            ["employee_id", "skill_id", "valid_from", "valid_to"],
        )
        for line in held:
            self.people[line.employee_id.id].skills.setdefault(line.skill_id.id, []).append(
                (line.valid_from or None, line.valid_to or None)
            )

    # -- visits ---------------------------------------------------------------------------------

    def visits(self):
        """Return ``[(placement, Visit)]`` in the order given."""
        windows = self.missions._get_promise_windows()
        deadlines = self.missions._get_deadline()
        found = []
        for one in self.placements:
            mission = self.known[one["mission_id"]]
            earliest, latest = windows[mission.id]
            by_day = mission.promised_kind == "day"
            local = utc_to_local(one["start"], mission._get_tz()).date()
            visit = Visit(
                key=mission.id,
                start=one["start"],
                minutes=one["minutes"],
                day=utc_to_local(one["start"], self.tz[one["employee_id"]]).date(),
                earliest=earliest,
                latest=latest,
                promise_day_only=by_day,
                on_promised_day=not by_day
                or not mission.promised_date
                or local == mission.promised_date,
                deadline=fields.Datetime.to_datetime(deadlines.get(mission.id)) or None,
                skills=frozenset(mission.service_type_id.skill_ids.ids),
                zone=mission.zone_id.id or None,
            )
            found.append((one, visit))
        return found


def _merge(spans):
    """Join the pieces of one absence that was cut at midnight."""
    merged = []
    for span in sorted(spans, key=lambda span: (span.name, span.start)):
        if merged and merged[-1].name == span.name and merged[-1].end >= span.start:
            end = max(merged[-1].end, span.end)
            merged[-1] = Span(merged[-1].start, end, span.name)
        else:
            merged.append(span)
    return merged
