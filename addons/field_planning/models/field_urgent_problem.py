from collections import defaultdict
from datetime import datetime, timedelta

from odoo import fields, models

from odoo.addons.field_mission.core.slots import utc_to_local

from ..optimizer.travel import Trips
from .problem_builder import URGENT, ProblemBuilder, shift_key, visit_key

# Days that are looked at when the deadline is far away: those on which somebody works.
DAYS = 2
HORIZON = 4


class FieldUrgentProblem(models.Model):
    """What is left of the day, as a problem for the optimiser."""

    _inherit = "field.urgent"

    def _get_people(self):
        """Return the technicians who may be sent: no subcontractors, they are asked, not sent."""
        people = self.technician_ids._origin or self.env["hr.employee"].search(
            [("is_field_technician", "=", True), ("company_id", "=", self.company_id.id)]
        )
        if self.team_ids and not self.technician_ids:
            teams = self.team_ids._origin
            people = people.filtered(lambda person: person.sudo().field_team_id in teams)
        return people.filtered(lambda person: not person.sudo().user_id.share)

    def _build_problem(self):
        """Return ``(builder, problem, versions)`` of the tours from now on.

        ``versions`` holds the ``plan_version`` of each mission looked at, to find changes later.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        earliest = max(now, self.date_earliest or now)
        people = self._get_people()
        tz = people[:1]._get_field_tz() if people else "Europe/Paris"
        first = utc_to_local(earliest, tz).date()
        last = min(utc_to_local(self.date_deadline, tz).date(), first + timedelta(days=HORIZON))
        builder = ProblemBuilder(self.company_id, first, max(first, last))
        builder.load_days(people)
        days = self._choose_days(builder, people, first, last)
        missions = self._find_missions(people, days)
        rest = missions.filtered(lambda m: m.state == "planned")
        builder.add_visits(rest)
        builder.remind(rest)
        builder.add_shifts([(person, day) for person in people for day in days])
        self._fill_shifts(builder, people, missions, now)
        builder.visits[URGENT] = self._urgent_visit(builder, earliest)
        versions = {str(mission.id): mission.plan_version for mission in missions}
        return builder, builder.problem(), versions

    @staticmethod
    def _choose_days(builder, people, first, last):
        days = [first + timedelta(days=n) for n in range(max(0, (last - first).days) + 1)]
        worked = [
            day for day in days if any(builder.days[person.id, day].intervals for person in people)
        ]
        return worked[:DAYS] or days[:1]

    def _find_missions(self, people, days):
        missions = self.env["field.mission"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("planned_start", "!=", False),
                ("planned_start", ">=", datetime.combine(days[0], datetime.min.time())
                 - timedelta(days=1)),
                ("planned_start", "<", datetime.combine(days[-1], datetime.min.time())
                 + timedelta(days=2)),
                ("state", "in", ["planned", "in_progress", "done"]),
                ("id", "!=", self.mission_id._origin.id or 0),
            ],
            order="planned_start, id",
        )  # fmt: skip
        return missions.filtered(lambda m: (m.technician_id | m.helper_ids) & people)

    def _fill_shifts(self, builder, people, missions, now):
        """Put each person where and when they are free, and the rest of their day into the plan."""
        company = self.company_id
        trips = Trips(
            company.field_travel_speed, company.field_travel_detour, company.field_travel_profile
        )
        stops = defaultdict(list)
        for mission in missions:
            for person in (mission.technician_id | mission.helper_ids) & people:
                day = builder.shift_day(person, mission.planned_start)
                stops[shift_key(person.id, day)].append((mission, person))
        paused = self._find_pauses(people, now)
        kept = {URGENT}
        for key, shift in builder.shifts.items():
            free, rest = self._find_free(builder, shift, stops[key], trips, now)
            free = builder.seconds(max(free, now))
            shift["intervals"] = [[max(a, free), b] for a, b in shift["intervals"] if b > free]
            if int(shift["technician"]) in paused.get(shift["day"], ()):
                shift["lunch"] = None
            names = []
            for mission, person in rest:
                names.append(self._bind(builder, mission, person, key))
            builder.plan[key] = names
            kept.update(names)
        # Missions of others (a helper's leader outside the scope) are nobody's business here.
        builder.visits = {name: visit for name, visit in builder.visits.items() if name in kept}

    def _find_free(self, builder, shift, stops, trips, now):
        """Return when one person is free, and the stops left after what they do or drive to."""
        free, rest = now, []
        driving = True
        for mission, person in stops:
            site = mission.site_id.sudo()
            point = (
                (site.partner_latitude, site.partner_longitude)
                if site.partner_latitude or site.partner_longitude
                else None
            )
            length = timedelta(hours=mission.planned_duration)
            if mission.state != "planned":
                end = mission.actual_end or (mission.actual_start or now) + length
                free = max(free, end)
                shift["start"] = point and list(point) or shift["start"]
                continue
            here = shift["start"] and tuple(shift["start"])
            leaves = mission.planned_start - timedelta(seconds=trips.between(here, point)[0])
            if driving and (leaves <= now or self._is_on_the_way(mission, person)):
                free = max(free, mission.planned_start, now) + length
                shift["start"] = point and list(point) or shift["start"]
                driving = False
                continue
            rest.append((mission, person))
        return free, rest

    @staticmethod
    def _is_on_the_way(mission, person):
        return any(
            line.kind == "travel" and not line.stop and line.employee_id == person
            for line in mission.sudo().time_ids
        )

    def _find_pauses(self, people, now):
        """Return ``{day as text: {employees who had their break}}``."""
        lines = self.env["field.mission.time"].sudo().search(
            [
                ("kind", "=", "break"),
                ("employee_id", "in", people.ids),
                ("start", ">=", now - timedelta(hours=12)),
                ("company_id", "=", self.company_id.id),
            ]
        )  # fmt: skip
        found = defaultdict(set)
        for line in lines:
            day = utc_to_local(line.start, line.employee_id._get_field_tz()).date()
            found[f"{day:%Y-%m-%d}"].add(line.employee_id.id)
        return found

    @staticmethod
    def _bind(builder, mission, person, shift):
        """Bind the part of one person in a mission to what may not change; return its name."""
        fixed = builder.seconds(mission.planned_start)
        if person != mission.technician_id:
            builder.add_help(mission, person, shift)
            name = visit_key(mission.id, person.id)
            # The leader's part may be outside of what is looked at: the times say enough.
            builder.visits[name].update(fixed=fixed, at=fixed)
            builder.visits[name].pop("with")
            return name
        visit = builder.visits[visit_key(mission.id)]
        visit["day"] = builder.shifts[shift]["day"]
        if mission.is_locked or mission.helper_ids:
            visit.update(shift=shift, fixed=fixed, windows=[])
        return visit["id"]

    def _urgent_visit(self, builder, earliest):
        site = self.site_id.sudo()
        located = site.partner_latitude or site.partner_longitude
        skills = self.service_type_id.sudo().skill_ids
        builder.name_skills(skills)
        return {
            "id": URGENT,
            "name": self.env._("the urgent visit"),
            "point": [site.partner_latitude, site.partner_longitude] if located else None,
            "service": round(self.duration * 3600),
            "skills": sorted(str(skill.id) for skill in skills),
            "windows": [[builder.seconds(earliest), builder.seconds(self.date_deadline)]],
            "priority": 3,
        }
