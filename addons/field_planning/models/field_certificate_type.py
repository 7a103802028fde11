from odoo import fields, models


class FieldCertificateType(models.Model):
    """What a company asks of its subcontractors before it sends them anywhere."""

    _name = "field.certificate.type"
    _description = "Kind of certificate"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("vigilance", "Vigilance (URSSAF)"),
            ("decennial", "Ten-year liability insurance"),
            ("liability", "Professional liability insurance"),
            ("other", "Other"),
        ],
        default="other",
        required=True,
    )
    is_required = fields.Boolean(
        string="Asked of every subcontractor",
        default=True,
        help="New subcontractors need it; without a valid one no mission is given to them.",
    )
    validity_months = fields.Integer(
        string="Valid for (months)", help="Proposed end of a new certificate. 0 = no proposal."
    )
    warn_days = fields.Integer(
        string="Warn (days before)", default=30, help="Planners get an activity before the end."
    )
    company_id = fields.Many2one("res.company", help="Empty = for all companies.")

    _warn_days_positive = models.Constraint(
        "CHECK(warn_days >= 0 AND validity_months >= 0)", "Days and months are not below zero."
    )
