from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..core import recurrence
from .field_recurrence import RULE_FIELDS

# What a customer could dispute once visits have been promised by it: changed by the wizard only.
SETTLED_FIELDS = frozenset((*RULE_FIELDS, "contract_id", "date_start", "rule_start"))
RULE_KEY = "field_visit_rule_change"
RULE_TOKEN = object()


class FieldVisitPlan(models.Model):
    """What a contract owes: visits of one kind to some sites, by a rule."""

    _name = "field.visit.plan"
    _description = "Visit plan"
    _inherit = ["field.visit.rule", "mail.thread", "mail.activity.mixin"]
    _order = "contract_id, sequence, id"
    _check_company_auto = True
    _rec_names_search = ["name", "contract_id.name"]

    name = fields.Char(compute="_compute_name", store=True, readonly=False, precompute=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    contract_id = fields.Many2one(
        "field.contract",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        related="contract_id.partner_id", store=True, index=True, string="Customer"
    )
    site_ids = fields.Many2many(
        "res.partner",
        string="Sites",
        compute="_compute_site_ids",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('is_field_site', '=', True)]",
        help="Each of them is visited at each date.",
    )
    site_count = fields.Integer(compute="_compute_site_count")
    service_type_id = fields.Many2one(
        "field.service.type", required=True, check_company=True, tracking=True
    )
    state = fields.Selection(
        [
            ("draft", "To confirm"),
            ("active", "In force"),
            ("suspended", "Suspended"),
            ("ended", "Ended"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    date_start = fields.Date(
        string="First day",
        compute="_compute_date_start",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="No visit is due before.",
    )
    rule_start = fields.Date(
        string="Rhythm counted from",
        compute="_compute_rule_start",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
    )
    date_end = fields.Date(
        string="Last day", tracking=True, help="Empty: as long as the contract runs."
    )
    duration = fields.Float(
        compute="_compute_duration",
        store=True,
        readonly=False,
        precompute=True,
        help="Hours on site.",
    )
    promised_kind = fields.Selection(
        [
            ("none", "No promise"),
            ("day", "That day"),
            ("morning", "Morning"),
            ("afternoon", "Afternoon"),
            ("exact", "At a time"),
        ],
        string="Promise",
        default="none",
        required=True,
        help="What the customer is promised for each visit, on top of the tolerance.",
    )
    promised_time = fields.Float(string="Preferred time", help="Local time of the site.")
    technician_id = fields.Many2one(
        "hr.employee",
        string="Preferred technician",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
    )
    team_id = fields.Many2one("field.team", string="Preferred team", check_company=True)
    horizon_days = fields.Integer(
        string="Written ahead",
        help="Days ahead for which missions are made. 0: as the company does.",
    )
    instructions = fields.Text(help="Goes with each of its missions as the work asked for.")
    user_id = fields.Many2one(
        "res.users",
        string="Followed by",
        default=lambda self: self.env.user,
        help="Is asked what becomes of a visit whose mission was cancelled.",
    )
    next_date = fields.Date(
        string="Next to write",
        readonly=True,
        copy=False,
        help="Visits before this day have their missions.",
    )
    date_generate = fields.Date(
        compute="_compute_date_generate",
        store=True,
        index="btree_not_null",
        string="Next generation",
    )
    due_ids = fields.One2many("field.visit.due", "plan_id", string="Obligations")
    due_count = fields.Integer(compute="_compute_due_count")
    open_count = fields.Integer(compute="_compute_due_count", string="To do")
    orphan_count = fields.Integer(compute="_compute_due_count", string="To decide")

    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "A visit takes more than zero hours."
    )
    _dates_ordered = models.Constraint(
        "CHECK(date_end >= date_start)", "The plan ends before it starts."
    )
    _horizon_sane = models.Constraint(
        "CHECK(horizon_days BETWEEN 0 AND 1100)", "Visits are written 0 to 1100 days ahead."
    )

    # ------------------------------------------------------------------ computed fields

    @api.depends("service_type_id", "contract_id")
    def _compute_name(self):
        for plan in self:
            if not plan.name and plan.service_type_id:
                plan.name = plan.service_type_id.name

    @api.depends("contract_id")
    def _compute_site_ids(self):
        for plan in self:
            # Sites of a contract that says "every site" are chosen by hand: new ones join a plan
            # only when somebody decides it.
            plan.site_ids = plan.site_ids or plan.contract_id.site_ids

    @api.depends("site_ids")
    def _compute_site_count(self):
        for plan in self:
            plan.site_count = len(plan.site_ids)

    @api.depends("contract_id.date_start")
    def _compute_date_start(self):
        today = fields.Date.context_today(self)
        for plan in self:
            if not plan.date_start:
                plan.date_start = max(plan.contract_id.date_start or today, today)

    @api.depends("date_start")
    def _compute_rule_start(self):
        for plan in self:
            if plan.state == "draft" or not plan.rule_start:
                plan.rule_start = plan.date_start

    @api.depends("service_type_id")
    def _compute_duration(self):
        for plan in self:
            plan.duration = plan.service_type_id.default_duration or plan.duration or 1.0

    @api.depends("next_date", "horizon_days", "company_id.field_visit_horizon", "state")
    def _compute_date_generate(self):
        for plan in self:
            plan.date_generate = (
                plan.next_date - timedelta(days=plan._get_horizon())
                if plan.next_date and plan.state == "active"
                else False
            )

    def _compute_due_count(self):
        dues = self.env["field.visit.due"]
        groups = dues._read_group([("plan_id", "in", self.ids)], ["plan_id", "state"], ["__count"])
        orphans = dict(
            dues._read_group(
                [("plan_id", "in", self.ids), ("is_orphan", "=", True)], ["plan_id"], ["__count"]
            )
        )
        for plan in self:
            plan.due_count = sum(count for owner, _state, count in groups if owner == plan)
            plan.open_count = sum(
                count
                for owner, state, count in groups
                if owner == plan and state in ("open", "moved")
            )
            plan.orphan_count = orphans.get(plan, 0)

    @api.depends("name", "contract_id.name")
    def _compute_display_name(self):
        for plan in self:
            plan.display_name = " · ".join(
                word for word in (plan.contract_id.sudo().name, plan.name) if word
            )

    @api.depends("site_ids", "contract_id.date_end", "rule_start", "date_end", "state")
    @api.depends_context("lang")
    def _compute_preview(self):
        return super()._compute_preview()

    @api.constrains("site_ids", "state")
    def _check_sites(self):
        for plan in self:
            if plan.state == "active" and not plan.site_ids:
                raise ValidationError(
                    self.env._("%s visits no site: choose one.", plan.display_name)
                )

    @api.constrains("promised_time")
    def _check_promised_time(self):
        for plan in self:
            if not 0 <= plan.promised_time < 24:
                raise ValidationError(self.env._("A time of the day goes from 0:00 to 23:59."))

    # ------------------------------------------------------------------ the rule's hooks

    def _get_rule_days(self):
        """The rule runs from its start to the end of the plan or of the contract."""
        self.ensure_one()
        ends = [day for day in (self.date_end, self.contract_id.sudo().date_end) if day]
        return self.rule_start or self.date_start, min(ends, default=False)

    def _get_rule_site(self):
        self.ensure_one()
        return self.site_ids[:1]._origin

    def _get_rule_company(self):
        self.ensure_one()
        return self.company_id or self.env.company

    def _is_new_rule(self):
        return self.state in ("draft", False)

    def _get_horizon(self):
        """Return how many days ahead the missions of one plan are made."""
        self.ensure_one()
        return self.horizon_days or self.company_id.field_visit_horizon

    # ------------------------------------------------------------------ create and write

    @api.model_create_multi
    def create(self, vals_list):
        """Create plans to confirm; nothing is due before :meth:`action_confirm`."""
        for vals in vals_list:
            self._refuse_guarded(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse what was settled with the customer, except through the change of rule.

        :raises UserError: a rule in force, or a state, written directly
        """
        self._refuse_guarded(vals)
        result = super().write(vals)
        if {"site_ids", "date_end"} & set(vals):
            self.filtered(lambda plan: plan.state == "active")._restart()
        return result

    def _refuse_guarded(self, vals):
        if self.env.context.get(RULE_KEY) is RULE_TOKEN:
            return
        if vals.get("state", "draft") != "draft" or (self and "state" in vals):
            raise UserError(self.env._("The state of a visit plan is changed by its buttons only."))
        if vals.get("next_date"):
            raise UserError(self.env._("The generation keeps this date itself."))
        settled = self.filtered(lambda plan: plan.state not in ("draft", False))
        if settled and SETTLED_FIELDS.intersection(vals):
            raise UserError(
                self.env._(
                    "%s is in force: use “Change the rule”, which says what becomes of its visits.",
                    settled[0].display_name,
                )
            )

    def _settle(self, vals):
        """Write what only the buttons may write."""
        return self.with_context(**{RULE_KEY: RULE_TOKEN}).write(vals)

    def copy_data(self, default=None):
        """A copy starts today, to be confirmed."""
        default = {"date_start": fields.Date.context_today(self), **(default or {})}
        return super().copy_data(default)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_owed(self):
        for plan in self:
            if plan.sudo().due_ids:
                raise UserError(
                    self.env._(
                        "%s has obligations in the register: end it instead.", plan.display_name
                    )
                )

    def _check_planner(self):
        """Refuse whoever is no planner."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners decide on visit plans."))

    # ------------------------------------------------------------------ buttons

    def action_confirm(self):
        """Put plans into force: their visits become due, and missions are made ahead.

        :raises UserError: no site, or a contract that is not in force
        """
        self._check_planner()
        self.check_access("write")
        for plan in self:
            if plan.state != "draft":
                raise UserError(self.env._("%s is confirmed already.", plan.display_name))
            if not plan.site_ids:
                raise UserError(self.env._("%s visits no site: choose one.", plan.display_name))
            if plan.contract_id.sudo().state != "active":
                raise UserError(
                    self.env._(
                        "The contract %s is not in force: activate it first.",
                        plan.contract_id.display_name,
                    )
                )
        self._settle({"state": "active"})
        self._restart()
        self._trigger_generation()
        return True

    def action_resume(self):
        """Take suspended plans up again, from today on.

        :raises UserError: a plan that is not suspended
        """
        self._check_planner()
        self.check_access("write")
        for plan in self:
            if plan.state != "suspended":
                raise UserError(self.env._("%s is not suspended.", plan.display_name))
        self._settle({"state": "active"})
        self._restart(fields.Date.context_today(self))
        self._trigger_generation()
        return True

    def action_generate(self):
        """Write the missions of the horizon now, batch by batch.

        :return: a notification that says how many
        """
        self._check_planner()
        count = sum(self._generate_batches())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s missions made.", count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_change_rule(self):
        """Open the change of rule of one plan in force."""
        self.ensure_one()
        self._check_planner()
        return self._open_wizard("field.visit.change", self.env._("Change the rule"))

    def action_suspend(self):
        """Ask from when plans rest, and what becomes of the visits already written."""
        self._check_planner()
        return self._open_wizard("field.visit.stop", self.env._("Suspend"), default_kind="suspend")

    def action_end(self):
        """Ask from when plans end, and what becomes of the visits already written."""
        self._check_planner()
        return self._open_wizard(
            "field.visit.stop", self.env._("End of visits"), default_kind="end"
        )

    def _open_wizard(self, model, name, **context):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_plan_ids": self.ids, "default_plan_id": self[:1].id, **context},
        }

    def action_view_due(self):
        """Open the register of these plans."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_visit_due_action"
        )
        action["domain"] = [("plan_id", "in", self.ids)]
        action["context"] = {}
        return action

    # ------------------------------------------------------------------ forecast

    @api.model
    def _get_forecast(self, date_from, date_to, company=None, domain=None):
        """Return the visits to come that have no mission yet, by pure recurrence.

        Only those of plans and contracts in force; nothing is written.

        :param date_from: first day
        :param date_to: last day, included
        :param company: default: the current one
        :param domain: further conditions on plans
        :return: list of dicts ``plan_id``, ``contract_id``, ``site_id``, ``service_type_id``,
            ``technician_id``, ``team_id``, ``date``, ``hours``; ids or False
        """
        company = company or self.env.company
        plans = self.search(
            [
                ("state", "=", "active"),
                ("contract_id.state", "=", "active"),
                ("company_id", "=", company.id),
                *(domain or ()),
            ]
        )
        sites = plans.site_ids
        closings = self.env["field.holiday"]._get_closings(
            sites, date_from - timedelta(days=90), date_to + timedelta(days=90), company
        )
        last_done = plans.filtered(lambda plan: plan.mode == "completion")._get_last_dues()
        rows = []
        for plan in plans:
            shared = {}
            for site in plan.site_ids:
                place = closings[site.id]
                key = id(place) if plan.mode == "date" else site.id
                if key not in shared:
                    shared[key] = plan._forecast_days(
                        site, place, date_from, date_to, last_done.get((plan.id, site.id))
                    )
                rows += [plan._prepare_forecast(site, day) for day in shared[key]]
        return rows

    def _forecast_days(self, site, closings, date_from, date_to, last_due):
        rule = self._get_rule()
        if self.mode == "date":
            first = self.next_date
            return [
                one.day
                for one in recurrence.due_between(rule, date_from, date_to, closings)
                if first and one.nominal >= first
            ]
        if not last_due:
            found = self._list_occurrences(rule.start, date_to, closings)
        else:
            done = last_due.date_done or last_due.moved_date or last_due.due_date
            done = max(done, fields.Date.context_today(self)) if not last_due._is_over() else done
            found = recurrence.chain(rule, done, date_to, closings)
        return [one.day for one in found if one.day and date_from <= one.day <= date_to]

    def _prepare_forecast(self, site, day):
        return {
            "plan_id": self.id,
            "contract_id": self.contract_id.id,
            "site_id": site.id,
            "service_type_id": self.service_type_id.id,
            "technician_id": self.technician_id.id,
            "team_id": self.team_id.id,
            "date": day,
            "hours": self.duration,
        }
