import base64
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.field_mission.core.slots import utc_to_local

# Times that a pack which could not be made is tried again, one cron run apart.
MOST_ATTEMPTS = 4
MEGABYTE = 1024 * 1024
# Sheets in one run of the PDF maker.
SHEETS_A_FILE = 60


class FieldContinuityPack(models.Model):
    """Tomorrow on paper, sent each evening: what a company works with if Odoo can't be reached."""

    _name = "field.continuity.pack"
    _description = "Continuity pack"
    _order = "day desc, id desc"
    _rec_name = "day"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    day = fields.Date(required=True, index=True, readonly=True)
    outcome = fields.Selection(
        [("todo", "To make"), ("made", "Made"), ("empty", "No visit"), ("failed", "Failed")],
        default="todo",
        required=True,
        readonly=True,
        index=True,
    )
    state = fields.Selection(
        [
            ("todo", "To make"),
            ("empty", "No visit"),
            ("queued", "Being sent"),
            ("sent", "Sent"),
            ("failed", "Failed"),
        ],
        compute="_compute_state",
    )
    attempts = fields.Integer(readonly=True)
    message = fields.Text(string="What went wrong", readonly=True)
    date_made = fields.Datetime(string="Made on", readonly=True)
    tour_count = fields.Integer(string="Technicians", readonly=True)
    visit_count = fields.Integer(string="Visits", readonly=True)
    size_kb = fields.Integer(string="Size (kB)", readonly=True)
    # Mails belong to the system; planners see whether they went.
    mail_ids = fields.Many2many("mail.mail", readonly=True, groups="base.group_system")
    mail_count = fields.Integer(string="Mails", compute="_compute_state", compute_sudo=True)
    recipients = fields.Char(readonly=True)

    _once = models.UniqueIndex("(company_id, day)", "The pack of this day exists already.")

    @api.depends("outcome", "mail_ids.state")
    def _compute_state(self):
        for pack in self:
            mails = pack.sudo().mail_ids
            pack.mail_count = len(mails)
            if pack.outcome != "made":
                pack.state = pack.outcome
            elif any(mail.state in ("exception", "cancel") for mail in mails):
                pack.state = "failed"
            elif any(mail.state == "outgoing" for mail in mails):
                pack.state = "queued"
            else:
                pack.state = "sent"

    def _compute_display_name(self):
        for pack in self:
            pack.display_name = self.env._("Continuity pack of %s", format_date(self.env, pack.day))

    def action_resend(self):
        """Make the packs again from the present plan and send them again.

        :raises AccessError: the user is no planner of the company
        """
        self.check_access("read")
        self.env["field.mission"].browse().check_access("write")
        for pack in self:
            # The log is written by the system; who may read it here may ask for another mail.
            pack.sudo().write({"outcome": "todo", "attempts": 0, "message": False})
        self.env.ref("field_planning.ir_cron_field_continuity").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The pack is made again and sent in a moment."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------------ each evening

    @api.model
    def _cron_send(self):
        """Make and send the packs that are due; one by one, each once, resumable anywhere."""
        self._make_due()
        packs = self.search(
            [("outcome", "in", ["todo", "failed"]), ("attempts", "<", MOST_ATTEMPTS)], order="id"
        )
        packs = packs.filtered(lambda pack: pack.day >= pack._get_today())
        cron = self.env["ir.cron"]
        for number, pack in enumerate(packs, start=1):
            pack._send()
            if not cron._commit_progress(1, remaining=len(packs) - number):
                return

    @api.model
    def _make_due(self):
        """Note a pack for each company whose hour has come and that has none for tomorrow."""
        now = fields.Datetime.now()
        for company in self.env["res.company"].search([("field_pack", "=", True)]):
            local = utc_to_local(now, company.partner_id.tz or "Europe/Paris")
            tomorrow = local.date() + timedelta(days=1)
            due = local.hour + local.minute / 60 >= company.field_pack_hour
            if due and not self.search_count(
                [("company_id", "=", company.id), ("day", "=", tomorrow)], limit=1
            ):
                self.create({"company_id": company.id, "day": tomorrow})

    def _get_today(self):
        self.ensure_one()
        tz = self.company_id.partner_id.tz or "Europe/Paris"
        return utc_to_local(fields.Datetime.now(), tz).date()

    def _send(self):
        """Make one pack and queue its mails, wholly or not at all."""
        self.ensure_one()
        self.attempts += 1
        try:
            with self.env.cr.savepoint():
                self._make()
        except Exception as error:
            self.env.invalidate_all()
            self.write({"outcome": "failed", "message": str(error)[:1000]})

    def _make(self):
        company = self.company_id
        partners = company.field_pack_partner_ids.filtered("email")
        if not partners:
            raise UserError(self.env._("No recipient of the pack has a mail address."))
        tours = self.env["field.tour"].search(
            [("company_id", "=", company.id), ("date", "=", self.day), ("stop_ids", "!=", False)]
        )
        if not tours:
            self.write({"outcome": "empty", "message": False})
            return
        stops = tours.stop_ids.filtered(lambda stop: not stop.set_aside)
        self.write({"tour_count": len(tours), "visit_count": len(stops.mission_id)})
        files = self._make_sheets(tours) + self._make_table(stops.mission_id)
        mails = self._make_mails(files, partners)
        self.write(
            {
                "outcome": "made",
                "message": False,
                "date_made": fields.Datetime.now(),
                "size_kb": sum(len(data) for _name, data in files) // 1024,
                "mail_ids": [fields.Command.set(mails.ids)],
                "recipients": ", ".join(partners.mapped("email_formatted")),
            }
        )

    def _make_sheets(self, tours):
        """Return the sheets as ``[(file name, bytes)]``, in files that fit in a mail."""
        company = self.company_id
        groups = tours.grouped("team_id") if company.field_pack_by_team else {None: tours}
        files = []
        for team, group in groups.items():
            title = team.name if team else self.env._("Tours")
            parts = self._print(group.sorted(lambda tour: (tour.technician_id.name or "", tour.id)))
            for number, data in enumerate(parts, start=1):
                suffix = f"-{number}" if len(parts) > 1 else ""
                name = "".join(char if char.isalnum() else "-" for char in title)
                files.append((f"{self.day}-{name}{suffix}.pdf", data))
        return files

    def _print(self, tours):
        """Return the PDF of tours, in as many parts as the size of a mail asks for."""
        if len(tours) <= SHEETS_A_FILE:
            report = self.env["ir.actions.report"].with_company(self.company_id)
            data, _kind = report.with_context(
                allowed_company_ids=self.company_id.ids
            )._render_qweb_pdf("field_planning.report_tour_sheet", tours.ids)
            if len(tours) == 1 or len(data) <= self._get_limit():
                return [data]
        half = len(tours) // 2
        return self._print(tours[:half]) + self._print(tours[half:])

    def _get_limit(self):
        # Attachments grow by a third on their way.
        return self.company_id.field_pack_size * MEGABYTE * 3 // 4

    def _make_table(self, missions):
        """Return the day as a table that can be edited meanwhile and taken back later."""
        company = self.company_id
        user = company._get_field_office_user() or self.env.user
        exports = self.env["field.roundtrip.export"].with_user(user).sudo()
        exports = exports.with_company(company).with_context(
            lang=user.lang, allowed_company_ids=company.ids
        )
        ordered = missions.sorted(
            lambda m: (m.technician_id.name or "", m.planned_start or fields.Datetime.now(), m.id)
        )
        export = exports._start(
            exports.env["field.mission"].browse(ordered.ids), at_once=True, by_system=True
        )
        data = base64.b64decode(export.with_context(bin_size=False).file)
        return [(f"{self.day}-{self.env._('missions')}.xlsx", data)]

    def _make_mails(self, files, partners):
        """Queue the mails: as few as the largest size allows, for each language of readers."""
        bundles, limit = [], self._get_limit()
        for name, data in files:
            if not bundles or sum(len(one) for _n, one in bundles[-1]) + len(data) > limit:
                bundles.append([])
            bundles[-1].append((name, data))
        mails = self.env["mail.mail"]
        sender = self.company_id.email_formatted or self.env.user.email_formatted
        for lang, readers in partners.grouped("lang").items():
            pack = self.with_context(lang=lang or self.env.lang)
            for number, bundle in enumerate(bundles, start=1):
                mails |= pack._make_mail(readers, sender, bundle, number, len(bundles))
        return mails

    def _make_mail(self, readers, sender, bundle, number, total):
        subject = self.env._(
            "Tours of %(day)s – %(company)s",
            day=format_date(self.env, self.day),
            company=self.company_id.name,
        )
        body = self.env["ir.qweb"]._render(
            "field_planning.continuity_pack_mail",
            {
                "pack": self,
                "day": self.day,
                "number": number,
                "total": total,
                "files": [name for name, _data in bundle],
            },
        )
        return self.env["mail.mail"].create(
            {
                "subject": f"{subject} ({number}/{total})" if total > 1 else subject,
                "body_html": body,
                "email_from": sender,
                "recipient_ids": [fields.Command.set(readers.ids)],
                "auto_delete": False,
                "model": self._name,
                "res_id": self.id,
                "attachment_ids": [
                    fields.Command.create({"name": name, "raw": data, "res_model": "mail.mail"})
                    for name, data in bundle
                ],
            }
        )

    @api.autovacuum
    def _gc_old(self):
        """Forget the files after a week: they hold access codes; the log stays a year."""
        limit = fields.Date.today() - timedelta(days=7)
        old = self.search([("day", "<", limit), ("mail_ids", "!=", False)], limit=200)
        old.mail_ids.attachment_ids.unlink()
        old.mail_ids.filtered(lambda mail: mail.state != "outgoing").unlink()
        self.search([("day", "<", fields.Date.today() - timedelta(days=365))], limit=500).unlink()
