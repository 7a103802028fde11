from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import lateness
from .day_reader import DayReader, whole_minute

# Steps and times further away than this change nothing today.
NEAR = timedelta(days=1)
TELL = ("late", "at_risk")
QUEUED = "field_planning.delays"
DELAY_STATES = [
    ("on_time", "On time"),
    ("at_risk", "At risk"),
    ("late", "Late"),
    ("to_replan", "To plan again"),
    ("unknown", "No news"),
]
# Plan or promise changed: what the customer was told of the old one is void.
TOLD_FIELDS = frozenset(("planned_start", "technician_id", "promised_kind", "promised_start",
                         "promised_end", "promised_date", "promised_time"))  # fmt: skip


class FieldMissionDelay(models.Model):
    """Lateness of today's missions: computed for whole days at a time, stored to be searched."""

    _inherit = "field.mission"

    delay_state = fields.Selection(
        DELAY_STATES,
        string="Punctuality",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Late: not started after its slot. At risk: expected to start after its slot."
        " To plan again: the day is over. No news: it should have started, but the technician has"
        " not been heard of lately.",
    )
    expected_start = fields.Datetime(
        readonly=True, copy=False, help="From how the day goes so far, travel and lunch included."
    )
    delay_minutes = fields.Integer(string="Delay (min)", readonly=True, copy=False, aggregator=None)
    delay_alerted = fields.Boolean(
        readonly=True, copy=False, help="The planner has got an activity for this delay."
    )
    delay_told_from = fields.Datetime(
        string="New slot from", readonly=True, copy=False, help="As told to the customer."
    )
    delay_told_to = fields.Datetime(string="New slot until", readonly=True, copy=False)
    breaks_promise = fields.Boolean(
        compute="_compute_breaks_promise",
        search="_search_breaks_promise",
        help="Its customer should be told that the promised slot will not be kept.",
    )

    @api.depends(
        "delay_state", "expected_start", "promised_kind", "promised_end", "delay_told_to", "state"
    )
    def _compute_breaks_promise(self):
        windows = self._get_promise_windows()
        for mission in self:
            latest = windows[mission.id or mission._origin.id][1]
            mission.breaks_promise = bool(
                mission.state == "planned"
                and mission.delay_state in TELL
                and mission.promised_kind != "none"
                and latest
                and mission.expected_start
                and mission.expected_start > max(latest, mission.delay_told_to or latest)
            )

    def _search_breaks_promise(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self.search(
            [
                ("state", "=", "planned"),
                ("delay_state", "in", TELL),
                ("promised_kind", "!=", "none"),
            ]
        )
        broken = Domain("id", "in", late.filtered("breaks_promise").ids)
        return broken if True in value else ~broken

    @api.depends("delay_state")
    def _compute_is_late(self):
        """On its day a mission is late when its punctuality says so: news and tolerance count."""
        result = super()._compute_is_late()
        for mission in self:
            if mission.delay_state and mission.state == "planned":
                mission.is_late = mission.delay_state in ("late", "to_replan")
        return result

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = super()._search_is_late("in", [True])
        judged = Domain("delay_state", "!=", False) & Domain("state", "=", "planned")
        late = (late & ~judged) | (judged & Domain("delay_state", "in", ["late", "to_replan"]))
        return late if True in value else ~late

    # ------------------------------------------------------------------ when

    def write(self, vals):
        """A new plan or promise voids what the customer was told of the old one."""
        if TOLD_FIELDS.intersection(vals):
            told = self.filtered("delay_told_to")
            if told:
                super(FieldMissionDelay, told).write(
                    {"delay_told_from": False, "delay_told_to": False}
                )
            self._queue_delays()
        result = super().write(vals)
        if "planned_start" in vals:
            self._queue_delays()
        return result

    def _after_transition(self, step):
        result = super()._after_transition(step)
        self._queue_delays()
        return result

    def _open_time(self, kind, moment):
        result = super()._open_time(kind, moment)
        self._queue_delays()
        return result

    def _queue_delays(self):
        """Have today's delays computed right after this transaction, by the cron.

        Not here: a technician's tap must not wait for, nor clash over, the other missions of the
        day.
        """
        data = self.env.cr.precommit.data
        today = fields.Date.today()
        near = any(
            mission.mission_date and abs(mission.mission_date - today) <= NEAR
            for mission in self.sudo()
        )
        if near and not data.get(QUEUED):
            data[QUEUED] = True
            # Nobody's job but the cron's.
            self.env.ref("field_planning.ir_cron_field_delay").sudo()._trigger()

    @api.model
    def _cron_delays(self):
        """Compute the delays of all companies."""
        companies = self.env["res.company"].search([("id", "!=", False)])
        for number, company in enumerate(companies, start=1):
            self._update_delays(company)
            self.env["ir.cron"]._commit_progress(1, remaining=len(companies) - number)

    # ------------------------------------------------------------------ what

    @api.model
    def _update_delays(self, company, now=None):
        """Compute the delays of one company's missions, and write those that changed.

        :param company: ``res.company``
        :param now: naive UTC (default: now)
        :return: missions that changed
        """
        now = now or fields.Datetime.now()
        reader = DayReader(company, now)
        values = {
            mission_id: {
                "delay_state": told.state,
                "expected_start": whole_minute(told.start),
                "delay_minutes": round(told.delay.total_seconds() / 60),
            }
            for mission_id, told in reader.get_verdicts().items()
        }
        known = self.sudo().with_context(active_test=False)
        former = known.search(
            [("company_id", "=", company.id), ("delay_state", "!=", False)]
        ) | known.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ["planned", "in_progress"]),
                ("mission_date", "<", now.date() + timedelta(days=1)),
                ("delay_state", "=", False),
            ]
        )
        for mission in former:
            if mission.id not in values:
                values[mission.id] = self._judge_leftover(mission, now)
        changed = self._write_delays(known.browse(values), values)
        changed._follow_delays()
        return changed

    @api.model
    def _judge_leftover(self, mission, now):
        """Return what is said of a mission in no tour of today: of a day that is over, or none."""
        nothing = {"delay_state": False, "expected_start": False, "delay_minutes": 0}
        live = mission.active and mission.state in ("planned", "in_progress")
        if not live or not mission.planned_end or mission.planned_end > now:
            return nothing
        return {**nothing, "delay_state": "to_replan"}

    @api.model
    def _write_delays(self, missions, values):
        """Write what changed, on missions that nobody else holds at this moment.

        These are no changes of the plan: no trace, no version, nobody's date of change.
        """
        changed = missions.filtered(
            lambda mission: any(mission[name] != new for name, new in values[mission.id].items())
        )
        if not changed:
            return changed
        self.flush_model()
        free = changed.try_lock_for_update(allow_referencing=True)
        rows = [
            (
                mission.id,
                values[mission.id]["delay_state"] or None,
                values[mission.id]["expected_start"] or None,
                values[mission.id]["delay_minutes"],
            )
            for mission in free
        ]
        if rows:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE field_mission SET delay_state = told.state,
                        expected_start = told.start, delay_minutes = told.minutes
                    FROM unnest(%s::int[], %s::varchar[], %s::timestamp[], %s::int[])
                        AS told(id, state, start, minutes)
                    WHERE field_mission.id = told.id
                    """,
                    *(list(column) for column in zip(*rows, strict=True)),
                )
            )
            names = ["delay_state", "expected_start", "delay_minutes"]
            free.invalidate_recordset(names)
            free.modified(names)
            self._notify_board(free.ids)
        return free

    # ------------------------------------------------------------------ the planner is told

    def _follow_delays(self):
        """Give the office one activity a delay, and take it back when the delay has ended."""
        kind = self.env.ref("field_planning.mail_activity_type_delay")
        ended = self.filtered(
            lambda mission: mission.delay_alerted and mission.delay_state in ("on_time", False)
        )
        if ended:
            self.env["mail.activity"].sudo().search(
                [
                    ("res_model", "=", "field.mission"),
                    ("res_id", "in", ended.ids),
                    ("activity_type_id", "=", kind.id),
                ]
            ).unlink()
            ended.sudo().write({"delay_alerted": False})
        new = self.filtered(
            lambda mission: mission.delay_state in TELL and not mission.delay_alerted
        )
        values = []
        for company, missions in new.grouped("company_id").items():
            user = company._get_field_office_user()
            if user:
                values += [mission._prepare_delay_activity(kind, user) for mission in missions]
        if values:
            # A mail for each would flood the office: the activity itself tells.
            self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
                values
            )
        new.sudo().write({"delay_alerted": True})

    def _prepare_delay_activity(self, kind, user):
        self.ensure_one()
        here = self.with_context(lang=user.lang, tz=user.tz)
        labels = dict(here._fields["delay_state"]._description_selection(here.env))
        return {
            "res_model_id": self.env["ir.model"]._get_id("field.mission"),
            "res_id": self.id,
            "activity_type_id": kind.id,
            "user_id": user.id,
            "summary": here.env._(
                "%(state)s: %(who)s, expected %(minutes)s min after the plan",
                state=labels[self.delay_state],
                who=self.technician_id.sudo().name,
                minutes=self.delay_minutes,
            ),
        }

    # ------------------------------------------------------------------ the customers are told

    def action_tell_delay(self):
        """Open the proposal to tell the customers of these missions about the delay.

        Without missions: of all whose promised slot breaks today.

        :return: action of the dialog
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        missions = self or self.search(
            [("company_id", "=", self.env.company.id), ("breaks_promise", "=", True)]
        )
        return self.env["field.delay.notice"]._open_for(missions)

    @api.model
    def _get_told_width(self, company):
        """Return the length of a new slot told to a customer."""
        return timedelta(minutes=company.sudo().field_delay_width)

    def _propose_delay_slot(self):
        """Return the new slot that each customer may honestly be told.

        :return: ``{mission_id: (from, until)}`` naive UTC
        """
        return {
            mission.id: lateness.told_window(
                mission.expected_start,
                self._get_told_width(mission.company_id),
                timedelta(minutes=15),
            )
            for mission in self
            if mission.expected_start
        }
