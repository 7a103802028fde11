from odoo import api, fields, models
from odoo.tools import email_normalize, html2plaintext
from odoo.tools.mail import email_split_tuples

LONGEST_DESCRIPTION = 4000


class FieldComplaintMail(models.Model):
    """Complaints that arrive by e-mail; an answer of the customer opens a settled one again."""

    _inherit = "field.complaint"

    inbox_id = fields.Many2one(
        "field.request.inbox", string="Written to", readonly=True, index="btree_not_null"
    )
    sender_email = fields.Char(string="Written from", readonly=True)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make a complaint of a message; its sender is matched to a customer and a site.

        :param msg_dict: what the mail gateway read
        :param custom_values: defaults of the address it was written to
        """
        sender = msg_dict.get("email_from") or ""
        subject = (msg_dict.get("subject") or "").strip()
        text = html2plaintext(msg_dict.get("body") or "").strip()
        customer, site = self.env["field.request"]._match_sender(sender, f"{subject}\n{text}")
        names = email_split_tuples(sender)
        address = email_normalize(sender)
        contact = self.env["res.partner"]
        if address:
            contact = contact.search([("email_normalized", "=", address)], limit=1)
        values = {
            "origin": "mail",
            "subject": subject or self.env._("Message without a subject"),
            "description": text[:LONGEST_DESCRIPTION] or False,
            "complainant": ", ".join(filter(None, names[0])) if names else sender or False,
            "sender_email": address or False,
            "contact_id": contact.id,
            "partner_id": customer.id,
            "site_id": site.id,
            **(custom_values or {}),
        }
        values.pop("name", None)
        return super().message_new(msg_dict, values)

    def message_update(self, msg_dict, update_vals=None):
        """Open a settled complaint again when the customer writes once more."""
        result = super().message_update(msg_dict, update_vals)
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        if not any(user._is_internal() for user in author.user_ids):
            self.filtered(lambda complaint: complaint.state in ("answered", "closed"))._reopen()
        return result


class FieldRequestInbox(models.Model):
    _inherit = "field.request.inbox"

    purpose = fields.Selection(
        [("request", "Requests"), ("complaint", "Complaints")],
        string="Messages become",
        default="request",
        required=True,
    )

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        if self.id and self.purpose == "complaint":
            values["alias_model_id"] = self.env["ir.model"]._get_id("field.complaint")
            values["alias_defaults"] = {"company_id": self.company_id.id, "inbox_id": self.id}
        return values

    def write(self, vals):
        """Lead the messages of an address where its purpose says."""
        result = super().write(vals)
        if "purpose" in vals:
            for inbox in self:
                # Whoever may set up an address need not administer Odoo's own.
                inbox.alias_id.sudo().write(inbox._alias_get_creation_values())
        return result
