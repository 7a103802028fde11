"""Supervisor of one run that is stored in the database. Started detached by Odoo, imports no Odoo.

The server only starts it and returns: a web worker or a cron that waited for a solve would be
killed, and would keep others waiting. It reads the problem from the run's row, solves it in another
subprocess, writes a heartbeat and the progress while it lives and the result at the end, over short
connections of its own. The row is found by id *and* a one-run token, so that a run that was
cancelled or taken over is never written by an old process.

Environment: ``FIELD_RUN_DSN`` (how to connect), ``FIELD_RUN_ID`` and ``FIELD_RUN_TOKEN``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from .runner import SolverCancelled, SolverError, run

MINE = "id = %s AND token = %s AND state = 'running'"


def main() -> int:
    """Solve the run named by the environment; 0 = a result or an error was written."""
    import psycopg2  # Odoo's own driver; only this entry needs it

    environment = os.environ
    key = int(environment["FIELD_RUN_ID"]), environment["FIELD_RUN_TOKEN"]
    return Worker(lambda: psycopg2.connect(environment["FIELD_RUN_DSN"]), *key).work()


class Worker:
    """One run; ``connect`` opens a database connection."""

    def __init__(self, connect: Callable[[], Any], run_id: int, token: str) -> None:
        self.connect = connect
        self.key = (run_id, token)

    def work(self) -> int:
        """Solve and store. Returns 1 when the run is not ours (any more)."""
        row = self._query(f"SELECT problem, options FROM field_optimization WHERE {MINE}", self.key)
        if row is None:
            return 1
        problem, options = row
        try:
            result = run(
                problem,
                seconds=options.get("seconds"),
                level=options.get("level"),
                backend=options.get("backend"),
                refine=options.get("refine"),
                tick=self._tick,
            )
        except SolverCancelled:
            return 1
        except SolverError as error:
            self._write("error = %s", (str(error)[:2000],))
            return 0
        self._write("result = %s, progress = 100", (json.dumps(result),))
        return 0

    def _tick(self, progress: float) -> bool:
        """Show life; false when the run was cancelled or taken over."""
        return self._write("progress = %s", (round(progress * 100, 1),))

    def _write(self, columns: str, values: Sequence[Any]) -> bool:
        query = (
            f"UPDATE field_optimization SET {columns}, heartbeat = now() AT TIME ZONE 'UTC' "
            f"WHERE {MINE} RETURNING id"
        )
        return self._query(query, (*values, *self.key)) is not None

    def _query(self, query: str, values: Sequence[Any]) -> Any:
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchone()
        finally:
            connection.close()
