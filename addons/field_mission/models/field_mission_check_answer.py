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
        """Open a non-conformity for each defect; one that is open already is seen once more."""
        records = self.env["field.nonconformity"].sudo()
        answers = self.sudo()
        # A correction in the same call leaves one answer a check.
        latest = {answer.check_id: answer for answer in answers}
        places = answers.check_id._get_defect_places()
        known = records._find_same(
            answers.mission_id.site_id,
            answers.mission_id.company_id,
            {place[-1] for place in places.values()},
        )
        new = []
        for check, answer in latest.items():
            same = known.get(places[check.id], records)
            still_open = same.filtered(lambda record: record.state != "closed")
            if still_open:
                still_open[-1]._see_again(answer)
            else:
                new.append(answer._prepare_nonconformity(places[check.id], same[-1:]))
        records.create(new)

    def _prepare_nonconformity(self, place, previous):
        """Return the values of the non-conformity that one defect opens.

        :param place: of ``field.mission.check._get_defect_places``
        :param previous: the same defect, closed before (empty: none)
        """
        company = self.mission_id.company_id
        # Read by everybody for years: the company's language, not that of who answered.
        lang = company.partner_id.lang or self.env.lang
        return {
            "mission_id": self.mission_id.id,
            "check_id": self.check_id.id,
            "site_id": self.mission_id.site_id.id,
            "company_id": company.id,
            "equipment_id": place[2],
            "description": self.with_context(lang=lang)._describe_defect(),
            "date": self.device_date,
            "photo_ids": [fields.Command.set(self.photo_ids.ids)],
            "finding_ids": [fields.Command.set(self.ids)],
            "previous_id": previous.id,
        }

    def _describe_defect(self):
        """Return one defect in words: the check, the answer, the bounds, the note."""
        check = self.check_id
        # The mission's copy is in the language of who made it; the checklist has translations.
        parts = [f"{check.item_id.name or check.name}: {self.display_value}"]
        if check.bounds:
            parts.append(f"({check.bounds})")
        if self.note:
            parts.append(f"– {self.note}")
        return " ".join(parts)
