from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

TILES_KEY = "field_planning.map_tiles"
ATTRIBUTION_KEY = "field_planning.map_attribution"
# More than a person can look at; the map says when records were left out.
LIMIT = 5000


def sort_by_place(entries):
    """Tell apart what has a place on the map and what is listed beside it.

    :param entries: list of ``(entry, site, reason)``: the entry without a place, the partner whose
        coordinates count, why it has none
    :return: ``(points, missing)``, the entries completed
    """
    points, missing = [], []
    for entry, site, reason in entries:
        if site.partner_latitude or site.partner_longitude:
            entry.update(
                lat=site.partner_latitude,
                lon=site.partner_longitude,
                place=site.city or "",
                doubtful=site.site_geo_state == "to_verify",
            )
            points.append(entry)
        else:
            entry["reason"] = reason
            missing.append(entry)
    return points, missing


def make_legend(states, labels, entries):
    """Return the groups of the legend that some entry is of.

    :param states: ``{key: (colour, shape)}`` in order
    :param labels: ``{key: text}``
    """
    used = {entry["group"] for entry in entries}
    return [
        {"key": key, "label": labels[key], "color": color, "shape": shape}
        for key, (color, shape) in states.items()
        if key in used
    ]


class FieldMap(models.AbstractModel):
    """What the map view shows of a model: points by group, lines in order, what has no place.

    A model that has a map implements ``_get_map(domain, limit)``, which searches with the rights
    of the user and returns::

        {"groups": [{"key", "label", "color", "shape"}],
         "points": [{"id", "lat", "lon", "title", "text", "group", "place"}],
         "lines": [{"id", "title", "text", "color", "points": [{"lat", "lon", "title", "number"}]}],
         "missing": [{"id", "title", "text", "reason"}],
         "total": number of records that fit the domain}
    """

    _name = "field.map"
    _description = "Data of the map view"

    @api.model
    def get_data(self, model, domain, limit=LIMIT):
        """Return what the map shows of the records of a domain, with the rights of the user.

        :param model: a model that has a map
        :param domain: list
        :param limit: most records to show
        :raises UserError: this model has no map
        :raises AccessError: the user may not read it
        """
        if not isinstance(model, str) or model not in self.env:
            raise UserError(self.env._("There is no map of that."))
        records = self.env[model]
        if not hasattr(records, "_get_map"):
            raise UserError(self.env._("There is no map of that."))
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Maps are for the company's own users."))
        records.check_access("read")
        try:
            limit = max(1, min(int(limit), LIMIT))
        except (TypeError, ValueError):
            limit = LIMIT
        return records._get_map(Domain(domain or Domain.TRUE), limit)

    @api.model
    def _get_settings(self):
        """Return the tiles that the maps are drawn on: none means a plain background."""
        # The address of tiles is sent to each browser anyway.
        params = self.env["ir.config_parameter"].sudo()
        return {
            "tiles": params.get_param(TILES_KEY) or "",
            "attribution": params.get_param(ATTRIBUTION_KEY) or "",
        }

    @api.model
    def _check_tiles(self, url):
        """Refuse an address that can't be one of tiles.

        :raises ValidationError: it lacks a part, or is no http address
        """
        if not url:
            return
        parts = all(f"{{{part}}}" in url for part in "zxy")
        if not parts or not url.startswith(("https://", "http://", "/")):
            raise ValidationError(self.env._("A tile address looks like https://…/{z}/{x}/{y}.png"))
