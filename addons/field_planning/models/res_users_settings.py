import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError

LARGEST = 20_000


class ResUsersSettings(models.Model):
    _inherit = "res.users.settings"

    field_calendar = fields.Json(
        string="Calendars of missions", help="Colours and filters that this user left."
    )

    @api.constrains("field_calendar")
    def _check_field_calendar(self):
        for settings in self:
            value = settings.field_calendar
            if value and (not isinstance(value, dict) or len(json.dumps(value)) > LARGEST):
                raise ValidationError(self.env._("These calendar settings are not understood."))
