from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.field_mission.core import slots

from ..clock import Clock, Pause, honest_time
from ..indicators import judge_arrival, longest_presence
from ..measure import Measure

PLANNER = "field_mission.group_field_planner"
PUNCTUALITY = [
    ("on_time", "On time"),
    ("early", "Too early"),
    ("late", "Late"),
    ("customer", "Late because of the customer"),
]
YES, NO = 100.0, 0.0
MEASURES = frozenset(
    ("first_arrival", "arrival_date", "first_promised_start", "first_promised_end",
     "response_hours", "response_clock_hours", "punctuality", "punctual_rate",
     "first_punctuality", "first_punctual_rate", "first_time_fix", "rework", "on_site_hours")
)  # fmt: skip
PROMISE = ("promised_kind", "promised_start", "promised_end", "promised_tolerance")
PAUSES = tuple(f"request_id.sla_pause_ids.{name}" for name in ("start", "stop", "customer_caused"))
SIBLINGS = ("request_id.mission_ids.first_arrival", "request_id.mission_ids.state")


class FieldMissionMeasures(models.Model):
    """What one visit says of the quality of service, stored so that a year of them is summed fast.

    A measure that does not apply is unknown (NULL), never zero: an average leaves it out. Only the
    office reads them, and none of them names a person.
    """

    _inherit = "field.mission"

    first_arrival = fields.Datetime(
        string="First arrival",
        compute="_compute_arrival",
        store=True,
        copy=False,
        groups=PLANNER,
        help="By the clock that can be believed. A visit that is taken up again on another day"
        " keeps its first arrival.",
    )
    arrival_date = fields.Date(
        string="Day of the visit",
        compute="_compute_arrival",
        store=True,
        copy=False,
        groups=PLANNER,
        help="Day of the last arrival, in the site's time zone. Cancelled visits have none.",
    )
    first_promised_start = fields.Datetime(
        string="First promised from",
        compute="_compute_first_promise",
        store=True,
        precompute=True,
        copy=False,
        groups=PLANNER,
    )
    first_promised_end = fields.Datetime(
        string="First promised until",
        compute="_compute_first_promise",
        store=True,
        precompute=True,
        copy=False,
        groups=PLANNER,
    )
    response_hours = Measure(
        string="Response (opening hours)",
        compute="_compute_response",
        store=True,
        copy=False,
        groups=PLANNER,
        help="From the reception of the request to the first arrival, in the opening hours of its"
        " SLA policy, else of the company; pauses off. Visits that a contract owes have none.",
    )
    response_clock_hours = Measure(
        string="Response (clock hours)",
        compute="_compute_response",
        store=True,
        copy=False,
        groups=PLANNER,
        help="From the reception of the request to the first arrival, day and night; pauses off.",
    )
    punctuality = fields.Selection(
        PUNCTUALITY,
        string="Punctuality on arrival",
        compute="_compute_punctuality",
        store=True,
        copy=False,
        groups=PLANNER,
        help="The arrival beside the slot that was agreed last, tolerance included.",
    )
    punctual_rate = Measure(
        string="Punctual (%)",
        compute="_compute_punctuality",
        store=True,
        copy=False,
        groups=PLANNER,
        help="On time among on time, early and late. What the customer caused is left out.",
    )
    first_punctuality = fields.Selection(
        PUNCTUALITY,
        string="Punctuality to the first promise",
        compute="_compute_punctuality",
        store=True,
        copy=False,
        groups=PLANNER,
        help="The first arrival beside the slot that was promised first.",
    )
    first_punctual_rate = Measure(
        string="First promise kept (%)",
        compute="_compute_punctuality",
        store=True,
        copy=False,
        groups=PLANNER,
    )
    first_time_fix = Measure(
        string="Fixed at the first visit (%)",
        compute="_compute_first_time_fix",
        store=True,
        copy=False,
        groups=PLANNER,
        help="Of a request's first visit, once it is done: nobody had to come again.",
    )
    rework = Measure(
        string="Rework (%)",
        compute="_compute_rework",
        store=True,
        copy=False,
        groups=PLANNER,
        help="Done visits that were added after an earlier one had begun, or that follow one.",
    )
    on_site_hours = Measure(
        string="Time on site",
        compute="_compute_on_site_hours",
        store=True,
        copy=False,
        groups=PLANNER,
        help="Hours on site of the person who stayed longest, breaks and travel off.",
    )

    _arrival_idx = models.Index("(company_id, arrival_date) WHERE arrival_date IS NOT NULL")

    def _refuse_guarded(self, vals):
        """Measures follow from what happened: nobody writes them, whatever the interface."""
        result = super()._refuse_guarded(vals)
        written = sorted(MEASURES.intersection(vals))
        if written and (self or any(vals[name] for name in written)):
            label = self._fields[written[0]]._description_string(self.env)
            raise UserError(self.env._("“%s” is measured, not written.", label))
        return result

    # ------------------------------------------------------------------ arrival and promise

    @api.depends(
        "actual_start", "actual_start_server", "state", "site_id.tz", "request_id.date_received"
    )
    def _compute_arrival(self):
        for mission in self:
            arrival = mission._get_honest_arrival()
            if not arrival:
                mission.first_arrival = mission.arrival_date = False
                continue
            # Read before it is assigned: a visit taken up again keeps the day it began.
            first = mission.first_arrival
            mission.first_arrival = min(first, arrival) if first else arrival
            mission.arrival_date = slots.utc_to_local(arrival, mission._get_tz()).date()

    def _get_honest_arrival(self):
        """Return when one mission's people arrived (naive UTC), or None."""
        self.ensure_one()
        if not self.actual_start or self.state == "cancelled":
            return None
        server = self.actual_start_server or self.actual_start
        tolerance = timedelta(minutes=self.company_id.field_sla_clock_tolerance)
        return honest_time(
            self.actual_start, server, self.request_id.date_received or None, tolerance
        ).at

    @api.depends("promised_start", "promised_end")
    def _compute_first_promise(self):
        for mission in self:
            known = mission.first_promised_start and mission.first_promised_end
            if not known:
                mission.first_promised_start = mission.promised_start
                mission.first_promised_end = mission.promised_end
            else:
                mission.first_promised_start = mission.first_promised_start
                mission.first_promised_end = mission.first_promised_end

    # ------------------------------------------------------------------ response

    @api.depends(
        *("first_arrival", *SIBLINGS, *PAUSES, "request_id.date_received"),
        *("request_id.date_owed", "request_id.origin", "request_id.sla_ids.calendar_id"),
    )
    def _compute_response(self):
        first = self.filtered(lambda mission: mission._answers_request())
        (self - first).response_hours = None
        (self - first).response_clock_hours = None
        clocks = first._get_response_clocks()
        for mission in first:
            clock = clocks[mission.id]
            arrival = mission.first_arrival
            mission.response_hours = clock.elapsed(arrival).total_seconds() / 3600
            mission.response_clock_hours = clock.clock_time(arrival).total_seconds() / 3600

    def _answers_request(self):
        """Whether one mission is the first visit that was made of what a customer asked."""
        return self._is_first_visit() and self.request_id.origin != "contract"

    def _is_first_visit(self):
        """Whether nobody was there before for the same request."""
        self.ensure_one()
        if not self.first_arrival:
            return False
        made = self.request_id.mission_ids.filtered("first_arrival")
        return self == min(made, key=lambda visit: (visit.first_arrival, visit.id), default=self)

    def _get_response_clocks(self):
        """Return ``{mission_id: Clock}`` of the missions' requests, in a few queries."""
        keys = {}
        for mission in self:
            request, company = mission.request_id, mission.company_id
            line = request.sla_ids.filtered(lambda line: line.kind == "on_site")[:1]
            calendar = line.calendar_id if line else company.resource_calendar_id
            keys[mission.id] = (calendar, line.tz or request._get_sla_tz(), company)
        since = min(self.request_id.mapped("date_received"), default=None)
        openings = self.env["resource.calendar"]._get_sla_openings(set(keys.values()), since)
        return {
            mission.id: Clock(
                mission.request_id._get_clock_start(),
                openings[keys[mission.id]],
                [
                    Pause(pause.start, pause.stop or None)
                    for pause in mission.request_id.sla_pause_ids
                ],
            )
            for mission in self
        }

    # ------------------------------------------------------------------ punctuality

    @api.depends(
        *("first_arrival", "arrival_date", "actual_start", *PROMISE, *PAUSES),
        *("first_promised_start", "first_promised_end"),
    )
    def _compute_punctuality(self):
        windows = self._get_promise_windows()
        for mission in self:
            agreed = windows[mission.id or mission._origin.id]
            arrival = mission._get_honest_arrival()
            verdict = mission._judge_punctuality(arrival, agreed)
            mission.punctuality = verdict
            mission.punctual_rate = self._rate(verdict)
            first = mission._judge_punctuality(
                arrival and mission.first_arrival, mission._get_first_window()
            )
            mission.first_punctuality = first
            mission.first_punctual_rate = self._rate(first)

    def _get_first_window(self):
        """Return the window that was promised first for one mission, tolerance included."""
        start, end = self.first_promised_start or None, self.first_promised_end or None
        kind = "exact" if start == end else "window"
        return slots.with_tolerance(kind, start, end, self.promised_tolerance)

    def _judge_punctuality(self, arrival, window):
        """Return how one arrival stands to a window of two instants, False where unknown."""
        earliest, latest = window
        if not (arrival and earliest and latest):
            return False
        excused = [
            (pause.start, pause.stop or None)
            for pause in self.request_id.sla_pause_ids
            if pause.customer_caused
        ]
        return judge_arrival(arrival, earliest, latest, excused)

    @api.model
    def _rate(self, verdict):
        if verdict in ("on_time", "early", "late"):
            return YES if verdict == "on_time" else NO
        return None

    # ------------------------------------------------------------------ what the visit achieved

    @api.depends(
        *("state", "first_arrival", "actual_start", "arrival_date", *SIBLINGS),
        "follow_up_ids.state",
    )
    def _compute_first_time_fix(self):
        for mission in self:
            if mission.state != "done" or not mission._is_first_visit():
                mission.first_time_fix = None
                continue
            again = (
                mission._get_honest_arrival() > mission.first_arrival
                or any(visit._was_added_after(mission) for visit in mission.request_id.mission_ids)
                or any(visit.state != "cancelled" for visit in mission.follow_up_ids)
            )
            mission.first_time_fix = NO if again else YES

    @api.depends("state", "first_arrival", "follow_up_of_id", *SIBLINGS)
    def _compute_rework(self):
        for mission in self:
            if mission.state != "done" or not mission.first_arrival:
                mission.rework = None
                continue
            again = mission.follow_up_of_id or any(
                mission._was_added_after(visit) for visit in mission.request_id.mission_ids
            )
            mission.rework = YES if again else NO

    def _was_added_after(self, other):
        """Whether one visit of a request was added once another one had begun.

        Past visits that are entered together, by an import say, were added together.
        """
        if self == other or self.state == "cancelled":
            return False
        if not (other.first_arrival and self.create_date and other.create_date):
            return False
        return self.create_date > max(other.first_arrival, other.create_date)

    @api.depends("state", "arrival_date", "time_ids.kind", "time_ids.duration", "time_ids.stop")
    def _compute_on_site_hours(self):
        for mission in self:
            if mission.state != "done" or not mission.arrival_date:
                mission.on_site_hours = None
                continue
            mission.on_site_hours = longest_presence(
                (line.employee_id.id, line.duration)
                for line in mission.time_ids
                if line.kind == "on_site" and line.stop
            )
