from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_duration

from ..core import times
from .field_mission_time import LONGEST_SEGMENT


class FieldMissionTimeApproval(models.Model):
    """What was tapped, what was declared, and what a manager has validated: three things."""

    _inherit = "field.mission.time"

    approved = fields.Boolean(string="Validated", readonly=True, copy=False, index=True)
    approved_by_id = fields.Many2one("res.users", string="Validated by", readonly=True, copy=False)
    date_approved = fields.Datetime(string="Validated on", readonly=True, copy=False)
    source = fields.Selection(
        [
            ("clicked", "Tapped"),
            ("stop_declared", "Tapped, end declared"),
            ("declared", "Declared"),
            ("corrected", "Corrected"),
        ],
        compute="_compute_source",
        help="Tapped in the app, its end declared afterwards because it was forgotten, declared by"
        " hand, or corrected by the office.",
    )
    clicked_duration = fields.Float(
        string="Hours tapped",
        compute="_compute_source",
        help="What the taps say, whatever was corrected since.",
    )
    issue = fields.Char(
        string="To look at",
        compute="_compute_issue",
        help="Overlap with another time of the same person, a forgotten stop, a night, a change"
        " to or from summer time.",
    )

    @api.depends("start_clicked", "stop_clicked", "stop_declared", "correction_reason")
    def _compute_source(self):
        for line in self:
            tapped = line.start_clicked and line.stop_clicked
            spent = line.stop_clicked - line.start_clicked if tapped else timedelta()
            line.clicked_duration = spent.total_seconds() / 3600
            if line.correction_reason:
                line.source = "corrected"
            elif line.stop_declared:
                line.source = "stop_declared"
            else:
                line.source = "clicked" if line.start_clicked else "declared"

    @api.depends_context("lang")
    @api.depends("start", "stop", "employee_id")
    def _compute_issue(self):
        overlapping = self._find_overlaps()
        now = fields.Datetime.now()
        for line in self:
            line.issue = ", ".join(line._describe_issues(overlapping, now))

    def _describe_issues(self, overlapping, now):
        """Return what is odd about one segment, in words.

        :param overlapping: ids of the segments that share time with another one
        :param now: naive UTC
        """
        if not self.start:
            return []
        found = []
        if self._origin.id in overlapping:
            found.append(self.env._("overlaps another time"))
        hours = ((self.stop or now) - self.start).total_seconds() / 3600
        if hours > LONGEST_SEGMENT:
            found.append(self.env._("too long") if self.stop else self.env._("forgotten stop"))
        if self.stop:
            tz = self.mission_id._get_tz()
            if times.midnights(self.start, self.stop, tz):
                found.append(self.env._("over midnight"))
            shift = times.clock_change(self.start, self.stop, tz)
            if shift:
                found.append(
                    self.env._(
                        "the clocks changed: %s really spent", format_duration(self.duration)
                    )
                )
        return found

    def _find_overlaps(self):
        """Return the ids of these segments that share time with any other one of their person."""
        known = self._origin.filtered("start")
        if not known:
            return set()
        last = max(line.stop or fields.Datetime.now() for line in known)
        others = self.sudo().search_fetch(
            Domain("employee_id", "in", known.employee_id.ids)
            & Domain("start", "<", last)
            & (Domain("stop", "=", False) | Domain("stop", ">", min(known.mapped("start")))),
            ["employee_id", "start", "stop"],
        )
        found = set()
        for lines in others.grouped("employee_id").values():
            found |= times.overlapping((line.id, line.start, line.stop) for line in lines)
        return found

    # ------------------------------------------------------------------ steps

    def action_approve(self):
        """Validate times (managers): they count, and no longer change.

        :raises UserError: one still runs, or overlaps another one of the same person
        """
        self._check_manager()
        overlapping = self._find_overlaps()
        for line in self:
            if not line.stop:
                raise UserError(
                    self.env._("%s still runs: correct its end first.", line._get_label())
                )
            if line.id in overlapping:
                raise UserError(
                    self.env._(
                        "%s overlaps another time of the same person: correct one of them first.",
                        line._get_label(),
                    )
                )
        self.filtered(lambda line: not line.approved).sudo().write(
            {
                "approved": True,
                "approved_by_id": self.env.uid,
                "date_approved": fields.Datetime.now(),
            }
        )
        return True

    def action_unapprove(self):
        """Withdraw the validation of times (managers), so that they can be corrected."""
        self._check_manager()
        self.sudo().write({"approved": False, "approved_by_id": False, "date_approved": False})
        return True

    def action_correct(self, start, stop, reason):
        """Refuse to correct what a manager has validated."""
        self.ensure_one()
        self.check_access("read")
        if self.approved:
            raise UserError(
                self.env._(
                    "%s is validated: a manager withdraws the validation first.",
                    self._get_label(),
                )
            )
        return super().action_correct(start, stop, reason)

    def _check_manager(self):
        if not self.env.user.has_group("field_mission.group_field_manager"):
            raise AccessError(self.env._("Only managers validate times."))
        self.check_access("read")

    def _get_label(self):
        """Return one segment in words: who, what, when."""
        when = self.mission_id._local_text(self.start)
        return f"{self.employee_id.sudo().name}, {self.display_name}, {when}"
