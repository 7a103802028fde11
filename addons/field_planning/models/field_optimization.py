import json
import logging
import os
import secrets
import subprocess
from collections import defaultdict
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.sql_db import connection_info_for

from ..optimizer import ProblemError, evaluate, runner
from .problem_builder import ProblemBuilder, mission_of, shift_key, visit_key

_logger = logging.getLogger(__name__)

# A run whose process shows no life for so long is started once more, then given up.
SILENCE = timedelta(seconds=60)
ATTEMPTS = 2
# Problems hold home addresses and tokens give the right to write a result: nobody reads them.
SECRET = "base.group_system"
# Started processes, kept so that the finished ones can be reaped.
_children = []


class FieldOptimization(models.Model):
    """One run of the optimiser: what was asked, its proposal, and what became of it."""

    _name = "field.optimization"
    _description = "Optimisation of tours"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    user_id = fields.Many2one(
        "res.users", string="Asked by", default=lambda self: self.env.user, readonly=True
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._default_week()[0]
    )
    date_to = fields.Date(string="To", required=True, default=lambda self: self._default_week()[1])
    technician_ids = fields.Many2many(
        "hr.employee",
        string="Technicians",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
        help="Leave empty for all technicians.",
    )
    mission_ids = fields.Many2many(
        "field.mission",
        string="Only these missions",
        check_company=True,
        help="Leave empty for all missions of the period. Others of the same days stay in place.",
    )
    mode = fields.Selection(
        [
            ("keep", "Keep technicians and days: find the best order"),
            ("fill", "Keep them, and place missions without technician too"),
            ("free", "Choose technicians too; promised days are kept"),
        ],
        default="keep",
        required=True,
    )
    move_published = fields.Boolean(
        string="Also move published missions",
        help="Technicians may have seen their slots. Fixed and started missions never move.",
    )
    respect_zones = fields.Boolean(
        string="Stay in zones", help="Technicians with zones are only sent there."
    )
    state = fields.Selection(
        [
            ("draft", "To run"),
            ("running", "Running"),
            ("proposed", "Proposal"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
            ("stale", "Out of date"),
            ("failed", "Failed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    scope_count = fields.Integer(string="Missions to order", compute="_compute_scope")
    tray_count = fields.Integer(string="Missions without technician", compute="_compute_scope")

    problem = fields.Json(readonly=True, copy=False, groups=SECRET)
    options = fields.Json(readonly=True, copy=False, groups=SECRET)
    snapshot = fields.Json(readonly=True, copy=False, groups=SECRET)
    result = fields.Json(readonly=True, copy=False, groups=SECRET)
    undo_data = fields.Json(readonly=True, copy=False, groups=SECRET)
    token = fields.Char(readonly=True, copy=False, groups=SECRET)
    heartbeat = fields.Datetime(readonly=True, copy=False)
    attempts = fields.Integer(readonly=True, copy=False)
    progress = fields.Float(readonly=True, copy=False)
    error = fields.Text(readonly=True, copy=False)
    backend = fields.Char(string="Solved by", readonly=True, copy=False)
    notice = fields.Selection(
        [("no_vroom", "VROOM is not installed"), ("slow", "The optimiser ran out of time")],
        readonly=True,
        copy=False,
    )
    solve_seconds = fields.Float(string="Seconds", digits=(10, 2), readonly=True, copy=False)

    tour_ids = fields.One2many("field.optimization.tour", "run_id", string="Tours", copy=False)
    stop_ids = fields.One2many("field.optimization.stop", "run_id", string="Visits", copy=False)
    unplaced_ids = fields.One2many(
        "field.optimization.stop",
        "run_id",
        string="Not placed",
        domain=[("placed", "=", False)],
        copy=False,
    )
    visit_count = fields.Integer(string="Visits placed", readonly=True, copy=False)
    unplaced_count = fields.Integer(string="Conflicts", readonly=True, copy=False)
    km_before = fields.Float(digits=(10, 1), readonly=True, copy=False)
    km_after = fields.Float(digits=(10, 1), readonly=True, copy=False)
    minutes_before = fields.Integer(string="Travel before (min)", readonly=True, copy=False)
    minutes_after = fields.Integer(string="Travel after (min)", readonly=True, copy=False)
    visits_before = fields.Integer(string="Visits compared", readonly=True, copy=False)
    late_before = fields.Integer(
        string="Broken before",
        readonly=True,
        copy=False,
        help="Visits that would have missed their promise or the hours in the former order.",
    )
    km_saved = fields.Float(digits=(10, 1), compute="_compute_saved")
    minutes_saved = fields.Integer(string="Travel saved (min)", compute="_compute_saved")
    stale_text = fields.Text(string="Changed meanwhile", readonly=True, copy=False)
    can_undo = fields.Boolean(compute="_compute_can_undo")

    _one_running = models.UniqueIndex(
        "(company_id) WHERE state = 'running'",
        "Another optimisation is running for this company. Wait for it or cancel it.",
    )
    _dates_ordered = models.Constraint(
        "CHECK(date_to >= date_from)", "The period ends before it starts."
    )

    # ------------------------------------------------------------------ computed fields

    @api.model
    def _default_week(self):
        """The first week from today on with missions to plan, else the coming one."""
        today = fields.Date.context_today(self)
        first = self.env["field.mission"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("state", "=", "draft"),
                ("mission_date", ">=", today),
            ],
            order="mission_date",
            limit=1,
        )
        day = first.mission_date or today + timedelta(days=7)
        monday = day - timedelta(days=day.weekday())
        return max(monday, today), monday + timedelta(days=6)

    @api.depends("date_from", "date_to", "technician_ids", "mission_ids", "mode", "company_id",
                 "move_published", "state")  # fmt: skip
    def _compute_scope(self):
        for run in self:
            run.scope_count = run.tray_count = 0
            if run.state == "draft" and run.date_from and run.date_to:
                missions = run._find_missions()
                run.scope_count = len(missions.filtered(run._is_movable))
                run.tray_count = run._count_tray()

    @api.depends("km_before", "km_after", "minutes_before", "minutes_after")
    def _compute_saved(self):
        for run in self:
            run.km_saved = run.km_before - run.km_after
            run.minutes_saved = run.minutes_before - run.minutes_after

    @api.depends("tour_ids.state")
    def _compute_can_undo(self):
        for run in self:
            run.can_undo = any(line.state == "accepted" for line in run.tour_ids)

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        def shown(day):
            return self.env["ir.qweb.field.date"].value_to_html(day, {}) if day else ""

        for run in self:
            run.display_name = self.env._(
                "Optimisation %(first)s – %(last)s",
                first=shown(run.date_from),
                last=shown(run.date_to),
            )

    @api.model
    def _open_for(self, missions):
        """Make a run for given missions and open it.

        :param missions: ``field.mission`` with a day
        :return: action of the run's form
        :raises UserError: none of them has a day
        """
        days = [day for day in missions.mapped("mission_date") if day]
        if not days:
            raise UserError(
                self.env._("Give these missions a day first: promise one, or plan them.")
            )
        run = self.create(
            {
                "company_id": missions.company_id[:1].id,
                "date_from": min(days),
                "date_to": max(days),
                "mission_ids": [fields.Command.set(missions.ids)],
                "mode": "keep" if all(missions.mapped("technician_id")) else "fill",
            }
        )
        return run._get_form_action()

    def _get_form_action(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_optimization_action"
        )
        return {**action, "res_id": self.id, "views": [(False, "form")]}

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

    # ------------------------------------------------------------------ running

    def action_run(self):
        """Start the optimiser in a process of its own; the form shows its progress.

        :return: action of the run's form
        :raises UserError: nothing to order, or another run of the company is at work
        :raises AccessError: the user is no planner
        """
        self._start()
        run = self.sudo()
        self.env.cr.postcommit.add(run._launch_after_commit())
        self.env.ref("field_planning.ir_cron_field_optimization").sudo()._trigger(
            fields.Datetime.now() + SILENCE
        )
        return self._get_form_action()

    def _start(self):
        """Take the snapshot and mark the run as running."""
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("draft", "failed", "stale", "rejected"):
            raise UserError(self.env._("This optimisation has been run. Make another one."))
        builder, snapshot = self._build_problem()
        company = self.company_id
        self.sudo().tour_ids.unlink()
        self.sudo().stop_ids.unlink()
        self.sudo().write(
            {
                "state": "running",
                "user_id": self.env.uid,
                "problem": builder.problem(),
                "options": {
                    "backend": None if company.field_solver == "auto" else company.field_solver,
                    "seconds": company.field_solver_seconds,
                },
                "snapshot": snapshot,
                "result": False,
                "undo_data": False,
                "token": secrets.token_urlsafe(24),
                "heartbeat": fields.Datetime.now(),
                "attempts": 1,
                "progress": 0,
                "error": False,
                "notice": False,
                "stale_text": False,
            }
        )
        # The unique index speaks now, not at the end of the request.
        self.flush_recordset(["state"])

    def _launch_after_commit(self):
        """Return a function that starts the process; it holds nothing of this transaction."""
        database, run_id, token = self.env.cr.dbname, self.id, self.sudo().token

        def launch():
            _name, info = connection_info_for(database)
            dsn = info.get("dsn") or psycopg2.extensions.make_dsn(**info)
            environment = {
                **os.environ,
                "FIELD_RUN_DSN": dsn,
                "FIELD_RUN_ID": str(run_id),
                "FIELD_RUN_TOKEN": token,
            }
            _children[:] = [child for child in _children if child.poll() is None]
            try:
                _children.append(
                    subprocess.Popen(
                        runner.command("worker"),
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                        start_new_session=True,
                    )
                )
            except OSError:
                # The cron finds the silent run, tries again and then gives it up.
                _logger.exception("The optimiser's process could not be started.")

        return launch

    def _run_now(self):
        """Run and collect in one go, for the demo and tests. The solver has its own process still.

        Blocks until the solver is done: never call it from a request of a user.
        """
        self._start()
        run = self.sudo()
        options = run.options or {}
        try:
            result = runner.run(
                run.problem, seconds=options.get("seconds"), backend=options.get("backend")
            )
        except runner.SolverError as error:
            run.error = str(error)
        else:
            # As the other process would have stored it.
            run.result = json.loads(json.dumps(result))
        run._collect()
        return self

    def action_cancel(self):
        """Stop running runs; their processes end at their next sign of life.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        self.sudo().filtered(lambda run: run.state == "running").write(
            {"state": "draft", "token": False, "problem": False, "progress": 0}
        )
        return True

    def poll(self):
        """Say how far one run is, and take its result in when it is there.

        :return: ``{"state": str, "progress": percent}``
        :raises AccessError: the user may not read the run
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners optimise tours."))
        run = self.sudo()
        if run.state == "running" and (run.result or run.error):
            run._collect()
        return {"state": run.state, "progress": run.progress}

    @api.model
    def _cron_collect(self):
        """Take in results that nobody waits for, and take over runs that went silent."""
        running = self.search([("state", "=", "running")])
        for run in running:
            if run.result or run.error:
                run._collect()
            elif run.heartbeat and run.heartbeat < fields.Datetime.now() - SILENCE:
                run._take_over()
        left = running.filtered(lambda run: run.state == "running")
        if left:
            self.env.ref("field_planning.ir_cron_field_optimization")._trigger(
                fields.Datetime.now() + SILENCE
            )

    def _take_over(self):
        """Start a silent run again under a new token, or give it up."""
        if self.attempts >= ATTEMPTS:
            self.write(
                {
                    "state": "failed",
                    "token": False,
                    "error": self.env._("The optimiser stopped without an answer."),
                }
            )
            return
        self.write(
            {
                "token": secrets.token_urlsafe(24),
                "attempts": self.attempts + 1,
                "heartbeat": fields.Datetime.now(),
            }
        )
        self.env.cr.postcommit.add(self._launch_after_commit())

    # ------------------------------------------------------------------ the proposal

    def _collect(self):
        """Turn a result into a proposal, if the independent evaluator has nothing to say.

        Called by the cron, or as sudo by whoever waits; missions changed since the snapshot are
        left out and named.
        """
        self.ensure_one()
        if not self.try_lock_for_update():
            return
        if self.state != "running":
            return
        problem, result = self.problem, self.result
        done = {"token": False, "problem": False, "result": False, "progress": 100}
        if self.error or not result:
            self.write({**done, "state": "failed"})
            return
        try:
            verdict = evaluate(problem, result)
        except (ProblemError, KeyError, TypeError) as error:
            verdict = {"violations": [{"code": str(error)}]}
        if verdict["violations"]:
            codes = ", ".join(sorted({item["code"] for item in verdict["violations"]}))
            self.write(
                {
                    **done,
                    "state": "failed",
                    "error": self.env._(
                        "The independent check refused the result: %s. Nothing was changed.", codes
                    ),
                }
            )
            return
        missions = self.env["field.mission"].browse(int(name) for name in self.snapshot["missions"])
        stale = self._find_stale(missions)
        self._make_lines(problem, result, stale)
        self.write(
            {
                **done,
                "state": "proposed" if self.stop_ids else "stale",
                "backend": result["backend"],
                "notice": result.get("notice") or False,
                "solve_seconds": result.get("seconds"),
                "stale_text": self._name_stale(stale),
                "visit_count": len(self.stop_ids.filtered("placed")),
                "unplaced_count": len(self.stop_ids.filtered(lambda stop: not stop.placed)),
                "visits_before": result["before"]["visits"],
                "late_before": result["before"]["late"],
                "km_before": result["before"]["metres"] / 1000,
                "km_after": sum(self.tour_ids.mapped("km_after")),
                "minutes_before": round(result["before"]["travel"] / 60),
                "minutes_after": round(result["after"]["travel"] / 60),
            }
        )

    def _find_stale(self, missions):
        """Missions changed since the snapshot, or gone."""
        known = self.snapshot["missions"]
        there = missions.exists()
        return (missions - there) | there.filtered(
            lambda m: self._fingerprint(m) != known[str(m.id)]["fingerprint"]
        )

    def _name_stale(self, missions):
        names = [mission.display_name for mission in missions.exists()]
        return "\n".join(names) or False

    def _make_lines(self, problem, result, stale):
        """Store the proposal: one line a technician's day, one a visit."""
        builder = ProblemBuilder(self.company_id, self.date_from, self.date_to)
        shifts = {shift["id"]: shift for shift in problem["shifts"]}
        unserved = defaultdict(list)
        for item in result["unserved"]:
            unserved[item["shift"]].append(item)
        kept = {item["visit"]: item["reason"] for item in result["clashes"]}
        routes = {route["shift"]: route for route in result["routes"]}
        keys = [key for key in shifts if key in routes or key in unserved]
        lines = self.env["field.optimization.tour"].create(
            [
                self._line_values(builder, shifts[key], routes.get(key), unserved[key])
                for key in keys
            ]
        )
        values = []
        gone = set(stale.ids)
        for key, line in zip(keys, lines, strict=True):
            stops = list(routes[key]["stops"]) if key in routes else []
            for item in sorted(unserved[key], key=lambda item: item["position"], reverse=True):
                stops.insert(item["position"], item)
            values += [
                self._stop_values(builder, line, number, item, kept)
                for number, item in enumerate(stops, start=1)
            ]
        values += [
            self._stop_values(builder, lines.browse(), number, item, kept)
            for number, item in enumerate(unserved[None], start=1)
        ]
        self.env["field.optimization.stop"].create(
            [vals for vals in values if vals["mission_id"] not in gone]
        )
        lines.filtered(lambda line: not line.stop_ids).unlink()

    def _line_values(self, builder, shift, route, unserved):
        before = (route or {}).get("before") or {"travel": 0, "metres": 0, "late": 0}
        return {
            "run_id": self.id,
            "technician_id": int(shift["technician"]),
            "date": shift["day"],
            "departure": route and builder.moment(route["departure"]),
            "back": route and builder.moment(route["back"]),
            "km_before": before["metres"] / 1000,
            "km_after": route["metres"] / 1000 if route else 0,
            "minutes_before": round(before["travel"] / 60),
            "minutes_after": round(route["travel"] / 60) if route else 0,
            "late_before": before["late"],
        }

    def _stop_values(self, builder, line, number, item, kept):
        mission_id = mission_of(item["visit"])
        before = self.snapshot["missions"].get(str(mission_id), {})
        placed = "start" in item
        reason = item.get("reason") or kept.get(item["visit"])
        return {
            "run_id": self.id,
            "line_id": line.id,
            "mission_id": mission_id,
            "role": "helper" if "#" in item["visit"] else "responsible",
            "sequence": number,
            "placed": placed,
            "planned_start": builder.moment(item["start"]) if placed else False,
            "planned_end": builder.moment(item["end"]) if placed else False,
            "travel_minutes": round(item["travel"] / 60) if placed else 0,
            "travel_km": item["metres"] / 1000 if placed else 0,
            "reason": builder.dated(reason) if reason else False,
            "movable": before.get("movable", False),
            "former_start": before.get("start") or False,
            "former_technician_id": before.get("technician") or False,
        }

    # ------------------------------------------------------------------ decisions

    def action_accept(self):
        """Accept all that is still proposed of one run.

        :raises UserError: nothing is proposed
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        lines = self.tour_ids.filtered(lambda line: line.state == "proposed")
        if self.state != "proposed" or not lines:
            raise UserError(self.env._("There is no proposal to accept."))
        return lines.action_accept()

    def action_reject(self):
        """Refuse all that is still proposed. Nothing changes.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        self.tour_ids.filtered(lambda line: line.state == "proposed").action_reject()
        return True

    def action_undo(self):
        """Take accepted tours back: missions get their former technician, slot and state again.

        Missions changed or published since stay, and are named.

        :return: a notification
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        lines = self.tour_ids.filtered(lambda line: line.state == "accepted")
        return lines._undo()

    @staticmethod
    def _remember(mission):
        """What undoing gives back to one mission."""
        return {
            "state": mission.state,
            "published": mission.published,
            "technician_id": mission.technician_id.id,
            "planned_start": str(mission.planned_start or ""),
        }

    def _restore(self, missions, undo):
        """Give missions back what they had; their tours follow."""
        drafts = missions.filtered(
            lambda m: (
                m.state == "planned" and undo[str(m.id)]["state"] in ("draft", "to_reschedule")
            )
        )
        drafts.with_context(field_tour_sync=False).action_unplan()
        values = {
            mission.id: {
                "technician_id": undo[str(mission.id)]["technician_id"],
                "planned_start": undo[str(mission.id)]["planned_start"] or False,
            }
            for mission in missions
        }
        missions.with_context(field_tour_sync=False)._write_each(values)
        missions._sync_tours()

    def _close_when_decided(self):
        """A run of which every tour is decided is accepted or rejected."""
        for run in self:
            states = set(run.tour_ids.mapped("state"))
            if "proposed" in states:
                state = "proposed"
            elif "accepted" in states:
                state = "accepted"
            else:
                state = "rejected" if states else run.state
            if run.state != state:
                run.state = state

    def action_view_tours(self):
        """Open the tours of the period and technicians of one run.

        :return: action of the tours
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_planning.field_tour_action")
        action["domain"] = [
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
            ("technician_id", "in", self.tour_ids.technician_id.ids),
        ]
        action["context"] = {}
        return action

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        if any(run.state == "running" for run in self):
            raise UserError(self.env._("Cancel the running optimisation first."))

    @api.autovacuum
    def _gc_old_runs(self):
        """Forget what was never accepted after three months."""
        old = self.search(
            [
                ("state", "in", ["draft", "rejected", "stale", "failed"]),
                ("write_date", "<", fields.Datetime.now() - timedelta(days=90)),
            ],
            limit=1000,
        )
        old.unlink()
        return len(old), len(old) == 1000
