from collections import defaultdict
from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError

from .problem_builder import ProblemBuilder, shift_key, visit_key


class FieldOptimizationProblem(models.Model):
    """What a run looks at, as a problem for the optimiser."""

    _inherit = "field.optimization"

    # ------------------------------------------------------------------ scope

    def _get_scope_domain(self):
        return [
            ("company_id", "=", self.company_id.id),
            ("mission_date", ">=", self.date_from),
            ("mission_date", "<=", self.date_to),
            ("state", "in", ["draft", "planned", "in_progress", "done", "to_reschedule"]),
        ]

    def _find_missions(self):
        """Missions of the period that this run looks at: those to move and those in the way."""
        self.ensure_one()
        missions = self.env["field.mission"].search(self._get_scope_domain(), order="id")
        if self.technician_ids:
            chosen = self.technician_ids
            missions = missions.filtered(
                lambda m: m.technician_id in chosen or m.helper_ids & chosen or not m.technician_id
            )
        if self.mission_ids and self.mode != "free":
            # The others of the same days are in the way; the rest of the week is not.
            chosen = self.mission_ids._origin
            days = {(m.technician_id, m.mission_date) for m in chosen}
            missions = missions.filtered(
                lambda m: (
                    m in chosen
                    or (m.technician_id, m.mission_date) in days
                    or self.mode == "fill"
                    and m.technician_id
                )
            )
        if self.mode == "keep":
            missions = missions.filtered("technician_id")
        return missions.filtered(lambda m: self._is_movable(m) or self._is_in_the_way(m))

    def _count_tray(self):
        return self.env["field.mission"].search_count(
            [
                *self._get_scope_domain(),
                ("technician_id", "=", False),
                ("state", "in", ["draft", "to_reschedule"]),
            ]
        )

    def _is_movable(self, mission):
        """Whether the optimiser may give a mission another time (in ``free``, technician)."""
        if self.mission_ids and mission not in self.mission_ids._origin:
            return False
        if mission.is_locked or (mission.published and not self.move_published):
            return False
        if mission.state == "to_reschedule":
            # Only once a new day was promised: the old plan is what failed.
            promised = mission.promised_date
            return bool(promised) and (not mission.planned_date or promised > mission.planned_date)
        return mission.state in ("draft", "planned")

    @staticmethod
    def _is_in_the_way(mission):
        return bool(mission.planned_start and mission.technician_id and mission._is_driven_to())

    # ------------------------------------------------------------------ the problem

    def _build_problem(self):
        """Return ``(builder, snapshot)`` of the missions of the period as they are now.

        :raises UserError: nothing to order, or no technician
        """
        self.ensure_one()
        missions = self._find_missions()
        if not missions.filtered(self._is_movable):
            raise UserError(
                self.env._(
                    "No mission to order in this period. Missions need a day and, unless"
                    " technicians are to be chosen, a technician; published and fixed ones stay."
                )
            )
        builder = ProblemBuilder(self.company_id, self.date_from, self.date_to)
        builder.load_days(missions.technician_id | missions.helper_ids)
        builder.add_visits(missions)
        pairs = self._lock_visits(builder, missions)
        if self.mode != "keep":
            pairs += self._open_days()
        builder.add_shifts(pairs)
        self._add_helpers(builder, missions)
        self._add_plan(builder, missions)
        return builder, self._take_snapshot(builder, missions)

    def _lock_visits(self, builder, missions):
        """Bind each visit to what is decided about it; return the days that are needed."""
        pairs = []
        for mission in missions:
            visit = builder.visits[visit_key(mission.id)]
            person, day = mission.technician_id, mission.mission_date
            movable = self._is_movable(mission)
            if not movable:
                visit.update(fixed=builder.seconds(mission.planned_start), windows=[])
                day = builder.shift_day(person, mission.planned_start)
            elif visit["windows"] and person:
                day = builder.shift_day(person, builder.moment(visit["windows"][0][0]), day)
            if (person.id, day) not in builder.days and person and self.mode != "free":
                # The night before the period: not this run's day.
                builder.visits.pop(visit["id"])
                continue
            if movable and (self.mode == "free" or not person):
                visit["day"] = f"{mission.mission_date:%Y-%m-%d}" if mission.promised_date else None
                if self.respect_zones and mission.zone_id:
                    visit["zone"] = str(mission.zone_id.id)
            else:
                visit["shift"] = shift_key(person.id, day)
            if person:
                pairs.append((person, day))
        return pairs

    def _open_days(self):
        people = self.technician_ids or self.env["hr.employee"].search(
            [("is_field_technician", "=", True), ("company_id", "=", self.company_id.id)]
        )
        count = (self.date_to - self.date_from).days + 1
        if not people:
            raise UserError(self.env._("No employee is a field technician in this company."))
        return [
            (person, self.date_from + timedelta(days=number))
            for person in people
            for number in range(count)
        ]

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
        for mission in helped:
            for helper in mission.helper_ids:
                key = shift_key(helper.id, mission.mission_date)
                if key in builder.shifts:
                    builder.add_help(mission, helper, key)

    def _add_plan(self, builder, missions):
        """The order before: by plan or promise; what has neither follows the row before it."""
        order, when = defaultdict(list), {}
        for rank, mission in enumerate(missions):
            name = visit_key(mission.id)
            if name not in builder.visits or not mission.technician_id:
                continue
            visit = builder.visits[name]
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

    @staticmethod
    def _fingerprint(mission):
        """What must not have changed between the question and the answer."""
        return [
            mission.plan_version,
            mission.state,
            str(mission.promised_start or ""),
            str(mission.promised_end or ""),
            mission.service_type_id.id,
        ]

    def _take_snapshot(self, builder, missions):
        return {
            "origin": builder.origin.isoformat(),
            "missions": {
                str(mission.id): {
                    "fingerprint": self._fingerprint(mission),
                    "movable": self._is_movable(mission),
                    "technician": mission.technician_id.id,
                    "start": str(mission.planned_start or ""),
                }
                for mission in missions
                if visit_key(mission.id) in builder.visits
            },
        }
