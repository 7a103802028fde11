from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core.load import percent_of
from .hr_employee_load import KEEPING, DayLoad

PLANNER = "field_mission.group_field_planner"
MOST_MOVES = 200
# Days that one answer may span.
LONGEST = timedelta(days=366)


class FieldMissionLoad(models.Model):
    """What a placement makes of the day of who is sent there: before and after."""

    _inherit = "field.mission"

    load_text = fields.Text(
        string="Load of the day",
        compute="_compute_load",
        compute_sudo=True,
        groups=PLANNER,
        help="Work and travel against working hours, breaks and absences taken out: without this"
        " mission, then with it.",
    )
    load_percent = fields.Integer(
        string="Load of the day (%)", compute="_compute_load", compute_sudo=True, groups=PLANNER
    )

    @api.depends("technician_id", "helper_ids", "planned_start", "planned_duration", "state")
    @api.depends_context("lang")
    def _compute_load(self):
        wishes = [
            mission._prepare_load_wish(person, mission.planned_start, mission.planned_duration)
            for mission in self
            if mission.planned_start and mission.state not in ("done", "cancelled")
            for person in mission.technician_id | mission.helper_ids
        ]
        found = {}
        for wish, change in zip(wishes, self._get_load_changes(wishes), strict=True):
            found.setdefault(wish["mission"], []).append(change)
        for mission in self:
            changes = found.get(mission, [])
            mission.load_text = "\n".join(change["text"] for change in changes)
            mission.load_percent = max((change["percent"] or 0 for change in changes), default=0)

    def _prepare_load_wish(self, person, start, hours):
        self.ensure_one()
        return {
            "mission": self,
            "person": person._origin,
            "day": utc_to_local(start, self._get_tz()).date(),
            "minutes": round(hours * 60),
        }

    @api.model
    def field_get_loads(self, moves):
        """Return what moves make of people's days, for the dialogs of the planning board.

        :param moves: list of dicts ``id``, ``technician_id``, ``planned_start`` (UTC) and
            ``planned_duration`` (hours), as for :meth:`action_place`
        :return: list of dicts ``technician_id``, ``day``, ``before``, ``after``, ``available``
            (minutes), ``percent`` and ``text``, one a person and day
        :raises AccessError: the user is no planner
        :raises UserError: a malformed argument
        """
        if not self.env.user.has_group(PLANNER):
            raise AccessError(self.env._("Only planners see the load of the teams."))
        if not isinstance(moves, list | tuple) or len(moves) > MOST_MOVES:
            raise UserError(
                self.env._("Moves are a list of at most %(most)s missions.", most=MOST_MOVES)
            )
        parsed = [
            self._parse_move({"plan_version": 0, **move} if isinstance(move, dict) else move)
            for move in moves
        ]
        missions = self.browse([move["id"] for move in parsed]).exists()
        missions.check_access("read")
        kept = [move for move in parsed if move["id"] in missions._ids]
        return missions._get_move_loads(
            [(mission, mission._complete_move(move)) for mission, move in
             zip(missions, kept, strict=True)]
        )  # fmt: skip

    @api.model
    def _get_move_loads(self, pairs):
        """Return the changes of load of complete moves, one a person and day."""
        people = self.env["hr.employee"].sudo()
        wishes = [
            mission.sudo()._prepare_load_wish(
                people.browse(person_id), move["planned_start"], move["planned_duration"]
            )
            for mission, move in pairs
            if move["planned_start"] and move["technician_id"]
            for person_id in (move["technician_id"], *move["helper_ids"])
        ]
        return self._get_load_changes(wishes, together=True)

    @api.model
    def _get_load_changes(self, wishes, together=False):
        """Return what placements make of people's days, in a constant number of queries.

        :param wishes: list of dicts ``mission``, ``person`` (``hr.employee``), ``day``,
            ``minutes``
        :param together: all of them happen: one answer a person and day; else one a wish
        """
        if not wishes:
            return []
        people = self.env["hr.employee"].sudo().union(*(wish["person"] for wish in wishes))
        days = [wish["day"] for wish in wishes]
        first, last = min(days), min(max(days), min(days) + LONGEST)
        loads = people._get_field_loads(first, last)
        groups = [[wish] for wish in wishes]
        if together:
            by_day = {}
            for wish in wishes:
                by_day.setdefault((wish["person"].id, wish["day"]), []).append(wish)
            groups = list(by_day.values())
        return [self._describe_load(group, loads) for group in groups]

    @api.model
    def _describe_load(self, group, loads):
        person, day = group[0]["person"], group[0]["day"]
        whole = loads.get((person.id, day), DayLoad())
        there = [self._get_own_minutes(wish) for wish in group]
        before = DayLoad(
            whole.missions - sum(minutes is not None for minutes in there),
            whole.work - sum(filter(None, there)),
            whole.travel,
            whole.available,
        )
        if not before.missions:
            before.travel = 0
        travel = whole.travel if any(minutes is not None for minutes in there) else before.travel
        after = before.work + travel + sum(wish["minutes"] for wish in group)
        percent = percent_of(after, whole.available)
        words = {
            "name": person.sudo().name,
            "day": format_date(self.env, day, date_format="EEE d MMM"),
            "before": self._format_load(before.busy),
            "after": self._format_load(after),
            "available": self._format_load(whole.available),
            "percent": percent,
        }
        if percent is None:
            text = self.env._(
                "%(name)s, %(day)s: %(before)s → %(after)s, no working hours", **words
            )
        else:
            text = self.env._(
                "%(name)s, %(day)s: %(before)s → %(after)s of %(available)s (%(percent)s %%)",
                **words,
            )
        return {
            "technician_id": person.id,
            "day": fields.Date.to_string(day),
            "before": before.busy,
            "after": after,
            "available": whole.available,
            "percent": percent,
            "text": text,
        }

    @api.model
    def _get_own_minutes(self, wish):
        """Return the minutes of a mission that count on that day already; None: it is not there."""
        known = wish["mission"].sudo()._origin
        if not known or known.state not in KEEPING or known.planned_date != wish["day"]:
            return None
        if wish["person"] not in known.technician_id | known.helper_ids:
            return None
        return round(known.planned_duration * 60)

    @api.model
    def _format_load(self, minutes):
        return self.env._(
            "%(hours)s h %(minutes)02d", hours=int(minutes) // 60, minutes=int(minutes) % 60
        )
