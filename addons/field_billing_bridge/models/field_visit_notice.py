from odoo import models


class FieldVisitNotice(models.Model):
    _inherit = "field.visit.notice"

    def _get_fees(self):
        """Add what the rule of wasted trips charges, as it was frozen when the notice was left."""
        found = super()._get_fees()
        # Technicians read no charges; the customer is told this one figure of them.
        charges = self.sudo().mission_id.charge_ids.filtered(lambda c: c.kind == "wasted")
        by_source = {(charge.mission_id.id, charge.source): charge for charge in charges}
        for notice in self:
            charge = by_source.get((notice.mission_id.id, f"trip:{notice.incident_id.id}"))
            if charge and charge.amount:
                found[notice.id] = (charge.amount, charge.currency_id)
        return found
