from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    field_mission_id = fields.Many2one(
        "field.mission", string="Mission", index="btree_not_null", copy=False, readonly=True
    )
