from lxml import etree

from odoo import fields, models


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    type = fields.Selection(selection_add=[("field_map", "Field map")])

    def _validate_tag_field_map(self, node, name_manager, node_info):
        if not node_info["validate"]:
            return
        allowed = {"string", "class", "js_class", "create", "edit", "delete", "__validate__"}
        if remaining := set(node.attrib) - allowed:
            self._raise_view_error(
                self.env._("A map has no such attribute: %s", ", ".join(sorted(remaining))), node
            )
        if any(True for _child in node.iterchildren(tag=etree.Element)):
            self._raise_view_error(self.env._("A map holds nothing: its model says all."), node)

    def _get_view_info(self):
        return {"field_map": {"icon": "fa fa-map-o"}} | super()._get_view_info()


class IrActionsActWindowView(models.Model):
    _inherit = "ir.actions.act_window.view"

    view_mode = fields.Selection(
        selection_add=[("field_map", "Field map")], ondelete={"field_map": "cascade"}
    )
