from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Messages to customers know whether their mail left."""
        rows = self.env["field.customer.message"].sudo().search([("mail_mail_id", "in", self.ids)])
        if rows:
            rows._note_result(failure_type and (failure_reason or failure_type))
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
