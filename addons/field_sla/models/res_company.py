from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_sla_grace = fields.Float(
        string="Wait for offline devices",
        default=24.0,
        help="Hours after a missed deadline during which a technician without network may still"
        " prove an arrival in time. Then the target is missed for good.",
    )
    field_sla_clock_tolerance = fields.Integer(
        string="Tolerance of device clocks",
        default=5,
        help="Minutes by which a device's clock may be wrong. Beyond, the server's time counts.",
    )

    _field_sla_settings_positive = models.Constraint(
        "CHECK(field_sla_grace >= 0 AND field_sla_clock_tolerance >= 0)",
        "The SLA settings can't be negative.",
    )
