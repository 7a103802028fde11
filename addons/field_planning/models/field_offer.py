import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq
from odoo.tools.misc import format_date, format_datetime
from odoo.tools.sql import SQL

from odoo.addons.field_mission.core import states
from odoo.addons.field_mission.core.slots import utc_to_local

LONGEST_REASON = 500
BATCH = 50


class FieldOffer(models.Model):
    """One mission offered to one subcontractor: who was asked, until when, what they said.

    A row is never used again: another day or another person is another offer, with another link.
    """

    _name = "field.offer"
    _description = "Mission offered to a subcontractor"
    _order = "id desc"
    _rec_name = "mission_id"

    mission_id = fields.Many2one(
        "field.mission", required=True, index=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="mission_id.company_id", store=True, precompute=True)
    employee_id = fields.Many2one(
        "hr.employee", string="Subcontractor", required=True, index=True, readonly=True
    )
    state = fields.Selection(
        [
            ("pending", "Waiting for an answer"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
            ("expired", "No answer in time"),
            ("revoked", "Withdrawn"),
        ],
        default="pending",
        required=True,
        readonly=True,
        index=True,
    )
    planned_start = fields.Datetime(string="Offered for", required=True, readonly=True)
    planned_duration = fields.Float(readonly=True)
    site_id = fields.Many2one("res.partner", readonly=True)
    deadline = fields.Datetime(string="Answer until", required=True, readonly=True, index=True)
    date_answered = fields.Datetime(string="Answered on", readonly=True)
    channel = fields.Selection(
        [
            ("link", "By the link"),
            ("portal", "In the portal"),
            ("app", "In the app"),
            ("office", "Told to the office"),
        ],
        readonly=True,
    )
    answered_by_id = fields.Many2one("res.users", readonly=True)
    reason = fields.Char(readonly=True)
    access_token = fields.Char(
        default=lambda self: secrets.token_urlsafe(32),
        required=True,
        readonly=True,
        groups="base.group_system",
    )

    # What the mails and the page of the answer show: nothing that is the customer's alone.
    partner_id = fields.Many2one("res.partner", compute="_compute_mail", compute_sudo=True)
    lang = fields.Char(compute="_compute_mail", compute_sudo=True)
    city = fields.Char(compute="_compute_mail", compute_sudo=True)
    slot_label = fields.Char(compute="_compute_mail", compute_sudo=True)
    deadline_label = fields.Char(compute="_compute_mail", compute_sudo=True)
    answer_url = fields.Char(
        compute="_compute_answer_url", compute_sudo=True, groups="base.group_system"
    )

    _one_pending = models.UniqueIndex(
        "(mission_id) WHERE state = 'pending'", "This mission already waits for an answer."
    )

    @api.depends("employee_id", "mission_id.planned_start", "mission_id.site_id", "deadline")
    @api.depends_context("lang")
    def _compute_mail(self):
        for offer in self:
            employee, mission = offer.employee_id, offer.mission_id
            user = employee.user_id
            offer.partner_id = (
                user.partner_id or employee.work_contact_id or employee.field_vendor_id
            )
            offer.lang = (
                user.lang or offer.partner_id.lang or offer.company_id.partner_id.lang or "en_US"
            )
            site = mission.site_id
            offer.city = " ".join(part for part in (site.zip, site.city) if part)
            offer.slot_label = offer._word_slot()
            offer.deadline_label = format_datetime(
                offer.env, offer.deadline, tz=employee._get_field_tz(), dt_format="short"
            )

    def _word_slot(self):
        """Return day and hours of the mission as they are planned now, in the site's time."""
        self.ensure_one()
        mission = self.mission_id
        if not mission.planned_start:
            return ""
        tz = mission._get_tz()
        first = utc_to_local(mission.planned_start, tz)
        last = utc_to_local(mission.planned_end, tz)
        day = format_date(self.env, first.date(), date_format="EEEE d MMMM")
        return f"{day}, {first:%H:%M} – {last:%H:%M}"

    @api.depends("access_token")
    def _compute_answer_url(self):
        for offer in self:
            base = offer.company_id.get_base_url() if offer.company_id else ""
            offer.answer_url = f"{base}/field/offer/{offer.id}/{offer.access_token}"

    def _get_by_token(self, offer_id, token):
        """Return the offer that a link points to (sudo), empty when the link is wrong.

        :param offer_id: id in the link
        :param token: secret in the link
        """
        offer = self.sudo().browse(offer_id).exists()
        if offer and isinstance(token, str) and consteq(offer.access_token, token):
            return offer
        return self.sudo().browse()

    # ------------------------------------------------------------------ answers

    def _get_hindrance(self):
        """Return why one offer can't be answered any more, as a code, or False.

        ``late``: the deadline is over. ``closed``: the mission is no longer theirs to take.
        Else the state of an offer that is not pending.
        """
        self.ensure_one()
        offer = self.sudo()
        if offer.state != "pending":
            return offer.state
        mission = offer.mission_id
        if mission.state != "planned" or mission.technician_id != offer.employee_id:
            return "closed"
        return "late" if offer.deadline < fields.Datetime.now() else False

    def _lock(self):
        """Wait for nobody: two answers at once, the second is tried again and finds the first."""
        # NOWAIT on purpose: Odoo retries the request, and then the answer is there to see.
        self.env.execute_query(
            SQL("SELECT id FROM field_offer WHERE id IN %s FOR UPDATE NOWAIT", tuple(self.ids))
        )
        self.invalidate_recordset(["state"])

    def _answer(self, accepted, reason="", channel="link"):
        """Take the answer to one offer.

        :param accepted: whether the subcontractor takes the mission
        :param reason: why not, in words
        :param channel: ``link``, ``portal``, ``app`` or ``office``
        :return: False, or why the answer came to nothing (see :meth:`_get_hindrance`)
        :raises UserError: a refusal without a reason, or certificates that are missing
        """
        self.ensure_one()
        self._lock()
        hindrance = self._get_hindrance()
        if hindrance == "late" and channel == "office":
            # The planner heard the answer in time, or does not mind.
            hindrance = False
        if hindrance:
            return hindrance
        reason = reason.strip()[:LONGEST_REASON] if isinstance(reason, str) else ""
        if not accepted and not reason:
            raise UserError(self.env._("Say why the mission is declined."))
        # The person answers by a link, without an account: what follows is the office's to do.
        offer = self._as_answerer(channel)
        offer.write(
            {
                "state": "accepted" if accepted else "declined",
                "date_answered": fields.Datetime.now(),
                "channel": channel,
                "answered_by_id": offer.env.uid,
                "reason": reason or False,
            }
        )
        offer.mission_id._trace(
            "change", [{"acceptance_state": ["pending", offer.state]}], reason=reason or False
        )
        if accepted:
            offer.mission_id.action_publish()
            # The customer was told nothing while nobody was sure to come.
            offer.mission_id._send_customer_messages("confirmation")
        else:
            offer._return_to_tray()
        return False

    def _as_answerer(self, channel):
        """The offer as superuser in the name of who answers, for the trace."""
        if channel == "office":
            return self.sudo()
        user = self.sudo().employee_id.user_id
        return self.with_user(user or self.env.ref("base.user_root")).sudo()

    def _return_to_tray(self):
        """Take missions back from their subcontractors, and tell the planners (sudo)."""
        missions = self.mission_id
        planners = missions._get_planners_to_tell()
        missions.filtered(lambda mission: mission.state == "planned").action_unplan()
        missions._write_each(
            {
                mission.id: {"technician_id": False, "is_locked": False}
                for mission in missions
                if mission.state in ("draft", "to_reschedule")
            }
        )
        self.env["mail.activity"].sudo().create(
            [
                offer._prepare_activity(user)
                for offer in self
                for user in planners[offer.mission_id.id]
            ]
        )

    def _prepare_activity(self, user):
        """Return the values of one planner's activity about one offer that came to nothing.

        :param user: ``res.users``
        """
        offer = self.with_context(lang=user.lang, tz=user.tz)
        env, who = offer.env, self.employee_id.name
        if offer.state == "declined":
            summary = env._("%(who)s declines: %(slot)s", who=who, slot=offer._word_slot())
        else:
            summary = env._("%(who)s has not answered: %(slot)s", who=who, slot=offer._word_slot())
        return {
            "res_model_id": env["ir.model"]._get_id("field.mission"),
            "res_id": self.mission_id.id,
            "activity_type_id": env["ir.model.data"]._xmlid_to_res_id(
                "mail.mail_activity_data_todo", raise_if_not_found=True
            ),
            "user_id": user.id,
            "date_deadline": fields.Date.context_today(offer),
            "summary": summary,
            "note": offer.reason or env._("The mission is back in the tray."),
        }

    # ------------------------------------------------------------------ the office

    def _check_office(self):
        self.check_access("read")
        self.mission_id._check_role(states.PLANNER)

    def action_accept(self):
        """Take down that the subcontractor accepts, as they told the office.

        :raises UserError: the offer is closed
        :raises AccessError: the user is no planner
        """
        self._check_office()
        for offer in self:
            offer._raise_hindrance(offer._answer(True, channel="office"))
        return True

    def action_decline(self, reason):
        """Take down that the subcontractor declines, as they told the office.

        :param reason: why, in words
        :raises UserError: the offer is closed, or no reason
        :raises AccessError: the user is no planner
        """
        self._check_office()
        for offer in self:
            offer._raise_hindrance(offer._answer(False, reason, channel="office"))
        return True

    def _raise_hindrance(self, hindrance):
        if hindrance:
            raise UserError(self.env._("%s: this offer is closed.", self.mission_id.display_name))

    def action_revoke(self):
        """Withdraw offers that wait for an answer; their people are told.

        :raises AccessError: the user is no planner
        """
        self._check_office()
        self._revoke()
        return True

    def action_resend(self):
        """Send the mail of offers that wait for an answer again.

        :raises UserError: nobody to send it to, or the offer is closed
        :raises AccessError: the user is no planner
        """
        self._check_office()
        for offer in self:
            offer._raise_hindrance(offer._get_hindrance())
            if not offer.sudo().partner_id.email:
                raise UserError(
                    self.env._("%s has no e-mail address.", offer.employee_id.sudo().name)
                )
        self._send("field_planning.mail_template_field_offer")
        return True

    # ------------------------------------------------------------------ life of an offer

    def _send(self, template):
        """Queue the mail of offers to those who have an address."""
        # Planners own no mail templates of this model; the link is nobody's but the receiver's.
        offers = self.sudo().filtered(lambda offer: offer.partner_id.email)
        if offers:
            self.env.ref(template).sudo().send_mail_batch(offers.ids)

    def _revoke(self):
        """Close offers, accepted ones too: the mission is no longer their people's."""
        offers = self.sudo().filtered(lambda offer: offer.state in ("pending", "accepted"))
        if not offers:
            return
        before = {offer.id: offer.state for offer in offers}
        offers.write({"state": "revoked"})
        offers.mission_id._trace(
            "change",
            [{"acceptance_state": [before[m.offer_id.id], "revoked"]} for m in offers.mission_id],
        )
        offers.mission_id.offer_id = False
        offers._send("field_planning.mail_template_field_offer_withdrawn")

    @api.model
    def _cron_expire(self):
        """Close offers without an answer: their missions go back to the tray, planners are told."""
        now = fields.Datetime.now()
        domain = [("state", "=", "pending"), ("deadline", "<", now)]
        late = self.sudo().search(domain, limit=BATCH).try_lock_for_update()
        alive = late.filtered(lambda offer: offer._get_hindrance() == "late")
        (late - alive)._revoke()
        alive.write({"state": "expired"})
        alive.mission_id._trace(
            "change", [{"acceptance_state": ["pending", "expired"]} for _m in alive.mission_id]
        )
        alive._return_to_tray()
        self.env["ir.cron"]._commit_progress(len(late), remaining=self.sudo().search_count(domain))

    @api.model
    def _prepare_deadline(self, mission):
        """Return until when one mission's technician answers: in time for the visit."""
        now = fields.Datetime.now()
        deadline = now + timedelta(hours=mission.technician_id.field_offer_hours or 24)
        start = mission.planned_start
        return min(deadline, start) if start > now else deadline
