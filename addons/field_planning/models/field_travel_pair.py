from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# Rounded so (some ten metres), a site moved by a doorstep keeps its travel.
DIGITS = 4
# Pairs of one statement.
BATCH = 20_000


class FieldTravelPair(models.Model):
    """Travel that a router told, kept so that it is asked once."""

    _name = "field.travel.pair"
    _description = "Travel between two points"
    _rec_name = "origin"
    # Nobody's trip: neither who asked nor when exactly.
    _log_access = False

    provider = fields.Char(required=True, readonly=True)
    origin = fields.Char(required=True, readonly=True, help="Latitude, longitude.")
    destination = fields.Char(required=True, readonly=True, help="Latitude, longitude.")
    seconds = fields.Integer(readonly=True)
    metres = fields.Integer(readonly=True)
    reachable = fields.Boolean(
        readonly=True, help="No: the router knows no way between the two points."
    )
    date = fields.Date(required=True, readonly=True)

    _pair_unique = models.UniqueIndex("(provider, origin, destination)")
    _date_idx = models.Index("(date)")

    @api.model
    def _round(self, point):
        """Return the key of a point, and the rounded point."""
        latitude, longitude = round(point[0], DIGITS) + 0.0, round(point[1], DIGITS) + 0.0
        return f"{latitude:.{DIGITS}f},{longitude:.{DIGITS}f}", (latitude, longitude)

    @api.model
    def _load(self, provider, origins, destinations):
        """Return what is known between two lists of keys.

        :return: ``{(origin, destination): (seconds, metres) or None}``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT origin, destination, seconds, metres, reachable
                FROM field_travel_pair
                WHERE provider = %s AND origin = ANY(%s) AND destination = ANY(%s)
                """,
                provider,
                list(origins),
                list(destinations),
            )
        )
        return {(a, b): (seconds, metres) if way else None for a, b, seconds, metres, way in rows}

    @api.model
    def _store(self, provider, pairs):
        """Keep pairs; another transaction may have kept the same ones meanwhile.

        :param pairs: ``{(origin, destination): (seconds, metres) or None}``
        """
        items, today = list(pairs.items()), fields.Date.today()
        for start in range(0, len(items), BATCH):
            part = items[start : start + BATCH]
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO field_travel_pair
                        (provider, origin, destination, seconds, metres, reachable, date)
                    SELECT %s, origin, destination, seconds, metres, reachable, %s
                    FROM unnest(%s::varchar[], %s::varchar[], %s::int[], %s::int[], %s::bool[])
                        AS known(origin, destination, seconds, metres, reachable)
                    ON CONFLICT DO NOTHING
                    """,
                    provider,
                    today,
                    [origin for (origin, _destination), _cell in part],
                    [destination for (_origin, destination), _cell in part],
                    [cell[0] if cell else 0 for _pair, cell in part],
                    [cell[1] if cell else 0 for _pair, cell in part],
                    [bool(cell) for _pair, cell in part],
                )
            )
        self.invalidate_model()

    @api.autovacuum
    def _gc_pairs(self):
        """Forget travel older than the company that keeps it longest says: roads change."""
        companies = self.env["res.company"].sudo()
        [(days,)] = companies._read_group([], [], ["field_travel_cache_days:max"])
        self.env.cr.execute(
            SQL(
                "DELETE FROM field_travel_pair WHERE date < %s",
                fields.Date.today() - timedelta(days=days),
            )
        )
        self.invalidate_model()
