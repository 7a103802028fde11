from odoo import api, fields, models

from ..core import checks
from .field_checklist_item import CHECK_KINDS


class FieldMissionCheck(models.Model):
    _name = "field.mission.check"
    _description = "Check of a mission"
    _order = "mission_id, sequence, id"

    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True
    )
    site_id = fields.Many2one(related="mission_id.site_id")
    mission_state = fields.Selection(related="mission_id.state")
    item_id = fields.Many2one(
        "field.checklist.item", ondelete="set null", index="btree_not_null", readonly=True
    )
    # Frozen copies: a later version of the template leaves this mission alone.
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, readonly=True)
    kind = fields.Selection(CHECK_KINDS, required=True, readonly=True)
    help = fields.Text(readonly=True, string="Instructions")
    choices = fields.Text(readonly=True)
    uom_name = fields.Char(string="Unit", readonly=True)
    has_min = fields.Boolean(readonly=True)
    min_value = fields.Float(readonly=True)
    has_max = fields.Boolean(readonly=True)
    max_value = fields.Float(readonly=True)
    required = fields.Boolean(readonly=True)
    photo_if_fail = fields.Boolean(readonly=True)
    number = fields.Integer(readonly=True, help="Place in the checklist.")
    shown_if = fields.Json(readonly=True, help="The earlier check and the answer that ask it.")
    is_hidden = fields.Boolean(
        string="Not asked", compute="_compute_is_hidden", help="Its condition is not met."
    )

    answer_ids = fields.One2many("field.mission.check.answer", "check_id", string="Answers")
    current_answer_id = fields.Many2one(
        "field.mission.check.answer", readonly=True, index="btree_not_null", copy=False
    )
    result = fields.Selection(
        [
            (checks.TODO, "To do"),
            (checks.OK, "Right"),
            (checks.FAIL, "Defect"),
            (checks.NA, "Not applicable"),
        ],
        default=checks.TODO,
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    value_number = fields.Float(
        related="current_answer_id.value_number", string="Measure", store=True
    )
    display_value = fields.Char(compute="_compute_display_value", string="Answer")
    bounds = fields.Char(compute="_compute_bounds")
    answered_by_id = fields.Many2one(related="current_answer_id.author_id", string="Answered by")
    answered_on = fields.Datetime(related="current_answer_id.device_date", string="Answered on")

    @api.depends("mission_id.check_ids.result", "mission_id.check_ids.current_answer_id")
    def _compute_is_hidden(self):
        hidden = self.mission_id._get_hidden_checks()
        for check in self:
            check.is_hidden = check in hidden

    @api.depends("current_answer_id")
    def _compute_display_value(self):
        for check in self:
            check.display_value = check.current_answer_id.display_value or ""

    @api.depends_context("lang")
    @api.depends("has_min", "min_value", "has_max", "max_value", "uom_name")
    def _compute_bounds(self):
        for check in self:
            unit = f" {check.uom_name}" if check.uom_name else ""
            low = check._format_number(check.min_value) if check.has_min else ""
            high = check._format_number(check.max_value) if check.has_max else ""
            if low and high:
                check.bounds = f"{low} – {high}{unit}"
            elif low or high:
                check.bounds = f"{'≥' if low else '≤'} {low or high}{unit}"
            else:
                check.bounds = ""

    @api.model
    def _format_number(self, number):
        """Return a measure as the reader writes it: their decimal point, no trailing zero."""
        return self.env["ir.qweb.field"].user_lang().format("%.10g", number, grouping=True)

    def _get_spec(self):
        """Return what ``core.checks.judge`` needs to know of one check."""
        self.ensure_one()
        lines = [line.strip() for line in (self.choices or "").splitlines() if line.strip()]
        return {
            "choices": [line.rstrip("!").strip() for line in lines],
            "fail_choices": [line.rstrip("!").strip() for line in lines if line.endswith("!")],
            "min": self.min_value if self.has_min else None,
            "max": self.max_value if self.has_max else None,
        }
