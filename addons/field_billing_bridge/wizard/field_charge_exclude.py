from odoo import fields, models


class FieldChargeExclude(models.TransientModel):
    _name = "field.charge.exclude"
    _description = "Leave charges out of billing"

    charge_ids = fields.Many2many("field.charge", string="Charges", required=True)
    reason = fields.Char(required=True)

    def action_exclude(self):
        """Leave the charges out, for the reason given."""
        self.ensure_one()
        return self.charge_ids.action_exclude(self.reason)
