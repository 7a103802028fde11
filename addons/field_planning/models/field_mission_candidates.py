from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError

from ..core.candidates import Candidate, detour_km, is_inside, sort_candidates
from .hr_employee_load import KEEPING


class FieldMissionCandidates(models.Model):
    _inherit = "field.mission"

    def _get_candidates(self):
        """Return the technicians who could take one planned mission over, best first.

        :return: list of dicts, values of ``field.reassign.line``
        """
        self.ensure_one()
        if not self.planned_start:
            raise UserError(self.env._("%s has no planned time.", self.display_name))
        mission = self.sudo()
        people = mission.env["hr.employee"].search(
            [
                ("is_field_technician", "=", True),
                ("company_id", "=", mission.company_id.id),
                ("id", "not in", mission.technician_id.ids),
            ]
        )
        facts = mission._read_candidates(people)
        ranked = sort_candidates(mission._judge_candidate(person, facts) for person in people)
        loads, minutes = facts["loads"], round(mission.planned_duration * 60)
        lines = []
        for one in ranked:
            load = loads[one.key, mission.planned_date]
            share = 100 / load.available if load.available else 0
            lines.append(
                {
                    "employee_id": one.key,
                    "is_free": one.free,
                    "is_skilled": one.skilled,
                    "is_allowed": one.allowed,
                    "in_zone": one.in_zone,
                    "asked_leave": one.asked_leave,
                    "has_detour": one.detour is not None,
                    "detour_km": one.detour or 0.0,
                    "load_before": load.busy * share,
                    "load_after": (load.busy + minutes) * share,
                    "remark": ", ".join(mission._word_candidate(one, facts)),
                }
            )
        return lines

    def _read_candidates(self, people):
        """Read in batches what decides about people as candidates for one mission (sudo)."""
        start, end, day = self.planned_start, self.planned_end, self.planned_date
        others = self.search(
            [
                ("id", "!=", self.id),
                ("state", "in", KEEPING),
                ("planned_date", ">=", day - timedelta(days=1)),
                ("planned_date", "<=", day + timedelta(days=1)),
                "|",
                ("technician_id", "in", people.ids),
                ("helper_ids", "in", people.ids),
            ]
        )
        stops = {person.id: [] for person in people}
        for other in others:
            for person in other.technician_id | other.helper_ids:
                if person.id in stops:
                    stops[person.id].append(other)
        return {
            "days": people._get_field_days(day - timedelta(days=1), day),
            "skills": people._get_field_skills(day),
            "zones": people._get_placement_zones(),
            "pending": people._get_pending_leaves(start, end),
            "loads": people._get_field_loads(day, day, without=self),
            "forbidden": self._get_forbidden_people(people),
            "stops": stops,
        }

    def _get_forbidden_people(self, people):
        """Return why people may not be sent to one mission, whatever the hour (hook).

        :param people: ``hr.employee`` (sudo)
        :return: ``{employee_id: sentence}`` of those who may not
        """
        return {}

    def _judge_candidate(self, person, facts):
        start, end, day = self.planned_start, self.planned_end, self.planned_date
        work = [
            span
            for when in (day - timedelta(days=1), day)
            for span in facts["days"][person.id, when].intervals
        ]
        stops = facts["stops"][person.id]
        busy = any(o.planned_start < end and start < o.planned_end for o in stops)
        zones = facts["zones"][person.id]
        load = facts["loads"][person.id, day]
        after = load.busy + round(self.planned_duration * 60)
        return Candidate(
            key=person.id,
            free=is_inside(start, end, work) and not busy,
            skilled=set(self.service_type_id.skill_ids.ids) <= facts["skills"][person.id],
            allowed=person.id not in facts["forbidden"],
            in_zone=not zones or not self.zone_id or self.zone_id.id in zones,
            asked_leave=bool(facts["pending"][person.id]),
            detour=detour_km(
                _point(self.site_id.partner_latitude, self.site_id.partner_longitude),
                start,
                _point(person.field_start_latitude, person.field_start_longitude),
                [
                    (
                        other.planned_start,
                        _point(other.site_id.partner_latitude, other.site_id.partner_longitude),
                    )
                    for other in stops
                    if other.planned_date == day
                ],
                self.company_id.field_travel_detour,
            ),
            load=after / load.available if load.available else 9.0,
        )

    def _word_candidate(self, one, facts):
        """Return what speaks against a candidate, in words."""
        found = []
        if not one.allowed:
            found.append(facts["forbidden"][one.key])
        if not one.skilled:
            found.append(self.env._("a skill is missing"))
        if not one.free:
            found.append(self.env._("not free at that time"))
        if one.asked_leave:
            found.append(self.env._("has asked for leave"))
        if not one.in_zone:
            found.append(self.env._("another zone"))
        if one.detour is None:
            found.append(self.env._("distance unknown"))
        return found


def _point(latitude, longitude):
    return (latitude, longitude) if latitude or longitude else None
