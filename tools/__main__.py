"""`python3 -m tools <command>`: what the Makefile's targets call."""

from __future__ import annotations

import importlib
import os
import signal
import sys

from .base import Problem, fail, stop_all
from .fetch import fetch_python

# command → module and function; each takes the environment's interpreter.
COMMANDS = {
    "demo": ("demo", "command"),
    "test": ("check", "command"),
    "lint": ("lint", "command"),
    "format": ("lint", "format_command"),
    "i18n": ("i18n", "command"),
    "serve": ("demo", "serve_command"),
    "shell": ("demo", "shell_command"),
    "tdd": ("tdd", "command"),
    "bench": ("bench", "command"),
    "screenshots": ("demo", "screenshots_command"),
    "chaos": ("check", "chaos_command"),
    "nightly": ("check", "nightly_command"),
    "lock": ("lock", "command"),
    "clean": ("clean", "command"),
}


def main() -> None:
    """Run the command named on the command line inside the suite's own environment."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        fail(f"usage: python3 -m tools {{{','.join(COMMANDS)}}}")
    module, function = COMMANDS[sys.argv[1]]
    python = fetch_python()
    if os.path.realpath(sys.prefix) != os.path.realpath(python.parent.parent):
        os.execv(python, [str(python), "-W", "ignore", "-m", "tools", sys.argv[1]])
    getattr(importlib.import_module(f".{module}", __package__), function)(python)


def _terminated(_signum, _frame):
    raise KeyboardInterrupt


for _signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(_signal, _terminated)
try:
    main()
except Problem as problem:
    fail(str(problem))
except KeyboardInterrupt:
    stop_all()
    print("\nstopped", file=sys.stderr)
    sys.exit(130)
