from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..optimizer import check
from .problem_builder import ProblemBuilder, mission_of, shift_key, visit_key

# States in which somebody goes, or went, to a mission that was published.
GOING = ("planned", "in_progress", "done")
TOTALS = ("departure", "back", "lunch_start", "lunch_end", "travel_km", "travel_minutes",
          "service_minutes", "waiting_minutes", "available_minutes", "back_minutes", "back_km",
          "load", "stop_count", "conflict_count", "conflict_data", "conflict_reason", "progress",
          "is_done", "unpublished_count")  # fmt: skip
STOP_TIMES = ("sequence", "planned_arrival", "planned_start", "planned_end", "travel_minutes",
              "travel_km", "waiting_minutes", "conflict_data", "conflict",
              "conflict_reason")  # fmt: skip


class FieldTourShown(models.Model):
    """Technicians read the way of the day that was published, not of the planner's draft.

    Where any mission of a day is a draft, the way is worked out again from the plans published.
    """

    _name = "field.tour"
    _inherit = ["field.tour", "field.shown.mixin"]

    def _get_shown_names(self):
        return TOTALS

    def _get_draft_sql(self, alias):
        return SQL(
            """(EXISTS (
                SELECT FROM field_tour_stop AS part
                  JOIN field_mission AS visit ON visit.id = part.mission_id
                 WHERE part.tour_id = %(tour)s
                   AND (visit.published IS NOT TRUE
                        OR visit.publish_state IS DISTINCT FROM 'current')
            ) OR EXISTS (
                SELECT FROM field_mission AS visit
                 WHERE visit.publish_state IN ('changed', 'withdrawn')
                   AND visit.published_start >= %(day)s - INTERVAL '14 hours'
                   AND visit.published_start < %(day)s + INTERVAL '38 hours'
                   AND (visit.published_technician_id = %(who)s OR EXISTS (
                       SELECT FROM field_mission_published_helper_rel AS helper
                        WHERE helper.field_mission_id = visit.id
                          AND helper.hr_employee_id = %(who)s))
            ))""",
            tour=SQL.identifier(alias, "id"),
            day=SQL.identifier(alias, "date"),
            who=SQL.identifier(alias, "technician_id"),
        )

    def _find_drafted(self):
        """Return the tours of which a draft differs from what was published."""
        if not self:
            return self
        for name in ("field.tour", "field.tour.stop", "field.mission"):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT tour.id FROM field_tour AS tour WHERE tour.id IN %s AND %s",
                tuple(self.ids),
                self._get_draft_sql("tour"),
            )
        )
        return self.browse(sorted(number for (number,) in rows))

    def _get_shown_values(self):
        found = {}
        for tour, (missions, builder, route) in self._find_drafted()._get_shown_routes().items():
            values = tour._prepare_totals(builder, route)
            busy = values["travel_minutes"] + values["service_minutes"]
            available = values["available_minutes"]
            done = missions.filtered(lambda mission: mission.state == "done")
            found[tour] = {
                **values,
                "load": 100 * busy / available if available else 0.0,
                "stop_count": len(missions),
                "conflict_count": 0,
                "conflict_data": False,
                "conflict_reason": False,
                "progress": f"{len(done)}/{len(missions)}",
                "is_done": bool(missions) and done == missions,
                "unpublished_count": 0,
            }
        return found

    def _get_shown_routes(self):
        """Work out the ways of days from the plans that were published (sudo).

        :return: ``{tour: (missions, builder, route)}``, the route as ``optimizer.check`` says it,
            None for an empty day
        """
        found = {}
        for company, tours in self.sudo().grouped("company_id").items():
            days = tours.mapped("date")
            builder = ProblemBuilder(company.sudo(), min(days), max(days))
            visits = tours._add_shown_visits(builder)
            routes = {
                route["shift"]: route for route in check(builder.problem(by_shift=True))["routes"]
            }
            for tour in tours:
                key = shift_key(tour.technician_id.id, tour.date)
                found[tour] = visits[key], builder, routes.get(key)
        return found

    def _find_published(self):
        """Return the missions published to these technicians around these days (sudo)."""
        people, days = self.technician_id.ids, self.mapped("date")
        first = fields.Datetime.to_datetime(min(days)) - timedelta(hours=14)
        last = fields.Datetime.to_datetime(max(days)) + timedelta(hours=38)
        shown_to = Domain("published_technician_id", "in", people) | Domain(
            "published_helper_ids", "in", people
        )
        return (
            self.env["field.mission"]
            .sudo()
            .search(
                shown_to
                & Domain("published", "=", True)
                & Domain("state", "in", GOING)
                & Domain("published_start", ">=", first)
                & Domain("published_start", "<", last),
                order="published_start, id",
            )
        )

    def _add_shown_visits(self, builder):
        """Give the builder each day's visits at the times published.

        :return: ``{shift key: missions}``
        """
        builder.add_shifts([(tour.technician_id, tour.date) for tour in self])
        missions = self._find_published()
        builder.add_visits(missions)
        plain, builder.visits = builder.visits, {}
        found = defaultdict(missions.browse)
        for mission in missions:
            for person in mission.published_technician_id | mission.published_helper_ids:
                key = shift_key(person.id, builder.shift_day(person, mission.published_start))
                if key not in builder.shifts:
                    continue
                helps = person != mission.published_technician_id
                name = visit_key(mission.id, person.id if helps else None)
                sure = mission.is_locked or mission.state != "planned"
                builder.visits[name] = {
                    **plain[visit_key(mission.id)],
                    "id": name,
                    "service": round(mission.published_duration * 3600),
                    "fixed" if sure else "at": builder.seconds(mission.published_start),
                }
                builder.plan.setdefault(key, []).append(name)
                found[key] |= mission
        return found


class FieldTourStopShown(models.Model):
    """The way to a stop and its place in the day, as they were published."""

    _name = "field.tour.stop"
    _inherit = ["field.tour.stop", "field.shown.mixin"]

    def _get_shown_names(self):
        return STOP_TIMES

    def _get_draft_sql(self, alias):
        return SQL(
            "EXISTS (SELECT FROM field_tour AS whole WHERE whole.id = %s AND %s)",
            SQL.identifier(alias, "tour_id"),
            self.env["field.tour"]._get_draft_sql("whole"),
        )

    def _get_shown_values(self):
        routes = self.tour_id._find_drafted()._get_shown_routes()
        found = {}
        for stop in self:
            if stop.tour_id not in routes:
                continue
            missions, builder, route = routes[stop.tour_id]
            timed = {mission_of(item["visit"]): item for item in (route or {}).get("stops", ())}
            number = stop.mission_id.id
            values = dict.fromkeys(STOP_TIMES, False)
            if number in timed:
                values.update(stop._prepare_times(builder, timed[number]))
                values["sequence"] = missions.ids.index(number) + 1
            found[stop] = values
        return found
