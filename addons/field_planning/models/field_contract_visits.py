from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .field_visit_due import OPEN

# Set once the visits still owed were settled; can't be sent over RPC.
SETTLED_KEY = "field_visits_settled"
SETTLED = object()


class FieldContract(models.Model):
    """What a contract owes, and what remains of it when it ends."""

    _inherit = "field.contract"

    visit_plan_ids = fields.One2many(
        "field.visit.plan",
        "contract_id",
        string="Visit plans",
        groups="field_mission.group_field_planner",
    )
    visit_due_count = fields.Integer(compute="_compute_visit_counts", string="Obligations")
    visit_orphan_count = fields.Integer(compute="_compute_visit_counts", string="To decide")
    visit_beyond_count = fields.Integer(
        compute="_compute_visit_counts", string="Visits after the end"
    )

    def _compute_visit_counts(self):
        dues = self.env["field.visit.due"]
        domain = Domain("contract_id", "in", self.ids)
        if not dues.has_access("read"):
            self.update({"visit_due_count": 0, "visit_orphan_count": 0, "visit_beyond_count": 0})
            return
        figures = {
            name: dict(dues._read_group(domain & extra, ["contract_id"], ["__count"]))
            for name, extra in (
                ("visit_due_count", Domain.TRUE),
                ("visit_orphan_count", Domain("is_orphan", "=", True)),
                ("visit_beyond_count", Domain("is_beyond_end", "=", True)),
            )
        }
        for contract in self:
            for name, counts in figures.items():
                contract[name] = counts.get(contract, 0)

    def write(self, vals):
        """Look for visits again when an amendment changes how long contracts run.

        :raises UserError: when contracts with open obligations are archived
        """
        if vals.get("active") is False:
            self._refuse_open_visits()
        result = super().write(vals)
        if {"date_end", "date_start"} & set(vals):
            # A contract's manager may amend it without writing its plans one by one.
            plans = self.sudo().visit_plan_ids.filtered(lambda plan: plan.state == "active")
            plans._restart()
            if plans:
                plans._trigger_generation()
        return result

    def _refuse_open_visits(self):
        dues = self._get_open_visits()
        if dues:
            raise UserError(
                self.env._(
                    "%(contract)s still owes %(count)s visits, from %(first)s on: close it first,"
                    " which asks what becomes of them.",
                    contract=dues[0].contract_id.display_name,
                    count=len(dues),
                    first=dues[0].display_name,
                )
            )

    def _get_open_visits(self):
        """Return the obligations of these contracts that have not ended."""
        # Whoever closes a contract must know, planner or not.
        return (
            self.env["field.visit.due"]
            .sudo()
            .search([("contract_id", "in", self.ids), ("state", "in", OPEN)])
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_owing(self):
        self._refuse_open_visits()

    def action_close(self):
        """End contracts; with obligations still open, ask first what becomes of them."""
        self.check_access("write")
        settled = self.env.context.get(SETTLED_KEY) is SETTLED
        if not settled and self._get_open_visits():
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Close and settle the visits still owed"),
                "res_model": "field.visit.stop",
                "view_mode": "form",
                "target": "new",
                "context": {
                    "default_kind": "close",
                    "default_contract_ids": self.ids,
                    "default_plan_ids": self.visit_plan_ids.ids,
                },
            }
        # Who closes the contract ends its plans with it.
        plans = self.sudo().visit_plan_ids.filtered(lambda plan: plan.state != "ended")
        plans._settle({"state": "ended", "next_date": False})
        return super().action_close()

    def _close_settled(self):
        """Close contracts whose open visits were decided on."""
        return self.with_context(**{SETTLED_KEY: SETTLED}).action_close()

    def action_settle_beyond(self):
        """Ask what becomes of the visits due after the end of these contracts."""
        self.check_access("read")
        ends = [contract.date_end for contract in self if contract.date_end]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Visits after the end of the contract"),
            "res_model": "field.visit.stop",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_kind": "beyond",
                "default_contract_ids": self.ids,
                "default_plan_ids": self.visit_plan_ids.ids,
                "default_date_from": min(ends).isoformat() if ends else False,
            },
        }

    def action_new_visit_plans(self):
        """Open the window that gives several contracts a visit plan in one go."""
        self.env["field.visit.plan"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New visit plan"),
            "res_model": "field.visit.series",
            "view_mode": "form",
            "target": "new",
            "context": {"default_contract_ids": self.ids},
        }

    def action_view_visit_due(self):
        """Open the register of obligations of these contracts."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_visit_due_action"
        )
        action["domain"] = [("contract_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_visit_certificate(self):
        """Open the choice of the period of a certificate of visits."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Certificate of visits"),
            "res_model": "field.visit.certificate",
            "view_mode": "form",
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    # ------------------------------------------------------------------ what the customer sees

    @api.model
    def _search_visit_portal(self, domain=None):
        """Return the contracts whose register the current user may read in the portal (sudo)."""
        commercial = self.env.user.partner_id.commercial_partner_id
        own = Domain("partner_id", "child_of", commercial.id) & Domain("state", "!=", "draft")
        # Customers have no right on contracts: the domain is the check.
        return self.sudo().search(own & Domain(domain or Domain.TRUE), order="date_start desc, id")

    def _get_certificate(self, date_from, date_to):
        """Return what the certificate of one contract says about a period.

        :param date_from: first due day
        :param date_to: last due day, included
        :return: dict ``dues`` (in order), ``figures`` and ``sites`` (dues per site)
        """
        self.ensure_one()
        domain = [
            ("contract_id", "=", self.id),
            ("due_date", ">=", date_from),
            ("due_date", "<=", date_to),
        ]
        dues = self.env["field.visit.due"].search(domain, order="site_id, due_date, id")
        return {
            "dues": dues,
            "figures": dues.get_figures(domain),
            "sites": dues.grouped("site_id"),
            "date_from": date_from,
            "date_to": date_to,
        }
