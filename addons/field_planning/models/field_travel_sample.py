from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core import travel_learning as learning
from ..core.speeds import day_kind, slowdown

# Clicks older than this are not learned from any more: phones send what they kept within days.
LOOK_BACK = timedelta(days=30)
# Legs wait until the day is over: the next click decides what a travel was.
SETTLED = timedelta(hours=12)
# What is learned rests on so many weeks; samples go after a year.
WEEKS = 26
KEPT = timedelta(days=365)
BATCH = 5000


class FieldTravelSample(models.Model):
    """One travel as it really was, without the person who drove and without their way.

    Two zones, the hour and the kind of day, how long it took and what had been estimated: nothing
    says who it was, at which site, nor on which day (only in which week).
    """

    _name = "field.travel.sample"
    _description = "Travel driven"
    _order = "week desc, id desc"
    _rec_name = "week"
    # Neither the person nor the minute of the learning.
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    week = fields.Date(required=True, readonly=True, help="Its Monday.")
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
        required=True,
        readonly=True,
    )
    hour = fields.Integer(readonly=True, aggregator=None, help="Local hour of departure.")
    metres = fields.Integer(readonly=True)
    provider_seconds = fields.Integer(
        readonly=True, help="What the provider says, without rules of speed and learning."
    )
    estimate_seconds = fields.Integer(
        readonly=True, help="What planners were told, with the rules and the learning of the day."
    )
    actual_seconds = fields.Integer(readonly=True)
    plain_error = fields.Float(
        string="Error before learning (%)",
        compute="_compute_errors",
        store=True,
        aggregator="avg",
        digits=(10, 1),
    )
    error = fields.Float(
        string="Error (%)", compute="_compute_errors", store=True, aggregator="avg", digits=(10, 1)
    )

    _week_idx = models.Index("(company_id, week)")

    @api.depends("provider_seconds", "estimate_seconds", "actual_seconds")
    def _compute_errors(self):
        for sample in self:
            actual = sample.actual_seconds or 1
            sample.plain_error = 100 * abs(actual - sample.provider_seconds) / actual
            sample.error = 100 * abs(actual - sample.estimate_seconds) / actual

    # ------------------------------------------------------------------ from clicks to samples

    @api.model
    def _cron_learn(self):
        """Take in the travels that the technicians' clicks prove, and learn from all of them."""
        companies = self.env["res.company"].search([("field_travel_learning", "=", True)])
        for company in companies:
            self._take_in(company)
            self.env["field.travel.ratio"]._learn(company)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _take_in(self, company):
        """Make samples of one company's settled travels that were not looked at yet.

        :return: number of samples made
        """
        times = self.env["field.mission.time"].sudo()
        now = fields.Datetime.now()
        fresh = times.search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", "travel"),
                ("travel_seen", "=", False),
                ("stop", "!=", False),
                ("stop", "<", now - SETTLED),
                ("start", ">", now - LOOK_BACK),
            ],
            limit=BATCH,
            order="start",
        )
        if not fresh:
            return 0
        legs = self._find_legs(fresh)
        lines = {line.id: line for line in fresh}
        values = self._prepare_samples(company, [leg for leg in legs if leg.key in lines])
        self.create(values)
        # SQL: being looked at is no change of the segment, whoever holds the mission meanwhile.
        self.env.execute_query(
            SQL(
                "UPDATE field_mission_time SET travel_seen = TRUE WHERE id = ANY(%s) RETURNING id",
                fresh.ids,
            )
        )
        fresh.invalidate_recordset(["travel_seen"])
        return len(values)

    @api.model
    def _find_legs(self, lines):
        """Return the legs (:class:`~..core.travel_learning.Leg`) around time segments.

        :param lines: ``field.mission.time`` in sudo
        """
        if not lines:
            return []
        around = lines.search(
            [
                ("employee_id", "in", lines.employee_id.ids),
                ("start", ">=", min(lines.mapped("start")) - timedelta(hours=20)),
                ("start", "<=", max(lines.mapped("start")) + timedelta(hours=20)),
            ],
            order="start, id",
        )
        return learning.find_legs(
            learning.Segment(
                line.id, line.employee_id.id, line.mission_id.id, line.kind, line.start, line.stop
            )
            for line in around
        )

    @api.model
    def _prepare_samples(self, company, legs):
        """Return the values of the samples of legs whose two ends have coordinates."""
        missions = self.env["field.mission"].sudo()
        people = self.env["hr.employee"].sudo()
        missions = missions.browse(
            {end for leg in legs for end in (leg.origin, leg.destination) if end}
        )
        sites = {mission.id: mission.site_id for mission in missions}
        homes = {person.id: person for person in people.browse({leg.person for leg in legs})}
        found = []
        for leg in legs:
            ends = [
                self._locate(sites[end]) if end else self._locate_home(homes[leg.person])
                for end in (leg.origin, leg.destination)
            ]
            if all(point for point, _zone in ends) and ends[0] != ends[1]:
                found.append((leg, ends, homes[leg.person]._get_field_tz()))
        travel, speeds = self.env["field.travel"], self.env["field.travel.speed"]
        plain = travel._get_leg_estimates(
            company, {(one[0], other[0]) for _leg, (one, other), _tz in found}
        )
        rules, ratios = (
            speeds._get_rules(company),
            self.env["field.travel.ratio"]._get_ratios(company),
        )
        values = []
        for leg, ((one, zone), (other, goal)), tz in found:
            local = utc_to_local(leg.start, tz)
            kind, hour = day_kind(local.date()), local.hour
            seconds, metres = plain[one, other]
            rate = slowdown(rules, zone, goal, kind, [hour])
            rate *= ratios.get(zone, goal, kind, hour) if ratios else 1
            values.append(
                {
                    "company_id": company.id,
                    "week": local.date() - timedelta(days=local.weekday()),
                    "from_zone_id": zone,
                    "to_zone_id": goal,
                    "day_kind": kind,
                    "hour": hour,
                    "metres": metres,
                    "provider_seconds": seconds,
                    "estimate_seconds": round(seconds * rate),
                    "actual_seconds": leg.seconds,
                }
            )
        # Not in the order in which people drove.
        return sorted(values, key=lambda vals: [str(value) for value in vals.values()])

    @api.model
    def _locate(self, site):
        located = site.partner_latitude or site.partner_longitude
        point = (site.partner_latitude, site.partner_longitude) if located else None
        return point, site.site_zone_id.id or None

    @api.model
    def _locate_home(self, employee):
        located = employee.field_start_latitude or employee.field_start_longitude
        point = (employee.field_start_latitude, employee.field_start_longitude) if located else None
        return point, None

    @api.model
    def _get_samples(self, company):
        """Return the samples to learn from as plain values, with today's rules of speed."""
        rules = self.env["field.travel.speed"]._get_rules(company)
        first = fields.Date.today() - timedelta(weeks=WEEKS)
        records = self.sudo().search_fetch(
            [("company_id", "=", company.id), ("week", ">=", first)],
            ["from_zone_id", "to_zone_id", "day_kind", "hour", "actual_seconds",
             "provider_seconds"],
        )  # fmt: skip
        samples = []
        for record in records:
            one, other = record.from_zone_id.id or None, record.to_zone_id.id or None
            rate = slowdown(rules, one, other, record.day_kind, [record.hour])
            samples.append(
                learning.Sample(
                    one,
                    other,
                    record.day_kind,
                    record.hour,
                    record.actual_seconds,
                    round(record.provider_seconds * rate),
                )
            )
        return samples

    @api.autovacuum
    def _gc_samples(self):
        """Forget travels of more than a year ago."""
        self.search([("week", "<", fields.Date.today() - KEPT)]).unlink()
