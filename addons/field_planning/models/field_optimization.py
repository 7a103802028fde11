from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# Problems hold home addresses and tokens give the right to write a result: nobody reads them.
SECRET = "base.group_system"


class FieldOptimization(models.Model):
    """One run of the optimiser: what was asked, its proposal, and what became of it."""

    _name = "field.optimization"
    _description = "Optimisation of tours"
    _inherit = ["field.aims.mixin", "field.background.mixin"]
    _order = "id desc"
    _check_company_auto = True

    user_id = fields.Many2one(
        "res.users", string="Asked by", default=lambda self: self.env.user, readonly=True
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._default_week()[0]
    )
    date_to = fields.Date(string="To", required=True, default=lambda self: self._default_week()[1])
    mission_ids = fields.Many2many(
        "field.mission",
        string="Only these missions",
        check_company=True,
        help="Leave empty for all missions of the period. Others of the same days stay in place.",
    )
    state = fields.Selection(
        [
            ("draft", "To run"),
            ("running", "Running"),
            ("proposed", "Proposal"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
            ("undone", "Taken back"),
            ("stale", "Out of date"),
            ("failed", "Failed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
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
    load_low_before = fields.Integer(string="Lowest load before (%)", readonly=True, copy=False)
    load_low_after = fields.Integer(string="Lowest load (%)", readonly=True, copy=False)
    load_high_before = fields.Integer(string="Highest load before (%)", readonly=True, copy=False)
    load_high_after = fields.Integer(string="Highest load (%)", readonly=True, copy=False)
    refined = fields.Boolean(string="Shortened by the second stage", readonly=True, copy=False)
    moved_count = fields.Integer(string="Changes", readonly=True, copy=False)
    change_ids = fields.One2many(
        "field.optimization.stop",
        "run_id",
        string="Changes to missions",
        domain=[("is_change", "=", True)],
        copy=False,
    )
    is_same_visits = fields.Boolean(compute="_compute_saved")
    km_saved = fields.Float(digits=(10, 1), compute="_compute_saved")
    minutes_saved = fields.Integer(string="Travel saved (min)", compute="_compute_saved")
    stale_text = fields.Text(string="Changed meanwhile", readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    date_decided = fields.Datetime(string="Decided on", readonly=True, copy=False)

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

    @api.depends("km_before", "km_after", "minutes_before", "minutes_after", "visits_before",
                 "visit_count")  # fmt: skip
    def _compute_saved(self):
        """Only the same visits compare: more of them take more travel."""
        for run in self:
            run.is_same_visits = run.visits_before == run.visit_count
            same = run.is_same_visits
            run.km_saved = run.km_before - run.km_after if same else 0
            run.minutes_saved = run.minutes_before - run.minutes_after if same else 0

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
                ("state", "in", ["draft", "rejected", "undone", "stale", "failed"]),
                ("write_date", "<", fields.Datetime.now() - timedelta(days=90)),
            ],
            limit=1000,
        )
        old.unlink()
        return len(old), len(old) == 1000
