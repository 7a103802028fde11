from odoo import models

from .field_mission import FACT_FIELDS


class FieldRequest(models.Model):
    _inherit = "field.request"

    def write(self, vals):
        """Seal what changes in the missions with their request: customer, contract."""
        result = super().write(vals)
        if any(name in vals for name in FACT_FIELDS):
            self.sudo().mission_ids._queue_evidence()
        return result
