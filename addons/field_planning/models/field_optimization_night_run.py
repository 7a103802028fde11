from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class FieldOptimizationNightRun(models.Model):
    """The run that a night made: applied and told by itself."""

    _inherit = "field.optimization"

    night_id = fields.Many2one(
        "field.optimization.night",
        string="Run of the night",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    night = fields.Date(readonly=True, copy=False)
    night_note = fields.Text(string="What the night did", readonly=True, copy=False)
    # For the mail.
    night_title = fields.Char(compute="_compute_night_title")
    night_days = fields.Char(compute="_compute_night_title")
    accepted_count = fields.Integer(compute="_compute_tour_counts")
    open_count = fields.Integer(compute="_compute_tour_counts")

    _once_a_night = models.UniqueIndex(
        "(night_id, night) WHERE night_id IS NOT NULL", "This night had its run already."
    )

    def _after_end(self):
        """Apply what may be applied by itself, and mail the planners."""
        result = super()._after_end()
        for run in self.filtered("night_id"):
            if run.state == "proposed" and run.night_id.auto_apply == "unpublished":
                run._accept_unseen()
            run._mail_night()
        return result

    def _accept_unseen(self):
        """Accept the days of which no technician has seen anything, in the owner's name."""
        self.ensure_one()
        run = self._as_user()
        lines = run.tour_ids.filtered(lambda line: line.state == "proposed" and not line.is_stale)
        lines = lines._filter_unseen()
        # A day that needs another one waits with it for the planner.
        open_lines = run.tour_ids.browse()
        while open_lines != lines:
            open_lines = lines
            lines = lines.filtered(lambda line, all_=lines: line._with_partners() <= all_)
        if not lines:
            return
        try:
            with self.env.cr.savepoint():
                lines.action_accept()
        except UserError as error:
            self.night_note = str(error)

    def _mail_night(self):
        """Mail the figures of one run to the planners, each in their language."""
        self.ensure_one()
        template = self.env.ref(
            "field_planning.mail_template_field_optimization_night", raise_if_not_found=False
        )
        if not template:
            return
        users = self.night_id.notify_user_ids.filtered(lambda user: user.active and user.email)
        for lang, readers in users.grouped("lang").items():
            template.with_context(lang=lang).send_mail(
                self.id, email_values={"recipient_ids": [
                    fields.Command.set(readers.partner_id.ids)
                ]},
            )  # fmt: skip

    @api.depends("tour_ids.state")
    def _compute_tour_counts(self):
        for run in self:
            states = run.tour_ids.mapped("state")
            run.accepted_count = states.count("accepted")
            run.open_count = states.count("proposed")

    @api.depends("state", "is_same_visits", "km_saved", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_night_title(self):
        for run in self:
            first = format_date(run.env, run.date_from, date_format="EEEE d MMMM")
            last = format_date(run.env, run.date_to, date_format="EEEE d MMMM")
            run.night_days = first if first == last else f"{first} – {last}"
            if run.state not in ("proposed", "accepted"):
                run.night_title = run.env._("nothing was changed")
            elif run.is_same_visits and run.km_saved >= 1:
                run.night_title = run.env._("%s km less", round(run.km_saved))
            else:
                run.night_title = run.env._("%s visits in tours", run.visit_count)
