from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pytz

from odoo import models
from odoo.tools.intervals import Intervals

from odoo.addons.field_mission.core.slots import local_to_utc, utc_to_local

# A night shift belongs to the evening it begins; no working day is longer than this.
LONGEST_DAY = timedelta(hours=20)


@dataclass
class WorkDay:
    """Working time of one technician on one day; all instants in naive UTC.

    :param intervals: working time, holes of more than lunch and absences taken out
    :param absences: ``(from, to, name)`` of what was taken out
    :param lunch: ``(earliest start, latest start, seconds)`` or None
    :param has_calendar: false = nobody wrote this person's hours down
    """

    day: date
    intervals: list[tuple[datetime, datetime]] = field(default_factory=list)
    absences: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    lunch: tuple[datetime, datetime, int] | None = None
    has_calendar: bool = True

    @property
    def seconds(self):
        """Working time in seconds, lunch not counted."""
        total = sum((end - start).total_seconds() for start, end in self.intervals)
        return max(0, int(total) - (self.lunch[2] if self.lunch else 0))


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def _get_field_days(self, date_from, date_to):
        """Return the working days of technicians: calendar minus leaves, in their own time zone.

        The calendar is the one of the version in force; only approved absences count (they are
        ``resource.calendar.leaves``), public holidays included. A hole around lunch time is lunch,
        which may move inside the company's lunch window; any other hole stays where it is.

        :param date_from: first local day
        :param date_to: last local day, included
        :return: ``{(employee_id, day): WorkDay}``, an entry for each technician and day
        """
        # Calendars and versions are HR data; the planner gets the hours only.
        employees = self.sudo()
        days = [date_from + timedelta(days=n) for n in range((date_to - date_from).days + 1)]
        found = {(employee.id, day): WorkDay(day) for employee in employees for day in days}
        # One day more on each side: night shifts, and zones up to 14 h away from UTC.
        start = pytz.utc.localize(datetime.combine(date_from - timedelta(days=1), time.min))
        stop = pytz.utc.localize(datetime.combine(date_to + timedelta(days=3), time.min))
        for calendar, periods in employees._get_field_calendars(date_from, date_to).items():
            group = employees.browse(periods)
            attended = group._get_field_attendances(calendar, start, stop)
            leaves = calendar._leave_intervals_batch(start, stop, group.resource_id, tz=pytz.utc)
            for employee in group:
                away = leaves.get(employee.resource_id.id, ())
                for work_day in employee._split_field_days(attended[employee.id]):
                    if (employee.id, work_day.day) in found and work_day.day in periods[
                        employee.id
                    ]:
                        employee._take_absences(work_day, away)
                        found[employee.id, work_day.day] = work_day
                employee._name_absences(found, periods[employee.id], away)
                for day in periods[employee.id]:
                    found[employee.id, day].has_calendar = bool(calendar)
        return found

    def _get_field_calendars(self, date_from, date_to):
        """Return ``{calendar: {employee_id: {days on which it is theirs}}}``."""
        days = [date_from + timedelta(days=n) for n in range((date_to - date_from).days + 1)]
        found = defaultdict(lambda: defaultdict(set))
        # One query; read through the employees it takes two.
        by_employee = (
            self.env["hr.version"]
            .sudo()
            .search_fetch(
                [("employee_id", "in", self.ids)],
                ["employee_id", "date_version", "resource_calendar_id"],
                order="date_version, id",
            )
            .grouped(lambda version: version.employee_id.id)
        )
        for employee in self:
            versions = by_employee.get(employee.id, self.env["hr.version"])
            if len(versions) == 1:
                # The usual case: nothing to look up day by day.
                found[versions.resource_calendar_id][employee.id] = set(days)
                continue
            for day in days:
                current = versions.filtered(lambda v, day=day: v.date_version <= day)[-1:]
                calendar = (current or versions[:1]).resource_calendar_id
                found[calendar][employee.id].add(day)
        return found

    def _get_field_attendances(self, calendar, start, stop):
        """Return ``{employee_id: [(from, to)]}`` in naive UTC, touching spans merged."""
        if not calendar:
            # Fully flexible: nobody wrote hours down, the company's half-days are the frame.
            return {employee.id: employee._get_flexible_spans(start, stop) for employee in self}
        found = {}
        # Once a time zone: people of one calendar differ by their clock only.
        for tz, group in self.grouped(lambda employee: employee._get_field_tz()).items():
            batch = calendar._attendance_intervals_batch(start, stop, tz=pytz.timezone(tz))
            spans = [
                (_naive(first), _naive(last), calendar.browse())
                for first, last, _line in batch[False]
            ]
            merged = [(first, last) for first, last, _none in Intervals(spans)]
            found.update((employee.id, list(merged)) for employee in group)
        return found

    def _get_flexible_spans(self, start, stop):
        halves = (self.company_id or self.env.company)._get_field_halves()
        spans, day = [], start.date()
        while day < stop.date():
            spans += [
                (local_to_utc(day, first, self._get_field_tz()),
                 local_to_utc(day, last, self._get_field_tz()))
                for first, last in halves.values()
            ]  # fmt: skip
            day += timedelta(days=1)
        return spans

    def _get_field_tz(self):
        """Return the IANA time zone in which one technician's day is counted."""
        self.ensure_one()
        return self.sudo().tz or self.company_id.partner_id.sudo().tz or "Europe/Paris"

    def _split_field_days(self, spans):
        """Group spans of attendance into days, with the hole at lunch time made lunch.

        :param spans: ``[(from, to)]`` naive UTC, in order
        :return: list of :class:`WorkDay`
        """
        tz = self._get_field_tz()
        by_day = defaultdict(list)
        for first, last in spans:
            while last - first > LONGEST_DAY:
                # Round the clock: cut at local midnight.
                night = utc_to_local(first, tz).date() + timedelta(days=1)
                cut = min(local_to_utc(night, 0, tz), last)
                by_day[utc_to_local(first, tz).date()].append((first, cut))
                first = cut
            if last > first:
                by_day[utc_to_local(first, tz).date()].append((first, last))
        return [self._make_work_day(day, spans) for day, spans in sorted(by_day.items())]

    def _make_work_day(self, day, spans):
        company = self.company_id or self.env.company
        tz = self._get_field_tz()
        first = local_to_utc(day, company.field_lunch_from, tz)
        last = local_to_utc(day, company.field_lunch_to, tz)
        minutes = timedelta(minutes=company.field_lunch_minutes)
        holes = [
            (end, start)
            for (_begin, end), (start, _end) in zip(spans, spans[1:], strict=False)
            if end < last + minutes and start > first
        ]
        if not holes:
            # Who works in the morning or in the afternoon only has lunch on their own time.
            over_noon = any(begin < first and last < end for begin, end in spans)
            lunch = (first, last, company.field_lunch_minutes * 60)
            taken = company.field_lunch_minutes and over_noon
            return WorkDay(day, spans, lunch=lunch if taken else None)
        hole = max(holes, key=lambda pair: pair[1] - pair[0])
        merged = []
        for begin, end in spans:
            if merged and merged[-1][1] == hole[0] and begin == hole[1]:
                merged[-1] = (merged[-1][0], end)
            else:
                merged.append((begin, end))
        length = int((hole[1] - hole[0]).total_seconds())
        return WorkDay(day, merged, lunch=(min(first, hole[0]), max(last, hole[0]), length))

    def _take_absences(self, work_day, leaves):
        """Take leaves out of the working time of one day."""
        left = Intervals([(first, last, self.browse()) for first, last in work_day.intervals])
        away = Intervals(
            [(_naive(first), _naive(last), self.browse()) for first, last, _l in leaves]
        )
        work_day.intervals = [(first, last) for first, last, _none in left - away]

    def _name_absences(self, found, days, leaves):
        """Note on each day which absence falls on it, without the reason of personal ones."""
        tz = self._get_field_tz()
        for first, last, lines in leaves:
            first, last = _naive(first), _naive(last)
            # Why somebody is away is nobody's business here; a public holiday has a name.
            public = lines.filtered(lambda line: not line.resource_id and line.name)
            name = public[:1].name or self.env._("absence")
            day = utc_to_local(first, tz).date()
            while day <= utc_to_local(last - timedelta(seconds=1), tz).date():
                if day in days:
                    begin = max(first, local_to_utc(day, 0, tz))
                    end = min(last, local_to_utc(day, 24, tz))
                    found[self.id, day].absences.append((begin, end, name))
                day += timedelta(days=1)


def _naive(moment):
    """The same instant in naive UTC. Odoo writes 24:00 as the last microsecond of the day."""
    naive = moment.astimezone(pytz.utc).replace(tzinfo=None)
    return naive + timedelta(microseconds=1) if naive.microsecond == 999999 else naive
