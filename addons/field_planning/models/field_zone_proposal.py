from collections import Counter, defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ..core import zoning

# Working time is measured over this many days and taken for the whole period.
SAMPLE_DAYS = 28
MOST_ZONES = 100


class FieldZoneProposal(models.Model):
    """Zones proposed from the missions of a year; nothing changes until somebody accepts."""

    _name = "field.zone.proposal"
    _description = "Proposal of zones"
    _inherit = ["hr.mixin", "field.background.mixin"]
    _order = "create_date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, default=lambda self: self.env._("Zones from our missions"))
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    date_from = fields.Date(
        string="Missions from",
        required=True,
        default=lambda self: fields.Date.context_today(self) - relativedelta(months=12),
    )
    date_to = fields.Date(
        string="Missions until",
        required=True,
        default=fields.Date.context_today,
    )
    technician_ids = fields.Many2many(
        "hr.employee",
        string="Technicians",
        check_company=True,
        domain="[('is_field_technician', '=', True), ('company_id', '=', company_id)]",
        help="Who will work in the zones. Empty: all technicians of the company.",
    )
    zone_count = fields.Integer(
        string="Number of zones", help="0: as many as technicians."
    )  # fmt: skip
    archive_empty = fields.Boolean(
        string="Archive zones left without sites",
        help="When all is accepted, archive the present zones that no site is left in.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Being worked out"),
            ("ready", "To decide"),
            ("accepted", "Accepted"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Asked by",
        default=lambda self: self.env.user,
        required=True,
        readonly=True,
        copy=False,
    )
    progress = fields.Float(readonly=True, copy=False)
    error = fields.Text(readonly=True, copy=False)
    line_ids = fields.One2many(
        "field.zone.proposal.line", "proposal_id", string="Proposed zones",
        domain=[("kind", "=", "proposed")], readonly=True, copy=False,
    )  # fmt: skip
    present_line_ids = fields.One2many(
        "field.zone.proposal.line", "proposal_id", string="Present zones",
        domain=[("kind", "=", "present")], readonly=True, copy=False,
    )  # fmt: skip
    site_ids = fields.One2many(
        "field.zone.proposal.site", "proposal_id", string="Sites", readonly=True, copy=False
    )
    mission_count = fields.Integer(string="Missions", readonly=True, copy=False)
    unplaced_count = fields.Integer(
        string="Sites left out", readonly=True, copy=False,
        help="Sites with missions whose commune has no coordinates: they keep their zone.",
    )  # fmt: skip
    km_before = fields.Float(string="Kilometres now", digits=(12, 0), readonly=True, copy=False)
    km_after = fields.Float(string="Kilometres then", digits=(12, 0), readonly=True, copy=False)
    km_saved = fields.Float(string="Kilometres saved", digits=(12, 0), compute="_compute_km_saved")
    gap_before = fields.Float(
        string="Load gap now (%)", digits=(6, 0), readonly=True, copy=False,
        help="Between the zone with the highest and the one with the lowest load.",
    )  # fmt: skip
    gap_after = fields.Float(string="Load gap then (%)", digits=(6, 0), readonly=True, copy=False)

    @api.depends("km_before", "km_after")
    def _compute_km_saved(self):
        for proposal in self:
            proposal.km_saved = proposal.km_before - proposal.km_after

    @api.constrains("date_from", "date_to", "zone_count")
    def _check_scope(self):
        for proposal in self:
            if proposal.date_to < proposal.date_from:
                raise ValidationError(self.env._("The period ends before it begins."))
            if proposal.date_to > proposal.date_from + relativedelta(years=3):
                raise ValidationError(self.env._("The period is three years at most."))
            if not 0 <= proposal.zone_count <= MOST_ZONES:
                raise ValidationError(self.env._("Between 0 and %s zones.", MOST_ZONES))

    # ------------------------------------------------------------------ compute

    def action_compute(self):
        """Ask for zones from the missions of the period; they are worked out in the background.

        :raises UserError: it was accepted already, or is being worked out
        """
        self.check_access("write")
        for proposal in self:
            if proposal.state == "running":
                raise UserError(self.env._("This proposal is being worked out already."))
            if proposal.state == "accepted" or proposal.line_ids.zone_id:
                raise UserError(self.env._("Accepted zones stay: make a new proposal."))
        self.write({"state": "running", "progress": 0, "error": False, "user_id": self.env.uid})
        self.env.ref("field_planning.ir_cron_field_zone_proposal").sudo()._trigger()
        return True

    def action_cancel(self):
        """Give up proposals that are being worked out; what was chosen stays."""
        self.check_access("write")
        self.filtered(lambda proposal: proposal.state == "running").write(
            {"state": "draft", "progress": 0}
        )
        return True

    def poll(self):
        """Return how far one proposal is, for the screen that waits.

        :return: ``{"state": …, "progress": percent}``
        """
        self.ensure_one()
        self.check_access("read")
        return {"state": self.state, "progress": self.progress}

    @api.model
    def _cron_compute(self):
        """Work out the proposals asked for, one after the other, as who asked for them."""
        cron = self.env["ir.cron"]
        runs = self.search([("state", "=", "running")], order="id")
        for number, run in enumerate(runs, 1):
            # Given up, or taken by another worker meanwhile.
            if run.try_lock_for_update() and run.state == "running":
                run._as_user()._run_now(lambda: cron._commit_progress(0))
            if not cron._commit_progress(1, remaining=len(runs) - number):
                return

    def _run_now(self, commit=None):
        """Work out one proposal; what stands against it is said in its ``error``.

        :param commit: called where the progress may be shown to who waits
        """
        self.ensure_one()
        try:
            for percent in self._compute_zones():
                self.progress = percent
                if commit:
                    commit()
                    self.invalidate_recordset(["state"])
                    if self.state != "running":
                        # Given up while it was worked out.
                        return
        except UserError as error:
            # Nothing is written before the whole result is there.
            self.write({"state": "draft", "progress": 0, "error": str(error)})

    def _compute_zones(self):
        """Work out the zones of one proposal; yields the percent done, writes at the end.

        :raises UserError: there is nothing to propose from
        """
        people = self._get_people()
        data = self._read_year()
        if not data["places"]:
            raise UserError(self.env._("No mission of that period has a site with coordinates."))
        if not people:
            raise UserError(self.env._("Choose the technicians who will work in the zones."))
        yield 20
        homes = self._get_homes(people | data["people"])
        own_homes = {person.id: homes.get(person.id) for person in people}
        count = self.zone_count or len(people)
        zones = zoning.propose(data["places"], count, [home for home in own_homes.values() if home])
        yield 50
        days = [visit.day for visit in data["visits"]]
        hours = self._get_hours(people, min(days), max(days))
        crews = zoning.share_people(data["places"], zones, own_homes, hours)
        yield 70
        detour = self.company_id.field_travel_detour
        before = zoning.replay(data["visits"], data["zone_of"], homes, detour)
        yield 85
        then = zoning.reassign(data["visits"], zones, crews)
        after = zoning.replay(then, zones, homes, detour)
        self._write_result(data, zones, crews, hours, before, after)

    def _get_people(self):
        chosen = self.technician_ids
        if not chosen:
            # Who works in the field is no secret; employees are HR data.
            chosen = (
                self.env["hr.employee"]
                .sudo()
                .search(
                    [("is_field_technician", "=", True), ("company_id", "=", self.company_id.id)]
                )
            )
        return chosen.sudo().sorted("id")

    def _get_homes(self, people):
        """Return where people start; only sums of distances are made of it."""
        found = {}
        # A start point is usually a home: it never leaves this computation.
        for person in people.sudo():
            located = person.field_start_latitude or person.field_start_longitude
            found[person.id] = (
                (person.field_start_latitude, person.field_start_longitude) if located else None
            )
        return found

    def _get_hours(self, people, first, last):
        """Return ``{employee_id: hours that they can work between two days}``.

        The days are those that have missions: a company that began in June isn't idle before.
        """
        start = max(first, last - timedelta(days=SAMPLE_DAYS - 1))
        days = people._get_field_days(start, last)
        factor = ((last - first).days + 1) / ((last - start).days + 1)
        found = defaultdict(float)
        for (employee_id, _day), work in days.items():
            found[employee_id] += work.seconds / 3600 * factor
        return {person.id: found[person.id] for person in people}

    def _read_year(self):
        """Return the missions of the period as places and visits."""
        missions = self.env["field.mission"].search_fetch(
            Domain("company_id", "=", self.company_id.id)
            & Domain("mission_date", ">=", self.date_from)
            & Domain("mission_date", "<=", self.date_to)
            & Domain("state", "!=", "cancelled"),
            ["site_id", "technician_id", "mission_date", "planned_duration", "zone_id"],
        )
        sites = missions.site_id
        sites.fetch(
            ["zip", "site_insee_code", "city", "partner_latitude", "partner_longitude",
             "site_zone_id"]
        )  # fmt: skip
        keys, middle = self._get_places(sites)
        hours, visits, people = Counter(), [], self.env["hr.employee"]
        person_ids, unplaced = set(), set()
        for mission in missions:
            site = mission.site_id
            key = keys.get(site.id)
            if key is None or key not in middle:
                unplaced.add(site.id)
                continue
            hours[key] += mission.planned_duration
            located = site.partner_latitude or site.partner_longitude
            point = (site.partner_latitude, site.partner_longitude) if located else middle[key]
            person = mission.technician_id.id or 0
            person_ids.add(person)
            visits.append(
                zoning.Visit(mission.mission_date, person, key, *point, mission.planned_duration)
            )
        places = [zoning.Place(key, *middle[key], hours[key]) for key in sorted(hours)]
        present = {}
        by_key = defaultdict(Counter)
        for site in sites:
            if site.id in keys and keys[site.id] in middle:
                by_key[keys[site.id]][site.site_zone_id.id] += 1
        for key, zones in by_key.items():
            present[key] = min(zones.items(), key=lambda item: (-item[1], item[0]))[0]
        return {
            "places": places,
            "visits": visits,
            "zone_of": present,
            "people": people.browse(sorted(person_ids - {0})),
            "sites": sites,
            "keys": keys,
            "unplaced": unplaced,
            "missions": len(missions),
        }

    @staticmethod
    def _get_places(sites):
        """Return the place of each site (its commune, else its postcode), and where places are."""
        keys, sums = {}, defaultdict(lambda: [0.0, 0.0, 0])
        for site in sites:
            if site.site_insee_code:
                keys[site.id] = f"c{site.site_insee_code.strip().upper()}"
            elif site.zip:
                keys[site.id] = f"p{site.zip.strip().upper()}"
            if site.id in keys and (site.partner_latitude or site.partner_longitude):
                sums[keys[site.id]][0] += site.partner_latitude
                sums[keys[site.id]][1] += site.partner_longitude
                sums[keys[site.id]][2] += 1
        middle = {key: (lat / number, lon / number) for key, (lat, lon, number) in sums.items()}
        return keys, middle

    def _write_result(self, data, zones, crews, hours, before, after):
        speed = self.company_id.field_travel_speed
        towns = self._get_towns(data, zones)
        members = defaultdict(list)
        for key, zone in zones.items():
            members[zone].append(key)
        site_count = Counter(
            zones[data["keys"][site.id]]
            for site in data["sites"]
            if data["keys"].get(site.id) in zones
        )
        lines = []
        for zone in sorted(members):
            totals = after.get(zone, zoning.Totals())
            able = sum(hours.get(person, 0) for person in crews.get(zone, ()))
            codes = sorted(members[zone])
            lines.append(
                {
                    "kind": "proposed",
                    "number": zone + 1,
                    "name": towns[zone],
                    "color": zone % 12,
                    "commune_text": ", ".join(key[1:] for key in codes if key[0] == "c"),
                    "prefix_text": ", ".join(key[1:] for key in codes if key[0] == "p"),
                    "technician_ids": [Command.set(crews.get(zone, []))],
                    "site_count": site_count[zone],
                    **self._get_figures(totals, able, speed),
                }
            )
        present = self._get_present_lines(data, before, hours, speed)
        self.write(
            {
                "state": "ready",
                "progress": 100,
                "mission_count": data["missions"],
                "unplaced_count": len(data["unplaced"]),
                "km_before": sum(totals.km for totals in before.values()),
                "km_after": sum(totals.km for totals in after.values()),
                "gap_before": self._get_gap(present),
                "gap_after": self._get_gap(lines),
                "line_ids": [Command.clear(), *(Command.create(line) for line in lines)],
                "present_line_ids": [
                    Command.clear(),
                    *(Command.create(line) for line in present),
                ],
                "site_ids": [Command.clear()],
            }
        )
        by_number = {line.number: line.id for line in self.line_ids}
        self.env["field.zone.proposal.site"].create(
            [
                {
                    "proposal_id": self.id,
                    "site_id": site.id,
                    "line_id": by_number[zones[data["keys"][site.id]] + 1]
                    if data["keys"].get(site.id) in zones
                    else False,
                }
                for site in data["sites"]
            ]
        )

    @staticmethod
    def _get_figures(totals, able, speed):
        travel = totals.km / speed
        return {
            "hours": totals.hours,
            "travel_hours": travel,
            "mission_count": totals.visits,
            "km": totals.km,
            "available_hours": able,
            "load": 100 * (totals.hours + travel) / able if able else 0,
        }

    @staticmethod
    def _get_gap(lines):
        loads = [line["load"] for line in lines if line["available_hours"]]
        return max(loads) - min(loads) if loads else 0

    def _get_towns(self, data, zones):
        """Name each proposed zone after the town in which it works most."""
        towns = {site.id: site.city for site in data["sites"]}
        city_of = {}
        for site_id, key in data["keys"].items():
            if towns.get(site_id):
                city_of.setdefault(key, towns[site_id])
        best = {}
        for place in data["places"]:
            zone = zones[place.key]
            if zone not in best or place.hours > best[zone][0]:
                best[zone] = (place.hours, city_of.get(place.key) or place.key[1:])
        names = {zone: town for zone, (_hours, town) in best.items()}
        twice = Counter(names.values())
        return {
            zone: f"{town} {zone + 1}" if twice[town] > 1 else town for zone, town in names.items()
        }

    def _get_present_lines(self, data, before, hours, speed):
        """Return the present zones with the same figures; who works in several is shared."""
        ranks = self.env["field.zone.rank"].search([("company_id", "=", self.company_id.id)])
        in_zones = Counter(rank.employee_id.id for rank in ranks)
        crews = defaultdict(list)
        for rank in ranks:
            if rank.employee_id.id in hours:
                crews[rank.zone_id.id].append(rank.employee_id.id)
        sites = Counter(site.site_zone_id.id for site in data["sites"])
        lines = []
        for zone in self.env["field.zone"].browse([zone for zone in before if zone]):
            able = sum(hours[person] / in_zones[person] for person in crews[zone.id])
            lines.append(
                {
                    "kind": "present",
                    "name": zone.display_name,
                    "present_zone_id": zone.id,
                    "technician_ids": [Command.set(crews[zone.id])],
                    "site_count": sites[zone.id],
                    **self._get_figures(before[zone.id], able, speed),
                }
            )
        if none := before.get(False):
            lines.append(
                {
                    "kind": "present",
                    "name": self.env._("Without zone"),
                    "site_count": sites[False],
                    **self._get_figures(none, 0, speed),
                }
            )
        return lines

    # ------------------------------------------------------------------ decide

    def action_accept_all(self):
        """Make all proposed zones real and give the sites to them.

        :raises AccessError: the user may not change zones
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "ready":
            raise UserError(self.env._("There is no proposal to accept."))
        self.line_ids.filtered(lambda line: not line.zone_id).action_accept()
        self.state = "accepted"
        if self.archive_empty:
            old = self.present_line_ids.present_zone_id - self.line_ids.zone_id
            # A zone may hold sites that this user does not see.
            used = (
                self.env["res.partner"]
                .sudo()
                ._read_group(
                    [("site_zone_id", "child_of", old.ids), ("is_field_site", "=", True)],
                    ["site_zone_id"],
                )
            )
            kept = self.env["field.zone"].union(*(zone for (zone,) in used)).mapped("id")
            paths = self.env["field.zone"].browse(kept).sudo()
            outer = {int(part) for zone in paths for part in zone.parent_path.split("/") if part}
            old.filtered(lambda zone: zone.id not in outer).action_archive()
        return True

    def action_view_map(self):
        """Open the map of the sites by proposed zone.

        :return: action of the map
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_planning.field_zone_proposal_site_action"
        )
        action["domain"] = [("proposal_id", "=", self.id)]
        return action


class FieldZoneProposalLine(models.Model):
    """One zone, as it is or as it is proposed."""

    _name = "field.zone.proposal.line"
    _description = "Zone of a proposal"
    _inherit = ["hr.mixin"]
    _order = "proposal_id, kind, number, id"
    _check_company_auto = True

    proposal_id = fields.Many2one(
        "field.zone.proposal", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="proposal_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("proposed", "Proposed"), ("present", "Present")], required=True, readonly=True
    )
    number = fields.Integer(readonly=True)
    name = fields.Char(required=True)
    color = fields.Integer(readonly=True)
    commune_text = fields.Text(string="Communes", readonly=True)
    prefix_text = fields.Text(string="Postcodes", readonly=True)
    technician_ids = fields.Many2many("hr.employee", string="Technicians", check_company=True)
    site_count = fields.Integer(string="Sites", readonly=True)
    mission_count = fields.Integer(string="Missions", readonly=True)
    hours = fields.Float(string="Hours on site", digits=(12, 0), readonly=True)
    travel_hours = fields.Float(string="Travel (h)", digits=(12, 0), readonly=True)
    available_hours = fields.Float(string="Available (h)", digits=(12, 0), readonly=True)
    km = fields.Float(string="Kilometres", digits=(12, 0), readonly=True)
    load = fields.Float(
        string="Load (%)", digits=(6, 0), readonly=True, aggregator="avg",
        help="Work on site and travel in percent of the time that the technicians have.",
    )  # fmt: skip
    present_zone_id = fields.Many2one("field.zone", readonly=True, ondelete="set null")
    zone_id = fields.Many2one(
        "field.zone", string="Zone made", readonly=True, copy=False, ondelete="set null"
    )

    def action_accept(self):
        """Make these proposed zones real: their sites go to them, before all other zones.

        Sites whose zone was chosen by hand keep it.

        :raises AccessError: the user may not change zones
        """
        self.check_access("write")
        zones = self.env["field.zone"]
        zones.check_access("create")
        for line in self.filtered(lambda line: line.kind == "proposed" and not line.zone_id):
            company = line.company_id
            first = zones.search(
                [("company_id", "=", company.id)], order="sequence, id", limit=1
            ).sequence
            line.zone_id = zones.create(
                {
                    "name": line.name,
                    "company_id": company.id,
                    # Order decides where zones overlap: what was just accepted comes first.
                    "sequence": first - 1,
                    "color": line.color,
                    "commune_text": line.commune_text,
                    "prefix_text": line.prefix_text,
                }
            )
            # Who works where is no secret; employees are HR data.
            for person in line.sudo().technician_ids:
                mine = person.field_zone_rank_ids
                self.env["field.zone.rank"].create(
                    {
                        "employee_id": person.id,
                        "zone_id": line.zone_id.id,
                        "sequence": min(mine.mapped("sequence"), default=10) - 1,
                    }
                )
        lines = self.filtered("zone_id")
        # All sites of the zones follow, also those that this manager has no business with.
        sites = lines.sudo().proposal_id.site_ids.filtered(lambda row: row.line_id in lines).site_id
        sites.filtered(lambda site: not site.site_zone_manual)._refresh_zones()
        return True


class FieldZoneProposalSite(models.Model):
    """In which proposed zone a site lies; what the map of a proposal shows."""

    _name = "field.zone.proposal.site"
    _description = "Site of a proposal of zones"
    _rec_name = "site_id"
    _order = "proposal_id, line_id, id"

    proposal_id = fields.Many2one(
        "field.zone.proposal", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="proposal_id.company_id", store=True, index=True)
    line_id = fields.Many2one(
        "field.zone.proposal.line", string="Proposed zone", index="btree_not_null",
        ondelete="cascade", readonly=True,
    )  # fmt: skip
    site_id = fields.Many2one(
        "res.partner", required=True, index=True, ondelete="cascade", readonly=True
    )
    zip = fields.Char(related="site_id.zip")
    city = fields.Char(related="site_id.city")
    present_zone_id = fields.Many2one(related="site_id.site_zone_id", string="Present zone")

    @api.model
    def _get_map(self, domain, limit):
        """See ``field.map``: sites in the colours of their proposed zones, numbered."""
        rows = self.search(domain, limit=limit)
        rows.site_id.fetch(["name", "city", "partner_latitude", "partner_longitude"])
        points, missing = [], []
        for row in rows:
            site = row.site_id
            entry = {
                "id": site.id,
                "model": "res.partner",
                "title": site.name or "",
                "text": site.city or "",
                "group": row.line_id.id,
            }
            located = site.partner_latitude or site.partner_longitude
            if located and row.line_id:
                entry.update(lat=site.partner_latitude, lon=site.partner_longitude)
                points.append(entry)
            else:
                entry["reason"] = (
                    self.env._("Its site has no coordinates.")
                    if row.line_id
                    else self.env._("Its commune has no coordinates: it keeps its zone.")
                )
                missing.append(entry)
        return {
            "groups": [
                {"key": line.id, "label": line.name, "color": line.color, "shape": "circle",
                 "number": str(line.number)}
                for line in rows.line_id.sorted("number")
            ],
            "points": points,
            "lines": [],
            "missing": missing,
            "total": len(rows) if len(rows) < limit else self.search_count(domain),
        }  # fmt: skip
