from collections import defaultdict
from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core.capacity import Limits, exceeded
from .hr_employee_load import DayLoad


class FieldMissionSubcontractor(models.Model):
    """Subcontractors are sent only with valid certificates and within their capacity."""

    _inherit = "field.mission"

    # ------------------------------------------------------------------ placement

    def _get_placement_issues(self, placements):
        """Add what certificates and capacity of subcontractors say."""
        found = super()._get_placement_issues(placements)
        for mission_id, issues in self._judge_subcontractors(placements).items():
            if mission_id in found:
                told = found[mission_id] + issues
                found[mission_id] = sorted(told, key=lambda issue: issue["level"] != "hard")
        return found

    def _judge_subcontractors(self, placements):
        """Return the issues of subcontractors in placements, ``{mission_id: [issue, …]}``."""
        missions = {mission.id: mission for mission in self.sudo().browse(
            [one["mission_id"] for one in placements]
        )}  # fmt: skip
        parts = []
        for one in placements:
            mission = missions[one["mission_id"]]
            helpers = one.get("helper_ids", mission.helper_ids.ids)
            for person in {one["employee_id"], *helpers} - {False}:
                parts.append((mission, person, one))
        people = self.env["hr.employee"].sudo().browse(sorted({part[1] for part in parts})).exists()
        people = people.filtered("is_field_subcontractor")
        known = {person.id: person for person in people}
        # Nothing is said about another company's people: the move itself is refused.
        parts = [
            (mission, known[person], one, self._local_day(known[person], one["start"]))
            for mission, person, one in parts
            if person in known and known[person].company_id == mission.company_id
        ]
        issues = defaultdict(list)
        gaps = people._get_certificate_gaps({part[3] for part in parts})
        for mission, person, _one, day in parts:
            issues[mission.id] += [
                {"code": "certificate", "level": "hard", "message": f"{sentence}."}
                for sentence in gaps.get((person.id, day), ())
            ]
        limited = [part for part in parts if part[1]._get_field_limits()]
        if limited:
            self._judge_capacity(limited, issues)
        return issues

    @staticmethod
    def _local_day(person, start):
        return utc_to_local(start, person._get_field_tz()).date()

    def _judge_capacity(self, parts, issues):
        """Add what placements make of days and weeks, missions that wait for an answer included."""
        placed = self.sudo().browse([mission.id for mission, _person, _one, _day in parts])
        people = self.env["hr.employee"].sudo().union(*(part[1] for part in parts))
        days = [part[3] for part in parts]
        first = min(days) - timedelta(days=min(days).weekday())
        last = max(days) + timedelta(days=6 - max(days).weekday())
        loads = people._get_field_loads(first, last, without=placed)
        for _mission, person, one, day in parts:
            loads[person.id, day] += DayLoad(missions=1, work=one["minutes"])
        for mission, person, _one, day in parts:
            monday = day - timedelta(days=day.weekday())
            week = sum((loads[person.id, monday + timedelta(days=n)] for n in range(7)), DayLoad())
            own = loads[person.id, day]
            broken = exceeded(
                person._get_field_limits(),
                (own.missions, own.work / 60),
                (week.missions, week.work / 60),
            )
            hard = mission.company_id.field_capacity_hard
            issues[mission.id] += [
                {
                    "code": "capacity",
                    "level": "hard" if hard else "soft",
                    "message": person._word_capacity(name, value, limit, day),
                }
                for name, value, limit in broken
            ]

    # ------------------------------------------------------------------ no way round

    def _get_certificate_blockers(self):
        """Return what certificates keep each mission from its people on its day.

        :return: ``{mission_id: [sentence, …]}``, an entry for each mission
        """
        missions = self.sudo()
        found = {mission.id: [] for mission in self}
        people = (missions.technician_id | missions.helper_ids).filtered("is_field_subcontractor")
        if not people:
            return found
        parts = [
            (mission, person, self._local_day(person, mission.planned_start))
            for mission in missions
            if mission.planned_start
            for person in (mission.technician_id | mission.helper_ids) & people
        ]
        gaps = people._get_certificate_gaps({day for _mission, _person, day in parts})
        for mission, person, day in parts:
            found[mission.id] += gaps.get((person.id, day), [])
        return found

    def _plan_blockers(self):
        found = super()._plan_blockers()
        for mission_id, sentences in self._get_certificate_blockers().items():
            found[mission_id] += sentences
        return found

    def _check_certificates(self):
        """Refuse missions whose subcontractors lack a certificate on the day.

        :raises UserError: naming what is missing
        """
        blockers = self._get_certificate_blockers()
        lines = [
            f"{mission.display_name} : {', '.join(blockers[mission.id])}"
            for mission in self
            if blockers[mission.id]
        ]
        if lines:
            raise UserError(self.env._("Certificates are missing:\n%s", "\n".join(lines)))

    def _raise_plan_version(self):
        """A planned mission is not moved to a day, or given to a person, without certificates."""
        result = super()._raise_plan_version()
        if not self:
            return result
        self.filtered(lambda mission: mission.state == "planned")._check_certificates()
        return result

    def action_publish(self):
        """Show planned missions to their technicians; certificates are looked at once more."""
        self.filtered(lambda mission: mission.state == "planned")._check_certificates()
        return super().action_publish()

    def _get_forbidden_people(self, people):
        forbidden = super()._get_forbidden_people(people)
        if self.planned_start:
            days = {person: self._local_day(person, self.planned_start) for person in people}
            gaps = people._get_certificate_gaps(days.values())
            for person, day in days.items():
                if sentences := gaps.get((person.id, day)):
                    forbidden[person.id] = ", ".join(sentences)
        return forbidden


class HrEmployeeCapacity(models.Model):
    _inherit = "hr.employee"

    def _get_field_limits(self):
        """Return the capacity of one subcontractor, None without any limit."""
        self.ensure_one()
        limits = Limits(
            missions_day=self.field_capacity_missions_day,
            missions_week=self.field_capacity_missions_week,
            hours_day=self.field_capacity_hours_day,
            hours_week=self.field_capacity_hours_week,
        )
        return limits if any(limits) else None

    def _word_capacity(self, name, value, limit, day):
        words = {
            "who": self.name,
            "value": f"{value:g}",
            "limit": f"{limit:g}",
            "day": format_date(self.env, day),
        }
        if name == "missions_day":
            return self.env._("%(who)s: %(value)s missions on %(day)s, at most %(limit)s.", **words)
        if name == "missions_week":
            return self.env._(
                "%(who)s: %(value)s missions in the week of %(day)s, at most %(limit)s.", **words
            )
        if name == "hours_day":
            return self.env._("%(who)s: %(value)s h on %(day)s, at most %(limit)s h.", **words)
        return self.env._(
            "%(who)s: %(value)s h in the week of %(day)s, at most %(limit)s h.", **words
        )
