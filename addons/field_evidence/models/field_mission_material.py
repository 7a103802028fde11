from odoo import models


class FieldMissionMaterial(models.Model):
    _name = "field.mission.material"
    _inherit = ["field.mission.material", "field.evidence.source"]

    _evidence_fields = (
        "mission_id",
        "product_id",
        "description",
        "quantity",
        "uom_id",
        "lot_id",
        "billing",
        "is_return",
        "employee_id",
        "date",
    )
    _evidence_date = "date"

    def _filter_evidence(self):
        """Leave out what is only planned: it proves nothing yet."""
        return self.filtered("quantity")

    def _get_evidence_kind(self):
        return "material"
