import base64
import hashlib
import json

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..spreadsheet.layout import apply_titles, detect_layout
from ..spreadsheet.planning import detect_planning, read_planning
from ..spreadsheet.reader import UnreadableFile, read_workbook
from ..spreadsheet.site_list import read_sites
from ..spreadsheet.technician_list import read_technicians
from ..spreadsheet.text import normalise
from .import_directory import ImportDirectory
from .import_text import FILE_ERRORS, SKIP_REASONS
from .import_writer import ImportWriter

BATCH = 200
# Lines that a run still has to write.
PENDING = ("ok", "unassigned")
# Lines somebody should look at.
TO_FIX = (
    "bad_date", "bad_time", "bad_duration", "unknown_technician", "unknown_type",
    "unknown_customer", "unknown_site", "unnamed", "failed",
)  # fmt: skip
# Lines left aside on purpose.
LEFT_OUT = ("cancelled", "duplicate", "imported", "hidden", "ignored")


class FieldImport(models.Model):
    """One file taken in, from the upload to its last line.

    The way from code: ``create({"kind": …, "file": base64, "filename": …})``, then
    :meth:`action_read` (proposes the columns), :meth:`action_check` (dry run: makes the lines),
    :meth:`action_import` (accepts it); the cron then writes the lines, batch by batch.
    """

    _name = "field.import"
    _inherit = ["field.background.mixin"]
    _description = "Import of a spreadsheet"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    kind = fields.Selection(
        [
            ("planning", "A planning"),
            ("sites", "A list of sites"),
            ("technicians", "A list of technicians"),
        ],
        string="What is it?",
        required=True,
        default="planning",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Imported by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        help="The lines are written with this person's rights.",
    )
    file = fields.Binary(attachment=True, copy=False)
    filename = fields.Char(copy=False)
    file_sha256 = fields.Char(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "File"),
            ("read", "Columns"),
            ("ready", "Check"),
            ("running", "Importing"),
            ("done", "Complete"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )

    reference_date = fields.Date(
        string="A day near the planning",
        help="Used for dates without a year when the file tells nothing else. Empty = today.",
    )
    include_hidden = fields.Boolean(
        string="Hidden lines too", help="Import lines and sheets that are hidden in the file."
    )
    default_type_id = fields.Many2one(
        "field.service.type",
        string="Service type if empty",
        check_company=True,
        help="Taken for lines that name no service type.",
    )

    sheet_ids = fields.One2many("field.import.sheet", "import_id", string="Sheets", copy=False)
    column_ids = fields.One2many("field.import.column", "import_id", string="Columns", copy=False)
    line_ids = fields.One2many("field.import.line", "import_id", string="Lines", copy=False)
    fix_line_ids = fields.One2many(
        "field.import.line",
        "import_id",
        string="Lines to correct",
        domain=[("status", "in", TO_FIX)],
    )
    ready_line_ids = fields.One2many(
        "field.import.line",
        "import_id",
        string="Lines to import",
        domain=[("status", "in", [*PENDING, "done"])],
    )
    left_line_ids = fields.One2many(
        "field.import.line",
        "import_id",
        string="Lines left aside",
        domain=[("status", "in", LEFT_OUT)],
    )
    skipped = fields.Json(readonly=True, copy=False)
    skipped_note = fields.Html(compute="_compute_skipped_note", string="Other lines of the file")

    line_count = fields.Integer(compute="_compute_counts", string="Number of lines")
    ready_count = fields.Integer(compute="_compute_counts", string="Lines ready")
    fix_count = fields.Integer(compute="_compute_counts", string="Lines with a problem")
    left_count = fields.Integer(compute="_compute_counts", string="Lines left out")
    done_count = fields.Integer(compute="_compute_counts", string="Lines imported")
    progress = fields.Float(compute="_compute_counts")
    summary = fields.Html(compute="_compute_summary")
    date_start = fields.Datetime(readonly=True, copy=False)
    date_end = fields.Datetime(readonly=True, copy=False)

    # ------------------------------------------------------------------ computed fields

    @api.depends("filename", "create_date")
    def _compute_name(self):
        for run in self:
            run.name = run.filename or self.env._("New import")

    @api.depends("line_ids.status")
    def _compute_counts(self):
        counts = {}
        for run, status, count in self.env["field.import.line"]._read_group(
            [("import_id", "in", self.ids)], ["import_id", "status"], ["__count"]
        ):
            counts.setdefault(run.id, {})[status] = count
        for run in self:
            by_status = counts.get(run.id, {})
            run.line_count = sum(by_status.values())
            run.ready_count = sum(by_status.get(status, 0) for status in PENDING)
            run.fix_count = sum(by_status.get(status, 0) for status in TO_FIX)
            run.left_count = sum(by_status.get(status, 0) for status in LEFT_OUT)
            run.done_count = by_status.get("done", 0)
            total = run.ready_count + run.done_count + by_status.get("failed", 0)
            run.progress = 100.0 * (total - run.ready_count) / total if total else 0.0

    @api.depends("line_ids.status")
    @api.depends_context("lang")
    def _compute_summary(self):
        labels = dict(
            self.env["field.import.line"]._fields["status"]._description_selection(self.env)
        )
        counts = {}
        for run, status, count in self.env["field.import.line"]._read_group(
            [("import_id", "in", self.ids)], ["import_id", "status"], ["__count"]
        ):
            counts.setdefault(run.id, []).append((list(labels).index(status), status, count))
        for run in self:
            items = Markup("").join(
                Markup("<li><b>{}</b> {}</li>").format(count, labels[status])
                for _rank, status, count in sorted(counts.get(run.id, ()))
            )
            run.summary = Markup("<ul class='mb-0'>{}</ul>").format(items) if items else False

    @api.depends("skipped")
    @api.depends_context("lang")
    def _compute_skipped_note(self):
        for run in self:
            items = Markup("").join(
                Markup("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>").format(
                    sheet, row or "", self.env._(SKIP_REASONS[reason]), text
                )
                for sheet, row, reason, text in run.skipped or ()
            )
            run.skipped_note = (
                Markup("<table class='table table-sm'>{}</table>").format(items) if items else False
            )

    # ------------------------------------------------------------------ life

    def _check_state(self, *states):
        for run in self:
            if run.state not in states:
                raise UserError(
                    self.env._("“%s” can't be changed in its present state.", run.display_name)
                )

    def _check_kind_rights(self):
        """Technicians are employees: only who may create employees imports them."""
        for run in self:
            if run.kind == "technicians" and not self.env["hr.employee"].has_access("create"):
                raise AccessError(
                    self.env._("Only people who may create employees can import technicians.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Create runs; technicians only for who may create employees."""
        runs = super().create(vals_list)
        runs._check_kind_rights()
        return runs

    def write(self, vals):
        """Keep what a run has read in step with its file and kind."""
        if {"file", "kind", "company_id"}.intersection(vals):
            self._check_state("draft")
        result = super().write(vals)
        if "kind" in vals:
            self._check_kind_rights()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        self._check_state("draft", "read", "ready", "done", "cancelled")

    def action_read(self):
        """Read the file and propose what its sheets and columns mean.

        :raises UserError: when the file holds nothing that can be read
        """
        self._check_kind_rights()
        for run in self:
            run._check_state("draft", "read", "ready")
            run._propose_columns()
            run.state = "read"
        return True

    def action_check(self):
        """Read the lines and tell what would happen with each of them. Writes no business record.

        :raises UserError: when no sheet is chosen
        """
        self._check_kind_rights()
        for run in self:
            run._check_state("read", "ready")
            if not run.sheet_ids.filtered("is_used"):
                raise UserError(self.env._("Choose at least one sheet to read."))
            run._remember_columns()
            run._make_lines()
            run.state = "ready"
        return True

    def action_back(self):
        """Go one step back: from the check to the columns, from these to the file."""
        for run in self:
            run._check_state("read", "ready")
            run.line_ids.sudo().unlink()
            run.state = "read" if run.state == "ready" else "draft"
        return True

    def action_import(self):
        """Accept the check: the ready lines are written in the background, as the user.

        :raises UserError: when no line is ready
        """
        self._check_kind_rights()
        for run in self:
            run._check_state("ready", "done")
            if not run.ready_count:
                raise UserError(self.env._("There is no line to import."))
            run.write(
                {
                    "state": "running",
                    "user_id": self.env.uid,
                    "date_start": fields.Datetime.now(),
                    "date_end": False,
                }
            )
        self.env.ref("field_planning.ir_cron_field_import").sudo()._trigger()
        return True

    def action_cancel(self):
        """Stop the run: the lines that are written stay, the others are not written."""
        for run in self:
            run._check_state("draft", "read", "ready", "running")
            run.write({"state": "cancelled", "date_end": fields.Datetime.now()})
        return True

    def action_reopen(self):
        """Go on with a run that was stopped or is done, to correct and import what is left."""
        for run in self:
            run._check_state("cancelled", "done")
            run.state = "ready" if run.line_ids else "draft"
        return True

    # ------------------------------------------------------------------ reading

    def _read_workbook(self):
        """Return the file as a workbook.

        :raises UserError: when it can't be read
        """
        self.ensure_one()
        data = base64.b64decode(self.with_context(bin_size=False).file or b"")
        try:
            workbook = read_workbook(data, self.filename or "")
        except UnreadableFile as error:
            raise UserError(self.env._(FILE_ERRORS[error.code])) from error
        self.file_sha256 = hashlib.sha256(data).hexdigest()
        return workbook

    def _get_directory(self):
        """Return what the company knows, for the reading (hook)."""
        self.ensure_one()
        return ImportDirectory(self.env, self.company_id)

    def _propose_columns(self, headers=None):
        """Propose sheets and columns, from the file, what is known and what is remembered.

        :param headers: ``{sheet name: header line}`` that the user gave; None looks for them anew
        """
        self.ensure_one()
        workbook = self._read_workbook()
        evidence = self._get_directory().evidence()
        layouts = self._find_layouts(workbook, evidence, headers)
        memory = self.env["field.import.mapping"]._recall(
            self.company_id, self.kind, [layout.signature for layout, _right in layouts]
        )
        proposals = {
            (layout.sheet, column.index): column.field
            for layout, _right in layouts
            for column in layout.columns
        }
        for layout, _right in layouts:
            apply_titles(layout, memory.get(layout.signature, {}))
        if headers is None:
            self.sheet_ids.unlink()
        sheets = {sheet.name: sheet for sheet in self.sheet_ids}
        hidden = {sheet.name: sheet.hidden for sheet in workbook.sheets}
        sizes = {sheet.name: len(sheet.rows) for sheet in workbook.sheets}
        missing = [
            {
                "import_id": self.id,
                "sequence": position,
                "name": layout.sheet,
                "is_used": right,
                "looks_right": right or not hidden[layout.sheet],
                "header_row": layout.header,
                "row_count": sizes[layout.sheet],
                "is_hidden": hidden[layout.sheet],
            }
            for position, (layout, right) in enumerate(layouts)
            if layout.sheet not in sheets
        ]
        for vals, sheet in zip(
            missing, self.env["field.import.sheet"].create(missing), strict=True
        ):
            vals["looks_right"] = vals["is_used"]
            sheet.looks_right = vals["is_used"] or vals["is_hidden"]
            sheets[sheet.name] = sheet
        self._store_columns(sheets, [layout for layout, _right in layouts], proposals)

    def _find_layouts(self, workbook, evidence, headers):
        """Return ``[(layout, whether the sheet looks like what is imported)]``."""
        if headers:
            return [
                (detect_layout(sheet, self.kind, evidence, headers[sheet.name]), True)
                for sheet in workbook.sheets
                if sheet.name in headers
            ]
        layouts = [
            detect_layout(sheet, self.kind, evidence) for sheet in workbook.sheets if sheet.rows
        ]
        if self.kind == "planning":
            right = detect_planning(workbook, evidence, self.include_hidden)[0]
            used = {layout.sheet for layout in right}
        else:
            used = {max(layouts, key=lambda layout: layout.score).sheet}
        return [(layout, layout.sheet in used) for layout in layouts]

    def _store_columns(self, sheets, layouts, proposals):
        self.column_ids.filtered(
            lambda column: column.sheet_id.name in {layout.sheet for layout in layouts}
        ).unlink()
        self.env["field.import.column"].create(
            [
                {
                    "import_id": self.id,
                    "sheet_id": sheets[layout.sheet].id,
                    "position": column.index,
                    "letter": column.letter,
                    "title": column.title,
                    "samples": " · ".join(column.samples)[:200],
                    "field_key": column.field or False,
                    "proposed_key": proposals[layout.sheet, column.index] or False,
                    "confidence": column.confidence,
                }
                for layout in layouts
                for column in layout.columns
                if column.title or column.samples
            ]
        )

    def _get_layouts(self, workbook):
        """Return the layouts of the chosen sheets with the columns as the user left them."""
        chosen = {
            (column.sheet_id.name, column.position): column.field_key or ""
            for column in self.column_ids
        }
        headers = {sheet.name: sheet.header_row for sheet in self.sheet_ids if sheet.is_used}
        layouts = []
        for sheet in workbook.sheets:
            if sheet.name not in headers:
                continue
            layout = detect_layout(sheet, self.kind, header=headers[sheet.name])
            for column in layout.columns:
                column.field = chosen.get((sheet.name, column.index), "")
            layouts.append(layout)
        return layouts

    def _remember_columns(self):
        """Keep the user's corrections of the proposal for the next file with this header."""
        corrected = {}
        for column in self.column_ids:
            if column.sheet_id.is_used and column.field_key != column.proposed_key:
                titles = corrected.setdefault(column.sheet_id.name, {})
                titles[normalise(column.title or "")] = column.field_key or ""
        headers = {
            layout.signature: (
                " | ".join(column.title for column in layout.columns),
                corrected[layout.sheet],
            )
            for layout in self._get_layouts(self._read_workbook())
            if layout.signature and layout.sheet in corrected
        }
        if headers:
            self.env["field.import.mapping"]._remember(self.company_id, self.kind, headers)

    # ------------------------------------------------------------------ dry run

    def _make_lines(self):
        """Read the file into lines and say what would happen with each."""
        self.ensure_one()
        # Lines are made by the reading only; planners correct them.
        lines = self.env["field.import.line"].sudo()
        self.line_ids.sudo().unlink()
        known = self._get_directory()
        workbook = self._read_workbook()
        layouts = self._get_layouts(workbook)
        vals_list = getattr(self, f"_read_{self.kind}")(workbook, layouts, known)
        made = lines._create_read(vals_list)
        if self.kind == "planning":
            made._mark_imported()

    def _read_planning(self, workbook, layouts, known):
        reading = read_planning(
            workbook, layouts, known.directory, known.sites, known.codes, known.options(self)
        )
        left = [
            (sheet.name, 0, "hidden" if sheet.is_hidden else "sheet", "")
            for sheet in self.sheet_ids
            if not sheet.is_used
        ]
        self.skipped = [
            *left,
            *([item.sheet, item.row, item.reason, item.text] for item in reading.skipped),
        ]
        prepare = self.env["field.import.line"]._prepare_planning_values
        return [prepare(self, line) for line in reading.lines]

    def _read_sites(self, workbook, layouts, known):
        prepare = self.env["field.import.line"]._prepare_site_values
        return [
            prepare(self, line)
            for layout in layouts
            for line in read_sites(
                workbook, layout, known.sites, known.directory.customers, known.codes
            )
        ]

    def _read_technicians(self, workbook, layouts, known):
        prepare = self.env["field.import.line"]._prepare_technician_values
        return [
            prepare(self, line)
            for layout in layouts
            for line in read_technicians(workbook, layout, known.directory.technicians)
        ]

    # ------------------------------------------------------------------ writing

    @api.model
    def _cron_import(self):
        """Write the accepted lines of every running import, batch by batch, resumable anywhere."""
        runs = self.search([("state", "=", "running")], order="date_start, id")
        cron = self.env["ir.cron"]
        left = sum(runs.mapped("ready_count"))
        for run in runs:
            for done in run._as_user()._write_batches():
                left = max(0, left - done)
                if not cron._commit_progress(done, remaining=left):
                    return
                if run.state != "running":
                    break  # cancelled meanwhile

    def _write_batches(self):
        """Write the lines that are left, a batch at each step.

        :return: yields the number of lines that a step dealt with
        """
        self.ensure_one()
        while True:
            lines = self.env["field.import.line"].search(
                [("import_id", "=", self.id), ("status", "in", PENDING)], limit=BATCH
            )
            if not lines:
                break
            ImportWriter(self).write_lines(lines)
            self._tell_progress()
            yield len(lines)
        self.write({"state": "done", "date_end": fields.Datetime.now()})
        self._tell_end()
        yield 0

    def _tell_progress(self):
        self.invalidate_recordset(["progress", "done_count", "ready_count", "fix_count"])
        self.user_id.sudo()._bus_send(
            "field_planning.import", {"id": self.id, "progress": self.progress}
        )

    def _tell_end(self):
        self.invalidate_recordset()
        self.user_id.sudo()._bus_send(
            "simple_notification",
            {
                "type": "warning" if self.fix_count else "success",
                "title": self.env._("Import finished"),
                "message": self.env._(
                    "%(name)s: %(done)s lines imported, %(fix)s to correct, %(left)s left aside.",
                    name=self.name,
                    done=self.done_count,
                    fix=self.fix_count,
                    left=self.left_count,
                ),
            },
        )
        self.user_id.sudo()._bus_send("field_planning.import", {"id": self.id, "progress": 100.0})

    def poll(self):
        """Return how far one run is, for the screen that waits.

        :return: ``{"state": …, "progress": percent}``
        """
        self.ensure_one()
        return {"state": self.state, "progress": self.progress}

    # ------------------------------------------------------------------ screens

    def action_view_lines(self):
        """Open all lines, grouped by what would happen, to be corrected in place."""
        return self._open_lines([], {"search_default_group_status": 1})

    def action_view_fix(self):
        """Open the lines that need a correction."""
        return self._open_lines([("status", "in", TO_FIX)], {})

    def action_view_ready(self):
        """Open the lines that are ready or imported."""
        return self._open_lines([("status", "in", [*PENDING, "done"])], {})

    def action_view_left(self):
        """Open the lines left aside."""
        return self._open_lines([("status", "in", LEFT_OUT)], {})

    def _open_lines(self, domain, context):
        self.ensure_one()
        name = "field_planning.field_import_line_action"
        if self.kind != "planning":
            name = f"field_planning.field_import_line_action_{self.kind}"
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        action["domain"] = [("import_id", "=", self.id), *domain]
        action["context"] = {"default_import_id": self.id, **context}
        action["display_name"] = self.name
        return action

    def action_view_missions(self):
        """Open the missions that this import made."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        missions = self.line_ids.filtered(lambda line: line.status == "done").mission_id
        action["domain"] = [("id", "in", missions.ids)]
        action["context"] = {}
        return action

    def _fingerprint(self, parts):
        """Return the mark of a line's meaning inside one company."""
        text = json.dumps([self.company_id.id, *parts], default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:40]
