from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldReassign(models.TransientModel):
    """Who could take over one planned mission, at its time, best first."""

    _name = "field.reassign"
    _description = "Choice of another technician"

    mission_id = fields.Many2one("field.mission", required=True, readonly=True, ondelete="cascade")
    reassign_reason = fields.Text(related="mission_id.reassign_reason")
    promised_label = fields.Char(related="mission_id.promised_label")
    planned_start = fields.Datetime(related="mission_id.planned_start")
    planned_duration = fields.Float(related="mission_id.planned_duration")
    technician_id = fields.Many2one(related="mission_id.technician_id")
    line_ids = fields.One2many("field.reassign.line", "wizard_id", string="Candidates")
    free_count = fields.Integer(compute="_compute_free_count")
    warning = fields.Text(readonly=True)

    @api.depends("line_ids.is_free", "line_ids.is_skilled", "line_ids.is_allowed")
    def _compute_free_count(self):
        for wizard in self:
            able = wizard.line_ids.filtered(lambda x: x.is_free and x.is_skilled and x.is_allowed)
            wizard.free_count = len(able)

    @api.model_create_multi
    def create(self, vals_list):
        """Rank the technicians of each mission's company.

        :raises AccessError: the user may not plan the mission
        """
        for vals in vals_list:
            mission = self.env["field.mission"].browse(vals.get("mission_id") or [])
            mission.check_access("write")
            vals["line_ids"] = [
                fields.Command.create({**line, "sequence": number})
                for number, line in enumerate(mission._get_candidates())
            ]
        return super().create(vals_list)

    def action_optimize(self):
        """Open a run of the optimiser for the mission instead.

        :return: action of the run's form
        """
        self.ensure_one()
        return self.mission_id.action_reassign_optimize()


class FieldReassignLine(models.TransientModel):
    _name = "field.reassign.line"
    _description = "Technician who could take a mission over"
    _order = "wizard_id, sequence, id"

    wizard_id = fields.Many2one("field.reassign", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer()
    employee_id = fields.Many2one("hr.employee", required=True, readonly=True, string="Technician")
    is_free = fields.Boolean(string="Free", readonly=True)
    is_skilled = fields.Boolean(string="Skilled", readonly=True)
    is_allowed = fields.Boolean(readonly=True)
    in_zone = fields.Boolean(string="Zone", readonly=True)
    asked_leave = fields.Boolean(string="Leave asked for", readonly=True)
    has_detour = fields.Boolean(readonly=True)
    detour_km = fields.Float(string="Detour (km)", digits=(10, 1), readonly=True)
    load_before = fields.Float(string="Load (%)", digits=(10, 0), readonly=True)
    load_after = fields.Float(string="With it (%)", digits=(10, 0), readonly=True)
    remark = fields.Char(readonly=True)

    def action_choose(self):
        """Give the mission to this technician, at the same time.

        What the place breaks is told first; a second click accepts it.

        :raises UserError: what can't be accepted, in words
        """
        self.ensure_one()
        mission = self.wizard_id.mission_id
        mission.check_access("write")
        result = mission.action_place(
            [
                {
                    "id": mission.id,
                    "plan_version": mission.plan_version,
                    "technician_id": self.employee_id.id,
                    "helper_ids": (mission.helper_ids - self.employee_id).ids,
                }
            ],
            [mission.id] if self.env.context.get("field_confirmed") == self.id else (),
        )
        problems = [issue for row in result["refused"] for issue in row["issues"]]
        if problems:
            raise UserError("\n".join(issue["message"] for issue in problems))
        if result["conflicts"]:
            raise UserError(
                self.env._("Somebody has changed the mission meanwhile. Open it again.")
            )
        if result["to_confirm"]:
            issues = [issue["message"] for row in result["to_confirm"] for issue in row["issues"]]
            self.wizard_id.warning = "\n".join(issues)
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Choose another technician"),
                "res_model": "field.reassign",
                "res_id": self.wizard_id.id,
                "views": [(False, "form")],
                "target": "new",
                "context": {"field_confirmed": self.id},
            }
        return {"type": "ir.actions.act_window_close"}
