"""What every tool shares: where things are, how to run a command, how to speak."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
CACHE = Path(
    os.environ.get("FIELD_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "field-suite"
).resolve()
LOGS = REPO / "var" / "log"
# The tools start themselves again inside their own environment; the clock goes on.
_STARTED = float(os.environ.setdefault("FIELD_STARTED", str(time.time())))
_SPEAKING = threading.Lock()
_stopping = threading.Event()
_children: set[subprocess.Popen] = set()


class Problem(Exception):
    """Something the person at the keyboard can mend; its text says how."""


def say(text: str) -> None:
    """Print one line of progress with the seconds since the start."""
    with _SPEAKING:
        print(f"[{time.time() - _STARTED:5.0f} s] {text}", flush=True)


def digest(*parts: str) -> str:
    """Return a short key of what a cached thing was built from."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def digest_files(*roots: Path, skip: tuple[str, ...] = ()) -> str:
    """Return a short key of the names and bytes of the files under ``roots``.

    ``skip`` holds folder names that don't count.
    """
    hashed = hashlib.sha256()
    ignored = {"__pycache__", "node_modules", "var", ".git", *skip}
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(set(folders) - ignored)
            for name in sorted(files):
                path = Path(folder, name)
                hashed.update(f"{path.relative_to(root)}\0".encode())
                hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]


@contextlib.contextmanager
def building(target: Path):
    """Yield a fresh folder that becomes ``target`` only if the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    folder.chmod(0o755)
    try:
        yield folder
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def locked(name: str):
    """Let one process at a time build the cached thing ``name``."""
    folder = CACHE / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that prepares {name}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start(command: list[str], **options) -> subprocess.Popen:
    """Start a command in a process group of its own that `stop_all` ends."""
    if _stopping.is_set():
        raise KeyboardInterrupt
    child = subprocess.Popen(command, start_new_session=True, **options)
    _children.add(child)
    return child


def stop(child: subprocess.Popen, *, patience: float = 10) -> None:
    """End a child and all that it started."""
    for sign, wait in ((signal.SIGINT, patience), (signal.SIGTERM, 3), (signal.SIGKILL, 3)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(wait)
            break
    # A browser may outlive the one that started it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    _children.discard(child)


@atexit.register
def stop_all() -> None:
    """End every child still running; registered to happen however the tool ends."""
    _stopping.set()
    for child in list(_children):
        stop(child)


def call(
    command: list[str], *, log: Path | None = None, timeout: float | None = None, **options
) -> tuple[int, str]:
    """Run a command to its end and return its exit code and output.

    The output goes to ``log`` as it comes, so that a long step can be followed.
    """
    with tempfile.TemporaryDirectory(prefix="field-suite-") as folder:
        log = log or Path(folder, "output")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            child = start(
                command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options
            )
            try:
                code = child.wait(timeout)
            except subprocess.TimeoutExpired:
                file.write(f"\nstopped: still running after {timeout:.0f} s\n".encode())
                code = 124
            finally:
                stop(child)
        return code, log.read_text(errors="replace")


def run(command: list[str], *, hint: str = "", log: Path | None = None, **options) -> str:
    """Run a command quietly and return its output.

    :raise Problem: with the end of the output and the hint, when the command fails.
    """
    code, output = call(command, log=log, **options)
    if code:
        tail = "\n".join(output.splitlines()[-25:])
        raise Problem(f"{tail}\n`{Path(command[0]).name}` ended with {code}. {hint}".strip())
    return output


def free_port(preferred: int = 0) -> int:
    """Return a free port of 127.0.0.1, the preferred one when it is free."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Problem("This machine has no free port on 127.0.0.1.")


def fail(text: str) -> None:
    """End the tool with a message on the error stream."""
    print(f"\n{text}\n", file=sys.stderr)
    raise SystemExit(1)
