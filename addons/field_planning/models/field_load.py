from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..core.load import SCALES, Cell, bucket_key, buckets, missing_hours

GROUPS = ("team", "technician", "zone", "service_type")
# Columns that a screen can hold.
LONGEST = {"day": 62, "week": 400, "month": 800}
# Rows of what nobody is sent to yet, and of all the others.
UNASSIGNED, TOTAL = "unassigned", "total"


class FieldLoad(models.AbstractModel):
    """How much work there is for how much time, from what is planned and what contracts owe."""

    _name = "field.load"
    _description = "Load of the teams"

    # ------------------------------------------------------------------ public

    @api.model
    @api.readonly
    def get_load(self, params):
        """Return the load between two days, in a number of queries that depends on nothing.

        :param params: dict ``date_from``, ``date_to`` (ISO dates), ``scale`` (``day``, ``week``,
            ``month``), ``group`` (``team``, ``technician``, ``zone``, ``service_type``), and
            optionally ``team_ids``, ``zone_ids``, ``skill_ids``, ``service_type_ids``
        :return: dict ``columns``, ``rows``, ``unassigned``, ``total``, ``skills``, ``undated``,
            ``options``; hours are floats, dates ISO strings
        """
        asked = self._check_params(params)
        columns = buckets(asked["date_from"], asked["date_to"], asked["scale"])
        people = self._get_people(asked)
        hours = self._get_available(people, asked)
        cells = defaultdict(Cell)
        self._add_missions(cells, people, asked)
        self._add_travel(cells, people, asked)
        self._add_available(cells, people, hours, asked)
        forecast = self._get_forecast(asked)
        self._add_forecast(cells, forecast, people, asked)
        keys = [column.key for column in columns]
        rows = self._make_rows(cells, people, keys, asked)
        unassigned = self._make_row(UNASSIGNED, self.env._("Nobody yet"), cells, keys)
        return {
            "columns": [self._describe_column(column, asked["scale"]) for column in columns],
            "rows": rows,
            "unassigned": unassigned,
            "total": self._make_total(cells, keys),
            "skills": self._get_missing_skills(people, hours, forecast, keys, asked),
            "undated": self._count_undated(asked),
            "options": self._get_options(),
        }

    @api.model
    def get_load_action(self, params, row=None, key=None):
        """Return the action that shows exactly the missions counted in a cell, row or column.

        :param params: as for :meth:`get_load`
        :param row: id of the row, ``"unassigned"``, False for "none"; None for every row
        :param key: first day of the column (ISO); None for every column
        """
        asked = self._check_params(params)
        if key is not None:
            day = self._to_date(key)
            column = next(
                (
                    one
                    for one in buckets(asked["date_from"], asked["date_to"], asked["scale"])
                    if one.key == day
                ),
                None,
            )
            if not column:
                raise UserError(self.env._("This column is not on the screen any more."))
            asked.update(date_from=column.first, date_to=column.last)
        domain = self._get_mission_domain(asked)
        if row is not None:
            domain &= self._get_row_domain(row, asked)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Missions counted"),
            "res_model": "field.mission",
            "views": [[False, "list"], [False, "pivot"], [False, "kanban"], [False, "form"]],
            "domain": list(domain),
            "context": {},
        }

    # ------------------------------------------------------------------ arguments

    def _check_params(self, params):
        self.env["field.mission"].check_access("read")
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners see the load of the teams."))
        params = params if isinstance(params, dict) else {}
        asked = {
            "date_from": self._to_date(params.get("date_from")),
            "date_to": self._to_date(params.get("date_to")),
            "scale": params.get("scale") or "week",
            "group": params.get("group") or "team",
        }
        if asked["scale"] not in SCALES or asked["group"] not in GROUPS:
            raise UserError(self.env._("The load has no such scale or grouping."))
        length = (asked["date_to"] - asked["date_from"]).days
        if not 0 <= length < LONGEST[asked["scale"]]:
            raise UserError(
                self.env._("Choose 1 to %s days for this scale.", LONGEST[asked["scale"]])
            )
        for name in ("team_ids", "zone_ids", "skill_ids", "service_type_ids"):
            ids = params.get(name) or []
            if not isinstance(ids, list) or not all(type(one) is int for one in ids):
                raise UserError(self.env._("“%s” takes a list of numbers.", name))
            asked[name] = ids
        return asked

    def _to_date(self, text):
        try:
            day = fields.Date.to_date(text)
        except (TypeError, ValueError):
            day = None
        if not day:
            raise UserError(self.env._("“%s” is no day (YYYY-MM-DD).", text))
        return day

    # ------------------------------------------------------------------ who and what

    def _get_people(self, asked):
        """Return the technicians whose hours count (sudo: names, teams and hours only)."""
        domain = [
            ("is_field_technician", "=", True),
            ("company_id", "in", self.env.companies.ids),
        ]
        if asked["team_ids"]:
            domain.append(("field_team_id", "in", asked["team_ids"]))
        if asked["skill_ids"]:
            domain.append(("employee_skill_ids.skill_id", "in", asked["skill_ids"]))
        # Employees are HR data: the planner gets names, teams and hours.
        return self.env["hr.employee"].sudo().search(domain, order="name, id")

    def _get_mission_domain(self, asked):
        """Return the domain of the missions that count, whoever does them."""
        domain = (
            Domain("mission_date", ">=", asked["date_from"])
            & Domain("mission_date", "<=", asked["date_to"])
            & Domain("state", "!=", "cancelled")
        )
        return domain & self._get_filter_domain(asked)

    def _get_filter_domain(self, asked):
        domain = Domain.TRUE
        if asked["zone_ids"]:
            domain &= Domain("zone_id", "in", asked["zone_ids"])
        if asked["service_type_ids"]:
            domain &= Domain("service_type_id", "in", asked["service_type_ids"])
        if asked["skill_ids"]:
            domain &= Domain("service_type_id.skill_ids", "in", asked["skill_ids"])
        return domain

    def _get_row_domain(self, row, asked):
        """Return the domain of the missions of one row, among those that count."""
        nobody = Domain("technician_id", "=", False) | Domain("state", "=", "to_reschedule")
        if row == UNASSIGNED:
            return nobody
        chosen = self._get_people(asked) if self._is_chosen(asked) else None
        if row == TOTAL:
            return ~nobody if chosen is None else ~nobody & self._sent_domain(chosen.ids)
        if row is not False and type(row) is not int:
            raise UserError(self.env._("The load has no such row."))
        if asked["group"] in ("zone", "service_type"):
            field = "zone_id" if asked["group"] == "zone" else "service_type_id"
            domain = ~nobody & Domain(field, "=", row)
            return domain if chosen is None else domain & self._sent_domain(chosen.ids)
        if asked["group"] == "technician":
            return ~nobody & self._sent_domain([row])
        if chosen is None:
            chosen = (
                self.env["hr.employee"]
                .sudo()
                .with_context(active_test=False)
                .search([("field_team_id", "=", row)])
            )
        members = chosen.filtered(lambda person: person.field_team_id.id == row)
        return ~nobody & self._sent_domain(members.ids)

    @staticmethod
    def _sent_domain(employee_ids):
        return Domain("technician_id", "in", employee_ids) | Domain(
            "helper_ids", "in", employee_ids
        )

    # ------------------------------------------------------------------ missions

    def _select_missions(self, asked):
        """Return the SQL of the missions that count, as far as the current user may read them."""
        missions = self.env["field.mission"]
        missions.flush_model()
        query = missions._search(self._get_mission_domain(asked))
        return SQL(
            """
            SELECT id, mission_date, planned_duration, technician_id, zone_id, service_type_id,
                   (technician_id IS NULL OR state = 'to_reschedule') AS nobody
              FROM field_mission WHERE id IN %s
            """,
            query.subselect(),
        )

    def _select_parts(self, asked):
        """Return the SQL of each person's part in these missions, helpers included."""
        relation = self.env["field.mission"]._fields["helper_ids"]
        return SQL(
            """
            SELECT m.*, m.technician_id AS employee_id FROM m WHERE NOT m.nobody
             UNION ALL
            SELECT m.*, rel.%s AS employee_id
              FROM m JOIN %s rel ON rel.%s = m.id WHERE NOT m.nobody
            """,
            SQL.identifier(relation.column2),
            SQL.identifier(relation.relation),
            SQL.identifier(relation.column1),
        )

    def _key_column(self, asked):
        return {
            "team": SQL("e.field_team_id"),
            "technician": SQL("p.employee_id"),
            "zone": SQL("p.zone_id"),
            "service_type": SQL("p.service_type_id"),
        }[asked["group"]]

    def _add_missions(self, cells, people, asked):
        self.env["hr.employee"].flush_model(["field_team_id"])
        chosen = (
            SQL("AND p.employee_id = ANY(%s)", people.ids) if self._is_chosen(asked) else SQL("")
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH m AS (%s), p AS (%s)
                SELECT date_trunc(%s, p.mission_date)::date, %s, count(DISTINCT p.id),
                       sum(p.planned_duration), 'row'
                  FROM p JOIN hr_employee e ON e.id = p.employee_id %s
                 GROUP BY 1, 2
                 UNION ALL
                SELECT date_trunc(%s, mission_date)::date, NULL, count(*),
                       sum(planned_duration), 'unassigned'
                  FROM m WHERE nobody GROUP BY 1
                 UNION ALL
                SELECT date_trunc(%s, p.mission_date)::date, NULL, count(DISTINCT p.id), 0, 'total'
                  FROM p WHERE true %s GROUP BY 1
                """,
                self._select_missions(asked),
                self._select_parts(asked),
                asked["scale"],
                self._key_column(asked),
                chosen,
                asked["scale"],
                asked["scale"],
                chosen,
            )
        )
        for key, row, count, hours, kind in rows:
            cell = cells[row or False if kind == "row" else kind, key]
            cell.missions += count
            cell.planned += hours or 0.0

    def _is_chosen(self, asked):
        return bool(asked["team_ids"] or asked["skill_ids"])

    def _add_travel(self, cells, people, asked):
        """Add the travel of the tours: before each stop, and back home where the day is whole."""
        self.env["field.tour.stop"].flush_model()
        self.env["field.tour"].flush_model()
        key = {
            "team": SQL("e.field_team_id"),
            "technician": SQL("t.technician_id"),
            "zone": SQL("m.zone_id"),
            "service_type": SQL("m.service_type_id"),
        }[asked["group"]]
        chosen = SQL("AND e.id = ANY(%s)", people.ids) if self._is_chosen(asked) else SQL("")
        rows = self.env.execute_query(
            SQL(
                """
                WITH m AS (%s)
                SELECT date_trunc(%s, t.date)::date, %s, sum(s.travel_minutes)
                  FROM field_tour_stop s
                  JOIN m ON m.id = s.mission_id AND NOT m.nobody
                  JOIN field_tour t ON t.id = s.tour_id
                  JOIN hr_employee e ON e.id = t.technician_id %s
                 WHERE t.date BETWEEN %s AND %s
                 GROUP BY 1, 2
                """,
                self._select_missions(asked),
                asked["scale"],
                key,
                chosen,
                asked["date_from"],
                asked["date_to"],
            )
        )
        whole = asked["group"] in ("team", "technician") and not self._get_filter_ids(asked)
        if whole:
            rows += self._select_way_back(people, asked)
        for day, row, minutes in rows:
            cells[row or False, day].travel += (minutes or 0) / 60

    def _get_filter_ids(self, asked):
        return asked["zone_ids"] + asked["service_type_ids"] + asked["skill_ids"]

    def _select_way_back(self, people, asked):
        tours = self.env["field.tour"]
        group = "technician_id" if asked["group"] == "technician" else "team_id"
        domain = [("date", ">=", asked["date_from"]), ("date", "<=", asked["date_to"])]
        if self._is_chosen(asked):
            domain.append(("technician_id", "in", people.ids))
        found = defaultdict(int)
        for owner, day, minutes in tours._read_group(
            domain, [group, f"date:{asked['scale']}"], ["back_minutes:sum"]
        ):
            found[bucket_key(day, asked["scale"]), owner.id] += minutes
        return [(day, owner, minutes) for (day, owner), minutes in found.items()]

    # ------------------------------------------------------------------ available time

    def _get_available(self, people, asked):
        """Return the hours of each person: ``{(employee_id, column key): hours}``."""
        found = defaultdict(float)
        days = people._get_field_days(asked["date_from"], asked["date_to"])
        for (employee_id, day), work_day in days.items():
            if work_day.intervals:
                found[employee_id, bucket_key(day, asked["scale"])] += work_day.seconds / 3600
        return found

    def _add_available(self, cells, people, hours, asked):
        if asked["group"] in ("zone", "service_type"):
            return
        owner = {
            person.id: person.id if asked["group"] == "technician" else person.field_team_id.id
            for person in people
        }
        for (employee_id, key), value in hours.items():
            cells[owner[employee_id] or False, key].available += value

    # ------------------------------------------------------------------ visits to come

    def _get_forecast(self, asked):
        """Return the visits that contracts owe beyond what is written, with their zone."""
        plans = self.env["field.visit.plan"]
        domain = []
        if asked["service_type_ids"]:
            domain.append(("service_type_id", "in", asked["service_type_ids"]))
        if asked["skill_ids"]:
            domain.append(("service_type_id.skill_ids", "in", asked["skill_ids"]))
        rows = []
        for company in self.env.companies:
            rows += plans._get_forecast(asked["date_from"], asked["date_to"], company, domain)
        sites = self.env["res.partner"].sudo().browse({row["site_id"] for row in rows})
        zones = {site.id: site.site_zone_id.id for site in sites}
        for row in rows:
            row["zone_id"] = zones[row["site_id"]]
        if asked["zone_ids"]:
            rows = [row for row in rows if row["zone_id"] in asked["zone_ids"]]
        return rows

    def _add_forecast(self, cells, forecast, people, asked):
        team_of = {person.id: person.field_team_id.id for person in people}
        for visit in forecast:
            owner = self._get_forecast_row(visit, team_of, asked)
            if owner is None:
                continue
            cell = cells[owner, bucket_key(visit["date"], asked["scale"])]
            cell.forecast += visit["hours"]
            cell.forecast_visits += 1

    def _get_forecast_row(self, visit, team_of, asked):
        """Return the row of a visit to come; None when it is somebody's who was not chosen."""
        technician = visit["technician_id"]
        if technician and technician not in team_of and self._is_chosen(asked):
            return None
        if asked["group"] == "zone":
            return visit["zone_id"] or False
        if asked["group"] == "service_type":
            return visit["service_type_id"]
        if asked["group"] == "technician":
            return technician if technician in team_of else UNASSIGNED
        team = team_of.get(technician) or visit["team_id"]
        if team and asked["team_ids"] and team not in asked["team_ids"]:
            return None
        return team or (False if technician in team_of else UNASSIGNED)

    # ------------------------------------------------------------------ rows

    def _make_rows(self, cells, people, keys, asked):
        owners = {row for row, _key in cells if row not in (UNASSIGNED, TOTAL)}
        model = {
            "team": "field.team",
            "technician": "hr.employee",
            "zone": "field.zone",
            "service_type": "field.service.type",
        }[asked["group"]]
        if asked["group"] == "technician":
            owners.update(people.ids)
        # Names of rows only; missions and hours were read with the planner's rights.
        records = self.env[model].sudo().browse(sorted(owner for owner in owners if owner))
        names = {record.id: record.display_name for record in records}
        rows = [
            self._make_row(owner, name, cells, keys)
            for owner, name in sorted(names.items(), key=lambda pair: (pair[1] or "", pair[0]))
        ]
        if False in owners:
            label = {
                "team": self.env._("No team"),
                "zone": self.env._("No zone"),
            }.get(asked["group"], self.env._("None"))
            rows.append(self._make_row(False, label, cells, keys))
        return rows

    def _make_row(self, owner, name, cells, keys):
        own = [cells.get((owner, key)) or Cell() for key in keys]
        total = Cell()
        for cell in own:
            total.add(cell)
        return {
            "id": owner,
            "name": name,
            "cells": [self._describe(cell) for cell in own],
            "total": self._describe(total),
        }

    def _make_total(self, cells, keys):
        """Return the sum of the rows; a mission of two people counts once."""
        sums = {(TOTAL, key): Cell() for key in keys}
        for (owner, key), cell in cells.items():
            if owner not in (UNASSIGNED, TOTAL):
                sums[TOTAL, key].add(cell)
        for place, cell in sums.items():
            cell.missions = cells[place].missions if place in cells else 0
        return self._make_row(TOTAL, self.env._("Total"), sums, keys)

    @staticmethod
    def _describe(cell):
        return {
            "missions": cell.missions,
            "planned": round(cell.planned, 2),
            "travel": round(cell.travel, 2),
            "available": round(cell.available, 2),
            "forecast": round(cell.forecast, 2),
            "forecast_visits": cell.forecast_visits,
            "work": round(cell.work, 2),
            "percent": cell.percent,
            "level": cell.level,
        }

    def _describe_column(self, column, scale):
        pattern = {"day": "EEE d", "week": "d MMM", "month": "MMM yy"}[scale]
        first = column.key if scale == "month" else column.first
        label = format_date(self.env, first, date_format=pattern)
        if scale == "week":
            label = self.env._("W%(week)s %(day)s", week=column.key.isocalendar().week, day=label)
        return {
            "key": column.key.isoformat(),
            "first": column.first.isoformat(),
            "last": column.last.isoformat(),
            "label": label,
        }

    # ------------------------------------------------------------------ skills, options

    def _get_missing_skills(self, people, hours, forecast, keys, asked):
        """Return the skills for which hours lack, with how many per column."""
        needs = self._get_skill_needs(forecast, asked)
        wanted = {skill for skill, _key, _hours in needs}
        if not wanted:
            return []
        missing = missing_hours(needs, self._get_skill_offers(people, hours, wanted, asked))
        skills = self.env["hr.skill"].sudo().browse({skill for skill, _key in missing})
        found = [
            {
                "id": skill.id,
                "name": skill.display_name,
                "cells": [missing.get((skill.id, key), 0) for key in keys],
                "total": round(sum(missing.get((skill.id, key), 0) for key in keys), 2),
            }
            for skill in skills
        ]
        return sorted(found, key=lambda row: -row["total"])

    def _get_skill_needs(self, forecast, asked):
        rows = self.env.execute_query(
            SQL(
                """
                WITH m AS (%s)
                SELECT service_type_id, date_trunc(%s, mission_date)::date, sum(planned_duration)
                  FROM m GROUP BY 1, 2
                """,
                self._select_missions(asked),
                asked["scale"],
            )
        )
        rows = [*rows, *(
            (visit["service_type_id"], bucket_key(visit["date"], asked["scale"]), visit["hours"])
            for visit in forecast
        )]  # fmt: skip
        types = self.env["field.service.type"].sudo().browse({row[0] for row in rows})
        skills_of = {one.id: one.skill_ids.ids for one in types}
        return [
            (skill, key, hours)
            for type_id, key, hours in rows
            for skill in skills_of.get(type_id, ())
            if not asked["skill_ids"] or skill in asked["skill_ids"]
        ]

    def _get_skill_offers(self, people, hours, wanted, asked):
        """Return the hours of people who hold the wanted skills while these are valid."""
        lines = (
            self.env["hr.employee.skill"]
            .sudo()
            .search_fetch(
                [("employee_id", "in", people.ids), ("skill_id", "in", list(wanted))],
                ["employee_id", "skill_id", "valid_from", "valid_to"],
            )
        )
        columns = {one.key: one for one in buckets(
            asked["date_from"], asked["date_to"], asked["scale"]
        )}  # fmt: skip
        by_person = defaultdict(list)
        for (employee_id, key), value in hours.items():
            by_person[employee_id].append((key, value))
        offers = {}
        for line in lines:
            for key, value in by_person[line.employee_id.id]:
                column = columns[key]
                valid = (not line.valid_from or line.valid_from <= column.last) and (
                    not line.valid_to or line.valid_to >= column.first
                )
                if valid:
                    # Two lines of one skill are still one person.
                    offers[line.employee_id.id, line.skill_id.id, key] = value
        return [(skill, key, value) for (_person, skill, key), value in offers.items()]

    def _count_undated(self, asked):
        """Return how many missions are still to be done, but on no day."""
        domain = Domain("mission_date", "=", False) & Domain(
            "state", "in", ("draft", "to_reschedule")
        )
        return self.env["field.mission"].search_count(domain & self._get_filter_domain(asked))

    def _get_options(self):
        """Return what the screen may filter by."""
        teams = self.env["field.team"].search_fetch([("active", "=", True)], ["name"])
        zones = self.env["field.zone"].search_fetch([("active", "=", True)], ["name"])
        skills = (
            self.env["field.service.type"].search([("skill_ids", "!=", False)]).sudo().skill_ids
        )
        return {
            "teams": [{"id": one.id, "name": one.display_name} for one in teams],
            "zones": [{"id": one.id, "name": one.display_name} for one in zones],
            "skills": [{"id": one.id, "name": one.display_name} for one in skills],
        }

    @api.model
    def get_default_period(self, scale):
        """Return the period that a scale opens with.

        :param scale: ``day`` (three weeks), ``week`` (a quarter) or ``month`` (twelve months)
        :return: dict ``date_from``, ``date_to``
        """
        if scale not in SCALES:
            raise UserError(self.env._("The load has no such scale or grouping."))
        first = bucket_key(fields.Date.context_today(self), "month" if scale == "month" else "week")
        days = {"day": 20, "week": 13 * 7 - 1, "month": 0}[scale]
        last = first + timedelta(days=days)
        if scale == "month":
            last = first.replace(year=first.year + 1) - timedelta(days=1)
        return {"date_from": first.isoformat(), "date_to": last.isoformat()}
