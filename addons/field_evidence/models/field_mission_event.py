from odoo import models

# Steps that open a dossier: something happened at the customer's. Before, a plan is only a plan.
OPENING_STEPS = ("start", "done", "reschedule")


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
        """Leave changes of the plan to the trace: steps are sealed."""
        return self.filtered(lambda event: event.kind == "step")

    def _filter_opening(self):
        return self.filtered(lambda event: event.kind == "step" and event.step in OPENING_STEPS)

    def _get_evidence_kind(self):
        return "state"
