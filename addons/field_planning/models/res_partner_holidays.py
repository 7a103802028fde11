from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _get_field_holidays(self, date_from, date_to):
        """Return the public and school holidays at these places, in constant queries.

        The department comes from the INSEE code, else the postcode; the school zone from the
        department.

        :param date_from: first day
        :param date_to: last day, included
        :return: ``{partner_id: [{"id", "name", "kind" ("public" or "school"), "date_from",
            "date_to"}, …]}`` in order of date
        """
        return self.env["field.holiday"]._describe_between(
            self, fields.Date.to_date(date_from), fields.Date.to_date(date_to)
        )
