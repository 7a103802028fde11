import json
import logging
import os
import secrets
import subprocess
import threading
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.sql_db import connection_info_for

from ..optimizer import runner

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
        if self.state not in ("draft", "failed", "stale", "rejected", "undone"):
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
                    "refine": self.refine_seconds if self.refine and self.can_refine else None,
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
        running = self.search([("state", "=", "running")], order="id")
        for run in running:
            run._tend()
        left = running.filtered(lambda run: run.state == "running")
        if left:
            self.env.ref("field_planning.ir_cron_field_optimization")._trigger(
                fields.Datetime.now() + SILENCE
            )

    def _tend(self):
        """Take one run further; one that can't be read ends, and leaves the others alone."""
        try:
            with self.env.cr.savepoint():
                if self.result or self.error:
                    self._collect()
                elif self.heartbeat and self.heartbeat < fields.Datetime.now() - SILENCE:
                    self._take_over()
        except psycopg2.OperationalError:
            # Somebody writes there just now: the cron comes again.
            raise
        except Exception:
            _logger.exception("The answer of optimisation %s can't be read", self.id)
            self.write(
                {
                    "state": "failed",
                    "token": False,
                    "problem": False,
                    "result": False,
                    "error": self.env._(
                        "The optimiser's answer can't be read. Nothing was changed. Run it again."
                    ),
                }
            )
            self._after_end()

    def _take_over(self):
        """Start a silent run again under a new token, or give it up."""
        if not self.try_lock_for_update() or self.state != "running":
            return
        if self.attempts >= ATTEMPTS:
            self.write(
                {
                    "state": "failed",
                    "token": False,
                    "problem": False,
                    "error": self.env._(
                        "The optimiser's process ended twice without an answer. Nothing was"
                        " changed. Try fewer days or technicians."
                    ),
                }
            )
            self._after_end()
            return
        self.write(
            {
                "token": secrets.token_urlsafe(24),
                "attempts": self.attempts + 1,
                "heartbeat": fields.Datetime.now(),
            }
        )
        self.env.cr.postcommit.add(self._launch_after_commit())
