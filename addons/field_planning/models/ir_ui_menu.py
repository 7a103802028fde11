from odoo import models

# What only somebody with a tour has a use for.
TECHNICIANS_OWN = ("field_planning.menu_field_pick", "field_planning.menu_my_calendar")


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """Planners are technicians by their rights, not by their work: hide what they can't use."""
        hidden = super()._load_menus_blacklist()
        if not self.env["field.mission"]._get_app_employee():
            for name in TECHNICIANS_OWN:
                if menu := self.env.ref(name, raise_if_not_found=False):
                    hidden.append(menu.id)
        return hidden


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def write(self, vals):
        """Who becomes a technician, or stops being one, sees other menus at once."""
        result = super().write(vals)
        if {"is_field_technician", "user_id"} & vals.keys():
            self.env.registry.clear_cache()
        return result
