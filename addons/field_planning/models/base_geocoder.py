from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ..core import ban

URL_KEY = "field_planning.ban_url"
DEFAULT_URL = "https://data.geopf.fr/geocodage"
THRESHOLD_KEY = "field_planning.geocode_threshold"
DEFAULT_THRESHOLD = 0.6
PROVIDER = "ban"


class BaseGeocoder(models.AbstractModel):
    _inherit = "base.geocoder"

    @api.model
    def _get_ban_client(self):
        """Return a client of the geocoding server of the settings."""
        # An address of a server is no secret, but a planner may not read the parameters.
        url = self.env["ir.config_parameter"].sudo().get_param(URL_KEY) or DEFAULT_URL
        return ban.Client(url)

    @api.model
    def _get_geocode_threshold(self):
        """Return the lowest score (0 to 1) that needs no person to verify it."""
        # See `_get_ban_client`.
        value = self.env["ir.config_parameter"].sudo().get_param(THRESHOLD_KEY)
        try:
            return min(1.0, max(0.0, float(value))) if value else DEFAULT_THRESHOLD
        except ValueError:
            return DEFAULT_THRESHOLD

    @api.model
    def _check_ban_url(self, url):
        """Refuse an address that can't be a geocoding server.

        :raises ValidationError: it is no http address
        """
        if url and not url.startswith(("https://", "http://")):
            raise ValidationError(
                self.env._("The address of the geocoding server starts with https://")
            )

    @api.model
    def _geo_query_address_ban(self, street=None, zip=None, city=None, state=None, country=None):
        return ban.Address("", street or "", zip or "", city or "").text

    @api.model
    def _call_ban(self, addr, **_kwargs):
        """Look one address up in the Base Adresse Nationale.

        :param addr: the address on one line
        :return: ``(latitude, longitude)``, or None when it is not found
        :raises UserError: the service does not answer
        """
        if not addr:
            return None
        try:
            answer = self._get_ban_client().find(ban.Address("", addr))
        except ban.GeocodingError as error:
            raise UserError(
                self.env._("The address service does not answer (%s). Try again later.", error)
            ) from error
        return (answer.latitude, answer.longitude) if answer else None
