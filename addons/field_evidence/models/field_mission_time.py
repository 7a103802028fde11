from odoo import models


class FieldMissionTime(models.Model):
    _name = "field.mission.time"
    _inherit = ["field.mission.time", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "employee_id",
        "kind",
        "start",
        "stop",
        "start_clicked",
        "stop_clicked",
        "correction_reason",
    )
    _evidence_date = "start"

    def _get_evidence_kind(self):
        return "time"
