import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, consteq, format_date, format_datetime

from ..core import slots, states
from ..core.qr import make_qr

# Why nobody could let the technician in: what makes the trip a wasted one.
REASONS = ("customer_absent", "no_access")
LONGEST_MESSAGE = 500
# A customer may still choose a slot while the visit waits to be planned again.
WAITING = (states.DRAFT, states.TO_RESCHEDULE)


class FieldVisitNotice(models.Model):
    """What the technician leaves at a closed door: why, when, and how to get another visit.

    The incident holds what was lived; the notice holds what the customer was told, and answers.
    """

    _name = "field.visit.notice"
    _description = "Notice of a missed visit"
    _order = "date desc, id desc"
    _rec_name = "mission_id"

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    incident_id = fields.Many2one(
        "field.incident", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="mission_id.company_id", store=True, precompute=True)
    site_id = fields.Many2one(related="mission_id.site_id", store=True, index=True)
    partner_id = fields.Many2one(related="mission_id.partner_id", string="Customer")
    kind = fields.Selection(related="incident_id.kind", string="Reason")
    description = fields.Text(related="incident_id.description")
    photo_ids = fields.Many2many(related="incident_id.photo_ids")
    date = fields.Datetime(
        related="incident_id.date", store=True, precompute=True, string="Left on"
    )
    author_id = fields.Many2one("res.users", required=True, readonly=True, string="Left by")
    fee = fields.Monetary(
        readonly=True,
        string="Wasted trip",
        help="Without taxes, as the rule of the contract or of the company said that day. 0: none.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting for the customer"),
            ("chosen", "Slot chosen"),
            ("call", "To call back"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    slot_day = fields.Date(readonly=True, string="Chosen day")
    slot_half = fields.Selection(
        [("morning", "Morning"), ("afternoon", "Afternoon")], readonly=True, string="Half day"
    )
    message = fields.Text(readonly=True, string="Words of the customer")
    date_answered = fields.Datetime(readonly=True, string="Answered on")
    access_token = fields.Char(
        default=lambda self: secrets.token_urlsafe(24),
        required=True,
        readonly=True,
        copy=False,
        groups="base.group_system",
    )
    url = fields.Char(compute="_compute_url", compute_sudo=True, groups="base.group_system")
    lang = fields.Char(compute="_compute_lang", compute_sudo=True)
    date_label = fields.Char(compute="_compute_labels", compute_sudo=True)
    slot_label = fields.Char(compute="_compute_labels", compute_sudo=True, string="Chosen slot")

    @api.depends("access_token")
    def _compute_url(self):
        for notice in self:
            base = notice.get_base_url()
            notice.url = f"{base}/visit-notice/{notice.id}/{notice.access_token}"

    @api.depends("mission_id")
    def _compute_lang(self):
        for notice in self:
            company = notice.company_id.partner_id
            notice.lang = notice.partner_id.lang or company.lang or self.env.lang

    @api.depends("date", "slot_day", "slot_half")
    @api.depends_context("lang")
    def _compute_labels(self):
        for notice in self:
            tz = notice.mission_id._get_tz()
            notice.date_label = format_datetime(self.env, notice.date, tz=tz, dt_format="short")
            notice.slot_label = (
                self._word_slot(notice.slot_day, notice.slot_half) if notice.slot_day else False
            )

    @api.model
    def _word_slot(self, day, half):
        """Return a half day as a customer reads it."""
        return f"{format_date(self.env, day, date_format='EEEE d MMMM')}, " + (
            self.env["field.mission"]._word_half(half)
        )

    # ------------------------------------------------------------------ what addons add

    def _get_fees(self):
        """Return what each wasted trip costs its customer (hook).

        :return: ``{notice_id: (amount without taxes, currency)}``; nothing where there is no fee
        """
        return {}

    def _tell_customers(self):
        """Write to the customers that somebody was there (hook); mails wait in the queue."""
        told = self.filtered(lambda notice: notice.partner_id.email_normalized)
        if told:
            # Technicians own no mail templates; the link is nobody's but the receiver's.
            template = self.env.ref("field_mission.mail_template_visit_notice").sudo()
            template.send_mail_batch(told.ids, force_send=False)

    # ------------------------------------------------------------------ the link

    @api.model
    def _get_by_token(self, notice_id, token):
        """Return the notice that a link points to (sudo), empty when the link is wrong.

        :param notice_id: id in the link
        :param token: secret in the link
        """
        notice = self.sudo().browse(notice_id).exists()
        if notice and isinstance(token, str) and consteq(notice.access_token, token):
            return notice
        return self.sudo().browse()

    def _get_hindrance(self):
        """Return why one notice can't be answered any more: its state, ``closed``, or False."""
        self.ensure_one()
        if self.state != "waiting":
            return self.state
        return False if self.mission_id.state in WAITING else "closed"

    def _get_slots(self):
        """Return the half days that one notice's customer may choose: ``{key: slot}``, in order.

        From tomorrow on: nobody is sent to a customer who may not have told their people yet.
        """
        self.ensure_one()
        mission = self.mission_id
        tz = mission._get_tz()
        today = slots.utc_to_local(fields.Datetime.now(), tz).date()
        wish = {
            "company": mission.company_id,
            "site": mission.site_id,
            "service_type": mission.service_type_id,
            "minutes": round((mission.planned_duration or 1.0) * 60),
            "earliest": slots.local_to_utc(today + timedelta(days=1), 0, tz),
            "deadline": False,
        }
        found = {}
        for slot in mission._propose_slots(wish):
            key = f"{slot['day']}|{slot['half']}"
            if key not in found:
                day = fields.Date.to_date(slot["day"])
                found[key] = {**slot, "label": self._word_slot(day, slot["half"])}
        return found

    def _lock(self):
        """Wait for nobody: of two answers at once the second is tried again and finds the first."""
        # NOWAIT on purpose: Odoo retries the request, and then the answer is there to see.
        self.env.execute_query(
            SQL("SELECT id FROM field_visit_notice WHERE id IN %s FOR UPDATE NOWAIT", self._ids)
        )
        self.invalidate_recordset(["state"])

    def _as_answerer(self):
        """One notice as superuser in the name of nobody in particular, for the trace."""
        return self.with_user(self.env.ref("base.user_root")).sudo()

    def _choose(self, key):
        """Take the slot that the customer of one notice chose.

        :param key: of ``_get_slots``
        :return: False, or why it came to nothing (see :meth:`_get_hindrance`)
        :raises UserError: the slot is no longer free
        """
        self.ensure_one()
        self._lock()
        notice = self._as_answerer()
        if hindrance := notice._get_hindrance():
            return hindrance
        slot = notice._get_slots().get(key)
        if not slot:
            raise UserError(self.env._("This slot is no longer free: please choose another one."))
        mission = notice.mission_id
        mission.write({"promised_kind": slot["half"], "promised_date": slot["day"]})
        mission._take_slot(slot)
        notice._answer("chosen", slot_day=slot["day"], slot_half=slot["half"])
        return False

    def _ask_call(self, message):
        """Note that the customer of one notice wants to be called instead.

        :param message: their words, may be empty
        :return: False, or why it came to nothing
        """
        self.ensure_one()
        self._lock()
        notice = self._as_answerer()
        if hindrance := notice._get_hindrance():
            return hindrance
        words = message.strip()[:LONGEST_MESSAGE] if isinstance(message, str) else ""
        notice._answer("call", message=words or False)
        return False

    def _answer(self, state, **values):
        """Note one customer's answer and tell the office."""
        self.write({"state": state, "date_answered": fields.Datetime.now(), **values})
        user = self.company_id._get_field_office_user()
        if not user:
            return
        notice = self.with_context(lang=user.lang)
        if state == "chosen":
            summary = notice.env._("New slot chosen: %s", notice.slot_label)
        else:
            summary = notice.env._("To call back after a missed visit")
        self.mission_id.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=user.id,
            summary=summary,
            note=self.message or "",
        )

    # ------------------------------------------------------------------ the office

    def action_view_mission(self):
        """Open the mission of one notice."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }

    def action_open_page(self):
        """Open the page that the customer of one notice sees (planners).

        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("read")
        self.mission_id._check_role(states.PLANNER)
        return {"type": "ir.actions.act_url", "url": self.sudo().url, "target": "new"}

    def _make_qr(self):
        """Return the QR code of one notice's page as a picture inside a page."""
        self.ensure_one()
        return make_qr(self.sudo().url)

    def _get_shown_photos(self):
        """Return the photos of one notice whose bytes are here."""
        return self.sudo().photo_ids.filtered(
            lambda photo: photo.state == "received" and (photo.mimetype or "").startswith("image/")
        )

    def _get_app_values(self):
        """Return what the app shows of one notice (sudo)."""
        return {
            "id": self.id,
            "kind": self.kind,
            "date": fields.Datetime.to_string(self.date),
            "state": self.state,
            "slot": self.slot_label or "",
            "pdf": f"/visit-notice/{self.id}/{self.access_token}/pdf",
        }
