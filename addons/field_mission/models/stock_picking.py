from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    field_mission_id = fields.Many2one(
        "field.mission", string="Mission", index="btree_not_null", copy=False, readonly=True
    )
    field_loading_date = fields.Date(
        string="Loaded for", index="btree_not_null", copy=False, readonly=True
    )

    def _open_loadings(self, env):
        """Return the action that shows these transfers, for those who may see them.

        :param env: environment of the user
        """
        if not self.with_env(env).has_access("read"):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": env._("%s draft transfers wait for the storekeeper.", len(self)),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        action = env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        return {**action, "domain": [("id", "in", self.ids)], "context": {}}
