from datetime import timedelta

from babel.dates import get_day_names, get_month_names
from babel.lists import format_list
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import babel_locale_parse, format_date

from ..core import recurrence
from ..core.recurrence import Rule

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ACTIONS = [
    ("keep", "Visit all the same"),
    ("skip", "Skip the visit"),
    ("before", "Move to the working day before"),
    ("after", "Move to the working day after"),
]
RULE_FIELDS = (
    "mode", "rule_unit", "rule_interval", *WEEKDAYS, "month_by", "month_day", "month_nth",
    "month_weekday", "rule_month", "excluded_months", "weekend_action", "holiday_action",
    "school_policy", "school_action", "tolerance_days",
)  # fmt: skip
MONTHS = [
    ("1", "January"), ("2", "February"), ("3", "March"), ("4", "April"), ("5", "May"),
    ("6", "June"), ("7", "July"), ("8", "August"), ("9", "September"), ("10", "October"),
    ("11", "November"), ("12", "December"),
]  # fmt: skip


class FieldVisitRule(models.AbstractModel):
    """When visits are due: the fields of a rule, its sentence and the preview of its dates."""

    _name = "field.visit.rule"
    _description = "Rule of recurring visits"

    mode = fields.Selection(
        [("date", "At fixed dates"), ("completion", "After the previous visit is done")],
        string="Counted",
        default="date",
        required=True,
    )
    rule_interval = fields.Integer(string="Every", default=1, required=True)
    rule_unit = fields.Selection(
        [("day", "days"), ("week", "weeks"), ("month", "months"), ("year", "years")],
        string="Unit",
        default="month",
        required=True,
    )
    mon = fields.Boolean(string="Monday")
    tue = fields.Boolean(string="Tuesday")
    wed = fields.Boolean(string="Wednesday")
    thu = fields.Boolean(string="Thursday")
    fri = fields.Boolean(string="Friday")
    sat = fields.Boolean(string="Saturday")
    sun = fields.Boolean(string="Sunday")
    month_by = fields.Selection(
        [("date", "On a day of the month"), ("weekday", "On a weekday of the month")],
        string="Day",
        default="date",
        required=True,
    )
    month_day = fields.Integer(
        string="Day of the month",
        default=1,
        help="31 is the last day of the month, whatever its length.",
    )
    month_nth = fields.Selection(
        [("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth"), ("-1", "Last")],
        string="Which one",
        default="1",
        required=True,
    )
    month_weekday = fields.Selection(
        [
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        string="Weekday",
        default="0",
        required=True,
    )
    rule_month = fields.Selection(MONTHS, string="Month", default="1", required=True)
    excluded_months = fields.Char(
        string="Not in", help="Numbers of the months without visits, separated by commas: 7,8."
    )
    weekend_action = fields.Selection(
        ACTIONS, string="On a week-end", default="after", required=True
    )
    holiday_action = fields.Selection(
        ACTIONS, string="On a public holiday", default="after", required=True
    )
    school_policy = fields.Selection(
        [
            ("any", "Don't matter"),
            ("only", "Only during them"),
            ("never", "Never during them"),
        ],
        string="School holidays",
        default="any",
        required=True,
    )
    school_action = fields.Selection(
        ACTIONS[1:], string="Otherwise", default="after", required=True
    )
    tolerance_days = fields.Integer(
        string="Tolerance",
        default=0,
        help="Days before and after the due date within which the visit is on time.",
    )
    rule_text = fields.Char(string="Rule", compute="_compute_rule_text")
    preview = fields.Json(compute="_compute_preview")

    @api.constrains(*RULE_FIELDS)
    def _check_rule(self):
        for record in self:
            if not 1 <= record.rule_interval <= 400:
                raise ValidationError(self.env._("Visits repeat every 1 to 400 days, weeks…"))
            if not 0 <= record.tolerance_days <= 180:
                raise ValidationError(self.env._("The tolerance goes from 0 to 180 days."))
            if not 1 <= record.month_day <= 31:
                raise ValidationError(self.env._("A day of the month goes from 1 to 31."))
            months = record._excluded_months(strict=True)
            if len(months) == 12 or (
                record.rule_unit == "year"
                and record.mode == "date"
                and int(record.rule_month) in months
            ):
                raise ValidationError(
                    self.env._("These excluded months leave no visit at all: keep one month.")
                )

    # ------------------------------------------------------------------ what it says

    @api.depends(*RULE_FIELDS)
    @api.depends_context("lang")
    def _compute_rule_text(self):
        for record in self:
            record.rule_text = record._format_rule()

    def _format_rule(self):
        """Return the rule of one record as a person says it."""
        self.ensure_one()
        text = self._format_completion() if self.mode == "completion" else self._format_dates()
        if months := self._excluded_months():
            names = get_month_names("wide", locale=self._get_locale())
            text = self.env._(
                "%(rule)s, not in %(months)s",
                rule=text,
                months=self._join([names[month] for month in sorted(months)]),
            )
        if self.tolerance_days:
            text = self.env._("%(rule)s (± %(days)s days)", rule=text, days=self.tolerance_days)
        return text

    def _format_completion(self):
        count = self.rule_interval
        return {
            "day": self.env._("%s days after the previous visit", count),
            "week": self.env._("%s weeks after the previous visit", count),
            "month": self.env._("%s months after the previous visit", count),
            "year": self.env._("%s years after the previous visit", count),
        }[self.rule_unit]

    def _format_dates(self):
        count = self.rule_interval
        if self.rule_unit == "day":
            return self.env._("Every day") if count == 1 else self.env._("Every %s days", count)
        if self.rule_unit == "week":
            every = self.env._("Every week") if count == 1 else self.env._("Every %s weeks", count)
            days = self._weekday_numbers()
            if not days:
                return every
            names = get_day_names("wide", locale=self._get_locale())
            return self.env._(
                "%(every)s on %(days)s", every=every, days=self._join([names[day] for day in days])
            )
        if self.rule_unit == "month":
            every = (
                self.env._("Every month") if count == 1 else self.env._("Every %s months", count)
            )
            return f"{every} {self._format_day_of_month()}"
        every = self.env._("Every year") if count == 1 else self.env._("Every %s years", count)
        month = get_month_names("wide", locale=self._get_locale())[int(self.rule_month or 1)]
        return self.env._(
            "%(every)s %(day)s of %(month)s",
            every=every,
            day=self._format_day_of_month(),
            month=month,
        )

    def _format_day_of_month(self):
        if self.month_by == "weekday":
            nth = dict(self._fields["month_nth"]._description_selection(self.env))[self.month_nth]
            day = get_day_names("wide", locale=self._get_locale())[int(self.month_weekday)]
            return self.env._("on the %(nth)s %(weekday)s", nth=nth.lower(), weekday=day)
        if self.month_day >= 31:
            return self.env._("on the last day")
        if self.month_day == 1:
            return self.env._("on the 1st")
        return self.env._("on the %s", self.month_day)

    def _get_locale(self):
        return babel_locale_parse(self.env.lang or "en_US")

    def _join(self, words):
        return format_list(words, locale=self._get_locale())

    def _weekday_numbers(self):
        return tuple(number for number, name in enumerate(WEEKDAYS) if self[name])

    def _excluded_months(self, strict=False):
        """Return the excluded months of one record.

        :param strict: refuse what is no month
        """
        found = set()
        for word in (self.excluded_months or "").replace(";", ",").split(","):
            word = word.strip()
            if word.isdigit() and 1 <= int(word) <= 12:
                found.add(int(word))
            elif word and strict:
                raise ValidationError(self.env._("“%s” is no month: write 1 to 12.", word))
        return frozenset(found)

    # ------------------------------------------------------------------ the pure rule

    def _get_rule_days(self):
        """Return the first and the last day of one record's rule (hook); last may be False."""
        self.ensure_one()
        return fields.Date.context_today(self), False

    def _get_rule_site(self):
        """Return the site whose holidays the preview of one record shows (hook)."""
        self.ensure_one()
        return self.env["res.partner"]

    def _get_rule_company(self):
        """Return the company whose holidays count for one record (hook)."""
        return self.env.company

    def _get_rule(self):
        """Return the rule of one record as ``core.recurrence.Rule``."""
        self.ensure_one()
        first, last = self._get_rule_days()
        return Rule(
            start=first,
            end=last or None,
            unit=self.rule_unit or "month",
            interval=min(max(1, self.rule_interval), 400),
            weekdays=self._weekday_numbers(),
            by_weekday=self.month_by == "weekday",
            day=min(max(1, self.month_day), 31),
            nth=int(self.month_nth or 1),
            weekday=int(self.month_weekday or 0),
            month=int(self.rule_month or 1),
            excluded=self._excluded_months(),
            on_weekend=self.weekend_action or "after",
            on_holiday=self.holiday_action or "after",
            school=self.school_policy or "any",
            on_school=self.school_action or "after",
        )

    def _list_occurrences(self, first, last, closings, done=None):
        """Return the visits of one record's rule between two days.

        :param closings: ``core.recurrence.Closings`` of the place
        :param done: day of the last visit done, for a rule that counts from it
        """
        rule = self._get_rule()
        if self.mode == "date":
            return recurrence.occurrences(rule, first, last, closings)
        if done:
            return recurrence.chain(rule, done, last, closings)
        opening = recurrence.resolve(rule, rule.start, closings)
        day = opening.day or opening.nominal
        return [opening, *recurrence.chain(rule, day, last, closings)]

    # ------------------------------------------------------------------ preview

    @api.depends(*RULE_FIELDS)
    @api.depends_context("lang")
    def _compute_preview(self):
        for record in self:
            record.preview = record._get_preview()

    def _get_preview(self, months=12):
        """Return what one rule gives over the next months, for the year strip.

        :param months: how many months, from that of the first visit
        :return: dict ``text``, ``site``, ``months`` (``key``, ``label``, ``days``), ``visits``
            (``nominal``, ``day``, ``window``, ``text``, ``why``), ``closed``
            (``{day: [kind, name]}``), ``counts`` and ``warnings``; dates as ISO strings
        """
        self.ensure_one()
        start, end = self._get_rule_days()
        if not start:
            return False
        first = start
        until = first.replace(day=1) + relativedelta(months=months) - timedelta(days=1)
        last = min(until, end) if end else until
        site = self._get_rule_site()
        closings = self.env["field.holiday"]._get_closings(
            site, first - timedelta(days=45), until + timedelta(days=45), self._get_rule_company()
        )[site.id]
        found = [
            one for one in self._list_occurrences(first, last, closings) if one.nominal <= last
        ]
        visits = [self._preview_visit(one, start, end) for one in found]
        due = [one for one in found if one.day]
        return {
            "text": self._format_rule(),
            "site": site.display_name or "",
            "months": self._preview_months(first, months),
            "visits": visits,
            "closed": self._preview_closed(first, until, closings),
            "counts": {
                "due": len(due),
                "shifted": sum(one.day != one.nominal for one in due),
                "skipped": len(found) - len(due),
            },
            "warnings": self._preview_warnings(found),
        }

    def _preview_visit(self, one, start, end):
        opens, closes = (
            recurrence.window(one.day, self.tolerance_days, start, end or None)
            if one.day
            else (None, None)
        )
        return {
            "nominal": one.nominal.isoformat(),
            "day": one.day and one.day.isoformat(),
            "window": one.day and [opens.isoformat(), closes.isoformat()],
            "text": format_date(self.env, one.day or one.nominal, date_format="EEE d MMM yyyy"),
            "why": self._explain(one),
        }

    def _explain(self, one):
        """Return why a visit is not on the day that its rule names, in words."""
        if not one.reason:
            return ""
        asked = format_date(self.env, one.nominal, date_format="EEE d MMM yyyy")
        why = {
            "weekend": self.env._("week-end"),
            "public": one.name,
            "school_never": one.name,
            "school_only": self.env._("outside school holidays"),
            "same_day": self.env._("another visit is due that day"),
            "no_day": self.env._("no open day is left"),
        }[one.reason]
        if one.day:
            return self.env._("instead of %(day)s: %(why)s", day=asked, why=why)
        return self.env._("no visit on %(day)s: %(why)s", day=asked, why=why)

    def _preview_months(self, first, months):
        found = []
        for number in range(months):
            month = first.replace(day=1) + relativedelta(months=number)
            following = month + relativedelta(months=1)
            found.append(
                {
                    "key": month.isoformat()[:7],
                    "label": format_date(self.env, month, date_format="MMM yy"),
                    "days": (following - month).days,
                    "weekday": month.weekday(),
                }
            )
        return found

    def _preview_closed(self, first, last, closings):
        begin = first.replace(day=1)
        closed = {
            day.isoformat(): ["school", name]
            for day, name in closings.school.items()
            if self.school_policy != "any" and begin <= day <= last
        }
        closed.update(
            {
                day.isoformat(): ["public", name]
                for day, name in closings.public.items()
                if begin <= day <= last
            }
        )
        return closed

    def _preview_warnings(self, found):
        warnings = []
        if not [one for one in found if one.day]:
            warnings.append(self.env._("This rule gives no visit in these months."))
        unknown = next((one for one in found if one.unknown), None)
        if unknown:
            warnings.append(
                self.env._(
                    "From %s on, no school holidays are known: load the calendar of that school"
                    " year, or these visits keep their dates.",
                    format_date(self.env, unknown.nominal),
                )
            )
        today = fields.Date.context_today(self)
        past = [one for one in found if one.day and one.day < today]
        if past and self._is_new_rule():
            warnings.append(
                self.env._("%s of these visits lie in the past and are late at once.", len(past))
            )
        return warnings

    def _is_new_rule(self):
        """Tell whether the visits of one record are not owed yet (hook)."""
        return True
