from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    suggestion_ids = fields.One2many(
        "field.suggestion", "lead_id", string="Suggestions from the field"
    )

    def action_set_lost(self, **additional_values):
        """Tell the authors of the suggestions that their opportunity was lost, and why."""
        result = super().action_set_lost(**additional_values)
        for lead in self.sudo():
            open_ones = lead.suggestion_ids.filtered(lambda one: one.state == "accepted")
            open_ones._decide(
                "refused",
                ("accepted",),
                lead.lost_reason_id.name or self.env._("the customer did not follow"),
            )
        return result

    def write(self, vals):
        """Tell the authors of the suggestions when their opportunity reaches a won stage."""
        result = super().write(vals)
        if "stage_id" in vals:
            self._tell_suggestions_won()
        return result

    def _tell_suggestions_won(self):
        # Salespeople need no right on missions to close their own lead.
        won = self.sudo().filtered(lambda lead: lead.stage_id.is_won and lead.suggestion_ids)
        for lead in won:
            open_ones = lead.suggestion_ids.filtered(lambda one: one.state == "accepted")
            share = lead.expected_revenue / len(open_ones) if open_ones else 0.0
            open_ones._decide("won", ("accepted",), won_value=share)
