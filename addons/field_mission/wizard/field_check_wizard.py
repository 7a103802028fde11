from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldCheckWizardChoice(models.TransientModel):
    """One of the choices of the check being answered."""

    _name = "field.check.wizard.choice"
    _description = "Choice of a check"
    _order = "id"

    name = fields.Char(required=True, readonly=True)
    check_id = fields.Many2one("field.mission.check", required=True, readonly=True)


class FieldCheckWizard(models.TransientModel):
    """Answer one check, or correct its answer; the former one stays."""

    _name = "field.check.wizard"
    _description = "Answer to a check"
    _inherit = "field.work.wizard.mixin"

    mission_id = fields.Many2one(related="check_id.mission_id", required=False)
    check_id = fields.Many2one("field.mission.check", required=True, readonly=True)
    name = fields.Char(related="check_id.name", string="What to check")
    kind = fields.Selection(related="check_id.kind")
    help = fields.Text(related="check_id.help")
    bounds = fields.Char(related="check_id.bounds", string="Expected")
    uom_name = fields.Char(related="check_id.uom_name")
    required = fields.Boolean(related="check_id.required")
    photo_if_fail = fields.Boolean(related="check_id.photo_if_fail")
    former_value = fields.Char(related="check_id.display_value", string="Current answer")

    is_na = fields.Boolean(string="Not applicable")
    value_yesno = fields.Selection([("yes", "Yes"), ("no", "No")], string="Answer")
    # Text, so that an empty box is no measure of zero.
    value_number = fields.Char(string="Measure")
    choice_id = fields.Many2one("field.check.wizard.choice", domain="[('check_id', '=', check_id)]")
    value_text = fields.Text(string="Text")
    photo = fields.Image(max_width=2048, max_height=2048)
    drawing = fields.Binary(string="Signature")
    note = fields.Char()

    @api.model
    def default_get(self, fields_list):
        """Prepare the choices of the check."""
        values = super().default_get(fields_list)
        check = self.env["field.mission.check"].browse(values.get("check_id") or []).exists()
        if check.kind == "choice":
            self.env["field.check.wizard.choice"].create(
                [{"name": name, "check_id": check.id} for name in check._get_spec()["choices"]]
            )
        return values

    def _parse_number(self):
        """Return the measure typed, with a decimal comma or point."""
        text = (self.value_number or "").strip().replace(",", ".")
        text = text.replace("\u202f", "").replace("\xa0", "").replace(" ", "")
        try:
            return float(text)
        except ValueError as error:
            raise UserError(self.env._("“%s” needs a number.", self.name)) from error

    def _prepare_answer(self):
        """Return the answer as ``action_answer_checks`` takes it."""
        answer = {"check_id": self.check_id.id, "note": self.note or False}
        if self.is_na:
            answer["yesno"] = "na"
        elif self.kind == "yesno":
            answer["yesno"] = self.value_yesno or None
        elif self.kind == "number":
            answer["number"] = self._parse_number()
        elif self.kind == "choice":
            answer["choice"] = self.choice_id.name
        elif self.kind == "text":
            answer["text"] = (self.value_text or "").strip()
        answer["photos"] = self._send_files()
        return answer

    def _send_files(self):
        mission, files = self.check_id.mission_id, []
        common = {"check_id": self.check_id.id, "caption": self.name}
        if self.photo:
            files.append(self._send_file(mission, self._decode(self.photo), **common))
        if self.drawing and self.kind == "signature":
            files.append(
                self._send_file(mission, self._decode(self.drawing), kind="drawing", **common)
            )
        return files

    def action_answer(self):
        """Record the answer and close.

        :raises UserError: an answer that can't be read
        """
        for wizard in self:
            wizard.check_id.mission_id.action_answer_checks([wizard._prepare_answer()])
        return {"type": "ir.actions.act_window_close"}

    def action_answer_next(self):
        """Record the answer and open the next check that has none."""
        self.action_answer()
        return self.check_id.mission_id.action_answer_next()
