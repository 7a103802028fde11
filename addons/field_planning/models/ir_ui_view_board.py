from odoo import fields, models

BOARD_ATTRIBUTES = {
    "__validate__",
    "class",
    "js_class",
    "string",
    "scale",
    "create",
    "edit",
    "delete",
}


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    type = fields.Selection(selection_add=[("field_board", "Planning board")])

    def _validate_tag_field_board(self, node, name_manager, node_info):
        """A board draws missions itself: its element takes a scale and holds nothing."""
        if not node_info["validate"]:
            return
        unknown = set(node.attrib) - BOARD_ATTRIBUTES
        if unknown:
            self._raise_view_error(
                self.env._("A planning board has no attribute “%s”.", ", ".join(sorted(unknown))),
                node,
            )
        if node.get("scale") not in (None, "day", "week"):
            self._raise_view_error(self.env._("The scale of a board is “day” or “week”."), node)
        if len(node):
            self._raise_view_error(self.env._("A planning board holds no elements."), node)

    def _is_qweb_based_view(self, view_type):
        return super()._is_qweb_based_view(view_type) or view_type == "field_board"

    def _get_view_info(self):
        return {"field_board": {"icon": "fa fa-tasks"}} | super()._get_view_info()
