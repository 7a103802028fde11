from odoo import models
from odoo.tools.image import image_process

THUMBNAIL = (240, 240)


class FieldPhoto(models.Model):
    _name = "field.photo"
    _inherit = ["field.photo", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "uuid",
        "check_id",
        "kind",
        "stage",
        "caption",
        "sha256_declared",
        "sha256",
        "size",
        "mimetype",
        "capture_date",
        "date_received",
        "author_id",
        "state",
        "attachment_id",
    )
    _evidence_date = "capture_date"
    _evidence_author = "author_id"

    def _get_evidence_kind(self):
        return self.kind

    def _get_evidence_digest(self):
        if self.state == "received":
            return (self.sha256, self.size)
        return None

    def _get_app_values(self):
        """Add the size: the app shows how much of the mission's budget is used."""
        return {**super()._get_app_values(), "size": self.size or 0}

    def _get_thumbnail(self):
        """Return a small JPEG of one photo, or None where it holds no picture."""
        self.ensure_one()
        if not (self.mimetype or "").startswith("image/"):
            return None
        raw = self.sudo().attachment_id.raw
        return image_process(raw, size=THUMBNAIL, quality=70, output_format="JPEG")
