from odoo import api, fields, models

from ..spreadsheet.fields import FIELD_SETS
from .import_text import field_labels


class FieldImportSheet(models.Model):
    """One sheet of a file: whether it is read, and where its header is."""

    _name = "field.import.sheet"
    _description = "Sheet of an imported file"
    _order = "sequence, id"

    import_id = fields.Many2one("field.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    sequence = fields.Integer()
    name = fields.Char(string="Sheet", readonly=True)
    is_used = fields.Boolean(string="Read")
    header_row = fields.Integer(
        string="Header line", help="Line of the column titles. 0 = there is none."
    )
    row_count = fields.Integer(string="Lines", readonly=True)
    note = fields.Char(compute="_compute_note")
    is_hidden = fields.Boolean(readonly=True)
    looks_right = fields.Boolean(readonly=True)

    @api.depends("is_hidden", "looks_right")
    @api.depends_context("lang")
    def _compute_note(self):
        for sheet in self:
            if sheet.is_hidden:
                sheet.note = self.env._("Hidden in the file")
            elif not sheet.looks_right:
                sheet.note = self.env._("Doesn't look like what is imported")
            else:
                sheet.note = False

    def write(self, vals):
        """Look at the columns again when the header moves."""
        moved = self.filtered(
            lambda sheet: "header_row" in vals and sheet.header_row != vals["header_row"]
        )
        result = super().write(vals)
        if moved:
            moved.import_id._check_state("read")
            moved._detect_columns()
        return result

    def _detect_columns(self):
        """Propose the columns anew under the header line that was typed."""
        for run, sheets in self.grouped("import_id").items():
            run._propose_columns({sheet.name: sheet.header_row for sheet in sheets})


class FieldImportColumn(models.Model):
    """One column of a sheet and what it means."""

    _name = "field.import.column"
    _description = "Column of an imported file"
    _order = "sheet_id, position, id"

    import_id = fields.Many2one("field.import", required=True, index=True, ondelete="cascade")
    sheet_id = fields.Many2one("field.import.sheet", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    position = fields.Integer(readonly=True)
    letter = fields.Char(string="Column", readonly=True)
    title = fields.Char(readonly=True)
    samples = fields.Char(string="First values", readonly=True)
    field_key = fields.Char(string="Meaning (technical)")
    proposed_key = fields.Char(readonly=True, help="What was proposed before any correction.")
    # One list of meanings a kind of file: a selection can't depend on its record.
    planning_field = fields.Selection(
        lambda self: self._get_meanings("planning"),
        string="Meaning",
        compute="_compute_meaning",
        inverse="_inverse_planning_field",
    )
    sites_field = fields.Selection(
        lambda self: self._get_meanings("sites"),
        string="Meaning in a list of sites",
        compute="_compute_meaning",
        inverse="_inverse_sites_field",
    )
    technicians_field = fields.Selection(
        lambda self: self._get_meanings("technicians"),
        string="Meaning in a list of technicians",
        compute="_compute_meaning",
        inverse="_inverse_technicians_field",
    )
    confidence = fields.Float(readonly=True, help="How sure the proposal is, from 0 to 1.")
    is_unsure = fields.Boolean(compute="_compute_is_unsure")

    @api.model
    def _get_meanings(self, kind):
        """Return what a column can mean in a kind of file, for a selection."""
        return list(field_labels(self.env, kind).items())

    @api.depends("field_key", "import_id.kind")
    def _compute_meaning(self):
        for column in self:
            for kind in FIELD_SETS:
                fits = kind == column.import_id.kind and column.field_key in FIELD_SETS[kind]
                column[f"{kind}_field"] = column.field_key if fits else False

    def _inverse_planning_field(self):
        self._set_meaning("planning")

    def _inverse_sites_field(self):
        self._set_meaning("sites")

    def _inverse_technicians_field(self):
        self._set_meaning("technicians")

    def _set_meaning(self, kind):
        """Take over what the user chose: sure from now on."""
        for column in self:
            if column.import_id.kind == kind:
                column.field_key = column[f"{kind}_field"]
                column.confidence = 1.0

    @api.depends("confidence", "field_key")
    def _compute_is_unsure(self):
        for column in self:
            column.is_unsure = bool(column.field_key) and column.confidence < 0.75
