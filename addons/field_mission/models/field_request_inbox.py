from odoo import fields, models


class FieldRequestInbox(models.Model):
    """An e-mail address whose messages become requests."""

    _name = "field.request.inbox"
    _description = "Address of requests"
    _inherit = ["mail.alias.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    service_type_id = fields.Many2one(
        "field.service.type",
        string="Service type",
        check_company=True,
        help="What is written to this address; empty: the office says it.",
    )
    request_ids = fields.One2many("field.request", "inbox_id", string="Requests")

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("field.request")
        if self.id:
            values["alias_defaults"] = {
                "company_id": self.company_id.id,
                "inbox_id": self.id,
                "service_type_id": self.service_type_id.id,
            }
        return values

    def write(self, vals):
        """Keep what a message brings to its request in step with the address."""
        result = super().write(vals)
        if {"company_id", "service_type_id"} & set(vals):
            for inbox in self:
                inbox.alias_defaults = inbox._alias_get_creation_values()["alias_defaults"]
        return result
