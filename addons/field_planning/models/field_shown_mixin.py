from contextlib import contextmanager

from odoo import models
from odoo.tools import SQL

from .field_mission_shown import LIVE_KEY, LIVE_TOKEN

READING = "field_planning.reading_shown"


class FieldShownMixin(models.AbstractModel):
    """Values that the planner's draft changes, as they were published, for who is no planner.

    Reads put the published values into the cache for a moment; searches, orders and groups find
    nothing there while a draft differs from what was published.
    """

    _name = "field.shown.mixin"
    _description = "Values as they were published"

    def _get_shown_names(self):
        """Return the names of the fields that tell of a draft (hook)."""
        return ()

    def _get_shown_values(self):
        """Return what was published of the records of which a draft differs (hook, sudo).

        :return: ``{record: {field name: value}}``; records without a draft are left out
        """
        return {}

    def _get_draft_sql(self, alias):
        """Return a condition in SQL: a draft differs from what was published (hook).

        :param alias: table of the records
        """
        raise NotImplementedError

    def _sees_published_only(self):
        return self.env["field.mission"]._sees_published_only()

    # ------------------------------------------------------------------ queries

    def _field_to_sql(self, alias, field_expr, query=None):
        live = super()._field_to_sql(alias, field_expr, query)
        name = field_expr.partition(".")[0]
        if (
            name not in self._get_shown_names()
            or not self._fields[name].column_type
            or self.env.context.get(LIVE_KEY) is LIVE_TOKEN
            or not self._sees_published_only()
        ):
            return live
        return SQL("(CASE WHEN %s THEN NULL ELSE %s END)", self._get_draft_sql(alias), live)

    def _fetch_query(self, query, fields):
        # The cache belongs to the whole transaction: what it holds is the planner's plan.
        live = self.with_context(**{LIVE_KEY: LIVE_TOKEN})
        return super(FieldShownMixin, live)._fetch_query(query, fields).with_env(self.env)

    # ------------------------------------------------------------------ values

    def _read_format(self, fnames, load="_classic_read"):
        with self._as_shown():
            return super()._read_format(fnames, load)

    def web_read(self, specification):
        """Read as the web client does; technicians get what was published."""
        with self._as_shown():
            return super().web_read(specification)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        with self._as_shown():
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    @contextmanager
    def _as_shown(self):
        """Let the cache hold what was published of these records, while they are read."""
        reading = self.env.cr.cache.setdefault(f"{READING}.{self._name}", set())
        shown = {}
        if self and self._sees_published_only():
            asked = self._origin.exists().sudo().filtered(lambda one: one.id not in reading)
            shown = asked._get_shown_values()
        if not shown:
            yield
            return
        records = self.sudo().browse([record.id for record in shown])
        reading.update(records.ids)
        names = self._get_shown_names()
        # Nothing may be pending: what is put into the cache below is never written.
        records.flush_recordset()
        try:
            for record, values in shown.items():
                for name, value in values.items():
                    field = self._fields[name]
                    field._update_cache(record, field.convert_to_cache(value, record))
            yield
        finally:
            reading.difference_update(records.ids)
            records.invalidate_recordset(names, flush=False)
