from datetime import date, datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.field_mission.core.slots import utc_to_local

from ..core.speeds import DAY_HOURS, WORKDAY, day_kind, slowdown
from ..optimizer.osrm import OsrmClient, OsrmError
from ..optimizer.table import pack
from ..optimizer.travel import Trips, matrix

# After a failure the router is left alone for so long: nobody waits for it at each drag.
PAUSE = timedelta(minutes=5)


class FieldTravel(models.AbstractModel):
    """How long it takes from one point to another: the one place that answers.

    An estimate is what the company's provider says (distance and speed, or a router), slowed down
    or sped up by its rules for zones and hours, and corrected by what its own technicians' clicks
    have taught. Points are ``(latitude, longitude)``; an unknown point (None) costs nothing.
    """

    _name = "field.travel"
    _description = "Travel between points"

    # ------------------------------------------------------------------ what others call

    @api.model
    def _get_matrix(self, company, points, when=None, zones=None):
        """Return the travel between all pairs of points.

        :param company: ``res.company`` whose settings and experience count
        :param points: list of ``(latitude, longitude)`` or None
        :param when: naive UTC datetime: at that hour; date: that day on average; None: a working
            day on average
        :param zones: ids of the points' zones; found from the sites when not given
        :return: ``(seconds, metres)``, two lists of rows
        """
        points = [point and (float(point[0]), float(point[1])) for point in points]
        unique = list(dict.fromkeys(point for point in points if point))
        seconds, metres = self._get_estimates(company, unique)
        rates = self._get_point_rates(company, points, zones, when)
        if rates:
            zone_of = rates.pop("zone_of")
            names = [zone_of[point] for point in unique]
            seconds = [
                [round(value * rates[a, b]) for value, b in zip(row, names, strict=True)]
                for row, a in zip(seconds, names, strict=True)
            ]
        if unique == points:
            return seconds, metres
        index = {point: number for number, point in enumerate(unique)}
        places = [index.get(point) if point else None for point in points]
        return tuple(
            [[0 if i is None or j is None else rows[i][j] for j in places] for i in places]
            for rows in (seconds, metres)
        )

    @api.model
    def _get_legs(self, company, legs, when=None, zones=None):
        """Return the travel of many single legs, cheaper than a matrix of all their points.

        :param legs: list of ``(point, point)``; see :meth:`_get_matrix` for the rest
        :param zones: list of ``(zone id, zone id)``, one a leg
        :return: list of ``(seconds, metres)``
        """
        legs = [tuple(p and (float(p[0]), float(p[1])) for p in leg) for leg in legs]
        known = self._get_leg_estimates(company, {leg for leg in legs if all(leg)})
        flat = [point for leg in legs for point in leg]
        rates = self._get_point_rates(
            company, flat, zones and [zone for pair in zones for zone in pair], when
        )
        zone_of = rates.pop("zone_of") if rates else {}
        found = []
        for leg in legs:
            seconds, metres = known[leg] if all(leg) else (0, 0)
            rate = rates[zone_of[leg[0]], zone_of[leg[1]]] if rates and all(leg) else 1
            found.append((round(seconds * rate), metres))
        return found

    @api.model
    def _get_blocks(self, company, groups, when=None, zones=None):
        """Return travel for a problem of the optimiser (:mod:`..optimizer.table`).

        :param groups: list of lists of points: all pairs inside each are known
        :param zones: ``{point: zone id}``
        :return: list of packed blocks, empty where the optimiser finds the same by itself
        """
        if company.sudo().field_travel_provider == "geodesic" and not self._has_rates(company):
            return []
        blocks = []
        for group in groups:
            points = list(dict.fromkeys(point for point in group if point))
            if len(points) > 1:
                names = zones and [zones.get(point) for point in points]
                blocks.append(pack(points, *self._get_matrix(company, points, when, names)))
        return blocks

    # ------------------------------------------------------------------ providers

    @api.model
    def _get_estimates(self, company, points):
        """Return ``(seconds, metres)`` between distinct points as the provider says."""
        if company.sudo().field_travel_provider != "osrm" or not points:
            return self._get_geodesic(company, points)
        keys = [self.env["field.travel.pair"]._round(point) for point in points]
        cells = self._get_osrm_cells(company, dict(keys), None)
        names = [key for key, _point in keys]
        found = [[cells.get((a, b)) for b in names] for a in names]
        if all(cell for row in found for cell in row):
            return tuple([[cell[part] for cell in row] for row in found] for part in (0, 1))
        plain = self._get_geodesic(company, points)
        return tuple(
            [
                [cell[part] if cell else plain[part][i][j] for j, cell in enumerate(row)]
                for i, row in enumerate(found)
            ]
            for part in (0, 1)
        )

    @api.model
    def _get_leg_estimates(self, company, legs):
        """Return ``{leg: (seconds, metres)}`` as the provider says."""
        trips = Trips(*self._get_geodesic_settings(company))
        found = {leg: trips.between(*leg) for leg in legs}
        if company.sudo().field_travel_provider != "osrm" or not legs:
            return found
        rounded = self.env["field.travel.pair"]._round
        keys = {leg: tuple(rounded(point) for point in leg) for leg in legs}
        places = {key: point for pair in keys.values() for key, point in pair}
        wanted = {(a[0], b[0]) for a, b in keys.values()}
        cells = self._get_osrm_cells(company, places, wanted)
        for leg, (origin, destination) in keys.items():
            found[leg] = cells.get((origin[0], destination[0])) or found[leg]
        return found

    @api.model
    def _get_geodesic_settings(self, company):
        company = company.sudo()
        return (
            company.field_travel_speed,
            company.field_travel_detour,
            company.field_travel_profile,
        )

    @api.model
    def _get_geodesic(self, company, points):
        found = matrix(points, *self._get_geodesic_settings(company))
        return found.seconds, found.metres

    @api.model
    def _get_osrm_cells(self, company, places, wanted):
        """Return what the router says, from the cache or asked now.

        :param places: ``{key: point}``
        :param wanted: pairs of keys that are needed; None: all pairs
        :return: ``{(key, key): (seconds, metres) or None}``; pairs are missing when it fails
        """
        pairs = self.env["field.travel.pair"].sudo()
        provider = self._get_osrm_provider(company)
        if wanted is None:
            wanted = {(a, b) for a in places for b in places}
        origins = {a for a, _b in wanted}
        known = pairs._load(provider, origins, {b for _a, b in wanted})
        known.update({(key, key): (0, 0) for key in places})
        missing = wanted - known.keys()
        if missing and not self._is_paused(company):
            told = {}
            try:
                self._ask_osrm(company, places, missing, told)
            except OsrmError as error:
                self._note_failure(company, self._say_failure(error))
            else:
                self._note_failure(company, False)
            told = {pair: cell for pair, cell in told.items() if pair not in known}
            pairs._store(provider, told)
            known.update(told)
        return known

    @api.model
    def _ask_osrm(self, company, places, missing, told):
        """Ask the router for the missing pairs; ``told`` is filled as the answers come."""
        client = self._get_osrm_client(company)
        # A chain of single legs: a few origins at a time, with no more than their destinations.
        rows = sorted({a for a, _b in missing})
        columns = {}
        for a, b in missing:
            columns.setdefault(a, set()).add(b)
        half = max(1, client.size // 2)
        for start in range(0, len(rows), half):
            origins = rows[start : start + half]
            goals = sorted(set().union(*(columns[a] for a in origins)))
            for i, j, cells in client.table(
                [places[a] for a in origins], [places[b] for b in goals]
            ):
                told.update(
                    ((origins[row], goals[column]), cells[y][x])
                    for y, row in enumerate(i)
                    for x, column in enumerate(j)
                )

    @api.model
    def _get_osrm_provider(self, company):
        company = company.sudo()
        return f"osrm {company.field_osrm_profile}@{company.field_osrm_url}"

    @api.model
    def _get_osrm_client(self, company):
        company = company.sudo()
        return OsrmClient(
            company.field_osrm_url or "",
            company.field_osrm_profile or "driving",
            size=company.field_osrm_table_size,
            timeout=company.field_osrm_timeout,
        )

    # ------------------------------------------------------------------ failures are seen

    @api.model
    def _is_paused(self, company):
        failed = company.sudo().field_travel_failure_date
        return bool(failed) and fields.Datetime.now() - failed < PAUSE

    @api.model
    def _say_failure(self, error):
        """Return why a router can't be used, in the user's language.

        :param error: :class:`OsrmError`
        """
        say = {
            "address": self.env._("“%s” is no http address.", error.detail),
            "profile": self.env._("“%s” is no name of a profile.", error.detail),
            "timeout": self.env._("The router does not answer in time."),
            "unreachable": self.env._("The router can't be reached."),
            "slow": self.env._("The router took more than %s seconds.", error.detail),
            "refused": self.env._("The router refused: %s.", error.detail),
            "too_long": self.env._("The router's answer is too long."),
        }
        return say.get(error.code) or self.env._("The router's answer is no table of OSRM.")

    @api.model
    def _note_failure(self, company, reason):
        """Keep why the router failed where planners see it, or that it works again.

        One statement that never waits: the row of a company is everybody's.
        """
        company = company.sudo()
        if not reason and not company.field_travel_failure:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_company SET field_travel_failure = %s, field_travel_failure_date = %s
                WHERE id = (
                    SELECT id FROM res_company WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED
                )
                """,
                reason or None,
                fields.Datetime.now() if reason else None,
                company.id,
            )
        )
        company.invalidate_recordset(["field_travel_failure", "field_travel_failure_date"])

    # ------------------------------------------------------------------ zones and hours

    @api.model
    def _has_rates(self, company):
        """Whether the company has rules of speed or learned times at all."""
        return bool(self.env["field.travel.speed"]._get_rules(company)) or bool(
            self.env["field.travel.ratio"]._get_ratios(company)
        )

    @api.model
    def _get_point_rates(self, company, points, zones, when):
        """Return by how much travel takes longer than the provider says.

        :return: ``{(zone id, zone id): factor, "zone_of": {point: zone id}}``, or None
        """
        rules = self.env["field.travel.speed"]._get_rules(company)
        ratios = self.env["field.travel.ratio"]._get_ratios(company)
        if not rules and not ratios:
            return None
        if zones is None:
            zone_of = self._find_zones(company, {point for point in points if point})
        else:
            zone_of = dict(zip(points, zones, strict=True))
        kind, hours = self._get_hours(company, when)
        names = set(zone_of.values()) | {None}
        rates = {}
        for a in names:
            for b in names:
                rate = slowdown(rules, a, b, kind, hours)
                if ratios:
                    rate *= sum(ratios.get(a, b, kind, hour) for hour in hours) / len(hours)
                rates[a, b] = rate
        rates["zone_of"] = zone_of
        return rates

    @api.model
    def _get_hours(self, company, when):
        """Return ``(kind of day, local hours)`` to average over."""
        if isinstance(when, datetime):
            local = utc_to_local(when, company.partner_id.sudo().tz or "Europe/Paris")
            return day_kind(local.date()), (local.hour + local.minute / 60,)
        return (day_kind(when) if isinstance(when, date) else WORKDAY), DAY_HOURS

    @api.model
    def _find_zones(self, company, points):
        """Return ``{point: zone id or None}`` of the sites at these points."""
        found = dict.fromkeys(points)
        if not points:
            return found
        names = ["is_field_site", "partner_latitude", "partner_longitude", "site_zone_id"]
        self.env["res.partner"].flush_model(names)
        by_key = {}
        for point in points:
            by_key.setdefault((round(point[0], 7), round(point[1], 7)), []).append(point)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT site.partner_latitude, site.partner_longitude, min(site.site_zone_id)
                FROM res_partner site
                JOIN field_zone zone ON zone.id = site.site_zone_id
                JOIN unnest(%s::numeric[], %s::numeric[]) AS wanted(latitude, longitude)
                    ON site.partner_latitude = wanted.latitude
                    AND site.partner_longitude = wanted.longitude
                WHERE site.is_field_site AND zone.company_id = %s
                GROUP BY 1, 2
                """,
                [latitude for latitude, _longitude in by_key],
                [longitude for _latitude, longitude in by_key],
                company.id,
            )
        )
        for latitude, longitude, zone in rows:
            for point in by_key[float(latitude), float(longitude)]:
                found[point] = zone
        return found
