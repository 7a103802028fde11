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

    _field_position_days_lawful = models.Constraint(
        "CHECK(field_position_days BETWEEN 1 AND 366)",
        "Positions are kept one year at most.",
    )
    _field_capture_positive = models.Constraint(
        "CHECK(field_photo_budget > 0 AND field_position_radius > 0)",
        "The budget of photos and the radius around a site must be positive.",
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
