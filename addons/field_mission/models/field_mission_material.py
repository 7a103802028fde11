from odoo import api, fields, models


class FieldMissionMaterial(models.Model):
    _name = "field.mission.material"
    _description = "Material of a mission"
    _order = "mission_id, id"
    _check_company_auto = True
    _rec_name = "product_id"

    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True
    )
    product_id = fields.Many2one("product.product", index="btree_not_null", check_company=True)
    description = fields.Char(help="In words, where the product is not known.")
    planned_quantity = fields.Float(
        string="To bring", digits="Product Unit", help="Planned by the office."
    )
    quantity = fields.Float(string="Used", digits="Product Unit")
    uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    lot_id = fields.Many2one("stock.lot", string="Lot / serial", check_company=True)
    billing = fields.Selection(
        [("billable", "Billable"), ("included", "Included"), ("warranty", "Warranty")],
        default="billable",
        required=True,
    )
    is_return = fields.Boolean(string="Return", help="Taken back from the customer to the van.")
    employee_id = fields.Many2one("hr.employee", string="Used by")
    date = fields.Datetime(string="Used on", help="Device time.")
    move_ids = fields.One2many(
        "stock.move",
        "field_material_id",
        string="Stock moves",
        groups="stock.group_stock_user",
    )
    shortage = fields.Float(
        digits="Product Unit", readonly=True, help="What the van did not hold when it was used."
    )

    _named = models.Constraint(
        "CHECK(product_id IS NOT NULL OR description IS NOT NULL)",
        "Name the product, or describe it in words.",
    )
    _quantities_positive = models.Constraint(
        "CHECK(quantity >= 0 AND planned_quantity >= 0)", "A quantity can't be negative."
    )

    @api.depends("product_id")
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.product_id.uom_id

    def _note_shortage(self):
        """Record what the van did not hold when these products were used; nothing is refused."""
        used = self.filtered(lambda line: line.product_id.is_storable and not line.is_return)
        for van, lines in used.grouped(lambda line: line.mission_id._get_van()).items():
            held = lines._get_left_in_van(van)
            for line in lines:
                wanted = line._in_product_unit()
                left = held.get(line.product_id, 0.0)
                line.shortage = max(0.0, min(wanted, wanted - left))
                held[line.product_id] = left - wanted

    def _get_left_in_van(self, van):
        """Return what the van holds of these lines' products, less what is used but not moved.

        :param van: one ``stock.location``
        :return: ``{product: quantity in its own unit}``
        """
        held = dict(
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [("location_id", "child_of", van.id), ("product_id", "in", self.product_id.ids)],
                ["product_id"],
                ["quantity:sum"],
            )
        )
        earlier = self.search(
            [
                ("id", "not in", self.ids),
                ("product_id", "in", self.product_id.ids),
                ("quantity", ">", 0),
                ("is_return", "=", False),
                ("mission_id.technician_id.field_van_location_id", "=", van.id),
                ("mission_id.state", "in", ["in_progress", "done"]),
                ("move_ids", "=", False),
            ]
        )
        for line in earlier:
            held[line.product_id] = held.get(line.product_id, 0.0) - line._in_product_unit()
        return held

    def _in_product_unit(self):
        """Return the quantity of one line in its product's own unit."""
        return self.uom_id._compute_quantity(self.quantity, self.product_id.uom_id)
