"""Steps that run side by side, each with its count of tests, and the table at their end."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from .base import Problem, say, stop_all


@dataclass
class Outcome:
    """What one step found.

    :param passed: tests that passed; a step that ran none has failed
    :param problems: what is wrong, in words that can be acted on
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    # Failed, but what it made can be used: steps that need it run all the same.
    usable: bool = False

    @property
    def good(self) -> bool:
        """Say whether the step may be called green."""
        return not self.failed and self.passed > 0


@dataclass
class Step:
    """One step: what it does and which steps must have passed before."""

    name: str
    work: Callable[[], Outcome]
    needs: tuple[str, ...] = ()


def jobs() -> int:
    """Return how many steps run at once: ``JOBS``, else the number of cores."""
    return max(1, int(os.environ.get("JOBS") or os.cpu_count() or 1))


def _do(step: Step) -> Outcome:
    started = time.monotonic()
    say(f"{step.name} …")
    try:
        outcome = step.work()
    except Problem as problem:
        outcome = Outcome(failed=1, problems=[str(problem)])
    except (Exception, KeyboardInterrupt):
        outcome = Outcome(failed=1, problems=[traceback.format_exc()])
    if not outcome.passed and not outcome.failed:
        outcome.failed = 1
        outcome.problems.append("no test ran")
    outcome.seconds = time.monotonic() - started
    _tell(step.name, outcome)
    return outcome


def _tell(name: str, outcome: Outcome) -> None:
    verdict = "ok" if outcome.good else "FAILED"
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    say(
        f"{name}: {verdict}, {outcome.passed} passed, {outcome.failed} failed{skipped}, "
        f"{outcome.seconds:.0f} s"
    )
    for problem in outcome.problems:
        print("\n".join(f"    {line}" for line in problem.rstrip().splitlines()), flush=True)


class Plan:
    """The steps of one command, in the order in which they start."""

    def __init__(self, steps: list[Step]):
        only = [part for part in os.environ.get("ONLY", "").split(",") if part]
        self.steps = self._chosen(steps, only) if only else steps
        self.outcomes: dict[str, Outcome] = {}
        self._lock = threading.Lock()

    @staticmethod
    def _serves(outcome: Outcome) -> bool:
        return outcome.good or outcome.usable

    @staticmethod
    def _chosen(steps: list[Step], only: list[str]) -> list[Step]:
        """Return the steps whose name starts with one of ``only``, and what these need."""
        byname = {step.name: step for step in steps}
        todo = [step for step in steps if any(step.name.startswith(part) for part in only)]
        if not todo:
            raise Problem(f"ONLY matches no step. Steps: {', '.join(byname)}")
        wanted = set()
        while todo:
            step = todo.pop()
            wanted.add(step.name)
            todo += [byname[name] for name in step.needs if name not in wanted]
        return [step for step in steps if step.name in wanted]

    def run(self) -> dict[str, Outcome]:
        """Run all steps, as many at once as `jobs` says, each after those that it needs."""
        waiting, running = list(self.steps), {}
        with ThreadPoolExecutor(jobs()) as pool:
            while waiting or running:
                self._start(waiting, running, pool)
                try:
                    done, _rest = wait(running, return_when=FIRST_COMPLETED)
                except BaseException:
                    # The pool waits for its threads, and these for their children.
                    stop_all()
                    raise
                for future in done:
                    self.outcomes[running.pop(future).name] = future.result()
        return {step.name: self.outcomes[step.name] for step in self.steps}

    def _start(self, waiting: list[Step], running: dict[Future, Step], pool) -> None:
        for step in list(waiting):
            missing = [name for name in step.needs if name not in self.outcomes]
            broken = [name for name in step.needs if name not in missing]
            broken = [name for name in broken if not self._serves(self.outcomes[name])]
            if broken:
                waiting.remove(step)
                text = f"not run, since {', '.join(broken)} failed"
                self.outcomes[step.name] = Outcome(failed=1, problems=[text])
                _tell(step.name, self.outcomes[step.name])
            elif not missing and len(running) < jobs():
                waiting.remove(step)
                running[pool.submit(_do, step)] = step


def report(outcomes: dict[str, Outcome], title: str) -> bool:
    """Print the table and the closing line; say whether all is well."""
    width = max(map(len, outcomes))
    print(f"\n{title:<{width}}  {'passed':>6}  {'failed':>6}  {'skipped':>7}  {'seconds':>7}")
    for name, outcome in outcomes.items():
        print(
            f"{name:<{width}}  {outcome.passed:>6}  {outcome.failed:>6}  {outcome.skipped:>7}"
            f"  {outcome.seconds:>7.0f}{'' if outcome.good else '  ← FAILED'}"
        )
    passed = sum(outcome.passed for outcome in outcomes.values())
    failed = sum(outcome.failed for outcome in outcomes.values())
    skipped = sum(outcome.skipped for outcome in outcomes.values())
    say("done")
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return all(outcome.good for outcome in outcomes.values())
