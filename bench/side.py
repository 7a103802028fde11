"""One side of a benchmark inside Odoo: run by tools/bench.py, leaves the database as it was."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path


def main(env, side, cases, size, out):
    """Run the named cases and write their costs to ``out`` as JSON."""
    from bench.ours import Ours
    from bench.peer import Peer

    logging.getLogger("odoo").setLevel(logging.ERROR)
    results, errors = {}, {}
    for case in cases.split(","):
        maker = {"ours": Ours, "peer": Peer}[side]
        if not hasattr(maker, case):
            # The peer has nothing of the kind.
            continue
        try:
            with env.cr.savepoint(flush=True) as savepoint:
                world = maker(env, int(size))
                results[case] = {label: cost.as_dict() for label, cost in getattr(world, case)()}
                savepoint.rollback()
        except Exception:
            errors[case] = traceback.format_exc()
        env.invalidate_all()
        env.registry.clear_all_caches()
    Path(out).write_text(json.dumps({"results": results, "errors": errors}))
    env.cr.rollback()
