from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FieldMission(models.Model):
    """Which equipment of the site a visit is about; nothing said: the whole site."""

    _inherit = "field.mission"

    equipment_ids = fields.Many2many(
        "field.equipment",
        relation="field_mission_equipment_rel",
        string="Equipment visited",
        check_company=True,
        domain="['|', ('site_id', '=', site_id), ('site_id.site_parent_id', '=', site_id)]",
        groups="field_mission.group_field_technician",
        help="What the visit is about. Empty: the whole site.",
    )

    @api.onchange("site_id")
    def _onchange_site_equipment(self):
        """The equipment chosen for one site is not on another."""
        if self.equipment_ids:
            self.equipment_ids = self.equipment_ids.filtered(self._has_on_site)

    @api.constrains("equipment_ids", "site_id")
    def _check_equipment_site(self):
        for mission in self.sudo():
            for equipment in mission.equipment_ids:
                if not mission._has_on_site(equipment):
                    raise ValidationError(
                        self.env._(
                            "%(equipment)s is not on the site %(site)s: choose equipment that is "
                            "there, or none.",
                            equipment=equipment.display_name,
                            site=mission.site_id.display_name,
                        )
                    )

    def _has_on_site(self, equipment):
        """Return whether equipment stands on one mission's site, or on a part of it."""
        place = equipment.sudo().site_id
        return self.site_id._origin in (place | place.site_parent_id)


class FieldEquipment(models.Model):
    """The visits of equipment."""

    _inherit = "field.equipment"

    mission_ids = fields.Many2many(
        "field.mission", relation="field_mission_equipment_rel", string="Visits", copy=False
    )
