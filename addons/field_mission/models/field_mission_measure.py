from odoo import api, fields, models

# A number that somebody gave.
MEASURED = [("kind", "=", "number"), ("result", "in", ["ok", "fail"])]


class FieldMissionMeasure(models.Model):
    """Measures over time: of a site, and of the equipment that a visit was about."""

    _inherit = "field.mission.check"

    site_id = fields.Many2one(store=True, precompute=True, index=True)
    answered_on = fields.Datetime(store=True)
    equipment_id = fields.Many2one(
        "field.equipment",
        compute="_compute_equipment_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="Known where the visit was about one piece of equipment only.",
    )
    value_number = fields.Float(aggregator="avg")

    @api.depends("mission_id.equipment_ids")
    def _compute_equipment_id(self):
        for check in self:
            visited = check.mission_id.sudo().equipment_ids
            check.equipment_id = visited if len(visited) == 1 else False


class FieldEquipmentMeasure(models.Model):
    _inherit = "field.equipment"

    measure_count = fields.Integer(compute="_compute_measure_count", string="Measures")

    def _compute_measure_count(self):
        counts = dict(
            self.env["field.mission.check"]._read_group(
                [("equipment_id", "in", self.ids), *MEASURED],
                ["equipment_id"],
                ["__count"],
            )
        )
        for equipment in self:
            equipment.measure_count = counts.get(equipment, 0)

    def action_view_measures(self):
        """Open the measures of these pieces of equipment over time.

        :return: a window action
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_mission_check_action_measures"
        )
        action["domain"] = [*MEASURED, ("equipment_id", "in", self.ids)]
        return action


class ResPartnerMeasure(models.Model):
    _inherit = "res.partner"

    def action_view_site_measures(self):
        """Open the measures taken on these sites over time.

        :return: a window action
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_mission_check_action_measures"
        )
        action["domain"] = [*MEASURED, ("site_id", "in", self.ids)]
        return action
