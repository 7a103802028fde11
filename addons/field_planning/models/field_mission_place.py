from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.field_mission.core import states

from ..core import placement as core

MOST_MOVES = 500
LONGEST_HOURS = 24 * 14
# States that a move may ask for; others are reached by the work itself.
WANTED_STATES = ("draft", "planned", "to_reschedule")


class FieldMissionPlace(models.Model):
    """The one way in which a planner moves missions, undo included."""

    _inherit = "field.mission"

    @api.model
    def action_place(self, moves, confirmed=()):
        """Move missions to a technician and slot, or back to the tray.

        Each mission moves wholly or not at all; one that is refused does not stop the others.

        :param moves: list of dicts: ``id``; ``plan_version`` as the caller last saw it;
            ``technician_id`` or False; ``planned_start`` (UTC, ``YYYY-MM-DD HH:MM:SS`` or ISO) or
            False for the tray; ``planned_duration`` in hours. What is left out stays as it is.
            Also ``is_locked`` and ``helper_ids``, and what an undo restores: ``published``,
            ``state`` (``draft``, ``planned``, ``to_reschedule``)
        :param confirmed: missions whose warnings the planner has read: list of ids, or
            ``{id: [code, …]}`` to accept these warnings only
        :return: ``{"applied": [now], "refused": [{"id", "issues"}], "to_confirm": [{"id",
            "issues"}], "conflicts": [now], "undo": [moves that restore], "loads": [what those to
            confirm make of people's days, as :meth:`field_get_loads` says it]}`` where ``now`` is the
            mission's ``id``, ``plan_version``, technician, slot, state and name
        :raises UserError: a malformed argument
        :raises AccessError: the user is no planner, or may not read one of the missions
        """
        moves = self._parse_moves(moves)
        confirmed = self._parse_confirmed(confirmed)
        missions = self.browse([move["id"] for move in moves])
        missions.browse().check_access("write")
        found = missions.exists()
        found.check_access("write")
        found._check_role(states.PLANNER)
        gone = [
            {"id": mission.id, "plan_version": False, "name": False} for mission in missions - found
        ]
        result = self._place([move for move in moves if move["id"] in found._ids], confirmed)
        result["conflicts"] += gone
        return result

    @api.model
    def _place(self, moves, confirmed=(), judge=True):
        """Move missions: :meth:`action_place` without the checks of who asks and how.

        :param moves: as for :meth:`action_place`, with datetimes; without ``plan_version``
            the mission moves whatever its version
        :param confirmed: ids, ``{id: {code, …}}``, or True = every warning is accepted
        :param judge: false = what a placement breaks was judged by the caller
        :return: as :meth:`action_place`
        """
        result = {"applied": [], "refused": [], "to_confirm": [], "conflicts": [], "undo": []}
        missions = self.browse([move["id"] for move in moves])
        fresh = []
        for mission, move in zip(missions, moves, strict=True):
            if move.get("plan_version", mission.plan_version) == mission.plan_version:
                fresh.append((mission, mission._complete_move(move)))
            else:
                result["conflicts"].append(mission._get_place())
        issues = self._judge_moves(fresh, judge)
        accepted, waiting = [], []
        for mission, move in fresh:
            hard = [issue for issue in issues[mission.id] if issue["level"] == core.HARD]
            soft = [
                issue
                for issue in issues[mission.id]
                if issue["level"] != core.HARD and not _is_confirmed(confirmed, mission.id, issue)
            ]
            if hard:
                result["refused"].append({"id": mission.id, "issues": hard})
            elif soft:
                result["to_confirm"].append({"id": mission.id, "issues": issues[mission.id]})
                waiting.append((mission, move))
            else:
                accepted.append((mission, move))
        result["loads"] = self._get_move_loads(waiting)
        restores = [mission._get_restoring_move() for mission, _move in accepted]
        self._apply_moves(accepted)
        for (mission, _move), restore in zip(accepted, restores, strict=True):
            result["applied"].append(mission._get_place())
            result["undo"].append({**restore, "plan_version": mission.plan_version})
        return result

    # ------------------------------------------------------------------ arguments

    @api.model
    def _parse_moves(self, moves):
        """Return moves with checked types; anything odd is refused as a whole."""
        if not isinstance(moves, (list, tuple)) or len(moves) > MOST_MOVES:
            raise UserError(
                self.env._("Moves are a list of at most %(most)s missions.", most=MOST_MOVES)
            )
        parsed = [self._parse_move(move) for move in moves]
        if len({move["id"] for move in parsed}) < len(parsed):
            raise UserError(self.env._("A mission moves once at a time."))
        return parsed

    def _parse_move(self, move):
        known = {
            "id": _is_id,
            "plan_version": _is_count,
            "technician_id": lambda value: value is False or value is None or _is_id(value),
            "planned_start": lambda value: not value or isinstance(value, (str, datetime)),
            "planned_duration": _is_duration,
            "is_locked": lambda value: isinstance(value, bool),
            "published": lambda value: isinstance(value, bool),
            "helper_ids": lambda value: (
                isinstance(value, (list, tuple)) and all(map(_is_id, value))
            ),
            "state": lambda value: value in WANTED_STATES,
        }
        if not isinstance(move, dict) or not {"id", "plan_version"} <= set(move):
            raise UserError(self.env._("A move names its mission and the version it was seen in."))
        for name, value in move.items():
            if name not in known or not known[name](value):
                raise UserError(self.env._("“%s” is not understood in a move.", name))
        move = dict(move)
        if "planned_start" in move:
            move["planned_start"] = self._parse_start(move["planned_start"])
        return move

    def _parse_start(self, value):
        if not value:
            return False
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError as error:
            raise UserError(
                self.env._("“%s” is no time in UTC (YYYY-MM-DD HH:MM:SS).", value)
            ) from error
        if moment.tzinfo:
            # Aware: the same instant in UTC.
            moment = (moment - moment.utcoffset()).replace(tzinfo=None)
        if not 2000 <= moment.year < 2100:
            raise UserError(self.env._("“%s” is no day to plan a mission on.", value))
        return moment.replace(microsecond=0)

    def _parse_confirmed(self, confirmed):
        if isinstance(confirmed, dict):
            try:
                # The keys of JSON objects are text.
                return {int(key): frozenset(map(str, codes)) for key, codes in confirmed.items()}
            except (TypeError, ValueError) as error:
                raise UserError(self.env._("What is confirmed is a list of missions.")) from error
        if not isinstance(confirmed, (list, tuple)) or not all(map(_is_id, confirmed)):
            raise UserError(self.env._("What is confirmed is a list of missions."))
        return frozenset(confirmed)

    # ------------------------------------------------------------------ judging

    def _complete_move(self, move):
        """Fill one move with what stays as it is."""
        self.ensure_one()
        full = {
            "technician_id": self.technician_id.id,
            "planned_start": self.planned_start,
            "planned_duration": self.planned_duration,
            "is_locked": self.is_locked,
            "helper_ids": self.helper_ids.ids,
            **move,
            "unlocks": move.get("is_locked") is False,
        }
        full["technician_id"] = full["technician_id"] or False
        full["helper_ids"] = [one for one in full["helper_ids"] if one != full["technician_id"]]
        placed = full["technician_id"] and full["planned_start"]
        waiting = "to_reschedule" if self.state == "to_reschedule" else "draft"
        full.setdefault("state", "planned" if placed else waiting)
        if full["state"] == "to_reschedule" and self.state == "draft" and not placed:
            # Only from a slot can a mission become one to replan.
            full["state"] = "draft"
        if full["state"] == "planned" and not placed:
            raise UserError(
                self.env._("%s needs a technician and a start to be planned.", self.display_name)
            )
        if not placed and "is_locked" not in move:
            # A slot that is no more can't be fixed.
            full["is_locked"] = full["is_locked"] and not self._changes_slot(full)
        return full

    def _changes_slot(self, move):
        """Whether a complete move changes who, when or how long."""
        self.ensure_one()
        return (
            move["technician_id"] != (self.technician_id.id or False)
            or move["planned_start"] != (self.planned_start or False)
            or round(move["planned_duration"] * 60) != round(self.planned_duration * 60)
        )

    @api.model
    def _judge_moves(self, pairs, judge=True):
        """Return ``{mission_id: issues}`` of complete moves."""
        issues = {mission.id: [] for mission, _move in pairs}
        placements = []
        for mission, move in pairs:
            if move["state"] == "planned" and judge:
                placements.append(
                    {
                        "mission_id": mission.id,
                        "employee_id": move["technician_id"],
                        "start": move["planned_start"],
                        "minutes": round(move["planned_duration"] * 60),
                        "helper_ids": move["helper_ids"],
                    }
                )
            else:
                # The hard rules hold in the tray too.
                nobody = self.env["hr.employee"].sudo()
                for issue in mission.sudo()._judge_move(
                    nobody.browse(move["technician_id"] or []),
                    move["planned_start"],
                    round(move["planned_duration"] * 60),
                ):
                    issues[mission.id].append(mission._describe_issue(issue, None, nobody))
        if placements:
            issues.update(self._get_placement_issues(placements))
        for mission, move in pairs:
            issues[mission.id] = mission._drop_known_issues(move, issues[mission.id])
        return issues

    def _drop_known_issues(self, move, issues):
        """Leave out what a move does not change: unlocked with it, or accepted before."""
        self.ensure_one()
        dropped = set()
        if move["unlocks"]:
            dropped.add("locked")
        if self.state == "planned" and move["technician_id"] == self.technician_id.id:
            dropped |= core.PERSON_CODES
        if self.state == move["state"] and not self._changes_slot(move):
            # Only a mark or the helpers change.
            dropped |= {issue["code"] for issue in issues if issue["level"] != core.HARD}
        return [
            issue
            for issue in issues
            if issue["code"] not in dropped
            or (issue["level"] == core.HARD and issue["code"] != "locked")
        ]

    # ------------------------------------------------------------------ moving

    def _get_place(self):
        """Return where one mission is, as the board compares it."""
        self.ensure_one()
        return {
            "id": self.id,
            "plan_version": self.plan_version,
            "name": self.display_name,
            "technician_id": self.technician_id.id or False,
            "planned_start": fields.Datetime.to_string(self.planned_start) or False,
            "planned_duration": self.planned_duration,
            "is_locked": self.is_locked,
            "published": self.published,
            "state": self.state,
        }

    def _get_restoring_move(self):
        """Return the move that puts one mission back where it is now."""
        self.ensure_one()
        return {
            "id": self.id,
            "technician_id": self.technician_id.id or False,
            "planned_start": fields.Datetime.to_string(self.planned_start) or False,
            "planned_duration": self.planned_duration,
            "is_locked": self.is_locked,
            "helper_ids": self.helper_ids.ids,
            "published": self.published,
            "state": self.state,
        }

    @api.model
    def _apply_moves(self, pairs):
        """Write complete moves: values, then steps of the state table, then the tours once."""
        if not pairs:
            return
        missions = self.browse([mission.id for mission, _move in pairs]).with_context(
            field_tour_sync=False
        )
        wanted = {mission.id: move["state"] for mission, move in pairs}
        published = {mission.id: move.get("published") for mission, move in pairs}
        # A mission on its way to the tray leaves its technician before it loses its slot.
        missions.filtered(lambda m: m.state != "draft" and wanted[m.id] == "draft").action_unplan()
        values = {mission.id: mission._get_move_values(move) for mission, move in pairs}
        missions._write_each(values)
        missions.filtered(
            lambda m: m.state != "planned" and wanted[m.id] != "draft" and m.state != wanted[m.id]
        ).action_plan()
        again = missions.filtered(
            lambda m: wanted[m.id] == "to_reschedule" and m.state == "planned"
        )
        for reason, group in again.grouped("reschedule_reason").items():
            group.action_reschedule(reason or self.env._("Taken back on the planning board"))
        missions.filtered(
            lambda m: published[m.id] and not m.published and m.state in ("planned",)
        ).action_publish()
        missions.filtered(
            lambda m: published[m.id] is False and m.published and m.state == "planned"
        ).action_unpublish()
        missions.with_context(field_tour_sync=True)._sync_tours()

    def _get_move_values(self, move):
        """Return the values that a complete move changes on one mission."""
        self.ensure_one()
        values = {}
        if move["technician_id"] != (self.technician_id.id or False):
            values["technician_id"] = move["technician_id"]
        if move["planned_start"] != self.planned_start:
            values["planned_start"] = move["planned_start"]
        if round(move["planned_duration"] * 60) != round(self.planned_duration * 60):
            values["planned_duration"] = move["planned_duration"]
        if move["is_locked"] != self.is_locked:
            values["is_locked"] = move["is_locked"]
        if set(move["helper_ids"]) != set(self.helper_ids.ids):
            values["helper_ids"] = [Command.set(move["helper_ids"])]
        return values


def _is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _is_duration(value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and -LONGEST_HOURS <= value <= LONGEST_HOURS


def _is_confirmed(confirmed, mission_id, issue):
    if confirmed is True:
        return True
    if isinstance(confirmed, dict):
        return issue["code"] in confirmed.get(mission_id, ())
    return mission_id in confirmed
