import os
import signal
import time
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, tagged

from ..models import field_optimization_run

DAY = datetime(2026, 11, 30).date()
PATIENCE = 90


@tagged("post_install", "-at_install")
class TestOptimizationProcesses(BaseCase):
    """The real processes, on committed rows: a test's own transaction is seen by nobody else.

    Everything is made for a company of its own and taken away at the end.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.processes = []
        with cls._committed() as env:
            cls.company_id = cls._make(env)

    @classmethod
    def _make(cls, env):
        company = env["res.company"].create({"name": "Processes", "field_solver": "python"})
        env = env(context={"allowed_company_ids": company.ids})
        technician = env["hr.employee"].create(
            {
                "name": "Process tech",
                "company_id": company.id,
                "is_field_technician": True,
                "field_start_latitude": 48.0,
                "field_start_longitude": -4.1,
            }
        )
        service = env["field.service.type"].create(
            {"name": "Process visit", "company_id": company.id, "default_duration": 1.0}
        )
        customer = env["res.partner"].create({"name": "Process customer"})
        for number in range(4):
            site = env["res.partner"].create(
                {
                    "name": f"Process site {number}",
                    "parent_id": customer.id,
                    "is_field_site": True,
                    "partner_latitude": 48.0 + number / 50,
                    "partner_longitude": -4.0,
                }
            )
            env["field.mission"].create(
                {
                    "company_id": company.id,
                    "partner_id": customer.id,
                    "site_id": site.id,
                    "service_type_id": service.id,
                    "technician_id": technician.id,
                    "promised_kind": "day",
                    "promised_date": DAY,
                }
            )
        return company.id

    @classmethod
    def tearDownClass(cls):
        with cls._committed() as env:
            company = env["res.company"].browse(cls.company_id)
            mine = [("company_id", "=", company.id)]
            env["field.optimization"].search(mine).write({"state": "failed"})
            env["field.optimization"].search(mine).unlink()
            missions = env["field.mission"].search(mine)
            partners = missions.site_id | missions.partner_id
            requests = missions.request_id
            missions.unlink()
            requests.unlink()
            env["field.service.type"].search(mine).unlink()
            env["hr.employee"].search(mine).unlink()
            partners.unlink()
            company.active = False
        super().tearDownClass()

    @classmethod
    @contextmanager
    def _committed(cls):
        """An environment of a transaction of its own, committed at the end."""
        with db_connect(get_db_name()).cursor() as cursor:
            env = api.Environment(cursor, SUPERUSER_ID, {})
            yield env
            env.flush_all()
            cursor.commit()

    def _start(self, refine=None):
        """Start a run as the button does; return its id, its process is under way."""
        launched = []
        popen = field_optimization_run.subprocess.Popen

        def spy(*args, **kwargs):
            launched.append(popen(*args, **kwargs))
            return launched[-1]

        with (
            patch.object(field_optimization_run.subprocess, "Popen", spy),
            self._committed() as env,
        ):
            company = env["res.company"].browse(self.company_id)
            run = env["field.optimization"].with_company(company)
            run = run.with_context(allowed_company_ids=company.ids).create(
                {
                    "company_id": company.id,
                    "date_from": DAY,
                    "date_to": DAY,
                    "refine": bool(refine),
                    "refine_seconds": refine or 60,
                }
            )
            run.action_run()
            run_id = run.id
        self.assertTrue(launched, "the process starts once all is committed")
        self.addCleanup(self._kill, launched[-1])
        return run_id, launched[-1]

    @staticmethod
    def _kill(process):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def _state(self, run_id):
        with self._committed() as env:
            run = env["field.optimization"].browse(run_id)
            return {
                name: run[name]
                for name in ("state", "attempts", "token", "error", "result", "heartbeat")
            } | {"lines": len(run.tour_ids), "stops": len(run.stop_ids)}

    def _wait_for(self, run_id, what):
        """Wait until the run's row says something, as the real process writes it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            state = self._state(run_id)
            if what(state):
                return state
            time.sleep(0.3)
        self.fail(f"nothing happened in {PATIENCE} s: {state}")

    def _silence(self, run_id):
        """Let a minute pass for one run."""
        with self._committed() as env:
            env["field.optimization"].browse(run_id).heartbeat = fields.Datetime.now() - timedelta(
                seconds=61
            )

    def _collect(self):
        with self._committed() as env:
            env["field.optimization"]._cron_collect()

    def test_the_process_answers_and_the_cron_collects(self):
        run_id, _process = self._start()
        self._wait_for(run_id, lambda state: state["result"])
        self._collect()
        state = self._state(run_id)
        self.assertEqual((state["state"], state["lines"], state["stops"]), ("proposed", 1, 4))

    def test_killed_in_the_middle_it_is_taken_over_and_ends_well(self):
        run_id, process = self._start(refine=600)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        before = self._state(run_id)
        self._collect()
        self.assertEqual(self._state(run_id)["attempts"], 1, "it may still be alive")
        self._silence(run_id)
        with self._committed() as env:
            # The second attempt need not take ten minutes.
            run = env["field.optimization"].browse(run_id)
            run.options = {**run.options, "refine": None}
        self._collect()
        state = self._state(run_id)
        self.assertEqual((state["state"], state["attempts"]), ("running", 2))
        self.assertNotEqual(state["token"], before["token"])
        self.assertEqual((state["lines"], state["result"]), (0, False), "nothing is half-written")
        self._wait_for(run_id, lambda state: state["result"])
        self._collect()
        state = self._state(run_id)
        self.assertEqual((state["state"], state["stops"]), ("proposed", 4))

    def test_killed_again_it_fails_with_a_sentence(self):
        run_id, process = self._start(refine=600)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with self._committed() as env:
            env["field.optimization"].browse(run_id).attempts = 2
        self._silence(run_id)
        self._collect()
        state = self._state(run_id)
        self.assertEqual((state["state"], state["lines"]), ("failed", 0))
        self.assertIn("Nothing was changed", state["error"])
        self.assertFalse(state["token"])

    def test_a_cancelled_run_is_never_written_by_its_process(self):
        run_id, process = self._start()
        with self._committed() as env:
            env["field.optimization"].browse(run_id).action_cancel()
        process.wait(PATIENCE)
        state = self._state(run_id)
        self.assertEqual((state["state"], state["result"], state["error"]), ("draft", False, False))

    def test_two_crons_at_once_have_one_effect(self):
        run_id, _process = self._start()
        self._wait_for(run_id, lambda state: state["result"])
        with self._committed() as one:
            one["field.optimization"]._cron_collect()
            one.flush_all()
            # The first has not committed yet: the row is its own.
            with self._committed() as two:
                two["field.optimization"]._cron_collect()
        self._collect()
        state = self._state(run_id)
        self.assertEqual((state["state"], state["lines"], state["stops"]), ("proposed", 1, 4))
