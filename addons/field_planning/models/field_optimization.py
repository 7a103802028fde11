from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# Problems hold home addresses and tokens give the right to write a result: nobody reads them.
SECRET = "base.group_system"


class FieldOptimization(models.Model):
    """One run of the optimiser: what was asked, its proposal, and what became of it."""

    _name = "field.optimization"
    _description = "Optimisation of tours"
    # Planners, who may not read HR files, choose technicians.
    _inherit = ["hr.mixin"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    user_id = fields.Many2one(
        "res.users", string="Asked by", default=lambda self: self.env.user, readonly=True
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._default_week()[0]
    )
    date_to = fields.Date(string="To", required=True, default=lambda self: self._default_week()[1])
    technician_ids = fields.Many2many(
        "hr.employee",
        string="Technicians",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
        help="Leave empty for all technicians.",
    )
    mission_ids = fields.Many2many(
        "field.mission",
        string="Only these missions",
        check_company=True,
        help="Leave empty for all missions of the period. Others of the same days stay in place.",
    )
    mode = fields.Selection(
        [
            ("keep", "Keep technicians and days: find the best order"),
            ("fill", "Keep them, and place missions without technician too"),
            ("free", "Choose technicians too; promised days are kept"),
        ],
        default="keep",
        required=True,
    )
    move_published = fields.Boolean(
        string="Also move published missions",
        help="Technicians may have seen their slots. Fixed and started missions never move.",
    )
    respect_zones = fields.Boolean(
        string="Stay in zones", help="Technicians with zones are only sent there."
    )
    long_search = fields.Boolean(
        string="Search longer",
        help="Half a minute more, to shorten the tours and to place more missions on days that are"
        " too full. Needs the Python package pyvrp on the server.",
    )
    state = fields.Selection(
        [
            ("draft", "To run"),
            ("running", "Running"),
            ("proposed", "Proposal"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
            ("stale", "Out of date"),
            ("failed", "Failed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    scope_count = fields.Integer(string="Missions to order", compute="_compute_scope")
    tray_count = fields.Integer(string="Missions without technician", compute="_compute_scope")

    problem = fields.Json(readonly=True, copy=False, groups=SECRET)
    options = fields.Json(readonly=True, copy=False, groups=SECRET)
    snapshot = fields.Json(readonly=True, copy=False, groups=SECRET)
    result = fields.Json(readonly=True, copy=False, groups=SECRET)
    undo_data = fields.Json(readonly=True, copy=False, groups=SECRET)
    token = fields.Char(readonly=True, copy=False, groups=SECRET)
    heartbeat = fields.Datetime(readonly=True, copy=False)
    attempts = fields.Integer(readonly=True, copy=False)
    progress = fields.Float(readonly=True, copy=False)
    error = fields.Text(readonly=True, copy=False)
    backend = fields.Char(string="Solved by", readonly=True, copy=False)
    notice = fields.Selection(
        [("no_vroom", "VROOM is not installed"), ("slow", "The optimiser ran out of time")],
        readonly=True,
        copy=False,
    )
    without_router = fields.Boolean(
        string="The router did not answer",
        readonly=True,
        copy=False,
        help="Travel that it had not told before was estimated from distance and speed.",
    )
    solve_seconds = fields.Float(string="Seconds", digits=(10, 2), readonly=True, copy=False)

    tour_ids = fields.One2many("field.optimization.tour", "run_id", string="Tours", copy=False)
    stop_ids = fields.One2many("field.optimization.stop", "run_id", string="Visits", copy=False)
    unplaced_ids = fields.One2many(
        "field.optimization.stop",
        "run_id",
        string="Not placed",
        domain=[("placed", "=", False)],
        copy=False,
    )
    visit_count = fields.Integer(string="Visits placed", readonly=True, copy=False)
    unplaced_count = fields.Integer(string="Conflicts", readonly=True, copy=False)
    km_before = fields.Float(digits=(10, 1), readonly=True, copy=False)
    km_after = fields.Float(digits=(10, 1), readonly=True, copy=False)
    minutes_before = fields.Integer(string="Travel before (min)", readonly=True, copy=False)
    minutes_after = fields.Integer(string="Travel after (min)", readonly=True, copy=False)
    visits_before = fields.Integer(string="Visits compared", readonly=True, copy=False)
    late_before = fields.Integer(
        string="Broken before",
        readonly=True,
        copy=False,
        help="Visits that would have missed their promise or the hours in the former order.",
    )
    km_saved = fields.Float(digits=(10, 1), compute="_compute_saved")
    minutes_saved = fields.Integer(string="Travel saved (min)", compute="_compute_saved")
    stale_text = fields.Text(string="Changed meanwhile", readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    date_decided = fields.Datetime(string="Decided on", readonly=True, copy=False)
    can_undo = fields.Boolean(compute="_compute_can_undo")

    _one_running = models.UniqueIndex(
        "(company_id) WHERE state = 'running'",
        "Another optimisation is running for this company. Wait for it or cancel it.",
    )
    _dates_ordered = models.Constraint(
        "CHECK(date_to >= date_from)", "The period ends before it starts."
    )

    # ------------------------------------------------------------------ computed fields

    @api.model
    def _default_week(self):
        """The first week from today on with missions to plan, else the coming one."""
        today = fields.Date.context_today(self)
        first = self.env["field.mission"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("state", "=", "draft"),
                ("mission_date", ">=", today),
            ],
            order="mission_date",
            limit=1,
        )
        day = first.mission_date or today + timedelta(days=7)
        monday = day - timedelta(days=day.weekday())
        return max(monday, today), monday + timedelta(days=6)

    @api.depends("date_from", "date_to", "technician_ids", "mission_ids", "mode", "company_id",
                 "move_published", "state")  # fmt: skip
    def _compute_scope(self):
        for run in self:
            run.scope_count = run.tray_count = 0
            if run.state == "draft" and run.date_from and run.date_to:
                missions = run._find_missions()
                run.scope_count = len(missions.filtered(run._is_movable))
                run.tray_count = run._count_tray()

    @api.depends("km_before", "km_after", "minutes_before", "minutes_after")
    def _compute_saved(self):
        for run in self:
            run.km_saved = run.km_before - run.km_after
            run.minutes_saved = run.minutes_before - run.minutes_after

    @api.depends("tour_ids.state")
    def _compute_can_undo(self):
        for run in self:
            run.can_undo = any(line.state == "accepted" for line in run.tour_ids)

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        def shown(day):
            return self.env["ir.qweb.field.date"].value_to_html(day, {}) if day else ""

        for run in self:
            run.display_name = self.env._(
                "Optimisation %(first)s – %(last)s",
                first=shown(run.date_from),
                last=shown(run.date_to),
            )

    @api.model
    def _open_for(self, missions):
        """Make a run for given missions and open it.

        :param missions: ``field.mission`` with a day
        :return: action of the run's form
        :raises UserError: none of them has a day
        """
        days = [day for day in missions.mapped("mission_date") if day]
        if not days:
            raise UserError(
                self.env._("Give these missions a day first: promise one, or plan them.")
            )
        run = self.create(
            {
                "company_id": missions.company_id[:1].id,
                "date_from": min(days),
                "date_to": max(days),
                "mission_ids": [fields.Command.set(missions.ids)],
                "mode": "keep" if all(missions.mapped("technician_id")) else "fill",
            }
        )
        return run._get_form_action()

    def _get_form_action(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_optimization_action"
        )
        return {**action, "res_id": self.id, "views": [(False, "form")]}

    # ------------------------------------------------------------------ decisions

    def action_accept(self):
        """Accept all that is still proposed of one run.

        :raises UserError: nothing is proposed
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        lines = self.tour_ids.filtered(lambda line: line.state == "proposed")
        if self.state != "proposed" or not lines:
            raise UserError(self.env._("There is no proposal to accept."))
        return lines.action_accept()

    def action_reject(self):
        """Refuse all that is still proposed. Nothing changes.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        self.tour_ids.filtered(lambda line: line.state == "proposed").action_reject()
        return True

    def action_undo(self):
        """Take accepted tours back: missions get their former technician, slot and state again.

        Missions changed or published since stay, and are named.

        :return: a notification
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        lines = self.tour_ids.filtered(lambda line: line.state == "accepted")
        return lines._undo()

    @staticmethod
    def _remember(mission):
        """What undoing gives back to one mission."""
        return {
            "state": mission.state,
            "published": mission.published,
            "technician_id": mission.technician_id.id,
            "planned_start": str(mission.planned_start or ""),
        }

    def _restore(self, missions, undo):
        """Give missions back what they had; their tours follow."""
        drafts = missions.filtered(
            lambda m: (
                m.state == "planned" and undo[str(m.id)]["state"] in ("draft", "to_reschedule")
            )
        )
        drafts.with_context(field_tour_sync=False).action_unplan()
        values = {
            mission.id: {
                "technician_id": undo[str(mission.id)]["technician_id"],
                "planned_start": undo[str(mission.id)]["planned_start"] or False,
            }
            for mission in missions
        }
        missions.with_context(field_tour_sync=False)._write_each(values)
        missions._sync_tours()

    def _close_when_decided(self):
        """A run of which every tour is decided is accepted or rejected."""
        for run in self:
            states = set(run.tour_ids.mapped("state"))
            if "proposed" in states:
                state = "proposed"
            elif "accepted" in states:
                state = "accepted"
            else:
                state = "rejected" if states else run.state
            if run.state != state:
                run.write(
                    {
                        "state": state,
                        "decided_by_id": self.env.uid,
                        "date_decided": fields.Datetime.now(),
                    }
                )

    def action_view_tours(self):
        """Open the tours of the period and technicians of one run.

        :return: action of the tours
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_planning.field_tour_action")
        action["domain"] = [
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
            ("technician_id", "in", self.tour_ids.technician_id.ids),
        ]
        action["context"] = {}
        return action

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        if any(run.state == "running" for run in self):
            raise UserError(self.env._("Cancel the running optimisation first."))

    @api.autovacuum
    def _gc_old_runs(self):
        """Forget what was never accepted after three months."""
        old = self.search(
            [
                ("state", "in", ["draft", "rejected", "stale", "failed"]),
                ("write_date", "<", fields.Datetime.now() - timedelta(days=90)),
            ],
            limit=1000,
        )
        old.unlink()
        return len(old), len(old) == 1000
