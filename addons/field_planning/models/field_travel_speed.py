from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core.speeds import SpeedRule

# Usual rush hours of working days in towns, offered to a company that has no rules of its own.
USUAL = (("workday", 7.5, 9.0, 0.8), ("workday", 17.0, 18.5, 0.8), ("all", 21.0, 6.0, 1.15))


class FieldTravelSpeed(models.Model):
    """How fast one drives in a zone at some hours, compared with the company's speed."""

    _name = "field.travel.speed"
    _description = "Speed by zone and hour"
    _order = "company_id, sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    zone_id = fields.Many2one(
        "field.zone", check_company=True, index="btree_not_null", help="Empty: everywhere."
    )
    day_kind = fields.Selection(
        [
            ("all", "Every day"),
            ("workday", "Monday to Friday"),
            ("saturday", "Saturday"),
            ("sunday", "Sunday"),
        ],
        string="Days",
        default="workday",
        required=True,
    )
    hour_from = fields.Float(string="From", required=True, default=7.5)
    hour_to = fields.Float(
        string="Until", required=True, default=9.0, help="May be the next morning."
    )
    kind = fields.Selection(
        [("factor", "Share of the usual speed"), ("speed", "Speed in km/h")],
        string="Given as",
        default="factor",
        required=True,
    )
    factor = fields.Float(
        string="Share",
        default=0.8,
        help="0.8 = one drives at 80 % of the usual speed: travel takes a quarter longer.",
    )
    speed = fields.Float(
        string="km/h", default=40.0, help="Compared with the company's mean speed."
    )

    _hours_of_a_day = models.Constraint(
        "CHECK(hour_from >= 0 AND hour_from < 24 AND hour_to > 0 AND hour_to <= 24"
        " AND hour_from != hour_to)",
        "The hours must be different times of a day.",
    )
    _positive = models.Constraint(
        "CHECK(factor >= 0.1 AND factor <= 5 AND speed >= 1 AND speed <= 150)",
        "A share lies between 0.1 and 5, a speed between 1 and 150 km/h.",
    )

    @api.depends("zone_id.name", "day_kind", "hour_from", "hour_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["day_kind"]._description_selection(self.env))
        for line in self:
            where = line.zone_id.name or self.env._("Everywhere")
            hours = f"{_clock(line.hour_from)}–{_clock(line.hour_to)}"
            line.display_name = f"{where} · {labels.get(line.day_kind, '')} {hours}"

    @api.constrains("zone_id", "day_kind", "hour_from", "hour_to", "company_id", "active")
    def _check_doubles(self):
        """Two rules for the same zone, days and hours would leave it to chance which one counts."""
        for line in self.filtered("active"):
            same = self.search(
                [
                    ("company_id", "=", line.company_id.id),
                    ("zone_id", "=", line.zone_id.id),
                    ("day_kind", "=", line.day_kind),
                    ("id", "!=", line.id),
                ]
            )
            if any(_overlap(line, other) for other in same):
                raise ValidationError(
                    self.env._("%s: another line already speaks of these hours.", line.display_name)
                )

    def action_add_usual(self):
        """Add the usual rush hours to the current company, where it has no lines yet.

        :return: action of the list
        :raises AccessError: the user may not set this up
        """
        self.check_access("create")
        company = self.env.company
        if not self.search_count([("company_id", "=", company.id)], limit=1):
            self.create(
                [
                    {
                        "company_id": company.id,
                        "day_kind": days,
                        "hour_from": first,
                        "hour_to": last,
                        "factor": share,
                    }
                    for days, first, last, share in USUAL
                ]
            )
        return self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_travel_speed_action"
        )

    @api.model
    def _get_rules(self, company):
        """Return the rules of one company as plain values, in their order.

        :return: list of :class:`SpeedRule`
        """
        return [
            SpeedRule(
                line.zone_id.id or None,
                line.day_kind,
                line.hour_from,
                line.hour_to,
                line.factor
                if line.kind == "factor"
                else line.speed / company.sudo().field_travel_speed,
            )
            # Whoever's travel is estimated, the company's rules count.
            for line in self.sudo().search([("company_id", "=", company.id)])
        ]


def _clock(hours):
    return "{:02d}:{:02d}".format(*divmod(round(hours * 60), 60))


def _overlap(one, other):
    return any(
        first < other_last and other_first < last
        for first, last in _spans(one)
        for other_first, other_last in _spans(other)
    )


def _spans(line):
    if line.hour_from < line.hour_to:
        return [(line.hour_from, line.hour_to)]
    return [(line.hour_from, 24.0), (0.0, line.hour_to)]
