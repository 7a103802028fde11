from odoo import api, fields, models
from odoo.exceptions import UserError


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
    stop_ids = fields.One2many("field.optimization.stop", "line_id", string="Visits")
    stop_count = fields.Integer(compute="_compute_counts", string="Number of visits")
    conflict_count = fields.Integer(compute="_compute_counts", string="Conflicts")
    conflict_text = fields.Text(compute="_compute_counts", string="Reasons")

    @api.depends("stop_ids.placed", "stop_ids.reason")
    @api.depends_context("lang")
    def _compute_counts(self):
        for line in self:
            aside = line.stop_ids.filtered(lambda stop: not stop.placed)
            line.stop_count = len(line.stop_ids) - len(aside)
            line.conflict_count = len(aside)
            line.conflict_text = "\n".join(
                f"{stop.mission_id.display_name} : {stop.conflict_reason}" for stop in aside
            )

    @api.depends("technician_id.name", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for line in self:
            day = line.date and self.env["ir.qweb.field.date"].value_to_html(line.date, {})
            line.display_name = f"{line.technician_id.sudo().name or ''} · {day or ''}"

    # ------------------------------------------------------------------ decisions

    def action_accept(self):
        """Accept these days: write technicians and slots, plan the missions, build the tours.

        What clashes stays in its day, set aside with its reason. Missions changed since the
        proposal are left as they are and named.

        :return: a notification
        :raises UserError: a line that is not proposed any more
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        if not self or any(line.state != "proposed" for line in self):
            raise UserError(self.env._("Only a proposal can be accepted."))
        stale = self.env["field.mission"]
        planned = stale
        for run, lines in self.grouped("run_id").items():
            run.check_access("write")
            gone, placed = lines._apply(run)
            stale |= gone
            planned |= placed
        self.sudo().write({"state": "accepted"})
        self.run_id.sudo()._close_when_decided()
        return self._notify(
            self.env._("%(tours)s tours, %(missions)s missions planned.",
                       tours=len(self), missions=len(planned)),
            stale,
        )  # fmt: skip

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

    def _notify(self, message, stale):
        text = message
        if stale:
            names = ", ".join(stale.exists().mapped("display_name"))
            text += " " + self.env._("Changed meanwhile and left as they are: %s.", names)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": text,
                "type": "warning" if stale else "success",
                "sticky": bool(stale),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _apply(self, run):
        """Write the days into missions and tours.

        :return: ``(stale missions, missions planned)``
        """
        stops = self.stop_ids
        missions = stops.mission_id
        missions.lock_for_update()
        missions.invalidate_recordset(["plan_version", "state"])
        stale = run.sudo()._find_stale(missions) - self._done_by_this_run(run, missions)
        stops = stops.filtered(lambda stop: stop.mission_id not in stale)
        undo = dict(run.sudo().undo_data or {})
        undo.update(
            {str(m.id): run._remember(m) for m in stops.mission_id if str(m.id) not in undo}
        )
        quiet = self.env["field.mission"].with_context(field_tour_sync=False)
        movable = stops.filtered(
            lambda stop: stop.placed and stop.movable and stop.role == "responsible"
        )
        values = {stop.mission_id.id: stop._mission_values() for stop in movable}
        quiet.browse(values)._write_each(values)
        to_plan = movable.mission_id.filtered(lambda m: m.state in ("draft", "to_reschedule"))
        to_plan.with_context(field_tour_sync=False).action_plan()
        self._build_tours(run.company_id, stops)
        for mission in stops.mission_id:
            undo[str(mission.id)]["after"] = mission.plan_version
        run.sudo().undo_data = undo
        if stale:
            names = run._name_stale(stale)
            run.sudo().stale_text = "\n".join(filter(None, (run.stale_text, names)))
        return stale, to_plan

    def _done_by_this_run(self, run, missions):
        """Missions whose change came from an earlier line of the same run (crews)."""
        undo = run.sudo().undo_data or {}
        return missions.filtered(lambda m: undo.get(str(m.id), {}).get("after") == m.plan_version)

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
            changed = missions.filtered(
                lambda m, undo=undo: (
                    m.plan_version != undo[str(m.id)]["after"]
                    or m.published != undo[str(m.id)]["published"]
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
        self.run_id.sudo()._close_when_decided()
        return self._notify(self.env._("%s tours taken back.", len(self)), kept)
