from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .day_reader import DayReader, whole_minute


def _text(moment):
    return fields.Datetime.to_string(moment) if moment else False


class FieldDay(models.AbstractModel):
    """The day as it goes: one line a technician, for the planners' screen."""

    _name = "field.day"
    _description = "Missions of the day"

    @api.model
    def get_overview(self, team_id=False, zone_id=False):
        """Return today's technicians and their missions, as they are now (planners).

        :param team_id: only this team, or False
        :param zone_id: only technicians with a mission in this zone today, or False
        :return: JSON-able dict ``{"now", "lines", "counts", "teams", "zones", "notice"}``; instants
            are UTC texts
        :raises AccessError: the user is no planner
        """
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners see everybody's day."))
        team_id = team_id if isinstance(team_id, int) else False
        zone_id = zone_id if isinstance(zone_id, int) else False
        now = fields.Datetime.now()
        lines, notices = [], []
        for company in self.env.companies:
            reader = DayReader(company, now)
            lines += self._get_lines(reader)
            lines += self._get_idle_lines(reader)
            if company.sudo().field_travel_failure:
                notices.append(company.sudo().field_travel_failure)
        if team_id:
            lines = [line for line in lines if line["team_id"] == team_id]
        if zone_id:
            lines = [line for line in lines if zone_id in line["zone_ids"]]
        lines.sort(key=lambda line: (not line["total"], line["name"], line["employee_id"]))
        missions = self.env["field.mission"]
        company_domain = Domain("company_id", "in", self.env.companies.ids)
        return {
            "now": _text(now),
            "lines": lines,
            "counts": {
                **self._count(lines),
                "leftover": missions.search_count(
                    company_domain & Domain("delay_state", "=", "to_replan")
                ),
                "asked": missions.search_count(
                    company_domain & Domain("pick_requester_id", "!=", False)
                ),
            },
            "teams": self.env["field.team"].search_read(
                company_domain, ["name"], order="sequence, name", load=False
            ),
            "zones": self.env["field.zone"].search_read(
                company_domain, ["name"], order="sequence, name", load=False
            ),
            "notice": "\n".join(notices),
        }

    @api.model
    def _count(self, lines):
        chips = [chip for line in lines for chip in line["chips"] if not chip["helper"]]
        states = [chip["delay"] for chip in chips]
        return {
            "done": sum(chip["state"] == "done" for chip in chips),
            "total": len(chips),
            **{name: states.count(name) for name in ("late", "at_risk", "to_replan", "unknown")},
            "to_tell": sum(chip["to_tell"] for chip in chips),
        }

    @api.model
    def _get_lines(self, reader):
        verdicts = reader.judge()
        # What a planner may read anyway; names and phones of people come from HR data.
        lines = []
        for tour in reader.tours:
            person = tour.technician_id
            stops = tour.stop_ids.filtered(lambda stop: not stop.set_aside).sorted(
                lambda stop: (stop.sequence, stop.id)
            )
            told = verdicts.get(tour.id, {})
            chips = [self._get_chip(reader, person, stop, told) for stop in stops]
            running = self._get_running(reader, person, stops)
            waiting = [
                (told[stop.mission_id.id].start, chip)
                for stop, chip in zip(stops, chips, strict=True)
                if chip["state"] == "planned"
                and stop.mission_id.id in told
                and chip["id"] != (running or {}).get("mission_id")
            ]
            following = min(waiting, key=lambda item: item[0]) if waiting else None
            lines.append(
                {
                    **self._get_person(reader, person),
                    "tour_id": tour.id,
                    "published": bool(tour.date_published),
                    "zone_ids": sorted(stops.mission_id.zone_id.ids),
                    "done": sum(chip["state"] == "done" for chip in chips),
                    "total": len(chips),
                    "running": running,
                    "next": following
                    and {"id": following[1]["id"], "at": _text(whole_minute(following[0]))},
                    "late": sum(chip["delay"] in ("late", "to_replan") for chip in chips),
                    "at_risk": sum(chip["delay"] == "at_risk" for chip in chips),
                    "unknown": sum(chip["delay"] == "unknown" for chip in chips),
                    "chips": chips,
                }
            )
        return lines

    @api.model
    def _get_person(self, reader, person):
        return {
            "employee_id": person.id,
            "name": person.name,
            "phone": person.mobile_phone or person.work_phone or "",
            "team_id": person.field_team_id.id,
            "team": person.field_team_id.name or "",
            "tz": person._get_field_tz(),
            "contact": _text(reader.contacts.get(person)),
        }

    @api.model
    def _get_chip(self, reader, person, stop, told):
        mission = stop.mission_id
        verdict = told.get(mission.id)
        state = mission.state
        if state == "in_progress" and stop.role == "helper":
            lines = reader.times.get((person, mission), ())
            state = "in_progress" if any(line.kind == "on_site" for line in lines) else "planned"
        limit = mission._get_promise_windows()[mission.id][1]
        breaks = (
            verdict
            and state == "planned"
            and verdict.state in ("late", "at_risk")
            and mission.promised_kind != "none"
            and limit
            and verdict.start > max(limit, mission.delay_told_to or limit)
        )
        return {
            "id": mission.id,
            "name": mission.name,
            "site": mission.site_id.name or "",
            "city": mission.site_id.city or "",
            "type": mission.service_type_id.name,
            "state": state,
            "helper": stop.role == "helper",
            "published": mission.published,
            "delay": verdict.state if verdict else False,
            "minutes": round(verdict.delay.total_seconds() / 60) if verdict else 0,
            "planned": _text(mission.planned_start),
            "expected": _text(whole_minute(verdict.start)) if verdict else False,
            "started": _text(mission.actual_start),
            "ended": _text(mission.actual_end),
            "promised": mission._get_promise_slot(),
            "to_tell": bool(breaks) and stop.role == "responsible",
            "told": _text(mission.delay_told_from),
        }

    @api.model
    def _get_running(self, reader, person, stops):
        """Return what a technician is doing, as last tapped."""
        for stop in stops:
            for line in reader.times.get((person, stop.mission_id), ()):
                if not line.stop:
                    return {
                        "kind": line.kind,
                        "since": _text(line.start),
                        "mission_id": stop.mission_id.id,
                    }
        return False

    @api.model
    def _get_idle_lines(self, reader):
        """Technicians who work today and have no mission."""
        people = self.env["hr.employee"].sudo()
        idle = people.search(
            [
                ("is_field_technician", "=", True),
                ("company_id", "=", reader.company.id),
                ("id", "not in", reader.tours.technician_id.ids),
            ]
        )
        if not idle:
            return []
        day = fields.Date.context_today(self, reader.now)
        work = idle._get_field_days(day, day)
        return [
            {
                **self._get_person(reader, person),
                "tour_id": False,
                "published": False,
                "zone_ids": person.field_zone_ids.ids,
                "done": 0,
                "total": 0,
                "running": False,
                "next": None,
                "late": 0,
                "at_risk": 0,
                "unknown": 0,
                "chips": [],
            }
            for person in idle
            if work[person.id, day].intervals
        ]
