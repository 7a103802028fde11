from odoo import models


class FieldMissionEvent(models.Model):
    _name = "field.mission.event"
    _inherit = ["field.mission.event", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "kind",
        "step",
        "from_state",
        "to_state",
        "reason",
        "date",
        "device_date",
        "user_id",
    )
    _evidence_date = "device_date"
    _evidence_author = "user_id"

    def _filter_evidence(self):
        """Leave the trace to itself: the mission seals its steps, with what they changed."""
        return self.browse()

    def _get_evidence_kind(self):
        return "state"
