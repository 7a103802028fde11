from odoo import api, fields, models

NOTICES_PER_RUN = 100
TEMPLATE = "field_evidence.mail_template_head"


class FieldEvidenceNotice(models.Model):
    """The number of items and the head of a closed dossier, as mailed to who signed.

    The reader holds the same two values: who rewrites a journal can't rewrite their mailbox.
    """

    _name = "field.evidence.notice"
    _description = "Head of a dossier mailed to who signed"
    _order = "date desc, id desc"
    _rec_name = "email"

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="mission_id.company_id")
    partner_id = fields.Many2one(
        "res.partner", string="Told", readonly=True, index="btree_not_null", ondelete="set null"
    )
    email = fields.Char(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    count = fields.Integer(string="Items", required=True, readonly=True, aggregator=None)
    head_hash = fields.Char(string="Head", required=True, readonly=True, size=64)
    missing_count = fields.Integer(string="Files awaited", readonly=True, aggregator=None)

    _once = models.Constraint(
        "UNIQUE(mission_id, count, email)", "This person was told this closing already."
    )

    @api.model
    def _send_due(self):
        """Tell who signed on the missions whose dossier was closed, a few a run."""
        dossiers = self.env["field.evidence.dossier"].sudo()
        due = dossiers.search([("notice_due", "=", True)], limit=NOTICES_PER_RUN)
        if not due:
            return
        due._set_due("notice_due", False)
        self._notify(due.mission_id)
        remaining = dossiers.search_count([("notice_due", "=", True)])
        self.env["ir.cron"]._commit_progress(len(due), remaining=remaining)

    @api.model
    def _notify(self, missions):
        """Note and mail the last closing of each of these missions to who signed.

        :param missions: missions with a closed dossier; those of companies that don't want it,
            and those where nobody's address is known, are left out
        :return: the new notices
        """
        wanted = missions.sudo().filtered(
            lambda mission: mission.company_id.field_head_mail and mission.evidence_closed_count
        )
        told = {
            (notice.mission_id.id, notice.count, notice.email)
            for notice in self.sudo().search([("mission_id", "in", wanted.ids)])
        }
        notices = self.sudo().create(
            [
                values
                for mission in wanted
                for values in mission._prepare_notices()
                if (values["mission_id"], values["count"], values["email"]) not in told
            ]
        )
        template = self.env.ref(TEMPLATE, raise_if_not_found=False)
        if notices and template:
            template.sudo().send_mail_batch(notices.ids)
        return notices

    # ------------------------------------------------------------------ words of the message

    def _get_lang(self):
        """Return the language in which one reader is written to."""
        self.ensure_one()
        return self.partner_id.lang or self.mission_id._get_report_lang()

    def _get_check_url(self):
        """Return the address at which one reader can check the head at any time."""
        dossier = self.sudo().mission_id.evidence_dossier_id
        return dossier._get_check_url(self.count, self.head_hash)

    def _get_day(self):
        """Return when the visit of one notice ended, as one says it at the site."""
        mission = self.mission_id.with_context(lang=self._get_lang())
        return mission._report_moment(mission.actual_end or mission.evidence_closed_date)


class FieldMissionNotice(models.Model):
    _inherit = "field.mission"

    evidence_notice_ids = fields.One2many(
        "field.evidence.notice",
        "mission_id",
        string="Told to who signed",
        readonly=True,
        groups="field_mission.group_field_planner",
    )

    def _prepare_notices(self):
        """Return the values of the notices of one mission's last closing, one a reader."""
        self.ensure_one()
        readers = {}
        for partner in self._get_signers():
            if email := partner.email_normalized:
                readers.setdefault(email, partner)
        return [
            {
                "mission_id": self.id,
                "partner_id": partner.id,
                "email": email,
                "count": self.evidence_closed_count,
                "head_hash": self.evidence_closed_hash,
                "missing_count": 0
                if self.evidence_missing_accepted
                else self.evidence_missing_count,
            }
            for email, partner in readers.items()
        ]

    def _get_signers(self):
        """Return the contacts to whom the head of one mission is told.

        Those are the contacts of the site with the name of who signed, else those who may sign
        there, else those who get its reports; a private customer, or one with the signer's name,
        is told too.
        """
        contacts = self.site_id.site_contact_ids
        names = {_spelling(sign.name) for sign in self.signature_ids if sign.name}
        signed = contacts.filtered(lambda contact: _spelling(contact.partner_id.name) in names)
        chosen = signed or contacts.filtered("sign") or contacts.filtered("report")
        customer = self.partner_id
        if not customer.is_company or _spelling(customer.name) in names:
            chosen = chosen.partner_id | customer
        else:
            chosen = chosen.partner_id
        return chosen.filtered("active")


def _spelling(name):
    """Return a name without what differs between two ways to type it."""
    return " ".join((name or "").casefold().split())
