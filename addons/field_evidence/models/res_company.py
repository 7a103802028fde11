import re

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_report_mention = fields.Text(
        string="Mentions of the service report",
        translate=True,
        help="Printed at the end of each service report: insurance, right of withdrawal, general"
        " conditions…",
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
