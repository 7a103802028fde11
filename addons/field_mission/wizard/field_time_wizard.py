from odoo import api, fields, models


class FieldTimeWizard(models.TransientModel):
    """Declare a time by hand, or correct one with a reason."""

    _name = "field.time.wizard"
    _description = "Time to add or to correct"
    _inherit = "field.work.wizard.mixin"

    time_id = fields.Many2one("field.mission.time", string="Time to correct", readonly=True)
    kind = fields.Selection(
        lambda self: (
            self.env["field.mission.time"]._fields["kind"]._description_selection(self.env)
        ),
    )
    start = fields.Datetime(required=True)
    stop = fields.Datetime(string="End", required=True)
    member_id = fields.Many2one(
        "hr.employee",
        string="Who",
        domain="[('id', 'in', member_ids)]",
        help="Empty: you, or the responsible where you are not sent to the mission.",
    )
    # As superuser: technicians have no right on employees.
    member_ids = fields.Many2many("hr.employee", compute="_compute_member_ids", compute_sudo=True)
    reason = fields.Char(string="Why it is corrected")

    @api.model
    def default_get(self, fields_list):
        """Take what the time to correct says, else propose from the arrival until now."""
        values = super().default_get(fields_list)
        line = self.env["field.mission.time"].browse(values.get("time_id") or []).exists()
        mission = line.mission_id or self.env["field.mission"].browse(
            values.get("mission_id") or []
        )
        proposed = {
            "mission_id": mission.id,
            "kind": line.kind or "on_site",
            "start": line.start or mission.actual_start,
            "stop": line.stop or fields.Datetime.now(),
        }
        return {**{name: proposed[name] for name in proposed if name in fields_list}, **values}

    @api.depends("mission_id")
    def _compute_member_ids(self):
        for wizard in self:
            wizard.member_ids = wizard.mission_id.technician_id | wizard.mission_id.helper_ids

    def action_save(self):
        """Add or correct the time and close.

        :raises UserError: an overlap, an end before the start, a correction without reason
        """
        for wizard in self:
            if wizard.time_id:
                wizard.time_id.action_correct(wizard.start, wizard.stop, wizard.reason)
            else:
                wizard.mission_id.action_add_time(
                    wizard.kind, wizard.start, wizard.stop, employee_id=wizard.member_id.id
                )
        return {"type": "ir.actions.act_window_close"}
