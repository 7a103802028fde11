from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.field_mission.core.slots import utc_to_local

# Later than so many hours after its time a run would work against the people of the morning.
LATEST = 4
LONGEST_HORIZON = 14


class FieldOptimizationNight(models.Model):
    """What the optimiser does at night for one company."""

    _name = "field.optimization.night"
    _description = "Optimisation of the night"
    _inherit = ["field.aims.mixin", "field.background.mixin"]

    active = fields.Boolean(default=True)
    user_id = fields.Many2one(
        "res.users",
        string="In the name of",
        default=lambda self: self.env.user,
        required=True,
        domain="[('share', '=', False)]",
        help="The planner whose rights the run has.",
    )
    hour = fields.Float(
        string="Starts at", default=2.0, help="Local time of the company at which the run starts."
    )
    first_day = fields.Integer(
        string="First day",
        default=1,
        help="0 = the day of the run itself, 1 = the day after it.",
    )
    day_count = fields.Integer(string="Number of days", default=5)
    mode = fields.Selection(default="fill")
    refine = fields.Boolean(default=True)
    auto_apply = fields.Selection(
        [
            ("never", "Propose only: a planner decides"),
            ("unpublished", "Accept the days of which technicians have seen nothing"),
        ],
        string="Afterwards",
        default="never",
        required=True,
    )
    notify_user_ids = fields.Many2many(
        "res.users",
        string="Mail to",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    last_night = fields.Date(string="Last night", readonly=True, copy=False)
    last_note = fields.Char(string="What happened", readonly=True, copy=False)
    run_ids = fields.One2many("field.optimization", "night_id", string="Runs", copy=False)
    run_count = fields.Integer(compute="_compute_run_count")

    _one_a_company = models.UniqueIndex(
        "(company_id) WHERE active", "The company has a run of the night already: change that one."
    )

    @api.depends("run_ids")
    def _compute_run_count(self):
        counts = dict(
            self.env["field.optimization"]._read_group(
                [("night_id", "in", self.ids)], ["night_id"], ["__count"]
            )
        )
        for night in self:
            night.run_count = counts.get(night, 0)

    @api.depends("company_id")
    def _compute_display_name(self):
        for night in self:
            night.display_name = self.env._("Night of %s", night.company_id.sudo().name or "")

    @api.constrains("hour", "first_day", "day_count")
    def _check_days(self):
        for night in self:
            if not (0 <= night.hour < 24 and 0 <= night.first_day <= LONGEST_HORIZON):
                raise ValidationError(
                    self.env._("The hour must lie in a day, the first day ahead.")
                )
            if not 1 <= night.day_count <= LONGEST_HORIZON:
                raise ValidationError(self.env._("A run of the night looks at 1 to 14 days."))

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for night in self:
            user = night.user_id.sudo()
            if not user.has_group("field_mission.group_field_planner"):
                raise ValidationError(
                    self.env._("%s is no planner: the run needs a planner's rights.", user.name)
                )
            if night.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work for %(company)s.",
                        user=user.name,
                        company=night.company_id.name,
                    )
                )

    def action_view_runs(self):
        """Open the runs of some nights.

        :return: action of the runs
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_optimization_action"
        )
        return {**action, "domain": [("night_id", "in", self.ids)], "context": {}}

    def action_run_now(self):
        """Run one night's question at once, to see what it would propose. Nothing is applied.

        :return: action of the run's form
        :raises UserError: nothing to order, or another run of the company is at work
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        run = self.env["field.optimization"].create(self._prepare_run())
        run.action_run()
        return run._get_form_action()

    # ------------------------------------------------------------------ the night

    @api.model
    def _cron_start(self):
        """Start the run of each company whose hour has come; one a night, taken up where it left.

        Only starts: the solver has a process of its own and another cron takes its result in.
        """
        nights = self.search([("active", "=", True)], order="id")
        for number, night in enumerate(nights, start=1):
            if night._is_due():
                night._start()
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(nights) - number):
                return

    def _is_due(self):
        local = self._get_local_now()
        passed = local.hour + local.minute / 60 - self.hour
        return 0 <= passed < LATEST and self.last_night != local.date()

    def _get_local_now(self):
        self.ensure_one()
        tz = self.company_id.partner_id.tz or "Europe/Paris"
        return utc_to_local(fields.Datetime.now(), tz)

    def _start(self):
        """Start tonight's run, or note why there is none."""
        self.ensure_one()
        # Two crons at once: the second finds the night taken.
        if not self.try_lock_for_update() or not self._is_due():
            return
        runs = self.env["field.optimization"].sudo()
        if runs.search_count(
            [("company_id", "=", self.company_id.id), ("state", "=", "running")], limit=1
        ):
            # Somebody's run is at work; the cron comes again.
            return
        night = self._get_local_now().date()
        owner = self._as_user()
        values = {**owner._prepare_run(), "night_id": self.id, "night": night}
        try:
            # A question that can't be asked leaves nothing behind.
            with self.env.cr.savepoint():
                owner.env["field.optimization"].create(values).action_run()
        except IntegrityError:
            # Somebody was faster by a moment; the cron comes again.
            return
        except UserError as error:
            self.write({"last_night": night, "last_note": str(error)})
        else:
            self.write({"last_night": night, "last_note": False})

    def _prepare_run(self):
        """Return the values of a run that asks what one night asks."""
        self.ensure_one()
        today = self._get_local_now().date()
        first = today + timedelta(days=self.first_day)
        names = ("mode", "movable", "undated", "leaves_out", "left_out", "zone_rule", "weight_waiting",
                 "weight_balance", "weight_people", "refine", "refine_seconds")  # fmt: skip
        return {
            **{name: self[name] for name in names},
            "company_id": self.company_id.id,
            "date_from": first,
            "date_to": first + timedelta(days=self.day_count - 1),
            "technician_ids": [fields.Command.set(self.technician_ids.ids)],
            "team_ids": [fields.Command.set(self.team_ids.ids)],
            "zone_ids": [fields.Command.set(self.zone_ids.ids)],
        }
