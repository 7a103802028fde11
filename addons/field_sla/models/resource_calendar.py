from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import models

from ..clock import ALWAYS, Opening, Shift


def _to_wall(moment, tz):
    """Return what a wall clock in ``tz`` shows at a naive UTC moment; 23:59:59 means midnight."""
    wall = moment.replace(tzinfo=timezone.utc).astimezone(tz).replace(tzinfo=None, microsecond=0)
    return wall + timedelta(seconds=1) if wall.second == 59 else wall


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _get_sla_openings(self, keys, since=None):
        """Return the opening hours for SLA clocks, with a constant number of queries.

        Hours and closing days are read on the wall clock of the site: a calendar that opens at 8
        in Paris opens at 8 in Saint-Denis, and 25 December is closed there on 25 December.

        :param keys: iterable of (``resource.calendar``, time zone name, ``res.company``); an
            empty calendar means day and night
        :param since: leave out closings that end before this naive UTC datetime
        :return: ``{key: Opening}``
        """
        calendars = self.browse({calendar.id for calendar, _tz, _company in keys if calendar})
        companies = {company.id for _calendar, _tz, company in keys}
        closings = calendars._get_sla_closings(companies, since) if calendars else {}
        shifts = {calendar: calendar._get_sla_shifts() for calendar in calendars}
        return {
            (calendar, tz, company): Opening(
                tz,
                shifts[calendar],
                [
                    *closings.get((company, calendar), ()),
                    *closings.get((company, self.browse()), ()),
                ],
            )
            if calendar
            else ALWAYS
            for calendar, tz, company in keys
        }

    def _get_sla_shifts(self):
        """Return the weekly shifts of one calendar."""
        self.ensure_one()
        return [
            Shift(
                int(line.dayofweek),
                round(line.hour_from * 60),
                round(line.hour_to * 60),
                int(line.week_type) if self.two_weeks_calendar and line.week_type else None,
            )
            for line in self.attendance_ids
            if not line.display_type
            and line.day_period != "lunch"
            and round(line.hour_to * 60) > round(line.hour_from * 60)
        ]

    def _get_sla_closings(self, company_ids, since):
        """Return the company-wide closings as wall-clock intervals.

        :return: ``{(company, calendar): [(start, stop), …]}``; an empty calendar: for all
        """
        domain = [
            ("resource_id", "=", False),
            ("time_type", "=", "leave"),
            ("company_id", "in", [*company_ids, False]),
            ("calendar_id", "in", [*self.ids, False]),
        ]
        if since:
            domain.append(("date_to", ">=", since - timedelta(days=2)))
        leaves = self.env["resource.calendar.leaves"].search_fetch(
            domain, ["company_id", "calendar_id", "date_from", "date_to"]
        )
        companies = self.env["res.company"].browse(company_ids)
        found = {}
        for leave in leaves:
            calendar = leave.calendar_id or leave.company_id.resource_calendar_id
            tz = ZoneInfo(calendar.tz or "UTC")
            interval = (_to_wall(leave.date_from, tz), _to_wall(leave.date_to, tz))
            for company in leave.company_id or companies:
                found.setdefault((company, leave.calendar_id), []).append(interval)
        return found
