from odoo import models
from odoo.tools import SQL


class FieldSequenceMixin(models.AbstractModel):
    _name = "field.sequence.mixin"
    _description = "Numbering in batches, per company"

    def _get_field_sequence(self, company):
        """Return the company's own sequence for this model, made at its first use.

        :param company: one ``res.company``
        :return: one ``ir.sequence`` (sudo)
        """
        code = self._name
        sequences = self.env["ir.sequence"].sudo()
        sequence = sequences.search(
            [("code", "=", code), ("company_id", "in", [company.id, False])],
            order="company_id",
            limit=1,
        )
        if sequence.company_id != company:
            shared = sequence or sequences.new(
                {"name": self._description, "prefix": "%(year)s/", "padding": 5}
            )
            sequence = sequences.create(
                {
                    "name": f"{shared.name} ({company.name})",
                    "code": code,
                    "prefix": shared.prefix,
                    "padding": shared.padding,
                    "company_id": company.id,
                }
            )
        return sequence

    def _take_numbers(self, company, count):
        """Return ``count`` new numbers of a company with one query for all of them.

        ``ir.sequence.next_by_code`` asks the database once a number; a spreadsheet of a
        thousand rows would pay a thousand round trips.
        """
        sequence = self._get_field_sequence(company)
        if sequence.implementation != "standard":
            return [sequence._next() for _number in range(count)]
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        prefix, suffix = sequence._get_prefix_suffix()
        return [f"{prefix}{number:0{sequence.padding}d}{suffix}" for (number,) in rows]

    def _number_new(self, vals_list):
        """Fill ``name`` in the creation values that have none, company by company."""
        unnamed = {}
        for vals in vals_list:
            if vals.get("name") in (None, False, "", "/"):
                company_id = vals.get("company_id") or self.env.company.id
                unnamed.setdefault(company_id, []).append(vals)
        for company_id, group in unnamed.items():
            company = self.env["res.company"].browse(company_id)
            numbers = self._take_numbers(company, len(group))
            for vals, number in zip(group, numbers, strict=True):
                vals["name"] = number
