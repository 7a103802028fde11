from odoo import models


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
