"""`make lock`: resolve the requirements and the Node packages again."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .base import REPO, run, say
from .fetch import _find_node

HEADER = "# Exact versions for Python 3.10 to 3.13, made by `make lock` from requirements*.txt.\n"


def command(python: Path) -> None:
    """Write requirements.lock (all supported Pythons in one file) and package-lock.json."""
    run([str(python), "-m", "pip", "install", "-q", "uv"], hint="`uv` resolves the requirements.")
    resolve = [str(python), "-m", "uv", "pip", "compile", "--quiet", "--universal", "--no-header"]
    resolve += ["--no-annotate", "--python-version", "3.10"]
    resolve += ["requirements.txt", "requirements-dev.txt"]
    (REPO / "requirements.lock").write_text(HEADER + run(resolve, cwd=REPO))
    _node, npm = _find_node(python)
    line = [*npm, "install", "--package-lock-only", "--omit-lockfile-registry-resolved"]
    subprocess.run([*line, "--no-audit", "--no-fund"], cwd=REPO, check=True)
    say("requirements.lock and package-lock.json written")
