from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.field_mission.core import states

OPEN = ("pending", "accepted")
PLANNER = "field_mission.group_field_planner"


class FieldMissionOffer(models.Model):
    """Missions are offered to subcontractors who accept each one; published once accepted."""

    _inherit = "field.mission"

    offer_ids = fields.One2many("field.offer", "mission_id", string="Offers", groups=PLANNER)
    offer_id = fields.Many2one(
        "field.offer", readonly=True, copy=False, index="btree_not_null", groups=PLANNER
    )
    acceptance_state = fields.Selection(
        related="offer_id.state", store=True, string="Subcontractor's answer", copy=False
    )
    acceptance_deadline = fields.Datetime(related="offer_id.deadline", string="Answer until")
    acceptance_reason = fields.Char(related="offer_id.reason", string="Why it was declined")
    acceptance_employee_id = fields.Many2one(related="offer_id.employee_id", string="Offered to")

    _acceptance_idx = models.Index("(company_id, planned_start) WHERE acceptance_state = 'pending'")

    def _needs_offer(self):
        """Return those that their subcontractor has to accept before they are published (sudo)."""
        return self.sudo().filtered(
            lambda mission: (
                mission.state == "planned"
                and mission.technician_id.is_field_subcontractor
                and mission.technician_id.field_offer_required
                and not mission._is_accepted()
            )
        )

    def _is_accepted(self):
        """Whether the technician of one mission has accepted it (sudo)."""
        offer = self.offer_id
        return offer.state == "accepted" and offer.employee_id == self.technician_id

    def action_publish(self):
        """Show planned missions to their technicians; offer those that have to be accepted.

        An offered mission is published when its subcontractor accepts it.
        """
        waiting = self._needs_offer()
        if not waiting:
            return super().action_publish()
        self._check_role(states.PLANNER)
        waiting._check_certificates()
        waiting._offer()
        return super(FieldMissionOffer, self - waiting.with_env(self.env)).action_publish()

    def _offer(self):
        """Ask the subcontractors of missions, once each (sudo)."""
        new = self.filtered(lambda mission: mission.acceptance_state != "pending")
        # The INSERT must find former offers closed (`_one_pending`).
        self.env["field.offer"].flush_model(["state"])
        offers = (
            self.env["field.offer"]
            .sudo()
            .create(
                [
                    {
                        "mission_id": mission.id,
                        "employee_id": mission.technician_id.id,
                        "planned_start": mission.planned_start,
                        "planned_duration": mission.planned_duration,
                        "site_id": mission.site_id.id,
                        "deadline": self.env["field.offer"]._prepare_deadline(mission),
                    }
                    for mission in new
                ]
            )
        )
        for offer in offers:
            offer.mission_id.offer_id = offer
        new._trace("change", [{"acceptance_state": [False, "pending"]} for _mission in new])
        offers._send("field_planning.mail_template_field_offer")
        return offers

    # ------------------------------------------------------------------ a plan that changes

    def _raise_plan_version(self):
        """An answer holds for a person, a place and about an hour: beyond, it is asked anew."""
        result = super()._raise_plan_version()
        if not self:
            return result
        changed = self.sudo().filtered(
            lambda mission: (
                mission.acceptance_state in OPEN
                and mission.state == "planned"
                and not mission._is_covered()
            )
        )
        hidden = changed.filtered("published")
        changed.offer_id._revoke()
        # Whoever was shown the mission without being asked is asked: it is hidden until then.
        asked = self.sudo().filtered("published")._needs_offer()
        again = (changed | asked)._needs_offer()
        if shown := (hidden | asked) & again:
            shown._guarded_write({"published": False, "date_published": False})
        if again:
            again._offer()
        return result

    def _is_covered(self):
        """Whether the offer of one mission holds for its plan as it is now (sudo)."""
        offer = self.offer_id
        if offer.employee_id != self.technician_id or offer.site_id != self.site_id:
            return False
        if not self.planned_start:
            return False
        shift = abs((self.planned_start - offer.planned_start).total_seconds()) / 60
        longer = (self.planned_duration - offer.planned_duration) * 60
        return max(shift, longer) <= self.company_id.field_offer_tolerance

    def _after_transition(self, step):
        result = super()._after_transition(step)
        if step.name in ("unplan", "cancel", "reschedule", "reset"):
            missions = self.sudo().filtered(lambda mission: mission.acceptance_state in OPEN)
            missions.offer_id._revoke()
        return result

    # ------------------------------------------------------------------ buttons

    def _get_pending_offer(self):
        self.ensure_one()
        self.check_access("write")
        if self.acceptance_state != "pending":
            raise UserError(self.env._("%s waits for no answer.", self.display_name))
        return self.offer_id

    def action_offer_accept(self):
        """Take down that the subcontractor accepts one mission, as they told the office."""
        return self._get_pending_offer().action_accept()

    def action_offer_decline(self):
        """Ask for the reason why the subcontractor declines one mission.

        :return: action of the dialog
        """
        offer = self._get_pending_offer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The subcontractor declines"),
            "res_model": "field.offer.decline",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_offer_id": offer.id},
        }

    def action_offer_resend(self):
        """Send the mail of one mission's offer again."""
        return self._get_pending_offer().action_resend()

    def action_offer_revoke(self):
        """Withdraw the offer of one mission."""
        return self._get_pending_offer().action_revoke()

    @api.model
    def _get_portal_offers(self):
        """Return the offers that wait for the current user's answer (sudo)."""
        # A portal user reads no offers: these are found by who he is.
        return (
            self.env["field.offer"]
            .sudo()
            .search(
                [
                    ("employee_id.user_id", "=", self.env.uid),
                    ("state", "=", "pending"),
                    ("deadline", ">=", fields.Datetime.now()),
                ],
                order="deadline, id",
            )
            .filtered(lambda offer: not offer._get_hindrance())
        )
