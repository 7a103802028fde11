from odoo import models

CHECK_FIELDS = ("name", "kind", "uom_name", "choices", "required")
BOUNDS = (("min", "has_min", "min_value"), ("max", "has_max", "max_value"))


class FieldMissionCheckAnswer(models.Model):
    _name = "field.mission.check.answer"
    _inherit = ["field.mission.check.answer", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "check_id",
        "value_yesno",
        "value_choice",
        "value_number",
        "value_text",
        "photo_ids",
        "note",
        "result",
        "author_id",
        "device_date",
        "date",
    )
    _evidence_date = "device_date"
    _evidence_author = "author_id"

    def _get_evidence_kind(self):
        return "answer"

    def _get_evidence_data(self):
        """Add the question: what was asked belongs to what was answered."""
        found = super()._get_evidence_data()
        for answer in self.sudo():
            check = answer.check_id
            question = {name: check[name] or None for name in CHECK_FIELDS}
            question.update(
                {name: check[value] if check[has] else None for name, has, value in BOUNDS}
            )
            found[answer.id]["check"] = question
        return found
