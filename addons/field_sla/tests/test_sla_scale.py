from odoo.tests import tagged
from odoo.tools import SQL

from ..models.field_request_sla import BATCH
from .common import SlaCommon, at

OPEN_REQUESTS = 100_000


@tagged("post_install", "-at_install", "-standard", "nightly")
class TestSlaScale(SlaCommon):
    """A hundred thousand open requests: the cron asks for what crossed a limit, not for all."""

    def _names(self, table, *without):
        rows = self.env.execute_query(
            SQL("SELECT column_name FROM information_schema.columns WHERE table_name = %s", table)
        )
        return [SQL.identifier(name) for (name,) in rows if name not in ("id", *without)]

    def _fill(self, count):
        """Copy one request and its target ``count`` times, in the database itself."""
        with at("2026-12-01 08:00"):
            line = self._line(self._mission("2026-12-01 08:00"))
        self.env.flush_all()
        comma = SQL(", ")
        columns = comma.join(self._names("field_request", "description"))
        self.cr.execute(
            SQL(
                "INSERT INTO field_request (%s, description) SELECT %s, 'scale'"
                " FROM field_request, generate_series(1, %s) WHERE id = %s",
                columns,
                columns,
                count,
                line.request_id.id,
            )
        )
        names = self._names("field_request_sla", "request_id")
        self.cr.execute(
            SQL(
                "INSERT INTO field_request_sla (%s, request_id) SELECT %s, r.id"
                " FROM field_request_sla s, field_request r"
                " WHERE s.id = %s AND r.description = 'scale'",
                comma.join(names),
                comma.join(SQL("s.%s", name) for name in names),
                line.id,
            )
        )
        self.env.invalidate_all()
        return self.env["field.request.sla"].search([("request_id.description", "=", "scale")])

    def _count(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_a_hundred_thousand(self):
        lines = self._fill(OPEN_REQUESTS)
        self.assertEqual(len(lines), OPEN_REQUESTS)
        with at("2026-12-01 09:00"):
            self.assertEqual(self._count(lines._cron_check), 1, "nothing crossed a limit")
        with at("2026-12-01 11:00"):
            lines[:10]._check_due()
            rest = lines[10:]
            counts = [
                self._count(rest[start : start + BATCH]._check_due)
                for start in (0, BATCH, 2 * BATCH)
            ]
        self.assertLess(max(counts) - min(counts), 6, f"queries of three batches: {counts}")
        self.assertLess(max(counts), BATCH / 4)
        told = lines[: 10 + 3 * BATCH]
        self.assertTrue(all(told.mapped("date_warned")))
        self.assertFalse(any(lines[10 + 3 * BATCH :].mapped("date_warned")))
