from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.field_mission.core.slots import utc_to_local

from .problem_builder import ProblemBuilder

# What moves a mission from one tour to another, or within it.
SYNCED_FIELDS = frozenset(
    ("technician_id", "helper_ids", "planned_start", "planned_end", "planned_duration", "site_id",
     "service_type_id", "promised_kind", "promised_date", "promised_time", "promised_start",
     "promised_end")
)  # fmt: skip


class FieldMission(models.Model):
    _inherit = "field.mission"

    stop_ids = fields.One2many("field.tour.stop", "mission_id", string="Stops")
    tour_id = fields.Many2one(
        "field.tour",
        compute="_compute_tour_id",
        store=True,
        index="btree_not_null",
        help="The tour of the technician responsible.",
    )
    tour_conflict = fields.Text(
        string="Conflict in the tour", compute="_compute_tour_conflict", compute_sudo=True
    )
    is_in_conflict = fields.Boolean(
        string="Conflict",
        compute="_compute_is_in_conflict",
        compute_sudo=True,
        search="_search_is_in_conflict",
    )

    @api.depends("stop_ids.role", "stop_ids.tour_id", "technician_id")
    def _compute_tour_id(self):
        for mission in self:
            own = mission.stop_ids.filtered(lambda stop: stop.role == "responsible")
            mission.tour_id = own[:1].tour_id

    @api.depends("stop_ids.conflict_data")
    @api.depends_context("lang")
    def _compute_tour_conflict(self):
        # The reasons of all the stops at once: asked mission by mission, each reads its tour.
        reasons = {
            stop: stop.conflict_reason for stop in self.stop_ids.filtered("conflict_data").sudo()
        }
        for mission in self:
            found = [reasons[stop] for stop in mission.stop_ids if stop in reasons]
            mission.tour_conflict = "\n".join(found)

    @api.depends("stop_ids.conflict_data")
    def _compute_is_in_conflict(self):
        for mission in self:
            mission.is_in_conflict = any(stop.conflict_data for stop in mission.stop_ids)

    def _search_is_in_conflict(self, operator, value):
        if operator != "in":
            return NotImplemented
        stops = self.env["field.tour.stop"].sudo()._search([("conflict", "=", True)])
        return [("stop_ids", "in" if True in value else "not in", stops)]

    # ------------------------------------------------------------------ keep the tours true

    def write(self, vals):
        """Keep the tours true to the plan: a mission moved by hand moves from tour to tour."""
        wanted = SYNCED_FIELDS.intersection(vals) and self.env.context.get("field_tour_sync", True)
        result = super().write(vals)
        if wanted:
            self._sync_tours()
        return result

    def _after_transition(self, step):
        result = super()._after_transition(step)
        changes = step.name in ("plan", "unplan", "reschedule", "cancel", "reset")
        if changes and self.env.context.get("field_tour_sync", True):
            self._sync_tours()
        return result

    def action_publish(self):
        """Show planned missions to their technicians, and the tours that they are in."""
        result = super().action_publish()
        self.sudo().stop_ids.filtered(lambda stop: not stop.set_aside).tour_id._mark_published()
        return result

    def action_unpublish(self):
        """Hide planned missions again; a tour of which nothing is left to see goes with them."""
        result = super().action_unpublish()
        tours = self.sudo().stop_ids.tour_id
        hidden = tours.filtered(lambda tour: not any(tour.stop_ids.mission_id.mapped("published")))
        hidden.write({"date_published": False})
        return result

    def _sync_tours(self):
        """Put each planned mission into the tours of its people, and take the others out.

        The missions keep their times; travel and conflicts of all the tours touched are computed
        again.
        """
        # Tours follow whoever moved the missions; the right to move was checked there.
        missions = self.sudo().filtered(lambda mission: mission._is_driven_to() or mission.stop_ids)
        touched = empty = self.env["field.tour"].sudo()
        for company, group in missions.grouped("company_id").items():
            kept, left = group._sync_company_tours(company)
            touched, empty = touched | kept, empty | left
        touched = touched.exists()
        touched._sort_by_time()
        touched._refresh()
        # At the end: a deletion writes all that is pending, and the rest would be written again.
        empty.unlink()

    def _sync_company_tours(self, company):
        """Move the stops of one company's missions.

        :return: the tours touched, and those of which nothing is left
        """
        Stop = self.env["field.tour.stop"].sudo()
        wanted = self._get_wanted_stops(company)
        tours = self.env["field.tour"].sudo()._get_or_create(list(wanted), company)
        touched = self.env["field.tour"].sudo().union(*tours.values())
        have = {(stop.mission_id, stop.tour_id): stop for stop in self.stop_ids}
        asked = [
            (mission, tours[pair]) for pair, missions in wanted.items() for mission in missions
        ]
        kept = Stop.union(*(have[key] for key in asked if key in have))
        kept.filtered("set_aside").write({"set_aside": False, "conflict_data": False})
        # A mission set aside is in the tray and waits in its day for the planner.
        gone = (self.stop_ids - kept).filtered(
            lambda stop: not (stop.set_aside and stop._still_waits())
        )
        touched |= gone.tour_id
        # Browsed again: read through stops that change, each tour would be fetched alone.
        emptied = touched.browse(gone.tour_id.ids)
        missing = [key for key in asked if key not in have]
        gone = gone._reuse_for(missing)
        gone.unlink()
        # All that follows from the moves at once: read tour by tour, it goes in several updates.
        Stop.flush_model()
        empty = emptied.filtered(lambda tour: not tour.stop_ids and not tour.date_published)
        return touched - empty, empty

    def _get_wanted_stops(self, company):
        """Return ``{(employee_id, day): missions}`` that the missions' plans ask for."""
        planned = self.filtered(
            lambda mission: (
                mission.planned_start and mission.technician_id and mission._is_driven_to()
            )
        )
        wanted = defaultdict(self.browse)
        if not planned:
            return wanted
        starts = planned.mapped("planned_start")
        builder = ProblemBuilder(
            company,
            min(starts).date() - timedelta(days=1),
            max(starts).date() + timedelta(days=1),
        )
        for mission in planned:
            for person in mission.technician_id | mission.helper_ids:
                day = builder.shift_day(person, mission.planned_start)
                wanted[person.id, day] |= mission
        return wanted

    def _is_driven_to(self):
        """Whether somebody goes or went to one mission on its planned day."""
        self.ensure_one()
        if self.state in ("to_reschedule", "cancelled"):
            return bool(self.actual_start)
        return self.state in ("planned", "in_progress", "done")

    def _get_promise_slot(self):
        """Return the promise of one mission as its hours, for screens that show the day apart."""
        self.ensure_one()
        if self.promised_kind in ("none", "day") or not self.promised_start:
            return ""
        tz = self._get_tz()
        first = utc_to_local(self.promised_start, tz)
        if self.promised_kind == "exact":
            return f"{first:%H:%M} ± {self.promised_tolerance}"
        if self.promised_kind == "window":
            return f"{first:%H:%M}–{utc_to_local(self.promised_end, tz):%H:%M}"
        labels = dict(self._fields["promised_kind"]._description_selection(self.env))
        return labels[self.promised_kind]

    def action_view_tour(self):
        """Open the tour of one mission.

        :return: action of its form
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.tour",
            "res_id": self.tour_id.id,
            "views": [(False, "form")],
        }

    def action_optimize(self):
        """Open a run of the optimiser for these missions.

        :return: action of the run's form
        """
        self.check_access("write")
        return self.env["field.optimization"]._open_for(self)
