from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.field_mission.core.qr import make_qr
from odoo.addons.field_mission.core.slots import utc_to_local

# Checks named on the paper; the rest is in the app.
SHEET_CHECKS = 14
# Tours in one file: more is printed day by day.
SHEET_LIMIT = 400


class FieldTourSheet(models.Model):
    """The printed day of a technician."""

    _inherit = "field.tour"

    def action_print_sheets(self):
        """Print the sheets of these tours, a page or more for each technician and day.

        :return: action of the report
        :raises UserError: nothing to print, or too much for one file
        """
        self.check_access("read")
        tours = self.filtered("stop_ids")
        if not tours:
            raise UserError(self.env._("There is no planned mission to print."))
        if len(tours) > SHEET_LIMIT:
            raise UserError(
                self.env._(
                    "%(count)s sheets are too many for one file: choose at most %(limit)s.",
                    count=len(tours),
                    limit=SHEET_LIMIT,
                )
            )
        report = self.env.ref("field_planning.action_report_tour_sheet")
        return report.report_action(tours.ids, config=False)

    @api.model
    def action_print_days(self, date_from, date_to, technician_ids=None):
        """Print the sheets of all tours of some days, for a board or a list of days.

        :param date_from: first day, ``YYYY-MM-DD``
        :param date_to: last day
        :param technician_ids: ids of employees (None = all the user may see)
        :return: action of the report
        """
        self.check_access("read")
        first, last = self._read_day(date_from), self._read_day(date_to)
        domain = [
            ("date", ">=", first),
            ("date", "<=", last),
            ("company_id", "in", self.env.companies.ids),
        ]
        if technician_ids is not None:
            if not isinstance(technician_ids, list | tuple) or not all(
                type(number) is int for number in technician_ids
            ):
                raise UserError(self.env._("Give the technicians by their ids."))
            domain.append(("technician_id", "in", list(technician_ids)))
        return self.search(domain, limit=SHEET_LIMIT + 1).action_print_sheets()

    @api.model
    def _read_day(self, text):
        """Return a day given over RPC.

        :raises UserError: it is no day
        """
        try:
            day = fields.Date.to_date(text)
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(self.env._("“%s” is no day (YYYY-MM-DD).", text)) from error
        if not day:
            raise UserError(self.env._("A day is missing."))
        return day

    def _get_sheets(self):
        """Return what the sheets show, tour by tour, in the order of days and names.

        Everything is read in the user's own rights where they decide what may be seen (tours,
        stops, access codes); names and addresses of what they see are then read with ``sudo``.

        :return: list of dicts with ``lang``, ``tour`` and ``stops``
        """
        self.check_access("read")
        stops = self.env["field.tour.stop"].search([("tour_id", "in", self.ids)])
        by_tour = stops.grouped("tour_id")
        accesses = self._get_sheet_accesses(stops.mission_id)
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        codes = {
            mission.id: make_qr(f"{base}/field/m/{mission.id}") for mission in stops.mission_id
        }
        order = self.sorted(lambda tour: (tour.date, tour.technician_id.sudo().name or "", tour.id))
        return [
            tour._get_sheet(by_tour.get(tour, stops.browse()), accesses, codes) for tour in order
        ]

    @api.model
    def _get_sheet_accesses(self, missions):
        """Return the access codes that a paper may carry: those of these days, of the company.

        A sheet printed weeks ahead lies about; a technician learns them three days before too.

        :return: ``{mission_id: field.site.access}``
        """
        near = missions.filtered("is_near_today")
        if not near:
            return {}
        found = self.env["field.site.access"].search([("site_id", "in", near.site_id.ids)])
        return {
            mission.id: found.filtered(
                lambda access, m=mission: (
                    access.site_id == m.site_id and access.company_id == m.company_id
                )
            )
            for mission in near
        }

    def _get_sheet_lang(self):
        """Return the language of one technician: the user's, else the contact's, else mine."""
        self.ensure_one()
        person = self.sudo().technician_id
        return person.user_id.lang or person.work_contact_id.lang or self.env.user.lang or "en_US"

    def _get_sheet(self, stops, accesses, codes):
        self.ensure_one()
        lang = self._get_sheet_lang()
        tour = self.sudo().with_context(lang=lang)
        tz = tour.technician_id._get_field_tz()
        kept = stops.filtered(lambda stop: not stop.set_aside)
        return {
            "lang": lang,
            "tz": tz,
            "tour": tour,
            "day": tour.date,
            "departure": tour._get_hour(tour.departure, tz),
            "back": tour._get_hour(tour.back, tz),
            "lunch": " – ".join(
                tour._get_hour(moment, tz)
                for moment in (tour.lunch_start, tour.lunch_end)
                if moment
            ),
            "stops": [
                stop.sudo()
                .with_context(lang=lang)
                ._get_sheet_values(number, tz, accesses.get(stop.mission_id.id), codes)
                for number, stop in enumerate(kept, start=1)
            ],
        }

    @api.model
    def _get_hour(self, moment, tz):
        """Return the local hour of an instant, "" without one."""
        return f"{utc_to_local(moment, tz):%H:%M}" if moment else ""


class FieldTourStopSheet(models.Model):
    """One stop on the printed day."""

    _inherit = "field.tour.stop"

    def _get_sheet_values(self, number, tz, accesses, codes):
        """Return what the sheet shows of one stop (hook; the record is ``sudo``, in the
        technician's language).

        :param number: place in the day, from 1
        :param tz: the technician's time zone
        :param accesses: codes that may be printed, None before these days
        :param codes: ``{mission_id: QR data address}``
        """
        self.ensure_one()
        mission, hour = self.mission_id, self.tour_id._get_hour
        checks = mission.check_ids.filtered(lambda check: check.kind != "section")
        cancelled = mission.state in ("cancelled", "to_reschedule")
        return {
            "number": number,
            "stop": self,
            "mission": mission,
            "site": mission.site_id,
            "start": hour(self.planned_start, tz),
            "end": hour(self.planned_end, tz),
            "arrival": hour(self.planned_arrival, tz),
            "promise": mission._get_promise_slot(),
            "is_open": not cancelled,
            "contacts": mission.site_id.site_contact_ids,
            "accesses": accesses,
            "codes_later": accesses is None and bool(mission.site_id.site_access_ids),
            "checks": checks[:SHEET_CHECKS],
            "more_checks": max(0, len(checks) - SHEET_CHECKS),
            "parts": mission.material_ids.filtered("planned_quantity"),
            "people": (mission.technician_id | mission.helper_ids) - self.employee_id,
            "qr": codes[mission.id],
        }


class FieldMissionSheet(models.Model):
    """Sheets printed from missions: those of the days they are in."""

    _inherit = "field.mission"

    def action_print_sheets(self):
        """Print the sheets of the days that these missions are in.

        :return: action of the report
        :raises UserError: none of the missions is in a tour
        """
        self.check_access("read")
        return self.stop_ids.tour_id.action_print_sheets()


class ReportTourSheet(models.AbstractModel):
    _name = "report.field_planning.report_tour_sheet"
    _description = "Sheet of a technician's day"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return the sheets of the tours asked for.

        :raises AccessError: one of them is not the user's to read
        """
        tours = self.env["field.tour"].browse(docids)
        if not self.env.su and self.env.user._is_public():
            raise AccessError(self.env._("Sign in to print a tour."))
        tours.check_access("read")
        return {
            "doc_ids": docids,
            "doc_model": "field.tour",
            "docs": tours,
            "sheets": tours._get_sheets(),
        }
