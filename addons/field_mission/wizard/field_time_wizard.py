from odoo import api, fields, models


class FieldTimeWizard(models.TransientModel):
    """Declare a time by hand, or correct one with a reason."""

    _name = "field.time.wizard"
    _description = "Time to add or to correct"
    _inherit = "field.work.wizard.mixin"

    time_id = fields.Many2one("field.mission.time", string="Time to correct", readonly=True)
    mission_id = fields.Many2one(
        compute="_compute_from_time", store=True, readonly=False, precompute=True
    )
    kind = fields.Selection(
        lambda self: (
            self.env["field.mission.time"]._fields["kind"]._description_selection(self.env)
        ),
        compute="_compute_from_time",
        store=True,
        readonly=False,
        precompute=True,
    )
    start = fields.Datetime(
        compute="_compute_from_time", store=True, readonly=False, precompute=True, required=True
    )
    stop = fields.Datetime(
        string="End",
        compute="_compute_from_time",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    member_id = fields.Many2one(
        "hr.employee",
        string="Who",
        domain="[('id', 'in', member_ids)]",
        help="Empty: you, or the responsible where you are not sent to the mission.",
    )
    # As superuser: technicians have no right on employees.
    member_ids = fields.Many2many("hr.employee", compute="_compute_member_ids", compute_sudo=True)
    reason = fields.Char(string="Why it is corrected")

    @api.depends("time_id")
    def _compute_from_time(self):
        for wizard in self:
            line = wizard.time_id
            wizard.mission_id = line.mission_id or wizard.mission_id
            wizard.kind = line.kind or wizard.kind or "on_site"
            wizard.start = line.start or wizard.start or wizard.mission_id.actual_start
            wizard.stop = line.stop or wizard.stop or fields.Datetime.now()

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
