from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import states
from .field_mission import STATE_TOKEN, TRACE_LATER_KEY

OVER = (states.DONE, states.CANCELLED)


class ResCompany(models.Model):
    _inherit = "res.company"

    field_retention_years = fields.Integer(
        string="Missions are kept",
        default=5,
        help="Years after their end. A service type may say otherwise: works are kept ten years.",
    )

    _field_retention_positive = models.Constraint(
        "CHECK(field_retention_years > 0)", "Missions are kept for one year at least."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_retention_years = fields.Integer(
        related="company_id.field_retention_years", readonly=False
    )


class FieldServiceType(models.Model):
    _inherit = "field.service.type"

    retention_years = fields.Integer(
        string="Kept", help="Years after the end of a mission. 0: as the company does."
    )

    _retention_positive = models.Constraint(
        "CHECK(retention_years >= 0)", "Missions can't be kept for less than no time."
    )


class FieldMissionRetention(models.Model):
    """Until when a mission has to be kept, and what keeps it longer: a dispute."""

    _inherit = "field.mission"

    date_keep_until = fields.Date(
        compute="_compute_date_keep_until",
        store=True,
        index="btree_not_null",
        string="To keep until",
        help="Its end, and the years of its service type or of the company. Open ones have none.",
    )
    legal_hold = fields.Boolean(
        string="Kept for a dispute", readonly=True, copy=False, index="btree_not_null"
    )
    legal_hold_reason = fields.Char(readonly=True, copy=False, string="Dispute")
    legal_hold_by_id = fields.Many2one("res.users", readonly=True, copy=False, string="Kept by")
    date_legal_hold = fields.Datetime(readonly=True, copy=False, string="Kept since")

    @api.depends(
        "state",
        "actual_end",
        "mission_date",
        "service_type_id.retention_years",
        "company_id.field_retention_years",
    )
    def _compute_date_keep_until(self):
        for mission in self:
            end = mission.actual_end and mission.actual_end.date() or mission.mission_date
            end = end or (mission.create_date or fields.Datetime.now()).date()
            years = (
                mission.service_type_id.retention_years
                or mission.company_id.sudo().field_retention_years
            )
            over = mission.state in OVER
            mission.date_keep_until = over and end + relativedelta(years=years)

    @api.model
    def _get_domain_disposable(self, day=None):
        """Return the domain of missions that nobody has to keep any more.

        What purges (evidence, positions…) starts from it, so that a dispute stops all of it.

        :param day: date (default: today)
        """
        day = day or fields.Date.context_today(self)
        return Domain("legal_hold", "!=", True) & Domain("date_keep_until", "<", day)

    def action_hold(self, reason):
        """Keep missions for a dispute (managers): nothing of them is purged or deleted.

        :param reason: which dispute, in words
        :raises UserError: without a reason, or for a mission that is kept already
        """
        return self._set_hold(True, reason)

    def action_release_hold(self, reason):
        """End the keeping of missions for a dispute (managers); their usual time counts again.

        :param reason: how it ended, in words
        :raises UserError: without a reason, or for a mission that is not kept
        """
        return self._set_hold(False, reason)

    def _set_hold(self, held, reason):
        self._check_role(states.MANAGER)
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why: a reason is needed for this step."))
        missions = self.sudo()
        for mission in missions:
            if mission.legal_hold == held:
                raise UserError(
                    self.env._("%s is kept for a dispute already.", mission.display_name)
                    if held
                    else self.env._("%s is not kept for a dispute.", mission.display_name)
                )
        # Traced below, with the reason.
        missions.with_context(**{TRACE_LATER_KEY: STATE_TOKEN})._guarded_write(
            {
                "legal_hold": held,
                "legal_hold_reason": held and reason,
                "legal_hold_by_id": held and self.env.uid,
                "date_legal_hold": held and fields.Datetime.now(),
            }
        )
        missions._trace(
            "change", [{"legal_hold": [not held, held]} for _m in missions], reason=reason
        )
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_except_held(self):
        for mission in self.sudo():
            if mission.legal_hold:
                raise UserError(
                    self.env._(
                        "%(mission)s is kept for a dispute: %(reason)s",
                        mission=mission.display_name,
                        reason=mission.legal_hold_reason,
                    )
                )
