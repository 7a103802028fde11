from odoo import models


class FieldNonconformity(models.Model):
    _name = "field.nonconformity"
    _inherit = ["field.nonconformity", "field.evidence.source"]

    # What was found; what the office then does about it is its own follow-up.
    _evidence_fields = (
        "mission_id",
        "name",
        "check_id",
        "site_id",
        "equipment_id",
        "description",
        "gravity",
        "date",
        "photo_ids",
    )
    _evidence_date = "date"

    def _get_evidence_kind(self):
        return "nonconformity"
