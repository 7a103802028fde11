from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    field_silence_minutes = fields.Integer(
        string="No news after",
        default=60,
        help="Minutes without a sign of a technician after which a delay is unknown instead of"
        " certain. 0 = always certain.",
    )
    field_delay_width = fields.Integer(
        string="New slot told", default=60, help="Minutes from its beginning to its end."
    )
    field_pick_rule = fields.Selection(
        [
            ("off", "Nothing is offered"),
            ("request", "They ask, the office decides"),
            ("pick", "They take it themselves"),
        ],
        string="Technicians ahead of time",
        default="off",
        required=True,
    )
    field_pick_days = fields.Integer(
        string="Missions due within", default=14, help="Days from today."
    )

    _field_day_sane = models.Constraint(
        "CHECK(field_silence_minutes >= 0 AND field_delay_width BETWEEN 15 AND 480"
        " AND field_pick_days BETWEEN 0 AND 365)",
        "Silence is not negative, a new slot lasts 15 minutes to 8 hours, and missions due within"
        " a year at most are offered.",
    )
