from contextlib import contextmanager

from odoo import models
from odoo.tools import SQL

PLANNER = "field_mission.group_field_planner"
TECHNICIAN = "field_mission.group_field_technician"
# A plain object can't be sent over RPC: nobody outside this file asks for the planner's draft.
LIVE_KEY = "field_planning_live_plan"
LIVE_TOKEN = object()
READING = "field_planning.reading_shown"


class FieldShownMixin(models.AbstractModel):
    """Values that the planner's draft changes, as they were published, for who is no planner.

    Reads put the published values into the cache for a moment; searches, orders and groups find
    what was published, or nothing, while a draft differs from it. The code itself goes on with the
    planner's plan.
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

    def _get_derived_names(self):
        """Return the names of fields to work out again from what is shown (hook)."""
        return ()

    def _get_draft_sql(self, alias):
        """Return a condition in SQL: a draft differs from what was published (hook).

        :param alias: table of the records
        """
        raise NotImplementedError

    def _get_published_sql(self, alias, name, live):
        """Return in SQL what was published of a column, where a draft differs from it (hook).

        :param alias: table of the records
        :param name: name of the field
        :param live: the column itself, in SQL
        """
        return SQL("NULL")

    def _sees_published_only(self):
        """Whether the current user is one of those who are shown a plan, and no planner."""
        user = self.env.user
        return (
            not self.env.su
            and not user.has_group(PLANNER)
            and (user.share or user.has_group(TECHNICIAN))
        )

    # ------------------------------------------------------------------ queries

    def _field_to_sql(self, alias, field_expr, query=None):
        name, _dot, part = field_expr.partition(".")
        hidden = (
            name in self._get_shown_names()
            and self._fields[name].column_type
            and self.env.context.get(LIVE_KEY) is not LIVE_TOKEN
            and self._sees_published_only()
        )
        if not hidden:
            return super()._field_to_sql(alias, field_expr, query)
        live = super()._field_to_sql(alias, name, query)
        sql = SQL(
            "(CASE WHEN %s THEN %s ELSE %s END)",
            self._get_draft_sql(alias),
            self._get_published_sql(alias, name, live),
            live,
        )
        return self._fields[name].property_to_sql(sql, part, self, alias, query) if part else sql

    def _get_live_sql(self, alias, name):
        """Return a column as the planner's plan has it, in SQL."""
        return self.with_context(**{LIVE_KEY: LIVE_TOKEN})._field_to_sql(alias, name)

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
        derived = self._get_derived_names()
        # Nothing may be pending: what is put into the cache below is never written.
        records.flush_recordset()
        records.invalidate_recordset(derived, flush=False)
        try:
            for record, values in shown.items():
                for name, value in values.items():
                    field = self._fields[name]
                    field._update_cache(record, field.convert_to_cache(value, record))
            yield
        finally:
            reading.difference_update(records.ids)
            records.invalidate_recordset([*self._get_shown_names(), *derived], flush=False)
