from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.field_mission.core.slots import utc_to_local


class FieldOptimizationStop(models.Model):
    """One visit of a proposal, or one that found no place."""

    _name = "field.optimization.stop"
    _description = "Proposed visit"
    _order = "run_id, line_id, sequence, id"

    run_id = fields.Many2one("field.optimization", required=True, index=True, ondelete="cascade")
    line_id = fields.Many2one(
        "field.optimization.tour", string="Tour", index="btree_not_null", ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    role = fields.Selection([("responsible", "Responsible"), ("helper", "Helper")], required=True)
    sequence = fields.Integer()
    placed = fields.Boolean()
    movable = fields.Boolean(help="The optimiser was allowed to give it another slot.")
    planned_start = fields.Datetime(string="Start")
    planned_end = fields.Datetime(string="End")
    travel_minutes = fields.Integer(string="Travel before (min)")
    travel_km = fields.Float(string="Travel before (km)", digits=(10, 1))
    former_start = fields.Datetime(string="Start until now")
    former_technician_id = fields.Many2one("hr.employee", string="Technician until now")
    reason = fields.Json()
    move_reason = fields.Json()
    is_change = fields.Boolean(
        help="Accepting gives the mission another technician or start.", index=True
    )
    conflict_reason = fields.Text(compute="_compute_conflict_reason", string="Conflict")
    move_text = fields.Text(compute="_compute_move_text", string="Why")
    former_text = fields.Char(compute="_compute_slots", string="Before")
    new_text = fields.Char(compute="_compute_slots", string="After")
    change = fields.Selection(
        [("new", "New"), ("moved", "Moved"), ("same", "Unchanged"), ("aside", "Conflict")],
        compute="_compute_change",
        help="What accepting would do to the mission.",
    )
    site_id = fields.Many2one(related="mission_id.site_id")
    service_type_id = fields.Many2one(related="mission_id.service_type_id")
    partner_id = fields.Many2one(related="mission_id.partner_id")
    promised_slot = fields.Char(compute="_compute_promised_slot", string="Promised")

    @api.depends("mission_id.promised_kind", "mission_id.promised_start", "mission_id.promised_end")
    @api.depends_context("lang")
    def _compute_promised_slot(self):
        for stop in self:
            stop.promised_slot = stop.mission_id._get_promise_slot()

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_conflict_reason(self):
        for stop in self:
            person = (stop.line_id.technician_id or stop.former_technician_id).sudo()
            stop.conflict_reason = stop.reason and self.env["field.tour.stop"]._render_reasons(
                [stop.reason], person
            )

    @api.depends("move_reason", "reason")
    @api.depends_context("lang")
    def _compute_move_text(self):
        for stop in self:
            person = (stop.line_id.technician_id or stop.former_technician_id).sudo()
            reason = stop.move_reason or stop.reason
            stop.move_text = reason and self.env["field.tour.stop"]._render_reasons(
                [reason], person
            )

    @api.depends("planned_start", "former_start", "former_technician_id", "line_id.technician_id")
    @api.depends_context("lang")
    def _compute_slots(self):
        for stop in self:
            stop.former_text = stop._format_slot(stop.former_technician_id, stop.former_start)
            stop.new_text = stop._format_slot(stop.line_id.technician_id, stop.planned_start)

    def _format_slot(self, technician, start):
        """Who and when, in the technician's time zone; days only where the run has several."""
        name = technician.sudo().name or self.env._("nobody")
        if not start:
            return name
        tz = technician._get_field_tz() if technician else self.mission_id._get_tz()
        local = utc_to_local(start, tz)
        several = self.run_id.date_from != self.run_id.date_to
        day = f"{format_date(self.env, local.date(), date_format='d MMM')} " if several else ""
        return f"{name} · {day}{local:%H:%M}"

    @api.depends("placed", "planned_start", "former_start", "former_technician_id")
    def _compute_change(self):
        for stop in self:
            if not stop.placed:
                stop.change = "aside"
            elif not stop.former_start:
                stop.change = "new"
            else:
                moved = stop.movable and (
                    stop.former_start != stop.planned_start
                    or stop.role == "responsible"
                    and stop.former_technician_id != stop.line_id.technician_id
                )
                stop.change = "moved" if moved else "same"

    def _mission_values(self):
        """Return what accepting one visit writes on its mission."""
        self.ensure_one()
        values = {"planned_start": self.planned_start}
        if self.mission_id.technician_id != self.line_id.technician_id:
            values["technician_id"] = self.line_id.technician_id.id
        return values
