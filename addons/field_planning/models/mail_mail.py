from odoo import models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Messages to customers know whether their mail left."""
        rows = self.env["field.customer.message"].sudo().search([("mail_mail_id", "in", self.ids)])
        if rows and failure_type:
            # In words first: a server's own message alone says little to a planner. In the
            # company's language: mails leave by a cron, which speaks English.
            speaker = self.with_context(lang=rows.company_id[:1].partner_id.lang)
            causes = dict(self._fields["failure_type"]._description_selection(speaker.env))
            cause = causes.get(failure_type, causes["unknown"])
            rows._note_result(f"{cause} ({failure_reason})" if failure_reason else cause)
        elif rows:
            rows._note_result()
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
