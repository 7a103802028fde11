import re

from odoo import api, models
from odoo.fields import Domain

# Words with at least as many digits are looked for in phone numbers too.
SHORTEST_PHONE = 6


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _search_display_name(self, operator, value):
        """On the phone a site is found by whatever the caller says.

        Only with ``field_site_search`` in the context: name, code, address, phone of the site or
        of its contacts, customer. Each word has to be found, wherever it is.
        """
        if (
            not self.env.context.get("field_site_search")
            or operator != "ilike"
            or not isinstance(value, str)
            or not value.strip()
        ):
            return super()._search_display_name(operator, value)
        digits = re.sub(r"\D", "", value)
        if len(digits) >= SHORTEST_PHONE and not re.search(r"[^\d\s.+()\-]", value):
            # Typed as 06 11… or +33 6 11…, stored as either: the last nine digits say it.
            return self._get_domain_site_phone(digits.lstrip("0")[-9:])
        return Domain.AND(self._get_domain_site_word(word) for word in value.split())

    @api.model
    def _get_domain_site_word(self, word):
        names = ("complete_name", "site_code", "street", "street2", "city", "site_customer_id.name")
        found = Domain.OR(Domain(name, "ilike", word) for name in names)
        return found | Domain("zip", "=like", f"{word}%")

    @api.model
    def _get_domain_site_phone(self, number):
        phone = Domain("phone_mobile_search", "ilike", number)
        return (
            phone
            | Domain("site_contact_ids.partner_id.phone_mobile_search", "ilike", number)
            | Domain("site_customer_id.phone_mobile_search", "ilike", number)
        )
