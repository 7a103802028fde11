from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.field_mission.core.slots import utc_to_local

# Told by the planner's draft alone: empty for whoever was shown another plan.
BLANK = ("tour_id", "tour_conflict", "is_in_conflict", "travel_minutes", "travel_km", "delay_state",
         "expected_start", "delay_minutes", "breaks_promise", "to_reassign", "reassign_since",
         "reassign_data", "reassign_reason", "is_locked")  # fmt: skip
PLAN = ("planned_start", "planned_end", "planned_duration", "planned_date", "mission_date",
        "technician_id", "helper_ids", "team_id", "plan_version")  # fmt: skip


class FieldMissionShown(models.Model):
    """Technicians read the plan that was published, wherever they look.

    While a change of a published mission is a draft, those who are no planners get the published
    plan in its place: in lists and forms, exports, searches, orders and groups, over RPC too. The
    code itself goes on with the planner's plan.
    """

    _name = "field.mission"
    _inherit = ["field.mission", "field.shown.mixin"]

    def _get_shown_names(self):
        return (*PLAN, *BLANK)

    def _get_derived_names(self):
        fields = self._fields.items()
        return [name for name, field in fields if field.compute and not field.store]

    # ------------------------------------------------------------------ queries

    def _get_draft_sql(self, alias):
        names = ("published", "publish_state", "published_start")
        return SQL(
            "(%s AND %s = 'changed' AND %s IS NOT NULL)",
            *(self._get_live_sql(alias, name) for name in names),
        )

    def _get_published_sql(self, alias, name, live):
        def column(column_name):
            return self._get_live_sql(alias, column_name)

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
        return shown.get(name, SQL("NULL"))

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

    def onchange(self, values, field_names, fields_spec):
        """Answer forms being filled in; who may write no mission fills in none.

        :raises AccessError: the user may neither create nor change missions
        """
        if self._sees_published_only():
            self.check_access("write")
        return super().onchange(values, field_names, fields_spec)

    def _get_shown_values(self):
        drafts = self.filtered("is_published_otherwise")
        return {mission: mission._get_shown_plan() for mission in drafts}

    def _get_shown_plan(self):
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
            shown = self.sudo()._get_shown_plan()
            plan.update(
                start=shown["planned_start"],
                end=shown["planned_end"],
                technician=shown["technician_id"].name,
                helpers=shown["helper_ids"].mapped("name"),
            )
        return plan
