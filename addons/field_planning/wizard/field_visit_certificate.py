from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldVisitCertificate(models.TransientModel):
    """Over which period a certificate of visits is printed."""

    _name = "field.visit.certificate"
    _description = "Certificate of visits"

    contract_id = fields.Many2one("field.contract", required=True)
    date_from = fields.Date(
        string="Visits due from",
        required=True,
        default=lambda self: fields.Date.context_today(self) - relativedelta(years=1, day=1),
    )
    date_to = fields.Date(string="Until", required=True, default=fields.Date.context_today)
    figures_text = fields.Char(compute="_compute_figures_text", string="It says")

    @api.depends("contract_id", "date_from", "date_to")
    def _compute_figures_text(self):
        for wizard in self:
            wizard.figures_text = False
            if wizard.contract_id and wizard.date_from and wizard.date_to:
                found = wizard.contract_id._get_certificate(wizard.date_from, wizard.date_to)
                wizard.figures_text = self.env._(
                    "%(due)s visits due: %(done)s done, %(waived)s waived, %(moved)s moved and to"
                    " do, %(open)s to do, %(orphans)s without a decision",
                    **found["figures"],
                )

    def action_print(self):
        """Print the certificate.

        :raises UserError: a period that ends before it begins
        """
        self.ensure_one()
        self.contract_id.check_access("read")
        if self.date_to < self.date_from:
            raise UserError(self.env._("The period ends before it begins."))
        return self.env.ref("field_planning.action_report_visit_certificate").report_action(
            self.contract_id,
            data={"date_from": self.date_from.isoformat(), "date_to": self.date_to.isoformat()},
            config=False,
        )
