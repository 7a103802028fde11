from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..clock import Clock, Pause
from .field_sla_target import KINDS

OPEN = ("running", "paused", "late")
VERDICTS = ("met", "missed")
SECOND = timedelta(seconds=1)
MEASURES = frozenset(("elapsed_hours", "clock_hours", "paused_hours"))
BATCH = 1000
# What a verdict rests on: once it is given, nobody changes it.
FROZEN = frozenset(
    ("state", "deadline", "target_hours", "policy_id", "kind", "request_id", "calendar_id", "tz",
     "received_at")
)  # fmt: skip


def _hours(duration):
    return duration.total_seconds() / 3600


class FieldRequestSla(models.Model):
    _name = "field.request.sla"
    _description = "SLA of a request"
    _order = "deadline, id"
    _check_company_auto = True

    request_id = fields.Many2one("field.request", required=True, index=True, ondelete="cascade")
    policy_id = fields.Many2one("field.sla.policy", index=True, required=True, ondelete="restrict")
    kind = fields.Selection(KINDS, string="Target", required=True)
    # The terms as they were agreed when the policy was applied: a policy changed later does not
    # touch them.
    target_hours = fields.Float(string="Within", required=True, aggregator="avg")
    warn_minutes = fields.Integer(string="Warn before (min)", aggregator=None)
    calendar_id = fields.Many2one(
        "resource.calendar", string="Hours counted", help="Empty: day and night."
    )
    tz = fields.Char(string="Time zone", required=True)

    received_at = fields.Datetime(string="Received on", required=True)
    measured_since = fields.Datetime(
        string="Measured since",
        default=fields.Datetime.now,
        required=True,
        help="When we began to measure: later than the reception for what is entered afterwards.",
    )
    deadline = fields.Datetime(help="Unknown while the clock is paused.")
    warn_at = fields.Datetime(string="At risk from")
    next_check = fields.Datetime(string="Next check", help="When the clock needs looking at again.")
    date_warned = fields.Datetime(string="Warning sent on")
    date_late = fields.Datetime(string="Escalated on")
    activity_id = fields.Many2one("mail.activity", ondelete="set null", index="btree_not_null")
    state = fields.Selection(
        [
            ("running", "Running"),
            ("paused", "Paused"),
            ("late", "Late"),
            ("met", "Met"),
            ("missed", "Missed"),
            ("cancelled", "No longer measured"),
        ],
        default="running",
        required=True,
        index=True,
        help="Late: the deadline has passed and nobody has reported yet. A technician without"
        " network may still prove an arrival in time; then it is met, else missed.",
    )
    reached_at = fields.Datetime(string="Reached on", help="The honest time: see its source.")
    reached_source = fields.Selection(
        [
            ("device", "Technician's device"),
            ("office", "Declared by the office"),
            ("server", "Server"),
        ],
        string="Time given by",
    )
    reached_reason = fields.Selection(
        [
            ("no_device", "The device sent no time"),
            ("future", "The device's time lies in the future"),
            ("before_known", "The device's time lies before the mission was known"),
        ],
        string="Why not the device",
    )
    reached_mission_id = fields.Many2one("field.mission", string="By the mission")
    elapsed_hours = fields.Float(
        string="Hours of the policy",
        aggregator="avg",
        help="From reception until it was reached, in the policy's hours, pauses off.",
    )
    clock_hours = fields.Float(
        string="Hours by the clock",
        aggregator="avg",
        help="From reception until it was reached, day and night, pauses off.",
    )
    paused_hours = fields.Float(
        string="Hours paused", aggregator="avg", help="Hours of the policy taken off by pauses."
    )
    is_at_risk = fields.Boolean(
        string="At risk", compute="_compute_is_at_risk", search="_search_is_at_risk"
    )
    time_left = fields.Char(compute="_compute_time_left", string="Time left")

    company_id = fields.Many2one(
        related="request_id.company_id", store=True, precompute=True, index=True
    )
    partner_id = fields.Many2one(
        related="request_id.partner_id", store=True, precompute=True, index=True
    )
    site_id = fields.Many2one(
        related="request_id.site_id", store=True, precompute=True, index="btree_not_null"
    )
    service_type_id = fields.Many2one(
        related="request_id.service_type_id", store=True, precompute=True, index="btree_not_null"
    )
    contract_id = fields.Many2one(
        related="request_id.contract_id", store=True, precompute=True, index="btree_not_null"
    )
    priority = fields.Selection(related="request_id.priority", store=True, precompute=True)

    _request_kind_unique = models.UniqueIndex(
        "(request_id, kind)", "A request is measured once for each kind of target."
    )
    _next_check_idx = models.Index("(next_check) WHERE next_check IS NOT NULL")
    _received_idx = models.Index("(company_id, received_at)")

    # ------------------------------------------------------------------ computed fields

    @api.depends("request_id.name", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            line.display_name = f"{line.request_id.name} · {kinds.get(line.kind, '')}"

    @api.depends("state", "warn_at", "deadline")
    def _compute_is_at_risk(self):
        now = fields.Datetime.now()
        for line in self:
            line.is_at_risk = bool(line.state == "running" and line.warn_at and line.warn_at <= now)

    def _search_is_at_risk(self, operator, value):
        if operator != "in":
            return NotImplemented
        at_risk = Domain("state", "=", "running") & Domain("warn_at", "<=", fields.Datetime.now())
        return at_risk if True in value else ~at_risk

    @api.depends("state", "deadline")
    def _compute_time_left(self):
        now = fields.Datetime.now()
        for line in self:
            if line.state in ("running", "late") and line.deadline:
                line.time_left = self._format_left(line.deadline - now)
            else:
                line.time_left = False

    @api.model
    def _format_left(self, left):
        """Return a remaining time as a person reads it; negative where it is over.

        :param left: ``timedelta``
        """
        minutes = int(abs(left).total_seconds() // 60)
        if minutes >= 2 * 24 * 60:
            text = self.env._(
                "%(days)s d %(hours)s h", days=minutes // 1440, hours=minutes // 60 % 24
            )
        else:
            text = f"{minutes // 60} h {minutes % 60:02d}"
        return f"− {text}" if left < timedelta(0) else text

    def action_open_request(self):
        """Open the request that one line measures."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.request",
            "res_id": self.request_id.id,
            "view_mode": "form",
        }

    # ------------------------------------------------------------------ guards

    def write(self, vals):
        """Refuse to rewrite a verdict.

        :raises UserError: the target is already met or missed
        """
        if FROZEN.intersection(vals):
            judged = self.filtered(lambda line: line.state in VERDICTS)
            if judged:
                raise UserError(
                    self.env._(
                        "%s is judged: a verdict is never rewritten.", judged[0].display_name
                    )
                )
        return super().write(vals)

    # ------------------------------------------------------------------ the clock

    def _get_openings(self):
        """Return the opening hours that each (calendar, time zone, company) of the lines uses."""
        keys = {(line.calendar_id, line.tz, line.company_id) for line in self}
        since = min(self.mapped("received_at"), default=None)
        return self.env["resource.calendar"].sudo()._get_sla_openings(keys, since)

    def _get_clocks(self):
        """Return ``{line_id: Clock}``, built with a constant number of queries."""
        openings = self._get_openings()
        pauses = {
            request: [
                Pause(pause.start, pause.stop or None, pause.reason, pause.customer_caused)
                for pause in request.sla_pause_ids
            ]
            for request in self.request_id
        }
        return {
            line.id: Clock(
                line.received_at,
                openings[line.calendar_id, line.tz, line.company_id],
                pauses[line.request_id],
            )
            for line in self
        }

    def _refresh(self, reasons=None):
        """Bring open lines to what is known now: facts, pauses, terms. In batch.

        A verdict stays as it is; one that was missed unseen only learns when it was reached after
        all.

        :param reasons: ``{request_id: words}`` for the trace of lines whose deadline moves
        """
        lines = self.sudo().filtered(
            lambda line: line.state in OPEN or (line.state == "missed" and not line.reached_at)
        )
        if not lines:
            return
        now = fields.Datetime.now()
        clocks = lines._get_clocks()
        facts = lines.request_id._get_sla_facts()
        events = []
        for line in lines:
            fact = facts[line.request_id.id].get(line.kind)
            if line.state == "missed":
                if fact:
                    line.write(line._prepare_reached(clocks[line.id], fact))
                continue
            values = line._read_clock(clocks[line.id], fact, now)
            events += line._prepare_events(values, (reasons or {}).get(line.request_id.id))
            # Zero hours are a measure too (an average counts them), unlike hours never written.
            changed = {
                name: value
                for name, value in values.items()
                if (line[name] or False) != value or name in MEASURES
            }
            if changed:
                line.write(changed)
        lines._drop_activities()
        if events:
            self.env["field.request.sla.event"].sudo().create(events)

    def _read_clock(self, clock, fact, now):
        """Return the values of one line as its clock shows them.

        :param clock: ``Clock`` of the request
        :param fact: dict ``at``, ``source``, ``reason``, ``mission_id`` of when the target was
            reached, or None
        :param now: naive UTC
        """
        self.ensure_one()
        target = timedelta(seconds=round(self.target_hours * 3600))
        warn_before = timedelta(minutes=self.warn_minutes)
        deadline = clock.deadline(target)
        grace = self._get_grace(deadline)
        values = {
            "state": clock.state(target, now, fact and fact["at"], grace),
            "deadline": deadline or False,
            "warn_at": (warn_before and clock.warn_at(target, warn_before)) or False,
        }
        if values["state"] in VERDICTS:
            values["next_check"] = False
            if fact:
                values.update(self._prepare_reached(clock, fact))
            return values
        if deadline and deadline >= now:
            # A deadline that moved away is told again when it comes near again.
            if not values["warn_at"] or values["warn_at"] > now:
                values["date_warned"] = False
            values["date_late"] = False
        values["next_check"] = self._next_check(values, clock, now, grace)
        return values

    def _get_grace(self, deadline):
        """Return how long after its deadline one line waits for a report before it is missed.

        What is entered after its deadline waits as long again: its visit is entered next.
        """
        grace = timedelta(seconds=round(self.company_id.field_sla_grace * 3600))
        if deadline and self.measured_since > deadline:
            grace += self.measured_since - deadline
        return grace

    def _prepare_reached(self, clock, fact):
        """Return the values that say when one target was reached, and how long it took."""
        at = fact["at"]
        return {
            "reached_at": at,
            "reached_source": fact["source"],
            "reached_reason": fact["reason"] or False,
            "reached_mission_id": fact["mission_id"],
            "elapsed_hours": _hours(clock.elapsed(at)),
            "clock_hours": _hours(clock.clock_time(at)),
            "paused_hours": _hours(clock.paused_time(at)),
        }

    def _next_check(self, values, clock, now, grace):
        """Return when the cron must look at one open line again, or False."""
        warned = values.get("date_warned", self.date_warned)
        told_late = values.get("date_late", self.date_late)
        moments = [
            edge
            for pause in clock.pauses
            for edge in (pause.start, pause.stop)
            if edge and edge > now
        ]
        if values["state"] == "late":
            moments.append(values["deadline"] + grace + SECOND if told_late else now)
        elif values["deadline"]:
            moments.append(values["deadline"] + SECOND)
            if values["warn_at"] and not warned and values["state"] == "running":
                moments.append(values["warn_at"])
        return min(moments, default=False)

    def _prepare_events(self, values, reason):
        """Return the trace that new values of one line leave."""
        common = {
            "request_id": self.request_id.id,
            "sla_id": self.id,
            "user_id": self.env.uid,
            "reason": reason or False,
        }
        events = []
        if self.deadline and self.deadline != values["deadline"]:
            text = fields.Datetime.to_string
            changes = {
                "deadline": [
                    text(self.deadline),
                    text(values["deadline"]) if values["deadline"] else False,
                ]
            }
            events.append({**common, "kind": "recomputed", "changes": changes})
        if values["state"] in VERDICTS:
            events.append({**common, "kind": values["state"]})
        return events

    def _change_terms(self, terms, reason):
        """Give one open line new terms and return the trace of what changed."""
        self.ensure_one()
        changes = {}
        for name, value in terms.items():
            old = self[name].id if self._fields[name].type == "many2one" else self[name]
            if (old or False) != (value or False) and name in ("target_hours", "received_at"):
                changes[name] = [self._trace_value(old), self._trace_value(value)]
        if self.policy_id.id != terms["policy_id"]:
            policy = self.env["field.sla.policy"].sudo().browse(terms["policy_id"])
            changes["policy_id"] = [self.policy_id.name, policy.name]
        if self.state == "cancelled":
            changes["state"] = ["cancelled", "running"]
            terms = {**terms, "state": "running", "measured_since": fields.Datetime.now()}
        self.write(terms)
        if not changes:
            return []
        return [
            {
                "request_id": self.request_id.id,
                "sla_id": self.id,
                "kind": "recomputed",
                "user_id": self.env.uid,
                "changes": changes,
                "reason": reason or False,
            }
        ]

    @api.model
    def _trace_value(self, value):
        return fields.Datetime.to_string(value) if hasattr(value, "isoformat") else value

    def _stop_measuring(self, reason):
        """Take open lines out of the measure, with a trace."""
        if not self:
            return
        self.write(
            {"state": "cancelled", "next_check": False, "date_warned": False, "date_late": False}
        )
        self._drop_activities()
        self.env["field.request.sla.event"].sudo().create(
            [
                {
                    "request_id": line.request_id.id,
                    "sla_id": line.id,
                    "kind": "cancelled",
                    "user_id": self.env.uid,
                    "reason": reason or False,
                }
                for line in self
            ]
        )

    # ------------------------------------------------------------------ telling people

    @api.model
    def _cron_check(self):
        """Look at the clocks whose moment has come: warn, escalate, judge. In batches.

        One query when nothing crossed a limit.
        """
        while True:
            due = self.search(
                [("next_check", "<=", fields.Datetime.now())], limit=BATCH, order="next_check, id"
            )
            if not due:
                return
            due = due.try_lock_for_update()
            due._check_due()
            if not due or not self.env["ir.cron"]._commit_progress(len(due)):
                return

    def _check_due(self):
        """Refresh lines and tell people about those that crossed a limit, each once."""
        self._refresh()
        now = fields.Datetime.now()
        late = self.filtered(lambda line: line.state == "late" and not line.date_late)
        warned = self.filtered(
            lambda line: (
                line.state == "running"
                and line.warn_at
                and line.warn_at <= now
                and not line.date_warned
            )
        )
        self._tell(warned, "warned", now)
        self._tell(late, "late", now)
        # Now that they are told, the next moment to look at is another one.
        (warned | late)._refresh()

    @api.model
    def _tell(self, lines, kind, now):
        """Give one activity a request to the person in charge, and mark the lines as told."""
        if not lines:
            return
        lines._drop_activities(superseded=True)
        users = lines._get_told_users(kind)
        values, groups = [], []
        for (request, user), group in lines.grouped(
            lambda line: (line.request_id, users[line.id])
        ).items():
            values.append(group._prepare_activity(kind, request, user))
            groups.append(group)
        activity_type = self.env.ref(
            "mail.mail_activity_data_warning" if kind == "late" else "mail.mail_activity_data_todo"
        )
        # Odoo would send a mail for each; ours lists them all in one.
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create([{**vals, "activity_type_id": activity_type.id} for vals in values])
        )
        for activity, group in zip(activities, groups, strict=True):
            group.write(
                {
                    "activity_id": activity.id,
                    "date_warned": now,
                    **({"date_late": now} if kind == "late" else {}),
                }
            )
        self.env["field.request.sla.event"].create(
            [
                {
                    "request_id": line.request_id.id,
                    "sla_id": line.id,
                    "kind": kind,
                    "user_id": users[line.id].id,
                }
                for line in lines
            ]
        )
        lines._mail_told(kind, users)

    def _prepare_activity(self, kind, request, user):
        """Return the values of the activity that tells of lines of one request.

        :param kind: ``warned`` (before the deadline) or ``late`` (after)
        :param request: ``field.request``
        :param user: ``res.users`` who is told
        """
        self = self.with_context(lang=user.lang)
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        names = ", ".join(kinds[line.kind] for line in self)
        summary = (
            self.env._("SLA late: %s", names)
            if kind == "late"
            else self.env._("SLA at risk: %s", names)
        )
        return {
            "automated": True,
            "date_deadline": fields.Date.context_today(self.with_context(tz=user.tz)),
            "res_id": request.id,
            "res_model_id": self.env["ir.model"]._get_id("field.request"),
            "summary": summary,
            "user_id": user.id,
        }

    def _get_told_users(self, kind):
        """Return whom to tell about each line.

        :param kind: ``warned`` or ``late``
        :return: ``{line_id: res.users}``
        """
        found, fallback = {}, None
        for line in self:
            policy, request = line.policy_id, line.request_id
            wanted = policy.escalation_user_id if kind == "late" else self.env["res.users"]
            candidates = (
                wanted,
                policy.warning_user_id,
                *request.mission_ids.team_id.leader_id.user_id,
                request.create_uid,
                policy.create_uid,
            )
            user = next((user for user in candidates if user.active and not user.share), None)
            if user is None:
                fallback = fallback or self._get_fallback_user()
                user = fallback
            found[line.id] = user
        return found

    @api.model
    def _get_fallback_user(self):
        """Return an active manager, for what nobody else is in charge of."""
        managers = self.env.ref("field_mission.group_field_manager").all_user_ids
        return managers.filtered("active")[:1] or self.env.ref("base.user_admin")

    def _drop_activities(self, superseded=False):
        """Remove the activities that have become pointless.

        :param superseded: also those of lines still open, since a newer one replaces them
        """
        done = self.filtered(
            lambda line: (
                line.activity_id and (superseded or line.state not in OPEN or not line.date_warned)
            )
        ).activity_id
        if not done:
            return
        others = self.search([("activity_id", "in", done.ids), ("id", "not in", self.ids)])
        needed = others.filtered(lambda line: line.state in OPEN and line.date_warned).activity_id
        if not superseded:
            needed |= self.filtered(
                lambda line: line.state in OPEN and line.date_warned
            ).activity_id
        (done - needed).unlink()
