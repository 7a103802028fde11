from datetime import datetime, timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..core import states
from .field_mission import STATE_KEY, STATE_TOKEN

# A device may be a little ahead; beyond this its clock is wrong and the trace shows it.
CLOCK_TOLERANCE = timedelta(minutes=5)


class FieldMissionTransition(models.Model):
    """The guarded steps of a mission's life (``core/states.py``)."""

    _inherit = "field.mission"

    allowed_steps = fields.Json(compute="_compute_allowed_steps")
    blocker_text = fields.Text(compute="_compute_blocker_text", string="Before the next step")

    def _compute_allowed_steps(self):
        roles = self._get_roles()
        for mission in self:
            mission.allowed_steps = states.allowed_steps(
                mission.state, mission.validated, roles[mission.id or mission._origin.id]
            )

    def _compute_blocker_text(self):
        planning = self.filtered(lambda mission: mission.state in ("draft", "to_reschedule"))
        working = self.filtered(lambda mission: mission.state == "in_progress")
        blockers = {**planning._plan_blockers(), **working._done_blockers()}
        for mission in self:
            mission.blocker_text = "\n".join(blockers.get(mission.id, ()))

    # ------------------------------------------------------------------ public steps

    def action_plan(self):
        """Plan missions that have a technician, a start and a duration.

        :raises UserError: naming what is missing
        """
        return self._step("plan")

    def action_unplan(self):
        """Put planned missions back into the tray; their slot and technician stay proposed."""
        return self._step("unplan")

    def action_publish(self):
        """Show planned missions to their technicians.

        :raises UserError: for a mission that is not planned
        """
        self._check_role(states.PLANNER)
        for mission in self:
            if mission.state not in ("planned", "in_progress", "done"):
                raise UserError(
                    self.env._("%s is not planned yet: plan it first.", mission.display_name)
                )
        new = self.filtered(lambda mission: not mission.published)
        new._guarded_write({"published": True, "date_published": fields.Datetime.now()})
        return True

    def action_unpublish(self):
        """Hide planned missions from their technicians again."""
        self._check_role(states.PLANNER)
        for mission in self:
            if mission.state not in ("planned", "draft", "to_reschedule"):
                raise UserError(
                    self.env._(
                        "%s has started: it stays visible to its technician.", mission.display_name
                    )
                )
        self.filtered("published")._guarded_write({"published": False, "date_published": False})
        return True

    def action_start(self, at=None):
        """Start published missions: the visit begins.

        :param at: device time, UTC, ``datetime`` or ``"YYYY-MM-DD HH:MM:SS"`` (default: now)
        """
        return self._step("start", at=at)

    def action_done(self, at=None):
        """Finish missions whose required checks, photos and signatures are there.

        :param at: device time, UTC, ``datetime`` or ``"YYYY-MM-DD HH:MM:SS"`` (default: now)
        :raises UserError: naming what is missing
        """
        return self._step("done", at=at)

    def action_reschedule(self, reason, at=None):
        """Mark missions as to be planned again; what was done on site stays.

        :param reason: why, in words
        :param at: device time, UTC
        """
        return self._step("reschedule", reason=reason, at=at)

    def action_cancel(self, reason):
        """Cancel missions.

        :param reason: why, in words
        """
        return self._step("cancel", reason=reason)

    def action_reset(self):
        """Take cancelled missions back into the tray."""
        return self._step("reset")

    def action_reopen(self, reason):
        """Give done missions back to their technician.

        :param reason: why, in words
        """
        return self._step("reopen", reason=reason)

    def action_validate(self):
        """Validate done missions in the office: they become billable and stop changing."""
        return self._step("validate")

    def action_unvalidate(self, reason):
        """Withdraw the validation of missions (managers).

        :param reason: why, in words
        """
        return self._step("unvalidate", reason=reason)

    # ------------------------------------------------------------------ the one way

    def _step(self, name, reason=None, at=None):
        """Take one step of the state table with every mission of the set, or with none.

        :param name: key of ``TRANSITIONS``
        :param reason: words, where the step needs them
        :param at: device time (UTC)
        :raises UserError: a step that the table forbids, or what is missing
        :raises AccessError: a person without the role
        """
        step = states.TRANSITIONS[name]
        self.check_access("read")
        self._check_sources(step)
        self._check_role(step.role)
        reason = self._clean_reason(step, reason)
        device = self._device_time(at)
        missions = self.sudo()
        missions._check_needs(step, device)
        before = {mission.id: mission.state for mission in missions}
        missions._guarded_write(missions._prepare_step_values(step, reason, device))
        missions._after_step(step, device)
        for from_state, group in missions.grouped(lambda m: before[m.id]).items():
            group.with_user(self.env.user).sudo()._trace(
                "step",
                [{} for _mission in group],
                step=name,
                from_state=from_state,
                to_state=step.target or from_state,
                reason=reason,
                device_date=device,
            )
        missions._after_transition(step)
        return True

    def _check_sources(self, step):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for mission in self:
            if mission.state in step.sources and mission.validated == step.validated:
                continue
            if mission.validated and mission.state in step.sources:
                raise UserError(
                    self.env._(
                        "%s is validated. A manager must withdraw the validation first.",
                        mission.display_name,
                    )
                )
            raise UserError(
                self.env._(
                    "%(mission)s is “%(state)s”; this step is possible from “%(from)s” only.",
                    mission=mission.display_name,
                    state=labels[mission.state],
                    **{"from": "”, “".join(labels[source] for source in step.sources)},
                )
            )

    def _get_roles(self):
        """Return the roles that the current user holds for each mission.

        :return: ``{mission_id: {role, …}}``
        """
        user = self.env.user
        planner = self.env.su or user.has_group("field_mission.group_field_planner")
        manager = self.env.su or user.has_group("field_mission.group_field_manager")
        return {
            mission.id or mission._origin.id: states.roles_of(
                member=user in mission.member_user_ids,
                responsible=user == mission.technician_id.user_id,
                planner=planner,
                manager=manager,
            )
            for mission in self.sudo()
        }

    def _check_role(self, role):
        """Refuse the current user where they lack a role for one of the missions.

        :param role: one of ``core.states.ROLES``
        """
        self.check_access("read")
        if self.env.su:
            return
        roles = self._get_roles()
        for mission in self:
            if role in roles[mission.id]:
                continue
            wanted = {
                states.MEMBER: self.env._("the people sent to it"),
                states.RESPONSIBLE: self.env._("the technician responsible for it"),
                states.PLANNER: self.env._("a planner"),
                states.MANAGER: self.env._("a manager"),
            }[role]
            raise AccessError(
                self.env._(
                    "Only %(who)s may do this with %(mission)s.",
                    who=wanted,
                    mission=mission.display_name,
                )
            )

    def _clean_reason(self, step, reason):
        text = reason.strip() if isinstance(reason, str) else ""
        if "reason" in step.needs and not text:
            raise UserError(self.env._("Say why: a reason is needed for this step."))
        return text or False

    def _device_time(self, at):
        """Return a device time as a naive UTC datetime, the server's where none was given."""
        if not at:
            return fields.Datetime.now()
        try:
            moment = fields.Datetime.to_datetime(at) if not isinstance(at, datetime) else at
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(
                self.env._("“%s” is no time in UTC (YYYY-MM-DD HH:MM:SS).", at)
            ) from error
        return moment.replace(tzinfo=None, microsecond=0)

    def _check_needs(self, step, device):
        """Refuse the step for missions that lack what the table asks for, all of it named.

        :param device: device time of the step, naive UTC
        """
        missing = []
        if {"technician", "slot", "duration"} & set(step.needs):
            missing = list(self._plan_blockers().items())
        elif "work" in step.needs:
            missing = list(self._done_blockers().items())
        elif "published" in step.needs:
            missing = list(self._start_blockers(device).items())
        lines = [
            f"{self.browse(mission_id).display_name} : {', '.join(reasons)}"
            for mission_id, reasons in missing
            if reasons
        ]
        if lines:
            raise UserError(self.env._("Still missing:\n%s", "\n".join(lines)))

    def _plan_blockers(self):
        """Return what each mission lacks before it can be planned (hook).

        :return: ``{mission_id: [sentence, …]}``, an empty list where nothing is missing
        """
        found = {}
        for mission in self:
            reasons = []
            if not mission.technician_id:
                reasons.append(self.env._("a technician"))
            if not mission.planned_start:
                reasons.append(self.env._("a planned start"))
            if mission.planned_duration <= 0:
                reasons.append(self.env._("a duration above zero"))
            found[mission.id] = reasons
        return found

    def _start_blockers(self, device=None):
        """Return what each mission lacks before it can be started (hook).

        :param device: device time of the start, naive UTC (default: now)
        :return: ``{mission_id: [sentence, …]}``, an empty list where nothing is missing
        """
        return {
            mission.id: [] if mission.published else [self.env._("it is not published yet")]
            for mission in self
        }

    def _done_blockers(self):
        """Return what each mission lacks before it can be finished (hook).

        :return: ``{mission_id: [sentence, …]}``, an empty list where nothing is missing
        """
        found = {}
        for mission in self.sudo():
            reasons = [
                self.env._("an answer to “%s”", check.name)
                for check in mission.check_ids - mission._get_hidden_checks()
                if check.required and check.result == "todo" and check.kind != "section"
            ]
            kinds = set(mission.photo_ids.mapped("kind"))
            if mission.service_type_id.requires_photo and "photo" not in kinds:
                reasons.append(self.env._("a photo"))
            after = mission.signature_ids.filtered(lambda sign: sign.kind == "after_work")
            if mission.service_type_id.requires_signature and not after:
                reasons.append(self.env._("the customer's signature, or why there is none"))
            found[mission.id] = reasons
        return found

    def _prepare_step_values(self, step, reason, device):
        """Return the values that a step writes on its missions (hook).

        :param step: ``core.states.Transition``
        :param reason: words or False
        :param device: device time, naive UTC
        """
        now = fields.Datetime.now()
        values = {"state": step.target} if step.target else {}
        if step.name == "start":
            values.update(actual_start=device, actual_start_server=now)
        elif step.name == "done":
            values.update(actual_end=device, actual_end_server=now)
        elif step.name == "reopen":
            values.update(actual_end=False, actual_end_server=False)
        elif step.name == "reschedule":
            values.update(reschedule_reason=reason)
        elif step.name == "unplan":
            values.update(published=False, date_published=False)
        elif step.name == "cancel":
            values.update(cancel_reason=reason)
        elif step.name == "reset":
            values.update(cancel_reason=False, published=False, date_published=False)
        elif step.name == "validate":
            values.update(validated=True, date_validated=now, validated_by_id=self.env.uid)
        elif step.name == "unvalidate":
            values.update(validated=False, date_validated=False, validated_by_id=False)
        return values

    def _after_step(self, step, device):
        """Do what a step brings with it on the mission itself: open times end with the work."""
        if step.name in ("done", "reschedule", "cancel"):
            self.time_ids.filtered(lambda line: not line.stop)._close(device)
        if step.name == "cancel":
            self._raise_plan_version()
        if step.name == "reschedule":
            # The former visit's slot is history (in the trace); the tray needs a free mission.
            self._guarded_write({"is_locked": False})

    def _after_transition(self, step):
        """React to a step that a batch of missions has just taken (hook).

        :param step: ``core.states.Transition``; ``step.name`` says which
        """
        if step.name == "done":
            self._queue_picking()

    def _guarded_write(self, vals):
        """Write what only the state table may write."""
        return self.sudo().with_context(**{STATE_KEY: STATE_TOKEN}).write(vals)
