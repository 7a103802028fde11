"""`make nightly`: `make test`, the tests kept out of it, the benchmarks, Odoo's own suites."""

from __future__ import annotations

import os
from pathlib import Path

from bench.bars import BARS

from . import bench, check, databases, demo
from .base import free_port, say
from .steps import Outcome, Plan, Step, report
from .suite import ROOT, Suite

# What the suite leans on: their own tests must pass with us installed as they do without us.
CORE = ("sale", "sale_stock", "stock_account", "account")
# Odoo's own figure without the suite, on a database with the same modules (benchmarks.md §5).
CORE_TESTS = 1303


class Nightly(check.Checks):
    """The steps of `make test`, then the long ones."""

    # Tests tagged `nightly` are left out of `make test` by `-standard`.
    _tags = ",nightly"
    ops_size = "full"

    def __init__(self, suite: Suite):
        super().__init__(suite)
        self._core_seconds: dict[str, float] = {}

    def core(self, label: str) -> Outcome:
        """Run Odoo's own post-install suites, without us (`bare`) or with us (`suite`)."""
        name = self.scratch.name(f"core_{label}")
        database = databases.copy(self.suite.deps if label == "bare" else self._ready[label], name)
        tags = ",".join(f"/{module}" for module in CORE)
        _code, text, log = self.suite.odoo_run(
            f"core-{label}",
            *("-d", database, "--test-tags", tags, "--stop-after-init"),
            *("--http-interface=127.0.0.1", f"--http-port={free_port()}"),
            timeout=2 * 3600,
        )
        self.scratch.drop(name)
        return self._judge_core(text, log)

    @staticmethod
    def _judge_core(text: str, log: Path) -> Outcome:
        found = check.RESULT.findall(text)
        failed, errors, total = map(int, found[-1]) if found else (0, 0, 0)
        bad = failed + errors
        problems = [f"{bad} of Odoo's own tests failed; log: {log}"] if bad else []
        return Outcome(total - bad, bad, 0, problems)

    def bench(self) -> Outcome:
        """Run the benchmarks at full size; each line within its bar is one test."""
        size = int(os.environ.get("SIZE") or 1000)
        rows = bench.compare(self.suite, list(BARS), size)
        found = bench.optimizer_figures(self.suite, full=size >= 1000)
        print(f"{bench.table(rows)}\n\n{bench.figure_table(found)}", flush=True)
        problems = [f"missed: {row.case}, {row.label}" for row in rows if not row.within]
        problems += [f"missed: optimizer, {figure.what}" for figure in found if not figure.within]
        lines = len(rows) + len(found)
        return Outcome(lines - len(problems), len(problems), 0, problems)

    def steps(self) -> list[Step]:
        """Return all steps; the benchmarks run last, with the machine to themselves."""
        steps = super().steps()
        steps += [
            Step("core without us", lambda: self.core("bare"), ("install",)),
            Step("core with us", lambda: self.core("suite"), ("install",)),
        ]
        return [*steps, Step("bench", self.bench, ("install",))]


def command(python: Path) -> None:
    """Run everything at full size, print the table, end with 1 unless everything holds."""
    check.prepare(python)
    os.environ["FIELD_NIGHTLY"] = "1"
    with demo.opened(python) as suite:
        _ = suite.deps
        nightly = Nightly(suite)
        try:
            outcomes = Plan(nightly.steps()).run()
        finally:
            nightly.scratch.close()
        good = report(outcomes, "make nightly")
        if {"core without us", "core with us"} <= outcomes.keys():
            _compare(outcomes["core without us"], outcomes["core with us"])
    raise SystemExit(0 if good else 1)


def _compare(bare: Outcome, ours: Outcome) -> None:
    say(
        f"Odoo's own suites: {bare.passed} tests in {bare.seconds:.0f} s without {ROOT}, "
        f"{ours.passed} in {ours.seconds:.0f} s with it (ratio "
        f"{ours.seconds / max(1, bare.seconds):.2f}; the known figure is {CORE_TESTS} tests)"
    )
