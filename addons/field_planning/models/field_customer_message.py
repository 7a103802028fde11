import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_time

from odoo.addons.field_mission.core.slots import utc_to_local

_logger = logging.getLogger(__name__)

KINDS = [
    ("confirmation", "Confirmation"),
    ("change", "Change"),
    ("cancellation", "Cancellation"),
    ("reminder", "Reminder"),
    ("delay", "Delay"),
    ("visit_notice", "Visit notice"),
    ("missed_visit", "Missed visit"),
]
# Rows sent by one run of the queue before it commits.
BATCH = 100
# What is announced must still be true when the message leaves.
ANNOUNCING = ("confirmation", "change", "reminder", "visit_notice")


class FieldCustomerMessage(models.Model):
    """One message to one person about one visit: what was told, to whom, and whether it left.

    Rows are made when a planner publishes; a scheduled job writes and queues the mails. What is
    not true any more when it would leave is dropped.
    """

    _name = "field.customer.message"
    _description = "Message to a customer"
    _order = "id desc"
    _rec_name = "mission_id"
    _check_company_auto = True

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    channel = fields.Selection([("mail", "E-mail")], required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Recipient", readonly=True, index="btree_not_null"
    )
    address = fields.Char(readonly=True, help="Where it went.")
    slot_start = fields.Datetime(string="Slot from", readonly=True)
    slot_end = fields.Datetime(string="Slot until", readonly=True)
    former_start = fields.Datetime(string="Former slot from", readonly=True)
    former_end = fields.Datetime(string="Former slot until", readonly=True)
    expected_start = fields.Datetime(string="Expected at", readonly=True)
    expected_end = fields.Datetime(string="Expected until", readonly=True)
    slot_key = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("queued", "Waiting to be sent"),
            ("sending", "In the mail queue"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Nobody to tell"),
            ("cancelled", "Dropped"),
        ],
        default="queued",
        required=True,
        readonly=True,
        index=True,
    )
    reason = fields.Char(readonly=True, help="Why it was not sent.")
    date_sent = fields.Datetime(string="Sent on", readonly=True)
    attempts = fields.Integer(readonly=True)
    user_id = fields.Many2one("res.users", string="Asked by", readonly=True)
    mail_mail_id = fields.Many2one(
        "mail.mail", readonly=True, index="btree_not_null", ondelete="set null"
    )
    customer_id = fields.Many2one(related="mission_id.partner_id", string="Customer")
    site_id = fields.Many2one(related="mission_id.site_id")

    # What templates show: a fixed list, no internal note among it.
    slot_text = fields.Char(compute="_compute_texts", compute_sudo=True, string="Slot")
    former_slot_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    expected_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    site_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    service_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    technician_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    mission_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    reference_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    company_text = fields.Char(compute="_compute_texts", compute_sudo=True)
    company_phone = fields.Char(compute="_compute_texts", compute_sudo=True)
    is_postponed = fields.Boolean(compute="_compute_texts", compute_sudo=True)
    link = fields.Char(compute="_compute_texts", compute_sudo=True)
    notice_id = fields.Many2one(
        "field.visit.notice", compute="_compute_notice_id", compute_sudo=True
    )
    lang = fields.Char(compute="_compute_senders", compute_sudo=True)
    email_from = fields.Char(compute="_compute_senders", compute_sudo=True)
    reply_to = fields.Char(compute="_compute_senders", compute_sudo=True)

    _once = models.UniqueIndex(
        "(mission_id, kind, channel, COALESCE(partner_id, 0), slot_key)",
        "This customer has already been told.",
    )

    # ------------------------------------------------------------------ texts

    @api.depends(
        "mission_id", "slot_start", "slot_end", "former_start", "expected_start", "expected_end"
    )
    @api.depends_context("lang")
    def _compute_texts(self):
        for message in self:
            mission = message.mission_id
            tz = mission._get_tz()
            plan = mission.published_technician_id or mission.technician_id
            message.slot_text = self._get_slot_text(message.slot_start, message.slot_end, tz)
            message.former_slot_text = self._get_slot_text(
                message.former_start, message.former_end, tz
            )
            message.expected_text = self._get_expected_text(
                message.expected_start, message.expected_end, tz
            )
            message.site_text = ", ".join(
                filter(None, (mission.site_id.name, mission.site_address))
            )
            message.service_text = mission.service_type_id.name
            message.technician_text = plan.name or ""
            message.mission_text = mission.name
            message.reference_text = mission.customer_reference or ""
            message.company_text = message.company_id.name
            message.company_phone = message.company_id.phone or ""
            message.is_postponed = mission.state != "cancelled"
            message.link = mission.get_base_url() + mission.get_portal_url()
            if message.notice_id:
                message.link = message.notice_id.url

    @api.depends("kind", "mission_id.visit_notice_ids")
    def _compute_notice_id(self):
        for message in self:
            missed = message.kind == "missed_visit"
            message.notice_id = missed and message.mission_id.visit_notice_ids[:1]

    @api.model
    def _get_slot_text(self, start, end, tz):
        """Return a slot as a customer reads it, in the site's time and the language in use."""
        if not start:
            return ""
        first, last = utc_to_local(start, tz), utc_to_local(end or start, tz)
        day = format_date(self.env, first.date(), date_format="EEEE d MMMM y")
        hours = [
            format_time(self.env, moment, tz=tz, time_format="short")
            for moment in (start, end or start)
        ]
        if first == last:
            return self.env._("%(day)s, at about %(hour)s", day=day, hour=hours[0])
        if first.date() != last.date():
            until = format_date(self.env, last.date(), date_format="EEEE d MMMM y")
            return self.env._(
                "from %(first)s to %(last)s", first=f"{day} {hours[0]}", last=f"{until} {hours[1]}"
            )
        return self.env._(
            "%(day)s, between %(first)s and %(last)s", day=day, first=hours[0], last=hours[1]
        )

    @api.model
    def _get_expected_text(self, start, end, tz):
        """Return when to expect the technician: the whole window, never only its first hour."""
        if not start:
            return ""
        first, last = (
            format_time(self.env, moment, tz=tz, time_format="short")
            for moment in (start, end or start)
        )
        if first == last:
            return self.env._("at about %s", first)
        return self.env._("between %(first)s and %(last)s", first=first, last=last)

    @api.depends("partner_id", "company_id", "user_id")
    def _compute_senders(self):
        offices = {company: company._get_field_office_user() for company in self.company_id}
        for message in self:
            company = message.company_id
            message.lang = message.partner_id.lang or company.partner_id.lang or self.env.lang
            message.email_from = company.email_formatted or message.user_id.email_formatted
            # An answer goes to the people who plan.
            message.reply_to = (
                offices[company].email_formatted or company.email_formatted or message.email_from
            )

    # ------------------------------------------------------------------ buttons

    def action_resend(self):
        """Send messages once more: to the address that the recipient has by now.

        :raises UserError: a message that is still waiting, or that nobody can receive
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        for message in self:
            if message.state in ("queued", "sending"):
                raise UserError(self.env._("This message is still on its way."))
            if message.partner_id:
                values = message._prepare_address(message.partner_id, message.channel)
                if not values["address"]:
                    raise UserError(values["reason"])
                message.sudo().write({**values, "state": "queued", "mail_mail_id": False})
            else:
                raise UserError(message.reason or self.env._("There is nobody to tell."))
        self._wake_queue()
        return True

    def action_drop(self):
        """Keep waiting messages from being sent.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        waiting = self.filtered(lambda m: m.state in ("queued", "failed"))
        waiting.sudo().write(
            {"state": "cancelled", "reason": self.env._("Dropped by %s.", self.env.user.name)}
        )
        return True

    def action_view_mission(self):
        """Open the mission of one message.

        :return: action of its form
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------ addresses

    @api.model
    def _get_channels(self):
        """Return the channels by the answer to "how do we tell you?" (hook).

        :return: ``{choice: (channel, …)}``, choices of ``res.partner.field_message_choice``
        """
        return {"mail": ("mail",), "none": ()}

    @api.model
    def _prepare_address(self, partner, channel):
        """Return where a recipient is reached (hook).

        :return: ``{"address": str or False, "reason": str or False}``
        """
        address = partner.email_normalized
        return {
            "address": address or False,
            "reason": False if address else self.env._("%s has no e-mail address.", partner.name),
        }

    # ------------------------------------------------------------------ the queue

    @api.model
    def _wake_queue(self):
        self.env.ref("field_planning.ir_cron_field_customer_message").sudo()._trigger()

    @api.model
    def _cron_send(self):
        """Write the waiting messages and put them into the queues of their channels."""
        domain = [("state", "=", "queued")]
        remaining = self.search_count(domain)
        while rows := self.search(domain, limit=BATCH, order="id").try_lock_for_update():
            rows._send_now()
            remaining = max(0, remaining - len(rows))
            if not self.env["ir.cron"]._commit_progress(len(rows), remaining=remaining):
                break

    def _send_now(self):
        """Hand these messages over; one that fails keeps its reason and stops no other."""
        self._drop_untrue()
        live = self.filtered(lambda m: m.state == "queued")
        live.mission_id._fill_access_tokens()
        for (channel, kind), rows in live.grouped(lambda m: (m.channel, m.kind)).items():
            try:
                with self.env.cr.savepoint():
                    getattr(rows, f"_hand_over_{channel}")(kind)
            except Exception:
                _logger.info("Messages are written one by one: a batch failed.", exc_info=True)
                rows._hand_over_each(channel, kind)

    def _hand_over_each(self, channel, kind):
        for row in self:
            try:
                with self.env.cr.savepoint():
                    getattr(row, f"_hand_over_{channel}")(kind)
            except Exception as error:
                _logger.info("A message to a customer failed.", exc_info=True)
                row.write({"state": "failed", "reason": str(error)[:500]})

    def _drop_untrue(self):
        """Drop what the plan has overtaken since it was asked for."""
        windows = self.mission_id._get_customer_window()
        gone = self.browse()
        for message in self:
            mission = message.mission_id
            alive = mission.published and mission.state == "planned"
            if message.kind in ANNOUNCING:
                true = alive and windows[mission.id] == (
                    message.slot_start or None,
                    message.slot_end or None,
                )
            elif message.kind == "delay":
                true = mission.state == "planned"
            else:
                true = mission.state in ("draft", "to_reschedule", "cancelled")
            if not true:
                gone |= message
        gone.write(
            {
                "state": "cancelled",
                "reason": self.env._("The plan changed before this was sent."),
            }
        )

    def _get_template(self, kind):
        """Return the mail template of a kind (sudo)."""
        return self.env.ref(f"field_planning.mail_template_field_{kind}").sudo()

    def _hand_over_mail(self, kind):
        """Write the mails of one kind and queue them."""
        template = self._get_template(kind)
        mails = template.send_mail_batch(self.ids, force_send=False)
        for row, mail in zip(self, mails, strict=True):
            # Answers and the copy of the mail belong to the mission.
            mail.mail_message_id.write({"model": "field.mission", "res_id": row.mission_id.id})
            row.write(
                {
                    "mail_mail_id": mail.id,
                    "state": "sending",
                    "reason": False,
                    "attempts": row.attempts + 1,
                }
            )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _note_result(self, failure=False):
        """Note what became of messages that were handed over (sudo).

        :param failure: why they failed, or False
        """
        if failure:
            self.write({"state": "failed", "reason": str(failure)[:500]})
        else:
            self.write({"state": "sent", "reason": False, "date_sent": fields.Datetime.now()})
