from odoo import api, fields, models
from odoo.exceptions import UserError

STEPS = [
    ("reschedule", "To reschedule"),
    ("cancel", "Cancel"),
    ("reopen", "Reopen"),
    ("unvalidate", "Withdraw validation"),
    ("rebill", "To rebill"),
    ("drop_rebill", "Not to rebill"),
    ("hold", "Keep for a dispute"),
    ("release_hold", "No longer keep for a dispute"),
]


class FieldReasonWizard(models.TransientModel):
    """Ask why, then take the step with each of the missions, or with none."""

    _name = "field.reason.wizard"
    _description = "Reason of a mission's step"

    mission_ids = fields.Many2many("field.mission", required=True, readonly=True)
    mission_count = fields.Integer(compute="_compute_mission_count")
    step = fields.Selection(STEPS, required=True, readonly=True)
    reason = fields.Char(required=True)

    @api.depends("mission_ids")
    def _compute_mission_count(self):
        for wizard in self:
            wizard.mission_count = len(wizard.mission_ids)

    def action_apply(self):
        """Take the step; the mission's own action checks who may and what is missing.

        :raises UserError: a step that needs no reason, or that the missions refuse
        """
        self.ensure_one()
        if self.step not in self._fields["step"].get_values(self.env):
            raise UserError(self.env._("This step is not asked here."))
        getattr(self.mission_ids, f"action_{self.step}")(self.reason)
        return {"type": "ir.actions.act_window_close"}
