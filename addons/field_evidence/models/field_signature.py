from odoo import models


class FieldSignature(models.Model):
    _name = "field.signature"
    _inherit = ["field.signature", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "kind",
        "name",
        "quality",
        "refusal_reason",
        "reserves",
        "texts",
        "texts_sha256",
        "covers",
        "drawing_id",
        "date",
        "date_server",
        "author_id",
    )
    _evidence_date = "date"
    _evidence_author = "author_id"

    def _get_evidence_kind(self):
        return "signature"

    def _get_evidence_data(self):
        """Add the drawing's own SHA-256: the device declared it when it was signed."""
        found = super()._get_evidence_data()
        for signature in self.sudo():
            drawing = signature.drawing_id
            found[signature.id]["drawing_sha256"] = (
                drawing.sha256_declared or drawing.sha256 or None
            )
        return found
