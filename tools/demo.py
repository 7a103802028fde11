"""`make demo`, `make serve`, `make shell`, `make screenshots`: the suite as a company sees it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import databases, fetch
from .base import (
    LOGS,
    REPO,
    Problem,
    call,
    digest,
    digest_files,
    free_port,
    locked,
    say,
    start,
    stop,
)
from .suite import ROOT, Suite

JOB = REPO / "tools" / "demo_job.py"
# The person's own files, by the name of the main job's argument.
INPUTS = ("planning", "technicians", "sites")
_NOTES = REPO / "var" / "demo.json"


def inputs() -> dict[str, str]:
    """Return the files given by ``PLANNING``, ``TECHNICIANS`` and ``SITES``, as full paths.

    :raise Problem: when one of them does not exist.
    """
    given = {}
    for name in INPUTS:
        if value := os.environ.get(name.upper()):
            path = Path(value).expanduser().resolve()
            if not path.is_file():
                raise Problem(f"{name.upper()}={value}: there is no such file.")
            given[name] = str(path)
    return given


def source_key() -> str:
    """Return a key of all that a database with the suite installed is built from."""
    keys = [digest_files(REPO / "addons", skip=("tests",))]
    for name in ("__manifest__.py", "__init__.py"):
        keys.append((REPO / name).read_text())
    for name in ("models", "views", "security", "data", "wizard", "report", "static", "i18n"):
        keys.append(digest_files(REPO / name))
    return digest(*keys)


def install_suite(suite: Suite, database: str) -> None:
    """Install the suite on a fresh copy of the French company, under its final name when whole."""
    building = f"{databases.PREFIX}{database.removeprefix(databases.PREFIX)}_new"
    databases.drop(building)
    databases.copy(suite.deps, building)
    say("Odoo: installing the suite (about a minute)")
    suite.install("install-demo", building, [ROOT])
    databases.rename(building, database)


def _demo_database(suite: Suite, given: dict[str, str]) -> str:
    """Return the demo's database, made the first time or after a change of the sources."""
    files = [Path(path).read_bytes().hex() for path in given.values()]
    sources = (source_key(), digest_files(REPO / "demo"))
    name = f"{databases.PREFIX}demo_{digest(suite.deps, *sources, *given, *files)}"
    with locked("demo"):
        notes = json.loads(_NOTES.read_text()) if _NOTES.exists() else {}
        which = " ".join(sorted(given)) or "own"
        if not databases.is_ready(name):
            databases.drop(name)
            install_suite(suite, name)
            outdated = notes.get(which)
            if outdated and outdated != name and databases.is_ready(outdated):
                say("database: the sources changed, so the demo starts afresh; the old one goes")
                databases.drop(outdated)
        _NOTES.parent.mkdir(exist_ok=True)
        _NOTES.write_text(json.dumps({**notes, which: name, "last": name}))
    return name


def _run_job(suite: Suite, database: str, given: dict[str, str]) -> None:
    if not JOB.exists():
        raise Problem(f"{JOB.relative_to(REPO)} is missing.")
    arguments = [f"{name}={path}" for name, path in given.items()]
    code = suite.run_script(str(JOB), database, *arguments)
    if code:
        raise Problem(f"The main job ended with {code}; what it said is above.")


@contextlib.contextmanager
def _warming(suite: Suite, database: str):
    """Build the web client's bundles meanwhile: the first page would take a minute otherwise."""
    script = str(REPO / "tools" / "warm.py")
    command = [str(suite.python), "-m", "tools.in_odoo", str(suite.conf), database, script]
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "warm.log").open("wb") as log:
        child = start(command, env=suite.script_environ, cwd=REPO, stdout=log, stderr=log)
        try:
            yield
            if child.poll() is None:
                say("web client: building its scripts and styles")
                child.wait()
        finally:
            stop(child)


@contextlib.contextmanager
def serving(suite: Suite, database: str, port: int = 0, name: str = "serve"):
    """Serve one database on 127.0.0.1 during the block; yield the address."""
    port = free_port(port)
    log = LOGS / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = suite.command(
        *("-d", database, f"--db-filter=^{database}$", f"--http-port={port}"),
        *("--http-interface=127.0.0.1", "--max-cron-threads=1"),
    )
    with log.open("wb") as file:
        child = start(command, stdout=file, stderr=file, env=suite.environ, cwd=REPO)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(url, child, log)
        yield url, child
    finally:
        stop(child)


def _wait_until_up(url: str, child: subprocess.Popen, log: Path, patience: float = 180) -> None:
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        if child.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{url}/web/login", timeout=60).close()
            return
        time.sleep(0.3)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
    raise Problem(f"{tail}\nOdoo did not start to serve; its log: {log}")


def logins() -> list[tuple[str, str, str]]:
    """Return the demo's people: role, login, password."""
    spec = importlib.util.spec_from_file_location("demo_job", JOB)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(REPO))
    spec.loader.exec_module(module)
    return list(module.LOGINS)


def _serve(suite: Suite, database: str) -> None:
    say("web client: starting")
    with serving(suite, database, int(os.environ.get("PORT") or 8069)) as (url, child):
        print(f"\n  {url}\n")
        for role, login, password in logins():
            print(f"  {role:<14} {login:<24} password {password}")
        print("\n  Ctrl-C stops it.\n", flush=True)
        child.wait()
        raise Problem(f"Odoo ended by itself; its log: {LOGS / 'serve.log'}")


@contextlib.contextmanager
def opened(python: Path):
    """Yield a `Suite` and put everything away afterwards."""
    suite = Suite(python)
    try:
        yield suite
    finally:
        suite.close()


def command(python: Path) -> None:
    """`make demo`: the main job from nothing, its table, then the web client."""
    given = inputs()
    serve = os.environ.get("SERVE") != "0"
    if not fetch.find_wkhtmltopdf():
        say(fetch.missing_program("wkhtmltopdf", "the demo's PDFs are not made"))
    with opened(python) as suite:
        database = _demo_database(suite, given)
        with _warming(suite, database) if serve else contextlib.nullcontext():
            say("main job: from the planning spreadsheet to the posted invoice")
            _run_job(suite, database, given)
        if serve:
            _serve(suite, database)


def _last_or_new(suite: Suite) -> str:
    """Return the last demo's database, made with its main job when there is none."""
    notes = json.loads(_NOTES.read_text()) if _NOTES.exists() else {}
    if databases.is_ready(notes.get("last", "none")):
        return notes["last"]
    database = _demo_database(suite, inputs())
    _run_job(suite, database, inputs())
    return database


def serve_command(python: Path) -> None:
    """`make serve`: the web client on the demo's database."""
    with opened(python) as suite:
        _serve(suite, _last_or_new(suite))


def shell_command(python: Path) -> None:
    """`make shell`: Odoo's Python shell on the demo's database."""
    with opened(python) as suite:
        line = [str(python), "-m", "odoo", "shell", "-c", str(suite.conf), "-d"]
        line += [_last_or_new(suite), "--no-http"]
        # In the foreground, so that the terminal is the shell's own.
        sys.exit(subprocess.run(line, env=suite.environ, check=False).returncode)


def screenshots_command(python: Path) -> None:
    """`make screenshots`: draw docs/screenshots from the demo."""
    chromium = fetch.find_chromium()
    if not chromium:
        raise Problem(fetch.missing_program("chromium", "no screenshot can be drawn"))
    os.environ["CHROMIUM"] = chromium
    with opened(python) as suite:
        database = _demo_database(suite, inputs())
        with _warming(suite, database):
            _run_job(suite, database, inputs())
        with serving(suite, database, name="screenshots") as (url, _child):
            say("screenshots: drawing")
            script = str(REPO / "tools" / "screenshots.py")
            environ = {**suite.environ, **fetch.playwright_environ(python)}
            code, output = call([str(python), script, url], env=environ, cwd=REPO)
            print(output)
            if code:
                raise Problem("The screenshots were not all drawn; the reason is above.")
    _show_in_readme()


def _show_in_readme() -> None:
    """Rewrite the README's table of screenshots: one row a screen, desktop and phone."""
    folder = REPO / "docs" / "screenshots"
    rows = ["| screen | desktop | phone |", "| --- | --- | --- |"]
    names = sorted({path.stem.rsplit("-", 1)[0] for path in folder.glob("*-*.png")})
    for name in names:
        cells = []
        for size, width in (("desktop", 480), ("phone", 150)):
            path = folder / f"{name}-{size}.png"
            source = path.relative_to(REPO)
            alt = f"{name} ({size})"
            cells.append(f'<img src="{source}" width="{width}" alt="{alt}">' * path.exists())
        rows.append(f"| {name.replace('_', ' ').replace('-', ' ')} | {' | '.join(cells)} |")
    readme = REPO / "README.md"
    first, _old, last = re.split(
        r"(?<=<!-- screenshots -->\n)(.*?)(?=<!-- /screenshots -->)", readme.read_text(), flags=re.S
    )
    readme.write_text(first + "\n".join(rows) + "\n" + last)
