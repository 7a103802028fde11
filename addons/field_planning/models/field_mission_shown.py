from contextlib import contextmanager
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.field_mission.core.slots import utc_to_local

PLANNER = "field_mission.group_field_planner"
TECHNICIAN = "field_mission.group_field_technician"
# Told by the planner's draft alone: empty for whoever was shown another plan.
BLANK = ("tour_id", "tour_conflict", "is_in_conflict", "travel_minutes", "travel_km", "delay_state",
         "expected_start", "delay_minutes", "breaks_promise", "to_reassign", "reassign_since",
         "reassign_data", "reassign_reason", "is_locked")  # fmt: skip
PLAN = ("planned_start", "planned_end", "planned_duration", "planned_date", "mission_date",
        "technician_id", "helper_ids", "team_id", "plan_version")  # fmt: skip
# A plain object can't be sent over RPC: nobody outside this file asks for the planner's draft.
LIVE_KEY = "field_planning_live_plan"
LIVE_TOKEN = object()
READING = "field_planning.as_shown"


class FieldMissionShown(models.Model):
    """Technicians read the plan that was published, wherever they look.

    While a change of a published mission is a draft, those who are no planners get the published
    plan in its place: in lists and forms, exports, searches, orders and groups, over RPC too. The
    code itself goes on with the planner's plan; ``_field_to_sql`` answers queries, and the cache
    holds what was published while values are read for them.
    """

    _inherit = "field.mission"

    @api.model
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
            (name in PLAN or name in BLANK)
            and self._fields[name].column_type
            and self.env.context.get(LIVE_KEY) is not LIVE_TOKEN
            and self._sees_published_only()
        )
        if not hidden:
            return super()._field_to_sql(alias, field_expr, query)
        sql = self._get_shown_sql(alias, name, super()._field_to_sql(alias, name, query))
        if part:
            return self._fields[name].property_to_sql(sql, part, self, alias, query)
        return sql

    def _get_shown_sql(self, alias, name, live):
        """Return the published value of a column where it differs from the planner's."""

        def column(column_name):
            return super(FieldMissionShown, self)._field_to_sql(alias, column_name)

        start, hours = column("published_start"), column("published_duration")
        day = SQL(
            """(%s AT TIME ZONE 'UTC' AT TIME ZONE (
                SELECT COALESCE(place.tz, head.tz, 'Europe/Paris')
                  FROM res_company AS firm
                  JOIN res_partner AS head ON head.id = firm.partner_id
                  LEFT JOIN res_partner AS place ON place.id = %s
                 WHERE firm.id = %s))::date""",
            start,
            column("site_id"),
            column("company_id"),
        )
        shown = {
            "planned_start": start,
            "planned_duration": hours,
            "planned_end": SQL(
                "(%s + make_interval(mins => ROUND((%s * 60)::numeric)::int))", start, hours
            ),
            "planned_date": day,
            "mission_date": day,
            "technician_id": column("published_technician_id"),
            "team_id": SQL(
                "CASE WHEN %s = %s THEN %s END",
                column("published_technician_id"),
                column("technician_id"),
                live,
            ),
            "plan_version": column("published_version"),
        }
        return SQL(
            "(CASE WHEN %s AND %s = 'changed' AND %s IS NOT NULL THEN %s ELSE %s END)",
            column("published"),
            column("publish_state"),
            start,
            shown.get(name, SQL("NULL")),
            live,
        )

    def _fetch_query(self, query, fields):
        # The cache belongs to the whole transaction: what it holds is the planner's plan.
        live = self.with_context(**{LIVE_KEY: LIVE_TOKEN})
        return super(FieldMissionShown, live)._fetch_query(query, fields).with_env(self.env)

    @api.model
    def _search(self, domain, *args, **kwargs):
        if self._sees_published_only():
            domain = Domain(domain).map_conditions(self._map_helpers)
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _map_helpers(self, condition):
        """Helpers are in a table of their own: ask for those who were published."""
        name, _dot, part = condition.field_expr.partition(".")
        if name != "helper_ids":
            return condition
        path = f"published_helper_ids.{part}" if part else "published_helper_ids"
        otherwise = Domain("is_published_otherwise", "=", True)
        shown = Domain(path, condition.operator, condition.value)
        return (otherwise & shown) | (~otherwise & condition)

    def _read_group_groupby(self, alias, groupby_spec, query):
        if groupby_spec.split(":")[0].split(".")[0] == "helper_ids" and self._sees_published_only():
            raise AccessError(self.env._("Only planners group missions by helper."))
        return super()._read_group_groupby(alias, groupby_spec, query)

    # ------------------------------------------------------------------ values

    def _read_format(self, fnames, load="_classic_read"):
        with self._as_shown():
            return super()._read_format(fnames, load)

    def web_read(self, specification):
        """Read as the web client does; technicians get the plan that was published."""
        with self._as_shown():
            return super().web_read(specification)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        with self._as_shown():
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def onchange(self, values, field_names, fields_spec):
        """Answer forms being filled in; who may write no mission fills in none.

        :raises AccessError: the user may neither create nor change missions
        """
        if self._sees_published_only():
            self.check_access("write")
        return super().onchange(values, field_names, fields_spec)

    @contextmanager
    def _as_shown(self):
        """Let the cache hold what was published of these missions, while they are read."""
        reading = self.env.cr.cache.setdefault(READING, set())
        drafts = self.browse()
        if self and self._sees_published_only():
            drafts = self._origin.exists().sudo().filtered("is_published_otherwise")
            drafts = drafts.filtered(lambda m: m.id not in reading)
        if not drafts:
            yield
            return
        stored = [name for name in (*PLAN, *BLANK) if self._fields[name].store]
        derived = [
            name for name, field in self._fields.items() if field.compute and not field.store
        ]
        # Nothing may be pending: what is put into the cache below is never written.
        drafts.flush_recordset()
        drafts.invalidate_recordset(derived, flush=False)
        shown = {mission: mission._get_shown_values() for mission in drafts}
        reading.update(drafts.ids)
        try:
            for mission, values in shown.items():
                for name, value in values.items():
                    field = self._fields[name]
                    field._update_cache(mission, field.convert_to_cache(value, mission))
            yield
        finally:
            reading.difference_update(drafts.ids)
            drafts.invalidate_recordset([*stored, *derived], flush=False)

    def _get_shown_values(self):
        """Return what one mission's people were shown, as field values (sudo)."""
        self.ensure_one()
        start, hours = self.published_start, self.published_duration
        day = utc_to_local(start, self._get_tz()).date()
        same = self.published_technician_id == self.technician_id
        return {
            **dict.fromkeys(BLANK, False),
            "planned_start": start,
            "planned_duration": hours,
            "planned_end": start + timedelta(minutes=round(hours * 60)),
            "planned_date": day,
            "mission_date": day,
            "technician_id": self.published_technician_id,
            "helper_ids": self.published_helper_ids,
            "team_id": self.team_id if same else False,
            "plan_version": self.published_version,
        }

    def _get_order_plan(self):
        """The printed order says what was published to whoever is no planner."""
        plan = super()._get_order_plan()
        if self._sees_published_only() and self.sudo().is_published_otherwise:
            shown = self.sudo()._get_shown_values()
            plan.update(
                start=shown["planned_start"],
                end=shown["planned_end"],
                technician=shown["technician_id"].name,
                helpers=shown["helper_ids"].mapped("name"),
            )
        return plan
