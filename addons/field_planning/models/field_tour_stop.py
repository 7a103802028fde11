from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from .problem_builder import visit_key
from .reason_text import render_reason


class FieldTourStop(models.Model):
    """One person's part in one mission, at its place in their day."""

    _name = "field.tour.stop"
    _description = "Stop of a tour"
    _order = "tour_id, sequence, id"
    _rec_names_search = ["mission_id.name"]
    _check_company_auto = True

    tour_id = fields.Many2one(
        "field.tour", required=True, index=True, ondelete="cascade", check_company=True
    )
    mission_id = fields.Many2one(
        "field.mission", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        related="tour_id.company_id", store=True, precompute=True, index=True
    )
    date = fields.Date(related="tour_id.date", store=True, precompute=True)
    employee_id = fields.Many2one(
        related="tour_id.technician_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        string="Person",
    )
    role = fields.Selection(
        [("responsible", "Responsible"), ("helper", "Helper")],
        compute="_compute_role",
        store=True,
        precompute=True,
    )
    sequence = fields.Integer(default=10)
    planned_start = fields.Datetime(string="Start", readonly=True)
    planned_end = fields.Datetime(string="End", readonly=True)
    planned_arrival = fields.Datetime(string="Arrival", readonly=True)
    travel_minutes = fields.Integer(string="Travel before (min)", readonly=True)
    travel_km = fields.Float(string="Travel before (km)", digits=(10, 1), readonly=True)
    waiting_minutes = fields.Integer(string="Waiting (min)", readonly=True)
    set_aside = fields.Boolean(
        readonly=True,
        help="Belongs to this day, but can't be kept beside the rest: nobody drives there until a"
        " planner decides.",
    )
    conflict_data = fields.Json(readonly=True)
    conflict = fields.Boolean(compute="_compute_conflict", store=True, precompute=True)
    conflict_reason = fields.Text(compute="_compute_conflict_reason", string="Conflict reason")

    # What the list of a tour shows of its missions.
    site_id = fields.Many2one(related="mission_id.site_id")
    partner_id = fields.Many2one(related="mission_id.partner_id")
    service_type_id = fields.Many2one(related="mission_id.service_type_id")
    state = fields.Selection(related="mission_id.state", string="State")
    published = fields.Boolean(related="mission_id.published", string="Published")
    promised_slot = fields.Char(compute="_compute_promised_slot", string="Promised")
    planned_duration = fields.Float(related="mission_id.planned_duration")
    is_locked = fields.Boolean(related="mission_id.is_locked")
    city = fields.Char(related="site_id.city")

    _tour_mission_unique = models.Constraint(
        "unique(tour_id, mission_id)", "A mission is once in a tour."
    )

    @api.depends("tour_id.technician_id", "mission_id.technician_id")
    def _compute_role(self):
        for stop in self:
            own = stop.tour_id.technician_id == stop.mission_id.technician_id
            stop.role = "responsible" if own else "helper"

    @api.depends("mission_id.promised_kind", "mission_id.promised_start", "mission_id.promised_end")
    @api.depends_context("lang")
    def _compute_promised_slot(self):
        for stop in self:
            stop.promised_slot = stop.mission_id._get_promise_slot()

    @api.depends("conflict_data")
    def _compute_conflict(self):
        for stop in self:
            stop.conflict = bool(stop.conflict_data)

    @api.depends("conflict_data")
    @api.depends_context("lang")
    def _compute_conflict_reason(self):
        # Read together, or each stop would fetch its own tour and technician.
        self.tour_id.technician_id.sudo().resource_id.mapped("tz")
        for stop in self:
            stop.conflict_reason = self._render_reasons(
                stop.conflict_data, stop.tour_id.technician_id.sudo()
            )

    @api.depends("mission_id.name", "tour_id.display_name")
    def _compute_display_name(self):
        for stop in self:
            stop.display_name = f"{stop.tour_id.display_name} · {stop.mission_id.name}"

    @api.model
    def _render_reasons(self, reasons, employee):
        """Return stored reasons as text, one a line, in the user's language.

        :param reasons: list of reasons or a false value
        :param employee: the technician whose local time is shown
        """
        tz = employee._get_field_tz() if employee else "Europe/Paris"
        return "\n".join(render_reason(self.env, reason, tz) for reason in reasons or ())

    # ------------------------------------------------------------------ order

    @api.model_create_multi
    def create(self, vals_list):
        """Create stops; the planned slot of their missions follows the tour."""
        stops = super().create(vals_list)
        if self.env.context.get("field_tour_sync", True):
            stops._refuse_strangers()
            stops.tour_id._refresh(retime=True)
        return stops

    def write(self, vals):
        """A stop dragged to another place times its tour again."""
        self.check_access("write")
        if "mission_id" in vals or "tour_id" in vals:
            raise UserError(
                self.env._("A stop is not moved by hand: change the technician or the day.")
            )
        result = super().write(vals)
        if "sequence" in vals and self.env.context.get("field_tour_sync", True):
            self.tour_id._refresh(retime=True)
        return result

    def web_resequence(self, specification, field_name="sequence", offset=0):
        """Drag in a list: time the tours once, after all the numbers are written."""
        plain = self.with_context(field_tour_sync=False)
        result = super(FieldTourStop, plain).web_resequence(specification, field_name, offset)
        if field_name == "sequence":
            self.tour_id._refresh(retime=True)
        return result

    def _reuse_for(self, wanted):
        """Move stops of missions that left their tours to the tours they go to, make the rest.

        A stop that moves keeps its row: one update instead of a deletion and an insertion.

        :param wanted: list of ``(mission, tour)`` that need a stop
        :return: the stops of ``self`` that nobody needs any more
        """
        free = defaultdict(list)
        for stop in self.sorted(lambda stop: stop.role == "responsible"):
            free[stop.mission_id].append(stop)
        moved, new = defaultdict(self.browse), []
        for mission, tour in sorted(
            wanted, key=lambda pair: pair[0].technician_id != pair[1].technician_id
        ):
            if free[mission]:
                moved[tour] |= free[mission].pop()
            else:
                new.append({"tour_id": tour.id, "mission_id": mission.id, "sequence": 1000})
        for tour, stops in moved.items():
            stops._write_moved(tour)
        self.with_context(field_tour_sync=False).create(new)
        return self.browse().union(*(stop for stops in free.values() for stop in stops))

    def _write_moved(self, tour):
        """Write the tour that stops go to, past the guard of ``write``."""
        return super().write(  # pylint: disable=super-method-mismatch
            {"tour_id": tour.id, "sequence": 1000, "set_aside": False, "conflict_data": False}
        )

    def _refuse_strangers(self):
        for stop in self:
            mission, person = stop.mission_id, stop.tour_id.technician_id
            if person not in mission.technician_id | mission.helper_ids:
                raise UserError(
                    self.env._(
                        "%(who)s is not sent to %(mission)s: change its technician.",
                        who=person.sudo().name,
                        mission=mission.display_name,
                    )
                )

    def _get_key(self):
        """Id of one stop's visit in a problem."""
        self.ensure_one()
        return visit_key(
            self.mission_id.id, self.tour_id.technician_id.id if self.role == "helper" else None
        )

    def _keeps_time(self, retime):
        """Whether this stop's mission keeps its planned start when the tour is timed."""
        self.ensure_one()
        mission = self.mission_id
        if not mission.planned_start:
            return False
        moves = mission.state in ("draft", "planned") and not mission.is_locked
        return not (retime and moves and self.role == "responsible")

    def _get_sort_time(self):
        """When the stop is due: its mission's plan, else what was promised."""
        self.ensure_one()
        mission = self.mission_id
        return mission.planned_start or mission._get_promise_windows()[mission.id][0]

    def _still_waits(self):
        """Whether a mission set aside still belongs to this day and person."""
        self.ensure_one()
        mission = self.mission_id
        return (
            mission.state in ("draft", "to_reschedule")
            and mission.mission_date == self.date
            and mission.technician_id in (self.employee_id, self.employee_id.browse())
        )

    def _is_left_behind(self):
        """Whether the mission of one stop has gone to somebody else or to another day."""
        self.ensure_one()
        mission = self.mission_id
        if self.employee_id not in mission.technician_id | mission.helper_ids:
            return True
        return self.role == "responsible" and mission.planned_date != self.date

    def _write_aside(self, reasons):
        """Store why one stop is set aside; it has no times."""
        mission = self.mission_id
        promised = mission.promised_kind in ("exact", "window") and mission.promised_start
        values = {
            "planned_arrival": False,
            "planned_start": promised or False,
            "planned_end": False,
            "travel_minutes": 0,
            "travel_km": 0.0,
            "waiting_minutes": 0,
            "conflict_data": reasons or False,
        }
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)

    def _write_timed(self, builder, item, reasons):
        """Store the times of one stop."""
        values = {**self._prepare_times(builder, item), "conflict_data": reasons or False}
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)

    @api.model
    def _prepare_times(self, builder, item):
        """Return the values of a stop as timed on its day's way."""
        return {
            "planned_arrival": builder.moment(item["arrival"]),
            "planned_start": builder.moment(item["start"]),
            "planned_end": builder.moment(item["end"]),
            "travel_minutes": round(item["travel"] / 60),
            "travel_km": item["metres"] / 1000,
            "waiting_minutes": round(item["waiting"] / 60),
        }

    # ------------------------------------------------------------------ conflicts

    def action_plan_anyway(self):
        """Plan missions that were set aside at their promised time, conflict or not.

        The tour is judged again: what breaks stays named on its stops.

        :raises UserError: a mission without any time to plan it at
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        aside = self.filtered("set_aside")
        values = {}
        for stop in aside.filtered(lambda stop: stop.role == "responsible"):
            start = stop._get_forced_start()
            values[stop.mission_id.id] = {
                "planned_start": start, "technician_id": stop.employee_id.id
            }  # fmt: skip
        aside.write({"set_aside": False, "conflict_data": False})
        missions = self.env["field.mission"].browse(values)
        missions.with_context(field_tour_sync=False)._write_each(values)
        missions.filtered(lambda m: m.state in ("draft", "to_reschedule")).with_context(
            field_tour_sync=False
        ).action_plan()
        aside.tour_id._sort_by_time()
        aside.tour_id._refresh()
        return True

    def _get_forced_start(self):
        """The promised time, else the end of the tour, else the start of the day."""
        self.ensure_one()
        mission = self.mission_id
        if mission.promised_kind == "exact" and mission.promised_start:
            return mission.promised_start
        start = mission._get_promise_windows()[mission.id][0]
        if start and mission.promised_kind != "day":
            return start
        ends = [stop.planned_end for stop in self.tour_id.stop_ids if stop.planned_end]
        if ends:
            return max(ends)
        work = self.tour_id.technician_id._get_field_days(self.date, self.date)
        day = work[self.tour_id.technician_id.id, self.date]
        if day.intervals:
            return day.intervals[0][0]
        if start:
            return start
        raise UserError(
            self.env._("%s has no time at which it could be planned.", mission.display_name)
        )

    def action_open_mission(self):
        """Open the mission of one stop.

        :return: action of its form
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }
