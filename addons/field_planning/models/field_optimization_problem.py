from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.field_mission.core.slots import local_to_utc

from ..optimizer.problem import MAX_PRIORITY
from .problem_builder import ProblemBuilder, shift_key, visit_key


class FieldOptimizationProblem(models.Model):
    """What a run looks at, as a problem for the optimiser."""

    _inherit = "field.optimization"

    # ------------------------------------------------------------------ the problem

    def _build_problem(self):
        """Return ``(builder, snapshot)`` of the missions of the period as they are now.

        :raises UserError: nothing to order, or no technician
        """
        self.ensure_one()
        groups = self._sort_missions()
        movable, missions = groups["movable"], (groups["movable"] | groups["fixed"]).sorted("id")
        if not movable:
            raise UserError(
                self.env._(
                    "No mission to order in this period. Missions need a day and, unless"
                    " technicians are to be chosen, a technician; published and fixed ones stay."
                )
            )
        builder = ProblemBuilder(self.company_id, self.date_from, self.date_to)
        builder.weights = self._get_weights()
        builder.soft_zones = self.zone_rule == "prefer"
        builder.load_days(missions.technician_id | missions.helper_ids)
        builder.add_visits(missions)
        builder.remind(missions.filtered(lambda m: m.state == "planned"))
        pairs = self._lock_visits(builder, missions, movable)
        if self.mode != "keep":
            pairs += self._open_days(movable)
        builder.add_shifts(pairs)
        self._start_now(builder, groups["fixed"])
        self._add_helpers(builder, missions)
        self._add_plan(builder, missions, movable)
        return builder, self._take_snapshot(builder, missions, movable)

    def _lock_visits(self, builder, missions, movable):
        """Bind each visit to what is decided about it; return the days that are needed."""
        pairs = []
        deadlines = movable._get_deadline()
        for mission in missions:
            visit = builder.visits[visit_key(mission.id)]
            person, day = mission.technician_id, mission.mission_date
            if mission not in movable:
                visit.update(fixed=builder.seconds(mission.planned_start), windows=[])
                day = builder.shift_day(person, mission.planned_start)
            elif self._waits(mission) or self._is_void(mission):
                # The promise is what was broken.
                visit["windows"] = []
                self._bind_to_deadline(builder, mission, visit, deadlines[mission.id])
            elif not mission.promised_date:
                self._bind_to_deadline(builder, mission, visit, deadlines[mission.id])
            elif visit["windows"] and person:
                day = builder.shift_day(person, builder.moment(visit["windows"][0][0]), day)
                if mission.state == "planned" and (person.id, day) not in builder.days:
                    # Promised just before the period, planned in it: the plan is what there is.
                    day = builder.shift_day(person, mission.planned_start)
                    visit["windows"] = []
            if mission in movable and mission.state == "planned":
                # What has a slot keeps one, before others get theirs.
                visit["priority"] = MAX_PRIORITY
            if mission in movable and self._is_free(mission):
                self._bind_freely(mission, visit)
                if not mission.mission_date or self._waits(mission):
                    continue
            elif person and (person.id, day) not in builder.days:
                # The night before the period: not this run's day.
                builder.visits.pop(visit["id"])
                continue
            else:
                visit["shift"] = shift_key(person.id, day)
            if person and (person.id, day) in builder.days:
                pairs.append((person, day))
        return pairs

    def _is_free(self, mission):
        """Whether one movable mission is bound to no technician's day."""
        return (
            self.mode == "free"
            or not mission.technician_id
            or not mission.mission_date
            or self._waits(mission)
        )

    def _waits(self, mission):
        """Whether one mission is to be replanned on whatever day."""
        return mission.state == "to_reschedule" and not self._is_promised_anew(mission)

    def _is_void(self, mission):
        """Whether one mission is planned on a day that its promise knows nothing of.

        Somebody decided so: it stays on that day. A day more or less may be a night's work.
        """
        promised, planned = mission.promised_date, mission.planned_date
        if mission.state != "planned" or not promised or abs((promised - planned).days) <= 1:
            return False
        return self.mode != "free" or not self.date_from <= promised <= self.date_to

    def _bind_freely(self, mission, visit):
        """Note what binds a visit that is bound to no technician's day."""
        day = mission.promised_date
        if self._is_void(mission) or (mission.helper_ids and not self._waits(mission)):
            day = mission.mission_date
        elif self._waits(mission):
            day = None
        visit["day"] = f"{day:%Y-%m-%d}" if day else None
        if self.mode != "free" and mission.technician_id:
            visit["technician"] = str(mission.technician_id.id)
        if self.zone_rule != "anywhere" and mission.zone_id:
            visit["zone"] = str(mission.zone_id.id)

    def _bind_to_deadline(self, builder, mission, visit, deadline):
        """Any time will do, from when it may be done until its deadline; what is overdue is first.

        A promise of later on is kept by the window that the visit has already.
        """
        tz = mission._get_tz()
        opens = local_to_utc(self.date_from, 0, tz)
        closes = local_to_utc(self.date_to, 24, tz)
        received = mission.request_id.sudo().date_received or opens
        first, last = max(received, opens), closes
        if deadline:
            last = min(closes, deadline - timedelta(hours=mission.planned_duration))
            if last < max(opens, self._get_now() or opens):
                visit["priority"] = MAX_PRIORITY
                last = closes
        if visit["windows"] or (first == opens and last == closes) or last < first:
            return
        visit["windows"] = [[builder.seconds(first), builder.seconds(last)]]

    def _open_days(self, movable):
        people = self._get_people() or self.env["hr.employee"].search(
            [("is_field_technician", "=", True), ("company_id", "=", self.company_id.id)]
        )
        if not people:
            raise UserError(self.env._("No employee is a field technician in this company."))
        if self.zone_ids and not (self.technician_ids or self.team_ids):
            zones, served = self._get_zone_ids(), people._get_placement_zones()
            people = people.filtered(
                lambda person: not served[person.id] or served[person.id] & zones
            )
        people |= movable.filtered(lambda m: not m.mission_date or self._waits(m)).technician_id
        first = self.date_from
        if self._get_now():
            first = max(first, fields.Date.context_today(self))
        count = (self.date_to - first).days + 1
        return [
            (person, first + timedelta(days=number)) for person in people for number in range(count)
        ]

    def _start_now(self, builder, fixed):
        """On the day under way people start where their last visit is, once it is over."""
        now = self._get_now()
        if not now:
            return
        day, latest = fields.Date.context_today(self), {}
        for mission in fixed.filtered(lambda m: m.planned_start <= now or m.actual_start):
            visit = builder.visits.pop(visit_key(mission.id), None)
            end = (mission.actual_start or mission.planned_start) + timedelta(
                hours=mission.planned_duration
            )
            end = mission.actual_end or max(end, now)
            for person in mission.technician_id | mission.helper_ids:
                key = shift_key(person.id, day)
                if key in builder.shifts and visit and end >= latest.get(key, (end,))[0]:
                    latest[key] = end, visit["point"]
        for key, shift in builder.shifts.items():
            if shift["day"] != f"{day:%Y-%m-%d}":
                continue
            end, point = latest.get(key, (now, None))
            free = builder.seconds(max(end, now))
            shift["start"] = point or shift["start"]
            shift["intervals"] = [[max(a, free), b] for a, b in shift["intervals"] if b > free]

    def _add_helpers(self, builder, missions):
        """Give each helper a part bound to the leader's time."""
        helped = missions.filtered(lambda m: m.helper_ids and visit_key(m.id) in builder.visits)
        pairs = [
            (helper, mission.mission_date)
            for mission in helped
            for helper in mission.helper_ids
            if (helper.id, mission.mission_date) in builder.days
        ]
        builder.add_shifts(pairs)
        for mission in helped.filtered("mission_date"):
            for helper in mission.helper_ids:
                key = shift_key(helper.id, mission.mission_date)
                if key in builder.shifts:
                    builder.add_help(mission, helper, key)

    def _add_plan(self, builder, missions, movable):
        """The order before: by plan or promise; what has neither follows the row before it."""
        order, when = defaultdict(list), {}
        for rank, mission in enumerate(missions):
            name = visit_key(mission.id)
            if name not in builder.visits or not (mission.technician_id and mission.mission_date):
                continue
            visit = builder.visits[name]
            if mission in movable and self._waits(mission):
                # Its old plan is what failed.
                continue
            shift = visit.get("shift") or shift_key(mission.technician_id.id, mission.mission_date)
            if shift not in builder.shifts:
                continue
            at = mission.planned_start and builder.seconds(mission.planned_start)
            at = at or (visit["windows"][0][0] if visit["windows"] else when.get(shift, 0))
            when[shift] = at
            order[shift].append((at, rank, name))
        for name, visit in builder.visits.items():
            if visit.get("with"):
                order[visit["shift"]].append((0, 0, name))
        builder.plan = {
            shift: [name for _at, _rank, name in sorted(rows)] for shift, rows in order.items()
        }

    def _take_snapshot(self, builder, missions, movable):
        shifts = {name: shift for shift, names in builder.plan.items() for name in names}
        return {
            "missions": {
                str(mission.id): {
                    "fingerprint": self._fingerprint(mission, mission in movable),
                    "movable": mission in movable,
                    "technician": mission.technician_id.id,
                    "start": str(mission.planned_start or ""),
                    "shift": shifts.get(visit_key(mission.id)),
                    "undated": not builder.visits[visit_key(mission.id)].get("day")
                    and not builder.visits[visit_key(mission.id)].get("shift"),
                }
                for mission in missions
                if visit_key(mission.id) in builder.visits
            },
            # What took time of the days without being asked about (a visit that is over).
            "seen": missions.ids,
            "days": {
                shift_key(employee_id, day): self._describe_day(work)
                for (employee_id, day), work in builder.days.items()
                if shift_key(employee_id, day) in builder.shifts
            },
        }
