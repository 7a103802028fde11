import json
import logging
import os
import secrets
import subprocess
import threading
from collections import defaultdict
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.sql_db import connection_info_for

from ..optimizer import ProblemError, evaluate, runner
from ..optimizer.solver import REFINE_SECONDS
from .problem_builder import ProblemBuilder, mission_of

_logger = logging.getLogger(__name__)

# A run whose process shows no life for so long is started once more, then given up.
SILENCE = timedelta(seconds=60)
ATTEMPTS = 2


class FieldOptimizationRun(models.Model):
    """The solver's process, and its answer turned into a proposal."""

    _inherit = "field.optimization"

    # ------------------------------------------------------------------ running

    def action_run(self):
        """Start the optimiser in a process of its own; the form shows its progress.

        :raises UserError: nothing to order, or another run of the company is at work
        :raises AccessError: the user is no planner
        """
        self._start()
        run = self.sudo()
        self.env.cr.postcommit.add(run._launch_after_commit())
        self.env.ref("field_planning.ir_cron_field_optimization").sudo()._trigger(
            fields.Datetime.now() + SILENCE
        )
        return True

    def _start(self):
        """Take the snapshot and mark the run as running."""
        self.ensure_one()
        self.check_access("write")
        if self.state not in ("draft", "failed", "stale", "rejected"):
            raise UserError(self.env._("This optimisation has been run. Make another one."))
        builder, snapshot = self._build_problem()
        company = self.company_id
        # A run that ended in this very transaction must be out of the unique index first.
        self.flush_model(["state", "company_id"])
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
                    "refine": REFINE_SECONDS if self.long_search else None,
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
                "without_router": self._is_without_router(),
                "stale_text": False,
            }
        )
        # The unique index speaks now, not at the end of the request.
        self.flush_recordset(["state"])

    def _is_without_router(self):
        """Whether the travel just gathered had to do without the router that the company chose."""
        company = self.company_id.sudo()
        return company.field_travel_provider == "osrm" and bool(company.field_travel_failure)

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
            try:
                process = subprocess.Popen(
                    runner.command("worker"),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError:
                # The cron finds the silent run, tries again and then gives it up.
                _logger.exception("The optimiser's process could not be started.")
                return
            # Nobody waits for it, but somebody must bury it.
            threading.Thread(target=process.wait, daemon=True).start()

        return launch

    def _run_now(self):
        """Run and collect in one go, for the demo and tests. The solver has its own process still.

        Blocks until the solver is done: never call it from a request of a user.
        """
        self._start()
        run = self.sudo()
        options = run.options or {}
        try:
            result = runner.run(run.problem, **options)
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
                "backend": result["backend"] + (" + pyvrp" if result["refined"] else ""),
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
