from odoo import api, fields, models


class FieldServiceTypeMaterial(models.Model):
    """A part that missions of a type usually take: to bring, and first in the app's list."""

    _name = "field.service.type.material"
    _description = "Usual part of a service type"
    _order = "service_type_id, sequence, id"
    _check_company_auto = True
    _rec_name = "product_id"

    service_type_id = fields.Many2one(
        "field.service.type", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_type_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        domain="[('type', '=', 'consu')]",
        check_company=True,
    )
    quantity = fields.Float(
        string="To bring",
        digits="Product Unit",
        help="Copied to each mission of the type. 0 = only first in the technician's list.",
    )
    uom_id = fields.Many2one(related="product_id.uom_id")

    _quantity_positive = models.Constraint("CHECK(quantity >= 0)", "A quantity can't be negative.")
    _once = models.Constraint(
        "unique(service_type_id, product_id)", "This part is in the list already."
    )


class FieldServiceTypeParts(models.Model):
    _inherit = "field.service.type"

    material_ids = fields.One2many(
        "field.service.type.material",
        "service_type_id",
        string="Usual parts",
        copy=True,
        groups="field_mission.group_field_technician",
    )


class FieldMissionParts(models.Model):
    _inherit = "field.mission"

    @api.model_create_multi
    def create(self, vals_list):
        """Copy the usual parts of each mission's type, where none were planned by hand."""
        missions = super().create(vals_list)
        missions._copy_usual_parts()
        return missions

    def _copy_usual_parts(self):
        # Planners may not write materials of others; the copy is the type's, not theirs.
        bare = self.sudo().filtered(lambda mission: not mission.material_ids)
        self.env["field.mission.material"].sudo().create(
            [
                {
                    "mission_id": mission.id,
                    "product_id": part.product_id.id,
                    "planned_quantity": part.quantity,
                }
                for mission in bare
                for part in mission.service_type_id.material_ids
                if part.quantity
            ]
        )

    def _get_app_values(self):
        """Add the parts that missions of the type usually take."""
        found = super()._get_app_values()
        for mission, values in zip(self.sudo(), found, strict=True):
            values["favourites"] = [
                {
                    "id": product.id,
                    "name": product.name,
                    "code": product.default_code or "",
                    "barcode": product.barcode or "",
                    "uom": product.uom_id.name,
                    "tracking": product.tracking,
                    "held": 0,
                    "lots": [],
                }
                for product in mission.service_type_id.material_ids.product_id
            ]
        return found
