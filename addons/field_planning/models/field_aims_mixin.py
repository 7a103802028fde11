from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import safe_eval

from ..optimizer import can_refine

WEIGHTS = [("0", "No matter"), ("1", "A little"), ("2", "Medium"), ("3", "A lot")]
# What the steps are worth in seconds of driving, see `optimizer.problem.Weights`.
# An even load counts over all people and days, so little of it goes a long way.
WAITING = (0.0, 0.25, 0.5, 1.0)
BALANCE = (0.0, 0.05, 0.1, 0.25)
PEOPLE = (0, 900, 1800, 3600)
# Longest second stage: a person waits for it, or the night.
LONGEST_REFINEMENT = 900

# What new questions take from the settings of their company.
COMPANY_DEFAULTS = {
    "zone_rule": "field_plan_zones",
    "weight_waiting": "field_plan_waiting",
    "weight_balance": "field_plan_balance",
    "weight_people": "field_plan_people",
    "refine_seconds": "field_refine_seconds",
}

# Where a filter of missions to leave out begins: what was tried once already.
LEFT_OUT = "[('state', '=', 'to_reschedule')]"

ZONE_RULES = [
    ("anywhere", "Anywhere"),
    ("prefer", "In their zones first"),
    ("strict", "Only in their zones"),
]


class FieldAimsMixin(models.AbstractModel):
    """What a run of the optimiser looks at, may change and aims for."""

    _name = "field.aims.mixin"
    _description = "Question to the optimiser"
    # Planners, who may not read HR files, choose technicians.
    _inherit = ["hr.mixin"]
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    technician_ids = fields.Many2many(
        "hr.employee",
        string="Technicians",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
        help="Leave technicians and teams empty for everybody.",
    )
    team_ids = fields.Many2many(
        "field.team", string="Teams", check_company=True, help="All technicians of these teams."
    )
    zone_ids = fields.Many2many(
        "field.zone",
        string="Zones",
        check_company=True,
        help="Only missions of these zones and of their parts move; others of the same days stay in"
        " place. Leave empty for all.",
    )
    mode = fields.Selection(
        [
            ("keep", "Keep technicians and days: find the best order"),
            ("fill", "Keep them, and place missions without technician too"),
            ("free", "Choose technicians too; promised days are kept"),
        ],
        string="May change",
        default="keep",
        required=True,
    )
    movable = fields.Selection(
        [
            ("unplanned", "Only not planned yet"),
            ("unpublished", "Also planned, not published"),
            ("published", "Also published"),
        ],
        string="May move",
        default="unpublished",
        required=True,
        help="Fixed and started missions never move, nor do promises.",
    )
    undated = fields.Selection(
        [
            ("due", "Those with a deadline in the period"),
            ("all", "All of them, where there is room"),
            ("none", "None"),
        ],
        string="Missions without a day",
        default="due",
        required=True,
        help="Missions without promised and planned day, and visits to replan.",
    )
    leaves_out = fields.Boolean(
        string="Leave some missions out",
        help="Missions that match are not placed. Those already planned keep their slot.",
    )
    left_out = fields.Char(string="Missions left out", default=LEFT_OUT)
    zone_rule = fields.Selection(
        ZONE_RULES,
        string="Technicians work",
        default="anywhere",
        required=True,
        help="For technicians with zones; the others may be sent everywhere. In their zones first:"
        " elsewhere only what finds no place there.",
    )
    weight_waiting = fields.Selection(
        WEIGHTS,
        string="Little waiting",
        default="0",
        required=True,
        help="Minutes between two visits that are neither work, nor driving, nor lunch.",
    )
    weight_balance = fields.Selection(
        WEIGHTS,
        string="Even load",
        default="0",
        required=True,
        help="Days of about the same length, at the price of more kilometres.",
    )
    weight_people = fields.Selection(
        WEIGHTS,
        string="Few technicians",
        default="0",
        required=True,
        help="Leave some free rather than give everybody a little, at the price of more kilometres.",
    )
    refine = fields.Boolean(
        string="Search on for shorter tours",
        help="A second stage (PyVRP) looks for shorter tours in the time given.",
    )
    refine_seconds = fields.Integer(string="Seconds more", default=60)
    can_refine = fields.Boolean(compute="_compute_can_refine")

    _refine_seconds_possible = models.Constraint(
        f"CHECK(refine_seconds > 0 AND refine_seconds <= {LONGEST_REFINEMENT})",
        "The second stage takes 1 to 900 seconds.",
    )

    @api.model
    def default_get(self, fields_list):
        """Take the aims from the settings of the company."""
        values = super().default_get(fields_list)
        # Not as defaults of the fields: these are asked for before the company has its columns.
        for name, source in COMPANY_DEFAULTS.items():
            if name in fields_list and f"default_{name}" not in self.env.context:
                values[name] = self.env.company[source]
        return values

    def _compute_can_refine(self):
        self.can_refine = can_refine()

    @api.constrains("left_out", "leaves_out")
    def _check_left_out(self):
        for settings in self:
            try:
                settings._get_left_out_domain().validate(self.env["field.mission"])
            except Exception as error:
                raise ValidationError(
                    self.env._("The filter of missions to leave out can't be read.")
                ) from error

    def _get_left_out_domain(self):
        """Return the missions that one question leaves out, as a domain (empty: none)."""
        self.ensure_one()
        words = {
            "uid": self.env.uid,
            "datetime": safe_datetime,
            "context_today": lambda: fields.Date.context_today(self),
        }
        asked = self.leaves_out and safe_eval(self.left_out or "[]", words)
        # No condition means no mission here, not all of them.
        return Domain(asked) if asked else Domain.FALSE

    def _get_weights(self):
        """Return the weights of one question as the optimiser wants them."""
        self.ensure_one()
        weights = {"waiting": WAITING[int(self.weight_waiting)]}
        if self.mode != "keep":
            # Nobody changes hands otherwise: there is nothing to even out.
            weights["balance"] = BALANCE[int(self.weight_balance)]
            weights["people"] = PEOPLE[int(self.weight_people)]
        return {name: value for name, value in weights.items() if value}

    def _get_people(self):
        """Return the technicians chosen, by name or by team; an empty set = all of them."""
        self.ensure_one()
        people = self.technician_ids._origin or self.technician_ids
        if self.team_ids:
            # The team is HR data on the employee; who is in one is no secret to who plans.
            members = self.env["hr.employee"].sudo().search(
                [
                    ("field_team_id", "in", self.team_ids._origin.ids or self.team_ids.ids),
                    ("is_field_technician", "=", True),
                ]
            )  # fmt: skip
            people |= members.sudo(False)
        return people

    def _get_zone_ids(self):
        """Return the ids of the zones chosen and of their parts; an empty set = all of them."""
        zones = self.zone_ids._origin or self.zone_ids
        return {zone for ids in zones._get_descendants().values() for zone in ids}
