from odoo import models


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _handle_call_result_hook(self, results):
        """Messages to customers know whether their text left."""
        result = super()._handle_call_result_hook(results)
        rows = (
            self.env["field.customer.message"]
            .sudo()
            .search([("sms_uuid", "in", self.mapped("uuid"))])
        )
        texts = self.grouped("uuid")
        labels = dict(self._fields["failure_type"]._description_selection(self.env))
        for row in rows:
            text = texts[row.sms_uuid]
            failed = text.state == "error"
            row._note_result(failed and labels.get(text.failure_type, text.failure_type or "?"))
        return result
