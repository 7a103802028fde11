from collections import defaultdict

from odoo import fields, models

from ..optimizer import ProblemError, compare, evaluate
from .problem_builder import ProblemBuilder, mission_of

# Reasons that speak of "that day": another sentence where the visit had several to choose from.
SEVERAL_DAYS = frozenset(("nobody_works", "nobody_skilled", "nobody_in_zone", "all_full"))


class FieldOptimizationCollect(models.Model):
    """The solver's answer, judged and turned into a proposal."""

    _inherit = "field.optimization"

    def _collect(self):
        """Turn a result into a proposal, if the independent checks have nothing to say.

        Called by the cron, or as sudo by whoever waits. Days out of date are left out and named.
        """
        self.ensure_one()
        if not self.try_lock_for_update():
            return
        if self.state != "running":
            return
        problem, result = self.problem, self.result
        done = {"token": False, "problem": False, "result": False, "progress": 100}
        refusal = self.error or self._judge(problem, result)
        if refusal:
            self.write({**done, "state": "failed", "error": refusal})
            self._after_end()
            return
        verdict = compare(problem, result)
        if verdict["worse"]:
            self.write({**done, "state": "failed", "error": self._explain_worse(verdict)})
            self._after_end()
            return
        self._make_lines(problem, result, verdict["loads"])
        stale = self._drop_stale()
        lines = self.tour_ids
        self.write(
            {
                **done,
                "state": "proposed" if self.stop_ids else "stale",
                "backend": result["backend"] + (" + pyvrp" if result.get("refined") else ""),
                "refined": bool(result.get("refined")),
                "notice": result.get("notice") or False,
                "solve_seconds": result.get("seconds"),
                "stale_text": "\n".join(stale) or False,
                "visit_count": len(self.stop_ids.filtered("placed")),
                "unplaced_count": len(self.stop_ids.filtered(lambda stop: not stop.placed)),
                "moved_count": len(self.stop_ids.filtered("is_change")),
                "visits_before": sum(lines.mapped("visits_before")),
                "late_before": sum(lines.mapped("late_before")),
                "km_before": sum(lines.mapped("km_before")),
                "km_after": sum(lines.mapped("km_after")),
                "minutes_before": sum(lines.mapped("minutes_before")),
                "minutes_after": sum(lines.mapped("minutes_after")),
                **self._sum_loads(lines),
            }
        )
        self._after_end()

    def _after_end(self):
        """React to the end of runs, good or bad (hook)."""
        return None

    def _judge(self, problem, result):
        """Return why a result can't be shown, or False."""
        if not result:
            return self.env._("The optimiser gave no answer.")
        try:
            violations = evaluate(problem, result)["violations"]
        except (ProblemError, KeyError, TypeError) as error:
            violations = [{"code": str(error)}]
        if not violations:
            return False
        codes = ", ".join(sorted({item["code"] for item in violations}))
        return self.env._(
            "The independent check refused the result: %s. Nothing was changed.", codes
        )

    def _explain_worse(self, verdict):
        """Return the sentence that says why the plan in place is better."""
        if verdict["worse"] == "dearer":
            return self.env._(
                "Nothing better than the plan in place was found: it stays. Nothing was changed."
            )
        ids = list(dict.fromkeys(mission_of(name) for name in verdict["lost"]))
        missions = self.env["field.mission"].browse(ids).exists()
        return self.env._(
            "The result would take their slot from visits that are planned: %s. The plan stays,"
            " nothing was changed.",
            ", ".join(missions.mapped("display_name")[:10]),
        )

    @staticmethod
    def _sum_loads(lines):
        used = lines.filtered(lambda line: line.load_before or line.load_after)
        return {
            f"load_{name}_{when}": choose(used.mapped(f"load_{when}"), default=0)
            for name, choose in (("low", min), ("high", max))
            for when in ("before", "after")
        }

    def _drop_stale(self):
        """Take out the days out of date, and those that can't be had without them.

        :return: a text for each day out of date
        """
        stale = self._find_stale_lines(self.tour_ids)
        texts = self._name_stale(stale)
        gone = self.tour_ids.browse([line.id for line in stale])
        gone |= (self.tour_ids - gone).filtered(lambda line: line._with_partners() & gone)
        # Visits of the tray that changed belong to no day.
        changed = self._find_changed()
        loose = self.stop_ids.filtered(lambda stop: not stop.line_id and stop.mission_id in changed)
        (loose | gone.stop_ids).unlink()
        gone.unlink()
        return texts

    # ------------------------------------------------------------------ lines and visits

    def _make_lines(self, problem, result, loads):
        """Store the proposal: one line a technician's day, one a visit."""
        builder = ProblemBuilder(self.company_id, self.date_from, self.date_to)
        shifts = {shift["id"]: shift for shift in problem["shifts"]}
        routes = {route["shift"]: route for route in result["routes"]}
        unserved = defaultdict(list)
        for item in result["unserved"]:
            unserved[self._home_of(item, shifts)].append(item)
        keys = [key for key in shifts if key in routes or key in unserved]
        lines = self.env["field.optimization.tour"].create(
            [
                self._line_values(builder, shifts[key], routes.get(key), loads.get(key))
                for key in keys
            ]
        )
        known = self._known_missions()
        reasons = {item["visit"]: item["reason"] for item in result["clashes"]}
        values = []
        for key, line in zip(keys, lines, strict=True):
            stops = list(routes[key]["stops"]) if key in routes else []
            for item in sorted(unserved[key], key=lambda item: item["position"] or 0, reverse=True):
                stops.insert(item["position"] or 0, item)
            values += [
                self._stop_values(builder, line, number, item, reasons, result)
                for number, item in enumerate(stops, start=1)
            ]
        values += [
            self._stop_values(builder, lines.browse(), number, item, reasons, result)
            for number, item in enumerate(unserved[None], start=1)
        ]
        self.env["field.optimization.stop"].create(
            [vals for vals in values if vals["mission_id"] in known]
        )
        lines.filtered(lambda line: not line.stop_ids).unlink()

    def _known_missions(self):
        """Ids of the missions of the snapshot that are still there."""
        ids = [int(name) for name in self.snapshot["missions"]]
        return set(self.env["field.mission"].browse(ids).exists().ids)

    def _home_of(self, item, shifts):
        """The day in which a visit without place is shown: the one it is bound to, or had."""
        if item["shift"]:
            return item["shift"]
        known = self.snapshot["missions"].get(str(mission_of(item["visit"])), {})
        return known.get("shift") if known.get("shift") in shifts else None

    def _line_values(self, builder, shift, route, load):
        before = (route or {}).get("before") or {"travel": 0, "metres": 0, "late": 0, "visits": 0}
        load = load or {"before": 0, "after": 0}
        return {
            "run_id": self.id,
            "technician_id": int(shift["technician"]),
            "date": shift["day"],
            "departure": route and builder.moment(route["departure"]),
            "back": route and builder.moment(route["back"]),
            "visits_before": before["visits"],
            "km_before": before["metres"] / 1000,
            "km_after": route["metres"] / 1000 if route else 0,
            "minutes_before": round(before["travel"] / 60),
            "minutes_after": round(route["travel"] / 60) if route else 0,
            "late_before": before["late"],
            "load_before": round(load["before"] * 100),
            "load_after": round(load["after"] * 100),
        }

    def _stop_values(self, builder, line, number, item, reasons, result):
        mission_id = mission_of(item["visit"])
        before = self.snapshot["missions"].get(str(mission_id), {})
        placed, helps = "start" in item, "#" in item["visit"]
        reason = item.get("reason") or reasons.get(item["visit"])
        if reason and before.get("undated") and self.date_from != self.date_to:
            reason = {**reason, "period": reason["code"] in SEVERAL_DAYS}
        move = result["moves"].get(item["visit"])
        start = builder.moment(item["start"]) if placed else False
        return {
            "run_id": self.id,
            "line_id": line.id,
            "mission_id": mission_id,
            "role": "helper" if helps else "responsible",
            "sequence": number,
            "placed": placed,
            "planned_start": start,
            "planned_end": builder.moment(item["end"]) if placed else False,
            "travel_minutes": round(item["travel"] / 60) if placed else 0,
            "travel_km": item["metres"] / 1000 if placed else 0,
            "reason": builder.dated(reason) if reason else False,
            "move_reason": builder.dated(move) if move and before.get("movable") else False,
            "movable": before.get("movable", False),
            "is_change": self._is_change(before, line, start) and not helps,
            "former_start": before.get("start") or False,
            "former_technician_id": before.get("technician") or False,
        }

    @staticmethod
    def _is_change(before, line, start):
        """Whether accepting gives a mission another technician or start."""
        if not before.get("movable") or not start:
            return False
        return (
            before.get("start") != fields.Datetime.to_string(start)
            or before.get("technician") != line.technician_id.id
        )

    def _get_partners(self):
        """Return the days that can't be accepted one without the other.

        A day from which a visit leaves needs the day to which it goes: its own new visits may take
        the time that is left. People who work together go together.

        :return: ``{line: lines needed at once}``
        """
        self.ensure_one()
        by_key = {line._get_shift_key(): line for line in self.tour_ids}
        known = self.sudo().snapshot["missions"]
        needed = defaultdict(self.tour_ids.browse)
        for mission, stops in self.stop_ids.grouped("mission_id").items():
            lines = stops.line_id
            former = by_key.get(known.get(str(mission.id), {}).get("shift"))
            if former and lines:
                needed[former] |= lines - former
            if len(lines) > 1:
                for line in lines:
                    needed[line] |= lines - line
        return needed
