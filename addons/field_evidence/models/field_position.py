from datetime import timedelta

from odoo import api, fields, models


class FieldPosition(models.Model):
    """Whether somebody was on the site, at the two moments that prove a visit.

    Read by the device on arrival and at completion only, where the company asks for it and the
    person agrees; a refusal leaves no trace. Not sealed: it goes when its time is over.
    """

    _name = "field.position"
    _description = "Position at a visit"
    _order = "date desc, id desc"
    _rec_name = "mission_id"

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True, index=True
    )
    user_id = fields.Many2one(
        "res.users", string="Person", required=True, readonly=True, index=True, ondelete="cascade"
    )
    moment = fields.Selection(
        [("arrive", "Arrival"), ("done", "Completion")], required=True, readonly=True
    )
    on_site = fields.Boolean(readonly=True, help="Within the radius around the site.")
    latitude = fields.Float(digits=(10, 5), readonly=True, aggregator=None)
    longitude = fields.Float(digits=(10, 5), readonly=True, aggregator=None)
    date = fields.Datetime(required=True, readonly=True, help="Device time.")
    date_end = fields.Date(
        string="Kept until", compute="_compute_date_end", help="Deleted by itself after this day."
    )

    _once = models.UniqueIndex(
        "(mission_id, user_id, moment, date)", "This position is known already."
    )

    @api.depends("date", "company_id.field_position_days")
    def _compute_date_end(self):
        for position in self:
            days = position.company_id.sudo().field_position_days
            position.date_end = position.date and (position.date + timedelta(days=days)).date()

    @api.model
    def _get_own_rows(self):
        """Return all that is kept of the current user's positions, in plain types.

        :return: list of ``{"date": UTC, "mission", "moment", "on_site", "latitude", "longitude",
            "kept_until"}``; the coordinates are empty where only yes or no is kept
        """
        own = self.sudo().search([("user_id", "=", self.env.uid)])
        return [
            {
                "date": fields.Datetime.to_string(position.date),
                "mission": position.mission_id.name,
                "moment": position.moment,
                "on_site": position.on_site,
                "latitude": position.latitude or None,
                "longitude": position.longitude or None,
                "kept_until": fields.Date.to_string(position.date_end),
            }
            for position in own
        ]

    @api.model
    def action_export(self):
        """Download one's own positions as a spreadsheet (CSV)."""
        return {"type": "ir.actions.act_url", "url": "/field/positions.csv", "target": "download"}
