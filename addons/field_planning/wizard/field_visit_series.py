from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.field_recurrence import RULE_FIELDS


class FieldVisitSeries(models.TransientModel):
    """One rule for several contracts in one go."""

    _name = "field.visit.series"
    _description = "Visit plans for several contracts"
    _inherit = ["field.visit.rule"]

    contract_ids = fields.Many2many(
        "field.contract", string="Contracts", required=True, domain="[('state', '=', 'active')]"
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    service_type_id = fields.Many2one("field.service.type", required=True)
    duration = fields.Float(
        compute="_compute_duration", store=True, readonly=False, help="Hours on site."
    )
    date_start = fields.Date(string="First day", required=True, default=fields.Date.context_today)
    promised_kind = fields.Selection(
        selection=lambda self: (
            self.env["field.visit.plan"]._fields["promised_kind"]._description_selection(self.env)
        ),
        string="Promise",
        default="none",
        required=True,
    )
    promised_time = fields.Float(string="Preferred time")
    technician_id = fields.Many2one(
        "hr.employee",
        string="Preferred technician",
        domain="[('is_field_technician', '=', True)]",
    )
    team_id = fields.Many2one("field.team", string="Preferred team")
    confirm = fields.Boolean(
        string="Put into force at once", default=True, help="Else the plans wait for confirmation."
    )

    @api.depends("service_type_id")
    def _compute_duration(self):
        for wizard in self:
            wizard.duration = wizard.service_type_id.default_duration or wizard.duration or 1.0

    def _get_rule_days(self):
        self.ensure_one()
        ends = [day for day in self.contract_ids.mapped("date_end") if day]
        return self.date_start, max(ends) if ends and len(ends) == len(self.contract_ids) else False

    def _get_rule_site(self):
        return self._get_sites(self.contract_ids[:1])[:1]._origin

    @api.depends("contract_ids", "date_start")
    @api.depends_context("lang")
    def _compute_preview(self):
        return super()._compute_preview()

    def _get_sites(self, contract):
        """Return the sites that a contract covers: those it names, else all of its customer."""
        if not contract or contract.site_ids:
            return contract.site_ids
        customer = contract.partner_id
        return self.env["res.partner"].search(
            [
                ("is_field_site", "=", True),
                "|",
                ("site_customer_id", "=", customer.id),
                ("commercial_partner_id", "=", customer.commercial_partner_id.id),
            ]
        )

    def action_confirm(self):
        """Make one plan a contract, and put them into force where that was asked.

        :raises UserError: a contract without any site
        """
        self.ensure_one()
        plans = self.env["field.visit.plan"]
        plans.check_access("create")
        values = []
        for contract in self.contract_ids:
            sites = self._get_sites(contract)
            if not sites:
                raise UserError(
                    self.env._(
                        "%s has no site to visit: name its sites first.", contract.display_name
                    )
                )
            values.append(
                {
                    **{name: self[name] for name in RULE_FIELDS},
                    "contract_id": contract.id,
                    "site_ids": [fields.Command.set(sites.ids)],
                    "service_type_id": self.service_type_id.id,
                    "duration": self.duration,
                    "date_start": max(self.date_start, contract.date_start),
                    "promised_kind": self.promised_kind,
                    "promised_time": self.promised_time,
                    "technician_id": self.technician_id.id,
                    "team_id": self.team_id.id,
                }
            )
        made = plans.create(values)
        if self.confirm:
            made.action_confirm()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_visit_plan_action"
        )
        action["domain"] = [("id", "in", made.ids)]
        action["context"] = {}
        return action
