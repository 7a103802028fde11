from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Days of which hours are counted: a month with its edges. Longer spans get days off only.
MOST_COUNTED = 62
MOST_DAYS = 400
# Sites whose holidays are looked up: one a département is enough.
MOST_PLACES = 30
# A school holiday of many zones says so once.
PLANNED_STATES = ("planned", "in_progress", "done")


class FieldMissionCalendarDays(models.Model):
    _inherit = "field.mission"

    @api.model
    def get_calendar_days(self, domain, date_from, date_to, technician_ids=None):
        """Return what a calendar of missions shows behind the missions, in constant queries.

        :param domain: domain of the screen, filters included, without its dates
        :param date_from: first local day, ``YYYY-MM-DD``
        :param date_to: last local day
        :param technician_ids: technicians chosen on the screen (None = all)
        :return: ``{"days": {day: {"count", "planned", "available"}}, "off": [day], "holidays":
            [{"name", "kind", "from", "to"}]}``; hours; ``days`` is empty for more than two months
        """
        self.check_access("read")
        first, last = self._read_calendar_span(date_from, date_to)
        scope = self._read_calendar_domain(domain) & Domain("state", "!=", "cancelled")
        scope &= Domain("mission_date", ">=", first) & Domain("mission_date", "<=", last)
        found = {}
        if (last - first).days < MOST_COUNTED:
            for day, state, count, hours in self._read_group(
                scope, ["mission_date:day", "state"], ["__count", "planned_duration:sum"]
            ):
                total = found.setdefault(day, [0, 0.0])
                total[0] += count
                if state in PLANNED_STATES:
                    total[1] += hours
        places = [
            site.id
            for site, _count in self._read_group(
                scope, ["site_id"], ["__count"], order="__count DESC", limit=MOST_PLACES
            )
        ]
        return self._get_calendar_frame(first, last, found, technician_ids, places)

    @api.model
    def _read_calendar_span(self, date_from, date_to):
        Tour = self.env["field.tour"]
        first, last = Tour._read_day(date_from), Tour._read_day(date_to)
        if not first <= last <= first + timedelta(days=MOST_DAYS):
            raise UserError(self.env._("A calendar shows at most a year, from its first day on."))
        return first, last

    @api.model
    def _read_calendar_domain(self, domain):
        if not isinstance(domain, (list, tuple)):
            raise UserError(self.env._("The filter of the calendar is not understood."))
        return Domain(list(domain))

    @api.model
    def _get_calendar_frame(self, first, last, found, technician_ids, places):
        """Return the days of a calendar.

        :param found: ``{day: [count, hours planned]}``
        :param technician_ids: technicians chosen, None = all
        :param places: ids of sites whose holidays are shown, besides the company's
        """
        people = self._get_calendar_people(technician_ids)
        span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        counted = len(span) <= MOST_COUNTED
        work = people._get_field_days(first, last) if counted or len(people) == 1 else {}
        days = {}
        for day in span if counted else ():
            count, planned = found.get(day, (0, 0.0))
            seconds = sum(work[person.id, day].seconds for person in people)
            days[day.isoformat()] = {
                "count": count,
                "planned": round(planned, 2),
                "available": round(seconds / 3600, 2),
            }
        if len(people) == 1:
            off = [day.isoformat() for day in span if not work[people.id, day].seconds]
        else:
            off = self._get_company_days_off(first, last)
        return {
            "days": days,
            "off": off,
            "holidays": self._get_calendar_holidays(first, last, places),
        }

    @api.model
    def _get_calendar_people(self, technician_ids):
        """Return the technicians whose hours are counted: a planner's choice, else oneself."""
        domain = Domain("is_field_technician", "=", True) & Domain(
            "company_id", "in", self.env.companies.ids
        )
        if not self.env.user.has_group("field_mission.group_field_planner"):
            domain &= Domain("user_id", "=", self.env.uid)
        elif technician_ids is not None:
            if not isinstance(technician_ids, (list, tuple)) or not all(
                type(number) is int for number in technician_ids
            ):
                raise UserError(self.env._("Give the technicians by their ids."))
            domain &= Domain("id", "in", list(technician_ids))
        # Working hours only, summed; the rights were looked at just above.
        return self.env["hr.employee"].sudo().search(domain).sudo(False)

    @api.model
    def _get_company_days_off(self, first, last):
        company = self.env.company
        # The company's calendar is no secret, but technicians may not read calendars.
        calendar = company.sudo().resource_calendar_id
        if not calendar:
            return []
        tz = pytz.timezone(calendar.tz or "UTC")
        start = tz.localize(datetime.combine(first, time.min))
        stop = tz.localize(datetime.combine(last, time.max))
        return [day for day, off in calendar._get_unusual_days(start, stop, company).items() if off]

    @api.model
    def _get_calendar_holidays(self, first, last, places):
        """Return public and school holidays at the company and at the sites shown."""
        partners = self.env.company.partner_id | self.env["res.partner"].browse(places)
        # Names and dates of holidays; the postcodes they depend on stay here.
        by_place = partners.sudo()._get_field_holidays(first, last)
        found = {one["id"]: one for holidays in by_place.values() for one in holidays}
        return [
            {
                "name": one["name"],
                "kind": one["kind"],
                "from": fields.Date.to_string(one["date_from"]),
                "to": fields.Date.to_string(one["date_to"]),
            }
            for one in sorted(found.values(), key=lambda one: (one["date_from"], one["id"]))
        ]


class FieldTourCalendarDays(models.Model):
    _inherit = "field.tour"

    @api.model
    def get_calendar_days(self, domain, date_from, date_to, technician_ids=None):
        """Return what a calendar of tours shows behind the tours: see ``field.mission``.

        Hours planned are travel and work on site.

        :param domain: domain of the screen, filters included, without its dates
        :param date_from: first local day, ``YYYY-MM-DD``
        :param date_to: last local day
        :param technician_ids: technicians chosen on the screen (None = all)
        """
        self.check_access("read")
        missions = self.env["field.mission"]
        first, last = missions._read_calendar_span(date_from, date_to)
        scope = missions._read_calendar_domain(domain)
        scope &= Domain("date", ">=", first) & Domain("date", "<=", last)
        rows = self._read_group(
            scope, ["date:day"], ["stop_count:sum", "service_minutes:sum", "travel_minutes:sum"]
        )
        found = {day: [count, (work + travel) / 60] for day, count, work, travel in rows}
        return missions._get_calendar_frame(first, last, found, technician_ids, [])
