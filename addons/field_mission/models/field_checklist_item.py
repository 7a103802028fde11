from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

CHECK_KINDS = [
    ("section", "Section"),
    ("yesno", "Yes / No / Not applicable"),
    ("choice", "Choice"),
    ("number", "Measure"),
    ("text", "Text"),
    ("photo", "Photo"),
    ("signature", "Signature"),
]


class FieldChecklistItem(models.Model):
    _name = "field.checklist.item"
    _description = "Checklist item"
    _order = "checklist_id, sequence, id"

    checklist_id = fields.Many2one("field.checklist", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(CHECK_KINDS, required=True, default="yesno")
    help = fields.Text(translate=True, string="Instructions")
    choices = fields.Text(help="One choice a line; end a line with ! when it means a defect.")
    uom_name = fields.Char(string="Unit", help="Unit of the measure: V, °C, bar…")
    has_min = fields.Boolean(string="Has a minimum")
    min_value = fields.Float(string="Minimum")
    has_max = fields.Boolean(string="Has a maximum")
    max_value = fields.Float(string="Maximum")
    required = fields.Boolean(default=True)
    photo_if_fail = fields.Boolean(string="Photo of a defect")

    @api.constrains("has_min", "min_value", "has_max", "max_value")
    def _check_bounds(self):
        for item in self:
            if item.has_min and item.has_max and item.min_value > item.max_value:
                raise ValidationError(
                    self.env._("%s: the minimum is above the maximum.", item.name)
                )

    @api.constrains("kind", "choices")
    def _check_choices(self):
        for item in self:
            if item.kind == "choice" and not (item.choices or "").strip():
                raise ValidationError(self.env._("%s: list at least one choice.", item.name))

    def _refuse_if_published(self):
        if any(item.checklist_id.state != "draft" for item in self):
            raise UserError(
                self.env._("This version is published. Make a new version to change its items.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse items added to a published version."""
        items = super().create(vals_list)
        items._refuse_if_published()
        return items

    def write(self, vals):
        # Translations may always be completed; they don't go through here.
        self._refuse_if_published()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self._refuse_if_published()

    def _prepare_check_values(self):
        """Return the values of the checks that copy these items, in order (list of dicts)."""
        names = (
            "sequence", "name", "kind", "help", "choices", "uom_name", "has_min", "min_value",
            "has_max", "max_value", "required", "photo_if_fail",
        )  # fmt: skip
        return [
            {"item_id": item.id, **{name: item[name] for name in names}}
            for item in self.sorted(lambda item: (item.sequence, item.id))
        ]
