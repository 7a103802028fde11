from dataclasses import replace
from datetime import timedelta

from odoo import models
from odoo.tools import LazyTranslate, format_date, format_datetime

from ..core import placement as core
from .placement_facts import PlacementFacts

_lt = LazyTranslate(__name__)

SENTENCES = {
    "started": _lt("%(mission)s is “%(state)s”: it no longer moves."),
    "validated": _lt("%(mission)s is validated: it no longer moves."),
    "locked": _lt("%(mission)s is fixed: unlock it before you move it."),
    "other_company": _lt("This person works for another company than %(mission)s."),
    "not_technician": _lt("%(who)s is no field technician."),
    "nobody": _lt("This person is no field technician."),
    "zero_duration": _lt("%(mission)s needs a duration above zero."),
    "skill_missing": _lt("%(who)s does not have the skill “%(skill)s”."),
    "skill_expired": _lt("%(who)s’s skill “%(skill)s” was valid until %(day)s."),
    "leave": _lt("%(who)s is absent: %(spans)s."),
    "pending_leave": _lt("%(who)s has asked for leave, not approved yet: %(spans)s."),
    "day_off": _lt("%(who)s does not work on %(day)s."),
    "outside_hours": _lt("%(start)s to %(end)s is outside %(who)s’s working hours."),
    "overlap": _lt("%(who)s is already busy: %(spans)s."),
    "promise": _lt("The customer was promised %(promise)s; it would start on %(start)s."),
    "deadline": _lt("It must be done by %(deadline)s; it would end on %(end)s."),
    "zone": _lt("%(who)s does not serve the zone “%(zone)s”."),
    "no_calendar": _lt("%(who)s has no working calendar: nobody knows their hours."),
}


class FieldMissionPlacement(models.Model):
    """What a place in the plan breaks, in words."""

    _inherit = "field.mission"

    def _get_placement_issues(self, placements):
        """Return what each placement would break (hook).

        :param placements: list of dicts ``mission_id``, ``employee_id``, ``start`` (naive UTC),
            ``minutes``, and maybe ``helper_ids`` (default: the mission's own)
        :return: ``{mission_id: [{"code", "level": "hard" | "soft", "message"}, …]}``, an entry for
            each mission, worst first
        """
        # Hours, leaves and skills are HR data: the planner is told what they mean for the plan,
        # never why somebody is away. Only missions that the user may read are judged.
        missions = self.browse({one["mission_id"] for one in placements})
        missions.check_access("read")
        missions = missions.sudo()
        known = {mission.id: mission for mission in missions}
        placements = [
            {
                **one,
                "helper_ids": [
                    helper
                    for helper in one.get("helper_ids", known[one["mission_id"]].helper_ids.ids)
                    if helper != one["employee_id"]
                ],
            }
            for one in placements
        ]
        found, refused, asked = {mission.id: [] for mission in missions}, {}, []
        people = {one["employee_id"] for one in placements}
        people.update(helper for one in placements for helper in one["helper_ids"])
        people = {one.id: one for one in self.env["hr.employee"].sudo().browse(people).exists()}
        for one in placements:
            mission = known[one["mission_id"]]
            refused[mission.id], strangers = mission._judge_people(one, people)
            found[mission.id] += strangers
            if not strangers:
                asked.append(one)
        facts = PlacementFacts(missions, asked)
        for one, visit in facts.visits():
            mission = known[one["mission_id"]]
            employee = facts.employees.browse(one["employee_id"])
            issues = core.sort_issues(
                refused[mission.id] + core.judge(visit, facts.people[employee.id])
            )
            told = [mission._describe_issue(issue, visit, employee) for issue in issues]
            for helper in facts.employees.browse(one["helper_ids"]):
                part = replace(visit, day=core.utc_day(visit.start, facts.tz[helper.id]))
                told += [
                    mission._describe_issue(issue, part, helper)
                    for issue in core.judge_time(part, facts.people[helper.id])
                ]
            found[mission.id] += sorted(told, key=lambda issue: issue["level"] != core.HARD)
        return found

    def _judge_people(self, placement, known):
        """Judge one mission's move, and its people before anything of them is read.

        :param known: ``{id: hr.employee}``, the people of all placements that exist
        :return: issues of the move, and issues of strangers described: about people of another
            company nothing else may be said
        """
        self.ensure_one()
        nobody = self.env["hr.employee"]
        employee = known.get(placement["employee_id"], nobody)
        issues = self._judge_move(employee, placement["start"], placement["minutes"])
        strangers = [one for one in issues if one.code in ("other_company", "not_technician")]
        if not employee:
            strangers.append(core.Issue("not_technician"))
        helpers = [known[one] for one in placement["helper_ids"] if one in known]
        if any(one.company_id and one.company_id != self.company_id for one in helpers):
            strangers.append(core.Issue("other_company"))
        if any(one.code == "other_company" for one in strangers):
            employee = nobody
        return issues, [self._describe_issue(one, None, employee) for one in strangers]

    def _judge_move(self, employee, start, minutes):
        """Return what forbids one mission to go to this person and slot, whatever the hour.

        :param employee: ``hr.employee``, empty = back to the tray
        :return: list of ``core.placement.Issue``
        """
        self.ensure_one()
        issues = []
        if self.validated or self.state in ("in_progress", "done", "cancelled"):
            issues.append(core.Issue("started"))
        same = employee == self.technician_id and start == (self.planned_start or False)
        if self.is_locked and not (same and minutes == round(self.planned_duration * 60)):
            issues.append(core.Issue("locked"))
        if employee:
            if employee.company_id and employee.company_id != self.company_id:
                issues.append(core.Issue("other_company"))
            elif not employee.is_field_technician or not employee.active:
                issues.append(core.Issue("not_technician"))
        return issues

    # ------------------------------------------------------------------ words

    def _describe_issue(self, issue, visit, employee):
        """Return one issue as ``{"code", "level", "message"}`` in the user's language."""
        self.ensure_one()
        level = issue.level
        if issue.skill and self._must_be_certified(issue.skill):
            level = core.HARD
        return {
            "code": issue.code,
            "level": level,
            "message": self._word_issue(issue, visit, employee),
        }

    def _must_be_certified(self, skill_id):
        """Whether the company refuses a visit without this skill instead of warning."""
        skill = self.env["hr.skill"].sudo().browse(skill_id)
        return (
            self.company_id.sudo().field_refuse_uncertified and skill.skill_type_id.is_certification
        )

    def _word_issue(self, issue, visit, employee):
        code = issue.code
        if code == "started" and self.validated:
            code = "validated"
        elif code == "not_technician" and not employee:
            code = "nobody"
        sentence = self.env._(SENTENCES[code])
        return sentence % {
            "who": employee.name or "",
            "mission": self.display_name,
            **self._get_issue_words(issue, visit, employee),
        }

    def _get_issue_words(self, issue, visit, employee):
        """Return what the sentence of one issue needs beside the names."""
        words = {}
        if issue.code == "started":
            words["state"] = dict(self._fields["state"]._description_selection(self.env))[
                self.state
            ]
        elif issue.code == "zone":
            words["zone"] = self.zone_id.name
        elif issue.skill:
            words["skill"] = self.env["hr.skill"].sudo().browse(issue.skill).name
            words["day"] = issue.day and format_date(self.env, issue.day)
        elif issue.spans:
            tz = employee._get_field_tz()
            words["spans"] = "; ".join(self._word_span(span, tz) for span in issue.spans[:3])
        elif issue.code in ("promise", "deadline"):
            # The customer's time, at the site.
            tz = self._get_tz()
            words["promise"] = self.promised_label
            words["start"] = format_datetime(self.env, visit.start, tz, "short")
            words["end"] = format_datetime(self.env, visit.end, tz, "short")
            if visit.deadline:
                words["deadline"] = format_datetime(self.env, visit.deadline, tz, "short")
        elif issue.code in ("outside_hours", "day_off"):
            tz = employee._get_field_tz()
            words["start"] = format_datetime(self.env, visit.start, tz, "short")
            words["end"] = format_datetime(self.env, visit.end, tz, "HH:mm")
            words["day"] = format_date(self.env, visit.day, date_format="EEEE d MMMM")
        return words

    def _word_span(self, span, tz):
        first = format_datetime(self.env, span.start, tz, "short")
        long = span.end - span.start > timedelta(hours=20)
        last = format_datetime(self.env, span.end, tz, "short" if long else "HH:mm")
        name = f"{span.name}, " if span.name else ""
        return f"{name}{first} – {last}"
