from odoo import api, fields, models


class ReportVisitCertificate(models.AbstractModel):
    """The certificate of visits of contracts over a period."""

    _name = "report.field_planning.report_visit_certificate"
    _description = "Certificate of visits"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Read the register of each contract for the period asked for, else for a year."""
        contracts = self.env["field.contract"].browse(docids)
        today = fields.Date.context_today(self)
        first = fields.Date.to_date((data or {}).get("date_from")) or today.replace(
            year=today.year - 1, day=1
        )
        last = fields.Date.to_date((data or {}).get("date_to")) or today
        return {
            "doc_ids": contracts.ids,
            "doc_model": "field.contract",
            "docs": contracts,
            "certificates": {
                contract.id: contract._get_certificate(first, last) for contract in contracts
            },
            "today": today,
        }
