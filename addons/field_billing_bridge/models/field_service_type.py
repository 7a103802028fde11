from odoo import models

from .. import rating


class FieldServiceType(models.Model):
    _inherit = "field.service.type"

    def _to_billing_fallback(self):
        """Return the rule that the type's own product stands for where no other rule does.

        A product sold by the hour bills the time on site, any other one is a fixed price; the price
        is the price list's.

        :return: list of one ``rating.Rule``, or an empty list
        """
        product = self.sudo().product_id
        if not product:
            return []
        by_hour = product.uom_id == self.env.ref("uom.product_uom_hour")
        return [
            rating.Rule(
                key=f"type:{self.id}",
                kind=rating.TIME if by_hour else rating.FIXED,
                product=product.id,
                fallback=True,
            )
        ]
