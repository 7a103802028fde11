from odoo import api, fields, models


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

    coverage = fields.Char(
        compute="_compute_coverage",
        help="Empty while the work is what was signed: says which of its versions was.",
    )

    @api.depends(
        "covers",
        "kind",
        "mission_id.signature_ids",
        "mission_id.check_ids.current_answer_id",
        "mission_id.material_ids.quantity",
        "mission_id.photo_ids.kind",
        "mission_id.conclusion",
    )
    def _compute_coverage(self):
        for mission, signatures in self.grouped("mission_id").items():
            versions = mission.sudo()._get_signed_versions()
            for signature in signatures:
                signature.coverage = False
                if signature.kind == "after_work" and signature.covers in versions[:-1]:
                    signature.coverage = self.env._(
                        "Covers version %(signed)s of %(last)s: the work was changed since.",
                        signed=versions.index(signature.covers) + 1,
                        last=len(versions),
                    )

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
