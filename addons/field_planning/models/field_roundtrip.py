import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every

from odoo.addons.field_mission.core.slots import local_to_utc

from ..exports.workbook import LONGEST_TEXT
from ..spreadsheet.directory import Known, PeopleIndex, TypeIndex
from ..spreadsheet.reader import UnreadableFile, read_workbook
from ..spreadsheet.roundtrip import Problem, Reader, compare, find_export, settle_slot
from ..spreadsheet.text import compact
from .import_text import FILE_ERRORS

BATCH = 100
# Accepted lines that are written while the planner waits.
INLINE_LINES = 200
# Reading and judging by as many missions as fit in the memory of a moment.
CHUNK = 500
WANTED = [("decision", "=", "accept"), ("result", "=", "open")]


class FieldRoundtrip(models.Model):
    """One edited file that came back: compared with its export and with the database."""

    _name = "field.roundtrip"
    _inherit = ["field.background.mixin"]
    _description = "Edited export taken back"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        string="Taken back by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        help="The changes are written with this person's rights.",
    )
    file = fields.Binary(attachment=True, copy=False)
    filename = fields.Char(copy=False)
    export_id = fields.Many2one(
        "field.roundtrip.export",
        index="btree_not_null",
        check_company=True,
        ondelete="set null",
        help="Found in the file. Choose it where the file no longer says it: the rows are then"
        " found by their reference.",
    )
    state = fields.Selection(
        [
            ("draft", "File"),
            ("ready", "Changes"),
            ("running", "Writing"),
            ("done", "Complete"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    is_undoing = fields.Boolean(readonly=True, copy=False)
    line_ids = fields.One2many("field.roundtrip.line", "run_id", string="Lines", copy=False)
    same_count = fields.Integer(string="Unchanged", readonly=True, copy=False)
    change_count = fields.Integer(compute="_compute_counts", string="Changed")
    conflict_count = fields.Integer(compute="_compute_counts", string="In conflict")
    problem_count = fields.Integer(compute="_compute_counts", string="Can't be taken over")
    todo_count = fields.Integer(compute="_compute_counts", string="To decide")
    accepted_count = fields.Integer(compute="_compute_counts", string="Accepted")
    done_count = fields.Integer(compute="_compute_counts", string="Applied")
    failed_count = fields.Integer(compute="_compute_counts", string="Not applied")
    progress = fields.Float(compute="_compute_counts")

    @api.depends("filename", "create_date")
    def _compute_name(self):
        for run in self:
            run.name = run.filename or self.env._("Edited export")

    @api.depends("line_ids.decision", "line_ids.result", "line_ids.kind")
    def _compute_counts(self):
        counts = {}
        for run, kind, decision, result, count in self.env["field.roundtrip.line"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "kind", "decision", "result"], ["__count"]
        ):
            counts.setdefault(run.id, []).append((kind, decision, result, count))
        for run in self:
            rows = counts.get(run.id, ())

            def add(test, rows=rows):
                return sum(row[3] for row in rows if test(*row[:3]))

            run.change_count = add(lambda kind, _d, _r: kind in ("change", "new"))
            run.conflict_count = add(lambda kind, _d, _r: kind == "conflict")
            run.problem_count = add(lambda kind, _d, _r: kind in ("problem", "blocked"))
            run.todo_count = add(lambda _k, decision, r: decision == "todo" and r == "open")
            run.accepted_count = add(lambda _k, decision, r: decision == "accept" and r == "open")
            run.done_count = add(lambda _k, _d, result: result == "done")
            run.failed_count = add(lambda _k, _d, result: result == "failed")
            undone = add(lambda _k, _d, result: result == "undone")
            if run.is_undoing:
                finished, left = undone, run.done_count
            else:
                finished, left = run.done_count + run.failed_count, run.accepted_count
            run.progress = 100.0 * finished / (finished + left) if finished + left else 0.0

    # ------------------------------------------------------------------ life

    def _check_state(self, *states):
        for run in self:
            if run.state not in states:
                raise UserError(
                    self.env._("“%s” can't be changed in its present state.", run.display_name)
                )

    def write(self, vals):
        """The file and its export change before the comparison only."""
        if {"file", "export_id", "company_id"}.intersection(vals) and not self.env.context.get(
            "field_roundtrip_compare"
        ):
            self._check_state("draft")
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        self._check_state("draft", "ready", "done")

    def action_compare(self):
        """Read the file and list what it changes. Writes nothing to the missions.

        :raises UserError: the file is no export, or can't be read
        """
        self.check_access("write")
        for run in self:
            run._check_state("draft", "ready")
            run._make_lines()
            run.state = "ready"
        return True

    def action_back(self):
        """Choose another file."""
        self.check_access("write")
        self._check_state("ready")
        self._drop_lines()
        self.state = "draft"
        return True

    def action_accept_safe(self):
        """Accept every changed line that breaks nothing and is not in conflict."""
        self.check_access("write")
        self._check_state("ready", "done")
        lines = self.line_ids.filtered(
            lambda line: (
                line.kind == "change"
                and line.result == "open"
                and line.decision == "todo"
                and not line.issues
            )
        )
        lines.write({"decision": "accept"})
        return True

    def action_reject_rest(self):
        """Leave the database as it is for every line that is not decided."""
        self.check_access("write")
        self._check_state("ready", "done")
        self.line_ids.filtered(
            lambda line: line.decision == "todo" and line.result == "open"
        ).write({"decision": "keep"})
        return True

    def action_apply(self):
        """Write the accepted lines: at once, or in the background where there are many.

        :raises UserError: no line is accepted
        """
        self.check_access("write")
        for run in self:
            run._check_state("ready", "done")
            if not run.accepted_count:
                raise UserError(self.env._("Accept at least one line first."))
            run._run(undoing=False)
        return True

    def action_undo(self):
        """Take the applied lines back, those whose missions nobody changed since.

        :raises UserError: nothing was applied
        """
        self.check_access("write")
        for run in self:
            run._check_state("done")
            if not run.done_count:
                raise UserError(self.env._("Nothing was applied."))
            run._run(undoing=True)
        return True

    def _run(self, undoing):
        self.ensure_one()
        count = self.done_count if undoing else self.accepted_count
        self.write({"state": "running", "is_undoing": undoing, "user_id": self.env.uid})
        if count > INLINE_LINES:
            self.env.ref("field_planning.ir_cron_field_roundtrip").sudo()._trigger()
            return
        for _done in self._work():
            pass

    def poll(self):
        """Return how far one run is, for the screen that waits.

        :return: ``{"state": …, "progress": percent}``
        """
        self.ensure_one()
        self.check_access("read")
        return {"state": self.state, "progress": self.progress}

    @api.model
    def _cron_apply(self):
        """Go on with the runs under way, batch by batch, resumable anywhere."""
        cron = self.env["ir.cron"]
        for run in self.search([("state", "=", "running")], order="id"):
            mine = run._as_user()
            for done in mine._work():
                left = mine.done_count if mine.is_undoing else mine.accepted_count
                if not cron._commit_progress(done, remaining=left):
                    return

    def _work(self):
        """Apply or undo the lines that are left; yields how many each step dealt with."""
        self.ensure_one()
        lines = self.env["field.roundtrip.line"]
        while True:
            domain = [("result", "=", "done")] if self.is_undoing else WANTED
            # Whoever else works on this run (a second cron) gets other lines, or none.
            batch = lines.search([("run_id", "=", self.id), *domain], limit=BATCH)
            batch = batch.try_lock_for_update()
            if not batch:
                break
            batch._undo() if self.is_undoing else batch._apply()
            self.invalidate_recordset()
            self.user_id.sudo()._bus_send(
                "field_planning.roundtrip", {"id": self.id, "progress": self.progress}
            )
            yield len(batch)
        self.write({"state": "done", "is_undoing": False})

    def action_view_missions(self):
        """Open the missions that this file changed.

        :return: action of the missions
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        missions = self.line_ids.filtered(lambda line: line.result == "done").mission_id
        action["domain"] = [("id", "in", missions.ids)]
        action["context"] = {}
        return action

    def action_view_lines(self):
        """Open the lines of one run in their own list.

        :return: action of the lines
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_roundtrip_line_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        action["display_name"] = self.name
        return action

    # ------------------------------------------------------------------ comparing

    def _drop_lines(self):
        # Lines are made and dropped by the comparison only; planners decide on them.
        self.line_ids.sudo().unlink()

    def _read_workbook(self):
        self.ensure_one()
        data = base64.b64decode(self.with_context(bin_size=False).file or b"")
        try:
            return read_workbook(data, self.filename or "")
        except UnreadableFile as error:
            raise UserError(self.env._(FILE_ERRORS[error.code])) from error

    def _find_export(self, workbook):
        """Return the export that a file is.

        :raises UserError: another company's, another one than chosen, or none
        """
        identity = find_export(workbook)
        if not identity:
            if self.export_id:
                return self.export_id
            raise UserError(
                self.env._(
                    "The file does not say which export it is: its hidden columns are gone. Choose"
                    " the export below to find the missions by their reference, or import the file"
                    " with “Import a spreadsheet”."
                )
            )
        export = self.env["field.roundtrip.export"].search(
            [("uuid", "=", identity), ("company_id", "=", self.company_id.id)]
        )
        if not export:
            raise UserError(
                self.env._(
                    "The export of this file is not known here: it is too old, or comes from"
                    " another company. Export again."
                )
            )
        if self.export_id and self.export_id != export:
            raise UserError(
                self.env._("The file is another export than the chosen one: “%s”.", export.name)
            )
        return export

    def _make_lines(self):
        self.ensure_one()
        self._drop_lines()
        workbook = self._read_workbook()
        export = self._find_export(workbook)
        self.with_context(field_roundtrip_compare=True).export_id = export
        snapshot = export._get_snapshot()
        snapshot["rows"] = {int(key): row for key, row in snapshot["rows"].items()}
        edited = self._get_reader(snapshot).read(workbook)
        if "ref" not in edited.columns and "id" not in edited.columns:
            raise UserError(
                self.env._(
                    "The table is not found: the titles of its columns are gone. Put the line of"
                    " titles back, above the missions."
                )
            )
        vals_list, known = self._sort_rows(edited, export, snapshot)
        missions = self.env["field.mission"].browse([key for key, _row in known])
        there = set(missions.exists()._filtered_access("write").ids)
        self.same_count = 0
        for chunk in split_every(CHUNK, known):
            vals_list += self._compare_chunk(
                [(key, row) for key, row in chunk if key in there], export, snapshot
            )
        for key, row in known:
            if key not in there:
                vals_list.append(self._prepare_problem(row, [Problem("unknown_row")]))
        named = {row.key for row in edited.rows} | {row.ref for row in edited.rows}
        vals_list += self._prepare_missing(snapshot, named)
        vals_list.sort(key=lambda vals: (vals["sheet"] or "~", vals["row_number"]))
        self.env["field.roundtrip.line"].sudo().create(vals_list)

    def _get_reader(self, snapshot):
        own = [("company_id", "in", [False, self.company_id.id])]
        people = self.env["hr.employee"].search_fetch(
            [("is_field_technician", "=", True), *own], ["name"], order="id"
        )
        types = self.env["field.service.type"].search_fetch(own, ["name", "code"])
        return Reader(
            snapshot["titles"],
            snapshot["people"],
            snapshot["types"],
            PeopleIndex([Known(person.id, person.name) for person in people]),
            TypeIndex(
                [Known(kind.id, kind.name, (kind.code,) if kind.code else ()) for kind in types]
            ),
        )

    def _sort_rows(self, edited, export, snapshot):
        """Find the mission of each row.

        :return: values of lines for what has none, and ``[(mission_id, row)]``
        """
        by_ref = {row["ref"]: key for key, row in snapshot["rows"].items()}
        vals_list, known, seen = [], [], set()
        fresh = []
        for row in edited.rows:
            key = row.key or by_ref.get(row.ref, 0)
            stranger = row.export and row.export != export.uuid
            if not key and not row.ref and not stranger:
                fresh.append(row)
                continue
            problem = None
            if stranger or key not in snapshot["rows"]:
                problem = "unknown_row"
            elif row.key and row.ref and snapshot["rows"][key]["ref"] != row.ref:
                problem = "wrong_key"
            elif key in seen:
                problem = "twice"
            if problem:
                vals_list.append(self._prepare_problem(row, [Problem(problem)]))
                continue
            seen.add(key)
            row.problems = [one for one in row.problems if one.code != "twice"]
            known.append((key, row))
        return vals_list + self._prepare_new(fresh), known

    def _prepare_line(self, row, **vals):
        return {
            "run_id": self.id,
            "sheet": row.sheet,
            "row_number": row.number,
            "ref": row.ref or False,
            "decision": "todo",
            "issues": False,
            **vals,
        }

    def _prepare_problem(self, row, problems, kind="problem", **vals):
        return self._prepare_line(
            row,
            kind=kind,
            decision="keep",
            problems=[[one.code, one.column, one.value] for one in problems],
            **vals,
        )

    def _prepare_missing(self, snapshot, named):
        """Return lines of missions that no row names, neither by its key nor by its reference."""
        gone = [
            key
            for key, row in snapshot["rows"].items()
            if key not in named and row["ref"] not in named
        ]
        there = set(self.env["field.mission"].browse(gone).exists()._filtered_access("read").ids)
        return [
            {
                "run_id": self.id,
                "sheet": False,
                "row_number": 0,
                "ref": snapshot["rows"][key]["ref"],
                "mission_id": key,
                "kind": "missing",
                "decision": "keep",
            }
            for key in gone
            if key in there
        ]

    def _compare_chunk(self, pairs, export, snapshot):
        """Return the lines of rows whose missions are there."""
        missions = self.env["field.mission"].browse([key for key, _row in pairs])
        vals_list, moves = [], []
        for mission, (key, row) in zip(missions, pairs, strict=True):
            then = snapshot["rows"][key]
            base = then["values"]
            values, misfit = settle_slot(base, row.values)
            problems = row.problems + ([misfit] if misfit else [])
            now = mission._get_roundtrip_values(export.tz)
            changes = compare(base, values, now, mission.plan_version != then["version"])
            problems += [
                Problem("too_long", change.key)
                for change in changes
                if len(str(change.base)) >= LONGEST_TEXT
            ]
            if problems:
                vals_list.append(self._prepare_problem(row, problems, mission_id=key))
                continue
            if not changes:
                self.same_count += 1
                continue
            conflict = any(change.conflict for change in changes)
            vals = self._prepare_line(
                row,
                kind="conflict" if conflict else "change",
                mission_id=key,
                changes=[
                    [change.key, change.base, change.file, change.now, change.conflict]
                    for change in changes
                ],
                plan_version=mission.plan_version,
                move=self._prepare_move(mission, changes, values, export.tz) or False,
                writes=self._prepare_writes(changes) or False,
            )
            vals_list.append(vals)
            if vals["move"]:
                moves.append((mission, mission._complete_move(_with_moment(vals["move"]))))
        self._judge(vals_list, moves)
        missions.invalidate_recordset()
        return vals_list

    def _prepare_move(self, mission, changes, values, tz):
        """Return what of one row ``action_place`` must do, JSON-able."""
        changed = {change.key for change in changes}
        move = {}
        if changed & {"day", "start"}:
            move["planned_start"] = self._get_start(values, tz)
        if "duration" in changed:
            move["planned_duration"] = values["duration"] / 60
        if "technician" in changed:
            move["technician_id"] = values["technician"] or False
        if "helpers" in changed:
            move["helper_ids"] = values["helpers"]
        return {"id": mission.id, **move} if move else {}

    def _get_start(self, values, tz):
        if not values["start"]:
            return False
        hours, minutes = values["start"].split(":")
        day = fields.Date.to_date(values["day"])
        return fields.Datetime.to_string(local_to_utc(day, int(hours) + int(minutes) / 60, tz))

    def _prepare_writes(self, changes):
        names = {
            "type": "service_type_id",
            "description": "description",
            "instructions": "instructions",
        }
        return {names[one.key]: one.file for one in changes if one.key in names}

    def _judge(self, vals_list, moves):
        """Note what the moves of a chunk would break; what is forbidden is not offered."""
        issues = self.env["field.mission"]._judge_moves(moves) if moves else {}
        for vals in vals_list:
            found = issues.get(vals.get("mission_id")) if vals.get("move") else None
            vals["issues"] = found or False
            if found and any(issue["level"] == "hard" for issue in found):
                vals.update(kind="blocked", decision="keep")

    def _prepare_new(self, rows):
        """Return lines of rows that people added: a mission to make, where the site is known."""
        if not rows:
            return []
        sites = {}
        for site in self.env["res.partner"].search_fetch(
            [("is_field_site", "=", True), ("company_id", "in", [False, self.company_id.id])],
            ["name"],
        ):
            sites.setdefault(compact(site.name or ""), []).append(site.id)
        vals_list = []
        for row in rows:
            problems = [one for one in row.problems if one.column != "duration" or one.value]
            found = sites.get(compact(row.shown.get("site") or ""), [])
            if len(found) != 1:
                problems.append(Problem("unknown_site", "site", row.shown.get("site", "")))
            values = {
                "day": "", "start": "", "end": "", "duration": 0, "technician": 0, "helpers": [],
                "type": 0, "description": "", "instructions": "", **row.values,
            }  # fmt: skip
            if values["start"] and not values["day"]:
                problems.append(Problem("start_without_day", "day"))
            if problems:
                vals_list.append(self._prepare_problem(row, problems))
                continue
            vals_list.append(
                self._prepare_line(
                    row,
                    kind="new",
                    changes=[
                        [key, None, value, None, False] for key, value in values.items() if value
                    ],
                    writes={**values, "site_id": found[0], "site": row.shown.get("site")},
                )
            )
        return vals_list


def _with_moment(move):
    """A stored move with its start as a datetime."""
    if not move.get("planned_start"):
        return dict(move)
    return {**move, "planned_start": fields.Datetime.to_datetime(move["planned_start"])}
