from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from odoo.addons.field_mission.core import states
from odoo.addons.field_mission.core.slots import utc_to_local
from odoo.addons.field_mission.models.field_mission import STATE_KEY, STATE_TOKEN
from odoo.addons.field_mission.models.field_mission_app import APP_DAYS

from ..core.publication import SAME, Plan, news_for

# What technicians were last shown, and what customers were last told; written by actions only.
SNAPSHOT_FIELDS = frozenset(
    ("published_start", "published_duration", "published_technician_id", "published_helper_ids",
     "published_version", "told_start", "told_end", "told_count")
)  # fmt: skip
# Steps after which nobody goes there any more.
WITHDRAWING = ("unplan", "cancel", "reset", "reschedule")


class FieldMissionPublication(models.Model):
    """The plan that people were shown, beside the plan that the planner works on.

    A change of a published mission is a draft until it is published again: its people keep the
    slot that they were shown, others see nothing. A change that touches today counts at once, and
    the people concerned are told at once.
    """

    _inherit = "field.mission"

    published_start = fields.Datetime(
        readonly=True, copy=False, index="btree_not_null", help="The start last published."
    )
    published_duration = fields.Float(readonly=True, copy=False)
    published_technician_id = fields.Many2one(
        "hr.employee", string="Published to", readonly=True, copy=False
    )
    published_helper_ids = fields.Many2many(
        "hr.employee",
        relation="field_mission_published_helper_rel",
        string="Published helpers",
        readonly=True,
        copy=False,
    )
    published_version = fields.Integer(
        readonly=True, copy=False, help="Version of the plan that was last published."
    )
    publish_state = fields.Selection(
        [
            ("new", "To publish"),
            ("changed", "Changed since publication"),
            ("withdrawn", "Withdrawn since publication"),
            ("current", "Published"),
        ],
        string="Publication",
        compute="_compute_publish_state",
        store=True,
        index="btree_not_null",
    )
    is_published_otherwise = fields.Boolean(
        string="Shown with another plan",
        compute="_compute_is_published_otherwise",
        search="_search_is_published_otherwise",
        help="Its people still see the plan that was published; the present one is a draft.",
    )
    told_start = fields.Datetime(
        string="Customer told from", readonly=True, copy=False, index="btree_not_null"
    )
    told_end = fields.Datetime(string="Customer told until", readonly=True, copy=False)
    told_count = fields.Integer(readonly=True, copy=False)

    # ------------------------------------------------------------------ computed fields

    @api.depends(
        "state",
        "published",
        "actual_start",
        "planned_start",
        "planned_duration",
        "technician_id",
        "helper_ids",
        "published_start",
        "published_duration",
        "published_technician_id",
        "published_helper_ids",
    )
    def _compute_publish_state(self):
        for mission in self:
            mission.publish_state = mission._find_publish_state()

    def _find_publish_state(self):
        self.ensure_one()
        if self.state in ("draft", "to_reschedule", "cancelled"):
            return "withdrawn" if self.published_start and not self.actual_start else False
        if self.state in ("in_progress", "done"):
            return "current" if self.published else "new"
        if not self.published_start:
            return "current" if self.published else "new"
        same = self._get_current_plan() == self._get_published_plan()
        return "current" if self.published and same else "changed"

    @api.depends("published", "publish_state", "published_technician_id.user_id",
                 "published_helper_ids.user_id")  # fmt: skip
    def _compute_member_user_ids(self):
        """While a change of a published mission is a draft, its people are those it was shown to.

        Every record rule reads this field: the next technician sees nothing before publication.
        """
        drafts = self.filtered(lambda mission: mission._is_shown_otherwise())
        result = super(FieldMissionPublication, self - drafts)._compute_member_user_ids()
        by_members = drafts.grouped(
            lambda m: (m.published_technician_id | m.published_helper_ids).user_id
        )
        for users, missions in by_members.items():
            missions.member_user_ids = users
        return result

    @api.depends("published", "publish_state", "published_start")
    def _compute_is_published_otherwise(self):
        for mission in self:
            mission.is_published_otherwise = mission._is_shown_otherwise()

    def _is_shown_otherwise(self):
        self.ensure_one()
        return bool(self.published and self.publish_state == "changed" and self.published_start)

    def _search_is_published_otherwise(self, operator, value):
        if operator != "in":
            return NotImplemented
        otherwise = (
            Domain("published", "=", True)
            & Domain("publish_state", "=", "changed")
            & Domain("published_start", "!=", False)
        )
        return otherwise if True in value else ~otherwise

    # ------------------------------------------------------------------ plans

    def _get_current_plan(self):
        """Return the plan of one mission as the planner has it, or None."""
        self.ensure_one()
        if not self.planned_start or not self.technician_id:
            return None
        return Plan(
            self.planned_start,
            round(self.planned_duration * 60),
            self.technician_id.id,
            frozenset(self.helper_ids.ids),
        )

    def _get_published_plan(self):
        """Return the plan of one mission that was last published, or None."""
        self.ensure_one()
        if not self.published_start:
            return None
        return Plan(
            self.published_start,
            round(self.published_duration * 60),
            self.published_technician_id.id,
            frozenset(self.published_helper_ids.ids),
        )

    def _get_people_plan(self):
        """Return the plan that the people of one mission go by now, or None."""
        self.ensure_one()
        going = self.published and self.state in ("planned", "in_progress", "done")
        return self._get_published_plan() if going else None

    def _touches_today(self):
        """Whether one mission is, or was told to be, today on its site."""
        self.ensure_one()
        tz = self._get_tz()
        today = utc_to_local(fields.Datetime.now(), tz).date()
        days = [self.planned_start, self.published_start]
        return any(moment and utc_to_local(moment, tz).date() == today for moment in days)

    # ------------------------------------------------------------------ guarded writes

    def _refuse_guarded(self, vals):
        result = super()._refuse_guarded(vals)
        forbidden = [name for name in SNAPSHOT_FIELDS.intersection(vals) if vals[name]]
        if self and not forbidden:
            forbidden = list(SNAPSHOT_FIELDS.intersection(vals))
        if forbidden and self.env.context.get(STATE_KEY) is not STATE_TOKEN:
            label = self._fields[sorted(forbidden)[0]]._description_string(self.env)
            raise UserError(
                self.env._(
                    "“%s” is changed by the buttons of the mission only, not directly.", label
                )
            )
        return result

    def _write_snapshot(self):
        """Take the present plans as the ones that were published (sudo)."""
        missions = self.with_context(**{STATE_KEY: STATE_TOKEN})
        for mission in missions:
            plan = mission._get_current_plan()
            if plan and plan != mission._get_published_plan():
                mission.write(
                    {
                        "published_start": mission.planned_start,
                        "published_duration": mission.planned_duration,
                        "published_technician_id": mission.technician_id.id,
                        "published_version": mission.plan_version,
                    }
                )
            elif plan and mission.published_version != mission.plan_version:
                mission.published_version = mission.plan_version
        # By value: a many2many written record by record asks the database each time.
        for helpers, group in missions.grouped("helper_ids").items():
            other = group.filtered(lambda m, helpers=helpers: m.published_helper_ids != helpers)
            if other:
                other.write({"published_helper_ids": [fields.Command.set(helpers.ids)]})

    def _clear_snapshot(self):
        """Forget what was published of missions that nobody goes to any more (sudo)."""
        gone = self.filtered("published_start").with_context(**{STATE_KEY: STATE_TOKEN})
        gone.write(
            {
                "published_start": False,
                "published_duration": 0.0,
                "published_technician_id": False,
                "published_version": 0,
            }
        )
        gone.filtered("published_helper_ids").write(
            {"published_helper_ids": [fields.Command.clear()]}
        )

    # ------------------------------------------------------------------ publishing

    def action_publish(self):
        """Show planned missions, or their changes, to their technicians; tell them once each.

        Publishing what is already published as it stands changes nothing and tells nobody.

        :raises UserError: a mission that is not planned
        :raises AccessError: the user is no planner
        """
        self._check_role(states.PLANNER)
        missions = self.sudo()
        missions._note_tour_news(announced=True)
        result = super().action_publish()
        # Those offered to a subcontractor first are published once accepted.
        missions.filtered("published")._write_snapshot()
        return result

    def action_unpublish(self):
        """Hide planned missions from their technicians again; those of today are told at once."""
        self._check_role(states.PLANNER)
        self.sudo()._note_tour_news()
        result = super().action_unpublish()
        self.sudo().filtered(lambda m: m._touches_today())._clear_snapshot()
        return result

    def _publish_withdrawal(self):
        """Tell the people of missions withdrawn since publication that they don't go (sudo)."""
        gone = self.filtered(lambda m: m.publish_state == "withdrawn")
        gone._note_tour_news(announced=True, shown=True)
        gone._clear_snapshot()
        return gone

    def _step(self, name, reason=None, at=None):
        if name in WITHDRAWING:
            self.check_access("read")
            self.sudo()._note_tour_news()
        return super()._step(name, reason=reason, at=at)

    def _after_step(self, step, device):
        if step.name == "start":
            self._settle_drafts()
        return super()._after_step(step, device)

    def _after_transition(self, step):
        result = super()._after_transition(step)
        if step.name in WITHDRAWING:
            # Those of other days are told with the next publication.
            self.filtered(lambda m: m.published_start and m._touches_today())._clear_snapshot()
        return result

    def _settle_drafts(self):
        """A visit starts while a change of it is a draft: what its people were shown counts.

        Where the planner starts it for them, the planner's plan counts.
        """
        # `publish_state` says "current" once the visit has started: the plans are compared.
        drafts = self.filtered(
            lambda m: m.published_start and m._get_current_plan() != m._get_published_plan()
        )
        if not drafts:
            return
        user = self.env.user
        by_people = drafts.filtered(
            lambda m: user in (m.published_technician_id | m.published_helper_ids).user_id
        )
        (drafts - by_people)._write_snapshot()
        by_people._write_each(
            {
                mission.id: {
                    "technician_id": mission.published_technician_id.id,
                    "helper_ids": [fields.Command.set(mission.published_helper_ids.ids)],
                    "planned_start": mission.published_start,
                    "planned_duration": mission.published_duration,
                }
                for mission in by_people
            }
        )
        for mission in by_people:
            mission.message_post(
                body=self.env._(
                    "Started as it was published: the change that was not published yet is dropped."
                )
            )

    def _raise_plan_version(self):
        """A changed plan of today counts at once for the people who were shown the former one."""
        result = super()._raise_plan_version()
        now = self.sudo().filtered(lambda m: m.is_published_otherwise and m._touches_today())
        if now:
            now._note_tour_news()
            now._write_snapshot()
        return result

    def _get_roles(self):
        """While a change is a draft, the responsible is the one it was shown to."""
        roles = super()._get_roles()
        user = self.env.user
        planner = self.env.su or user.has_group("field_mission.group_field_planner")
        manager = self.env.su or user.has_group("field_mission.group_field_manager")
        for mission in self.sudo().filtered("is_published_otherwise"):
            roles[mission.id or mission._origin.id] = states.roles_of(
                member=user in mission.member_user_ids,
                responsible=user == mission.published_technician_id.user_id,
                planner=planner,
                manager=manager,
            )
        return roles

    # ------------------------------------------------------------------ what others are shown

    def _get_app_values(self):
        """The app shows the plan that was published, not the planner's draft."""
        rows = super()._get_app_values()
        user = self.env.user
        for mission, row in zip(self.sudo(), rows, strict=True):
            if not mission.is_published_otherwise:
                continue
            plan = mission._get_published_plan()
            end = plan.start + timedelta(minutes=plan.minutes)
            row.update(
                day=fields.Date.to_string(utc_to_local(plan.start, mission._get_tz()).date()),
                planned_start=fields.Datetime.to_string(plan.start),
                planned_end=fields.Datetime.to_string(end),
                planned_duration=mission.published_duration,
                plan_version=mission.published_version,
                responsible=user == mission.published_technician_id.user_id,
                technician=mission.published_technician_id.name or "",
                helpers=mission.published_helper_ids.mapped("name"),
            )
        return rows

    @api.model
    def _get_app_missions(self):
        """The app keeps what was published for these days, wherever the planner moves it."""
        today = fields.Date.context_today(self)
        first = fields.Datetime.to_datetime(today - timedelta(days=APP_DAYS + 1))
        last = fields.Datetime.to_datetime(today + timedelta(days=APP_DAYS + 2))
        return super()._get_app_missions() | self.search(
            [
                ("member_user_ids", "in", self.env.user.ids),
                ("is_published_otherwise", "=", True),
                ("published_start", ">=", first),
                ("published_start", "<", last),
            ]
        )

    def _get_portal_values(self):
        values = super()._get_portal_values()
        if values["technician"] and self.is_published_otherwise:
            values["technician"] = self.published_technician_id.name
        return values

    # ------------------------------------------------------------------ news of a tour

    def _note_tour_news(self, announced=False, shown=False):
        """Remember the plans that people go by, before they change; told once at the end.

        :param announced: a publication: told for any day, else only what touches today
        :param shown: what was last shown counts as the plan, even where it is hidden by now
        """
        noted = self.env.cr.precommit.data.get("field_planning.tour_news")
        if noted is None:
            noted = self.env.cr.precommit.data["field_planning.tour_news"] = {}
            env = self.env(su=True, context=clean_context(self.env.context))
            self.env.cr.precommit.add(env["field.tour.news"]._send_noted)
        for mission in self:
            plan = mission._get_published_plan() if shown else mission._get_people_plan()
            first = noted.setdefault(
                mission.id, {"before": plan, "announced": announced, "today": False}
            )
            first["announced"] |= announced
            first["today"] |= mission._touches_today()

    def _get_tour_news(self, noted):
        """Return what each person has to know of these missions.

        :param noted: ``{mission_id: {"before": Plan or None, "announced": bool, "today": bool}}``
        :return: ``{employee_id: [(news, mission, before, after), …]}``
        """
        found = {}
        for mission in self:
            note = noted[mission.id]
            before, after = note["before"], mission._get_people_plan()
            if not (note["announced"] or note["today"] or mission._touches_today()):
                continue
            people = (before.people if before else frozenset()) | (
                after.people if after else frozenset()
            )
            for person in people:
                news = news_for(person, before, after)
                if news != SAME:
                    found.setdefault(person, []).append((news, mission, before, after))
        return found
