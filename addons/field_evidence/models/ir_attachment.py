from odoo import api, models
from odoo.exceptions import UserError

# What would make a sealed file another one, or take it away from its mission.
SEALED_FIELDS = frozenset(
    ("raw", "datas", "db_datas", "store_fname", "checksum", "file_size", "type", "url")
    + ("res_model", "res_id", "res_field", "description", "name", "mimetype")
)


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        """Refuse to change sealed files: photos, drawings and documents received, reports."""
        if SEALED_FIELDS.intersection(vals):
            self._refuse_sealed(self.env._("A sealed file can't be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sealed(self):
        self._refuse_sealed(self.env._("A sealed file can't be deleted."))

    def _refuse_sealed(self, message):
        candidates = self.sudo().filtered(
            lambda attachment: attachment.res_model in ("field.photo", "field.mission")
        )
        if not candidates:
            return
        sealed = self.env["field.evidence"].sudo()
        photos = self.env["field.photo"].sudo()
        if sealed.search_count(
            [("res_model", "=", "ir.attachment"), ("res_id", "in", candidates.ids)], limit=1
        ) or photos.search_count([("attachment_id", "in", candidates.ids)], limit=1):
            raise UserError(message)
