from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from odoo.addons.field_mission.core.slots import local_to_utc, utc_to_local

# What undoing writes back: nobody reads or writes it over RPC.
SECRET = "base.group_system"


class FieldAbsentToday(models.Model):
    """Somebody does not come: their day goes to the tray at once, and can come back at once.

    Promises stay on the missions. Nothing is given to anybody else here: the optimiser proposes.
    """

    _name = "field.absent.today"
    _description = "Absence of the day"
    # Planners, who may not read HR files, choose technicians.
    _inherit = ["hr.mixin"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    employee_id = fields.Many2one(
        "hr.employee",
        string="Who is absent",
        required=True,
        index=True,
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
    )
    date = fields.Date(string="Day", required=True, default=fields.Date.context_today)
    scope = fields.Selection(
        [("day", "The whole day"), ("from", "From an hour on")], default="day", required=True
    )
    from_hour = fields.Float(string="From", help="Local time of the person.")
    reason = fields.Char(required=True, help="For the trace and the colleagues; no medical detail.")
    include_started = fields.Boolean(
        string="Stop the visit under way too", help="It is marked as to reschedule."
    )
    create_leave = fields.Boolean(string="Ask for the leave too")
    can_create_leave = fields.Boolean(compute="_compute_can_create_leave")
    leave_type_id = fields.Many2one("hr.leave.type", string="Kind of leave")
    leave_id = fields.Many2one(
        "hr.leave", readonly=True, groups="hr_holidays.group_hr_holidays_user"
    )
    state = fields.Selection(
        [("draft", "To confirm"), ("done", "In the tray"), ("undone", "Taken back")],
        default="draft",
        required=True,
        readonly=True,
        index=True,
    )
    to_move_ids = fields.Many2many(
        "field.mission", compute="_compute_to_move_ids", string="Visits of that day"
    )
    started_ids = fields.Many2many(
        "field.mission", compute="_compute_to_move_ids", string="Under way"
    )
    promise_count = fields.Integer(compute="_compute_to_move_ids", string="Promised")
    mission_ids = fields.Many2many("field.mission", string="Put in the tray", readonly=True)
    waiting_count = fields.Integer(compute="_compute_waiting_count", string="Still in the tray")
    run_id = fields.Many2one("field.optimization", string="Redistribution", readonly=True)
    undo_data = fields.Json(readonly=True, groups=SECRET)

    _hour_of_a_day = models.Constraint(
        "CHECK(from_hour >= 0 AND from_hour < 24)", "The hour is between 0:00 and 23:59."
    )

    # ------------------------------------------------------------------ computed fields

    @api.depends("employee_id", "date")
    def _compute_display_name(self):
        for absence in self:
            day = absence.date and self.env["ir.qweb.field.date"].value_to_html(absence.date, {})
            name = absence.employee_id.sudo().name or self.env._("Absent today")
            absence.display_name = f"{name} · {day or ''}"

    @api.depends_context("uid")
    def _compute_can_create_leave(self):
        self.can_create_leave = self.env.user.has_group("hr_holidays.group_hr_holidays_user")

    @api.depends("employee_id", "date", "scope", "from_hour", "include_started", "state")
    def _compute_to_move_ids(self):
        for absence in self:
            missions = absence._find_missions()
            started = missions.filtered(lambda mission: mission.state == "in_progress")
            moved = missions if absence.include_started else missions - started
            absence.to_move_ids = moved
            absence.started_ids = started
            absence.promise_count = len(moved.filtered(lambda m: m.promised_kind != "none"))

    @api.depends("mission_ids.state")
    def _compute_waiting_count(self):
        for absence in self:
            waiting = absence.mission_ids.filtered(lambda m: m.state in ("draft", "to_reschedule"))
            absence.waiting_count = len(waiting)

    @api.onchange("scope")
    def _onchange_scope(self):
        """The rest of the day begins now, on the next quarter of an hour."""
        if self.scope == "from" and not self.from_hour:
            tz = self.employee_id._get_field_tz() if self.employee_id else self.env.user.tz
            now = utc_to_local(fields.Datetime.now(), tz or "Europe/Paris")
            self.from_hour = min(now.hour + (now.minute // 15 + 1) / 4, 23.75)

    # ------------------------------------------------------------------ opening

    @api.model
    def action_open(self, employee_id=None, date=None):
        """Open the dialog for a person and day.

        :param employee_id: id of ``hr.employee``, or None
        :param date: day, text or date (default: today)
        :return: a window action
        :raises AccessError: the user is no planner
        :raises UserError: a malformed argument
        """
        self._check_planner()
        try:
            day = fields.Date.to_date(date) or fields.Date.context_today(self)
            person = int(employee_id or 0)
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(self.env._("This is no person or no day.")) from error
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Absent today"),
            "res_model": self._name,
            "views": [(self.env.ref("field_planning.field_absent_today_view_dialog").id, "form")],
            "target": "new",
            "context": {
                "default_employee_id": person or False,
                "default_date": fields.Date.to_string(day),
            },
        }

    @api.model
    def _check_planner(self):
        if not (self.env.su or self.env.user.has_group("field_mission.group_field_planner")):
            raise AccessError(self.env._("Only planners do this."))

    # ------------------------------------------------------------------ what is moved

    def _find_missions(self):
        """Return the missions of that day, or of the rest of it, that are not done."""
        self.ensure_one()
        missions = self.env["field.mission"]
        if not self.employee_id or not self.date:
            return missions
        tz = self.employee_id._get_field_tz()
        first = local_to_utc(self.date, 0, tz)
        last = local_to_utc(self.date + timedelta(days=1), 0, tz)
        if self.scope == "from":
            first = local_to_utc(self.date, self.from_hour, tz)
        person = self.employee_id._origin.id
        return missions.search(
            [
                ("company_id", "=", self.company_id.id),
                "|",
                ("technician_id", "=", person),
                ("helper_ids", "in", person),
                ("state", "in", ["planned", "in_progress"]),
                ("planned_end", ">", first),
                ("planned_start", "<", last),
            ],
            order="planned_start, id",
        ).filtered(lambda m: m.state == "in_progress" or m.planned_start >= first)

    def _get_moves(self, missions):
        """Return the moves that take one person off missions; the promises stay.

        Where nothing is promised, the planned hour stays as a proposal: it says which day.
        """
        moves = []
        for mission in missions:
            if mission.technician_id != self.employee_id:
                left = mission.helper_ids - self.employee_id
                moves.append({"id": mission.id, "helper_ids": left.ids})
                continue
            move = {
                "id": mission.id,
                "technician_id": False,
                "helper_ids": mission.helper_ids.ids,
                "state": "draft",
                # Who does not come can't keep a fixed slot.
                "is_locked": False,
            }
            if mission.promised_date:
                move["planned_start"] = False
            moves.append(move)
        return moves

    # ------------------------------------------------------------------ doing

    def action_apply(self):
        """Put the visits into the tray, ask for the leave, and open the redistribution.

        :return: action of the optimiser's run, or of this absence where nothing is left to give
        :raises UserError: done before, or nobody to give anything to
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_planner()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(self.env._("This has been done. Undo it, or make another one."))
        missions = self.to_move_ids
        missions.check_access("write")
        missions.lock_for_update()
        missions.invalidate_recordset()
        missions = self._find_missions() & missions
        before = {mission.id: self._remember(mission) for mission in missions}
        started = missions.filtered(lambda mission: mission.state == "in_progress")
        started.filtered(lambda m: m.technician_id == self.employee_id).action_reschedule(
            self.reason
        )
        moves = self._get_moves(missions - started)
        undo = self.env["field.mission"]._place(moves, confirmed=True, judge=False)["undo"]
        helped = (missions - started).filtered(lambda m: before[m.id]["helper"])
        self._note(missions, helped)
        self.sudo().write(
            {
                "state": "done",
                "mission_ids": [Command.set((missions - helped).ids)],
                "undo_data": {
                    "moves": undo,
                    "started": {
                        str(mission.id): mission.plan_version
                        for mission in started.filtered(lambda m: m.state == "to_reschedule")
                    },
                },
            }
        )
        self._ask_leave()
        return self.action_redistribute() if self.waiting_count else self._get_action()

    def _remember(self, mission):
        return {"helper": mission.technician_id != self.employee_id}

    def _note(self, missions, helped):
        """Say on the missions why they lost somebody."""
        for mission in missions:
            text = self.env._("%(who)s does not come: %(why)s", who=self.employee_id.sudo().name,
                              why=self.reason)  # fmt: skip
            if mission in helped:
                text += " " + self.env._("(helper; the visit stays planned)")
            mission.message_post(body=text, subtype_xmlid="mail.mt_note")

    def _ask_leave(self):
        """Ask for the leave in the user's own name and rights; somebody approves it in HR."""
        if not self.create_leave:
            return
        if not self.can_create_leave:
            raise AccessError(self.env._("You may not ask for a leave for others."))
        if not self.leave_type_id:
            raise UserError(self.env._("Choose the kind of leave."))
        values = {
            "employee_id": self.employee_id.id,
            "holiday_status_id": self.leave_type_id.id,
            "request_date_from": self.date,
            "request_date_to": self.date,
            "name": self.reason,
        }
        if self.scope == "from" and self.leave_type_id.request_unit == "hour":
            values.update(
                request_unit_hours=True, request_hour_from=self.from_hour, request_hour_to=23.75
            )
        self.leave_id = self.env["hr.leave"].create(values)

    def _get_action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("field_planning.field_absent_today_view_form").id, "form")],
        }

    # ------------------------------------------------------------------ afterwards

    def action_redistribute(self):
        """Let the optimiser propose who takes the visits over that day; nothing moves by itself.

        :return: action of the run's form
        :raises UserError: nothing left in the tray, or nobody else works
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_planner()
        self.check_access("write")
        waiting = self.mission_ids.filtered(lambda m: m.state in ("draft", "to_reschedule"))
        if self.state != "done" or not waiting:
            raise UserError(self.env._("Nothing of this absence is left in the tray."))
        others = self.env["hr.employee"].search(
            [
                ("is_field_technician", "=", True),
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.employee_id.id),
            ]
        )
        if not others:
            raise UserError(self.env._("There is no other technician to give these visits to."))
        runs = self.env["field.optimization"]
        run = runs.create(
            {
                "company_id": self.company_id.id,
                "date_from": self.date,
                "date_to": self.date,
                "technician_ids": [Command.set(others.ids)],
                "mission_ids": [Command.set(waiting.ids)],
                "mode": "fill",
            }
        )
        self.run_id = run
        busy = runs.search_count(
            [("company_id", "=", self.company_id.id), ("state", "=", "running")]
        )
        if not busy and run.scope_count:
            run.action_run()
        return run._get_form_action()

    def action_tell(self):
        """Open the preview of what to publish: the customers whose slot breaks are in it.

        :return: action of the preview
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_planner()
        self.check_access("write")
        return self.mission_ids.action_open_publish()

    def action_view_missions(self):
        """Open the missions that were put into the tray.

        :return: action of the missions
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        return {**action, "domain": [("id", "in", self.mission_ids.ids)], "context": {}}

    def action_undo(self):
        """Give the visits back to the person, with the slots and publication they had.

        :return: true
        :raises UserError: nothing to undo, or a visit changed since: nothing is undone then
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_planner()
        self.check_access("write")
        if self.state != "done":
            raise UserError(self.env._("There is nothing to undo."))
        # The moves are nobody's to write: what was stored is what is undone.
        data = self.sudo().undo_data or {"moves": [], "started": {}}
        missions = self.env["field.mission"].browse([move["id"] for move in data["moves"]])
        missions = missions.exists()
        missions.check_access("write")
        missions.lock_for_update()
        missions.invalidate_recordset()
        self._refuse_stale(data, missions)
        moves = self.env["field.mission"]._parse_moves(data["moves"])
        self.env["field.mission"]._place(moves, confirmed=True, judge=False)
        self._withdraw_leave()
        self.sudo().write({"state": "undone", "undo_data": False})
        return True

    def _refuse_stale(self, data, missions):
        versions = {move["id"]: move["plan_version"] for move in data["moves"]}
        stale = missions.filtered(lambda m: m.plan_version != versions[m.id])
        if stale or len(missions) < len(versions):
            names = ", ".join(stale.mapped("display_name")[:5]) or self.env._("a deleted mission")
            raise UserError(
                self.env._(
                    "Changed since: %s. Undo the redistribution first, or move them by hand.", names
                )
            )
        if data["started"]:
            raise UserError(
                self.env._("A visit under way was stopped: what happened on site is not undone.")
            )

    def _withdraw_leave(self):
        """Delete the leave asked for with it, while nobody has approved it."""
        leave = self.sudo().leave_id
        if leave.state == "confirm":
            leave.unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(absence.state == "done" for absence in self):
            raise UserError(self.env._("Undo it first: what was moved is remembered here."))

    @api.autovacuum
    def _gc_old_absences(self):
        """Forget dialogs that were never confirmed, and what can't be undone any more."""
        now = fields.Datetime.now()
        drafts = self.search(
            [("state", "=", "draft"), ("write_date", "<", now - timedelta(days=1))], limit=1000
        )
        drafts.unlink()
        old = self.search(
            [("state", "=", "done"), ("write_date", "<", now - timedelta(days=90)),
             ("undo_data", "!=", False)], limit=1000,
        )  # fmt: skip
        old.write({"undo_data": False})
        return len(drafts) + len(old), len(drafts) == 1000 or len(old) == 1000
