from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..optimizer.osrm import OsrmClient, OsrmError


class ResCompany(models.Model):
    _inherit = "res.company"

    field_travel_provider = fields.Selection(
        [("geodesic", "Distance and speed"), ("osrm", "Router (OSRM)")],
        string="Travel is estimated by",
        default="geodesic",
        required=True,
    )
    field_osrm_url = fields.Char(
        string="Router's address", help="Of your own OSRM server, such as http://localhost:5000."
    )
    field_osrm_profile = fields.Char(string="Router's profile", default="driving", required=True)
    field_osrm_table_size = fields.Integer(
        string="Points of one request",
        default=100,
        help="As the server's --max-table-size, which is 100 unless it was told otherwise.",
    )
    field_osrm_timeout = fields.Float(
        string="Router's timeout", default=5.0, help="Seconds for one request."
    )
    field_travel_cache_days = fields.Integer(
        string="Travel is kept", default=90, help="Days until the router is asked again."
    )
    field_travel_failure = fields.Char(string="Why the router is not used", readonly=True)
    field_travel_failure_date = fields.Datetime(readonly=True)
    field_travel_learning = fields.Boolean(
        string="Learn travel times",
        default=True,
        help="Estimates are corrected by how long the technicians' own travels took, per pair of"
        " zones and hour. Nobody's position nor name is kept.",
    )
    field_travel_learning_min = fields.Integer(
        string="Travels needed", default=30, help="Estimates stay as they are until then."
    )

    _field_osrm_sane = models.Constraint(
        "CHECK(field_osrm_table_size BETWEEN 2 AND 10000 AND field_osrm_timeout > 0"
        " AND field_osrm_timeout <= 60 AND field_travel_cache_days > 0"
        " AND field_travel_learning_min > 0)",
        "The router needs 2 to 10,000 points a request and a timeout of at most 60 seconds; travel"
        " is kept and learned from at least once.",
    )

    @api.constrains("field_travel_provider", "field_osrm_url", "field_osrm_profile")
    def _check_field_osrm(self):
        for company in self.filtered(lambda company: company.field_travel_provider == "osrm"):
            try:
                OsrmClient(company.field_osrm_url or "", company.field_osrm_profile or "")
            except OsrmError as error:
                message = self.env["field.travel"]._say_failure(error)
                raise ValidationError(message) from error
