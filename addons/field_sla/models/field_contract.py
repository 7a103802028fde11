from odoo import fields, models


class FieldContract(models.Model):
    _inherit = "field.contract"

    sla_policy_ids = fields.Many2many(
        "field.sla.policy",
        relation="field_sla_policy_contract_rel",
        column1="field_contract_id",
        column2="field_sla_policy_id",
        string="SLA policies",
        check_company=True,
        groups="field_mission.group_field_planner",
        help="Policies made for this contract. General policies apply where none fits.",
    )
    sla_met_rate = fields.Float(
        compute="_compute_sla_met_rate",
        string="SLA met (%)",
        groups="field_mission.group_field_planner",
    )
    sla_count = fields.Integer(
        compute="_compute_sla_met_rate",
        string="Targets judged",
        groups="field_mission.group_field_planner",
    )

    def _compute_sla_met_rate(self):
        judged = self.env["field.request.sla"]._read_group(
            [("contract_id", "in", self.ids), ("state", "in", ["met", "missed"])],
            ["contract_id", "state"],
            ["__count"],
        )
        counts = {(contract.id, state): count for contract, state, count in judged}
        for contract in self:
            met = counts.get((contract.id, "met"), 0)
            contract.sla_count = met + counts.get((contract.id, "missed"), 0)
            contract.sla_met_rate = 100 * met / contract.sla_count if contract.sla_count else 0.0

    def action_view_sla(self):
        """Open what was measured under these contracts."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_sla.field_request_sla_action")
        action["domain"] = [("contract_id", "in", self.ids)]
        action["context"] = {}
        return action
