from markupsafe import Markup

from odoo import api, fields, models


class FieldEvidenceVerification(models.Model):
    """One verification of a dossier: who asked, when, and what it said."""

    _name = "field.evidence.verification"
    _description = "Verification of a sealed dossier"
    _order = "date desc, id desc"
    _rec_name = "mission_id"

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="mission_id.company_id")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", required=True, readonly=True)
    verdict = fields.Selection(
        [("intact", "Intact"), ("altered", "Altered"), ("none", "Nothing sealed")],
        required=True,
        readonly=True,
    )
    count = fields.Integer(string="Items", readonly=True, aggregator=None)
    head_hash = fields.Char(string="Head of the journal", readonly=True, size=64)
    noted = fields.Char(
        string="Compared with",
        readonly=True,
        help="Where else the head was noted: reports, messages, daily digests.",
    )
    findings = fields.Json(readonly=True)
    findings_html = fields.Html(compute="_compute_findings_html", string="What was touched")

    @api.depends("findings")
    def _compute_findings_html(self):
        for verification in self:
            lines = [finding.get("text", "") for finding in verification.findings or ()]
            verification.findings_html = (
                Markup("<ul>%s</ul>") % Markup("").join(Markup("<li>%s</li>") % x for x in lines)
                if lines
                else False
            )
