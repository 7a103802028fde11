from odoo import api, fields, models


class FieldReportWizard(models.TransientModel):
    """Write the technician's report."""

    _name = "field.report.wizard"
    _description = "Report on a mission"
    _inherit = "field.work.wizard.mixin"

    conclusion = fields.Text(
        string="Report",
        compute="_compute_conclusion",
        store=True,
        readonly=False,
        precompute=True,
    )

    @api.depends("mission_id")
    def _compute_conclusion(self):
        for wizard in self:
            wizard.conclusion = wizard.mission_id.conclusion

    def action_save(self):
        """Write the report on the mission and close."""
        for wizard in self:
            wizard.mission_id.action_set_conclusion(wizard.conclusion)
        return {"type": "ir.actions.act_window_close"}
