from odoo import models


class FieldIncident(models.Model):
    _name = "field.incident"
    _inherit = ["field.incident", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "kind",
        "severity",
        "description",
        "photo_ids",
        "customer_caused",
        "outcome",
        "date",
        "date_server",
        "author_id",
    )
    _evidence_date = "date"
    _evidence_author = "author_id"

    def _get_evidence_kind(self):
        return "incident"
