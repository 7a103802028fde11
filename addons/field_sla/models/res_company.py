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

    field_sla_mail = fields.Boolean(
        string="Tell by e-mail too",
        default=True,
        help="Besides the activity, one message a person lists the deadlines that come near or have"
        " passed.",
    )

    field_indicator_min = fields.Integer(
        string="Small sample below",
        default=5,
        help="Visits below which an indicator is called a small sample and compared with nothing.",
    )

    field_complaint_days_minor = fields.Integer(string="Minor complaints", default=10)
    field_complaint_days_major = fields.Integer(string="Major complaints", default=5)
    field_complaint_days_critical = fields.Integer(string="Critical complaints", default=1)

    field_survey = fields.Boolean(
        string="Ask customers how a visit went",
        help="By e-mail, after the visit is validated.",
    )
    field_survey_delay = fields.Float(string="Asked after", default=2.0, help="Hours.")
    field_survey_quiet_from = fields.Float(string="Nobody is disturbed from", default=20.0)
    field_survey_quiet_to = fields.Float(string="Nobody is disturbed until", default=8.0)
    field_survey_every = fields.Integer(
        string="One question in", default=30, help="Days during which a contact is asked once."
    )
    field_survey_valid = fields.Integer(
        string="Links are valid for", default=30, help="Days after which a link is closed."
    )

    _field_survey_settings_valid = models.Constraint(
        "CHECK(field_survey_delay >= 0 AND field_survey_every >= 0 AND field_survey_valid > 0"
        " AND field_survey_quiet_from BETWEEN 0 AND 24 AND field_survey_quiet_to BETWEEN 0 AND 24)",
        "Give delays of zero or more, hours from 0 to 24, and links that are valid for a day at"
        " least.",
    )
    _field_complaint_days_positive = models.Constraint(
        "CHECK(field_complaint_days_minor >= 0 AND field_complaint_days_major >= 0"
        " AND field_complaint_days_critical >= 0)",
        "A complaint can't be answered before it arrives: give days of zero or more.",
    )
    _field_indicator_min_positive = models.Constraint(
        "CHECK(field_indicator_min > 0)", "A sample has one visit at least."
    )
    _field_sla_settings_positive = models.Constraint(
        "CHECK(field_sla_grace >= 0 AND field_sla_clock_tolerance >= 0)",
        "The SLA settings can't be negative.",
    )

    def _get_complaint_days(self):
        """Return the days in which complaints are answered: ``{gravity: days}``."""
        self.ensure_one()
        # A customer who complains on the portal has no right on the company.
        company = self.sudo()
        return {
            "minor": company.field_complaint_days_minor,
            "major": company.field_complaint_days_major,
            "critical": company.field_complaint_days_critical,
        }
