from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..clock import honest_time
from .field_request_sla import OPEN

# Changes of these may change the policy or the start of the clock.
SLA_FIELDS = frozenset(
    ("contract_id", "priority", "site_id", "service_type_id", "partner_id", "date_received",
     "date_owed", "company_id")
)  # fmt: skip
PLANNER = "field_mission.group_field_planner"


class FieldRequest(models.Model):
    _inherit = "field.request"

    sla_ids = fields.One2many(
        "field.request.sla", "request_id", string="SLA targets", groups=PLANNER
    )
    sla_pause_ids = fields.One2many(
        "field.sla.pause", "request_id", string="Pauses", groups=PLANNER
    )
    sla_event_ids = fields.One2many(
        "field.request.sla.event", "request_id", string="SLA trace", groups=PLANNER
    )
    sla_state = fields.Selection(
        [
            ("running", "Running"),
            ("paused", "Paused"),
            ("late", "Late"),
            ("met", "Met"),
            ("missed", "Missed"),
        ],
        string="SLA",
        compute="_compute_sla",
        store=True,
        index="btree_not_null",
        help="Of the target that comes next; when all are judged, the worst verdict.",
    )
    sla_deadline = fields.Datetime(
        string="SLA deadline",
        compute="_compute_sla",
        store=True,
        help="The next deadline that is still open.",
    )
    sla_warn_at = fields.Datetime(string="SLA at risk from", compute="_compute_sla", store=True)
    sla_missed = fields.Boolean(
        string="SLA missed", compute="_compute_sla", store=True, help="At least one target."
    )
    sla_at_risk = fields.Boolean(
        string="SLA at risk", compute="_compute_sla_at_risk", search="_search_sla_at_risk"
    )
    sla_time_left = fields.Char(string="SLA time left", compute="_compute_sla_time_left")

    @api.depends("sla_ids.state", "sla_ids.deadline", "sla_ids.warn_at")
    def _compute_sla(self):
        for request in self:
            lines = request.sla_ids
            states = set(lines.mapped("state"))
            request.sla_state = next(
                (
                    state
                    for state in ("late", "running", "paused", "missed", "met")
                    if state in states
                ),
                False,
            )
            opened = lines.filtered(lambda line: line.state in OPEN)
            request.sla_deadline = min(filter(None, opened.mapped("deadline")), default=False)
            request.sla_warn_at = min(filter(None, opened.mapped("warn_at")), default=False)
            request.sla_missed = "missed" in states

    @api.depends("sla_state", "sla_warn_at")
    def _compute_sla_at_risk(self):
        now = fields.Datetime.now()
        for request in self:
            warn_at = request.sla_warn_at
            request.sla_at_risk = bool(
                request.sla_state == "running" and warn_at and warn_at <= now
            )

    def _search_sla_at_risk(self, operator, value):
        if operator != "in":
            return NotImplemented
        at_risk = Domain("sla_state", "=", "running") & Domain(
            "sla_warn_at", "<=", fields.Datetime.now()
        )
        return at_risk if True in value else ~at_risk

    @api.depends("sla_state", "sla_deadline")
    def _compute_sla_time_left(self):
        now = fields.Datetime.now()
        for request in self:
            shown = request.sla_deadline and request.sla_state in ("running", "late")
            request.sla_time_left = shown and self.env["field.request.sla"]._format_left(
                request.sla_deadline - now
            )

    # ------------------------------------------------------------------ start and change

    @api.model_create_multi
    def create(self, vals_list):
        """Start the SLA clocks of new requests, all at once."""
        requests = super().create(vals_list)
        requests._apply_sla_policy()
        return requests

    def write(self, vals):
        """Choose the policy again when what it depends on changes, with a trace."""
        watched = SLA_FIELDS.intersection(vals)
        before = {request.id: [request[name] for name in watched] for request in self}
        result = super().write(vals)
        if watched:
            changed = self.filtered(
                lambda request: before[request.id] != [request[name] for name in watched]
            )
            labels = ", ".join(
                self._fields[name]._description_string(self.env) for name in sorted(watched)
            )
            changed._apply_sla_policy(self.env._("Changed: %s", labels))
        return result

    def _get_sla_criteria(self):
        """Return one request's values as :func:`..clock.select_policy` reads them."""
        self.ensure_one()
        partner = self.partner_id
        return {
            "contract": frozenset(self.contract_id.ids),
            "site": frozenset(self.site_id.ids),
            "customer": frozenset((partner | partner.commercial_partner_id).ids),
            "service_type": frozenset(self.service_type_id.ids),
            "priority": frozenset([self.priority]),
        }

    def _get_sla_tz(self):
        """Return the time zone in which one request's hours are read: its site's."""
        self.ensure_one()
        return self.site_id.tz or self.company_id.partner_id.tz or "Europe/Paris"

    def _apply_sla_policy(self, reason=None):
        """Measure requests by the policies that apply to them now. In batch.

        Open lines take the new terms, with a trace; verdicts stay; targets that the policy no
        longer has stop being measured.

        :param reason: words for the trace
        """
        requests = self.sudo()
        policies = self.env["field.sla.policy"]._select_for(requests)
        lines = self.env["field.request.sla"].sudo()
        new, dropped, touched, events = [], lines, lines, []
        for request in requests:
            current = {line.kind: line for line in request.sla_ids}
            for target in policies[request.id].target_ids:
                terms = request._prepare_sla_terms(target)
                line = current.pop(target.kind, None)
                if line is None:
                    new.append({"request_id": request.id, "kind": target.kind, **terms})
                elif line.state in OPEN or (
                    line.state == "cancelled" and request.state != "cancelled"
                ):
                    events += line._change_terms(terms, reason)
                    touched += line
            dropped += lines.union(*(line for line in current.values() if line.state in OPEN))
        if dropped:
            dropped._stop_measuring(reason)
        created = lines.create(new) if new else lines
        if events:
            self.env["field.request.sla.event"].sudo().create(events)
        (created | touched)._refresh({request.id: reason for request in requests})

    def _prepare_sla_terms(self, target):
        """Return the terms of one target as they are frozen on the request's line."""
        policy = target.policy_id
        return {
            "policy_id": policy.id,
            "target_hours": target.hours,
            "warn_minutes": target.warn_minutes,
            "calendar_id": policy.calendar_id.id,
            "tz": self._get_sla_tz(),
            "received_at": self._get_clock_start(),
        }

    # ------------------------------------------------------------------ facts

    def _get_sla_facts(self):
        """Return when each kind of target was reached, by the honest clock. In batch.

        :return: ``{request_id: {kind: {"at", "source", "reason", "mission_id"}}}``
        """
        requests = self.sudo()
        missions = requests.mission_ids
        steps = self.env["field.mission.event"].sudo()
        if missions:
            steps = steps.search_fetch(
                [
                    ("mission_id", "in", missions.ids),
                    ("kind", "=", "step"),
                    ("step", "in", ["plan", "start", "done"]),
                ],
                ["mission_id", "step", "date", "device_date", "user_id"],
                order="date, id",
            )
        by_request = steps.grouped(lambda step: step.mission_id.request_id.id)
        return {
            request.id: request._read_sla_facts(by_request.get(request.id, steps.browse()))
            for request in requests
        }

    def _read_sla_facts(self, steps):
        """Return the facts of one request from the steps of its missions (oldest first)."""
        self.ensure_one()
        found = {}
        planned = steps.filtered(lambda step: step.step == "plan")[:1]
        if planned:
            found["taken_in_charge"] = self._sla_fact(planned.date, "server", planned.mission_id)
        starts = [self._honest_fact(step) for step in steps if step.step == "start"]
        if starts:
            found["on_site"] = min(starts, key=lambda fact: fact["at"])
        if self.state == "done":
            last = {step.mission_id: step for step in steps if step.step == "done"}
            ends = [
                self._honest_fact(step) for mission, step in last.items() if mission.state == "done"
            ]
            if ends:
                found["restored"] = max(ends, key=lambda fact: fact["at"])
            done = self.mission_ids.filtered(lambda mission: mission.state == "done")
            if done and all(done.mapped("validated")):
                final = max(done, key=lambda mission: mission.date_validated)
                found["closed"] = self._sla_fact(final.date_validated, "server", final)
        return found

    def _sla_fact(self, at, source, mission, reason=False):
        return {"at": at, "source": source, "reason": reason, "mission_id": mission.id}

    def _honest_fact(self, step):
        """Return when one step of a mission happened, by the clock that can be believed.

        A technician can't arrive before the mission was published to them; the office may enter
        a past visit, but none before the customer asked.
        """
        mission = step.mission_id
        by_office = step.user_id not in mission.member_user_ids
        known_at = self.date_received
        if not by_office and mission.date_published:
            known_at = max(known_at, mission.date_published)
        if step.device_date == step.date:
            return self._sla_fact(step.date, "server", mission)
        choice = honest_time(
            step.device_date or None,
            step.date,
            known_at,
            timedelta(minutes=self.company_id.field_sla_clock_tolerance),
        )
        source = "office" if by_office and choice.source == "device" else choice.source
        return self._sla_fact(choice.at, source, mission, choice.reason)

    def _settle_sla(self, reason=None):
        """Judge the open targets of requests after something happened to their missions."""
        requests = self.sudo()
        given_up = requests.filtered(lambda request: request.state == "cancelled")
        given_up.sla_ids.filtered(lambda line: line.state in OPEN)._stop_measuring(reason)
        alive = requests - given_up
        restarted = alive.filtered(
            lambda request: any(line.state == "cancelled" for line in request.sla_ids)
        )
        restarted._apply_sla_policy(reason)
        (alive - restarted).sla_ids._refresh()

    # ------------------------------------------------------------------ buttons

    def action_pause_sla(self):
        """Open the form of a new pause of one request's clock."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pause the SLA clock"),
            "res_model": "field.sla.pause",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def action_resume_sla(self):
        """End the pauses that are running on these requests."""
        now = fields.Datetime.now()
        pauses = self.env["field.sla.pause"].search(
            [("request_id", "in", self.ids), ("start", "<=", now)]
            + ["|", ("stop", "=", False), ("stop", ">", now)]
        )
        pauses.write({"stop": now})
        return True
