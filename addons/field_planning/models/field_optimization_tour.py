from odoo import api, fields, models
from odoo.exceptions import UserError

from .problem_builder import shift_key

# More of them are counted, not named.
PARTNERS_NAMED = 4


class FieldOptimizationTour(models.Model):
    """The proposal for one technician's day."""

    _name = "field.optimization.tour"
    _description = "Proposed tour"
    _order = "run_id, date, technician_id, id"

    run_id = fields.Many2one("field.optimization", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True, index=True)
    technician_id = fields.Many2one("hr.employee", required=True, index=True)
    date = fields.Date(string="Day", required=True)
    state = fields.Selection(
        [("proposed", "Proposed"), ("accepted", "Accepted"), ("rejected", "Rejected")],
        default="proposed",
        required=True,
        readonly=True,
    )
    departure = fields.Datetime(readonly=True)
    back = fields.Datetime(string="Return", readonly=True)
    km_before = fields.Float(digits=(10, 1), readonly=True)
    km_after = fields.Float(digits=(10, 1), readonly=True)
    minutes_before = fields.Integer(string="Travel before (min)", readonly=True)
    minutes_after = fields.Integer(string="Travel after (min)", readonly=True)
    late_before = fields.Integer(string="Broken before", readonly=True)
    visits_before = fields.Integer(string="Visits compared", readonly=True)
    load_before = fields.Integer(string="Load before (%)", readonly=True)
    load_after = fields.Integer(string="Load (%)", readonly=True)
    is_stale = fields.Boolean(string="Out of date", compute="_compute_stale")
    stale_text = fields.Char(string="Changed since", compute="_compute_stale")
    partner_text = fields.Char(string="Goes with", compute="_compute_partner_text")
    change_count = fields.Integer(compute="_compute_counts", string="Changes")
    stop_ids = fields.One2many("field.optimization.stop", "line_id", string="Visits")
    stop_count = fields.Integer(compute="_compute_counts", string="Number of visits")
    conflict_count = fields.Integer(compute="_compute_counts", string="Conflicts")
    conflict_text = fields.Text(compute="_compute_counts", string="Reasons")

    @api.depends("stop_ids.placed", "stop_ids.reason", "stop_ids.is_change")
    @api.depends_context("lang")
    def _compute_counts(self):
        for line in self:
            aside = line.stop_ids.filtered(lambda stop: not stop.placed)
            line.stop_count = len(line.stop_ids) - len(aside)
            line.conflict_count = len(aside)
            line.change_count = len(line.stop_ids.filtered("is_change"))
            line.conflict_text = "\n".join(
                f"{stop.mission_id.display_name} : {stop.conflict_reason}" for stop in aside
            )

    @api.depends("technician_id.name", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for line in self:
            day = line.date and self.env["ir.qweb.field.date"].value_to_html(line.date, {})
            line.display_name = f"{line.technician_id.sudo().name or ''} · {day or ''}"

    @api.depends("state")
    def _compute_stale(self):
        """Asked each time: what others do makes a proposal out of date, not what is stored."""
        self.is_stale, self.stale_text = False, False
        for run, lines in (
            self.filtered(lambda line: line.state == "proposed").grouped("run_id").items()
        ):
            for line, names in run._find_stale_lines(lines).items():
                line.is_stale = True
                line.stale_text = ", ".join(dict.fromkeys(names))

    @api.depends("run_id.stop_ids")
    @api.depends_context("lang")
    def _compute_partner_text(self):
        self.partner_text = False
        for run, lines in self.grouped("run_id").items():
            needed = run._get_partners()
            for line in lines:
                others = line._with_partners(needed) - line
                names = others[:PARTNERS_NAMED].mapped("display_name")
                if len(others) > PARTNERS_NAMED:
                    names.append(self.env._("%s more", len(others) - PARTNERS_NAMED))
                line.partner_text = ", ".join(names)

    def _get_shift_key(self):
        """The day of one line as the problem names it."""
        return shift_key(self.technician_id.id, self.date)

    def _with_partners(self, needed=None):
        """Return these lines and all that can't be accepted later, of the same run.

        :param needed: what ``_get_partners`` of the run says, where it is known
        """
        if needed is None:
            needed = self.run_id._get_partners() if self.run_id else {}
        found, rest = self, self
        while rest:
            more = self.browse().union(*(needed.get(line, self.browse()) for line in rest))
            rest = more - found
            found |= rest
        return found

    def _filter_unseen(self):
        """Return the days of which no technician has seen anything, in one query."""
        tours = self.env["field.tour"].search(
            [
                ("technician_id", "in", self.technician_id.ids),
                ("date", "in", self.mapped("date")),
                ("date_published", "!=", False),
            ]
        )
        seen = {(tour.technician_id, tour.date) for tour in tours}
        return self.filtered(
            lambda line: (
                (line.technician_id, line.date) not in seen
                and not any(line.stop_ids.mission_id.mapped("published"))
            )
        )

    # ------------------------------------------------------------------ decisions

    def action_accept(self):
        """Accept these days: write technicians and slots, plan the missions, build the tours.

        All or nothing: when one of the missions, a technician's hours or another plan of the day
        changed since the question was asked, nothing is written. Days that need each other (a visit
        goes from one to the other) are accepted together. What clashes stays in its day, set aside
        with its reason.

        :return: a notification
        :raises UserError: a line that is not proposed any more, or is out of date
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        if not self or any(line.state != "proposed" for line in self):
            raise UserError(self.env._("Only a proposal can be accepted."))
        wanted, planned = self.browse(), self.env["field.mission"]
        for run, lines in self.grouped("run_id").items():
            run.check_access("write")
            # One after the other: a second click waits here and then finds nothing proposed.
            run.sudo().lock_for_update()
            lines = lines._with_partners().filtered(lambda line: line.state == "proposed")
            wanted |= lines
            planned |= lines._apply(run)
        wanted.sudo().write({"state": "accepted"})
        wanted.run_id.sudo()._close_when_decided()
        message = self.env._(
            "%(tours)s tours, %(missions)s missions planned.",
            tours=len(wanted), missions=len(planned),
        )  # fmt: skip
        along = wanted - self
        if along:
            message += " " + self.env._(
                "Accepted along, because visits change hands: %s.",
                ", ".join(along.mapped("display_name")),
            )
        return self._notify(message)

    def action_reject(self):
        """Refuse these days. Nothing changes.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        self.run_id.check_access("write")
        self.filtered(lambda line: line.state == "proposed").sudo().write({"state": "rejected"})
        self.run_id.sudo()._close_when_decided()
        return True

    def action_view_stops(self):
        """Open one proposed day with its visits.

        :return: action of the line's form
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "field.optimization.tour",
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _notify(self, message, kept=None):
        text = message
        if kept:
            names = ", ".join(kept.exists().mapped("display_name"))
            text += " " + self.env._("Changed meanwhile and left as they are: %s.", names)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": text,
                "type": "warning" if kept else "success",
                "sticky": bool(kept),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _apply(self, run):
        """Write the days into missions and tours.

        :return: missions planned
        :raises UserError: something changed since the question was asked
        """
        stops = self.stop_ids
        missions = stops.mission_id
        self._lock_missions(missions)
        self._refuse_stale(run)
        undo = dict(run.sudo().undo_data or {})
        undo.update(
            {str(m.id): run._remember(m) for m in stops.mission_id if str(m.id) not in undo}
        )
        own = stops.filtered(lambda stop: stop.movable and stop.role == "responsible")
        placed = own.filtered("placed")
        quiet = missions.browse().with_context(field_tour_sync=False)
        # What loses its slot must not keep it beside who gets it.
        lost = (own - placed).mission_id.filtered(lambda m: m.state == "planned")
        quiet.union(lost.with_env(quiet.env)).action_unplan()
        values = {stop.mission_id.id: stop._mission_values() for stop in placed}
        quiet.browse(values)._write_each(values)
        to_plan = placed.mission_id.filtered(lambda m: m.state in ("draft", "to_reschedule"))
        to_plan.with_context(field_tour_sync=False).action_plan()
        self._build_tours(run.company_id, stops)
        for mission in stops.mission_id:
            undo[str(mission.id)].update(after=mission.plan_version, seen=mission.published)
        run.sudo().undo_data = undo
        return to_plan

    @staticmethod
    def _lock_missions(missions):
        """Lock missions and read them as they are now, with what their slots are worked out of."""
        missions.lock_for_update()
        missions.invalidate_recordset()
        # All at once: written one by one, each would ask for its own.
        missions.site_id.sudo().mapped("tz")
        missions.mapped("helper_ids")

    def _refuse_stale(self, run):
        """Refuse to accept what was worked out for another plan than there is now."""
        stale = run._find_stale_lines(self)
        if stale:
            raise UserError(
                self.env._(
                    "Changed since this proposal was made, so nothing was accepted:\n%s\nOptimise"
                    " these days again, or accept the others only.",
                    "\n".join(run._name_stale(stale)),
                )
            )

    def _build_tours(self, company, stops):
        """Make the tours hold exactly the stops accepted, besides what was not part of the run."""
        tours = self.env["field.tour"]._get_or_create(
            [(line.technician_id.id, line.date) for line in self], company
        )
        touched = self.env["field.tour"].union(*tours.values())
        former = stops.mission_id.stop_ids
        # A helper's line may be accepted later: their stop stays where it is until then.
        own = {(stop.mission_id, stop.line_id.technician_id) for stop in stops}
        former = former.filtered(
            lambda stop: (stop.mission_id, stop.employee_id) in own or stop._is_left_behind()
        )
        touched |= former.tour_id
        former.with_context(field_tour_sync=False).unlink()
        self.env["field.tour.stop"].with_context(field_tour_sync=False).create(
            [
                {
                    "tour_id": tours[stop.line_id.technician_id.id, stop.line_id.date].id,
                    "mission_id": stop.mission_id.id,
                    "sequence": stop.sequence,
                    "set_aside": not stop.placed,
                }
                for stop in stops
                if stop.line_id
            ]
        )
        empty = touched.filtered(lambda tour: not tour.stop_ids and not tour.date_published)
        (touched - empty)._sort_by_time()
        (touched - empty)._refresh()
        empty.unlink()

    # ------------------------------------------------------------------ undo

    def _undo(self):
        """Give missions back what they had before these lines were accepted."""
        kept = self.env["field.mission"]
        for run, lines in self.grouped("run_id").items():
            undo = dict(run.sudo().undo_data or {})
            missions = lines.stop_ids.mission_id.filtered(lambda m, undo=undo: str(m.id) in undo)
            self._lock_missions(missions)
            changed = missions.filtered(
                lambda m, undo=undo: (
                    m.plan_version != undo[str(m.id)]["after"]
                    or m.published != undo[str(m.id)]["seen"]
                    or m.state not in ("draft", "planned")
                )
            )
            kept |= changed
            run._restore(missions - changed, undo)
            aside = (missions - changed).stop_ids.filtered("set_aside")
            tours = aside.tour_id
            aside.with_context(field_tour_sync=False).unlink()
            tours.filtered(lambda tour: not tour.stop_ids and not tour.date_published).unlink()
            tours.exists()._refresh()
            run.sudo().undo_data = {
                key: value for key, value in undo.items() if int(key) not in missions.ids
            }
        # What was asked is not what there is now: the run can't be accepted again as it stands.
        self.sudo().write({"state": "rejected"})
        self.run_id.sudo()._close_when_decided("undone")
        return self._notify(self.env._("%s tours taken back.", len(self)), kept)
