from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldMissionEvent(models.Model):
    _name = "field.mission.event"
    _description = "Trace of a mission"
    _order = "date desc, id desc"
    _rec_name = "kind"

    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True
    )
    kind = fields.Selection(
        [("create", "Created"), ("change", "Changed"), ("step", "Step")], required=True
    )
    step = fields.Char()
    from_state = fields.Char()
    to_state = fields.Char()
    changes = fields.Json(
        # A change that is not published yet is the planner's.
        groups="field_mission.group_field_planner",
        help="Changed fields with their former and new values.",
    )
    summary = fields.Char(compute="_compute_summary", compute_sudo=True)
    reason = fields.Char()
    date = fields.Datetime(
        string="Known on", default=fields.Datetime.now, required=True, help="Server time."
    )
    device_date = fields.Datetime(string="Happened on", help="Device time.")
    drift = fields.Float(
        string="Delay (h)", compute="_compute_drift", help="Hours from the device's to our clock."
    )
    user_id = fields.Many2one("res.users", required=True, string="Who")

    @api.depends("date", "device_date")
    def _compute_drift(self):
        for event in self:
            seconds = (event.date - event.device_date).total_seconds() if event.device_date else 0
            event.drift = seconds / 3600

    @api.depends("kind", "changes", "from_state", "to_state")
    def _compute_summary(self):
        missions = self.env["field.mission"]
        labels = dict(missions._fields["state"]._description_selection(self.env))
        steps = self._get_step_labels()
        for event in self:
            if event.kind == "step":
                text = steps.get(event.step, event.step or "")
                if event.from_state != event.to_state:
                    text += f" ({labels.get(event.from_state)} → {labels.get(event.to_state)})"
            elif event.kind == "change":
                text = ", ".join(
                    missions._fields[name]._description_string(self.env)
                    for name in sorted(event.changes or {})
                    if name in missions._fields
                )
            else:
                text = self.env._("Created")
            event.summary = text

    @api.model
    def _get_step_labels(self):
        """Return ``{step name: what a person calls it}`` (hook for addons with own steps)."""
        return {
            "plan": self.env._("Planned"),
            "unplan": self.env._("Back to the tray"),
            "start": self.env._("Started"),
            "done": self.env._("Finished"),
            "reschedule": self.env._("To reschedule"),
            "cancel": self.env._("Cancelled"),
            "reset": self.env._("Taken back"),
            "reopen": self.env._("Reopened"),
            "validate": self.env._("Validated"),
            "unvalidate": self.env._("Validation withdrawn"),
        }

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: a trace is only added to."""
        raise UserError(self.env._("The trace of a mission can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The trace of a mission can't be deleted."))
