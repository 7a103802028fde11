"""Nothing lost, nothing doubled: a random walk of phones in a bad network.

`FIELD_OPS_SEED=123` walks the same way again.
"""

import os
import random
from collections import Counter

import pytest
from judge import Verdict
from walk import Walk

from conftest import FULL

# Devices, operations each. At night also 5,000 operations in all.
SIZES = [(20, 100), (20, 250)] if FULL else [(4, 50)]


def _seed():
    return int(os.environ.get("FIELD_OPS_SEED") or random.SystemRandom().randrange(10**6))


@pytest.mark.parametrize(("devices", "operations"), SIZES)
def test_every_operation_has_one_effect_or_one_entry_to_review(
    site, proxy, devices, operations, record_property, capsys
):
    seed = _seed()
    proxy.counts.clear()
    walk = Walk(site, proxy, seed, devices, operations)
    seconds = walk.run()
    verdict = Verdict(site, walk)
    problems = verdict.problems()
    states = Counter(row[1] for row in verdict.known.values())
    figures = {
        "seed": seed,
        "operations": len(verdict.performed),
        "faults": dict(proxy.counts),
        "states": dict(states),
        "syncs": dict(walk.states),
        "troubles": dict(walk.troubles),
        "office": dict(walk.office.done),
        "seconds": round(seconds, 1),
    }
    record_property("walk", figures)
    with capsys.disabled():
        print(f"\nwalk: {figures}")
    assert not problems, f"FIELD_OPS_SEED={seed}\n" + "\n".join(problems[:40])
    assert sum(states.values()) >= devices * operations
    assert states["applied"] > 0.5 * devices * operations, "most of a day's work is in order"
    # What the review list is for: each entry is decided once, either way.
    decided = walk.review(list(verdict.performed))
    verdict = Verdict(site, walk)
    problems = verdict.problems()
    with capsys.disabled():
        print(f"review: {dict(decided)}")
    assert not problems, f"FIELD_OPS_SEED={seed}\n" + "\n".join(problems[:40])
