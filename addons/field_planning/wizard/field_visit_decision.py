from odoo import api, fields, models


class FieldVisitDecision(models.TransientModel):
    """Move or waive obligations, with a reason."""

    _name = "field.visit.decision"
    _description = "Decision on obligations"

    due_ids = fields.Many2many("field.visit.due", string="Obligations", required=True)
    due_count = fields.Integer(compute="_compute_due_count", string="Visits chosen")
    decision = fields.Selection(
        [("move", "Move to another date"), ("waive", "Waive"), ("mission", "Make a mission again")],
        default="move",
        required=True,
    )
    date = fields.Date(string="New date")
    reason = fields.Char(help="The customer reads it in the certificate.")
    published_note = fields.Text(compute="_compute_published_note")

    @api.depends("due_ids")
    def _compute_due_count(self):
        for wizard in self:
            wizard.due_count = len(wizard.due_ids)

    @api.depends("due_ids", "decision")
    def _compute_published_note(self):
        for wizard in self:
            missions = wizard.due_ids.mission_id.filtered(
                lambda mission: mission.published and mission.state == "planned"
            )
            names = ", ".join(missions.mapped("display_name"))
            wizard.published_note = (
                self.env._("Already published: it leaves the technician's tour. %s", names)
                if names and wizard.decision != "mission"
                else False
            )

    def action_confirm(self):
        """Carry the decision out on each obligation chosen."""
        self.ensure_one()
        if self.decision == "move":
            self.due_ids.action_move(self.date, self.reason)
        elif self.decision == "waive":
            self.due_ids.action_waive(self.reason)
        else:
            self.due_ids.action_make_mission()
        return {"type": "ir.actions.act_window_close"}
