from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ..indicators import Better, Figure, compare


@dataclass(frozen=True)
class Hours:
    """An indicator that is a mean of hours, of the visits where it is known."""

    field: str
    better: Better
    width = 3
    is_rate = False

    def columns(self, column):
        """Return the SQL that counts it."""
        return (
            SQL("count(%s)", column),
            SQL("avg(%s)", column),
            SQL("percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %s)", column),
        )

    def take(self, row):
        """Return (figure, hits) of the columns' values."""
        count, mean, shares = row
        median, p90 = shares or (None, None)
        return Figure(count, mean, median, p90), 0

    def counted(self):
        """Return the domain of the visits that it rests on."""
        return [(self.field, "!=", False)]


@dataclass(frozen=True)
class Rate:
    """An indicator that is a share: of the visits with some values, those with one of them."""

    field: str
    better: Better
    among: tuple
    hits: tuple
    width = 2
    is_rate = True

    def columns(self, column):
        """Return the SQL that counts it."""
        return (
            SQL("count(*) FILTER (WHERE %s IN %s)", column, self.among),
            SQL("count(*) FILTER (WHERE %s IN %s)", column, self.hits),
        )

    def take(self, row):
        """Return (figure, hits) of the columns' values."""
        count, hits = row
        return Figure(count, 100 * hits / count if count else None), hits

    def counted(self):
        """Return the domain of the visits that it rests on."""
        return [(self.field, "in", list(self.among))]

    def met(self):
        """Return the domain of the visits that the share is made of."""
        return [(self.field, "in", list(self.hits))]


JUDGED = ("on_time", "early", "late")
INDICATORS = {
    "response": Hours("response_hours", "lower"),
    "response_clock": Hours("response_clock_hours", "lower"),
    "punctual": Rate("punctuality", "higher", JUDGED, ("on_time",)),
    "first_punctual": Rate("first_punctuality", "higher", JUDGED, ("on_time",)),
    "early": Rate("punctuality", "lower", JUDGED, ("early",)),
    "customer": Rate("punctuality", "neither", (*JUDGED, "customer"), ("customer",)),
    "first_time_fix": Rate("first_time_fix", "higher", (0, 100), (100,)),
    "rework": Rate("rework", "lower", (0, 100), (100,)),
    "on_site": Hours("on_site_hours", "neither"),
}


class FieldIndicatorsLine(models.TransientModel):
    _name = "field.indicators.line"
    _description = "Indicator of quality"
    _order = "id"
    _rec_name = "kind"

    page_id = fields.Many2one("field.indicators", required=True, index=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("response", "Response time, opening hours"),
            ("response_clock", "Response time, clock hours"),
            ("punctual", "Punctual, slot agreed last"),
            ("first_punctual", "Punctual, slot promised first"),
            ("early", "Too early"),
            ("customer", "Late because of the customer"),
            ("first_time_fix", "Fixed at the first visit"),
            ("rework", "Rework"),
            ("on_site", "Time on site"),
        ],
        string="Indicator",
        required=True,
    )
    definition = fields.Text(compute="_compute_definition")
    is_rate = fields.Boolean(compute="_compute_definition")
    count = fields.Integer(string="Visits counted")
    hits = fields.Integer(string="Of these")
    figure = fields.Char(string="Result")
    median = fields.Char()
    p90 = fields.Char(string="9 of 10 within")
    before = fields.Char(string="Period before")
    change = fields.Char()
    trend = fields.Selection(
        [("better", "Better"), ("worse", "Worse"), ("same", "Same"), ("changed", "Changed")]
    )
    is_small = fields.Boolean(string="Small sample")
    remark = fields.Char()

    @api.depends_context("lang")
    @api.depends("kind")
    def _compute_definition(self):
        texts = self._get_definitions()
        for line in self:
            line.definition = texts.get(line.kind, "")
            line.is_rate = line.kind in INDICATORS and INDICATORS[line.kind].is_rate

    @api.model
    def _get_definitions(self):
        """Return what each indicator means, as the reader of the page is told."""
        return {
            "response": self.env._(
                "From the reception of a request to the first arrival, in the opening hours of its"
                " SLA policy, else of the company. Pauses, cancelled visits and visits that a"
                " contract owes are left out."
            ),
            "response_clock": self.env._("The same, day and night counted."),
            "punctual": self.env._(
                "Arrivals within the slot agreed last, tolerance included, among all that had one."
                " Lateness caused by the customer is left out."
            ),
            "first_punctual": self.env._("First arrivals within the slot that was promised first."),
            "early": self.env._("Arrivals before the slot agreed last, tolerance included."),
            "customer": self.env._(
                "Late arrivals while the clock was paused because of the customer, with a proof,"
                " among all visits with a promised slot."
            ),
            "first_time_fix": self.env._(
                "Requests whose first visit was done in one go: no visit was added once it had"
                " begun, and none follows it."
            ),
            "rework": self.env._(
                "Done visits that were added once an earlier one of the same request had begun, or"
                " that follow another visit, among all done visits."
            ),
            "on_site": self.env._(
                "Hours on site of the person who stayed longest, breaks and travel off, of done"
                " visits."
            ),
        }

    # ------------------------------------------------------------------ figures

    def _prepare_values(self, now, before, smallest):
        """Return what one line shows.

        :param now: (``Figure``, hits) of the period
        :param before: (``Figure``, hits) of the period before
        :param smallest: number of visits below which nothing is concluded
        """
        self.ensure_one()
        figure, hits = now
        moved = compare(figure, before[0], smallest, INDICATORS[self.kind].better)
        remark = ""
        if moved.small:
            remark = self.env._("Small sample: fewer than %s visits", smallest)
        elif figure.count and moved.change is None:
            remark = self.env._("Too few visits before to compare")
        return {
            "count": figure.count,
            "hits": hits,
            "figure": self._format(figure.mean),
            "median": self._format(figure.median),
            "p90": self._format(figure.p90),
            "before": self._format(before[0].mean),
            "change": self._format(moved.change, signed=True),
            "trend": moved.trend or False,
            "is_small": moved.small,
            "remark": remark,
        }

    def _format(self, value, signed=False):
        """Return hours or a share as a person reads it, empty where it is unknown.

        :param signed: it is a difference: of a share in points
        """
        if value is None:
            return ""
        sign = ("+" if value >= 0 else "−") if signed else ""
        size = abs(value) if signed else value
        if INDICATORS[self.kind].is_rate:
            number = formatLang(self.env, size, digits=1)
            if signed:
                return self.env._("%(number)s pts", number=sign + number)
            return f"{number} %"
        minutes = round(size * 60)
        return f"{sign}{minutes // 60} h {minutes % 60:02d}"

    # ------------------------------------------------------------------ ways to the visits

    def _open_visits(self, domain):
        page = self.page_id
        action = self.env["field.mission"]._open_window(
            "field_sla.field_mission_action_quality",
            page._get_mission_domain(page.date_from, page.date_to) + domain,
        )
        lists = [view for view in action["views"] if view[1] == "list"]
        action["views"] = lists + [view for view in action["views"] if view[1] != "list"]
        action["view_mode"] = ",".join(mode for _id, mode in action["views"])
        return {
            **action,
            "name": dict(self._fields["kind"]._description_selection(self.env))[self.kind],
        }

    def action_open_counted(self):
        """Open exactly the visits on which one indicator rests."""
        self.ensure_one()
        return self._open_visits(INDICATORS[self.kind].counted())

    def action_open_hits(self):
        """Open exactly the visits of which one share is made."""
        self.ensure_one()
        indicator = INDICATORS[self.kind]
        return self._open_visits(indicator.met() if indicator.is_rate else indicator.counted())
