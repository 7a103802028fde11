from odoo import fields, models
from odoo.exceptions import UserError

from .field_mission import STATE_TOKEN, TRACE_LATER_KEY


class FieldMissionRebill(models.Model):
    """A charge outside the fixed price: said with a reason, worked off from a list."""

    _inherit = "field.mission"

    rebill_done = fields.Boolean(string="Rebilled", readonly=True, copy=False)
    rebill_done_by_id = fields.Many2one(
        "res.users", string="Rebilled by", readonly=True, copy=False
    )
    date_rebill_done = fields.Datetime(string="Rebilled on", readonly=True, copy=False)

    _to_rebill_idx = models.Index("(company_id) WHERE to_rebill AND NOT rebill_done")

    def action_rebill(self, reason):
        """Say that a charge outside the fixed price is due (planners), even once validated.

        :param reason: why, in words
        """
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why it is rebilled."))
        self._check_role("planner")
        for mission in self:
            if mission.state in ("draft", "cancelled"):
                raise UserError(self.env._("%s has no work to rebill yet.", mission.display_name))
        return self._set_rebill({"to_rebill": True, "to_rebill_reason": reason}, reason)

    def action_drop_rebill(self, reason):
        """Take a charge back before it was made (planners).

        :param reason: why, in words
        """
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why it is not rebilled after all."))
        self._check_role("planner")
        return self._set_rebill({"to_rebill": False}, reason)

    def action_rebilled(self):
        """Note that the charges of these missions were made; the flag and its reason stay.

        :raises UserError: a mission has nothing to rebill
        """
        self._check_role("planner")
        for mission in self:
            if not mission.to_rebill:
                raise UserError(self.env._("%s has nothing to rebill.", mission.display_name))
        self.filtered(lambda mission: not mission.rebill_done)._guarded_write(
            {
                "rebill_done": True,
                "rebill_done_by_id": self.env.uid,
                "date_rebill_done": fields.Datetime.now(),
            }
        )
        return True

    def _set_rebill(self, values, reason):
        changes = [
            {"to_rebill": [mission.to_rebill, values["to_rebill"]]} for mission in self.sudo()
        ]
        undone = {"rebill_done": False, "rebill_done_by_id": False, "date_rebill_done": False}
        missions = self.sudo()
        # Traced below, with the reason.
        quiet = missions.with_context(**{TRACE_LATER_KEY: STATE_TOKEN})
        quiet._guarded_write({**values, **undone})
        missions._trace("change", changes, reason=reason)
        return True
