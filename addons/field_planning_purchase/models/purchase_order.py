from odoo import api, fields, models


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    field_mission_ids = fields.Many2many(
        "field.mission", compute="_compute_field_missions", string="Field missions"
    )
    field_mission_count = fields.Integer(compute="_compute_field_missions", string="Missions")

    @api.depends("order_line.field_mission_id")
    def _compute_field_missions(self):
        for order in self:
            order.field_mission_ids = order.order_line.field_mission_id
            order.field_mission_count = len(order.field_mission_ids)

    def action_view_field_missions(self):
        """Open the missions that these orders pay for.

        :return: action of the missions
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning_purchase.field_mission_action_purchase"
        )
        action.update(domain=[("id", "in", self.field_mission_ids.ids)], context={})
        return action


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    field_mission_id = fields.Many2one(
        "field.mission",
        string="Field mission",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
    )
    field_employee_id = fields.Many2one(
        "hr.employee", string="Subcontractor", readonly=True, copy=False
    )
