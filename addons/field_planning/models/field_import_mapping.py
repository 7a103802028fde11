from odoo import api, fields, models


class FieldImportMapping(models.Model):
    """What the columns of a header mean: remembered from one file to the next."""

    _name = "field.import.mapping"
    _description = "Remembered columns of a spreadsheet"
    _order = "write_date desc, id desc"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    kind = fields.Char(required=True)
    signature = fields.Char(required=True, help="Mark of the header: its titles in their order.")
    title = fields.Char(help="The header's titles, for people.")
    columns = fields.Json(help="Normalised title and the field it holds.")

    _signature_unique = models.UniqueIndex("(company_id, kind, signature)")

    @api.model
    def _recall(self, company, kind, signatures):
        """Return what is remembered of headers.

        :param signatures: list of header marks
        :return: ``{signature: {normalised title: field key}}``
        """
        found = self.search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", kind),
                ("signature", "in", [mark for mark in signatures if mark]),
            ]
        )
        return {mapping.signature: mapping.columns or {} for mapping in found}

    @api.model
    def _remember(self, company, kind, headers):
        """Keep what the columns of headers mean.

        :param headers: ``{signature: (titles as text, {normalised title: field key})}``
        """
        known = {
            mapping.signature: mapping
            for mapping in self.search(
                [
                    ("company_id", "=", company.id),
                    ("kind", "=", kind),
                    ("signature", "in", list(headers)),
                ]
            )
        }
        missing = []
        for signature, (title, columns) in headers.items():
            if signature not in known:
                missing.append(
                    {
                        "company_id": company.id,
                        "kind": kind,
                        "signature": signature,
                        "title": title[:200],
                        "columns": columns,
                    }
                )
            elif known[signature].columns != columns:
                known[signature].columns = columns
        self.create(missing)
