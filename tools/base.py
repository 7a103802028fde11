"""What every tool shares: where things are, how to run a command, how to speak."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
CACHE = Path(
    os.environ.get("FIELD_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "field-suite"
)
STARTED = time.monotonic()


class Problem(Exception):
    """Something the person at the keyboard can mend; its text says how."""


def say(text: str) -> None:
    """Print one line of progress with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:5.0f} s] {text}", flush=True)


def digest(*parts: str) -> str:
    """Return a short key of what a cached thing was built from."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def run(command: list[str], *, hint: str = "", log: Path | None = None, **options) -> None:
    """Run a command quietly; when it fails, show the end of its output and the hint."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    if log:
        log.write_text(done.stdout)
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        raise Problem(f"{tail}\n`{command[0]}` ended with {done.returncode}. {hint}")


def fail(text: str) -> None:
    """End the tool with a message on the error stream."""
    print(f"\n{text}\n", file=sys.stderr)
    raise SystemExit(1)
