from odoo import fields, models


class FieldMaterialWizard(models.TransientModel):
    """Record one product used, or taken back."""

    _name = "field.material.wizard"
    _description = "Material used on a mission"
    _inherit = "field.work.wizard.mixin"

    product_id = fields.Many2one("product.product", domain="[('type', '=', 'consu')]")
    description = fields.Char(help="In words, where the product is not known.")
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    tracking = fields.Selection(related="product_id.tracking")
    lot_name = fields.Char(string="Lot / serial number")
    billing = fields.Selection(
        [("billable", "Billable"), ("included", "Included"), ("warranty", "Warranty")],
        default="billable",
        required=True,
    )
    is_return = fields.Boolean(string="Taken back", help="Taken back from the customer to the van.")

    def _find_lot(self):
        """Return the lot typed; one that is not known becomes words for the office."""
        name = (self.lot_name or "").strip()
        lots = self.env["stock.lot"]
        if not name or not self.product_id:
            return lots, False
        # Technicians have no stock rights; they only name what they hold in their hand.
        lot = lots.sudo().search(
            [("product_id", "=", self.product_id.id), ("name", "=ilike", name)], limit=1
        )
        return lot, not lot and self.env._("Lot or serial number typed: %s", name)

    def _prepare_material(self):
        """Return the material as ``action_add_material`` takes it."""
        lot, unknown = self._find_lot()
        words = [part for part in (self.description, unknown) if part]
        return {
            "product_id": self.product_id.id or None,
            "description": ". ".join(words),
            "quantity": self.quantity,
            "lot_id": lot.id,
            "billing": self.billing,
            "is_return": self.is_return,
        }

    def action_save(self):
        """Record the material and close.

        :raises UserError: neither product nor description, or no quantity
        """
        for wizard in self:
            wizard.mission_id.action_add_material(wizard._prepare_material())
        return {"type": "ir.actions.act_window_close"}

    def action_save_new(self):
        """Record the material and ask for another one."""
        self.action_save()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_material_wizard_action"
        )
        action["context"] = {"default_mission_id": self.mission_id.id}
        return action
