from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client of internal users what their maps are drawn on."""
        info = super().session_info()
        if self.env.user._is_internal():
            info["field_map"] = self.env["field.map"]._get_settings()
        return info
