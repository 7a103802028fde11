from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class FieldDelayNotice(models.TransientModel):
    """One proposal: which customers to tell about a delay, and which new slot to tell them."""

    _name = "field.delay.notice"
    _description = "Message about a delay"

    line_ids = fields.One2many("field.delay.notice.line", "notice_id", string="Customers")
    chosen_count = fields.Integer(compute="_compute_chosen_count")

    @api.depends("line_ids.chosen")
    def _compute_chosen_count(self):
        for notice in self:
            notice.chosen_count = len(notice.line_ids.filtered("chosen"))

    @api.model
    def _open_for(self, missions):
        """Open a proposal for the missions among these whose promise breaks.

        :raises UserError: no customer has to be told
        """
        broken = missions.filtered("breaks_promise").sorted(
            lambda mission: (mission.expected_start, mission.id)
        )
        if not broken:
            raise UserError(self.env._("No promised slot breaks that its customer does not know."))
        slots = broken._propose_delay_slot()
        notice = self.create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "mission_id": mission.id,
                            "slot_from": slots[mission.id][0],
                            "slot_to": slots[mission.id][1],
                        }
                    )
                    for mission in broken
                ]
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tell the customers"),
            "res_model": self._name,
            "res_id": notice.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_send(self):
        """Tell the chosen customers their new slot, each once for the same delay.

        :return: notification that closes the dialog
        :raises UserError: nobody is chosen, or a new slot ends before it begins
        :raises AccessError: the user is no planner
        """
        self.check_access("write")
        lines = self.line_ids.filtered("chosen")
        if not lines:
            raise UserError(self.env._("Tick the customers to tell."))
        if any(line.slot_to <= line.slot_from for line in lines):
            raise UserError(self.env._("A new slot ends before it begins."))
        missions = lines.mission_id
        missions.check_access("write")
        # Another planner may have told them meanwhile.
        missions.lock_for_update()
        missions.invalidate_recordset(["delay_told_from", "delay_told_to", "expected_start"])
        fresh = lines.filtered(lambda line: line.mission_id.breaks_promise)
        for line in fresh:
            line.mission_id.write(
                {"delay_told_from": line.slot_from, "delay_told_to": line.slot_to}
            )
        if fresh:
            fresh.mission_id._send_customer_messages(
                "delay", {line.mission_id.id: (line.slot_from, line.slot_to) for line in fresh}
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Told: %(told)s. Known already: %(known)s.",
                    told=len(fresh),
                    known=len(lines) - len(fresh),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class FieldDelayNoticeLine(models.TransientModel):
    _name = "field.delay.notice.line"
    _description = "Customer to tell about a delay"
    _order = "slot_from, id"

    notice_id = fields.Many2one("field.delay.notice", required=True, ondelete="cascade")
    mission_id = fields.Many2one("field.mission", required=True, readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="mission_id.partner_id")
    site_id = fields.Many2one(related="mission_id.site_id")
    technician_id = fields.Many2one(related="mission_id.technician_id")
    promised_label = fields.Char(related="mission_id.promised_label")
    expected_start = fields.Datetime(related="mission_id.expected_start")
    told_before = fields.Datetime(related="mission_id.delay_told_from", string="Told before")
    slot_from = fields.Datetime(string="New slot from", required=True)
    slot_to = fields.Datetime(string="New slot until", required=True)
    chosen = fields.Boolean(string="Tell", default=True)
