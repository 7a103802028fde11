from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldOfferApp(models.Model):
    _inherit = "field.offer"

    def _get_app_values(self):
        """Return what the app shows of one offer (sudo): nothing that is the customer's alone."""
        mission = self.mission_id
        return {
            "id": self.id,
            "mission_id": mission.id,
            "city": self.city,
            "type": mission.service_type_id.name,
            "hours": mission.planned_duration,
            "day": fields.Date.to_string(mission.mission_date),
            "start": fields.Datetime.to_string(mission.planned_start),
            "end": fields.Datetime.to_string(mission.planned_end),
            "tz": mission._get_tz(),
            "deadline": fields.Datetime.to_string(self.deadline),
        }


class FieldOperation(models.Model):
    """A subcontractor answers offers in the app, with or without network."""

    _inherit = "field.operation"

    @api.model
    def _get_person_kinds(self):
        return {**super()._get_person_kinds(), "offer.answer": "_apply_offer_answer"}

    @api.model
    def _apply_offer_answer(self, operation):
        """Take the answer to an offer; the deadline is the server's, whatever the phone's clock.

        :param operation: its payload is ``{"offer_id", "accepted", "reason"}``
        :raises UserError: no offer of the user's, closed, or a refusal without a reason
        """
        payload = operation.get("payload") or {}
        offer_id, accepted = payload.get("offer_id"), payload.get("accepted")
        if not isinstance(offer_id, int) or not isinstance(accepted, bool):
            raise UserError(self.env._("The operation is malformed."))
        # A portal user reads no offers: theirs are found by who they are.
        offer = (
            self.env["field.offer"]
            .sudo()
            .search([("id", "=", offer_id), ("employee_id.user_id", "=", self.env.uid)])
        )
        if not offer:
            raise UserError(self.env._("This mission is not offered to you."))
        hindrance = offer._answer(accepted, payload.get("reason"), channel="app")
        if hindrance:
            raise UserError(self._word_hindrance(hindrance))
        return {"state": offer.state}

    @api.model
    def _word_hindrance(self, hindrance):
        if hindrance in ("late", "expired"):
            return self.env._("The time to answer this offer is over. Call the office.")
        if hindrance in ("accepted", "declined"):
            return self.env._("This offer has been answered already.")
        return self.env._("This offer was withdrawn.")
