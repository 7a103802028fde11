from odoo import models


class FieldDocumentAck(models.Model):
    _name = "field.document.ack"
    _inherit = ["field.document.ack", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "version_id",
        "sha256",
        "user_id",
        "person",
        "date",
        "date_server",
    )
    _evidence_date = "date"
    _evidence_author = "user_id"

    def _get_evidence_kind(self):
        return "reading"
