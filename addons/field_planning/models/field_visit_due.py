from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.field_mission.core.slots import local_to_utc, utc_to_local

OPEN = ("open", "moved")
# States of a mission that may go back to the tray without anybody noticing on site.
MOVABLE = ("draft", "to_reschedule", "planned")


class FieldVisitDue(models.Model):
    """One visit that a contract owes. It ends done, or waived with a reason; nothing deletes it."""

    _name = "field.visit.due"
    _description = "Obligation"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    # Planners comment on what they may not write.
    _mail_post_access = "read"
    _order = "due_date, id"
    _check_company_auto = True
    _rec_names_search = ["plan_id.name", "site_id.name", "contract_id.name"]

    plan_id = fields.Many2one(
        "field.visit.plan",
        string="Visit plan",
        required=True,
        index=True,
        ondelete="restrict",
        readonly=True,
    )
    # As they were when the visit became due: a plan that changes leaves the past alone.
    contract_id = fields.Many2one(
        "field.contract", required=True, index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, readonly=True
    )
    site_id = fields.Many2one("res.partner", required=True, index=True, readonly=True)
    service_type_id = fields.Many2one("field.service.type", required=True, readonly=True)
    zone_id = fields.Many2one(related="site_id.site_zone_id", string="Zone")
    occurrence_key = fields.Char(required=True, readonly=True)
    nominal_date = fields.Date(
        string="Day of the rule", required=True, readonly=True, help="The day that the rule names."
    )
    due_date = fields.Date(required=True, readonly=True, index=True)
    window_start = fields.Date(string="On time from", required=True, readonly=True)
    window_end = fields.Date(string="On time until", required=True, readonly=True)
    shift_reason = fields.Char(string="Why another day", readonly=True)
    former_date = fields.Date(
        string="Due before the change", readonly=True, help="Due date before the rule changed."
    )
    mission_id = fields.Many2one(
        "field.mission", index=True, ondelete="set null", readonly=True, check_company=True
    )
    mission_number = fields.Char(related="mission_id.name", string="Mission number")
    mission_state = fields.Selection(related="mission_id.state", string="Mission status")
    technician_id = fields.Many2one(related="mission_id.technician_id")
    planned_start = fields.Datetime(related="mission_id.planned_start")
    state = fields.Selection(
        [("open", "To do"), ("moved", "Moved"), ("done", "Carried out"), ("waived", "Waived")],
        compute="_compute_state",
        store=True,
        index=True,
        group_expand=True,
        help="Moved: another date was agreed, the visit is still to be done.",
    )
    date_done = fields.Date(
        string="Done on", compute="_compute_state", store=True, help="Local day of the site."
    )
    punctuality = fields.Selection(
        [("on_time", "On time"), ("agreed", "On the agreed date"), ("off", "Outside the window")],
        compute="_compute_state",
        store=True,
    )
    moved_date = fields.Date(string="Moved to", readonly=True, copy=False)
    move_reason = fields.Char(string="Why moved", readonly=True, copy=False)
    moved_by_id = fields.Many2one("res.users", string="Moved by", readonly=True, copy=False)
    moved_on = fields.Datetime(readonly=True, copy=False)
    waived = fields.Boolean(readonly=True, copy=False)
    waive_reason = fields.Char(string="Why waived", readonly=True, copy=False)
    waived_by_id = fields.Many2one("res.users", string="Waived by", readonly=True, copy=False)
    waived_on = fields.Datetime(readonly=True, copy=False)
    is_orphan = fields.Boolean(
        string="To decide",
        compute="_compute_is_orphan",
        search="_search_is_orphan",
        help="Owed, but no mission is there to do it: make one, move it or waive it.",
    )
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late", string="Late")
    is_beyond_end = fields.Boolean(
        compute="_compute_is_beyond_end",
        search="_search_is_beyond_end",
        string="After the end of the contract",
    )
    status = fields.Selection(
        [
            ("orphan", "To decide"),
            ("late", "Late"),
            ("open", "To do"),
            ("moved", "Moved"),
            ("done", "Carried out"),
            ("waived", "Waived"),
        ],
        compute="_compute_status",
    )
    outcome = fields.Char(compute="_compute_outcome")

    # Whoever generates twice makes nothing more.
    _occurrence_unique = models.UniqueIndex(
        "(plan_id, site_id, occurrence_key)", "This visit is in the register already."
    )
    _window_ordered = models.Constraint(
        "CHECK(window_start <= due_date AND due_date <= window_end)",
        "The due date lies within its window.",
    )
    _waiver_reasoned = models.Constraint(
        "CHECK(NOT waived OR waive_reason IS NOT NULL)", "A waiver has a reason."
    )
    _open_idx = models.Index("(company_id, window_end) WHERE state IN ('open', 'moved')")

    # ------------------------------------------------------------------ computed fields

    @api.depends("mission_id.state", "mission_id.actual_end", "waived", "moved_date")
    def _compute_state(self):
        for due in self:
            mission = due.mission_id
            done = False
            if mission.state == "done":
                moment = mission.actual_end or fields.Datetime.now()
                done = utc_to_local(moment, mission._get_tz()).date()
            due.date_done = done
            if done:
                due.state = "done"
                due.punctuality = due._judge(done)
            else:
                due.state = "waived" if due.waived else "moved" if due.moved_date else "open"
                due.punctuality = False

    def _judge(self, day):
        if self.window_start <= day <= self.window_end:
            return "on_time"
        return "agreed" if self.moved_date and day == self.moved_date else "off"

    def _get_day(self):
        """Return the day on which one visit is to be done: the agreed one, else the due one."""
        self.ensure_one()
        return self.moved_date or self.due_date

    def _get_limit(self):
        """Return the last day on which one visit is not late."""
        self.ensure_one()
        return max(self.moved_date, self.window_end) if self.moved_date else self.window_end

    def _is_over(self):
        """Tell whether one obligation has ended."""
        self.ensure_one()
        return self.state in ("done", "waived")

    @api.depends("state", "mission_id.state", "mission_id.active")
    def _compute_is_orphan(self):
        for due in self:
            mission = due.mission_id
            alive = mission and mission.active and mission.state != "cancelled"
            due.is_orphan = due.state in OPEN and not alive

    def _search_is_orphan(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Archived missions are nobody's work: search them too, whatever the context says.
        alive = Domain("mission_id", "any!", [("state", "!=", "cancelled"), ("active", "=", True)])
        orphan = Domain("state", "in", OPEN) & ~alive
        return orphan if True in value else ~orphan

    @api.depends("state", "window_end", "moved_date")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for due in self:
            due.is_late = due.state in OPEN and due._get_limit() < today

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        late = (
            Domain("state", "in", OPEN)
            & Domain("window_end", "<", today)
            & (Domain("moved_date", "=", False) | Domain("moved_date", "<", today))
        )
        return late if True in value else ~late

    @api.depends("state", "due_date", "contract_id.date_end")
    def _compute_is_beyond_end(self):
        for due in self:
            end = due.contract_id.date_end
            due.is_beyond_end = bool(due.state in OPEN and end and due.due_date > end)

    def _search_is_beyond_end(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Contracts that end are few: the comparison of two tables' dates is made per contract.
        contracts = (
            self.env["field.contract"]
            .with_context(active_test=False)
            .search_fetch([("date_end", "!=", False)], ["date_end"])
        )
        ends = contracts.grouped("date_end")
        beyond = Domain("state", "in", OPEN) & Domain.OR(
            Domain("contract_id", "in", group.ids) & Domain("due_date", ">", end)
            for end, group in ends.items()
        )
        return beyond if True in value else ~beyond

    @api.depends("state", "is_orphan", "is_late")
    def _compute_status(self):
        for due in self:
            due.status = (
                "orphan" if due.is_orphan else "late" if due.is_late else due.state or "open"
            )

    @api.depends("state", "date_done", "moved_date", "move_reason", "waive_reason", "punctuality")
    @api.depends_context("lang")
    def _compute_outcome(self):
        for due in self:
            due.outcome = due._format_outcome()

    def _format_outcome(self):
        """Return how one obligation ended, or where it stands, as a customer may read it."""
        self.ensure_one()
        moved = self.moved_date and self.env._(
            "moved to %(day)s: %(reason)s",
            day=self._format_day(self.moved_date),
            reason=self.move_reason,
        )
        if self.state == "waived":
            return self.env._("Waived: %s", self.waive_reason)
        if self.state == "done":
            text = self.env._("Done on %s", self._format_day(self.date_done))
            return f"{text} ({moved})" if moved else text
        if moved:
            return moved[:1].upper() + moved[1:]
        return self.env._("To do by %s", self._format_day(self.window_end))

    def _format_day(self, day):
        return self.env["ir.qweb.field.date"].value_to_html(day, {})

    @api.depends("plan_id.name", "site_id.name", "due_date")
    def _compute_display_name(self):
        for due in self:
            words = (
                due.site_id.sudo().name,
                due.plan_id.sudo().name,
                due.due_date and due._format_day(due.due_date),
            )
            due.display_name = " · ".join(word for word in words if word)

    # ------------------------------------------------------------------ guards

    @api.model_create_multi
    def create(self, vals_list):
        """Write obligations in batches: their history is in their own fields, not in messages."""
        quiet = self.with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
        )
        return super(FieldVisitDue, quiet).create(vals_list).with_env(self.env)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_recorded(self):
        raise UserError(
            self.env._("The register of obligations keeps every line: waive the visit instead.")
        )

    def _check_planner(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners decide on obligations."))

    def _check_open(self):
        for due in self:
            if due.state not in OPEN:
                raise UserError(
                    self.env._("%s has ended already: nothing is left to decide.", due.display_name)
                )

    def _clean(self, reason):
        text = reason.strip() if isinstance(reason, str) else ""
        if not text:
            raise UserError(self.env._("Say why: a reason is needed for this step."))
        return text

    # ------------------------------------------------------------------ decisions

    def action_move(self, date, reason):
        """Agree on another date for visits that are still owed.

        Missions not started go back to the tray at the new date; an orphan gets a new mission.

        :param date: the agreed day, ``YYYY-MM-DD``
        :param reason: why, in words
        :raises UserError: an obligation that has ended, or work under way
        """
        self._check_planner()
        self._check_open()
        reason = self._clean(reason)
        try:
            day = fields.Date.to_date(date)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("“%s” is no day (YYYY-MM-DD).", date)) from error
        if not day:
            raise UserError(self.env._("Say to which day the visit is moved."))
        started = self.filtered(lambda due: due.mission_id.sudo().state == "in_progress")
        if started:
            raise UserError(
                self.env._(
                    "%s is under way: it can't be moved.", started[0].mission_id.display_name
                )
            )
        # The register is written by these guarded steps only.
        self.sudo().write(
            {
                "moved_date": day,
                "move_reason": reason,
                "moved_by_id": self.env.uid,
                "moved_on": fields.Datetime.now(),
            }
        )
        orphans = self.filtered("is_orphan")
        (self - orphans)._move_missions(dict.fromkeys(self.ids, day))
        orphans._make_missions()
        self._close_activities()
        return True

    def action_waive(self, reason):
        """Give up visits, with a reason; missions not started are cancelled with it.

        :param reason: why, in words; the customer reads it
        :raises UserError: an obligation that has ended, or work under way
        """
        self._check_planner()
        self._check_open()
        reason = self._clean(reason)
        missions = self.mission_id.sudo()
        started = missions.filtered(lambda mission: mission.state == "in_progress")
        if started:
            raise UserError(
                self.env._("%s is under way: finish or cancel it first.", started[0].display_name)
            )
        self.sudo().write(
            {
                "waived": True,
                "waive_reason": reason,
                "waived_by_id": self.env.uid,
                "waived_on": fields.Datetime.now(),
            }
        )
        cancelled = missions.filtered(lambda mission: mission.state in MOVABLE)
        cancelled.with_user(self.env.user).sudo().action_cancel(reason)
        self._close_activities()
        self.plan_id.sudo()._continue_after()
        return True

    def action_restore(self):
        """Owe waived visits again: their missions come back into the tray.

        :raises UserError: an obligation that is not waived
        """
        self._check_planner()
        for due in self:
            if due.state != "waived":
                raise UserError(self.env._("%s is not waived.", due.display_name))
        self.sudo().write(
            {"waived": False, "waive_reason": False, "waived_by_id": False, "waived_on": False}
        )
        return self._revive()

    def action_make_mission(self):
        """Give orphans a mission again: the cancelled one comes back, else a new one is made.

        :raises UserError: an obligation that has a mission, or has ended
        """
        self._check_planner()
        self._check_open()
        for due in self:
            if not due.is_orphan:
                raise UserError(self.env._("%s has its mission already.", due.display_name))
        return self._revive()

    def _revive(self):
        cancelled = self.mission_id.sudo().filtered(
            lambda mission: mission.state == "cancelled" and mission.active
        )
        cancelled.with_user(self.env.user).sudo().action_reset()
        self.filtered("is_orphan")._make_missions()
        self._close_activities()
        return True

    def _make_missions(self):
        """Make a mission for each of these obligations, on its day."""
        if not self:
            return
        values = [
            due.plan_id.sudo()._prepare_visit_mission(
                due.site_id, due._get_day(), due.window_start, due._get_limit()
            )
            for due in self
        ]
        missions = self.env["field.mission"].sudo().create(values)
        for due, mission in zip(self.sudo(), missions, strict=True):
            due.mission_id = mission

    def _move_missions(self, days):
        """Move the missions of obligations to other days, at the same local hour.

        :param days: ``{due_id: date}``
        """
        missions = self.mission_id.sudo().with_user(self.env.user).sudo()
        missions.filtered(lambda mission: mission.state == "planned").action_unplan()
        values = {}
        for due in self:
            mission = due.mission_id.sudo()
            if not mission or mission.state not in MOVABLE:
                continue
            tz, day = mission._get_tz(), days[due.id]
            vals = {"planned_start": due._at_same_hour(mission, day, tz), "is_locked": False}
            if mission.promised_kind == "window":
                vals.update(promised_kind="day", promised_date=day)
            elif mission.promised_kind != "none":
                vals["promised_date"] = day
            values[mission.id] = vals
            deadline = local_to_utc(max(day, due.window_end), 24, tz) - timedelta(seconds=1)
            mission.request_id.write(
                {"date_deadline": deadline, "date_owed": local_to_utc(day, 0, tz)}
            )
        missions._write_each(values)

    def _at_same_hour(self, mission, day, tz):
        if not mission.planned_start:
            return self.plan_id.sudo()._prepare_slot(day, tz)["planned_start"]
        local = utc_to_local(mission.planned_start, tz)
        return local_to_utc(day, local.hour + local.minute / 60, tz)

    # ------------------------------------------------------------------ activities

    def _ask_decision(self):
        """Ask who follows the plan what becomes of visits whose mission was cancelled."""
        for due in self.sudo():
            due.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Mission cancelled: move, waive or make a new one?"),
                note=due.mission_id.cancel_reason or "",
                user_id=(due.plan_id.user_id or self.env.user).id,
            )

    def _close_activities(self):
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    # ------------------------------------------------------------------ screens

    def action_view_mission(self):
        """Open the mission of one obligation."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }

    def action_decide(self):
        """Open the window in which obligations are moved or waived with a reason."""
        self._check_planner()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Move or waive"),
            "res_model": "field.visit.decision",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_due_ids": self.ids,
                "default_decision": self.env.context.get("field_decision") or "move",
            },
        }

    @api.model
    def get_figures(self, domain=None):
        """Return the figures above the register, in constant queries.

        :param domain: what the screen shows
        :return: dict ``due``, ``done``, ``on_time``, ``moved``, ``waived``, ``open``, ``late``,
            ``orphans``, ``beyond``
        """
        self.check_access("read")
        domain = Domain(domain or Domain.TRUE)
        counts, on_time = {}, 0
        for state, punctuality, count in self._read_group(
            domain, ["state", "punctuality"], ["__count"]
        ):
            counts[state] = counts.get(state, 0) + count
            on_time += count if punctuality in ("on_time", "agreed") else 0
        return {
            "due": sum(counts.values()),
            "done": counts.get("done", 0),
            "on_time": on_time,
            "moved": counts.get("moved", 0),
            "waived": counts.get("waived", 0),
            "open": counts.get("open", 0),
            "late": self.search_count(domain & Domain("is_late", "=", True)),
            "orphans": self.search_count(domain & Domain("is_orphan", "=", True)),
            "beyond": self.search_count(domain & Domain("is_beyond_end", "=", True)),
        }

    @api.model
    def _get_figures_by_contract(self, contracts):
        """Return the figures of contracts up to today: ``{contract_id: dict}``.

        ``due``, ``done`` and ``waived`` count visits due until today, ``left`` those not ended.
        """
        figures = {
            contract.id: {"due": 0, "done": 0, "waived": 0, "left": 0} for contract in contracts
        }
        domain = [
            ("contract_id", "in", contracts.ids),
            ("due_date", "<=", fields.Date.context_today(self)),
        ]
        for contract, state, count in self._read_group(
            domain, ["contract_id", "state"], ["__count"]
        ):
            figures[contract.id]["due"] += count
            figures[contract.id]["left" if state in OPEN else state] += count
        return figures
