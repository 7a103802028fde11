from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_time

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core import free_slots
from ..core.candidates import crow_km
from .hr_employee_load import KEEPING

# Customers are offered two weeks; later dates are typed.
DAYS = 14
OFFERED = 6
# What makes a slot that was free a minute ago no longer free.
TAKEN = frozenset(
    ("overlap", "leave", "day_off", "outside_hours", "skill_missing", "skill_expired")
)


class FieldMissionSlots(models.Model):
    _inherit = "field.mission"

    @api.model
    def _propose_slots(self, wish):
        """Put real free slots of technicians first; half days only where nobody is free."""
        people = self._find_slot_people(wish)
        found = self._find_free_slots(wish, people) if people else []
        if not found:
            return super()._propose_slots(wish)
        tz = wish["site"]._get_site_tz()
        noon = wish["company"].field_morning_to

        def half_of(slot):
            local = utc_to_local(slot.start, tz)
            return "morning" if local.hour + local.minute / 60 < noon else "afternoon"

        by_id = {person.id: person for person in people}
        return [
            self._describe_slot(slot, by_id[slot.person], half_of(slot), tz)
            for slot in free_slots.choose(found, half_of, OFFERED)
        ]

    @api.model
    def _find_slot_people(self, wish):
        """Return the technicians who may be offered without asking them (sudo).

        A subcontractor answers an offer first: their day is not ours to give.
        """
        # Homes and hours are HR data; the planner gets free slots only.
        return (
            self.env["hr.employee"]
            .sudo()
            .search(
                [
                    ("is_field_technician", "=", True),
                    ("is_field_subcontractor", "=", False),
                    ("company_id", "=", wish["company"].id),
                ]
            )
        )

    @api.model
    def _find_free_slots(self, wish, people):
        first = utc_to_local(wish["earliest"], wish["site"]._get_site_tz()).date()
        last = first + timedelta(days=DAYS)
        if wish["deadline"]:
            last = min(last, wish["deadline"].date())
        if last < first:
            return []
        return free_slots.find(
            self._read_person_days(wish, people, first, last),
            _point(wish["site"].partner_latitude, wish["site"].partner_longitude),
            timedelta(minutes=wish["minutes"]),
            wish["earliest"],
            wish["deadline"] or None,
            self._get_slot_travel(wish["company"]),
        )

    @api.model
    def _get_slot_travel(self, company):
        """Return the road between two places as the company estimates it (hook)."""
        pace = company.field_travel_detour / company.field_travel_speed

        def travel(start, end):
            if start is None or end is None:
                return timedelta()
            return timedelta(hours=crow_km(start, end) * pace)

        return travel

    @api.model
    def _read_person_days(self, wish, people, first, last):
        """Return the days of people with the skills, read in batches."""
        days = people._get_field_days(first, last)
        pending = people._get_pending_leaves(first, last)
        zones = people._get_placement_zones()
        stops = self._read_slot_stops(people, first, last)
        periods = self._read_skill_periods(people, wish["service_type"].skill_ids)
        zone = wish["site"].site_zone_id
        found = []
        for person in people:
            served = zones[person.id]
            home = _point(person.field_start_latitude, person.field_start_longitude)
            asked = [(leave[0], leave[1], None) for leave in pending[person.id]]
            for ahead in range((last - first).days + 1):
                day = first + timedelta(days=ahead)
                work = days[person.id, day].intervals
                if not work or not _holds(periods[person.id], day):
                    continue
                opening, closing = min(w[0] for w in work), max(w[1] for w in work)
                person_day = free_slots.PersonDay(
                    person.id,
                    day,
                    work,
                    [
                        (max(start, opening), min(end, closing), place)
                        for start, end, place in (*stops[person.id], *asked)
                        if start < closing and end > opening
                    ],
                    home,
                    rank=int(bool(served) and zone.id not in served),
                )
                if lunch := days[person.id, day].lunch:
                    free_slots.with_lunch(person_day, *lunch[:2], timedelta(seconds=lunch[2]))
                found.append(person_day)
        return found

    @api.model
    def _read_slot_stops(self, people, first, last):
        missions = self.sudo().search_fetch(
            Domain("state", "in", KEEPING)
            & Domain("planned_date", ">=", first - timedelta(days=1))
            & Domain("planned_date", "<=", last + timedelta(days=1))
            & (Domain("technician_id", "in", people.ids) | Domain("helper_ids", "in", people.ids)),
            ["planned_start", "planned_end", "technician_id", "helper_ids", "site_id"],
        )
        stops = {person.id: [] for person in people}
        for mission in missions:
            site = mission.site_id
            stop = (
                mission.planned_start,
                mission.planned_end,
                _point(site.partner_latitude, site.partner_longitude),
            )
            for person in mission.technician_id | mission.helper_ids:
                if person.id in stops:
                    stops[person.id].append(stop)
        return stops

    @api.model
    def _read_skill_periods(self, people, skills):
        """Return ``{employee_id: [periods of each skill needed]}``."""
        held = {person.id: {skill.id: [] for skill in skills} for person in people}
        # Skills are HR data; the planner needs only whether they are held on a day.
        for line in (
            self.env["hr.employee.skill"]
            .sudo()
            .search_fetch(
                [("employee_id", "in", people.ids), ("skill_id", "in", skills.ids)],
                ["employee_id", "skill_id", "valid_from", "valid_to"],
            )
        ):
            held[line.employee_id.id][line.skill_id.id].append((line.valid_from, line.valid_to))
        return {person_id: list(by_skill.values()) for person_id, by_skill in held.items()}

    @api.model
    def _describe_slot(self, slot, person, half, tz):
        local = utc_to_local(slot.start, tz)
        hour = format_time(self.env, local.time(), time_format="short")
        added = round(slot.added.total_seconds() / 60)
        road = self.env._("%s min of road more", added) if added > 0 else self.env._("on the way")
        return {
            "key": f"free|{person.id}|{slot.start}",
            "day": fields.Date.to_string(local.date()),
            "half": half,
            "start": fields.Datetime.to_string(slot.start),
            "technician_id": person.id,
            "text": f"{self._word_day(local.date())}, {hour}",
            "hint": f"{person.name} · {road}",
        }

    def _take_slot(self, slot):
        """Plan one new mission at the slot that was chosen.

        :raises UserError: somebody else has taken it meanwhile
        """
        result = super()._take_slot(slot)
        if not slot["technician_id"]:
            return result
        start = fields.Datetime.to_datetime(slot["start"])
        issues = self._get_placement_issues(
            [
                {
                    "mission_id": self.id,
                    "employee_id": slot["technician_id"],
                    "start": start,
                    "minutes": round(self.planned_duration * 60),
                }
            ]
        )[self.id]
        broken = [issue["message"] for issue in issues if issue["code"] in TAKEN]
        if broken:
            raise UserError(self.env._("This slot is no longer free:\n%s", "\n".join(broken)))
        self.write({"technician_id": slot["technician_id"], "planned_start": start})
        self.action_plan()
        return result


def _point(latitude, longitude):
    return (latitude, longitude) if latitude or longitude else None


def _holds(periods, day):
    return all(
        any((not a or a <= day) and (not b or day <= b) for a, b in held) for held in periods
    )
