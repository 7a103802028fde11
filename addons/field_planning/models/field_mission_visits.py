from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldMission(models.Model):
    """A mission that a contract owes: what becomes of it is written in the register."""

    _inherit = "field.mission"

    visit_due_ids = fields.One2many(
        "field.visit.due",
        "mission_id",
        string="Obligation",
        groups="field_mission.group_field_planner",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_owed(self):
        # Whoever deletes the mission may not see the register.
        dues = self.env["field.visit.due"].sudo().search([("mission_id", "in", self.ids)], limit=1)
        if dues:
            raise UserError(
                self.env._(
                    "A contract owes %s: move or waive its obligation instead of deleting it.",
                    dues.mission_id.display_name,
                )
            )

    def _after_transition(self, step):
        """Ask for a decision when an owed visit is cancelled; go on once one is done."""
        super()._after_transition(step)
        if step.name not in ("cancel", "reset", "done"):
            return
        # The register follows every mission, whoever takes the step.
        dues = self.env["field.visit.due"].sudo().search([("mission_id", "in", self.ids)])
        if not dues:
            return
        dues = dues.with_env(self.env(su=True))
        if step.name == "cancel":
            dues.filtered(lambda due: due.state in ("open", "moved"))._ask_decision()
        elif step.name == "reset":
            dues._close_activities()
        else:
            dues.plan_id._continue_after()
