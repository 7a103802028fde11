from collections import defaultdict
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..optimizer import check
from .problem_builder import ProblemBuilder, shift_key

# States in which the stop's slot is history: nothing moves it any more.
STARTED = ("in_progress", "done")
OPEN = ("draft", "planned", "in_progress")
# Reasons that say enough about a helper; any other one means: not free at that time.
HELPER_REASONS = ("fits_now", "on_leave", "day_off", "no_position")


class FieldTour(models.Model):
    _name = "field.tour"
    _description = "Tour"
    _order = "date, technician_id, id"
    _check_company_auto = True
    _rec_names_search = ["technician_id.name"]

    technician_id = fields.Many2one(
        "hr.employee",
        required=True,
        index=True,
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
    )
    date = fields.Date(string="Day", required=True, index=True, default=fields.Date.context_today)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    user_id = fields.Many2one(
        "res.users",
        compute="_compute_user_id",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        string="User of the tour",
    )
    team_id = fields.Many2one(related="technician_id.field_team_id", store=True)
    stop_ids = fields.One2many("field.tour.stop", "tour_id", string="Stops")
    date_published = fields.Datetime(string="Published on", readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published")],
        compute="_compute_state",
        store=True,
        help="A technician sees a tour, and its missions, once it is published.",
    )
    is_done = fields.Boolean(
        string="Finished", compute="_compute_progress", search="_search_is_done"
    )
    progress = fields.Char(compute="_compute_progress", help="Missions done / missions of the day.")
    unpublished_count = fields.Integer(compute="_compute_progress", string="To publish")

    departure = fields.Datetime(readonly=True, help="Leaves the start point.")
    back = fields.Datetime(string="Return", readonly=True, help="Is back at the end point.")
    lunch_start = fields.Datetime(string="Lunch from", readonly=True)
    lunch_end = fields.Datetime(string="Lunch until", readonly=True)
    travel_km = fields.Float(string="Kilometres", digits=(10, 1), readonly=True)
    travel_minutes = fields.Integer(string="Travel (min)", readonly=True)
    service_minutes = fields.Integer(string="On site (min)", readonly=True)
    waiting_minutes = fields.Integer(string="Waiting (min)", readonly=True)
    available_minutes = fields.Integer(
        string="Available (min)", readonly=True, help="Working hours minus absences and lunch."
    )
    back_minutes = fields.Integer(string="Way back (min)", readonly=True)
    back_km = fields.Float(string="Way back (km)", digits=(10, 1), readonly=True)
    load = fields.Float(
        string="Load (%)",
        compute="_compute_load",
        store=True,
        aggregator="avg",
        help="Travel and work on site in percent of the time available.",
    )
    stop_count = fields.Integer(compute="_compute_counts", store=True, string="Visits")
    conflict_count = fields.Integer(compute="_compute_counts", store=True, string="Conflicts")
    conflict_data = fields.Json(readonly=True, copy=False)
    conflict_reason = fields.Text(string="What the day breaks", compute="_compute_conflict_reason")

    _technician_date_unique = models.Constraint(
        "unique(technician_id, date, company_id)", "This technician already has a tour that day."
    )

    # ------------------------------------------------------------------ computed fields

    @api.depends("technician_id.user_id")
    def _compute_user_id(self):
        for tour in self:
            tour.user_id = tour.technician_id.user_id

    @api.depends("date_published")
    def _compute_state(self):
        for tour in self:
            tour.state = "published" if tour.date_published else "draft"

    @api.depends("technician_id.name", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for tour in self:
            day = tour.date and self.env["ir.qweb.field.date"].value_to_html(tour.date, {})
            tour.display_name = f"{tour.technician_id.sudo().name or ''} · {day or ''}"

    @api.depends("travel_minutes", "service_minutes", "available_minutes")
    def _compute_load(self):
        for tour in self:
            busy = tour.travel_minutes + tour.service_minutes
            tour.load = 100 * busy / tour.available_minutes if tour.available_minutes else 0.0

    @api.depends("stop_ids", "stop_ids.conflict", "conflict_data")
    def _compute_counts(self):
        for tour in self:
            tour.stop_count = len(tour.stop_ids)
            conflicts = tour.stop_ids.filtered("conflict")
            tour.conflict_count = len(conflicts) + len(tour.conflict_data or ())

    # Not stored: a mission that ends must not have to write its tour.
    @api.depends("stop_ids.mission_id.state", "stop_ids.mission_id.published", "stop_ids.set_aside")
    def _compute_progress(self):
        self.stop_ids.mission_id.sudo().fetch(["state", "published"])
        for tour in self:
            missions = tour.stop_ids.filtered(lambda stop: not stop.set_aside).mission_id.sudo()
            done = missions.filtered(lambda mission: mission.state == "done")
            live = missions.filtered(lambda mission: mission.state in OPEN)
            tour.progress = f"{len(done)}/{len(missions)}"
            tour.is_done = bool(missions) and not live
            hidden = live.filtered(lambda m: m.state != "draft" and not m.published)
            tour.unpublished_count = len(hidden)

    def _search_is_done(self, operator, value):
        if operator != "in":
            return NotImplemented
        live = Domain("stop_ids", "any", [("mission_id.state", "in", OPEN)])
        done = Domain("stop_ids", "!=", False) & ~live
        return done if True in value else ~done

    @api.depends("conflict_data")
    @api.depends_context("lang")
    def _compute_conflict_reason(self):
        for tour in self:
            tour.conflict_reason = self.env["field.tour.stop"]._render_reasons(
                tour.conflict_data, tour.technician_id.sudo()
            )

    # ------------------------------------------------------------------ order

    def write(self, vals):
        """Stops dragged in the form time the tour again, once for all of them.

        :raises UserError: the technician or the day of a tour with stops is changed
        """
        self.check_access("write")
        moved = {"technician_id", "date", "company_id"}.intersection(vals)
        if moved and any(tour.stop_ids for tour in self):
            raise UserError(
                self.env._("Move the missions instead: a tour stays one technician's day.")
            )
        if "stop_ids" not in vals:
            return super().write(vals)
        result = super(FieldTour, self.with_context(field_tour_sync=False)).write(vals)
        self._refresh(retime=True)
        return result

    # ------------------------------------------------------------------ publication

    def action_publish(self):
        """Publish the tours: their technicians see them and their planned missions.

        :raises UserError: a tour without any planned mission
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        for tour in self:
            if not tour.stop_ids.filtered(lambda stop: not stop.set_aside):
                raise UserError(
                    self.env._("%s holds no planned mission to publish.", tour.display_name)
                )
        missions = self.stop_ids.filtered(lambda stop: not stop.set_aside).mission_id
        missions.filtered(
            lambda mission: mission.state in ("planned", *STARTED) and not mission.published
        ).action_publish()
        self._mark_published()
        return True

    def _mark_published(self):
        new = self.filtered(lambda tour: not tour.date_published)
        if new:
            new.write({"date_published": fields.Datetime.now()})

    def action_unpublish(self):
        """Hide the tours and their missions that have not started from their technicians.

        :raises UserError: one of the missions has started
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        missions = self.stop_ids.mission_id.filtered("published")
        missions.action_unpublish()
        self.write({"date_published": False})
        return True

    # ------------------------------------------------------------------ buttons

    def action_reoptimize(self):
        """Open a run of the optimiser for these technicians' days.

        :return: action of the run's form
        """
        self.check_access("write")
        if not self:
            raise UserError(self.env._("Choose the tours to optimise."))
        run = self.env["field.optimization"].create(
            {
                "company_id": self.company_id[:1].id,
                "date_from": min(self.mapped("date")),
                "date_to": max(self.mapped("date")),
                "technician_ids": [fields.Command.set(self.technician_id.ids)],
            }
        )
        return run._get_form_action()

    def action_retime(self):
        """Compute the times of the tours again in their present order, and what they break.

        Missions that have started or are fixed keep their time.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        self._refresh(retime=True)
        return True

    def action_view_missions(self):
        """Open the missions of these tours.

        :return: action of the missions
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        action["domain"] = [("id", "in", self.stop_ids.mission_id.ids)]
        return action

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        for tour in self:
            if tour.state == "published" and tour.stop_ids:
                raise UserError(
                    self.env._(
                        "%s is published: take it back from its technician first.",
                        tour.display_name,
                    )
                )

    # ------------------------------------------------------------------ times

    def _get_or_create(self, pairs, company):
        """Return the tours of technicians' days, made where missing.

        :param pairs: ``[(employee_id, date)]``
        :param company: ``res.company``
        :return: ``{(employee_id, date): field.tour}``
        """
        wanted = list(dict.fromkeys(pairs))
        tours = self.search(
            [
                ("company_id", "=", company.id),
                ("technician_id", "in", list({employee for employee, _day in wanted})),
                ("date", "in", list({day for _employee, day in wanted})),
            ]
        )
        found = {(tour.technician_id.id, tour.date): tour for tour in tours}
        missing = [pair for pair in wanted if pair not in found]
        created = self.create(
            [
                {"technician_id": employee, "date": day, "company_id": company.id}
                for employee, day in missing
            ]
        )
        found.update(zip(missing, created, strict=True))
        return {pair: found[pair] for pair in wanted}

    def _refresh(self, retime=False):
        """Compute times, travel and conflicts of the tours in the order of their stops.

        :param retime: true = move the missions to the times found (those that have started, are
            fixed or are a helper's part stay); false = the missions keep their times
        """
        for company, tours in self.grouped("company_id").items():
            tours._refresh_company(company, retime)

    def _refresh_company(self, company, retime):
        builder = self._build_problem(company, retime)
        answer = check(builder.problem(by_shift=True))
        routes = {route["shift"]: route for route in answer["routes"]}
        broken = defaultdict(list)
        for item in answer["violations"]:
            broken[item.get("shift"), item.get("visit")].append(builder.dated(item["reason"]))
        for item in answer["aside"]:
            self._judge_set_aside(builder, item, broken)
        starts = {}
        for tour in self:
            key = shift_key(tour.technician_id.id, tour.date)
            tour._write_route(builder, routes.get(key), broken)
            for stop in tour.stop_ids:
                if stop.role == "responsible" and not stop.set_aside and stop.planned_start:
                    starts[stop.mission_id] = stop.planned_start
        if retime:
            self._move_missions(starts)

    def _judge_set_aside(self, builder, item, broken):
        """Note why a visit is set aside, and on the visits it clashes with that they do."""
        key, name = item["shift"], item["visit"]
        reason, visit = item["reason"] or {"code": "fits_now"}, builder.visits[name]
        if "#" in name and visit["fixed"] is None:
            reason = {"code": "leader_unplanned", "other": visit["name"]}
        elif "#" in name and reason["code"] not in HELPER_REASONS:
            reason = {"code": "with_leader", "other": visit["name"], "start_at": visit["fixed"]}
        broken[key, name].append(builder.dated(reason))
        for other in item["clashes"]:
            visit = builder.visits[other]
            first, last = visit["windows"][0] if visit["windows"] else [visit.get("fixed")] * 2
            kept = {"code": "clash_kept", "other": builder.visits[name]["name"]}
            if first is not None:
                kept.update(earliest_at=first, latest_at=last)
                broken[key, other].append(builder.dated(kept))

    def _build_problem(self, company, retime):
        """The present tours as a problem whose plan is their order."""
        builder = ProblemBuilder(company, min(self.mapped("date")), max(self.mapped("date")))
        builder.add_shifts([(tour.technician_id, tour.date) for tour in self])
        builder.add_visits(self.stop_ids.mission_id)
        for tour in self:
            key = shift_key(tour.technician_id.id, tour.date)
            builder.plan[key] = []
            for stop in tour.stop_ids.sorted(lambda stop: (stop.sequence, stop.id)):
                mission, name = stop.mission_id, stop._get_key()
                if stop.role == "helper":
                    builder.add_help(mission, tour.technician_id, key)
                    # The leader's tour may be none of these: the time is the mission's then.
                    builder.visits[name].pop("with")
                if stop.set_aside:
                    builder.visits[name]["shift"] = key
                    if stop.role == "helper" and mission.planned_start:
                        builder.visits[name]["fixed"] = builder.seconds(mission.planned_start)
                    continue
                if stop._keeps_time(retime):
                    sure = mission.is_locked or mission.state != "planned"
                    builder.visits[name]["fixed" if sure else "at"] = builder.seconds(
                        mission.planned_start
                    )
                builder.plan[key].append(name)
        planned = {name for order in builder.plan.values() for name in order}
        builder.visits = {
            name: visit
            for name, visit in builder.visits.items()
            # Where only the helper's tour is timed, the mission's own visit is elsewhere.
            if name in planned or visit.get("shift")
        }
        return builder

    def _write_route(self, builder, route, broken):
        """Store one timed route on the tour and its stops."""
        self.ensure_one()
        key = shift_key(self.technician_id.id, self.date)
        by_name = {stop._get_key(): stop for stop in self.stop_ids}
        for item in route["stops"] if route else ():
            by_name[item["visit"]]._write_timed(builder, item, broken.get((key, item["visit"])))
        for name, stop in by_name.items():
            if stop.set_aside:
                stop._write_aside(broken.get((key, name)))
        values = self._prepare_totals(builder, route)
        values["conflict_data"] = broken.get((key, None)) or False
        self._write_changed(values)

    def _prepare_totals(self, builder, route):
        """Return the values of one day's way as timed, of an empty day without a route."""
        self.ensure_one()
        lunch = route and route["lunch"]
        return {
            "departure": route and builder.moment(route["departure"]),
            "back": route and builder.moment(route["back"]),
            "lunch_start": lunch and builder.moment(lunch[0]),
            "lunch_end": lunch and builder.moment(lunch[1]),
            "travel_km": route["metres"] / 1000 if route else 0,
            "travel_minutes": round(route["travel"] / 60) if route else 0,
            "service_minutes": round(route["service"] / 60) if route else 0,
            "waiting_minutes": round(route["waiting"] / 60) if route else 0,
            "back_minutes": round(route["back_travel"] / 60) if route else 0,
            "back_km": route["back_metres"] / 1000 if route else 0,
            "available_minutes": builder.days[self.technician_id.id, self.date].seconds // 60,
        }

    def _write_changed(self, values):
        changed = {name: value for name, value in values.items() if self[name] != (value or False)}
        if changed:
            self.write(changed)

    def _move_missions(self, starts):
        """Write new starts on missions, and re-judge the tours of their helpers."""
        values = {
            mission.id: {"planned_start": start}
            for mission, start in starts.items()
            if mission.planned_start != start
            and mission.state in ("draft", "planned", "to_reschedule")
        }
        missions = self.env["field.mission"].browse(values)
        missions.with_context(field_tour_sync=False)._write_each(values)
        helped = missions.stop_ids.tour_id - self
        if helped:
            helped._refresh()

    def _sort_by_time(self):
        """Number the stops of the tours by the planned start of their missions."""
        for tour in self:
            stops = tour.stop_ids.sorted(
                lambda stop: (
                    stop._get_sort_time() or datetime.max,
                    stop.sequence,
                    stop.id,
                )
            )
            for number, stop in enumerate(stops, start=1):
                if stop.sequence != number:
                    stop.with_context(field_tour_sync=False).sequence = number
