from odoo import api, fields, models

from ..core import travel_learning as learning

LEVELS = [
    ("company", "Whole company"),
    ("slot", "Hour"),
    ("pair", "Zones"),
    ("cell", "Zones and hour"),
]


class FieldTravelRatio(models.Model):
    """What the technicians' clicks have taught: actual travel divided by estimated travel."""

    _name = "field.travel.ratio"
    _description = "Travel learned"
    _order = "company_id, level, count desc, id"
    _rec_name = "level"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    level = fields.Selection(LEVELS, required=True, readonly=True)
    from_zone_id = fields.Many2one(
        "field.zone",
        string="From zone",
        readonly=True,
        ondelete="cascade",
        help="Empty: a start point, or a site without a zone.",
    )
    to_zone_id = fields.Many2one("field.zone", string="To zone", readonly=True, ondelete="cascade")
    day_kind = fields.Selection(
        [("workday", "Monday to Friday"), ("saturday", "Saturday"), ("sunday", "Sunday")],
        string="Days",
        readonly=True,
    )
    hour = fields.Integer(readonly=True, aggregator=None)
    slot_label = fields.Char(string="When", compute="_compute_labels")
    pair_label = fields.Char(string="Zones", compute="_compute_labels")
    ratio = fields.Float(
        readonly=True,
        digits=(10, 2),
        aggregator=None,
        help="1.2 = travel takes 20 % longer than estimated; estimates are multiplied by it.",
    )
    count = fields.Integer(string="Travels", readonly=True)
    error_before = fields.Float(
        string="Error before (%)",
        readonly=True,
        digits=(10, 1),
        aggregator=None,
        help="Mean error of the estimate without learning, in percent of the time driven.",
    )
    error_after = fields.Float(
        string="Error after (%)",
        readonly=True,
        digits=(10, 1),
        aggregator=None,
        help="The same with learning; each travel is predicted from the other ones.",
    )
    date = fields.Date(string="Learned on", readonly=True)

    @api.depends("level", "from_zone_id.name", "to_zone_id.name", "day_kind", "hour")
    @api.depends_context("lang")
    def _compute_labels(self):
        days = dict(self._fields["day_kind"]._description_selection(self.env))
        anywhere = self.env._("Start point or no zone")
        for line in self:
            zones = line.level in ("pair", "cell")
            start, end = line.from_zone_id.name or anywhere, line.to_zone_id.name or anywhere
            line.pair_label = f"{start} → {end}" if zones else self.env._("All zones")
            hour = f"{days.get(line.day_kind, '')}, {line.hour:02d}:00–{line.hour + 1:02d}:00"
            line.slot_label = hour if line.level in ("slot", "cell") else self.env._("All day")

    @api.depends("pair_label", "slot_label")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.pair_label} · {line.slot_label}"

    def action_learn_now(self):
        """Take in the latest travels and learn again (managers).

        :return: action of the screen
        :raises AccessError: the user is no manager of the field service
        """
        self.env["field.travel.speed"].check_access("create")
        company = self.env.company
        self.env["field.travel.sample"].sudo()._take_in(company)
        self.sudo()._learn(company)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_travel_ratio_action"
        )

    @api.model
    def _learn(self, company):
        """Learn again from the samples of one company, and replace what was known."""
        samples = learning.clean(self.env["field.travel.sample"]._get_samples(company))
        ratios, errors = learning.learn(samples), learning.errors(samples)
        values = []
        if samples:
            values.append(self._prepare_line("company", ratios.company, errors.get(None)))
        for slot, found in ratios.slots.items():
            values.append(self._prepare_line("slot", found, slot=slot))
        for pair, found in ratios.pairs.items():
            values.append(self._prepare_line("pair", found, errors.get(pair), pair=pair))
        for (pair, slot), found in ratios.cells.items():
            values.append(self._prepare_line("cell", found, pair=pair, slot=slot))
        today = fields.Date.today()
        self.search([("company_id", "=", company.id)]).unlink()
        self.create([{**vals, "company_id": company.id, "date": today} for vals in values])

    @api.model
    def _prepare_line(self, level, found, error=None, pair=(None, None), slot=(False, 0)):
        return {
            "level": level,
            "from_zone_id": pair[0],
            "to_zone_id": pair[1],
            "day_kind": slot[0],
            "hour": slot[1],
            "ratio": found.ratio,
            "count": found.count,
            "error_before": error.before if error else 0,
            "error_after": error.after if error else 0,
        }

    @api.model
    def _get_ratios(self, company):
        """Return what one company has learned (:class:`~..core.travel_learning.Ratios`), or None.

        Nothing is corrected before a company has enough travels, or where its settings say so.
        """
        company = company.sudo()
        if not company.field_travel_learning:
            return None
        # Estimates are everybody's; the table itself is the office's.
        lines = self.sudo().search_fetch(
            [("company_id", "=", company.id)],
            ["level", "from_zone_id", "to_zone_id", "day_kind", "hour", "ratio", "count"],
        )
        whole = lines.filtered(lambda line: line.level == "company")
        if whole.count < company.field_travel_learning_min:
            return None
        found = learning.Ratios()
        for line in lines:
            learned = learning.Learned(line.ratio, line.count)
            pair = line.from_zone_id.id or None, line.to_zone_id.id or None
            slot = line.day_kind, line.hour
            if line.level == "company":
                found.company = learned
            elif line.level == "slot":
                found.slots[slot] = learned
            elif line.level == "pair":
                found.pairs[pair] = learned
            else:
                found.cells[pair, slot] = learned
        return found
