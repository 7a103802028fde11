"""Rows that the database itself refuses to change or delete, whoever asks."""

from odoo.tools import SQL


def guard_table(cr, table, message, name=None, allowed=None):
    """Set the triggers that keep a table's rows; safe to call again at each upgrade.

    :param cr: cursor
    :param table: name of the table
    :param message: what the refusal says; the operation follows it
    :param name: what the function and its triggers are named after (default: the table), see
        ``hooks.GUARDED``
    :param allowed: SQL condition on ``OLD`` and ``NEW`` under which an update passes (default: none)
    """
    name = name or table
    exception = SQL(
        "IF TG_OP = 'UPDATE' AND (%s) THEN RETURN NEW; END IF;", allowed or SQL("FALSE")
    )
    cr.execute(
        SQL(
            """
            CREATE OR REPLACE FUNCTION %(guard)s() RETURNS trigger AS $$
            BEGIN
                %(exception)s
                RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
                    MESSAGE = %(message)s || ': ' || TG_OP;
            END $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS %(rows)s ON %(table)s;
            CREATE TRIGGER %(rows)s BEFORE UPDATE OR DELETE
                ON %(table)s FOR EACH ROW EXECUTE FUNCTION %(guard)s();
            DROP TRIGGER IF EXISTS %(whole)s ON %(table)s;
            CREATE TRIGGER %(whole)s BEFORE TRUNCATE
                ON %(table)s FOR EACH STATEMENT EXECUTE FUNCTION %(guard)s();
            """,
            guard=SQL.identifier(f"{name}_guard"),
            rows=SQL.identifier(f"{name}_rows"),
            whole=SQL.identifier(f"{name}_table"),
            table=SQL.identifier(table),
            exception=exception,
            message=message,
        )
    )
