from odoo import models
from odoo.fields import Command

# Longer lists are read on the screen: the message leads there.
LINES_SHOWN = 20


class FieldRequestSlaMail(models.Model):
    """What the activity tells also goes out by e-mail: one message a person, whatever crossed."""

    _inherit = "field.request.sla"

    def _mail_told(self, kind, users):
        """Queue one message for each person who was told of these lines.

        :param kind: ``warned`` (before the deadline) or ``late`` (after)
        :param users: ``{line_id: res.users}`` as ``_get_told_users`` gave
        :return: ``mail.mail`` records, to be sent by Odoo's own queue
        """
        wanted = self.filtered(
            lambda line: line.company_id.field_sla_mail and users[line.id].partner_id.email
        )
        values = [
            lines._prepare_told_mail(kind, user)
            for user, lines in wanted.grouped(lambda line: users[line.id]).items()
        ]
        # The cron tells in the name of the office; planners have no right on outgoing mail.
        return self.env["mail.mail"].sudo().create(values)

    def _prepare_told_mail(self, kind, user):
        """Return the message that tells one person of these lines, in their language."""
        lines = self.with_context(lang=user.lang, tz=user.tz).sorted("deadline")
        late = kind == "late"
        count = len(lines)
        if late:
            subject = lines.env._("SLA: deadlines passed (%s)", count)
        else:
            subject = lines.env._("SLA: deadlines at risk (%s)", count)
        body = lines.env["ir.qweb"]._render(
            "field_sla.sla_told_mail",
            {
                "lines": lines[:LINES_SHOWN],
                "beyond": max(count - LINES_SHOWN, 0),
                "late": late,
                "base_url": lines[:1].get_base_url(),
            },
        )
        sender = lines[:1].company_id.email_formatted or user.email_formatted
        return {
            "subject": subject,
            "body_html": body,
            "email_from": sender,
            "recipient_ids": [Command.set(user.partner_id.ids)],
            "auto_delete": True,
        }
