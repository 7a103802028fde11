from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..indicators import Figure, named_period, period_before
from .field_indicators_line import INDICATORS

# Filter of the page -> what it asks of a mission.
FILTERS = {
    "team_id": "=",
    "zone_id": "=",
    "service_type_id": "=",
    "partner_id": "child_of",
    "contract_id": "=",
}
ASKED = frozenset((*FILTERS, "period", "date_from", "date_to"))


class FieldIndicators(models.TransientModel):
    """The quality of service over a period beside the period before, for the office."""

    _name = "field.indicators"
    _description = "Indicators of quality"

    period = fields.Selection(
        [
            ("week", "This week"),
            ("last_week", "Last week"),
            ("month", "This month"),
            ("last_month", "Last month"),
            ("quarter", "Last three months"),
            ("year", "Last twelve months"),
            ("custom", "Between two days"),
        ],
        default="month",
        required=True,
    )
    date_from = fields.Date(
        string="From",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_to = fields.Date(
        string="Until",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    before_from = fields.Date(string="Compared with", compute="_compute_before")
    before_to = fields.Date(string="Compared until", compute="_compute_before")
    team_id = fields.Many2one("field.team")
    zone_id = fields.Many2one("field.zone")
    service_type_id = fields.Many2one("field.service.type", string="Service type")
    partner_id = fields.Many2one("res.partner", string="Customer")
    contract_id = fields.Many2one("field.contract")
    as_of = fields.Datetime(string="As of", readonly=True)
    is_stale = fields.Boolean(help="The filters changed since the figures were counted.")
    line_ids = fields.One2many("field.indicators.line", "page_id")
    # The same lines, shown a second time with what they mean.
    definition_ids = fields.One2many("field.indicators.line", "page_id", readonly=True)

    @api.depends("period")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        for page in self:
            if page.period and page.period != "custom":
                page.date_from, page.date_to = named_period(page.period, today)
            else:
                page.date_from, page.date_to = page.date_from or today, page.date_to or today

    @api.depends("date_from", "date_to")
    def _compute_before(self):
        for page in self:
            known = page.date_from and page.date_to and page.date_from <= page.date_to
            page.before_from, page.before_to = (
                period_before(page.date_from, page.date_to) if known else (False, False)
            )

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        for page in self:
            page.display_name = self.env._("Indicators")

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for page in self:
            if page.date_to < page.date_from:
                raise ValidationError(
                    self.env._("The period ends before it starts: correct its days.")
                )

    @api.onchange(*sorted(ASKED))
    def _onchange_asked(self):
        self.is_stale = True

    # ------------------------------------------------------------------ counting

    @api.model_create_multi
    def create(self, vals_list):
        """Count the indicators of new pages."""
        pages = super().create(vals_list)
        pages.line_ids = [fields.Command.create({"kind": kind}) for kind in INDICATORS]
        pages._count()
        return pages

    def write(self, vals):
        """Count again when something else is asked; the lines stay, so that a click finds them."""
        result = super().write(vals)
        if ASKED.intersection(vals):
            self._count()
        return result

    def action_count(self):
        """Count again, with what has happened since."""
        self._count()
        return True

    def _count(self):
        smallest = self.env.company.field_indicator_min
        for page in self:
            now, before = page._read_figures()
            for line in page.line_ids:
                line.write(line._prepare_values(now[line.kind], before[line.kind], smallest))
        self.write({"as_of": fields.Datetime.now(), "is_stale": False})

    def _get_mission_domain(self, start, stop):
        """Return the visits of a period that one page is asked about.

        :param start: first day
        :param stop: last day
        """
        self.ensure_one()
        return [
            ("company_id", "in", self.env.companies.ids),
            ("arrival_date", ">=", start),
            ("arrival_date", "<=", stop),
            *((name, operator, self[name].id) for name, operator in FILTERS.items() if self[name]),
        ]

    def _read_figures(self):
        """Count both periods of one page in one query.

        :return: two ``{kind: (Figure, hits)}``, of the period and of the one before
        """
        missions = self.env["field.mission"]
        query = missions._search(self._get_mission_domain(self.before_from, self.date_to))
        day = missions._field_to_sql(query.table, "arrival_date", query)
        columns = [
            column
            for indicator in INDICATORS.values()
            for column in indicator.columns(
                missions._field_to_sql(query.table, indicator.field, query)
            )
        ]
        is_now = SQL("%s >= %s", day, self.date_from)
        query.groupby = SQL("1")
        found = {row[0]: row[1:] for row in self.env.execute_query(query.select(is_now, *columns))}
        return tuple(self._read_row(found.get(now)) for now in (True, False))

    @api.model
    def _read_row(self, row):
        """Return ``{kind: (Figure, hits)}`` of one row of the query, None where it is empty."""
        values = iter(row or ())
        return {
            kind: indicator.take([next(values) for _column in range(indicator.width)])
            if row
            else (Figure(0), 0)
            for kind, indicator in INDICATORS.items()
        }

    # ------------------------------------------------------------------ ways on

    @api.model
    def action_open_page(self):
        """Count this month and show it.

        :return: a window action
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Indicators"),
            "res_model": "field.indicators",
            "res_id": self.create({}).id,
            "view_mode": "form",
        }

    def action_analyse(self):
        """Open the visits of one page in a table that can be turned."""
        self.ensure_one()
        return self.env["field.mission"]._open_window(
            "field_sla.field_mission_action_quality",
            self._get_mission_domain(self.date_from, self.date_to),
        )
