"""What a database holds, to compare before and after: an uninstall must leave nothing behind."""

from __future__ import annotations

import contextlib

# Rows that come and go with any work at all, and those that say nothing by their number.
_NOISE = {
    "bus_bus",
    "bus_presence",
    "ir_cron_progress",
    # Looked at by `structure`: external ids, and constraints as PostgreSQL has them. Odoo leaves
    # its notes of constraints on other modules' tables, for its own applications too.
    "ir_model_constraint",
    "ir_model_data",
    "ir_cron_trigger",
    "ir_logging",
    "ir_profile",
    "mail_presence",
    "res_device_log",
    "res_users_log",
}
_COUNTED = {
    "ir_attachment": "url IS NULL OR url NOT LIKE '/web/assets/%'",
    "ir_model_fields": "related IS NULL OR store",
}
_STRUCTURE = {
    "table": "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm', 'f')",
    "sequence": "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE nspname = 'public' AND relkind = 'S'",
    "index": "SELECT indexname || ' on ' || tablename FROM pg_indexes WHERE schemaname = 'public'",
    "column": "SELECT table_name || '.' || column_name || ' ' || data_type || ' nullable '"
    " || is_nullable FROM information_schema.columns WHERE table_schema = 'public'",
    "constraint": "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint"
    " JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = 'public'",
    "function": "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
    " WHERE nspname = 'public'",
    "trigger": "SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal",
    # Two things Odoo does to its own applications as well. It notes what a model gets from a mixin
    # (mail.thread…) under the mixin's module, and forgets these notes at uninstall; the records
    # are gone. And it drops its notes of inherited fields without a column whose compute has read
    # a field of the uninstalled module, until the next upgrade of theirs.
    "external id": "SELECT module || '.' || name FROM ir_model_data d"
    " WHERE module LIKE 'field\\_%' OR (name !~ '^(selection|model_inherit)__' AND NOT EXISTS"
    " (SELECT FROM ir_model_fields f WHERE d.model = 'ir.model.fields' AND f.id = d.res_id"
    " AND f.related IS NOT NULL AND NOT f.store))",
}


@contextlib.contextmanager
def _cursor(database: str):
    import psycopg2

    with contextlib.closing(psycopg2.connect(dbname=database)) as connection:
        yield connection.cursor()


def structure(database: str) -> dict[str, set[str]]:
    """Return tables, columns, indexes, constraints, triggers and external ids, by kind."""
    found = {}
    with _cursor(database) as cursor:
        for kind, sql in _STRUCTURE.items():
            cursor.execute(sql)
            found[kind] = {name for (name,) in cursor.fetchall()}
    return found


def _tables(cursor) -> list[tuple[str, bool]]:
    cursor.execute(
        "SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE attrelid = c.oid"
        " AND attname = 'write_date' AND NOT attisdropped)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind = 'r'"
    )
    return sorted(
        (name, dated)
        for name, dated in cursor.fetchall()
        # The signalling tables count the times that caches were emptied.
        if name not in _NOISE and not name.startswith("orm_signaling_")
    )


def rows(database: str, *, dated: bool = False) -> dict[str, tuple]:
    """Return ``{table: (number of rows, last change)}``; asset bundles don't count.

    :param dated: look at the last change too, for records must not even be written again
    """
    found = {}
    with _cursor(database) as cursor:
        for table, has_date in _tables(cursor):
            last = "max(write_date)::text" if dated and has_date else "''"
            where = _COUNTED.get(table, "true")
            cursor.execute(f'SELECT count(*), {last} FROM "{table}" WHERE {where}')
            found[table] = cursor.fetchone()
    return found


def left_behind(before: dict[str, set[str]], after: dict[str, set[str]]) -> list[str]:
    """Return what the second look has that the first had not, and the reverse."""
    problems = []
    for kind in _STRUCTURE:
        problems += [f"{kind} left behind: {name}" for name in sorted(after[kind] - before[kind])]
        problems += [f"{kind} lost: {name}" for name in sorted(before[kind] - after[kind])]
    return problems


def changed_rows(before: dict[str, tuple], after: dict[str, tuple]) -> list[str]:
    """Return the tables whose rows differ, among those that both looks have."""

    def shown(values: tuple) -> str:
        return " ".join(str(value) for value in values if value)

    return [
        f"{table}: {shown(before[table])} → {shown(after[table])}"
        for table in sorted(before.keys() & after.keys())
        if before[table] != after[table]
    ]
