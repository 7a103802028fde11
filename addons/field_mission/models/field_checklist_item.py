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
    shown_if_item_id = fields.Many2one(
        "field.checklist.item",
        string="Only after",
        domain="[('checklist_id', '=', checklist_id), ('id', '!=', id),"
        " ('kind', 'in', ('yesno', 'choice', 'number'))]",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        help="An earlier check whose answer decides whether this one is asked.",
    )
    shown_if = fields.Selection(
        [
            ("yes", "Yes"),
            ("no", "No"),
            ("ok", "Right"),
            ("fail", "Defect"),
            ("choice", "This choice"),
        ],
        string="When it says",
    )
    shown_if_choice = fields.Char(string="Choice that asks it")

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

    @api.constrains("shown_if_item_id", "shown_if", "shown_if_choice", "sequence")
    def _check_shown_if(self):
        for item in self:
            asked = item.shown_if_item_id
            if not asked:
                continue
            if asked.checklist_id != item.checklist_id or asked == item:
                raise ValidationError(
                    self.env._("“%s” depends on a check of another checklist.", item.name)
                )
            if (asked.sequence, asked.id) >= (item.sequence, item.id):
                raise ValidationError(
                    self.env._(
                        "“%(name)s” depends on “%(asked)s”, which comes after it: drag it below.",
                        name=item.name,
                        asked=asked.name,
                    )
                )
            if not item._can_be_asked():
                raise ValidationError(
                    self.env._(
                        "“%(name)s”: say with which answer to “%(asked)s” it is asked.",
                        name=item.name,
                        asked=asked.name,
                    )
                )

    def _can_be_asked(self):
        """Whether the check that one item depends on can give the answer it waits for."""
        asked, when = self.shown_if_item_id, self.shown_if
        if when in ("yes", "no"):
            return asked.kind == "yesno"
        if when == "choice":
            return asked.kind == "choice" and self.shown_if_choice in asked._get_choices()
        return when in ("ok", "fail")

    def _get_choices(self):
        """Return the choices of one item, without the mark of a defect."""
        lines = (line.strip() for line in (self.choices or "").splitlines())
        return [line.rstrip("!").strip() for line in lines if line]

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
        items = self.sorted(lambda item: (item.sequence, item.id))
        numbers = {item.id: number for number, item in enumerate(items, start=1)}
        return [
            {
                "item_id": item.id,
                "number": numbers[item.id],
                "shown_if": item._prepare_condition(numbers),
                **{name: item[name] for name in names},
            }
            for item in items
        ]

    def _prepare_condition(self, numbers):
        """Return when one item is asked, as ``core.checks.hidden`` takes it, or False."""
        asked = self.shown_if_item_id
        if asked.id not in numbers:
            return False
        choice = self.shown_if_choice if self.shown_if == "choice" else False
        return {"number": numbers[asked.id], "when": self.shown_if, "choice": choice}
