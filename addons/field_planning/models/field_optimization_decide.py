from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldOptimizationDecide(models.Model):
    """A person's word on a proposal, and taking it back."""

    _inherit = "field.optimization"

    can_undo = fields.Boolean(compute="_compute_can_undo")
    stale_count = fields.Integer(string="Days out of date", compute="_compute_stale_count")

    @api.depends("tour_ids.state")
    def _compute_can_undo(self):
        for run in self:
            run.can_undo = any(line.state == "accepted" for line in run.tour_ids)

    @api.depends("tour_ids.is_stale")
    def _compute_stale_count(self):
        for run in self:
            run.stale_count = len(run.tour_ids.filtered("is_stale"))

    def action_accept(self):
        """Accept all that is still proposed of one run; all of it or nothing.

        :raises UserError: nothing is proposed, or some of it is out of date
        :raises AccessError: the user is no planner
        """
        return self._get_proposed().action_accept()

    def action_accept_fresh(self):
        """Accept the days that are still up to date, and leave the others proposed.

        :raises UserError: nothing that is up to date is proposed
        :raises AccessError: the user is no planner
        """
        lines = self._get_proposed()
        fresh = lines.filtered(lambda line: not line.is_stale)
        # What can't be accepted without a day out of date waits with it.
        fresh = fresh.filtered(lambda line: line._with_partners() <= fresh)
        if not fresh:
            raise UserError(self.env._("All of it is out of date: optimise these days again."))
        return fresh.action_accept()

    def _get_proposed(self):
        self.ensure_one()
        self.check_access("write")
        lines = self.tour_ids.filtered(lambda line: line.state == "proposed")
        if self.state != "proposed" or not lines:
            raise UserError(self.env._("There is no proposal to accept."))
        return lines

    def action_reject(self):
        """Refuse all that is still proposed. Nothing changes.

        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        self.tour_ids.filtered(lambda line: line.state == "proposed").action_reject()
        return True

    def action_undo(self):
        """Take accepted tours back: missions get their former technician, slot and state again.

        Missions changed or published since stay, and are named.

        :return: a notification
        :raises UserError: nothing of the run was accepted
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self.check_access("write")
        lines = self.tour_ids.filtered(lambda line: line.state == "accepted")
        if not lines:
            raise UserError(self.env._("There is nothing to take back."))
        return lines._undo()

    @staticmethod
    def _remember(mission):
        """What undoing gives back to one mission."""
        return {
            "state": mission.state,
            "published": mission.published,
            "technician_id": mission.technician_id.id,
            "planned_start": str(mission.planned_start or ""),
        }

    def _restore(self, missions, undo):
        """Give missions back what they had; their tours follow."""
        quiet = missions.with_context(field_tour_sync=False)
        quiet.filtered(
            lambda m: (
                m.state == "planned" and undo[str(m.id)]["state"] in ("draft", "to_reschedule")
            )
        ).action_unplan()
        quiet._write_each(
            {
                mission.id: {
                    "technician_id": undo[str(mission.id)]["technician_id"],
                    "planned_start": undo[str(mission.id)]["planned_start"] or False,
                }
                for mission in missions
            }
        )
        quiet.filtered(
            lambda m: m.state == "draft" and undo[str(m.id)]["state"] == "planned"
        ).action_plan()
        quiet.filtered(lambda m: undo[str(m.id)]["published"] and not m.published).action_publish()
        missions._sync_tours()

    def _close_when_decided(self, otherwise="rejected"):
        """A run of which every tour is decided is accepted, or what is said."""
        for run in self:
            states = set(run.tour_ids.mapped("state"))
            if "proposed" in states:
                state = "proposed"
            elif "accepted" in states:
                state = "accepted"
            else:
                state = otherwise if states else run.state
            if run.state != state:
                run.write(
                    {
                        "state": state,
                        "decided_by_id": self.env.uid,
                        "date_decided": fields.Datetime.now(),
                    }
                )
