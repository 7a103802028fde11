from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.fields import Domain

# A visit that begins so soon is being driven to: it stays.
ABOUT_TO_START = timedelta(minutes=30)


class FieldOptimizationScope(models.Model):
    """Which missions one run may move, which stay in the way and which it leaves out."""

    _inherit = "field.optimization"

    scope_count = fields.Integer(string="Missions to order", compute="_compute_scope")
    fixed_count = fields.Integer(string="Stay where they are", compute="_compute_scope")
    left_out_count = fields.Integer(string="Left out", compute="_compute_scope")
    zoneless_count = fields.Integer(string="Without zone", compute="_compute_scope")
    tray_count = fields.Integer(string="Missions without technician", compute="_compute_scope")

    @api.depends("date_from", "date_to", "technician_ids", "team_ids", "zone_ids", "mission_ids",
                 "mode", "movable", "undated", "leaves_out", "left_out", "company_id", "state")  # fmt: skip
    def _compute_scope(self):
        for run in self:
            found = {}
            if run.state == "draft" and run.date_from and run.date_to:
                found = run._sort_missions()
            run.scope_count = len(found.get("movable", ()))
            run.fixed_count = len(found.get("fixed", ()))
            run.left_out_count = len(found.get("left_out", ()))
            run.zoneless_count = len(found.get("zoneless", ()))
            run.tray_count = run._count_tray() if found and run.mode == "keep" else 0

    def action_view_movable(self):
        """Open the missions that one run may move.

        :return: action of the missions
        """
        return self._view_missions("movable", self.env._("May move"))

    def action_view_fixed(self):
        """Open the missions that hold their slot.

        :return: action of the missions
        """
        return self._view_missions("fixed", self.env._("Stay where they are"))

    def action_view_left_out(self):
        """Open the missions of the period that one run does not look at.

        :return: action of the missions
        """
        return self._view_missions("left_out", self.env._("Left out"))

    def action_view_zoneless(self):
        """Open the missions that a choice of zones leaves out because their site has none.

        :return: action of the missions
        """
        return self._view_missions("zoneless", self.env._("Without zone"))

    def _view_missions(self, group, title):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        domain = [("id", "in", self._sort_missions()[group].ids)]
        return {**action, "name": title, "domain": domain, "context": {}}

    # ------------------------------------------------------------------ looking for them

    def _get_scope_domain(self):
        return [
            ("company_id", "=", self.company_id.id),
            ("mission_date", ">=", self.date_from),
            ("mission_date", "<=", self.date_to),
            ("state", "in", ["draft", "planned", "in_progress", "done", "to_reschedule"]),
        ]

    def _sort_missions(self):
        """Return the missions that one run is about, in four groups.

        ``movable`` get a slot, ``fixed`` hold theirs and are in the way, ``left_out`` are neither;
        ``zoneless`` are those of the latter that only lack a zone.

        :return: ``{group: field.mission}``
        """
        self.ensure_one()
        undated = self._find_undated()
        missions = self.env["field.mission"].search(self._get_scope_domain(), order="id") | undated
        missions = self._limit_to_people(missions.sorted("id"))
        chosen = missions - missions.filtered_domain(self._get_left_out_domain())
        now, windows = self._get_now(), missions._get_promise_windows()
        chosen = chosen.filtered(
            lambda m: (
                self._is_asked_for(m) and self._may_move(m, m in undated, now, windows[m.id][1])
            )
        )
        movable, zoneless = chosen, chosen.browse()
        if self.zone_ids:
            zones = self._get_zone_ids()
            movable = chosen.filtered(lambda m: m.zone_id.id in zones)
            zoneless = chosen.filtered(lambda m: not m.zone_id)
        fixed = (missions - movable - undated).filtered(self._is_in_the_way)
        return {
            "movable": movable,
            "fixed": fixed,
            "left_out": missions - movable - fixed,
            "zoneless": zoneless,
        }

    def _find_undated(self):
        """Missions that no day holds: never given one, or to replan without a new promise."""
        none = self.env["field.mission"]
        if self.mode == "keep" or self.undated == "none":
            return none
        waiting = Domain("state", "=", "draft") & Domain("mission_date", "=", False)
        waiting |= Domain("state", "=", "to_reschedule")
        found = none.search(Domain("company_id", "=", self.company_id.id) & waiting, order="id")
        # Who helps is bound to a day: without one there is nobody to bind.
        found = found.filtered(
            lambda m: not m.helper_ids and (m.state == "draft" or not self._is_promised_anew(m))
        )
        if self.undated == "due":
            end = datetime.combine(self.date_to + timedelta(days=1), time.min)
            deadlines = found._get_deadline()
            found = found.filtered(lambda m: deadlines[m.id] and deadlines[m.id] < end)
        return found

    def _limit_to_people(self, missions):
        """Leave out what belongs to others than the technicians chosen."""
        people = self._get_people()
        if people:
            missions = missions.filtered(
                lambda m: m.technician_id in people or m.helper_ids & people or not m.technician_id
            )
        if self.mission_ids and self.mode != "free":
            # The others of the same days are in the way; the rest of the week is not.
            chosen = self.mission_ids._origin
            days = {(m.technician_id, m.mission_date) for m in chosen}
            missions = missions.filtered(
                lambda m: (
                    m in chosen
                    or (m.technician_id, m.mission_date) in days
                    or self.mode == "fill"
                    and m.technician_id
                )
            )
        return missions.filtered("technician_id") if self.mode == "keep" else missions

    def _count_tray(self):
        return self.env["field.mission"].search_count(
            [
                *self._get_scope_domain(),
                ("technician_id", "=", False),
                ("state", "in", ["draft", "to_reschedule"]),
            ]
        )

    # ------------------------------------------------------------------ one mission

    def _is_asked_for(self, mission):
        return not self.mission_ids or mission in self.mission_ids._origin

    def _may_move(self, mission, undated, now, latest):
        """Whether the optimiser may give one mission another time (in ``free``, technician).

        :param undated: no day holds it
        :param now: the moment from which on the day under way is planned again, or None
        :param latest: the latest start promised, or None
        """
        seen = mission.published and mission.state == "planned"
        if mission.is_locked or (seen and self.movable != "published"):
            return False
        if now and not undated and self._is_over(mission, now, latest):
            return False
        if mission.state == "to_reschedule":
            # Only once a new day was promised, or any day will do: the old plan is what failed.
            return undated or self._is_promised_anew(mission)
        return mission.state == "draft" or (
            mission.state == "planned" and self.movable != "unplanned"
        )

    @staticmethod
    def _is_promised_anew(mission):
        promised = mission.promised_date
        return bool(promised) and (not mission.planned_date or promised > mission.planned_date)

    @staticmethod
    def _is_over(mission, now, latest):
        """Whether it is too late to give one mission another time: its day, slot or start is near."""
        day = mission.mission_date
        gone = day and day < now.date() or latest and latest < now
        start = mission.state == "planned" and mission.planned_start
        return bool(gone or start and start < now + ABOUT_TO_START and mission.published)

    @staticmethod
    def _is_in_the_way(mission):
        return bool(mission.planned_start and mission.technician_id and mission._is_driven_to())

    def _get_now(self):
        """Return from when on one run plans, naive UTC, or None when its days are all to come.

        Days that are over may be put in order as a whole.
        """
        today = fields.Date.context_today(self)
        if not self.date_from <= today <= self.date_to:
            return None
        now = fields.Datetime.now()
        return now - timedelta(minutes=now.minute % 5, seconds=now.second) + timedelta(minutes=5)
