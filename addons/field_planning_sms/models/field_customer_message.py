import phonenumbers

from odoo import api, fields, models

# Numbers that can receive a text; some countries don't tell mobile numbers from others.
MOBILE = frozenset(
    (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
)


class FieldCustomerMessage(models.Model):
    """The same messages, by text."""

    _inherit = "field.customer.message"

    channel = fields.Selection(selection_add=[("sms", "Text message")], ondelete={"sms": "cascade"})
    sms_uuid = fields.Char(readonly=True, copy=False, index="btree_not_null")

    @api.model
    def _get_channels(self):
        return {**super()._get_channels(), "sms": ("sms",), "both": ("mail", "sms")}

    @api.model
    def _prepare_address(self, partner, channel):
        if channel != "sms":
            return super()._prepare_address(partner, channel)
        number = self._get_mobile(partner)
        return {
            "address": number,
            "reason": False if number else self.env._("%s has no mobile number.", partner.name),
        }

    @api.model
    def _get_mobile(self, partner):
        """Return a partner's phone as an international mobile number, or False."""
        number = partner.phone and partner._phone_format(number=partner.phone)
        if not number:
            return False
        try:
            kind = phonenumbers.number_type(phonenumbers.parse(number))
        except phonenumbers.NumberParseException:
            return False
        return number if kind in MOBILE else False

    def _hand_over_sms(self, kind):
        """Write the texts of one kind and queue them."""
        template = self.env.ref(f"field_planning_sms.sms_template_field_{kind}").sudo()
        bodies = {}
        for lang, rows in self.grouped("lang").items():
            bodies.update(template.with_context(lang=lang)._render_field("body", rows.ids))
        texts = (
            self.env["sms.sms"]
            .sudo()
            .create(
                [
                    {
                        "number": row.address,
                        "partner_id": row.partner_id.id,
                        "body": bodies[row.id].strip(),
                    }
                    for row in self
                ]
            )
        )
        for row, text in zip(self, texts, strict=True):
            row.write(
                {
                    "sms_uuid": text.uuid,
                    "state": "sending",
                    "reason": False,
                    "attempts": row.attempts + 1,
                }
            )
