from odoo import models


class FieldChecklistPreview(models.Model):
    _inherit = "field.checklist"

    def get_preview(self):
        """Return one checklist as the technician's app will get it, to be tried out.

        :return: JSON-able dict ``{"name", "checks": [{"number", "kind", "name", "help", "options",
            "fail_choices", "uom_name", "has_min", "min_value", "has_max", "max_value", "bounds",
            "required", "photo_if_fail", "shown_if"}]}``
        """
        self.ensure_one()
        self.check_access("read")
        checks = []
        for values in self.item_ids._prepare_check_values():
            # The checks of a mission, not saved: their own words and bounds.
            check = self.env["field.mission.check"].new(values)
            spec = check._get_spec()
            checks.append(
                {
                    **values,
                    "help": values["help"] or "",
                    "uom_name": values["uom_name"] or "",
                    "bounds": check.bounds,
                    "options": spec["choices"],
                    "fail_choices": spec["fail_choices"],
                }
            )
        return {"name": self.display_name, "checks": checks}

    def action_new_version(self):
        """Go on with the draft that will replace each checklist, else copy it into one."""
        drafts = self.search([("previous_id", "in", self.ids), ("state", "=", "draft")])
        if len(self) == 1 and drafts:
            return {
                "type": "ir.actions.act_window",
                "res_model": self._name,
                "view_mode": "form",
                "res_id": drafts[0].id,
            }
        return super(FieldChecklistPreview, self - drafts.previous_id).action_new_version()
