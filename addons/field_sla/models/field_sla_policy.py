from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.field_mission.models.field_request import PRIORITIES

from ..clock import select_policy


class FieldSlaPolicy(models.Model):
    _name = "field.sla.policy"
    _description = "SLA policy"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10, help="Between equally precise policies the first wins.")
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    contract_ids = fields.Many2many(
        "field.contract",
        relation="field_sla_policy_contract_rel",
        string="Contracts",
        check_company=True,
        help="Empty: every contract, and requests without one.",
    )
    partner_ids = fields.Many2many(
        "res.partner",
        relation="field_sla_policy_partner_rel",
        string="Customers",
        check_company=True,
        help="Empty: every customer.",
    )
    site_ids = fields.Many2many(
        "res.partner",
        relation="field_sla_policy_site_rel",
        string="Sites",
        check_company=True,
        domain="[('is_field_site', '=', True)]",
        help="Empty: every site.",
    )
    service_type_ids = fields.Many2many(
        "field.service.type",
        relation="field_sla_policy_service_type_rel",
        string="Service types",
        check_company=True,
        help="Empty: every service type.",
    )
    priority = fields.Selection(PRIORITIES, tracking=True, help="Empty: every priority.")
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Hours counted",
        check_company=True,
        tracking=True,
        help="The clock runs in these hours only, read in the time zone of the site; the company's"
        " closing days don't count. Empty: day and night, seven days a week.",
    )
    target_ids = fields.One2many("field.sla.target", "policy_id", string="Targets", copy=True)
    warning_user_id = fields.Many2one(
        "res.users",
        string="Told before the deadline",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Empty: the leader of the team sent there, else the person who took the request.",
    )
    escalation_user_id = fields.Many2one(
        "res.users",
        string="Told when it is missed",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Empty: the person told before the deadline.",
    )
    request_count = fields.Integer(compute="_compute_request_count", string="Requests")
    summary = fields.Char(compute="_compute_summary", string="Targets in short")

    def _compute_request_count(self):
        counts = dict(
            self.env["field.request.sla"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["request_id:count_distinct"]
            )
        )
        for policy in self:
            policy.request_count = counts.get(policy, 0)

    @api.depends("target_ids.kind", "target_ids.hours")
    def _compute_summary(self):
        kinds = dict(self.env["field.sla.target"]._fields["kind"]._description_selection(self.env))
        for policy in self:
            policy.summary = ", ".join(
                f"{kinds[target.kind]} {self._format_hours(target.hours)}"
                for target in policy.target_ids
            )

    @api.model
    def _format_hours(self, hours):
        """Return a duration as a person reads it: ``4 h``, ``1 h 30``."""
        minutes = round(hours * 60)
        return f"{minutes // 60} h {minutes % 60:02d}" if minutes % 60 else f"{minutes // 60} h"

    @api.constrains("calendar_id")
    def _check_calendar(self):
        for policy in self:
            calendar = policy.calendar_id
            if calendar and (calendar.flexible_hours or not calendar.attendance_ids):
                raise ValidationError(
                    self.env._(
                        "“%s” has no fixed opening hours: an SLA clock would never run. Choose"
                        " another calendar, or none for day and night.",
                        calendar.name,
                    )
                )

    def _get_criteria(self):
        """Return the criteria of one policy as :func:`..clock.select_policy` reads them."""
        self.ensure_one()
        return {
            "contract": frozenset(self.contract_ids.ids),
            "site": frozenset(self.site_ids.ids),
            "customer": frozenset(self.partner_ids.ids),
            "service_type": frozenset(self.service_type_ids.ids),
            "priority": frozenset(filter(None, [self.priority])),
        }

    @api.model
    def _select_for(self, requests):
        """Return the policy that applies to each request: the most specific that matches.

        :param requests: ``field.request`` records
        :return: ``{request_id: field.sla.policy}``, an empty recordset where none applies
        """
        policies = self.sudo().search([("company_id", "in", requests.company_id.ids)])
        rows = {
            company: [(policy.id, policy.sequence, policy._get_criteria()) for policy in group]
            for company, group in policies.grouped("company_id").items()
        }
        return {
            request.id: policies.browse(
                select_policy(rows.get(request.company_id, ()), request._get_sla_criteria()) or []
            )
            for request in requests
        }

    def action_apply_to_open(self):
        """Measure the open requests by today's policies, with a trace on each that changes.

        A changed policy applies to new requests by itself; what runs keeps its terms until
        somebody asks for this. Verdicts already given stay.

        :raises AccessError: for a person who may not change policies
        """
        self.check_access("write")
        requests = self.env["field.request"].search(
            [("state", "=", "open"), ("company_id", "in", self.company_id.ids)]
        )
        requests._apply_sla_policy(self.env._("Policies applied to open requests"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%s open requests are measured by today's policies.", len(requests)
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_view_requests(self):
        """Open what these policies have measured."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_sla.field_request_sla_action")
        action["domain"] = [("policy_id", "in", self.ids)]
        action["context"] = {}
        return action
