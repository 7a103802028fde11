from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import checks


class FieldMissionCheckAnswer(models.Model):
    _name = "field.mission.check.answer"
    _description = "Answer to a check"
    _order = "check_id, id desc"
    _rec_name = "display_value"

    check_id = fields.Many2one("field.mission.check", required=True, index=True, ondelete="cascade")
    mission_id = fields.Many2one(
        "field.mission", related="check_id.mission_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        "res.company", related="check_id.company_id", store=True, precompute=True
    )
    value_yesno = fields.Selection(
        [("yes", "Yes"), ("no", "No"), ("na", "Not applicable")], readonly=True
    )
    value_choice = fields.Char(readonly=True)
    value_number = fields.Float(readonly=True)
    value_text = fields.Text(readonly=True)
    photo_ids = fields.Many2many("field.photo", readonly=True)
    note = fields.Char(readonly=True)
    result = fields.Selection(
        [(checks.OK, "Right"), (checks.FAIL, "Defect"), (checks.NA, "Not applicable")],
        required=True,
        readonly=True,
    )
    author_id = fields.Many2one("res.users", required=True, readonly=True)
    device_date = fields.Datetime(required=True, readonly=True, string="Answered on")
    date = fields.Datetime(
        default=fields.Datetime.now, required=True, readonly=True, string="Known on"
    )
    display_value = fields.Char(compute="_compute_display_value", string="Answer")

    @api.depends_context("lang")
    @api.depends("value_yesno", "value_choice", "value_number", "value_text", "photo_ids")
    def _compute_display_value(self):
        labels = dict(self._fields["value_yesno"]._description_selection(self.env))
        for answer in self:
            kind = answer.check_id.kind
            if answer.value_yesno == "na" or kind == "yesno":
                answer.display_value = labels.get(answer.value_yesno, "")
            elif kind == "number":
                unit = f" {answer.check_id.uom_name}" if answer.check_id.uom_name else ""
                number = answer.check_id._format_number(answer.value_number)
                answer.display_value = f"{number}{unit}"
            elif kind in ("photo", "signature"):
                answer.display_value = self.env._("%s file(s)", len(answer.photo_ids))
            else:
                answer.display_value = answer.value_choice or answer.value_text or ""

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: a correction is a new answer, the former one stays."""
        raise UserError(self.env._("An answer can't be changed: answer again to correct it."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An answer can't be deleted: answer again to correct it."))

    def _open_nonconformities(self):
        """Open a non-conformity for each defect whose check has none open yet."""
        open_checks = (
            self.env["field.nonconformity"]
            .sudo()
            .search([("check_id", "in", self.check_id.ids), ("state", "!=", "closed")])
            .check_id
        )
        new = self.filtered(lambda answer: answer.check_id not in open_checks)
        # A correction in the same call leaves one answer a check.
        latest = {answer.check_id: answer for answer in new}
        self.env["field.nonconformity"].sudo().create(
            [
                {
                    "mission_id": answer.mission_id.id,
                    "check_id": check.id,
                    "site_id": answer.mission_id.site_id.id,
                    "company_id": answer.mission_id.company_id.id,
                    "description": answer._describe_defect(),
                    "date": answer.device_date,
                    "photo_ids": [fields.Command.set(answer.photo_ids.ids)],
                }
                for check, answer in latest.items()
            ]
        )

    def _describe_defect(self):
        """Return one defect in words: the check, the answer, the bounds, the note."""
        check = self.check_id
        parts = [f"{check.name}: {self.display_value}"]
        if check.bounds:
            parts.append(f"({check.bounds})")
        if self.note:
            parts.append(f"– {self.note}")
        return " ".join(parts)
