from odoo import fields, models
from odoo.exceptions import UserError

# step -> (states it starts from, state it leads to)
STEPS = {
    "take": (("new",), "in_progress"),
    "answer": (("new", "in_progress", "answered"), "answered"),
    "close": (("answered",), "closed"),
    "reopen": (("answered", "closed"), "in_progress"),
}


class FieldComplaintSteps(models.Model):
    """The way of a complaint: taken, answered, closed, perhaps opened again."""

    _inherit = "field.complaint"

    def _go(self, step, **values):
        """Take one step with all complaints.

        :param step: key of ``STEPS``
        :param values: further guarded values
        :raises UserError: a complaint stands elsewhere
        """
        sources, target = STEPS[step]
        wrong = self.filtered(lambda complaint: complaint.state not in sources)
        if wrong:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(name)s is “%(state)s”: this step is possible from “%(origin)s” only.",
                    name=wrong[0].name,
                    state=labels[wrong[0].state],
                    origin=", ".join(labels[state] for state in sources),
                )
            )
        self.check_access("write")
        self._guarded_write({"state": target, **values})

    def action_take(self):
        """Start working on new complaints; who has no owner becomes the current user's.

        :raises UserError: a complaint is not new
        """
        self._go("take")
        self.filtered(lambda complaint: not complaint.user_id).write({"user_id": self.env.uid})
        return True

    def action_answer(self):
        """Send the answer to who complains, by e-mail, and note when.

        :raises UserError: no answer is written, or nobody can receive it
        """
        self._check_answer()
        for complaint in self:
            if not complaint._get_answer_address():
                raise UserError(
                    self.env._(
                        "%s: nobody can receive the answer. Name who complains, with an e-mail"
                        " address, or note that it was answered otherwise.",
                        complaint.name,
                    )
                )
        self._note_answer()
        for complaint in self:
            complaint._send_answer()
        return True

    def action_answer_otherwise(self):
        """Note that the answer was given by phone, letter or in person.

        :raises UserError: no answer is written
        """
        self._check_answer()
        self._note_answer()
        for complaint in self:
            complaint.message_post(
                body=self.env._(
                    "Answered without e-mail: %(answer)s", answer=complaint.answer.strip()
                )
            )
        return True

    def action_close(self):
        """Close answered complaints: the cause and whether they were founded must be said.

        :raises UserError: a cause or an outcome is missing
        """
        for complaint in self:
            missing = [
                self._fields[name]._description_string(self.env)
                for name in ("cause", "outcome")
                if not complaint[name]
            ]
            if missing:
                raise UserError(
                    self.env._(
                        "%(name)s: fill in %(missing)s before it is closed.",
                        name=complaint.name,
                        missing=", ".join(f"“{label}”" for label in missing),
                    )
                )
        self._go("close", date_closed=fields.Datetime.now(), closed_by_id=self.env.uid)
        return True

    def action_reopen(self):
        """Open complaints again that the customer does not hold for settled."""
        self._reopen()
        return True

    def _reopen(self):
        """Open complaints again, count it and tell their owners."""
        for count, complaints in self.grouped("reopen_count").items():
            complaints._go("reopen", reopen_count=count + 1, date_closed=False, closed_by_id=False)
        self._tell_owner()

    def _check_answer(self):
        """Refuse to answer without words."""
        for complaint in self:
            if not (complaint.answer or "").strip():
                raise UserError(
                    self.env._("%s: write the answer that the customer is given.", complaint.name)
                )

    def _note_answer(self):
        """Note the time of the answer; the first one is kept."""
        first = self.filtered(lambda complaint: not complaint.date_first_answer)
        first._go("answer", date_first_answer=fields.Datetime.now())
        (self - first)._go("answer")
        self._drop_owner_activities()

    def _get_answer_address(self):
        """Return the partner or, of a person who is no contact, the address that gets the answer."""
        self.ensure_one()
        if self.contact_id.email:
            return self.contact_id
        return self.sender_email or (self.partner_id.email and self.partner_id) or False

    def _send_answer(self):
        """Post the answer of one complaint and send it to who complains."""
        self.ensure_one()
        address = self._get_answer_address()
        lang = (self.contact_id or self.partner_id).lang or self.env.lang
        told = self.with_context(lang=lang)
        recipients = (
            {"outgoing_email_to": address}
            if isinstance(address, str)
            else {"partner_ids": address.ids}
        )
        self.message_post(
            body=self.answer.strip(),
            subject=told.env._("Your complaint %(name)s: %(subject)s", name=self.name,
                               subject=self.subject),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **recipients,
        )  # fmt: skip
