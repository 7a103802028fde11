import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    field_report_mention = fields.Text(
        string="Mentions of the service report",
        translate=True,
        help="Printed at the end of each service report: insurance, right of withdrawal, general"
        " conditions…",
    )

    field_head_mail = fields.Boolean(
        string="Mail the seal to who signed",
        default=True,
        help="When the work is done, who signed is mailed the number of sealed items and their"
        " head, where an address is known: the proof that nothing is changed afterwards.",
    )
    field_digest_email = fields.Char(
        string="Address of the daily digest",
        help="Each night the heads of the dossiers that were closed leave the house for this"
        " address. Choose one that whoever runs the database can't write to: your lawyer, your"
        " accountant, an archive.",
    )
    field_photo_budget = fields.Integer(
        string="Photos per mission (MB)",
        default=40,
        help="What the app's meter is full at. Photos beyond are sent all the same.",
    )
    field_position_mode = fields.Selection(
        [
            ("off", "Not read"),
            ("presence", "On the site: yes or no"),
            ("coordinates", "Coordinates"),
        ],
        string="Position at arrival and completion",
        required=True,
        default="off",
        help="Read once at each of the two moments, never between them, to prove a visit. People"
        " may refuse: nothing is blocked, and nothing says so.",
    )
    field_position_radius = fields.Integer(
        string="On the site within (m)",
        default=200,
        help="Distance to the site's coordinates within which somebody is on the site.",
    )
    field_position_days = fields.Integer(
        string="Positions kept (days)",
        default=60,
        help="Positions are deleted after it. The CNIL: two months, one year at most to prove a"
        " visit.",
    )

    field_photo_years = fields.Integer(
        string="Photos and files kept (years)",
        help="After the closing of a mission's dossier; 0: they are kept.",
    )
    field_tsa_url = fields.Char(
        string="Time-stamping service",
        help="Address of an authority (RFC 3161) that is asked to time-stamp each closed dossier."
        " Only a hash is sent, never the content.",
    )
    field_tsa_certificate = fields.Text(
        string="Its certificates",
        help="Root certificates in PEM; left empty, those of the server.",
    )

    _field_position_days_lawful = models.Constraint(
        "CHECK(field_position_days BETWEEN 1 AND 366)",
        "Positions are kept one year at most.",
    )
    _field_photo_years_positive = models.Constraint(
        "CHECK(field_photo_years BETWEEN 0 AND 100)",
        "The years that photos are kept can't be negative.",
    )
    _field_capture_positive = models.Constraint(
        "CHECK(field_photo_budget > 0 AND field_position_radius > 0)",
        "The budget of photos and the radius around a site must be positive.",
    )

    @api.constrains("field_tsa_url", "field_tsa_certificate")
    def _check_field_tsa(self):
        for company in self:
            url, roots = company.field_tsa_url, company.field_tsa_certificate
            if url and not re.match(r"https?://[^\s/]+", url):
                raise ValidationError(
                    self.env._(
                        "The address of a time-stamping service begins with https:// or http://"
                    )
                )
            if roots and "-----BEGIN CERTIFICATE-----" not in roots:
                raise ValidationError(
                    self.env._(
                        "Paste the certificates as text (PEM): they begin with"
                        " -----BEGIN CERTIFICATE-----"
                    )
                )

    def _get_report_logo(self):
        """Return one company's logo (base64), False while it is still Odoo's placeholder."""
        self.ensure_one()
        company = self.sudo()
        return not company.uses_default_logo and company.logo_web

    def _get_report_identity(self):
        """Return how one company identifies itself on a report.

        :return: list of lines: registration number, VAT number
        """
        self.ensure_one()
        company = self.sudo()
        lines = []
        siren = siren_of(company.company_registry, company.vat)
        if company.country_code == "FR" and siren:
            lines.append(self.env._("SIREN %s", siren))
        elif company.company_registry:
            lines.append(self.env._("Company ID %s", company.company_registry))
        if company.vat:
            lines.append(self.env._("VAT %s", company.vat))
        return lines


def siren_of(registry, vat):
    """Return a French company's SIREN as ``123 456 789``, from its SIRET, SIREN or VAT number.

    :param registry: company registry as typed, or False
    :param vat: VAT number as typed, or False
    :return: text, empty where none can be read
    """
    digits = re.sub(r"\D", "", registry or "")
    if len(digits) not in (9, 14):
        match = re.fullmatch(r"FR\w{2}(\d{9})", re.sub(r"\W", "", (vat or "").upper()))
        digits = match[1] if match else ""
    siren = digits[:9]
    return f"{siren[:3]} {siren[3:6]} {siren[6:]}" if siren else ""
