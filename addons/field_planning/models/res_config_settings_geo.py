from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .base_geocoder import DEFAULT_THRESHOLD, DEFAULT_URL, THRESHOLD_KEY, URL_KEY
from .field_map import ATTRIBUTION_KEY, TILES_KEY
from .res_partner_geo import SWITCH_KEY


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_geocode = fields.Boolean(
        string="Locate the addresses of sites", config_parameter=SWITCH_KEY
    )
    field_ban_url = fields.Char(
        string="Geocoding server", config_parameter=URL_KEY, default=DEFAULT_URL
    )
    field_geocode_threshold = fields.Float(
        string="Lowest score",
        config_parameter=THRESHOLD_KEY,
        default=DEFAULT_THRESHOLD,
        digits=(4, 2),
    )
    field_geocode_progress = fields.Char(compute="_compute_field_geocode_progress")
    field_map_tiles = fields.Char(string="Tile address", config_parameter=TILES_KEY)
    field_map_attribution = fields.Char(string="Attribution", config_parameter=ATTRIBUTION_KEY)

    @api.depends("company_id")
    def _compute_field_geocode_progress(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                [("is_field_site", "=", True)], ["site_geo_state"], ["__count"]
            )
        )
        until = self.env["res.partner"]._get_geo_pause()
        for settings in self:
            text = self.env._(
                "%(located)s located · %(waiting)s to locate · %(doubtful)s to verify",
                located=counts.get("located", 0),
                waiting=counts.get("to_geocode", 0),
                doubtful=counts.get("to_verify", 0),
            )
            if until:
                moment = fields.Datetime.context_timestamp(settings, until)
                text += " · " + self.env._("the server is busy, next try at %s", f"{moment:%H:%M}")
            settings.field_geocode_progress = text

    @api.constrains("field_ban_url", "field_geocode_threshold", "field_map_tiles")
    def _check_field_geo(self):
        for settings in self:
            self.env["base.geocoder"]._check_ban_url(settings.field_ban_url)
            self.env["field.map"]._check_tiles(settings.field_map_tiles)
            if not 0 <= settings.field_geocode_threshold <= 1:
                raise ValidationError(self.env._("The lowest score lies between 0 and 1."))

    def set_values(self):
        """Begin to look up as soon as that is switched on."""
        was_on = self.env["res.partner"]._is_geocoding_on()
        result = super().set_values()
        if self.field_geocode and not was_on:
            self.env.ref("field_planning.ir_cron_geocode")._trigger()
        return result
