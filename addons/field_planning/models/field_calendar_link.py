import hashlib
import hmac
import secrets
from datetime import timedelta

from odoo import api, fields, models

from ..exports.calendar_feed import CANCELLED, CONFIRMED, Event, make_feed

PAST_DAYS = 7
COMING_DAYS = 60
# A calendar program asks every few minutes; one note an hour is enough.
NOTE_EVERY = timedelta(hours=1)
# Steps that leave a visit in the calendar, struck through.
GONE = ("cancelled", "to_reschedule")


def hash_token(token):
    """Return what is kept of a token."""
    return hashlib.sha256(str(token).encode("utf-8", "replace")).hexdigest()


class FieldCalendarLink(models.Model):
    """A technician's calendar subscription; only a hash of its secret address is kept."""

    _name = "field.calendar.link"
    _description = "Calendar subscription of a technician"
    _order = "id desc"
    _rec_name = "employee_id"
    _check_company_auto = True

    employee_id = fields.Many2one(
        "hr.employee", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    token_hash = fields.Char(required=True, groups=fields.NO_ACCESS, copy=False)
    created_by_id = fields.Many2one("res.users", string="Made by", readonly=True)
    date_revoked = fields.Datetime(string="Revoked on", readonly=True)
    date_read = fields.Datetime(
        string="Last read on", readonly=True, help="When a calendar program last asked for it."
    )

    _token_unique = models.UniqueIndex("(token_hash)", "This address is already in use.")

    @api.model
    def _renew(self, employee):
        """Make a new secret address for one technician; the former ones stop working.

        :return: the token, which is kept nowhere
        """
        self._revoke(employee)
        token = secrets.token_urlsafe(32)
        self.sudo().create(
            {
                "employee_id": employee.id,
                "company_id": (employee.sudo().company_id or self.env.company).id,
                "token_hash": hash_token(token),
                "created_by_id": self.env.uid,
            }
        )
        return token

    @api.model
    def _revoke(self, employees):
        """Stop the addresses of technicians."""
        links = self.sudo().search(
            [("employee_id", "in", employees.ids), ("date_revoked", "=", False)]
        )
        links.date_revoked = fields.Datetime.now()
        return links

    @api.model
    def _find(self, token):
        """Return the live link of a token, or an empty recordset; as long for any token.

        The look-up is by hash: how long it takes says nothing about the token itself.
        """
        digest = hash_token(token)
        link = self.sudo().search([("token_hash", "=", digest)], limit=1)
        known = hmac.compare_digest(link.token_hash or "0" * 64, digest)
        employee = link.employee_id
        live = known and not link.date_revoked and employee.active and employee.is_field_technician
        if live and employee.user_id and not employee.user_id.active:
            live = False
        return link if live else link.browse()

    def _note_reading(self):
        now = fields.Datetime.now()
        for link in self:
            if not link.date_read or now - link.date_read > NOTE_EVERY:
                link.date_read = now

    # ------------------------------------------------------------------ the calendar

    def _make_calendar(self):
        """Return the calendar file of one link: published missions of its technician only."""
        self.ensure_one()
        # Nobody is signed in: the token is the right, and opens this technician's plan alone.
        person = self.sudo().employee_id
        lang = person.user_id.lang or person.work_contact_id.lang or self.env.lang or "en_US"
        link = self.sudo().with_context(lang=lang)
        now = fields.Datetime.now()
        missions = link.env["field.mission"].search(
            [
                ("company_id", "=", link.company_id.id),
                ("published", "=", True),
                ("state", "in", ["planned", "in_progress", "done", *GONE]),
                ("planned_start", ">=", now - timedelta(days=PAST_DAYS)),
                ("planned_start", "<=", now + timedelta(days=COMING_DAYS)),
                "|",
                ("technician_id", "=", person.id),
                ("helper_ids", "in", person.ids),
            ],
            order="planned_start, id",
        )
        settings = link.env["ir.config_parameter"]
        base = settings.get_param("web.base.url")
        database = settings.get_param("database.uuid")
        return make_feed(
            link.env._("Missions of %s", person.name),
            person._get_field_tz(),
            [mission._get_calendar_event(base, database) for mission in missions],
        )


class FieldMissionCalendar(models.Model):
    _inherit = "field.mission"

    def _get_calendar_event(self, base_url, database):
        """Return one mission as an event of a technician's calendar (hook).

        A calendar lies on servers of others: the event says where and when and how to open the
        mission, not what is known of the site or its people.

        :param base_url: address of this Odoo
        :param database: identity of the database, part of the event's
        """
        self.ensure_one()
        site = self.site_id
        lines = [self.name, self.service_type_id.name]
        if promise := self._get_promise_slot():
            lines.append(self.env._("Promised: %s", promise))
        if self.company_id.field_calendar_phone:
            lines += [
                " ".join(part for part in (contact.partner_id.name, contact.phone) if part)
                for contact in site.site_contact_ids
            ]
            lines.append(site.phone or "")
        gone = self.state in GONE
        located = site.partner_latitude or site.partner_longitude
        title = f"{site.name} – {self.service_type_id.name}"
        return Event(
            uid=f"field-mission-{self.id}@{database}",
            start=self.planned_start,
            end=self.planned_end,
            sequence=self.plan_version,
            modified=self.write_date,
            summary=self.env._("Cancelled: %s", title) if gone else title,
            location=self.site_address or "",
            description="\n".join(line for line in lines if line),
            url=f"{base_url}/field/m/{self.id}",
            status=CANCELLED if gone else CONFIRMED,
            category=self.service_type_id.name,
            point=(site.partner_latitude, site.partner_longitude) if located else None,
        )
