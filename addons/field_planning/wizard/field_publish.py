from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..core.publication import SAME, WITHDRAWN

# A preview of more missions than that is no preview: choose a smaller period.
MOST_MISSIONS = 3000
# The longest period, days.
LONGEST = 92


class FieldPublish(models.TransientModel):
    """What publishing would change, whom it concerns, and the decision line by line."""

    _name = "field.publish"
    _description = "Publish the plan"
    # Planners, who may not read HR files, choose technicians.
    _inherit = ["hr.mixin"]
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, readonly=True
    )
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: fields.Date.context_today(self) + timedelta(days=6),
    )
    technician_ids = fields.Many2many(
        "hr.employee",
        string="Technicians",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
    )
    team_ids = fields.Many2many("field.team", string="Teams", check_company=True)
    mission_ids = fields.Many2many(
        "field.mission", string="Only these missions", check_company=True, readonly=True
    )
    line_ids = fields.One2many("field.publish.line", "wizard_id", string="Changes")
    scope_key = fields.Char(readonly=True)
    is_current = fields.Boolean(compute="_compute_is_current")
    headline = fields.Char(compute="_compute_headline", string="In short")
    unchanged_count = fields.Integer(readonly=True, string="Unchanged")
    red_count = fields.Integer(compute="_compute_headline", string="Not ready")
    tell_count = fields.Integer(compute="_compute_headline", string="Customers to tell")
    reason = fields.Char(help="Why missions that are not ready are published all the same.")

    # ------------------------------------------------------------------ computed fields

    @api.depends("date_from", "date_to", "technician_ids", "team_ids", "mission_ids", "scope_key")
    def _compute_is_current(self):
        for wizard in self:
            wizard.is_current = wizard.scope_key == wizard._get_scope_key()

    @api.depends("line_ids.change", "line_ids.tell", "line_ids.risk_text", "line_ids.publish",
                 "line_ids.readiness")  # fmt: skip
    @api.depends_context("lang")
    def _compute_headline(self):
        for wizard in self:
            changes = wizard.line_ids.filtered(lambda line: line.publish and line.change != SAME)
            # Several visits of one customer are one customer to tell.
            tell = wizard.line_ids.filtered("tell").partner_id
            risks = changes.filtered("risk_text")
            wizard.tell_count = len(tell)
            wizard.red_count = len(changes.filtered(lambda line: line.readiness == "red"))
            text = ", ".join(
                (
                    wizard._count_text(
                        len(changes), self.env._("no change"), self.env._("1 change"),
                        self.env._("%s changes", len(changes)),
                    ),
                    wizard._count_text(
                        len(tell), self.env._("no customer to tell"),
                        self.env._("1 customer to tell"),
                        self.env._("%s customers to tell", len(tell)),
                    ),
                    wizard._count_text(
                        len(risks), self.env._("no promise at risk"),
                        self.env._("1 promise at risk"),
                        self.env._("%s promises at risk", len(risks)),
                    ),
                )
            )  # fmt: skip
            wizard.headline = text[:1].upper() + text[1:]

    @api.model
    def _count_text(self, count, none, one, many):
        return none if not count else one if count == 1 else many

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        self.display_name = self.env._("Publish")

    # ------------------------------------------------------------------ opening

    @api.model
    def action_open(
        self, date_from=None, date_to=None, technician_ids=(), team_ids=(), mission_ids=()
    ):
        """Make a preview and open it.

        :param date_from: first day, text or date (default: today)
        :param date_to: last day, included (default: six days later)
        :param technician_ids: ids of ``hr.employee``, empty = all
        :param team_ids: ids of ``field.team``, empty = all
        :param mission_ids: ids of ``field.mission``: these only, whatever their day
        :return: action of the preview
        :raises AccessError: the user is no planner
        :raises UserError: a malformed argument
        """
        self._check_planner()
        try:
            first = fields.Date.to_date(date_from) or fields.Date.context_today(self)
            last = fields.Date.to_date(date_to) or first + timedelta(days=6)
            people, teams, ids = (
                [int(number) for number in numbers or ()]
                for numbers in (technician_ids, team_ids, mission_ids)
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(self.env._("This is no scope of a publication.")) from error
        company = self.env.company
        if ids:
            missions = self.env["field.mission"].browse(ids).exists()
            missions.check_access("read")
            company = missions.company_id[:1] or company
            missions = missions.filtered(lambda mission: mission.company_id == company)
            ids = missions.ids
            days = [day for day in missions.mapped("mission_date") if day] or [first]
            first, last = min(days), max(days)
        wizard = self.create(
            {
                "company_id": company.id,
                "date_from": first,
                "date_to": last,
                "technician_ids": [Command.set(people)],
                "team_ids": [Command.set(teams)],
                "mission_ids": [Command.set(ids)],
            }
        )
        wizard._fill()
        return wizard._get_action()

    def _get_action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Publish"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
        }

    @api.model
    def _check_planner(self):
        if not (self.env.su or self.env.user.has_group("field_mission.group_field_planner")):
            raise AccessError(self.env._("Only planners publish tours."))

    def action_refresh(self):
        """Look again at what publishing would change.

        :return: action of the preview
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_planner()
        self.check_access("write")
        self._fill()
        return True

    # ------------------------------------------------------------------ the preview

    def _get_scope_key(self):
        """Return the scope as a text: the lines belong to one scope only."""
        self.ensure_one()
        rows = (self.technician_ids, self.team_ids, self.mission_ids)
        parts = [self.date_from, self.date_to, *(sorted(some._origin.ids) for some in rows)]
        return "|".join(map(str, parts))

    def _find_missions(self):
        self.ensure_one()
        if self.mission_ids:
            return self.mission_ids
        if self.date_to < self.date_from or (self.date_to - self.date_from).days > LONGEST:
            raise UserError(self.env._("Choose a period of at most %s days.", LONGEST))
        return self.env["field.mission"]._find_to_publish(
            self.company_id, self.date_from, self.date_to, self.technician_ids, self.team_ids
        )

    def _fill(self):
        """Write the lines of the scope; what does not change is only counted."""
        self.ensure_one()
        missions = self._find_missions()
        if len(missions) > MOST_MISSIONS:
            raise UserError(
                self.env._(
                    "%s missions are too many for one preview: choose a shorter period.",
                    len(missions),
                )
            )
        changes = missions._get_publish_changes()
        rows, unchanged = [], 0
        for mission in missions.sorted(
            lambda m: (str(m.planned_start or m.published_start or ""), m.id)
        ):
            change = changes[mission.id]
            if change["change"] == SAME and not change["message"]:
                unchanged += 1
                continue
            rows.append(self.env["field.publish.line"]._prepare_values(mission, change))
        self.write(
            {
                "line_ids": [Command.clear(), *(Command.create(row) for row in rows)],
                "unchanged_count": unchanged,
                "scope_key": self._get_scope_key(),
            }
        )

    # ------------------------------------------------------------------ publishing

    def action_publish(self):
        """Publish what is ticked, and queue the messages that are ticked.

        Nothing is published twice, nobody is told twice. Where missions changed since the preview,
        nothing is published, so that nobody publishes what they did not see.

        :return: a notification
        :raises UserError: the preview is out of date, or a mission is not ready and no reason given
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_planner()
        self.check_access("write")
        if not self.is_current:
            raise UserError(self.env._("The scope has changed: show the changes again first."))
        published = self.line_ids.filtered(lambda line: line.publish and line.change != SAME)
        told = self.line_ids.filtered(lambda line: line.tell and line.message)
        missions = (published | told).mission_id
        missions.check_access("write")
        missions.lock_for_update()
        missions.invalidate_recordset()
        self._refuse_stale(published | told)
        self._refuse_unready(published)
        withdrawn = published.filtered(lambda line: line.change == WITHDRAWN).mission_id
        (published.mission_id - withdrawn).action_publish()
        # The planner may publish; the snapshot is written by nobody but this.
        withdrawn.sudo()._publish_withdrawal()
        self._note_reason(published)
        made = self._tell_customers(told)
        count = len(published)
        self._fill()
        return self._notify(count, made)

    def _tell_customers(self, lines):
        """Queue the messages of lines; a customer is told what is published, never a draft.

        :return: ``field.customer.message`` made (sudo)
        """
        made = self.env["field.customer.message"].sudo()
        fit = lines.filtered(
            lambda line: (
                line.message == "cancellation" or line.mission_id.publish_state == "current"
            )
        )
        for kind, group in fit.grouped("message").items():
            made |= group.mission_id._send_customer_messages(kind)
        return made

    def _refuse_stale(self, lines):
        changes = lines.mission_id._get_publish_changes()
        stale = lines.filtered(lambda line: line._is_stale(changes[line.mission_id.id]))
        if stale:
            raise UserError(
                self.env._(
                    "Changed since you opened this preview: %s. Show the changes again.",
                    ", ".join(stale.mission_id.mapped("display_name")[:5]),
                )
            )

    def _refuse_unready(self, lines):
        red = lines.filtered(lambda line: line.readiness == "red")
        if red and not (self.reason or "").strip():
            raise UserError(
                self.env._(
                    "Not ready: %s. Leave them out, or say why they are published all the same.",
                    ", ".join(red.mission_id.mapped("display_name")[:5]),
                )
            )

    def _note_reason(self, lines):
        """Keep in the missions' trace why they were published though not ready."""
        red = lines.filtered(lambda line: line.readiness == "red").mission_id
        if red:
            # The trace is written by nobody directly.
            red.sudo()._trace("change", [{} for _mission in red], reason=self.reason.strip())

    def _notify(self, count, messages):
        queued = len(messages.filtered(lambda message: message.state == "queued"))
        skipped = len(messages) - queued
        text = self.env._(
            "%(count)s changes published, %(queued)s messages on their way.",
            count=count,
            queued=queued,
        )
        if skipped:
            text += " " + self.env._("%s customers could not be told: see the messages.", skipped)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": text,
                "type": "warning" if skipped else "success",
                "sticky": bool(skipped),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_messages(self):
        """Open the messages to customers.

        :return: action of the messages
        :raises AccessError: the user is no planner
        """
        self._check_planner()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_customer_message_action"
        )
