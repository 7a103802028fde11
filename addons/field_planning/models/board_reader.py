"""Reads what the planning board shows: few queries, whatever the number of missions."""

import pytz

from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.field_mission.core.slots import UTC

from .placement_facts import PENDING


def seconds(moment):
    """Seconds since 1970 of a naive UTC datetime."""
    return int(moment.replace(tzinfo=UTC).timestamp())


class BoardReader:
    """One read of the board.

    :param model: ``field.mission`` of the user: their rules hold for missions
    :param first: first instant, naive UTC
    :param last: end of the period, naive UTC
    :param people: ids of the only technicians wanted, or None
    """

    def __init__(self, model, first, last, people=None):
        self.model, self.env = model, model.env
        self.first, self.last = first, last
        self.wanted = people
        self.seen = set()
        self.rows = []

    def read_missions(self, domain, order=None, limit=None):
        """Return missions as the pills need them.

        :param domain: ``Domain`` of missions
        """
        query = self.model._search(domain, order=order or "planned_start, id", limit=limit)
        columns = self.model._get_board_columns(query.table, query)
        self.model.flush_model()
        found = self.env.execute_query(query.select(*columns.values()))
        keys = list(columns)
        missions = [dict(zip(keys, row, strict=True)) for row in found]
        if limit is None:
            for mission in missions:
                self.seen.add(mission["technician_id"])
                self.seen.update(mission["helpers"])
        return missions

    def read_people(self, domain, group=None):
        """Return the rows: everybody whom the domain names, and whoever has a mission here.

        :param domain: ``Domain`` of ``hr.employee``
        :param group: ``team_id`` or ``zone_id`` when the rows are grouped by it
        """
        # Names, hours and absences are HR data; planners get what the plan needs.
        model = self.env["hr.employee"].sudo().with_context(active_test=False)
        shown = domain & Domain("active", "=", True)
        if self.wanted is not None:
            shown &= Domain("id", "in", self.wanted)
        employees = model.search_fetch(
            shown | Domain("id", "in", sorted(self.seen)),
            [
                "name",
                "resource_id",
                "field_team_id",
                "company_id",
                "active",
                "is_field_subcontractor",
            ],
            order="name, id",
        )
        # The client says its zone; asking the user for it costs queries.
        tz = pytz.timezone(self.env.context.get("tz") or self.env.user.tz or "UTC")
        day_from = pytz.utc.localize(self.first).astimezone(tz).date()
        day_to = pytz.utc.localize(self.last).astimezone(tz).date()
        days = employees._get_field_days(day_from, day_to) if employees else {}
        pending = self._read_pending(employees)
        tours = self._read_tours(employees, day_from, day_to)
        groups = self._read_group_names(employees, group)
        self.rows = []
        for employee in employees:
            work = [days[employee.id, day] for day in self._range(day_from, day_to)]
            self.rows.append(
                {
                    "id": employee.id,
                    "name": employee.name,
                    "active": employee.active,
                    "group": groups.get(employee.id, False),
                    "has_calendar": all(one.has_calendar for one in work),
                    "tz": employee._get_field_tz(),
                    "days": [self._day(one) for one in work if one.intervals or one.absences],
                    "pending": pending.get(employee.id, []),
                    "tours": tours.get(employee.id, []),
                }
            )
        return self.rows

    @staticmethod
    def _range(first, last):
        return [first.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]

    @staticmethod
    def _day(work):
        return {
            "day": work.day.isoformat(),
            "work": [[seconds(a), seconds(b)] for a, b in work.intervals],
            "away": [[seconds(a), seconds(b), name] for a, b, name in work.absences],
            "lunch": work.lunch[2] if work.lunch else 0,
        }

    def _read_pending(self, employees):
        leaves = self.env["hr.leave"].sudo()
        query = leaves._search(
            [
                ("employee_id", "in", employees.ids),
                ("state", "in", PENDING),
                ("date_from", "<", self.last),
                ("date_to", ">", self.first),
            ]
        )
        found = {}
        rows = self.env.execute_query(
            query.select(*(SQL.identifier(query.table, name) for name in
                           ("employee_id", "date_from", "date_to")))
        )  # fmt: skip
        for employee_id, start, end in rows:
            found.setdefault(employee_id, []).append([seconds(start), seconds(end)])
        return found

    def _read_tours(self, employees, day_from, day_to):
        """Return travel, lunch and conflicts of the days: ``{employee_id: [tour, …]}``."""
        self.env["field.tour.stop"].flush_model()
        self.env["field.tour"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT t.technician_id, t.date::text,
                          EXTRACT(EPOCH FROM t.departure)::bigint,
                          EXTRACT(EPOCH FROM t.back)::bigint, t.back_minutes, t.back_km,
                          EXTRACT(EPOCH FROM t.lunch_start)::bigint,
                          EXTRACT(EPOCH FROM t.lunch_end)::bigint,
                          t.travel_minutes, t.travel_km, t.date_published IS NOT NULL,
                          (SELECT json_agg(json_build_array(s.mission_id,
                                      EXTRACT(EPOCH FROM s.planned_arrival)::bigint,
                                      s.travel_minutes, s.travel_km, s.conflict)
                                  ORDER BY s.sequence, s.id)
                             FROM field_tour_stop s
                            WHERE s.tour_id = t.id AND NOT COALESCE(s.set_aside, FALSE)), t.id
                     FROM field_tour t
                    WHERE t.technician_id = ANY(%s) AND t.date BETWEEN %s AND %s
                      AND t.company_id = ANY(%s)
                    ORDER BY t.date""",
                employees.ids,
                day_from,
                day_to,
                self.env.companies.ids,
            )
        )
        found = {}
        for row in rows:
            found.setdefault(row[0], []).append(
                {
                    "id": row[12],
                    "day": row[1],
                    "departure": row[2],
                    "back": row[3],
                    "back_minutes": row[4] or 0,
                    "back_km": row[5] or 0,
                    "lunch": [row[6], row[7]] if row[6] else False,
                    "travel_minutes": row[8] or 0,
                    "travel_km": row[9] or 0,
                    "published": row[10],
                    "stops": row[11] or [],
                }
            )
        return found

    @staticmethod
    def _read_group_names(employees, group):
        """Return ``{employee_id: [id, name]}`` of what the rows are grouped by."""
        if group == "team_id":
            return {
                employee.id: [employee.field_team_id.id, employee.field_team_id.name]
                for employee in employees.filtered("field_team_id")
            }
        found = {}
        if group == "zone_id":
            # The zone that a person prefers; the others are for the optimiser.
            ranks = employees.env["field.zone.rank"].search(
                [("employee_id", "in", employees.ids)], order="sequence, id"
            )
            for rank in ranks:
                found.setdefault(rank.employee_id.id, [rank.zone_id.id, rank.zone_id.name])
        return found

    def group_people(self, name):
        """Return groups of rows in order: ``[{"key", "name", "people": [ids]}]``.

        :param name: ``team_id``, ``zone_id`` or None
        """
        if not name:
            return []
        found = {}
        for row in self.rows:
            key, label = row["group"] or (0, "")
            group = found.setdefault(key, {"key": f"{name}-{key}", "name": label, "people": []})
            group["people"].append(row["id"])
        named = [group for key, group in found.items() if key]
        return sorted(named, key=lambda one: one["name"].lower()) + (
            [found[0]] if 0 in found else []
        )
