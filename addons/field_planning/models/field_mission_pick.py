from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.fields import Domain

from ..core import ahead
from .day_reader import DayReader

# Unscheduled missions looked at, and offered.
LOOKED_AT = 200
OFFERED = 5
# A shorter gap is a coffee.
SMALLEST_GAP = timedelta(minutes=30)


class FieldMissionPick(models.Model):
    """A technician ahead of time is offered what is near, and takes it or asks for it."""

    _inherit = "field.mission"

    pick_requester_id = fields.Many2one(
        "hr.employee", string="Asked for by", readonly=True, copy=False, index="btree_not_null"
    )
    pick_start = fields.Datetime(string="Asked for at", readonly=True, copy=False)

    # ------------------------------------------------------------------ technicians

    @api.model
    def get_nearby_offers(self):
        """Return what the current technician could still do before the next visit.

        Nothing of the customer is told before a mission is theirs: where and what only.

        :return: JSON-able dict ``{"rule": "off" | "request" | "pick", "reason": sentence or False,
            "offers": [{"id", "city", "type", "hours", "start", "travel", "km", "asked"}], "tz"}``
        """
        employee, rule = self._get_picker()
        if rule == "off":
            return {"rule": rule, "reason": False, "offers": [], "tz": False}
        offers, reason = self._find_offers(employee)
        return {
            "rule": rule,
            "reason": reason,
            "offers": offers,
            "tz": employee._get_field_tz(),
        }

    @api.model
    def action_pick(self, mission_id):
        """Take a mission that was offered, or ask the office for it, as the company's rule says.

        :param mission_id: id of a mission of :meth:`get_nearby_offers`
        :return: ``{"taken": bool}``
        :raises UserError: it is not offered (any more)
        """
        employee, rule = self._get_picker()
        gone = self.env._("This mission is no longer free, or no longer fits into your day.")
        if rule == "off" or not isinstance(mission_id, int) or isinstance(mission_id, bool):
            raise UserError(gone)
        # Not theirs yet: their rules do not show it. Only an offer is let through.
        mission = self.sudo().browse(mission_id).exists()
        try:
            mission.lock_for_update()
        except LockError as error:
            raise UserError(gone) from error
        mission.invalidate_recordset()
        offers, _reason = self._find_offers(employee, mission)
        if not offers or offers[0]["asked"]:
            raise UserError(gone)
        start = fields.Datetime.to_datetime(offers[0]["start"])
        if rule == "pick":
            mission._give_to(employee, start)
        else:
            mission.write({"pick_requester_id": employee.id, "pick_start": start})
            mission._ask_office(employee)
        return {"taken": rule == "pick"}

    @api.model
    def _get_picker(self):
        """Return the current user's technician and the rule of their company."""
        employee = self._get_app_employee()
        if not employee or self.env.user.share:
            raise AccessError(self.env._("Only technicians of the company are offered missions."))
        return employee, employee.company_id.field_pick_rule

    @api.model
    def _find_offers(self, employee, only=None):
        """Return offers for a technician, best first, and why there are none.

        :param employee: ``hr.employee`` in sudo
        :param only: the one mission to look at, or None
        """
        now, company = fields.Datetime.now(), employee.company_id
        gap = self._find_gap(employee, now)
        if isinstance(gap, str):
            return [], gap
        here, there, until, lunch = gap
        missions = self._find_free(employee, now) if only is None else only._only_free(employee)
        sites = {mission: self._point(mission.site_id) for mission in missions}
        missions = missions.filtered(lambda mission: sites[mission])
        legs = [(here, there)]
        for mission in missions:
            legs += [(here, sites[mission]), (sites[mission], there)]
        found = self.env["field.travel"]._get_legs(company, legs, now)
        durations = [timedelta(seconds=seconds) for seconds, _metres in found]
        windows = missions._get_promise_windows()
        candidates = [
            ahead.Candidate(
                mission.id,
                timedelta(hours=mission.planned_duration),
                durations[2 * number + 1],
                durations[2 * number + 2],
                *windows[mission.id],
            )
            for number, mission in enumerate(missions)
        ]
        fitting = ahead.fits(candidates, now, until, durations[0], lunch)
        metres = {mission.id: found[2 * number + 1][1] for number, mission in enumerate(missions)}
        offers = []
        for candidate, start, _added in fitting[: 3 * OFFERED]:
            mission = self.sudo().browse(candidate.key)
            # What a planner would have to confirm is not offered. Each alone: judged together,
            # they would be in each other's way.
            placement = {
                "mission_id": mission.id,
                "employee_id": employee.id,
                "start": start,
                "minutes": round(candidate.service.total_seconds() / 60),
            }
            if mission._get_placement_issues([placement])[mission.id]:
                continue
            offers.append(
                {
                    "id": mission.id,
                    "city": mission.site_id.city or "",
                    "type": mission.service_type_id.name,
                    "hours": mission.planned_duration,
                    "start": fields.Datetime.to_string(start),
                    "travel": round(candidate.there.total_seconds() / 60),
                    "km": round(metres[mission.id] / 1000, 1),
                    "asked": mission.pick_requester_id == employee,
                }
            )
            if len(offers) == OFFERED:
                break
        if offers:
            return offers, False
        return [], self.env._("Nothing near enough fits before your next visit.")

    @api.model
    def _find_gap(self, employee, now):
        """Return ``(here, next point, until, lunch)`` of a technician with time left, or why not."""
        reader = DayReader(employee.company_id, now, employee)
        tour = reader.tours[:1]
        day = reader.days.get(tour.id)
        if not day or not day.close:
            return self.env._("You have no tour today.")
        sites = {mission.id: self._point(mission.site_id) for mission in reader.missions}
        home = self.env["field.travel.sample"]._locate_home(employee)[0]
        done = [visit for visit in day.visits if visit.ended]
        rest = [visit for visit in day.visits if not visit.ended]
        if any(visit.started or visit.left for visit in rest):
            return self.env._("Finish the visit that is running first.")
        last = max(done, key=lambda visit: visit.ended, default=None)
        here = sites.get(last.key) if last else home
        following = min(rest, key=lambda visit: visit.planned, default=None)
        there = sites.get(following.key) if following else home
        until = min(following.planned, day.close) if following else day.close
        if not here or not there:
            return self.env._("Your site, or the next one, has no coordinates.")
        if until - now < SMALLEST_GAP:
            return self.env._("You are not ahead of time.")
        lunch = timedelta()
        if day.lunch and until > day.lunch.earliest and now < day.lunch.latest:
            lunch = day.lunch.length
        return here, there, until, lunch

    @api.model
    def _point(self, site):
        located = site.partner_latitude or site.partner_longitude
        return (site.partner_latitude, site.partner_longitude) if located else None

    @api.model
    def _get_free_domain(self, employee):
        """Return which missions may be offered to a technician at all."""
        last = fields.Date.today() + timedelta(days=employee.company_id.field_pick_days)
        domain = (
            Domain("company_id", "=", employee.company_id.id)
            & Domain("state", "in", ["draft", "to_reschedule"])
            & Domain("technician_id", "=", False)
            & Domain("pick_requester_id", "in", [False, employee.id])
            & (Domain("mission_date", "=", False) | Domain("mission_date", "<=", last))
        )
        if employee.field_zone_ids:
            domain &= Domain("zone_id", "in", employee.field_zone_ids.ids)
        return domain

    @api.model
    def _find_free(self, employee, now):
        return self.sudo().search(
            self._get_free_domain(employee),
            limit=LOOKED_AT,
            order="priority desc, mission_date, id",
        )

    def _only_free(self, employee):
        return self.filtered_domain(self._get_free_domain(employee))

    def _give_to(self, employee, start):
        """Plan and publish one mission for a technician, and leave nothing asked for."""
        self._write_each({self.id: {"technician_id": employee.id, "planned_start": start}})
        self.write({"pick_requester_id": False, "pick_start": False})
        self.action_plan()
        self.action_publish()

    def _ask_office(self, employee):
        user = self.company_id._get_field_office_user()
        if user:
            self.activity_schedule(
                "field_planning.mail_activity_type_pick",
                user_id=user.id,
                summary=self.with_context(lang=user.lang).env._(
                    "%s is ahead of time and asks for it", employee.name
                ),
            )

    # ------------------------------------------------------------------ planners

    def action_accept_pick(self):
        """Give missions to the technicians who asked for them: planned and published.

        :raises UserError: nobody asked for one of them
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        for mission in self:
            employee = mission.pick_requester_id
            if not employee:
                raise UserError(self.env._("Nobody asked for %s.", mission.display_name))
            start = max(mission.pick_start, ahead.round_up(fields.Datetime.now()))
            mission._give_to(employee, start)
        self._close_asking()
        return True

    def action_refuse_pick(self):
        """Leave missions in the tray, and take the asking back.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        self.write({"pick_requester_id": False, "pick_start": False})
        self._close_asking()
        return True

    def _close_asking(self):
        self.activity_unlink(["field_planning.mail_activity_type_pick"])
