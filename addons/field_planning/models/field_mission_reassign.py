from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, format_datetime

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core.absences import Person, hits

# Planned work that has not begun: only this can be given to somebody else.
OPEN = "planned"


class FieldMissionReassign(models.Model):
    """Planned missions whose people are away: listed for a planner, never moved by themselves."""

    _inherit = "field.mission"

    to_reassign = fields.Boolean(
        readonly=True,
        copy=False,
        help="Somebody sent to it is away at the planned time. It stays where it is until a planner"
        " decides; the customer's promise holds.",
    )
    reassign_since = fields.Datetime(string="To reassign since", readonly=True, copy=False)
    reassign_data = fields.Json(readonly=True, copy=False)
    reassign_reason = fields.Text(
        string="Why it is to reassign", compute="_compute_reassign_reason", compute_sudo=True
    )

    _to_reassign_idx = models.Index("(company_id, planned_start) WHERE to_reassign")

    @api.depends("reassign_data")
    @api.depends_context("lang", "tz")
    def _compute_reassign_reason(self):
        people = self.env["hr.employee"].browse(
            {row["employee"] for mission in self for row in mission.reassign_data or ()}
        )
        names = {person.id: person.name for person in people.exists()}
        for mission in self:
            rows = mission.reassign_data or ()
            mission.reassign_reason = "\n".join(
                mission._render_reassign(names.get(row["employee"], ""), row) for row in rows
            )

    def _render_reassign(self, name, row):
        tz = self._get_tz()
        start, stop = (fields.Datetime.to_datetime(row[key]) for key in ("start", "stop"))
        first = utc_to_local(start, tz)
        last = utc_to_local(stop - timedelta(seconds=1), tz)
        if first.hour == first.minute == 0 and last.hour == 23 and first.date() == last.date():
            return self.env._(
                "%(who)s is away on %(day)s", who=name, day=format_date(self.env, first.date())
            )
        if first.hour == first.minute == 0 and last.hour == 23:
            return self.env._(
                "%(who)s is away from %(first)s to %(last)s",
                who=name,
                first=format_date(self.env, first.date()),
                last=format_date(self.env, last.date()),
            )
        return self.env._(
            "%(who)s is away from %(first)s to %(last)s",
            who=name,
            first=format_datetime(self.env, start, tz=tz, dt_format="short"),
            last=format_datetime(self.env, stop, tz=tz, dt_format="short"),
        )

    # ------------------------------------------------------------------ judge

    @api.model
    def _search_under(self, absences):
        """Return the planned missions that absences may fall on, and those listed for them (sudo).

        :param absences: list of :class:`~..core.absences.Absence`
        """
        missions = self.sudo()
        if not absences:
            return missions
        domain = fields.Domain("state", "=", OPEN)
        domain &= fields.Domain("planned_start", "<", max(a.stop for a in absences))
        domain &= fields.Domain("planned_end", ">", min(a.start for a in absences))
        people = {absence.person for absence in absences}
        if None not in people:
            people = sorted(people)
            domain &= fields.Domain("technician_id", "in", people) | fields.Domain(
                "helper_ids", "in", people
            )
        return missions.search(domain)

    def _get_absences_over(self):
        """Return which absences fall on each of these planned missions (sudo).

        :return: ``{mission_id: [(Absence, employee_id), …]}``
        """
        missions = self.sudo().filtered("planned_start")
        people = missions.technician_id | missions.helper_ids
        found = {mission.id: [] for mission in self}
        if not people:
            return found
        lines = missions.env["resource.calendar.leaves"].search(
            [
                ("time_type", "=", "leave"),
                ("date_from", "<", max(missions.mapped("planned_end")) + timedelta(days=1)),
                ("date_to", ">", min(missions.mapped("planned_start")) - timedelta(days=1)),
                "|",
                ("resource_id", "=", False),
                ("resource_id", "in", people.resource_id.ids),
            ],
            order="date_from, id",
        )
        absences = lines._get_field_absences()
        who = {
            person.id: Person(person.id, person.resource_calendar_id.id, person.company_id.id)
            for person in people
        }
        for mission in missions:
            sent = [who[person.id] for person in mission.technician_id | mission.helper_ids]
            found[mission.id] = hits(absences, sent, mission.planned_start, mission.planned_end)
        return found

    def _update_reassign(self):
        """Put those of the missions whose people are away on the list, take the others off it.

        :return: the missions that have just come on the list, or for one more reason (sudo)
        """
        missions = self.sudo()
        over = missions.filtered(lambda mission: mission.state == OPEN)._get_absences_over()
        now = fields.Datetime.now()
        came, left, traced, changes = missions.browse(), missions.browse(), missions.browse(), []
        for mission in missions:
            data = [
                {
                    "leave": absence.key,
                    "employee": person,
                    "start": fields.Datetime.to_string(absence.start),
                    "stop": fields.Datetime.to_string(absence.stop),
                }
                for absence, person in over.get(mission.id, ())
            ]
            was, had = mission.to_reassign, mission._get_reassign_keys()
            if data == (mission.reassign_data or []):
                continue
            values = {"reassign_data": data or False}
            if bool(data) != was:
                values["to_reassign"] = bool(data)
                values["reassign_since"] = now if data else False
                traced += mission
                changes.append({"to_reassign": [was, bool(data)]})
            mission.write(values)
            if {row["leave"] for row in data} - had:
                came += mission
            if not data:
                left += mission
        traced._trace("change", changes)
        if left:
            left._close_reassign_activities()
        return came

    def _get_reassign_keys(self):
        """Return the ids of the absences that put one mission on the list."""
        return {row["leave"] for row in self.reassign_data or ()}

    def _raise_plan_version(self):
        """A listed mission that is moved or given to somebody else is judged again."""
        result = super()._raise_plan_version()
        if not self:
            return result
        listed = self.sudo().filtered("to_reassign")
        if listed:
            listed._update_reassign()
        return result

    def _after_transition(self, step):
        result = super()._after_transition(step)
        listed = self.sudo().filtered("to_reassign")
        if listed and step.target != OPEN:
            listed._update_reassign()
        return result

    # ------------------------------------------------------------------ tell the planners

    def _get_planners_to_tell(self):
        """Return who is told when something happens to planned missions: a few, not everybody.

        The users that the company names; else the leader of the mission's team where they plan,
        else who planned the mission, else the first planner of the company.

        :return: ``{mission_id: res.users}``
        """
        missions = self.sudo()
        group = self.env.ref("field_mission.group_field_planner").sudo()
        planners = group.all_user_ids.filtered(lambda user: user.active and not user.share)
        rows = missions.env["field.mission.event"]._read_group(
            [("mission_id", "in", missions.ids), ("step", "=", "plan")],
            ["mission_id", "user_id"],
            ["id:max"],
            order="id:max",
        )
        last = {mission.id: user for mission, user, _event in rows}
        root = self.env.ref("base.user_root")
        found = {}
        for mission in missions:
            company = mission.company_id
            able = planners.filtered(lambda user, c=company: c in user.company_ids) - root
            named = company.field_absence_user_ids & able
            leader = mission.team_id.leader_id.user_id & able
            planned = last.get(mission.id, able.browse()) & able
            found[mission.id] = named or leader or planned or able.sorted("id")[:1]
        return found

    def _prepare_reassign_activity(self, user, line):
        """Return the values of one planner's activity for one absence.

        :param user: ``res.users``
        :param line: ``resource.calendar.leaves`` (sudo)
        """
        missions = self.with_context(lang=user.lang, tz=user.tz).sorted("planned_start")
        env = missions.env
        first = missions[0]
        who = ", ".join(line.resource_id.mapped("name")) or line.name or ""
        rows = [
            {
                "name": mission.display_name,
                "start": format_datetime(
                    env, mission.planned_start, tz=mission._get_tz(), dt_format="short"
                ),
                "promise": mission.promised_label,
            }
            for mission in missions
        ]
        note = env["ir.qweb"]._render(
            "field_planning.reassign_activity_note",
            {"rows": rows, "reason": first.reassign_reason},
            lang=user.lang,
        )
        today = fields.Date.context_today(missions)
        return {
            "res_model_id": env["ir.model"]._get_id("field.mission"),
            "res_id": first.id,
            "activity_type_id": env["ir.model.data"]._xmlid_to_res_id(
                "mail.mail_activity_data_todo", raise_if_not_found=True
            ),
            "user_id": user.id,
            "date_deadline": max(today, min(first.planned_date, today + timedelta(days=3))),
            "summary": env._("%(who)s: missions to reassign: %(count)s", who=who, count=len(rows)),
            "note": note,
            "field_leave_id": line.id,
        }

    def _close_reassign_activities(self):
        """Mark planners' activities as done once nothing is left to reassign for an absence."""
        listed = self.search([("to_reassign", "=", True)])
        open_keys = {key for mission in listed for key in mission._get_reassign_keys()}
        lines = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search([("field_activity_ids", "!=", False), ("id", "not in", list(open_keys))])
        )
        activities = lines.field_activity_ids.filtered("active")
        if activities:
            activities.action_feedback(feedback=self.env._("Nothing is left to reassign."))

    # ------------------------------------------------------------------ buttons

    def action_reassign_optimize(self):
        """Open a run of the optimiser that may give these missions to other technicians.

        :return: action of the run's form
        :raises UserError: none of them has a day, or nothing was chosen
        """
        self.check_access("write")
        if not self:
            raise UserError(self.env._("Choose the missions to reassign."))
        action = self.env["field.optimization"]._open_for(self)
        # They were planned, and maybe seen: only these may go to somebody else.
        self.env["field.optimization"].browse(action["res_id"]).write(
            {"mode": "free", "movable": "published"}
        )
        return action

    def action_reassign(self):
        """Open the choice of another technician for one mission.

        :return: action of the wizard
        """
        self.ensure_one()
        self.check_access("write")
        wizard = self.env["field.reassign"].create({"mission_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Choose another technician"),
            "res_model": "field.reassign",
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }
