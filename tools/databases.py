"""Databases with their files: templates built once, copies made in a second.

Every database made here is named ``field_suite_…`` and carries a comment that says so; nothing
else on the server is ever dropped, renamed or written to.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from .base import CACHE, Problem

PREFIX = "field_suite_"
MARK = "field-suite: made by its tools, may be dropped"
FILES = CACHE / "data" / "filestore"
# Databases of one run, in a file of its process, so that a later run clears what a killed one left.
_RUNS = CACHE / "runs"


@contextlib.contextmanager
def _server():
    import psycopg2

    with contextlib.closing(psycopg2.connect(dbname="postgres")) as connection:
        connection.autocommit = True
        yield connection.cursor()


def _quoted(name: str) -> str:
    if not name.startswith(PREFIX) or not name.replace("_", "").isalnum():
        raise Problem(f"{name} is no database of these tools.")
    return f'"{name}"'


def ours() -> set[str]:
    """Return the names of the databases that these tools made."""
    with _server() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s"
            " AND shobj_description(oid, 'pg_database') = %s",
            (PREFIX.replace("_", r"\_") + "%", MARK),
        )
        return {name for (name,) in cursor.fetchall()}


def mark(name: str) -> None:
    """Note on the database that these tools made it."""
    with _server() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {_quoted(name)} IS %s", (MARK,))


def is_ready(name: str) -> bool:
    """Say whether the database is there, made by us, with its files."""
    return name in ours() and (FILES / name).is_dir()


def copy(template: str, name: str) -> str:
    """Copy a database and its files (as hard links: Odoo never changes a stored file)."""
    import psycopg2

    with _server() as cursor:
        for attempt in range(20):
            try:
                cursor.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template)}")
                break
            except psycopg2.errors.ObjectInUse:
                # Someone else is copying it, or its last connection is just closing.
                if attempt == 19:
                    raise
                time.sleep(0.5)
    mark(name)
    shutil.rmtree(FILES / name, ignore_errors=True)
    shutil.copytree(FILES / template, FILES / name, copy_function=os.link)
    return name


def rename(name: str, to: str) -> str:
    """Give a database and its files their final name."""
    with _server() as cursor:
        cursor.execute(f"ALTER DATABASE {_quoted(name)} RENAME TO {_quoted(to)}")
    shutil.rmtree(FILES / to, ignore_errors=True)
    (FILES / name).mkdir(parents=True, exist_ok=True)
    (FILES / name).rename(FILES / to)
    return to


def drop(name: str) -> None:
    """Drop a database of ours with its files; leave any other alone."""
    import psycopg2

    if name in ours():
        with _server() as cursor:
            for attempt in range(60):
                try:
                    cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
                    break
                except psycopg2.errors.InsufficientPrivilege:
                    # The server's own vacuum is in it: nobody may end that, it ends by itself.
                    if attempt == 59:
                        raise
                    time.sleep(1)
    shutil.rmtree(FILES / name, ignore_errors=True)


def query(name: str, sql: str, *args) -> list[tuple]:
    """Return the rows of one query on one database."""
    import psycopg2

    with contextlib.closing(psycopg2.connect(dbname=name)) as connection:
        cursor = connection.cursor()
        cursor.execute(sql, args or None)
        return cursor.fetchall()


class Scratch:
    """The databases of one run, all dropped at its end, or by a later run if it is killed."""

    def __init__(self):
        self._list = _RUNS / str(os.getpid())
        self._names: list[str] = []
        _RUNS.mkdir(parents=True, exist_ok=True)
        _clear_dead_runs()

    def name(self, purpose: str) -> str:
        """Return a name that no other run uses, noted for removal."""
        name = f"{PREFIX}run{os.getpid()}_{purpose.replace('-', '_')}"
        self._names.append(name)
        self._list.write_text("\n".join(self._names))
        return name

    def drop(self, name: str) -> None:
        """Drop one of the run's databases before its end."""
        drop(name)
        self._names.remove(name)

    def close(self) -> None:
        """Drop all of the run's databases."""
        for name in self._names:
            drop(name)
        self._list.unlink(missing_ok=True)


def _clear_dead_runs() -> None:
    for file in _RUNS.iterdir():
        if file.name.isdigit() and not Path("/proc", file.name).exists():
            for name in file.read_text().split():
                drop(name)
            file.unlink(missing_ok=True)


def drop_outdated(kind: str, keep: set[str], days: int = 14) -> None:
    """Drop templates of one kind that nothing has used for some time."""
    for name in ours():
        folder = FILES / name
        if name.startswith(f"{PREFIX}{kind}_") and name not in keep and folder.exists():
            if time.time() - folder.stat().st_mtime > days * 86400:
                drop(name)
