from odoo import api, fields, models
from odoo.tools import format_date


class FieldMissionRetention(models.Model):
    """What a retention rule has deleted of a mission's proof."""

    _inherit = "field.mission"

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

    def _get_portal_photos(self):
        """Leave out the photos whose bytes a retention rule deleted."""
        return super()._get_portal_photos().filtered(lambda photo: not photo.sudo().purge_id)

    def _get_portal_files(self):
        """Leave out the drawings, too."""
        return super()._get_portal_files().filtered(lambda photo: not photo.sudo().purge_id)
