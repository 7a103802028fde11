from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .roundtrip_text import describe_changes, describe_problems


class FieldRoundtripLine(models.Model):
    """One row of an edited file that wants something changed, or can't be understood."""

    _name = "field.roundtrip.line"
    _description = "Row of an edited export"
    _order = "run_id, id"
    _rec_name = "ref"
    _check_company_auto = True

    run_id = fields.Many2one("field.roundtrip", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    run_state = fields.Selection(related="run_id.state")
    sheet = fields.Char(readonly=True)
    row_number = fields.Integer(string="Row", readonly=True)
    ref = fields.Char(string="Reference", readonly=True)
    mission_id = fields.Many2one(
        "field.mission", readonly=True, index="btree_not_null", ondelete="set null"
    )
    site_id = fields.Many2one(related="mission_id.site_id")
    kind = fields.Selection(
        [
            ("change", "Changed"),
            ("conflict", "Changed on both sides"),
            ("new", "New row"),
            ("missing", "Row deleted"),
            ("problem", "Unreadable"),
            ("blocked", "Not allowed"),
        ],
        required=True,
        readonly=True,
    )
    decision = fields.Selection(
        [("todo", "To decide"), ("accept", "From the file"), ("keep", "As it is")],
        default="todo",
        required=True,
    )
    result = fields.Selection(
        [
            ("open", "To decide"),
            ("done", "Applied"),
            ("failed", "Not applied"),
            ("undone", "Undone"),
        ],
        default="open",
        required=True,
        readonly=True,
    )
    message = fields.Text(string="Outcome", readonly=True)
    changes = fields.Json(readonly=True)
    problems = fields.Json(readonly=True)
    issues = fields.Json(readonly=True)
    move = fields.Json(readonly=True)
    writes = fields.Json(readonly=True)
    undo = fields.Json(readonly=True)
    plan_version = fields.Integer(readonly=True, aggregator=None)
    difference = fields.Html(compute="_compute_texts", string="What changes", sanitize=False)
    warning = fields.Text(compute="_compute_texts", string="To know")
    has_warning = fields.Boolean(compute="_compute_texts")

    _once_a_run = models.Index("(run_id, result, decision)")

    def write(self, vals):
        """Let planners decide; everything else is the comparison's."""
        if not self.env.su and set(vals) - {"decision"}:
            raise AccessError(self.env._("Only the decision on a row can be changed."))
        if "decision" in vals and not self.env.su:
            self._check_decision(vals["decision"])
        return super().write(vals)

    def _check_decision(self, decision):
        for line in self:
            if line.run_id.state not in ("ready", "done") or line.result not in ("open", "failed"):
                raise UserError(self.env._("Row %s is already dealt with.", line.row_number))
            if decision == "accept" and line.kind in ("problem", "blocked", "missing"):
                raise UserError(
                    self.env._(
                        "%(row)s can't be taken from the file: %(why)s",
                        row=line.ref or self.env._("Row %s", line.row_number),
                        why=line.warning or "",
                    )
                )

    def action_accept(self):
        """Take these rows from the file; what can't be taken is left out."""
        self.check_access("write")
        self.filtered(
            lambda line: line.kind in ("change", "conflict", "new") and line.result == "open"
        ).write({"decision": "accept"})
        return True

    def action_keep(self):
        """Leave the missions of these rows as they are."""
        self.check_access("write")
        self.filtered(lambda line: line.result == "open").write({"decision": "keep"})
        return True

    def action_view_mission(self):
        """Open the mission of one row.

        :return: action of its form
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------ words

    @api.depends("changes", "problems", "issues", "message", "kind")
    @api.depends_context("lang")
    def _compute_texts(self):
        changes = describe_changes(self)
        for line in self:
            line.difference = changes[line]
            told = describe_problems(line)
            told += [issue["message"] for issue in line.issues or ()]
            if line.kind == "missing":
                told.append(
                    self.env._(
                        "The row is gone from the file. The mission stays: cancel it in the"
                        " missions if it is not to be done."
                    )
                )
            if line.message:
                told.append(line.message)
            line.warning = "\n".join(told)
            line.has_warning = bool(told)

    # ------------------------------------------------------------------ writing

    def _apply(self):
        """Write the accepted lines, each wholly or not at all."""
        try:
            with self.env.cr.savepoint():
                self._apply_together()
        except (UserError, ValidationError, AccessError):
            # One of them is refused as a whole: find out which.
            self.env.invalidate_all()
            for line in self:
                try:
                    with self.env.cr.savepoint():
                        line._apply_together()
                except (UserError, ValidationError, AccessError) as error:
                    self.env.invalidate_all()
                    line.sudo().write({"result": "failed", "message": str(error)})

    def _apply_together(self):
        for line in self.filtered(lambda line: line.kind == "new"):
            line._create_mission()
        lines = self.filtered(lambda line: line.kind != "new")
        gone = lines.filtered(lambda line: not line.mission_id)
        gone._fail(self.env._("The mission no longer exists."))
        lines = (lines - gone)._drop_stale()
        moving = lines.filtered("move")
        answer = self.env["field.mission"].action_place(
            [{**line.move, "plan_version": line.plan_version} for line in moving],
            {line.mission_id.id: [issue["code"] for issue in line.issues or ()] for line in moving},
        )
        lines -= moving._take_refusals(answer)
        undo = {move["id"]: move for move in answer["undo"]}
        for line in lines:
            before = line._write_texts()
            line.sudo().write(
                {
                    "result": "done",
                    "message": False,
                    "undo": {"move": undo.get(line.mission_id.id), "writes": before},
                }
            )

    def _fail(self, message):
        for line in self:
            line.sudo().write({"result": "failed", "message": message})

    def _drop_stale(self):
        """Leave out the lines whose texts or type somebody changed since the comparison."""
        names = {"type": "service_type_id", "description": "description",
                 "instructions": "instructions"}  # fmt: skip
        stale = self.browse()
        for line in self:
            for key, _base, _file, now, _conflict in line.changes or ():
                if key in names and _plain(line.mission_id[names[key]]) != (now or ""):
                    stale |= line
        stale._fail(self._get_stale_text())
        return self - stale

    def _get_stale_text(self):
        return self.env._("Changed by somebody since the comparison: compare again.")

    def _take_refusals(self, answer):
        """Note why moves were not made; returns the lines concerned."""
        told = {item["id"]: self._get_stale_text() for item in answer["conflicts"]}
        for item in answer["refused"] + answer["to_confirm"]:
            told[item["id"]] = "\n".join(issue["message"] for issue in item["issues"])
        refused = self.filtered(lambda line: line.mission_id.id in told)
        for line in refused:
            line._fail(told[line.mission_id.id])
        return refused

    def _write_texts(self):
        """Write type and texts of one line; returns what they were."""
        self.ensure_one()
        if not self.writes:
            return {}
        mission, values = self.mission_id, dict(self.writes)
        before = {name: _plain(mission[name]) for name in values}
        self._write_values(mission, values)
        return before

    def _write_values(self, mission, values):
        if "service_type_id" in values:
            # Another type brings its own duration and instructions: those of the file count.
            values = {
                "planned_duration": mission.planned_duration,
                "instructions": mission.instructions,
                **values,
            }
        mission._write_each({mission.id: values})

    def _create_mission(self):
        self.ensure_one()
        values = self.writes
        tz = self.run_id.export_id.tz
        mission = self.env["field.mission"].create(
            {
                "company_id": self.company_id.id,
                "site_id": values["site_id"],
                "service_type_id": values["type"],
                **({"planned_duration": values["duration"] / 60} if values["duration"] else {}),
                **({"description": values["description"]} if values["description"] else {}),
                **({"instructions": values["instructions"]} if values["instructions"] else {}),
            }
        )
        move = {
            "id": mission.id,
            "plan_version": mission.plan_version,
            "technician_id": values["technician"] or False,
            "planned_start": self.run_id._get_start(values, tz),
            "helper_ids": values["helpers"],
        }
        answer = mission.action_place([move], [mission.id])
        if not answer["applied"]:
            issues = [issue for item in answer["refused"] for issue in item["issues"]]
            raise UserError("\n".join(issue["message"] for issue in issues))
        self.sudo().write(
            {
                "result": "done",
                "mission_id": mission.id,
                "ref": mission.name,
                "undo": {"created": True, "version": mission.plan_version},
            }
        )

    def _undo(self):
        """Take applied lines back, those whose missions are still as the file left them."""
        for line in self:
            try:
                with self.env.cr.savepoint():
                    line._undo_one()
            except (UserError, ValidationError, AccessError) as error:
                self.env.invalidate_all()
                line._fail(str(error))

    def _undo_one(self):
        mission, undo = self.mission_id, self.undo or {}
        if not mission:
            raise UserError(self.env._("The mission no longer exists."))
        if undo.get("created"):
            if mission.plan_version != undo["version"]:
                raise UserError(self._get_changed_text())
            mission.action_cancel(self.env._("The row of the spreadsheet was taken back."))
            self.sudo().write({"result": "undone"})
            return
        for name in undo.get("writes") or {}:
            if _plain(mission[name]) != (self.writes[name] or ""):
                raise UserError(self._get_changed_text())
        if undo.get("writes"):
            self._write_values(mission, dict(undo["writes"]))
        if undo.get("move"):
            move = {**undo["move"]}
            answer = mission.action_place([move], [mission.id])
            if not answer["applied"]:
                issues = [issue for item in answer["refused"] for issue in item["issues"]]
                raise UserError(
                    "\n".join(issue["message"] for issue in issues) or self._get_changed_text()
                )
        self.sudo().write({"result": "undone", "message": False, "decision": "keep"})

    def _get_changed_text(self):
        return self.env._("Changed since by somebody: it stays as it is.")


def _plain(value):
    return value.id if isinstance(value, models.BaseModel) else (value or "")
