from odoo import api, fields, models


class FieldMissionFollowUp(models.Model):
    """A visit that follows another one: what could not be finished, or what was found there."""

    _inherit = "field.mission"

    follow_up_of_id = fields.Many2one(
        "field.mission",
        string="Follows",
        copy=False,
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    follow_up_ids = fields.One2many("field.mission", "follow_up_of_id", string="Followed by")
    follow_up_count = fields.Integer(compute="_compute_follow_up_count")

    @api.depends("follow_up_ids")
    def _compute_follow_up_count(self):
        counts = dict(
            self._read_group(
                [("follow_up_of_id", "in", self.ids)], ["follow_up_of_id"], ["__count"]
            )
        )
        for mission in self:
            mission.follow_up_count = counts.get(mission._origin, 0)

    def action_follow_up(self):
        """Open the intake of a visit that follows one mission.

        :return: a window action
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_role("planner")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_intake_action")
        action["context"] = {"default_follow_up_of_id": self.id}
        return action

    def action_view_follow_ups(self):
        """Open the visits that followed these missions."""
        return self._open_window(
            "field_mission.field_mission_action", [("follow_up_of_id", "in", self.ids)]
        )
