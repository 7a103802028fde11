from odoo import fields, models

KINDS = [
    ("taken_in_charge", "Taken in charge"),
    ("on_site", "On site"),
    ("restored", "Restored"),
    ("closed", "Closed"),
]


class FieldSlaTarget(models.Model):
    _name = "field.sla.target"
    _description = "SLA target"
    _order = "policy_id, sequence, id"
    _rec_name = "kind"

    policy_id = fields.Many2one("field.sla.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id", store=True, precompute=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        KINDS,
        string="Target",
        required=True,
        default="on_site",
        help="Taken in charge: a visit is planned. On site: the technician arrives. Restored: every"
        " visit of the request is done. Closed: the office has validated them all.",
    )
    hours = fields.Float(
        string="Within",
        required=True,
        default=4.0,
        help="Hours from reception, counted in the policy's hours.",
    )
    warn_minutes = fields.Integer(
        string="Warn before (min)",
        default=60,
        help="Minutes of the policy's hours left when the planner is told. 0: no warning ahead.",
    )

    _kind_unique = models.UniqueIndex(
        "(policy_id, kind)", "A policy has one target of each kind only."
    )
    _hours_positive = models.Constraint(
        "CHECK(hours > 0)", "A target must be longer than zero hours."
    )
    _warn_positive = models.Constraint(
        "CHECK(warn_minutes >= 0)", "The warning can't come after the deadline."
    )
