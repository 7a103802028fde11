from odoo import models
from odoo.tools import SQL


class PrivacyLookupWizard(models.TransientModel):
    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        """Find a person in our models too: positions, signatures, photos, documents read.

        Signatures and readings hold names as typed, besides the user who was there.
        """
        name = self.name.strip()
        # Only text is made here. Fields to contacts that need rights of HR, as our technicians'
        # vendor does, would keep an administrator without them from looking up anybody.
        query = super(PrivacyLookupWizard, self.sudo())._get_query()
        for model, column, typed in (
            ("field.position", "user_id", None),
            ("field.signature", "author_id", "name"),
            ("field.photo", "author_id", None),
            ("field.document.ack", "user_id", "person"),
        ):
            # `indirect_references` is the query's own list of the person's contacts.
            condition = SQL(
                "%s IN (SELECT id FROM res_users"
                " WHERE partner_id IN (SELECT id FROM indirect_references))",
                SQL.identifier(column),
            )
            if typed:
                condition = SQL("%s OR %s ILIKE %s", condition, SQL.identifier(typed), name)
            query = SQL(
                "%s UNION ALL SELECT %s AS res_model_id, id AS res_id, TRUE AS is_active"
                " FROM %s WHERE %s",
                query,
                self.env["ir.model"]._get_id(model),
                SQL.identifier(self.env[model]._table),
                condition,
            )
        return query
