from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_time

from odoo.addons.field_mission.core.slots import utc_to_local
from odoo.addons.field_mission.models.field_mission_readiness import ORANGE, RED

from ..core.publication import SAME, change_of

# Of what a placement breaks: what a customer was promised…
RISK_CODES = frozenset(("promise", "deadline"))
# … what only forbids to move it…
MOVE_CODES = frozenset(("started", "validated", "locked"))
# … and what keeps somebody from doing the work at all.
RED_CODES = frozenset(("skill_missing", "skill_expired", "leave"))


class FieldMissionPublish(models.Model):
    """What a publication would change, for the preview."""

    _inherit = "field.mission"

    def action_open_publish(self):
        """Open the preview of publishing these missions.

        :return: action of the preview
        """
        self.check_access("write")
        return self.env["field.publish"].action_open(mission_ids=self.ids)

    @api.model
    def _find_to_publish(self, company, date_from, date_to, technicians=(), teams=()):
        """Return the missions of a scope whose publication may change something.

        A mission belongs to the scope by its present day, by the day published and by the slot
        its customer was told.

        :param company: ``res.company``
        :param date_from: first day
        :param date_to: last day, included
        :param technicians: ``hr.employee``, empty = all; people shown the former plan count too
        :param teams: ``field.team``, empty = all
        """
        first = fields.Datetime.to_datetime(date_from) - timedelta(hours=14)
        last = fields.Datetime.to_datetime(date_to) + timedelta(hours=38)
        days = Domain("mission_date", ">=", date_from) & Domain("mission_date", "<=", date_to)
        for name in ("published_start", "told_start"):
            days |= Domain(name, ">=", first) & Domain(name, "<", last)
        concerned = Domain("publish_state", "!=", False) | Domain("told_start", "!=", False)
        domain = (
            Domain("company_id", "=", company.id)
            & Domain("state", "in", ["draft", "planned", "to_reschedule", "cancelled"])
            & concerned
            & days
        )
        if technicians:
            ids = list(technicians.ids)
            domain &= Domain.OR(
                Domain(name, "in", ids)
                for name in ("technician_id", "helper_ids", "published_technician_id",
                             "published_helper_ids")
            )  # fmt: skip
        if teams:
            domain &= Domain("team_id", "in", list(teams.ids))
        found = self.search(domain)
        return found.filtered(lambda mission: mission._is_within(date_from, date_to))

    def _is_within(self, date_from, date_to):
        """Whether one mission is, was published or was told for one of these days of its site."""
        self.ensure_one()
        tz = self._get_tz()
        days = [self.mission_date]
        days += [
            utc_to_local(moment, tz).date()
            for moment in (self.published_start, self.told_start)
            if moment
        ]
        return any(day and date_from <= day <= date_to for day in days)

    def _get_publish_changes(self):
        """Return what publishing each mission would change, in a constant number of queries.

        :return: ``{mission_id: {"change", "text", "message", "recipients", "risks", "readiness"}}``;
            ``change`` is a word of ``core.publication``; ``message`` the kind of message that the
            customer lacks, or False; ``recipients`` as ``_get_recipients`` returns them; ``risks``
            sentences; ``readiness`` as ``_get_readiness`` returns it
        """
        missions = self.sudo()
        kinds = missions._get_message_kinds()
        lacking = missions.filtered(
            lambda m: kinds[m.id] and m.company_id._sends_field_message(kinds[m.id])
        )
        recipients = lacking._get_recipients()
        planned = missions.filtered(lambda m: m.state == "planned")
        issues = planned._get_plan_issues()
        risks = planned._get_publish_risks(issues)
        readiness = planned._get_readiness(issues)
        found = {}
        for mission in missions:
            before = mission._get_published_plan()
            after = mission._get_current_plan() if mission.state == "planned" else None
            change = change_of(before, after)
            if change == SAME and after and not mission.published:
                change = "new"
            found[mission.id] = {
                "change": change,
                "text": mission._get_change_text(before, after),
                "message": kinds[mission.id] if mission in lacking else False,
                "recipients": recipients.get(mission.id, []),
                "risks": risks.get(mission.id, []),
                "readiness": readiness.get(mission.id, []),
            }
        return found

    def _get_change_text(self, before, after):
        """Say in words what changes between two plans of one mission."""
        self.ensure_one()
        was, now = (self._get_plan_text(plan) for plan in (before, after))
        if before == after or not before:
            return now or was
        if not after:
            return self.env._("%s → nobody goes there", was)
        return f"{was} → {now}"

    def _get_plan_text(self, plan):
        if not plan:
            return ""
        tz = self._get_tz()
        day = format_date(self.env, utc_to_local(plan.start, tz).date(), date_format="EEE d MMM")
        hour = format_time(self.env, plan.start, tz=tz, time_format="short")
        people = self.env["hr.employee"].sudo().browse([plan.person, *sorted(plan.helpers)])
        return f"{day} {hour}, {', '.join(people.mapped('name'))}"

    # ------------------------------------------------------------------ promises at risk

    def _get_plan_issues(self):
        """Return what the plan of each mission breaks, as ``_get_placement_issues`` does."""
        placements = [
            {
                "mission_id": mission.id,
                "employee_id": mission.technician_id.id,
                "start": mission.planned_start,
                "minutes": round(mission.planned_duration * 60),
            }
            for mission in self
            if mission.technician_id and mission.planned_start
        ]
        return self._get_placement_issues(placements)

    def _get_publish_risks(self, issues=None):
        """Return what publishing each mission does to promises and deadlines (hook).

        :param issues: what ``_get_plan_issues`` said, where it is known
        :return: ``{mission_id: [sentence, …]}``, an empty list where all are kept
        """
        issues = self._get_plan_issues() if issues is None else issues
        return {
            mission.id: [
                row["message"] for row in issues.get(mission.id, ()) if row["code"] in RISK_CODES
            ]
            for mission in self
        }

    # ------------------------------------------------------------------ ready to go?

    def _get_readiness(self, issues=None):
        """Add what the plan breaks: hours, leaves, skills, overlaps, the day's tour.

        :param issues: what ``_get_plan_issues`` said, where it is known
        """
        found = super()._get_readiness()
        issues = self._get_plan_issues() if issues is None else issues
        for mission in self.sudo():
            rows = [
                row
                for row in issues.get(mission.id, ())
                if row["code"] not in RISK_CODES | MOVE_CODES
            ]
            for row in rows:
                level = RED if row["level"] == "hard" or row["code"] in RED_CODES else ORANGE
                self._add_readiness(found, mission, row["code"], level, row["message"])
            if mission.tour_conflict and not rows:
                self._add_readiness(found, mission, "conflict", ORANGE, mission.tour_conflict)
        return found

    def _check_ready_skills(self, found):
        """The plan's own check says it of helpers too, with the day a skill was valid until."""
