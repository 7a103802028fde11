from markupsafe import Markup

from odoo import api, fields, models


class FieldSignatureWizard(models.TransientModel):
    """Have the customer sign, or say why nobody does."""

    _name = "field.signature.wizard"
    _description = "Signature to collect on a mission"
    _inherit = "field.work.wizard.mixin"

    kind = fields.Selection(
        [
            ("before_work", "Agreement before the work"),
            ("after_work", "Statement after the work"),
        ],
        default="after_work",
        required=True,
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Contact on site",
        domain="[('id', 'in', signer_ids)]",
        help="A contact of the site who may sign.",
    )
    signer_ids = fields.Many2many("res.partner", compute="_compute_shown")
    texts_shown = fields.Html(compute="_compute_shown", string="What is signed")
    name = fields.Char(string="Signed by")
    quality = fields.Char(help="Customer, caretaker, site manager…")
    drawing = fields.Binary(string="Signature")
    is_refused = fields.Boolean(string="Nobody signs")
    refusal_reason = fields.Char(string="Why", help="Absent, refused…")

    @api.depends("mission_id")
    def _compute_shown(self):
        texts = self.mission_id._get_texts_to_sign() if self.mission_id else {}
        for wizard in self:
            wizard.texts_shown = self.env["field.signature"]._render_texts(
                texts.get(wizard.mission_id.id, ())
            ) or Markup("")
            contacts = wizard.mission_id.site_id.site_contact_ids.filtered("sign")
            wizard.signer_ids = contacts.partner_id

    @api.onchange("contact_id")
    def _onchange_contact_id(self):
        """Take the name and the role of the contact."""
        if self.contact_id:
            self.name = self.contact_id.name
            contacts = self.mission_id.site_id.site_contact_ids
            contact = contacts.filtered(lambda line: line.partner_id == self.contact_id._origin)
            self.quality = contact[:1].role or self.quality

    def action_sign(self):
        """Record the signature and close.

        :raises UserError: no name, no drawing and no reason
        """
        for wizard in self:
            values = {"kind": wizard.kind, "quality": wizard.quality}
            if wizard.is_refused:
                values["refusal_reason"] = wizard.refusal_reason
            else:
                values["name"] = wizard.name
                if wizard.drawing:
                    values["drawing"] = wizard._send_file(
                        wizard.mission_id,
                        wizard._decode(wizard.drawing),
                        kind="drawing",
                        caption=wizard.name,
                    )
            wizard.mission_id.action_sign(values)
        return {"type": "ir.actions.act_window_close"}
