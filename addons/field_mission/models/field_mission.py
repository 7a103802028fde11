from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core import slots, states
from .field_request import PRIORITIES

# A write of `state` must come from the state table. A plain object can't be sent over RPC, so
# nobody outside this addon can forge it.
STATE_KEY = "field_mission_transition"
STATE_TOKEN = object()
# Set while `_write_each` writes mission by mission: it traces all of them at the end.
TRACE_LATER_KEY = "field_mission_trace_later"

# What belongs to the request; a mission shows it and passes changes on.
REQUEST_FIELDS = (
    "partner_id",
    "payer_id",
    "contract_id",
    "priority",
)
# What a request is told at the creation of its first mission, besides.
REQUEST_ONLY = (
    "origin", "date_received", "date_owed", "requester", "customer_reference", "date_deadline"
)  # fmt: skip
# Changes that make a plan another plan: boards, proposals and the app compare `plan_version`.
PLAN_FIELDS = frozenset(
    ("planned_start", "planned_duration", "planned_end", "technician_id", "helper_ids",
     "is_locked", "site_id")
)  # fmt: skip
# Changes that leave a line in the mission's trace.
TRACED_FIELDS = PLAN_FIELDS | frozenset(
    ("promised_kind", "promised_date", "promised_time", "promised_start", "promised_end",
     "service_type_id", "to_rebill", "to_rebill_reason", "published", "team_id",
     "equipment_ids")
)  # fmt: skip
# Written by the guarded actions only.
GUARDED_FIELDS = frozenset(
    ("state", "validated", "date_validated", "validated_by_id", "actual_start", "actual_end",
     "actual_start_server", "actual_end_server", "published", "date_published", "plan_version",
     "rebill_done", "rebill_done_by_id", "date_rebill_done", "legal_hold", "legal_hold_reason",
     "legal_hold_by_id", "date_legal_hold")
)  # fmt: skip


class FieldMission(models.Model):
    _name = "field.mission"
    _description = "Mission order"
    _inherit = [
        "field.sequence.mixin",
        "hr.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "mission_date, planned_start, id"
    _check_company_auto = True
    _rec_names_search = ["name", "site_id.name", "partner_id.name"]

    name = fields.Char(default="/", required=True, readonly=True, copy=False, index="trigram")
    active = fields.Boolean(default=True)
    request_id = fields.Many2one(
        "field.request", index=True, ondelete="restrict", check_company=True, copy=False
    )
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    # The request's, kept here because lists and boards search them.
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_request",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
    )
    payer_id = fields.Many2one(
        "res.partner",
        string="Invoiced to",
        compute="_compute_from_request",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
    )
    contract_id = fields.Many2one(
        "field.contract",
        compute="_compute_from_request",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
    )
    priority = fields.Selection(
        PRIORITIES,
        compute="_compute_from_request",
        store=True,
        readonly=False,
        precompute=True,
    )
    origin = fields.Selection(related="request_id.origin")
    date_received = fields.Datetime(related="request_id.date_received", string="Received on")
    customer_reference = fields.Char(related="request_id.customer_reference", readonly=False)
    site_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        domain="[('is_field_site', '=', True)]",
    )
    service_type_id = fields.Many2one(
        "field.service.type", required=True, index=True, check_company=True
    )
    zone_id = fields.Many2one(
        "field.zone",
        related="site_id.site_zone_id",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    team_id = fields.Many2one(
        "field.team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
    )
    technician_id = fields.Many2one(
        "hr.employee",
        index="btree_not_null",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
        help="The one responsible: only they finish the mission.",
    )
    helper_ids = fields.Many2many(
        "hr.employee",
        string="Helpers",
        check_company=True,
        domain="[('is_field_technician', '=', True), ('id', '!=', technician_id)]",
    )
    member_user_ids = fields.Many2many(
        "res.users",
        relation="field_mission_member_rel",
        compute="_compute_member_user_ids",
        compute_sudo=True,
        store=True,
        string="Users of the mission",
    )
    state = fields.Selection(
        [
            (states.DRAFT, "To plan"),
            (states.PLANNED, "Planned"),
            (states.IN_PROGRESS, "In progress"),
            (states.DONE, "Done"),
            (states.TO_RESCHEDULE, "To reschedule"),
            (states.CANCELLED, "Cancelled"),
        ],
        default=states.DRAFT,
        required=True,
        readonly=True,
        copy=False,
        index=True,
        group_expand=True,
    )
    published = fields.Boolean(readonly=True, copy=False)
    date_published = fields.Datetime(readonly=True, copy=False)
    validated = fields.Boolean(readonly=True, copy=False)
    date_validated = fields.Datetime(readonly=True, copy=False)
    validated_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    plan_version = fields.Integer(readonly=True, copy=False, default=0)

    promised_kind = fields.Selection(
        [
            ("none", "No promise"),
            ("day", "That day"),
            ("morning", "Morning"),
            ("afternoon", "Afternoon"),
            ("exact", "At a time"),
            ("window", "Between two times"),
        ],
        string="Promise",
        default="none",
        required=True,
    )
    promised_date = fields.Date(string="Promised day", index="btree_not_null")
    promised_time = fields.Float(help="Local time of the site, for a promise at a time.")
    promised_start = fields.Datetime(
        string="Promised from",
        compute="_compute_promised_window",
        store=True,
        readonly=False,
        precompute=True,
        help="The visit must start between the two ends of the promised slot.",
    )
    promised_end = fields.Datetime(
        string="Promised until",
        compute="_compute_promised_window",
        store=True,
        readonly=False,
        precompute=True,
    )
    promised_tolerance = fields.Integer(
        default=lambda self: self.env.company.field_promise_tolerance,
        help="Minutes allowed around a promised time, as they were when it was promised.",
    )
    promised_label = fields.Char(compute="_compute_promised_label", string="Promised slot")

    planned_start = fields.Datetime(string="Planned start", copy=False, index="btree_not_null")
    planned_duration = fields.Float(
        string="Planned duration",
        compute="_compute_planned_duration",
        store=True,
        readonly=False,
        precompute=True,
        help="Hours on site.",
    )
    planned_end = fields.Datetime(
        string="Planned end",
        compute="_compute_planned_end",
        inverse="_inverse_planned_end",
        store=True,
    )
    planned_date = fields.Date(compute="_compute_planned_date", store=True, precompute=True)
    mission_date = fields.Date(
        string="Day",
        compute="_compute_planned_date",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="The planned day, else the promised one.",
    )
    is_locked = fields.Boolean(
        string="Fixed", copy=False, help="The optimiser leaves this slot and technician alone."
    )
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    is_near_today = fields.Boolean(compute="_compute_is_near_today", search="_search_is_near_today")
    is_mine = fields.Boolean(compute="_compute_is_mine", search="_search_is_mine")

    actual_start = fields.Datetime(
        string="Arrival", readonly=True, copy=False, help="As the technician's device told it."
    )
    actual_end = fields.Datetime(
        string="Completion", readonly=True, copy=False, help="As the technician's device told it."
    )
    actual_start_server = fields.Datetime(
        string="Arrival known on", readonly=True, copy=False, help="When the server learned it."
    )
    actual_end_server = fields.Datetime(
        string="Completion known on", readonly=True, copy=False, help="When the server learned it."
    )

    description = fields.Text(string="Work asked for")
    instructions = fields.Text(
        compute="_compute_instructions", store=True, readonly=False, precompute=True
    )
    conclusion = fields.Text(string="Technician's report", copy=False)
    reschedule_reason = fields.Char(readonly=True, copy=False)
    cancel_reason = fields.Char(readonly=True, copy=False)
    to_rebill = fields.Boolean(
        string="To rebill", copy=False, help="A charge outside the fixed price is due."
    )
    to_rebill_reason = fields.Char(string="Why it is rebilled", copy=False)
    source_row = fields.Char(readonly=True, copy=False, help="File, sheet and row it came from.")
    color = fields.Integer(related="service_type_id.color")

    check_ids = fields.One2many("field.mission.check", "mission_id", string="Checks")
    time_ids = fields.One2many("field.mission.time", "mission_id", string="Times")
    material_ids = fields.One2many("field.mission.material", "mission_id", string="Materials")
    incident_ids = fields.One2many("field.incident", "mission_id", string="Incidents")
    nonconformity_ids = fields.One2many(
        "field.nonconformity", "mission_id", string="Non-conformities"
    )
    photo_ids = fields.One2many("field.photo", "mission_id", string="Photos and files")
    signature_ids = fields.One2many("field.signature", "mission_id", string="Signatures")
    event_ids = fields.One2many("field.mission.event", "mission_id", string="Trace")
    site_access_ids = fields.One2many(related="site_id.site_access_ids", string="Site access")

    # Not `required`: a new form has no request yet, `create` makes it.
    _request_known = models.Constraint(
        "CHECK(request_id IS NOT NULL)", "A mission belongs to a request."
    )
    _planned_duration_positive = models.Constraint(
        "CHECK(planned_duration > 0)", "A mission takes more than zero hours."
    )
    _promise_ordered = models.Constraint(
        "CHECK(promised_end >= promised_start)", "The promised slot ends before it starts."
    )
    _technician_day_idx = models.Index("(technician_id, mission_date)")
    _tray_idx = models.Index("(company_id, mission_date) WHERE state IN ('draft', 'to_reschedule')")

    # ------------------------------------------------------------------ computed fields

    @api.depends(
        "request_id.partner_id",
        "request_id.payer_id",
        "request_id.contract_id",
        "request_id.priority",
    )
    def _compute_from_request(self):
        for mission in self:
            # A new form has no request yet: what the user typed goes into the one it will get.
            if request := mission.request_id:
                for name in REQUEST_FIELDS:
                    mission[name] = request[name]

    @api.depends("technician_id.field_team_id")
    def _compute_team_id(self):
        for mission in self:
            mission.team_id = mission.technician_id.field_team_id or mission.team_id

    @api.depends("technician_id.user_id", "helper_ids.user_id")
    def _compute_member_user_ids(self):
        # Group by value: a many2many assigned record by record asks the database each time.
        by_members = self.grouped(lambda m: (m.technician_id | m.helper_ids).user_id)
        for users, missions in by_members.items():
            missions.member_user_ids = users

    @api.depends("promised_kind", "promised_date", "promised_time", "site_id.tz")
    def _compute_promised_window(self):
        for mission in self:
            if mission.promised_kind == "window":
                continue
            mission.promised_start, mission.promised_end = slots.promised_window(
                mission.promised_kind,
                mission.promised_date,
                mission.promised_time,
                mission._get_tz(),
                mission.company_id._get_field_halves() if mission.company_id else {},
            )

    @api.depends("promised_kind", "promised_date", "promised_start", "promised_end")
    def _compute_promised_label(self):
        for mission in self:
            mission.promised_label = mission._format_promise()

    @api.depends("service_type_id")
    def _compute_planned_duration(self):
        for mission in self:
            mission.planned_duration = (
                mission.service_type_id.default_duration or mission.planned_duration or 1.0
            )

    @api.depends("service_type_id")
    def _compute_instructions(self):
        for mission in self:
            mission.instructions = mission.service_type_id.instructions or mission.instructions

    @api.depends("planned_start", "planned_duration")
    def _compute_planned_end(self):
        for mission in self:
            mission.planned_end = mission.planned_start and mission.planned_start + timedelta(
                minutes=round(mission.planned_duration * 60)
            )

    def _inverse_planned_end(self):
        for mission in self:
            if mission.planned_start and mission.planned_end:
                spent = mission.planned_end - mission.planned_start
                mission.planned_duration = spent.total_seconds() / 3600

    @api.depends("planned_start", "promised_date", "promised_start", "site_id.tz")
    def _compute_planned_date(self):
        for mission in self:
            tz = mission._get_tz()
            planned = mission.planned_start and slots.utc_to_local(mission.planned_start, tz).date()
            promised = mission.promised_date or (
                mission.promised_start and slots.utc_to_local(mission.promised_start, tz).date()
            )
            mission.planned_date = planned
            mission.mission_date = planned or promised

    @api.depends("state", "planned_end", "promised_end", "promised_kind", "promised_tolerance")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for mission in self:
            latest = mission._get_promise_windows()[mission.id or mission._origin.id][1]
            limit = latest or mission.planned_end
            mission.is_late = bool(mission.state in ("draft", "planned") and limit and limit < now)

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        late = Domain("state", "in", ["draft", "planned"]) & (
            Domain("promised_end", "<", now)
            | (Domain("promised_end", "=", False) & Domain("planned_end", "<", now))
        )
        return late if True in value else ~late

    @api.depends("mission_date")
    def _compute_is_near_today(self):
        today = fields.Date.context_today(self)
        for mission in self:
            day = mission.mission_date
            mission.is_near_today = bool(day and abs((day - today).days) <= 3)

    def _search_is_near_today(self, operator, value):
        """Three days each side, evaluated when searched: a rule's domain is cached for longer."""
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        near = Domain("mission_date", ">=", today - timedelta(days=3)) & Domain(
            "mission_date", "<=", today + timedelta(days=3)
        )
        return near if True in value else ~near

    @api.depends_context("uid")
    @api.depends("member_user_ids")
    def _compute_is_mine(self):
        for mission in self:
            mission.is_mine = self.env.user in mission.sudo().member_user_ids

    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine = Domain("member_user_ids", "in", self.env.user.ids)
        return mine if True in value else ~mine

    @api.depends("name", "site_id.name")
    def _compute_display_name(self):
        for mission in self:
            site = mission.site_id.sudo().name
            mission.display_name = f"{mission.name} · {site}" if site else mission.name

    def _compute_access_url(self):
        for mission in self:
            mission.access_url = f"/my/missions/{mission.id}"

    # ------------------------------------------------------------------ time

    def _get_tz(self):
        """Return the time zone in which one mission's day is counted: its site's."""
        self.ensure_one()
        site = self.site_id.sudo()
        return (
            site.tz or (self.company_id or self.env.company).partner_id.sudo().tz or "Europe/Paris"
        )

    def _get_promise_windows(self):
        """Return the window in which each visit must start, tolerance included.

        :return: ``{mission_id: (earliest, latest)}`` in naive UTC, ``(None, None)`` without promise
        """
        return {
            mission.id or mission._origin.id: slots.with_tolerance(
                mission.promised_kind,
                mission.promised_start or None,
                mission.promised_end or None,
                mission.promised_tolerance,
            )
            for mission in self
        }

    def _format_promise(self):
        """Return the promise of one mission as a person says it, in the site's time zone."""
        self.ensure_one()
        if self.promised_kind == "none" or not (self.promised_date or self.promised_start):
            return ""
        tz = self._get_tz()
        day = self.promised_date or slots.utc_to_local(self.promised_start, tz).date()
        shown = self.env["ir.qweb.field.date"].value_to_html(day, {})
        labels = dict(self._fields["promised_kind"]._description_selection(self.env))
        if self.promised_kind == "exact" and self.promised_start:
            return f"{shown} {slots.utc_to_local(self.promised_start, tz):%H:%M}"
        if self.promised_kind == "window" and self.promised_start and self.promised_end:
            first = slots.utc_to_local(self.promised_start, tz)
            last = slots.utc_to_local(self.promised_end, tz)
            return f"{shown} {first:%H:%M}–{last:%H:%M}"
        if self.promised_kind == "day":
            return shown
        return f"{shown} {labels[self.promised_kind].lower()}"

    # ------------------------------------------------------------------ create and write

    @api.model_create_multi
    def create(self, vals_list):
        """Create missions with their requests and a frozen copy of their checklists.

        A mission without ``request_id`` gets a request of its own, which takes its customer,
        payer, contract and priority. Everything is made in batches.

        :raises UserError: when a guarded field (state, publication…) is given
        """
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            self._refuse_guarded(vals)
            self._fill_promise(vals)
        self._fill_request(vals_list)
        self._number_new(vals_list)
        missions = super(
            FieldMission,
            self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True),
        ).create(vals_list)
        missions = missions.with_env(self.env)
        missions._copy_checklist()
        missions._trace("create", [{} for _mission in missions])
        return missions

    def write(self, vals):
        """Pass the request's own fields on to it, trace what a customer could dispute.

        :raises UserError: when a guarded field is written outside the state table
        """
        vals = dict(vals)
        self._refuse_guarded(vals)
        upward = {name: vals.pop(name) for name in REQUEST_FIELDS if name in vals}
        if upward:
            self._write_request(upward)
        if not vals:
            return True
        traced = TRACED_FIELDS.intersection(vals)
        if self.env.context.get(TRACE_LATER_KEY) is STATE_TOKEN:
            traced = frozenset()
        if traced:
            self._refuse_validated()
        before = self._snapshot(traced)
        result = super().write(vals)
        if traced:
            self._after_traced_write(before, traced)
        return result

    def _write_each(self, values):
        """Write other values on each mission, checked and traced in one batch.

        :param values: ``{mission_id: {field: value}}``, no field of the request and no guarded one
        """
        self.check_access("write")
        for vals in values.values():
            self._refuse_guarded(vals)
        traced = TRACED_FIELDS.intersection(name for vals in values.values() for name in vals)
        if traced:
            self._refuse_validated()
        before = self._snapshot(traced)
        for mission in self.with_context(**{TRACE_LATER_KEY: STATE_TOKEN}):
            if values.get(mission.id):
                mission.write(values[mission.id])
        if traced:
            self._after_traced_write(before, traced)

    def copy_data(self, default=None):
        """A copy is another visit for another request, to be planned again."""
        data = super().copy_data({**(default or {}), "request_id": False})
        for mission, vals in zip(self, data, strict=True):
            for name in REQUEST_FIELDS:
                vals.setdefault(
                    name, mission.request_id._fields[name].convert_to_write(mission[name], mission)
                )
        return data

    @api.ondelete(at_uninstall=False)
    def _unlink_except_worked_on(self):
        kept = self.filtered(lambda mission: mission.state not in ("draft", "cancelled"))
        if kept:
            raise UserError(
                self.env._(
                    "%s can't be deleted: it holds work or a plan. Cancel it instead.",
                    kept[0].display_name,
                )
            )

    @api.constrains("technician_id", "helper_ids")
    def _check_helpers(self):
        for mission in self:
            if mission.technician_id and mission.technician_id in mission.helper_ids:
                raise ValidationError(
                    self.env._(
                        "%(who)s is responsible for %(mission)s: they can't be its helper too.",
                        who=mission.technician_id.name,
                        mission=mission.display_name,
                    )
                )

    def _refuse_guarded(self, vals):
        """Let only the state table write what it guards."""
        if self.env.context.get(STATE_KEY) is STATE_TOKEN:
            return
        # A form sends the fields it shows back with their defaults on creation.
        harmless = ("draft", False, None, 0)
        forbidden = [
            name for name in GUARDED_FIELDS.intersection(vals) if vals[name] not in harmless
        ]
        if self and not forbidden:
            forbidden = list(GUARDED_FIELDS.intersection(vals))
        if forbidden:
            label = self._fields[sorted(forbidden)[0]]._description_string(self.env)
            raise UserError(
                self.env._(
                    "“%s” is changed by the buttons of the mission only, not directly.", label
                )
            )

    def _refuse_validated(self):
        if self.env.context.get(STATE_KEY) is STATE_TOKEN:
            return
        validated = self.filtered("validated")
        if validated:
            raise UserError(
                self.env._(
                    "%s is validated. A manager must withdraw the validation before it changes.",
                    validated[0].display_name,
                )
            )

    @api.model
    def _fill_promise(self, vals):
        """Complete a promise given by its instants with the day it falls on."""
        if vals.get("promised_start") and not vals.get("promised_date"):
            site = self.env["res.partner"].browse(vals.get("site_id") or [])
            tz = site._get_site_tz() if site else "Europe/Paris"
            start = fields.Datetime.to_datetime(vals["promised_start"])
            local = slots.utc_to_local(start, tz)
            vals["promised_date"] = local.date()
            if vals.get("promised_kind") == "exact":
                vals.setdefault("promised_time", local.hour + local.minute / 60)
                vals.setdefault("promised_end", start)

    def _fill_request(self, vals_list):
        """Create the missing requests in one batch, and take what follows from the given ones."""
        lone = [vals for vals in vals_list if not vals.get("request_id")]
        for vals in vals_list:
            if vals.get("request_id"):
                self._fill_from_request(vals)
        request_vals = []
        for vals in lone:
            own = {
                name: vals.pop(name) for name in (*REQUEST_FIELDS, *REQUEST_ONLY) if name in vals
            }
            # An empty box in a form means "find it": the request knows its defaults.
            own = {name: value for name, value in own.items() if value}
            for name in ("company_id", "site_id", "service_type_id", "description"):
                if vals.get(name):
                    own[name] = vals[name]
            request_vals.append(own)
        requests = self.env["field.request"].create(request_vals)
        for vals, request in zip(lone, requests, strict=True):
            vals["request_id"] = request.id

    def _fill_from_request(self, vals):
        request = self.env["field.request"].browse(vals["request_id"])
        for name in (*REQUEST_FIELDS, *REQUEST_ONLY):
            vals.pop(name, None)
        for name in ("company_id", "site_id", "service_type_id"):
            if not vals.get(name) and request[name]:
                vals[name] = request[name].id
        if not request.partner_id and vals.get("site_id"):
            site = self.env["res.partner"].browse(vals["site_id"])
            request.partner_id = site._get_site_customer()[site]

    def _write_request(self, vals):
        self.check_access("write")
        self._refuse_validated()
        self.request_id.write(vals)

    def _snapshot(self, names):
        """Return ``{mission_id: {field: value for the trace}}`` of the given fields."""
        return (
            {mission.id: {name: mission._trace_value(name) for name in names} for mission in self}
            if names
            else {}
        )

    def _trace_value(self, name):
        value = self[name]
        if isinstance(value, models.BaseModel):
            return sorted(value.ids)
        return fields.Datetime.to_string(value) if hasattr(value, "isoformat") else value

    def _after_traced_write(self, before, names):
        """Write one trace line a changed mission, and raise the version of changed plans."""
        changed, changes, replanned = self.browse(), [], self.browse()
        for mission in self:
            was = before[mission.id]
            now = {name: mission._trace_value(name) for name in names}
            difference = {name: [was[name], now[name]] for name in names if was[name] != now[name]}
            if difference:
                changed += mission
                changes.append(difference)
                if PLAN_FIELDS.intersection(difference):
                    replanned += mission
        changed._trace("change", changes)
        replanned._raise_plan_version()

    def _raise_plan_version(self):
        for version, missions in self.grouped("plan_version").items():
            missions.with_context(**{STATE_KEY: STATE_TOKEN}).write({"plan_version": version + 1})

    def _trace(self, kind, changes_list, **common):
        """Add one line a mission to the trace.

        :param kind: kind of ``field.mission.event``
        :param changes_list: list of dicts ``{field: [old, new]}``, one a mission, in order
        :param common: other values of the lines (reason, device_date…)
        """
        self.env["field.mission.event"].sudo().create(
            [
                {
                    "mission_id": mission.id,
                    "kind": kind,
                    "changes": changes or False,
                    "user_id": self.env.uid,
                    **common,
                }
                for mission, changes in zip(self, changes_list, strict=True)
            ]
        )

    def _copy_checklist(self):
        """Copy the published checklist of each mission's type into its checks."""
        items_of = {}
        for checklist in self.service_type_id.sudo().checklist_id:
            if checklist.state == "published":
                items_of[checklist] = checklist.item_ids._prepare_check_values()
        checks = [
            {"mission_id": mission.id, **values}
            for mission in self
            for values in items_of.get(mission.service_type_id.sudo().checklist_id, ())
        ]
        if checks:
            self.env["field.mission.check"].sudo().create(checks)
