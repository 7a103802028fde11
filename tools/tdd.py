"""`make tdd`: the Odoo tests of one file in seconds, on a database that stays."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from . import databases, demo, fetch
from .base import REPO, Problem, digest, digest_files, fail, locked, say
from .suite import ROOT, Suite, manifests


def _keys() -> dict[str, str]:
    """Return, for each module, a key of what an upgrade would read."""
    keys = {}
    for name in manifests():
        if name == ROOT:
            folders = ("models", "views", "security", "data", "wizard", "report")
            found = [digest_files(REPO / folder) for folder in folders]
            keys[name] = digest(*found, (REPO / "__manifest__.py").read_text())
        else:
            keys[name] = digest_files(REPO / "addons" / name, skip=("tests", "static", "i18n"))
    return keys


def _database(suite: Suite) -> str:
    """Return this checkout's database, with the addons upgraded that have changed."""
    name = f"{databases.PREFIX}tdd_{digest(str(REPO), suite.deps)}"
    notes, keys = REPO / "var" / "tdd.json", _keys()
    with locked(f"tdd-{digest(str(REPO))}"):
        known = json.loads(notes.read_text()) if notes.exists() else {}
        notes.unlink(missing_ok=True)
        if not databases.is_ready(name) or not known:
            databases.drop(name)
            demo.install_suite(suite, name)
        elif changed := [module for module in keys if keys[module] != known.get(module)]:
            say(f"tdd: upgrading {', '.join(changed)}")
            arguments = ("-d", name, "-u", ",".join(changed), "--no-http", "--stop-after-init")
            code, text, log = suite.odoo_run("tdd-upgrade", *arguments)
            if code:
                tail = "\n".join(text.splitlines()[-30:])
                raise Problem(f"{tail}\nThe upgrade failed, so the database goes; log: {log}")
        notes.parent.mkdir(exist_ok=True)
        notes.write_text(json.dumps(keys))
    return name


def command(python: Path) -> None:
    """Run pytest-odoo with ``ARGS``: paths of tests, -k, -x, --odoo-http for browser tests."""
    arguments = shlex.split(os.environ.get("ARGS", ""))
    if not arguments:
        fail('Say which tests: make tdd ARGS="addons/field_mission/tests -k states"')
    if osrm := fetch.fetch_osrm(python):
        os.environ["FIELD_OSRM"] = str(osrm)
    with demo.opened(python) as suite:
        database = _database(suite)
        line = [str(python), "-m", "pytest", "-p", "odoo", f"--odoo-config={suite.conf}"]
        line += [f"--odoo-database={database}", *arguments]
        done = subprocess.run(line, env=suite.environ, cwd=REPO, check=False)
    sys.exit(done.returncode)
