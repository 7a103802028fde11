"""Accepted lines of an import become records: in batches, each line on its own when one fails."""

import logging

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from odoo.addons.field_mission.core.slots import local_to_utc

from ..spreadsheet import issues as say
from ..spreadsheet.text import clean, normalise
from .field_import_line import INNER_KEY, INNER_TOKEN
from .import_text import field_labels, sentence

_logger = logging.getLogger(__name__)

# Issues of an address that whoever keeps the sites must look at.
ADDRESS_ISSUES = (
    "missing_postcode", "several_postcodes", "neighbour_postcode", "bad_postcode",
    "unsure_postcode", "damaged_text", "damaged_text_guess", "suspect_text",
    "missing_coordinates", "bad_coordinates", "far_coordinates",
)  # fmt: skip
QUIET = {"mail_create_nosubscribe": True, "mail_create_nolog": True}


class ImportWriter:
    """Writes lines of one run with the rights of who accepted it.

    :param run: ``field.import``
    """

    def __init__(self, run):
        self.run = run
        self.env = run.env
        self.company = run.company_id
        self.labels = field_labels(self.env, run.kind)

    def write_lines(self, lines):
        """Write lines; those that can't be written are marked with the reason, the others stand.

        :param lines: ``field.import.line`` records that are ready
        """
        if not lines:
            return
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                getattr(self, f"_write_{self.run.kind}")(self._inner(lines))
        except Exception as error:
            # Whatever a line brings up (a constraint, another addon's check) is that line's
            # problem only: halve until the one that fails stands alone.
            if len(lines) == 1:
                self._mark_failed(lines, error)
                return
            half = len(lines) // 2
            self.write_lines(lines[:half])
            self.write_lines(lines[half:])

    def _inner(self, lines):
        return lines.with_context(**{INNER_KEY: INNER_TOKEN})

    def _mark_failed(self, line, error):
        text = str(error)
        if isinstance(error, IntegrityError):
            text = self.env["field.mission"]._sql_error_to_message(error)
        elif not isinstance(error, UserError):
            _logger.warning("Import line %s can't be written", line.id, exc_info=error)
        issue = say.error("failed", "", "", error=text)
        issues = [known for known in line._get_issues() if known.code != "failed"]
        self._inner(line)._store_issues([*issues, issue])

    # ------------------------------------------------------------------ plannings

    def _write_planning(self, lines):
        lines._mark_imported()
        lines = lines.filtered(lambda line: line.status in ("ok", "unassigned"))
        self._make_customers(lines)
        self._make_sites(lines)
        self._make_accesses(lines)
        lines._refresh_keys()
        missions = self.env["field.mission"].create([self._mission_values(line) for line in lines])
        for line, mission in zip(lines, missions, strict=True):
            line.write({"mission_id": mission.id, "status": "done"})
        self.env.flush_all()

    def _make_customers(self, lines):
        """Create the customers nobody knows yet, once each, for all lines of the run."""
        missing = lines.filtered(lambda line: not line.partner_id)
        first = {}
        for line in missing:
            first.setdefault(line.customer_key, line)
        made = (
            self.env["res.partner"]
            .with_context(**QUIET)
            .create(
                [
                    {"name": clean(line.customer_text), "is_company": True, "lang": self.env.lang}
                    for line in first.values()
                ]
            )
        )
        partners = dict(zip(first, made, strict=True))
        for line in self._same_lines("customer_key", partners, "partner_id"):
            line.partner_id = partners[line.customer_key]

    def _make_sites(self, lines):
        """Create the sites nobody knows yet, once each, for all lines of the run."""
        missing = lines.filtered(lambda line: not line.site_id)
        first = {}
        for line in missing:
            first.setdefault(line.site_key, line)
        made = (
            self.env["res.partner"]
            .with_context(**QUIET)
            .create([self._site_values(line) for line in first.values()])
        )
        sites = dict(zip(first, made, strict=True))
        for line in self._same_lines("site_key", sites, "site_id"):
            line.site_id = sites[line.site_key]

    def _same_lines(self, key, values, field):
        """Return the run's open lines that need one of the records just made."""
        if not values:
            return self._inner(self.env["field.import.line"])
        return self._inner(
            self.env["field.import.line"].search(
                [
                    ("import_id", "=", self.run.id),
                    (key, "in", list(values)),
                    (field, "=", False),
                    ("status", "!=", "done"),
                ]
            )
        )

    def _site_values(self, line):
        """Return the values of a new site."""
        problems = [
            sentence(self.env, issue, self.labels)
            for issue in line._get_issues()
            if issue.code in ADDRESS_ISSUES
        ]
        return {
            "name": clean(line.site_name) or clean(line.street) or line.site_code,
            "is_field_site": True,
            "site_customer_id": line.partner_id.id,
            "site_code": line.site_code or False,
            "street": line.street or False,
            "zip": line.zip or False,
            "city": line.city or False,
            "site_insee_code": line.insee or False,
            "country_id": self.company.country_id.id or self.env.ref("base.fr").id,
            "phone": line.phone or False,
            "partner_latitude": line.latitude,
            "partner_longitude": line.longitude,
            "site_address_issue": " ".join(dict.fromkeys(problems)) or False,
            "lang": self.env.lang,
        }

    def _make_accesses(self, lines):
        """Keep the access codes that remarks hold where access codes belong."""
        wanted = {}
        for line in lines:
            for kind, value, note in line.access or ():
                wanted.setdefault((line.site_id.id, kind, value), note)
        if not wanted:
            return
        accesses = self.env["field.site.access"]
        known = accesses.search_fetch(
            [("site_id", "in", lines.site_id.ids), ("company_id", "=", self.company.id)],
            ["site_id", "kind", "value"],
        )
        have = {(access.site_id.id, access.kind, access.value) for access in known}
        accesses.create(
            [
                {
                    "site_id": site_id,
                    "kind": kind,
                    "value": value,
                    "note": _without(note, value) or False,
                    "company_id": self.company.id,
                }
                for (site_id, kind, value), note in wanted.items()
                if (site_id, kind, value) not in have
            ]
        )

    def _mission_values(self, line):
        """Return the values of a mission (hook: extend with what another addon reads)."""
        values = {
            "company_id": self.company.id,
            "partner_id": line.partner_id.id,
            "site_id": line.site_id.id,
            "service_type_id": line.service_type_id.id,
            "technician_id": line.technician_id.id,
            "priority": line.priority,
            "promised_kind": line.promised_kind,
            "promised_date": line.date,
            "promised_time": line.promised_time,
            "description": self._remark(line) or False,
            "requester": " ".join(filter(None, (line.contact, line.phone))) or False,
            "customer_reference": line.reference or False,
            "origin": "import",
            "source_row": ", ".join(
                filter(None, (self.run.filename, line.sheet, str(line.row_number)))
            ),
            "import_key": line.fingerprint,
            "import_source": line.source_key,
        }
        if line.duration:
            values["planned_duration"] = line.duration
        if line.helper_ids:
            helpers = line.helper_ids - line.technician_id
            values["helper_ids"] = [Command.set(helpers.ids)]
        if line.promised_kind == "window":
            values.update(self._window(line))
        return values

    def _window(self, line):
        """Return both ends of an arrival window; an open end is the end of the working day."""
        halves = self.company._get_field_halves()
        tz = line.site_id._get_site_tz()
        first = line.promised_time or halves["morning"][0]
        last = line.promised_until or max(halves["afternoon"][1], first)
        return {
            "promised_start": local_to_utc(line.date, first, tz),
            "promised_end": local_to_utc(line.date, last, tz),
        }

    @staticmethod
    def _remark(line):
        """Return a line's remark without its access codes: these are not for everybody."""
        text = line.remark or ""
        for _kind, _value, note in line.access or ():
            text = text.replace(note, " ")
        return clean(text).strip(" .,;-/")

    # ------------------------------------------------------------------ sites

    def _write_sites(self, lines):
        self._make_customers(lines.filtered("customer_text"))
        new = lines.filtered(lambda line: not line.site_id)
        sites = (
            self.env["res.partner"]
            .with_context(**QUIET)
            .create([self._site_values(line) for line in new])
        )
        for line, site in zip(new, sites, strict=True):
            line.site_id = site
        self._complete_sites(lines - new)
        self._make_accesses(lines)
        lines.write({"status": "done"})
        self.env.flush_all()

    def _complete_sites(self, lines):
        """Fill what is empty on known sites; what is there stays."""
        for line in lines:
            site = line.site_id
            values = self._site_values(line)
            located = site.partner_latitude or site.partner_longitude
            missing = {
                name: value
                for name, value in values.items()
                if value
                and name not in ("partner_latitude", "partner_longitude", "site_address_issue")
                and not site[name]
            }
            if not located and line.latitude:
                missing["partner_latitude"] = line.latitude
                missing["partner_longitude"] = line.longitude
            if missing:
                site.write(missing)

    # ------------------------------------------------------------------ technicians

    def _write_technicians(self, lines):
        skills = self._get_skills(lines)
        calendars = self._get_calendars(lines)
        new = lines.filtered(lambda line: not line.employee_id)
        employees = self.env["hr.employee"].create(
            [self._employee_values(line, calendars) for line in new]
        )
        for line, employee in zip(new, employees, strict=True):
            line.employee_id = employee
        for line in lines - new:
            self._complete_employee(line, calendars)
        self._give_skills(lines, skills)
        lines.write({"status": "done"})
        self.env.flush_all()

    def _employee_values(self, line, calendars):
        values = {
            "name": line.technician_text,
            "company_id": self.company.id,
            "is_field_technician": True,
            "field_start_address": line.street or False,
            "field_start_latitude": line.latitude,
            "field_start_longitude": line.longitude,
            "work_phone": line.phone or False,
            "work_email": line.email or False,
            "tz": self.company.partner_id.tz or "Europe/Paris",
        }
        hours = (line.start_hour, line.end_hour)
        if hours in calendars:
            values["resource_calendar_id"] = calendars[hours].id
        return values

    def _complete_employee(self, line, calendars):
        """Make a known employee a technician with a start point; what is there stays."""
        employee = line.employee_id
        values = self._employee_values(line, calendars)
        missing = {
            name: value
            for name, value in values.items()
            if value and name not in ("name", "company_id", "tz") and not employee[name]
        }
        if "resource_calendar_id" in values and values["resource_calendar_id"] != (
            employee.resource_calendar_id.id
        ):
            missing["resource_calendar_id"] = values["resource_calendar_id"]
        if missing:
            employee.write(missing)

    def _get_calendars(self, lines):
        """Return ``{(from, to): resource.calendar}``, one Monday-to-Friday calendar per hours.

        Calendars are set-up data of the administrators; an importer of employees may need new
        ones, which is why they are made with sudo, and only here.
        """
        wanted = {
            (line.start_hour, line.end_hour) for line in lines if line.end_hour > line.start_hour
        }
        names = {hours: self._calendar_name(*hours) for hours in wanted}
        calendars = self.env["resource.calendar"].sudo()
        known = {
            calendar.name: calendar
            for calendar in calendars.search(
                [("name", "in", list(names.values())), ("company_id", "=", self.company.id)]
            )
        }
        missing = [hours for hours, name in names.items() if name not in known]
        made = calendars.create([self._calendar_values(hours, names[hours]) for hours in missing])
        known.update({calendar.name: calendar for calendar in made})
        return {hours: known[name] for hours, name in names.items()}

    def _calendar_name(self, start, end):
        clock = [f"{int(hour):02d}:{round(hour % 1 * 60):02d}" for hour in (start, end)]
        return self.env._("Field %(start)s–%(end)s", start=clock[0], end=clock[1])

    def _calendar_values(self, hours, name):
        start, end = hours
        return {
            "name": name,
            "company_id": self.company.id,
            "tz": self.company.partner_id.tz or "Europe/Paris",
            "attendance_ids": [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "name": name,
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": "full_day",
                        }
                    )
                    for day in range(5)
                ),
            ],
        }

    def _get_skills(self, lines):
        """Return ``{normalised name: hr.skill}`` of all skills the lines name, made where missing."""
        names = {}
        for line in lines:
            for name in _split_skills(line.skills):
                names.setdefault(normalise(name), name)
        if not names:
            return {}
        kinds = self.env["hr.skill.type"].search([])
        known = {
            normalise(skill.name): skill for kind in reversed(kinds) for skill in kind.skill_ids
        }
        missing = [name for key, name in names.items() if key not in known]
        if missing:
            known.update(self._make_skills(kinds, missing))
        return {key: known[key] for key in names}

    def _make_skills(self, kinds, names):
        title = self.env._("Field")
        kind = kinds.filtered(lambda kind: kind.name == title)[:1]
        commands = [Command.create({"name": name}) for name in names]
        if kind:
            kind.skill_ids = commands
        else:
            level = {"name": self.env._("Qualified"), "level_progress": 100, "default_level": True}
            kind = kinds.create(
                {"name": title, "skill_ids": commands, "skill_level_ids": [Command.create(level)]}
            )
        return {normalise(skill.name): skill for skill in kind.skill_ids}

    def _give_skills(self, lines, skills):
        held = {
            (skill.employee_id.id, skill.skill_id.id)
            for skill in lines.employee_id.employee_skill_ids
        }
        wanted = {
            (line.employee_id.id, skills[normalise(name)])
            for line in lines
            for name in _split_skills(line.skills)
        }
        self.env["hr.employee.skill"].create(
            [
                {
                    "employee_id": employee_id,
                    "skill_id": skill.id,
                    "skill_type_id": skill.skill_type_id.id,
                    "skill_level_id": _best_level(skill).id,
                    # Held since always: the file doesn't say since when.
                    "valid_from": fields.Date.to_date("2000-01-01"),
                }
                for employee_id, skill in sorted(wanted, key=lambda pair: (pair[0], pair[1].id))
                if (employee_id, skill.id) not in held
            ]
        )


def _split_skills(text):
    return [clean(part) for part in (text or "").split(";") if clean(part)]


def _best_level(skill):
    levels = skill.skill_type_id.skill_level_ids
    return levels.filtered("default_level")[:1] or levels[-1:]


def _without(note, value):
    """Return a note without the code it holds: `code portail 4512B` is about the `portail`."""
    return clean(clean(note).replace(value, "")).strip(" :=-#")
