"""Odoo with the suite on its addons path: how to start it and which databases it has."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from . import databases, fetch
from .base import CACHE, LOGS, REPO, Problem, call, digest, locked, say, start
from .postgres import embedded_bin, ensure_server

ROOT = "field_suite"
COUNTRY, LANGUAGE = "FR", "fr_FR"
# What a French company has beside what our manifests ask for.
LOCALISATION = ("l10n_fr_account",)


def manifests(folder: Path = REPO) -> dict[str, dict]:
    """Return the manifest of each of the suite's modules, the root last."""
    files = {path.parent.name: path for path in sorted(folder.glob("addons/*/__manifest__.py"))}
    files[ROOT] = folder / "__manifest__.py"
    return {name: ast.literal_eval(path.read_text()) for name, path in files.items()}


def dependencies(modules: list[str] | None = None) -> list[str]:
    """Return what these modules of ours (default all) need of Odoo, theirs through ours too."""
    known = manifests()
    todo, seen = list(modules or known), set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += known[name]["depends"] if name in known else []
    return sorted(seen - set(known))


@dataclass
class Suite:
    """One run's way to Odoo: interpreter, server, configuration, programs."""

    python: Path
    odoo: Path = field(default_factory=fetch.fetch_odoo)
    addons: Path = REPO
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="field-suite-")))

    def __post_init__(self):
        fetch.place_leaflet(self.python)
        self.server = ensure_server()
        os.environ.update(self.server)
        (self.folder / "root").mkdir()
        (self.folder / "root" / ROOT).symlink_to(self.addons)
        self.conf = self.write_conf(self.folder / "odoo.conf", self.addons, self.folder / "root")

    def close(self) -> None:
        """Remove the run's own files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def write_conf(self, path: Path, addons: Path, root: Path) -> Path:
        """Write an Odoo configuration whose suite lies in ``addons`` and ``root``."""
        places = [self.odoo / "odoo" / "addons", self.odoo / "addons", addons / "addons", root]
        lines = {
            "addons_path": ",".join(str(place) for place in places if place.is_dir()),
            "data_dir": CACHE / "data",
            "db_host": self.server.get("PGHOST", ""),
            "db_port": self.server.get("PGPORT", ""),
            "db_user": self.server.get("PGUSER", ""),
            "db_password": self.server.get("PGPASSWORD", ""),
            "http_interface": "127.0.0.1",
            "list_db": False,
            "max_cron_threads": 0,
            "limit_time_real": 3600,
            "limit_time_cpu": 3600,
        }
        text = "".join(f"{key} = {value}\n" for key, value in lines.items() if value != "")
        path.write_text(f"[options]\n{text}")
        path.chmod(0o600)
        return path

    @cached_property
    def environ(self) -> dict[str, str]:
        """Return the environment of Odoo's processes."""
        path = [str(self.python.parent), str(embedded_bin()), os.environ["PATH"]]
        chromium = os.environ.get("CHROMIUM")
        if chromium and Path(chromium).name not in fetch.CHROMIUM_NAMES:
            # Odoo looks for a browser by its usual name.
            programs = self.folder / "bin"
            programs.mkdir()
            (programs / "chromium").symlink_to(chromium)
            path.insert(0, str(programs))
        elif chromium:
            path.append(str(Path(chromium).parent))
        return {
            **os.environ,
            "PATH": ":".join(path),
            "PYTHONPATH": str(self.odoo),
            "PYTHONWARNINGS": "ignore",
            "PYTHONUNBUFFERED": "1",
            # Nothing is written into the checkout or a given Odoo tree.
            "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }

    def command(self, *args: str, conf: Path | None = None) -> list[str]:
        """Return the command line of Odoo's server."""
        return [str(self.python), "-m", "odoo", "-c", str(conf or self.conf), *args]

    def odoo_run(
        self, name: str, *args: str, conf: Path | None = None, timeout: float = 3600
    ) -> tuple[int, str, Path]:
        """Run Odoo to its end; return its exit code, its log and where the log lies."""
        log = LOGS / f"{name}.log"
        code, text = call(
            self.command(*args, conf=conf), log=log, env=self.environ, cwd=REPO, timeout=timeout
        )
        return code, text, log

    def odoo_command(self, name: str, *args: str) -> str:
        """Run one of Odoo's sub-commands (`db`, `module`, `i18n`) to its end."""
        log = LOGS / f"{name}.log"
        command = [str(self.python), "-m", "odoo", *args]
        code, text = call(command, log=log, env=self.environ, cwd=REPO)
        if code:
            raise Problem(f"{_tail(text)}\n`odoo {' '.join(args[:2])}` ended with {code}: {log}")
        return text

    def install(self, name: str, database: str, modules: list[str], **options) -> tuple[str, Path]:
        """Install modules on a database; return the log.

        :raise Problem: when Odoo fails.
        """
        code, text, log = self.odoo_run(
            name,
            "-d",
            database,
            "-i",
            ",".join(modules),
            "--no-http",
            "--stop-after-init",
            **options,
        )
        if code:
            raise Problem(f"{_tail(text)}\nOdoo could not install {', '.join(modules)}: {log}")
        return text, log

    def run_script(
        self,
        script: str,
        database: str,
        *args: str,
        log: Path | None = None,
        conf: Path | None = None,
    ) -> int:
        """Run ``main(env, *args)`` of a Python file in an Odoo environment; return its exit code.

        :param log: where its output goes; shown when there is none
        """
        command = [str(self.python), "-m", "tools.in_odoo", str(conf or self.conf), database]
        command += [script, *args]
        if log:
            return call(command, log=log, env=self.script_environ, cwd=REPO)[0]
        child = start(command, env=self.script_environ, cwd=REPO)
        return child.wait()

    @property
    def script_environ(self) -> dict[str, str]:
        """Return the environment of scripts that import Odoo and these tools."""
        return {**self.environ, "PYTHONPATH": f"{self.odoo}:{REPO}"}

    # --- templates ---

    @cached_property
    def odoo_key(self) -> str:
        """Return what identifies the Odoo tree: the cached package, or a given tree's state."""
        if CACHE in self.odoo.parents:
            return self.odoo.relative_to(CACHE).parts[0]
        commit = subprocess.run(
            ["git", "-C", str(self.odoo), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return f"{self.odoo} {commit or (self.odoo / 'odoo/release.py').stat().st_mtime}"

    def template(
        self,
        kind: str,
        modules: list[str],
        *,
        parent: str | None = None,
        init: tuple[str, ...] = (),
        what: str = "",
        conf: Path | None = None,
        key: str = "",
    ) -> str:
        """Return a template database with these modules of Odoo, built the first time.

        :param parent: the template it is copied from, none to start from nothing
        :param init: options of ``odoo db init`` for one that starts from nothing
        :param conf: configuration that knows further addons, whose versions ``key`` identifies
        """
        key = digest(self.odoo_key, parent or "", *init, *sorted(modules), *filter(None, [key]))
        name = f"{databases.PREFIX}{kind}_{key}"
        with locked(f"template-{kind}"):
            if not databases.is_ready(name):
                say(f"database: {what or kind}: installing {len(modules)} modules of Odoo")
                self._build_template(name, kind, modules, parent, init, conf or self.conf)
            else:
                (databases.FILES / name).touch()
        databases.drop_outdated(kind, {name})
        return name

    def _build_template(self, name, kind, modules, parent, init, conf) -> None:
        building = f"{databases.PREFIX}{kind}_building"
        databases.drop(name)
        databases.drop(building)
        if parent:
            databases.copy(parent, building)
        else:
            self.odoo_command(f"init-{kind}", "db", "-c", str(conf), "init", building, *init)
            databases.mark(building)
        if modules:
            self.install(f"template-{kind}", building, modules, conf=conf)
        databases.rename(building, name)

    @cached_property
    def deps(self) -> str:
        """Return the template of a French company with all that the suite depends on."""
        modules = sorted({*dependencies(), *LOCALISATION})
        init = ("--country", COUNTRY, "--language", LANGUAGE)
        return self.template("deps", modules, init=init, what="a French company")


def _tail(text: str, lines: int = 30) -> str:
    kept = [line for line in text.splitlines() if not re.search(r" (DEBUG|INFO) ", line)]
    return "\n".join(kept[-lines:])
