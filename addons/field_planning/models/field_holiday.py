from collections import defaultdict
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.field_mission.core.slots import local_to_utc

from ..core.holidays import department_of, public_holidays
from ..core.recurrence import Closings

CODES = [
    ("new_year", "New Year's Day"),
    ("good_friday", "Good Friday"),
    ("easter_monday", "Easter Monday"),
    ("labour_day", "Labour Day"),
    ("victory", "Victory Day 1945"),
    ("ascension", "Ascension Day"),
    ("whit_monday", "Whit Monday"),
    ("bastille", "National Day"),
    ("assumption", "Assumption Day"),
    ("all_saints", "All Saints' Day"),
    ("armistice", "Armistice Day 1918"),
    ("christmas", "Christmas Day"),
    ("saint_stephen", "Saint Stephen's Day"),
    ("abolition", "Abolition of Slavery"),
    ("school_autumn", "Autumn holidays"),
    ("school_christmas", "Christmas holidays"),
    ("school_winter", "Winter holidays"),
    ("school_spring", "Spring holidays"),
    ("school_bridge", "Ascension bridge"),
    ("school_summer", "Summer holidays"),
]
# Years for which public holidays are written ahead.
YEARS_AHEAD = 3


class FieldHoliday(models.Model):
    """A public holiday or a school holiday of some places, which the company may correct."""

    _name = "field.holiday"
    _description = "Holiday"
    _order = "date_from, id"

    name = fields.Char(help="Empty for the known holidays, whose name follows the language.")
    code = fields.Selection(CODES, string="Known as")
    kind = fields.Selection(
        [("public", "Public holiday"), ("school", "School holidays")],
        default="public",
        required=True,
        index=True,
    )
    date_from = fields.Date(string="From", required=True, index=True)
    date_to = fields.Date(
        string="Until",
        compute="_compute_date_to",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="Last day, included.",
    )
    zone_ids = fields.Many2many(
        "field.school.zone", string="School zones", help="Empty: every zone."
    )
    department_codes = fields.Char(
        string="Departments",
        help="Codes of the departments where it holds, separated by commas. Empty: everywhere.",
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    active = fields.Boolean(default=True)

    _dates_ordered = models.Constraint(
        "CHECK(date_to >= date_from)", "These holidays end before they begin."
    )
    _known_unique = models.UniqueIndex(
        "(code, date_from, COALESCE(department_codes, ''))"
        " WHERE code IS NOT NULL AND kind = 'public' AND company_id IS NULL",
        "This public holiday is already there.",
    )

    @api.depends("date_from")
    def _compute_date_to(self):
        for holiday in self:
            if not holiday.date_to or (holiday.date_from and holiday.date_to < holiday.date_from):
                holiday.date_to = holiday.date_from

    @api.depends("name", "code", "date_from")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["code"]._description_selection(self.env))
        for holiday in self:
            holiday.display_name = holiday.name or labels.get(holiday.code) or ""

    @api.constrains("name", "code")
    def _check_name(self):
        for holiday in self:
            if not holiday.name and not holiday.code:
                raise ValidationError(self.env._("Give the holiday a name."))

    @api.constrains("date_from", "date_to", "kind")
    def _check_length(self):
        for holiday in self:
            longest = 5 if holiday.kind == "public" else 120
            if (holiday.date_to - holiday.date_from).days >= longest:
                raise ValidationError(
                    self.env._(
                        "%(name)s is longer than %(days)s days: check its dates.",
                        name=holiday.display_name,
                        days=longest,
                    )
                )

    # ------------------------------------------------------------------ public holidays as data

    @api.model
    def _load_public_holidays(self, year_from=None):
        """Write the French public holidays of the years ahead; those already there stay.

        :param year_from: first year (default: last year)
        """
        first = year_from or date.today().year - 1
        years = range(first, date.today().year + YEARS_AHEAD + 1)
        wanted = [one for year in years for one in public_holidays(year)]
        known = {
            (holiday.code, holiday.date_from, holiday.department_codes or "")
            for holiday in self.with_context(active_test=False).search(
                [
                    ("kind", "=", "public"),
                    ("code", "!=", False),
                    ("company_id", "=", False),
                    ("date_from", ">=", date(first, 1, 1)),
                ]
            )
        }
        self.create(
            [
                {
                    "kind": "public",
                    "code": one.code,
                    "date_from": one.day,
                    "department_codes": ",".join(one.departments) or False,
                }
                for one in wanted
                if (one.code, one.day, ",".join(one.departments)) not in known
            ]
        )

    @api.model
    def _keep_ahead(self):
        """Write the public holidays of a year to come, once a year; one query when nothing is."""
        horizon = date(date.today().year + YEARS_AHEAD, 1, 1)
        domain = [("code", "=", "new_year"), ("date_from", ">=", horizon)]
        if not self.with_context(active_test=False).search_count(domain, limit=1):
            self._load_public_holidays()

    # ------------------------------------------------------------------ which hold where

    @api.model
    def _get_places(self, partners, company=None):
        """Return where each partner lies, in constant queries.

        :return: ``{partner_id: (department code or "", field.school.zone)}``; a partner without
            a postcode lies where the company does
        """
        zones = self.env["field.school.zone"]._zone_of_departments()
        none = self.env["field.school.zone"]
        # A site's address is no secret to who plans it; the company's own neither.
        home = (company or self.env.company).partner_id.sudo()
        default = department_of(home.zip, home.site_insee_code)
        found = {}
        for partner in partners.sudo():
            code = department_of(partner.zip, partner.site_insee_code) or default
            found[partner.id] = (code, zones.get(code, none))
        return found

    @api.model
    def _search_between(self, date_from, date_to, company=None):
        company = company or self.env.company
        return self.sudo().search(
            Domain("date_from", "<=", date_to)
            & Domain("date_to", ">=", date_from)
            & Domain("company_id", "in", (company.id, False))
        )

    def _holds_at(self, department, zone):
        """Tell whether one holiday holds in a department that lies in a school zone."""
        codes = [c.strip().upper() for c in (self.department_codes or "").split(",") if c.strip()]
        if codes and department not in codes:
            return False
        return not self.zone_ids or zone in self.zone_ids

    @api.model
    def _get_closings(self, partners, date_from, date_to, company=None):
        """Return the closed days of each place, for the pure recurrence.

        :param partners: sites; may be empty, then the company's own place is under ``False``
        :param company: whose holidays count (default: the current one)
        :return: ``{partner_id or False: core.recurrence.Closings}``; places alike share one
        """
        places = self._get_places(partners, company)
        if not partners:
            home = (company or self.env.company).partner_id
            places = {False: self._get_places(home, company)[home.id]}
        holidays = self._search_between(date_from, date_to, company)
        known = self._get_school_years(company)
        shared = {}
        for place in set(places.values()):
            shared[place] = holidays._make_closings(place, date_from, date_to, known)
        return {partner_id: shared[place] for partner_id, place in places.items()}

    def _make_closings(self, place, date_from, date_to, known):
        department, zone = place
        days = {"public": {}, "school": {}}
        for holiday in self:
            if not holiday._holds_at(department, zone):
                continue
            day, last = max(holiday.date_from, date_from), min(holiday.date_to, date_to)
            while day <= last:
                days[holiday.kind][day] = holiday.display_name
                day += timedelta(days=1)
        return Closings(days["public"], days["school"], known.get(zone.id))

    @api.model
    def _get_school_years(self, company=None):
        """Return for which days school holidays are known: ``{zone_id: (first, last)}``.

        They are known from the first to the last holidays of the zone.
        """
        company = company or self.env.company
        domain = [("kind", "=", "school"), ("company_id", "in", (company.id, False))]
        return {
            zone.id: (first, last)
            for zone, first, last in self.sudo()._read_group(
                domain, ["zone_ids"], ["date_from:min", "date_to:max"]
            )
        }

    @api.model
    def _describe_between(self, partners, date_from, date_to, company=None):
        """Return the holidays of each place, for bands in calendars.

        :return: ``{partner_id: [{"id", "name", "kind", "date_from", "date_to"}, …]}``
        """
        places = self._get_places(partners, company)
        holidays = self._search_between(date_from, date_to, company)
        by_place = defaultdict(list)
        for place in set(places.values()):
            for holiday in holidays:
                if holiday._holds_at(*place):
                    by_place[place].append(
                        {
                            "id": holiday.id,
                            "name": holiday.display_name,
                            "kind": holiday.kind,
                            "date_from": holiday.date_from,
                            "date_to": holiday.date_to,
                        }
                    )
        return {partner_id: by_place[place] for partner_id, place in places.items()}

    def action_close_calendars(self):
        """Take public holidays out of the working hours of the current company's technicians.

        Writes each national holiday once into Odoo's own public holidays; those of some
        departments only are left out, since calendars know no place.
        """
        self.check_access("write")
        company = self.env.company
        chosen = self.filtered(lambda one: one.kind == "public" and not one.department_codes)
        if not chosen:
            return False
        # Managers of field service keep no HR calendars: this is the one line they may add.
        leaves = self.env["resource.calendar.leaves"].sudo()
        tz = company.partner_id.tz or "Europe/Paris"
        existing = leaves.search(
            [
                ("resource_id", "=", False),
                ("company_id", "=", company.id),
                ("calendar_id", "=", False),
            ]
        )
        taken = {(one.date_from, one.date_to) for one in existing}
        values = []
        for holiday in chosen:
            start, stop = holiday._get_utc_span(tz)
            if (start, stop) not in taken:
                values.append(
                    {
                        "name": holiday.display_name,
                        "company_id": company.id,
                        "date_from": start,
                        "date_to": stop,
                    }
                )
        leaves.create(values)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(new)s public holidays added to the working hours (%(old)s were there).",
                    new=len(values),
                    old=len(chosen) - len(values),
                ),
            },
        }

    def _get_utc_span(self, tz):
        start = local_to_utc(self.date_from, 0, tz)
        return start, local_to_utc(self.date_to, 24, tz) - timedelta(seconds=1)
