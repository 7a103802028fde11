"""Workers, servers and the database die in the middle of a sending: nothing is half applied."""

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from judge import Verdict
from walk import Walk

from conftest import FULL

ROUNDS = 8 if FULL else 1
DEVICES, OPERATIONS = (12, 100) if FULL else (4, 30)
BLOWS = ("worker", "server", "database")


def _strike(site, blow):
    if blow == "worker":
        site.odoo.kill_worker()
    elif blow == "server":
        site.odoo.kill()
        site.odoo.start()
    else:
        site.postgres.crash()
        site.postgres.start()
        site.odoo.revive()


def _send_until_broken(person, deadline):
    """Act and send without a pause, as long as somebody strikes."""
    while time.monotonic() < deadline[0]:
        if len(person.device.ledger) < OPERATIONS:
            for _action in range(4):
                person.act()
        if person.device.sync() != "online":
            time.sleep(0.1)


def test_nothing_is_half_applied_when_servers_die(site, proxy, capsys):
    seed = int(os.environ.get("FIELD_OPS_SEED") or random.SystemRandom().randrange(10**6))
    rng = random.Random(seed)
    walk = Walk(site, proxy, seed, DEVICES, OPERATIONS)
    blows = Counter()
    began = time.monotonic()
    for blow in BLOWS * ROUNDS:
        deadline = [float("inf")]
        with ThreadPoolExecutor(DEVICES) as pool:
            tasks = [pool.submit(_send_until_broken, p, deadline) for p in walk.people]
            time.sleep(rng.uniform(0.5, 1.5))
            _strike(site, blow)
            deadline[0] = time.monotonic() + 0.5
            for task in tasks:
                task.result()
        blows[blow] += 1
        site.odoo.wait()
        claimed = "SELECT uuid FROM field_operation WHERE state = 'claimed'"
        assert not site.postgres.rows(claimed), f"after {blow}: half applied"
    broken = sum(status in (0, 502) for _path, _fault, status in proxy.seen)
    with ThreadPoolExecutor(DEVICES) as pool:
        for task in [pool.submit(person.device.converge) for person in walk.people]:
            task.result()
    verdict = Verdict(site, walk)
    problems = verdict.problems()
    states = Counter(row[1] for row in verdict.known.values())
    with capsys.disabled():
        print(
            f"\nkills: seed {seed}, {dict(blows)}, {broken} requests broken,"
            f" {len(verdict.performed)} operations, {dict(states)},"
            f" {time.monotonic() - began:.0f} s"
        )
    assert broken, "nobody was hit in the middle of anything"
    assert not problems, f"FIELD_OPS_SEED={seed}\n" + "\n".join(problems[:40])
