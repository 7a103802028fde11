from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .board_reader import BoardReader

LONGEST_PERIOD = timedelta(days=45)
GROUPS = ("team_id", "zone_id")
TRAY_STATES = ("draft", "to_reschedule")
TRAY_LIMIT = 200
TRAY_ORDERS = {
    "deadline": "mission_date, priority desc, id",
    "priority": "priority desc, mission_date, id",
    "recent": "id desc",
}
# Conditions on these say which rows are shown; beyond them a row stays, even without missions.
PEOPLE_FIELDS = {"technician_id": "id", "team_id": "field_team_id", "zone_id": "field_zone_ids"}
PLAIN_OPERATORS = ("=", "!=", "in", "not in", "ilike", "not ilike", "child_of")


class FieldMissionBoard(models.Model):
    """What the planning board shows, in one call."""

    _inherit = "field.mission"

    @api.model
    def field_board_read(self, domain, start, stop, groups=(), tray=None, people=None):
        """Return everything that the planning board shows of a period.

        :param domain: domain of missions, as the search bar makes it
        :param start: first instant, UTC, ``YYYY-MM-DD HH:MM:SS``
        :param stop: end of the period, UTC
        :param groups: ``["team_id"]`` or ``["zone_id"]`` to group the technicians, or nothing
        :param tray: dict ``order`` (``deadline``, ``priority``, ``recent``), ``search`` (words),
            ``limit``; False = without the tray
        :param people: ids of technicians: only their rows are read, for a refresh
        :return: dict ``missions``, ``people``, ``groups``, ``tray``, ``tray_count``; instants in
            seconds since 1970
        :raises AccessError: the user is no planner
        :raises UserError: a malformed argument
        """
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners see the planning board."))
        self.check_access("read")
        first, last = self._parse_period(start, stop)
        domain = self._parse_board_domain(domain)
        group = next((name for name in groups or () if name in GROUPS), None)
        if people is not None and not all(isinstance(one, int) for one in people):
            raise UserError(self.env._("People are given by their ids."))
        reader = BoardReader(self, first, last, people)
        missions = reader.read_missions(self._get_board_domain(domain, first, last, people))
        result = {"missions": missions, "tray": [], "tray_count": 0}
        if tray is not False:
            result.update(self._read_tray(reader, domain, tray or {}))
        rows = reader.read_people(self._get_people_domain(domain), group)
        result.update(people=rows, groups=reader.group_people(group))
        return result

    @api.model
    def _parse_period(self, start, stop):
        try:
            first, last = (datetime.fromisoformat(text) for text in (start, stop))
            period = last - first
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("A period is two instants in UTC.")) from error
        if not timedelta(0) < period <= LONGEST_PERIOD:
            raise UserError(self.env._("The board shows at most 45 days."))
        return first, last

    @api.model
    def _parse_board_domain(self, domain):
        try:
            return Domain(domain or [])
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("This is no domain of missions.")) from error

    @api.model
    def _get_board_domain(self, domain, first, last, people):
        """Return the domain of the missions on the lanes."""
        planned = (
            Domain("planned_start", "<", last)
            & Domain("planned_end", ">", first)
            & (
                Domain("state", "in", ("planned", "in_progress", "done"))
                # Somebody went there before it had to be planned again.
                | (Domain("state", "=", "to_reschedule") & Domain("actual_start", "!=", False))
            )
            & Domain("technician_id", "!=", False)
        )
        if people is not None:
            planned &= Domain("technician_id", "in", people) | Domain("helper_ids", "in", people)
        return domain & planned

    @api.model
    def _get_people_domain(self, domain):
        """Return the domain of the rows: what the search says about technicians, teams, zones."""

        def about_people(condition):
            name = PEOPLE_FIELDS.get(condition.field_expr)
            plain = condition.operator in PLAIN_OPERATORS and not isinstance(
                condition.value, Domain
            )
            if not name or not plain:
                return Domain.TRUE
            if name == "id" and isinstance(condition.value, str):
                name = "name"
            mapped = Domain(name, condition.operator, condition.value)
            # Who has no zone serves all of them.
            return mapped | Domain(name, "=", False) if name == "field_zone_ids" else mapped

        return (
            domain.map_conditions(about_people)
            & Domain("is_field_technician", "=", True)
            & Domain("company_id", "in", self.env.companies.ids)
        )

    # ------------------------------------------------------------------ tray

    @api.model
    def _get_tray_domain(self, domain, words):
        """Return the domain of the tray: what nobody has yet belongs to every row shown."""

        def open_to_all(condition):
            if condition.field_expr in ("technician_id", "team_id"):
                return condition | Domain("technician_id", "=", False)
            return condition

        found = domain.map_conditions(open_to_all) & Domain("state", "in", TRAY_STATES)
        for word in words.split():
            found &= Domain.OR(
                Domain(name, "ilike", word)
                for name in ("name", "site_id.name", "site_id.city", "site_id.zip",
                             "partner_id.name", "service_type_id.name", "description")
            )  # fmt: skip
        return found

    @api.model
    def _read_tray(self, reader, domain, options):
        if not isinstance(options, dict):
            raise UserError(self.env._("The tray is described by its order and words."))
        words = options.get("search") or ""
        limit = options.get("limit") or TRAY_LIMIT
        if not isinstance(words, str) or not isinstance(limit, int) or not 0 < limit <= 1000:
            raise UserError(self.env._("The tray is described by its order and words."))
        order = TRAY_ORDERS.get(options.get("order"), TRAY_ORDERS["deadline"])
        found = self._get_tray_domain(domain, words[:200])
        rows = reader.read_missions(found, order=order, limit=limit)
        count = len(rows) if len(rows) < limit else self.search_count(found)
        return {"tray": rows, "tray_count": count}

    # ------------------------------------------------------------------ details

    def field_board_details(self):
        """Return what the board's card says of one mission beyond its pill.

        :return: dict of texts, and the people to call on site
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners see the planning board."))
        self.check_access("read")
        site = self.site_id.sudo()
        contacts = site.site_contact_ids.filtered(lambda contact: contact.partner_id.phone)
        people = [
            {"name": one.partner_id.name, "role": one.role or "", "phone": one.partner_id.phone}
            for one in contacts[:5]
        ]
        if site.phone:
            people.append({"name": site.name, "role": self.env._("Site"), "phone": site.phone})
        return {
            "promise": self.promised_label,
            "deadline": fields.Datetime.to_string(self._get_deadline()[self.id]) or False,
            "address": ", ".join(
                filter(None, site._display_address(without_company=True).split("\n"))
            ),
            "description": (self.description or "")[:400],
            "instructions": (self.instructions or "")[:400],
            "conflict": self.tour_conflict or "",
            "request": self.request_id.display_name,
            "skills": self.service_type_id.sudo().skill_ids.mapped("name"),
            "contacts": people,
            "steps": self.allowed_steps,
        }

    @api.model
    def _get_board_columns(self, alias, query):
        """Return what a pill needs of each mission as SQL (hook).

        :param alias: table of the missions
        :param query: query to which tables may be joined
        :return: ``{key: SQL}``
        """
        site = query.left_join(alias, "site_id", "res_partner", "id", "site")
        partner = query.left_join(alias, "partner_id", "res_partner", "id", "partner")
        kind = query.left_join(alias, "service_type_id", "field_service_type", "id", "type")
        types = self.env["field.service.type"].sudo()

        def column(table, name):
            return SQL.identifier(table, name)

        def seconds(name, table=alias):
            return SQL("EXTRACT(EPOCH FROM %s)::bigint", column(table, name))

        plain = ("id", "name", "plan_version", "technician_id", "state", "published", "validated",
                 "is_locked", "priority", "zone_id", "team_id", "company_id", "promised_kind",
                 "planned_duration")  # fmt: skip
        columns = {name: column(alias, name) for name in plain}
        columns.update(
            start=seconds("planned_start"),
            stop=seconds("planned_end"),
            promised_from=seconds("promised_start"),
            promised_to=seconds("promised_end"),
            tolerance=column(alias, "promised_tolerance"),
            promised_date=SQL("%s::text", column(alias, "promised_date")),
            date=SQL("%s::text", column(alias, "mission_date")),
            deadline=SQL("EXTRACT(EPOCH FROM %s)::bigint", self._get_deadline_sql(alias, query)),
            site_id=column(alias, "site_id"),
            site=column(site, "name"),
            city=column(site, "city"),
            located=SQL(
                "(COALESCE(%s, 0) != 0 OR COALESCE(%s, 0) != 0)",
                column(site, "partner_latitude"),
                column(site, "partner_longitude"),
            ),
            customer=column(partner, "name"),
            type=types._field_to_sql(kind, "name", query),
            color=column(kind, "color"),
            helpers=SQL(
                "ARRAY(SELECT hr_employee_id FROM field_mission_hr_employee_rel"
                " WHERE field_mission_id = %s)",
                column(alias, "id"),
            ),
        )
        for name in ("delay_state", "expected_start"):
            # Kept by whoever follows the day; the board shows them where they are known.
            field = self._fields.get(name)
            if field and field.store:
                columns[name] = seconds(name) if field.type == "datetime" else column(alias, name)
        return columns
