from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.field_visit_due import MOVABLE, OPEN


class FieldVisitStop(models.TransientModel):
    """Suspend or end plans, close contracts: what becomes of the visits still owed."""

    _name = "field.visit.stop"
    _description = "End of visits"

    kind = fields.Selection(
        [
            ("suspend", "Suspend the plans"),
            ("end", "End the plans"),
            ("close", "Close the contracts"),
            ("beyond", "Settle the visits after the end of the contracts"),
        ],
        required=True,
        default="end",
    )
    plan_ids = fields.Many2many("field.visit.plan", string="Visit plans")
    contract_ids = fields.Many2many("field.contract", string="Contracts")
    date_from = fields.Date(
        string="From",
        required=True,
        default=fields.Date.context_today,
        help="Visits due from this day on are waived; earlier ones stay owed.",
    )
    include_late = fields.Boolean(
        string="Also the late ones", help="Waive visits that were due before, too."
    )
    reason = fields.Char(help="The customer reads it in the certificate.")
    waived_ids = fields.Many2many(
        "field.visit.due", compute="_compute_dues", string="Waived, their missions cancelled"
    )
    kept_ids = fields.Many2many(
        "field.visit.due",
        compute="_compute_dues",
        string="Kept as they are",
        help="Published or started: decide on each of them.",
    )

    @api.depends("plan_ids", "contract_ids", "date_from", "kind", "include_late")
    def _compute_dues(self):
        for wizard in self:
            dues = wizard._get_dues()
            kept = dues.filtered(
                lambda due: (
                    due.mission_id
                    and not due.is_orphan
                    and (due.mission_id.published or due.mission_id.state not in MOVABLE)
                )
            )
            wizard.kept_ids = kept
            wizard.waived_ids = dues - kept

    def _get_dues(self):
        domain = [("state", "in", OPEN)]
        if self.kind in ("close", "beyond"):
            domain.append(("contract_id", "in", self.contract_ids.ids))
        else:
            domain.append(("plan_id", "in", self.plan_ids.ids))
        if self.kind == "beyond":
            domain.append(("is_beyond_end", "=", True))
        elif not self.include_late and self.date_from:
            domain.append(("due_date", ">=", self.date_from))
        return self.env["field.visit.due"].search(domain)

    def action_confirm(self):
        """Waive what is to be waived, then stop the plans or close the contracts.

        :raises UserError: no reason, or a contract to close with visits that stay owed
        """
        self.ensure_one()
        dues, kept = self.waived_ids, self.kept_ids
        if self.kind == "close":
            owed = self.contract_ids._get_open_visits() - dues.sudo()
            if owed:
                raise UserError(
                    self.env._(
                        "These visits stay owed, decide on them first:\n%s",
                        "\n".join(owed[:20].mapped("display_name")),
                    )
                )
        plans = self.plan_ids
        plans._check_planner()
        if self.kind in ("suspend", "end"):
            plans._stop(self.kind, self.date_from)
        if dues:
            dues.action_waive(self.reason)
        for plan in plans | dues.plan_id:
            plan._log_stop(self, dues.filtered(lambda due, plan=plan: due.plan_id == plan), kept)
        if self.kind == "close":
            self.contract_ids._close_settled()
        return {"type": "ir.actions.act_window_close"}


class FieldVisitPlan(models.Model):
    _inherit = "field.visit.plan"

    def _stop(self, kind, day):
        """Suspend plans, or let them end the day before ``day``."""
        self.check_access("write")
        for plan in self:
            if plan.state not in ("active", "suspended"):
                raise UserError(self.env._("%s is not in force.", plan.display_name))
        if kind == "suspend":
            self._settle({"state": "suspended", "next_date": False})
            return
        for plan in self:
            last = max(day - timedelta(days=1), plan.date_start)
            plan._settle({"date_end": min(filter(None, (last, plan.date_end)))})
        self._settle({"state": "ended", "next_date": False})

    def _log_stop(self, wizard, waived, kept):
        label = dict(wizard._fields["kind"]._description_selection(self.env))[wizard.kind]
        mine = kept.filtered(lambda due: due.plan_id == self)
        self.message_post(
            body=self.env._(
                "%(what)s: %(waived)s visits waived, %(kept)s kept. %(reason)s",
                what=label,
                waived=len(waived),
                kept=", ".join(mine.mapped("display_name")) or 0,
                reason=wizard.reason or "",
            )
        )
