from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    field_material_id = fields.Many2one(
        "field.mission.material",
        string="Mission material",
        index="btree_not_null",
        copy=False,
        readonly=True,
    )
