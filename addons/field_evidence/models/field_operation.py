from odoo import api, models


class FieldOperation(models.Model):
    _inherit = "field.operation"

    @api.model
    def _get_kinds(self):
        return {
            **super()._get_kinds(),
            "evidence.position": "_apply_position",
            "photo.describe": "_apply_photo_describe",
        }
