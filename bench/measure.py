"""What a piece of work costs: queries exactly, CPU and wall time as a guide."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass


@dataclass
class Cost:
    """The cost of one piece of work on ``count`` records."""

    count: int
    queries: int = 0
    cpu: float = 0.0
    wall: float = 0.0

    def as_dict(self) -> dict:
        """Return the figures, those per record too."""
        return {
            **asdict(self),
            "queries_per_record": self.queries / self.count,
            "cpu_ms_per_record": 1000 * self.cpu / self.count,
        }


@contextmanager
def measured(env, count: int):
    """Yield a `Cost` filled at the end of the block.

    The caches are emptied before, and inside the block all writes reach the database and all that
    a commit would do is done (tracking, messages), so that nothing is paid by someone else. Queries
    of all cursors count, those of sequences too.
    """
    from odoo import sql_db

    env.cr.flush()
    env.invalidate_all()
    cost = Cost(count)
    queries, cpu, wall = sql_db.sql_counter, time.process_time(), time.monotonic()
    yield cost
    env.cr.flush()
    cost.queries = sql_db.sql_counter - queries
    cost.cpu, cost.wall = time.process_time() - cpu, time.monotonic() - wall
