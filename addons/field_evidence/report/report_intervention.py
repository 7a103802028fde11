from odoo import models


class ReportIntervention(models.AbstractModel):
    """Values of the service report: everything is gathered before the page is laid out."""

    _name = "report.field_evidence.report_intervention"
    _description = "Service report"

    def _get_report_values(self, docids, data=None):
        """Return the sheets of these missions, each in its customer's language."""
        missions = self.env["field.mission"].browse(docids)
        missions.check_access("read")
        return {
            "doc_ids": missions.ids,
            "doc_model": missions._name,
            "docs": missions,
            "sheets": [mission._get_report_sheet() for mission in missions],
        }
