from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import recurrence
from ..models.field_recurrence import RULE_FIELDS
from ..models.field_visit_due import MOVABLE, OPEN


class FieldVisitChange(models.TransientModel):
    """Another rule for this visit, for this and the next ones, or for all that are open."""

    _name = "field.visit.change"
    _description = "Change of the rule of visits"
    _inherit = ["field.visit.rule"]

    plan_id = fields.Many2one("field.visit.plan", required=True)
    due_id = fields.Many2one(
        "field.visit.due",
        string="Visit due",
        domain="[('plan_id', '=', plan_id), ('state', 'in', ('open', 'moved'))]",
    )
    scope = fields.Selection(
        [
            ("this", "This visit only"),
            ("next", "This one and the next ones"),
            ("all", "All open ones"),
        ],
        default="next",
        required=True,
    )
    date_from = fields.Date(string="From", compute="_compute_date_from", store=True, readonly=False)
    new_date = fields.Date()
    reason = fields.Char(help="The customer reads it in the certificate.")
    changes = fields.Json(compute="_compute_changes")
    change_text = fields.Text(compute="_compute_changes", string="What it does")

    @api.model
    def default_get(self, fields_list):
        """Start from the rule in force."""
        values = super().default_get(fields_list)
        due = self.env["field.visit.due"].browse(values.get("due_id"))
        plan = self.env["field.visit.plan"].browse(values.get("plan_id")) or due.plan_id
        if plan:
            values["plan_id"] = plan.id
            for name in RULE_FIELDS:
                values[name] = plan[name]
        if due and "default_scope" not in self.env.context:
            values["scope"] = "this"
        return values

    @api.depends("due_id", "scope", "plan_id")
    def _compute_date_from(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            day = wizard.date_from or today
            if wizard.due_id:
                day = wizard.due_id.due_date
            if wizard.scope == "all":
                dues = wizard.plan_id.due_ids.filtered(lambda due: due.state in OPEN)
                day = min(dues.mapped("due_date"), default=today)
            wizard.date_from = day

    def _get_rule_days(self):
        self.ensure_one()
        _start, end = self.plan_id._get_rule_days()
        return self.date_from or fields.Date.context_today(self), end

    def _get_rule_site(self):
        return self.plan_id._get_rule_site()

    def _get_rule_company(self):
        return self.plan_id._get_rule_company()

    @api.depends("plan_id", "date_from", "scope")
    @api.depends_context("lang")
    def _compute_preview(self):
        return super()._compute_preview()

    @api.depends(*RULE_FIELDS, "date_from", "plan_id", "scope")
    def _compute_changes(self):
        for wizard in self:
            if wizard.scope == "this" or not wizard.plan_id or not wizard.date_from:
                wizard.changes, wizard.change_text = False, False
                continue
            change = wizard._plan_change()
            wizard.changes = {
                "moved": [
                    {"from": due.due_date.isoformat(), "to": one.day.isoformat()}
                    for due, one in change["moved"]
                ],
                "cancelled": [due.due_date.isoformat() for due in change["cancelled"]],
                "kept": change["kept"].mapped("display_name"),
                "same": len(change["same"]),
            }
            wizard.change_text = wizard._format_change(change)

    def _format_change(self, change):
        lines = []
        for due, one in change["moved"][:30]:
            lines.append(
                self.env._(
                    "%(site)s: %(old)s → %(new)s",
                    site=due.site_id.name,
                    old=due._format_day(due.due_date),
                    new=due._format_day(one.day),
                )
            )
        for due in change["cancelled"][:30]:
            lines.append(
                self.env._(
                    "%(site)s: %(old)s cancelled and waived",
                    site=due.site_id.name,
                    old=due._format_day(due.due_date),
                )
            )
        if change["same"]:
            lines.append(self.env._("%s visits keep their date", len(change["same"])))
        for due in change["kept"]:
            lines.append(self.env._("Kept, published or started: %s", due.display_name))
        return "\n".join(lines) or self.env._("No visit written yet is concerned.")

    # ------------------------------------------------------------------ what becomes of visits

    def _plan_change(self):
        """Return what the new rule does to the visits written already.

        Visits on a day that the new rule also names stay. The others take the new days in order;
        those left over are cancelled. Published or started ones are kept as they are.

        :return: dict ``kept``, ``same`` and ``cancelled`` (obligations), ``moved``
            (list of obligation, occurrence)
        """
        self.ensure_one()
        plan = self.plan_id._origin or self.plan_id
        dues = plan.due_ids.filtered(
            lambda due: due.state in OPEN and due.due_date >= self.date_from
        ).sorted("due_date")
        kept = dues.filtered(
            lambda due: (
                due.mission_id
                and not due.is_orphan
                and (due.mission_id.published or due.mission_id.state not in MOVABLE)
            )
        )
        none = dues.browse()
        change = {"kept": kept, "same": none, "cancelled": none, "moved": []}
        rows = self._list_new_days(plan, dues)
        taken = plan._get_known_keys(plan, self.date_from) if plan.id else set()
        for site, group in (dues - kept).grouped("site_id").items():
            days = {one.key: one for one in rows.get(site.id, ()) if one.day}
            same = group.filtered(
                lambda due, days=days: (
                    due.occurrence_key in days and days[due.occurrence_key].day == due.due_date
                )
            )
            change["same"] |= same
            free = [one for key, one in days.items() if (plan.id, site.id, key) not in taken]
            left = group - same
            change["moved"] += list(zip(left, free, strict=False))
            change["cancelled"] |= left[len(free) :]
        return change

    def _list_new_days(self, plan, dues):
        """Return the visits of the new rule up to the plan's horizon: ``{site_id: occurrences}``."""
        today = fields.Date.context_today(self)
        last = max([today + timedelta(days=plan._get_horizon()), *dues.mapped("due_date")])
        closings = self.env["field.holiday"]._get_closings(
            plan.site_ids,
            self.date_from - timedelta(days=90),
            last + timedelta(days=90),
            plan.company_id,
        )
        if self.mode == "date":
            return {
                site.id: recurrence.occurrences(
                    self._get_rule(), self.date_from, last, closings[site.id]
                )
                for site in plan.site_ids
            }
        # Counted from the previous visit: only one lies ahead.
        rule = self._get_rule()
        found = {}
        for site in plan.site_ids:
            over = plan.due_ids.filtered(
                lambda due, site=site: due.site_id == site and due._is_over()
            ).sorted("due_date")[-1:]
            day = (
                recurrence.after_completion(rule, over.date_done or over._get_day())
                if over
                else (rule.start)
            )
            found[site.id] = [recurrence.resolve(rule, day, closings[site.id])] if day else []
        return found

    def action_confirm(self):
        """Move the one visit, or put the new rule into force.

        :raises UserError: nothing chosen, no reason, or a plan that is not in force
        """
        self.ensure_one()
        self.plan_id._check_planner()
        if self.scope == "this":
            if not self.due_id:
                raise UserError(self.env._("Choose the visit that moves."))
            self.due_id.action_move(self.new_date, self.reason)
        else:
            self._apply()
        return {"type": "ir.actions.act_window_close"}

    def _apply(self):
        plan = self.plan_id
        plan.check_access("write")
        if plan.state not in ("active", "suspended"):
            raise UserError(self.env._("%s is not in force.", plan.display_name))
        reason = self.env["field.visit.due"]._clean(self.reason)
        change = self._plan_change()
        before = plan.rule_text
        plan._settle({**{name: self[name] for name in RULE_FIELDS}, "rule_start": self.date_from})
        self._move(change["moved"])
        if change["cancelled"]:
            change["cancelled"].action_waive(reason)
        if plan.state == "active":
            plan._restart(self.date_from)
            plan._trigger_generation()
        plan.message_post(
            body=self.env._(
                "Rule changed from %(day)s on: “%(before)s” becomes “%(after)s”. %(reason)s"
                " %(moved)s visits moved, %(cancelled)s waived, kept: %(kept)s.",
                day=change["kept"]._format_day(self.date_from),
                before=before,
                after=plan.rule_text,
                reason=reason,
                moved=len(change["moved"]),
                cancelled=len(change["cancelled"]),
                kept=", ".join(change["kept"].mapped("display_name")) or 0,
            )
        )

    def _move(self, pairs):
        """Give obligations the days of the new rule; their missions follow."""
        plan, days = self.plan_id, {}
        dues = self.env["field.visit.due"]
        for due, one in pairs:
            opens, closes = recurrence.window(
                one.day, plan.tolerance_days, plan.date_start, plan._get_rule_days()[1] or None
            )
            days[due.id] = one.day
            dues |= due
            # The register is written by guarded steps only.
            due.sudo().write(
                {
                    "occurrence_key": one.key,
                    "nominal_date": one.nominal,
                    "former_date": due.former_date or due.due_date,
                    "due_date": one.day,
                    "window_start": opens,
                    "window_end": closes,
                    "shift_reason": plan._explain(one) or False,
                }
            )
        orphans = dues.filtered("is_orphan")
        (dues - orphans)._move_missions(days)
        orphans._make_missions()
