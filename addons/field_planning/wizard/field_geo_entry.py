from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import projection
from ..spreadsheet.places import distance_km

SYSTEMS = [
    ("lambert93", "Lambert-93 (mainland and Corsica)"),
    ("antilles", "UTM 20 N (Guadeloupe, Martinique)"),
    ("guyane", "UTM 22 N (French Guiana)"),
    ("reunion", "UTM 40 S (Réunion)"),
    ("mayotte", "UTM 38 S (Mayotte)"),
    ("miquelon", "UTM 21 N (Saint-Pierre-et-Miquelon)"),
]


class FieldGeoEntry(models.TransientModel):
    """Type the coordinates of a site as a plan or a public register gives them."""

    _name = "field.geo.entry"
    _description = "Projected coordinates of a site"

    site_id = fields.Many2one("res.partner", required=True, readonly=True)
    system = fields.Selection(
        SYSTEMS,
        string="Projection",
        required=True,
        compute="_compute_system",
        store=True,
        readonly=False,
    )
    x = fields.Float(string="X (east)", digits=(12, 2), help="Metres.")
    y = fields.Float(string="Y (north)", digits=(12, 2), help="Metres.")
    latitude = fields.Float(digits=(10, 7), compute="_compute_place")
    longitude = fields.Float(digits=(10, 7), compute="_compute_place")
    is_valid = fields.Boolean(compute="_compute_place")
    is_filled = fields.Boolean(compute="_compute_place")
    distance = fields.Float(
        string="From the present pin (km)", digits=(10, 2), compute="_compute_place"
    )

    @api.depends("site_id")
    def _compute_system(self):
        for entry in self:
            site = entry.site_id
            own = projection.system_at(site.partner_latitude, site.partner_longitude)
            entry.system = own or "lambert93"

    @api.depends("system", "x", "y")
    def _compute_place(self):
        for entry in self:
            entry.latitude = entry.longitude = entry.distance = 0
            entry.is_valid = False
            entry.is_filled = bool(entry.x or entry.y)
            if not entry.is_filled or not entry.system:
                continue
            try:
                place = projection.to_degrees(entry.system, entry.x, entry.y)
            except projection.OutOfArea:
                continue
            entry.is_valid = True
            entry.latitude, entry.longitude = place
            site = entry.site_id
            if site.partner_latitude or site.partner_longitude:
                entry.distance = distance_km(place, (site.partner_latitude, site.partner_longitude))

    def action_apply(self):
        """Put the site where the coordinates say, as set by hand.

        :raises UserError: they lie outside the projection's territory
        """
        self.ensure_one()
        self.site_id.check_access("write")
        try:
            place = projection.to_degrees(self.system, self.x, self.y)
        except projection.OutOfArea as error:
            raise UserError(
                self.env._(
                    "X %(x)s and Y %(y)s lie outside the territory of this projection. Are they"
                    " swapped, or of another one?",
                    x=f"{self.x:.2f}",
                    y=f"{self.y:.2f}",
                )
            ) from error
        self.site_id.write(dict(zip(("partner_latitude", "partner_longitude"), place, strict=True)))
        return {"type": "ir.actions.act_window_close"}
