from odoo import api, fields, models
from odoo.exceptions import UserError

LONGEST_SEGMENT = 16.0  # hours; longer ones are a forgotten stop


class FieldMissionTime(models.Model):
    _name = "field.mission.time"
    _description = "Time segment of a mission"
    _order = "start, id"
    _check_company_auto = True
    _rec_name = "kind"

    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True
    )
    employee_id = fields.Many2one("hr.employee", required=True, index=True, string="Who")
    kind = fields.Selection(
        [
            ("travel", "Travel"),
            ("on_site", "On site"),
            ("waiting", "Waiting"),
            ("break", "Break"),
        ],
        required=True,
        default="on_site",
    )
    start = fields.Datetime(required=True)
    stop = fields.Datetime()
    duration = fields.Float(compute="_compute_duration", store=True, string="Hours")
    start_clicked = fields.Datetime(readonly=True, help="As tapped, before any correction.")
    stop_clicked = fields.Datetime(readonly=True, help="As tapped, before any correction.")
    correction_reason = fields.Char(readonly=True)
    validated = fields.Boolean(
        string="Mission validated", related="mission_id.validated", store=True
    )
    is_suspect = fields.Boolean(
        compute="_compute_is_suspect", help="Longer than a working day: a forgotten stop?"
    )

    _stop_after_start = models.Constraint(
        "CHECK(stop IS NULL OR stop >= start)", "A time segment ends before it starts."
    )
    _one_open_per_person = models.UniqueIndex(
        "(employee_id) WHERE stop IS NULL", "This person already has a running time segment."
    )

    @api.depends_context("lang")
    @api.depends("kind", "mission_id.name")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            parts = [labels.get(line.kind), line.mission_id.name]
            line.display_name = " · ".join(part for part in parts if part)

    @api.depends("start", "stop")
    def _compute_duration(self):
        for line in self:
            seconds = (line.stop - line.start).total_seconds() if line.start and line.stop else 0
            line.duration = seconds / 3600

    @api.depends("duration")
    def _compute_is_suspect(self):
        for line in self:
            line.is_suspect = line.duration > LONGEST_SEGMENT

    def _close(self, moment):
        """End open segments; a device whose clock went back ends them where they started.

        :param moment: naive UTC
        """
        for line in self.sudo():
            stop = max(moment, line.start)
            line.write({"stop": stop, "stop_clicked": stop})
        # The next segment's INSERT must find these closed (`_one_open_per_person`).
        self.sudo().flush_recordset(["stop"])

    def action_correct(self, start, stop, reason):
        """Correct one segment (planners), keeping what was tapped and the reason.

        :param start: new start, UTC
        :param stop: new end, UTC
        :param reason: why, in words
        """
        self.ensure_one()
        self.mission_id._check_role("planner")
        if self.mission_id.validated:
            raise UserError(
                self.env._("The mission is validated: withdraw the validation to correct times.")
            )
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why the time is corrected."))
        mission = self.mission_id
        line = self.sudo()
        former = f"{line.start} – {line.stop}"
        values = {
            "start": mission._device_time(start),
            "stop": mission._device_time(stop),
            "correction_reason": reason,
        }
        if values["stop"] < values["start"]:
            raise UserError(self.env._("The segment would end before it starts."))
        mission._check_time_overlap(
            line.employee_id, values["start"], values["stop"], except_line=line
        )
        line.write(values)
        mission._trace(
            "change",
            [{"time_ids": [former, f"{line.start} – {line.stop}"]}],
            reason=reason,
        )
        return True
