from odoo import fields, models
from odoo.exceptions import UserError


class FieldPhotoWizard(models.TransientModel):
    """Add photos or files, several at a time."""

    _name = "field.photo.wizard"
    _description = "Photos to add to a mission"
    _inherit = "field.work.wizard.mixin"

    attachment_ids = fields.Many2many("ir.attachment", string="Files")
    stage = fields.Selection(
        [("before", "Before"), ("during", "During"), ("after", "After")], default="during"
    )
    caption = fields.Char()

    def action_add(self):
        """Send the files to the mission and close.

        :raises UserError: no file, or one that is neither a picture nor a PDF
        """
        for wizard in self:
            if not wizard.attachment_ids:
                raise UserError(self.env._("Choose at least one photo or file."))
            for attachment in wizard.attachment_ids:
                is_picture = (attachment.mimetype or "").startswith("image/")
                wizard._send_file(
                    wizard.mission_id,
                    attachment.raw,
                    kind="photo" if is_picture else "document",
                    stage=wizard.stage,
                    caption=wizard.caption or attachment.name,
                )
            # The mission keeps its own copy; the upload was only the way there.
            wizard.attachment_ids.unlink()
        return {"type": "ir.actions.act_window_close"}
