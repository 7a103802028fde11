"""`make clean`: give back what these tools took."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import databases
from .base import CACHE, REPO, say
from .postgres import ensure_server


def command(python: Path) -> None:
    """Drop our databases (on a given server too) and remove the cache folder."""
    os.environ.update(ensure_server())
    names = databases.ours()
    for name in sorted(names):
        databases.drop(name)
    say(f"dropped {len(names)} databases of these tools")
    # The embedded server stops with this process; its folder goes now, while it still runs.
    if not (os.environ["PGHOST"].startswith(str(CACHE))):
        say("the PostgreSQL server given by PGHOST stays as it was")
    for path in sorted(CACHE.iterdir()):
        if path.name not in {"postgres-18", python.parent.parent.name}:
            shutil.rmtree(path, ignore_errors=True)
    link = REPO / "node_modules"
    if link.is_symlink():
        link.unlink()
    shutil.rmtree(REPO / "var", ignore_errors=True)
    say(f"what is left: {CACHE} may be deleted by hand once nothing runs")
