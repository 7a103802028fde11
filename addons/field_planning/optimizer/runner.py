"""Runs the solver in a process of its own and keeps it within its time.

VROOM holds the interpreter's lock for the whole solve and its time limit is soft (39 s for 1 s
asked was seen), so nobody may call it inside a server process, and whoever waits must be able to
stop it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
POLL = 0.02
TICK = 2.0
PATIENCE, LAST_PATIENCE = 1.5, 4.0
"""How many times its limit an attempt may take before it is killed, and the last attempt."""

Tick = Callable[[float], bool]


class SolverError(RuntimeError):
    """The solver failed; the message says how."""


class SolverCancelled(SolverError):
    """Stopped because the caller asked for it."""


class SolverTimeout(SolverError):
    """Stopped because it ran over its time."""


class SolverKilled(SolverError):
    """Ended by the system: out of memory, or by hand."""


def command(*arguments: str) -> list[str]:
    """Command line that starts this package in a process of its own."""
    return [sys.executable or "python3", str(PACKAGE), *arguments]


def budget_for(visits: int) -> float:
    """Seconds that a solve of so many visits may take on a slow machine."""
    return 20.0 if visits <= 150 else 60.0


def run(
    problem: Mapping[str, Any],
    seconds: float | None = None,
    level: int | None = None,
    backend: str | None = None,
    tick: Tick | None = None,
    refine: float | None = None,
) -> dict[str, Any]:
    """Solve ``problem`` in a subprocess and wait for it.

    An attempt that runs over its time by half is killed; then VROOM is asked again at its lowest
    level, and at last the Python solver, which stops in time and is left longer. The result's
    ``notice`` then says ``slow``. An attempt that the system killed is followed by a lighter one in
    the same way.

    :param seconds: time limit; by size when not given
    :param tick: called every two seconds with the progress (0 to 1); false = cancel
    :param refine: seconds more for the second stage; left out when an attempt overran
    :raises SolverCancelled: ``tick`` said so
    :raises SolverError: the problem is wrong, or no attempt came to an end
    """
    limit = seconds or budget_for(len(problem.get("visits") or ()))
    attempts: list[dict[str, Any]] = [
        {"seconds": seconds, "level": level, "backend": backend, "refine": refine}
    ]
    if backend != "python":
        attempts.append({"seconds": limit, "level": 0, "backend": backend})
    attempts.append({"seconds": limit / 2, "level": None, "backend": "python"})
    for number, options in enumerate(attempts):
        # Nothing follows the last one: on a machine that is that busy, late is better than never.
        patience = LAST_PATIENCE if number == len(attempts) - 1 else PATIENCE
        try:
            result = _attempt(
                {"problem": problem, **options},
                (limit + (options.get("refine") or 0.0)) * patience,
                tick,
            )
        except (SolverTimeout, SolverKilled):
            if number == len(attempts) - 1:
                raise
            continue
        if number:
            result["notice"] = "slow"
        return result
    raise SolverError("no attempt was made")  # unreachable: the last attempt returns or raises


def find_offers(
    problem: Mapping[str, Any],
    visit: str,
    seconds: float,
    overtime: int = 0,
    backend: str | None = None,
) -> dict[str, Any]:
    """Like :func:`optimizer.offers`, in a process of its own that is killed at ``seconds``.

    :raises SolverTimeout: it took longer
    :raises SolverError: the problem is wrong
    """
    request = {"problem": problem, "urgent": visit, "overtime": overtime, "backend": backend}
    return _attempt(request, seconds, None)


def _attempt(request: Mapping[str, Any], limit: float, tick: Tick | None) -> dict[str, Any]:
    """One subprocess; killed at ``limit`` seconds or when ``tick`` says no."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as source:
        json.dump(request, source)
        source.seek(0)
        process = subprocess.Popen(
            command(), stdin=source, stdout=output, stderr=subprocess.PIPE, text=True
        )
        listener = _Listener(process)
        try:
            _wait(process, listener, limit, tick)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            listener.thread.join()
        if process.returncode < 0:
            raise SolverKilled(
                f"the solver was ended by the system (signal {-process.returncode}):"
                " memory may be short"
            )
        if process.returncode:
            said = listener.said() or f"exit code {process.returncode}"
            raise SolverError(said)
        output.seek(0)
        return json.load(output)


def _wait(
    process: subprocess.Popen[str], listener: _Listener, limit: float, tick: Tick | None
) -> None:
    begin = told = time.monotonic()
    while process.poll() is None:
        now = time.monotonic()
        if now - begin > limit:
            raise SolverTimeout(f"the solver ran over {limit:.0f} s")
        if tick and now - told > TICK:
            told = now
            if not tick(listener.progress):
                raise SolverCancelled("cancelled")
        time.sleep(POLL)


class _Listener:
    """Reads the solver's standard error so that its pipe never fills up."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.progress = 0.0
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        if self.process.stderr is None:
            return
        with self.process.stderr as stream:
            for line in stream:
                word, _space, value = line.strip().partition(" ")
                if word == "progress":
                    self.progress = float(value)
                else:
                    self.lines.append(line.rstrip())

    def said(self) -> str:
        """Last words other than progress."""
        return "\n".join(self.lines[-5:])
