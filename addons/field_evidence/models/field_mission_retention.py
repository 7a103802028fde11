from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class FieldMissionRetention(models.Model):
    """How long a mission's proof is kept: legal hold, and what a rule has deleted."""

    _inherit = "field.mission"

    legal_hold = fields.Boolean(
        readonly=True,
        copy=False,
        groups="field_mission.group_field_planner",
        help="A dispute: nothing of this mission is deleted until a manager releases it.",
    )
    legal_hold_reason = fields.Char(
        readonly=True, copy=False, groups="field_mission.group_field_planner"
    )
    legal_hold_user_id = fields.Many2one(
        "res.users",
        string="Held by",
        readonly=True,
        copy=False,
        groups="field_mission.group_field_planner",
    )
    evidence_purge_note = fields.Char(
        compute="_compute_evidence_purge_note",
        compute_sudo=True,
        groups="field_mission.group_field_planner",
    )

    @api.depends("photo_ids.purge_id")
    @api.depends_context("lang")
    def _compute_evidence_purge_note(self):
        for mission in self:
            mission.evidence_purge_note = " ".join(mission._tell_purges()) or False

    def _tell_purges(self):
        """Return a sentence for each certificate under which files of one mission went."""
        purged = self.photo_ids.filtered("purge_id")
        return [
            self.env._(
                "%(count)s file(s) purged lawfully on %(date)s under certificate %(number)s.",
                count=len(photos),
                date=format_date(self.env, certificate.date),
                number=certificate.name,
            )
            for certificate, photos in purged.grouped("purge_id").items()
        ]

    def action_hold(self, reason):
        """Keep everything of these missions, whatever the retention rules (managers).

        :param reason: why, in words
        :raises UserError: no reason, or a mission that is held already
        :raises AccessError: anybody else than a manager
        """
        text = self._check_hold(reason)
        if self.sudo().filtered("legal_hold"):
            raise UserError(self.env._("This mission is on legal hold already."))
        self.sudo().write(
            {"legal_hold": True, "legal_hold_reason": text, "legal_hold_user_id": self.env.uid}
        )

    def action_release_hold(self, reason):
        """Let the retention rules apply to these missions again (managers).

        :param reason: why, in words; stays on the mission
        :raises UserError: no reason, or a mission that is not held
        :raises AccessError: anybody else than a manager
        """
        text = self._check_hold(reason)
        if self.sudo().filtered(lambda mission: not mission.legal_hold):
            raise UserError(self.env._("This mission is not on legal hold."))
        self.sudo().write(
            {"legal_hold": False, "legal_hold_reason": text, "legal_hold_user_id": self.env.uid}
        )

    def _check_hold(self, reason):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_manager"):
            raise AccessError(self.env._("Only a manager may hold or release a mission."))
        text = reason.strip() if isinstance(reason, str) else ""
        if not text:
            raise UserError(self.env._("Say why: a reason is needed for this step."))
        return text

    def _get_portal_photos(self):
        """Leave out the photos whose bytes a retention rule deleted."""
        return super()._get_portal_photos().filtered(lambda photo: not photo.sudo().purge_id)

    def _get_portal_files(self):
        """Leave out the drawings, too."""
        return super()._get_portal_files().filtered(lambda photo: not photo.sudo().purge_id)
