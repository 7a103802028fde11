from odoo import fields, models


class FieldReasonWizard(models.TransientModel):
    _inherit = "field.reason.wizard"

    step = fields.Selection(
        selection_add=[("seal_without_files", "Seal without the files")],
        ondelete={"seal_without_files": "cascade"},
    )
