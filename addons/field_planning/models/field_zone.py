from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import zone_match

# Sites that one step of the recomputation takes.
BATCH = 1000


class FieldZone(models.Model):
    """Zones made of postcodes and communes, one inside another, with who works there."""

    _inherit = "field.zone"
    _parent_store = True
    _check_company_auto = True

    parent_id = fields.Many2one(
        "field.zone",
        string="Part of the zone",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('id', '!=', id)]",
        help="Who works in the larger zone works here too; the larger zone sums its parts.",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("field.zone", "parent_id", string="Parts of the zone")
    commune_text = fields.Text(
        string="Communes",
        help="INSEE codes of the communes of the zone, separated by commas: 29232, 29039.",
    )
    rank_ids = fields.One2many(
        "field.zone.rank",
        "zone_id",
        string="Technicians",
        groups="field_mission.group_field_planner",
    )
    total_site_count = fields.Integer(
        compute="_compute_totals", string="Sites, parts included", compute_sudo=False
    )
    hours_year = fields.Float(
        compute="_compute_totals",
        string="Hours on site (12 months)",
        digits=(12, 1),
        compute_sudo=False,
    )
    mission_year = fields.Integer(
        compute="_compute_totals", string="Missions (12 months)", compute_sudo=False
    )
    km_year = fields.Float(
        compute="_compute_totals",
        string="Kilometres (12 months)",
        digits=(12, 0),
        compute_sudo=False,
        help="Driven to the missions of the zone, as their tours say.",
    )
    technician_count = fields.Integer(
        compute="_compute_totals", string="Number of technicians", compute_sudo=False
    )

    @api.depends("name", "parent_id.display_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        for zone in self.filtered("parent_id"):
            zone.display_name = f"{zone.parent_id.display_name} / {zone.name or ''}"
        return result

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_totals(self):
        """Sum over each zone and its parts, in a fixed number of queries."""
        inside = self._get_descendants()
        everything = self.browse({id_ for ids in inside.values() for id_ in ids})
        today = fields.Date.context_today(self)
        since = today - relativedelta(months=12)
        of_zone = Domain("zone_id", "in", everything.ids)
        sites = self._sum_by_zone(
            "res.partner", Domain("site_zone_id", "in", everything.ids)
            & Domain("is_field_site", "=", True), "site_zone_id", "__count",
        )  # fmt: skip
        missions = of_zone & Domain("mission_date", ">=", since)
        missions &= Domain("mission_date", "<=", today) & Domain("state", "!=", "cancelled")
        counts = self._sum_by_zone("field.mission", missions, "zone_id", "__count")
        hours = self._sum_by_zone("field.mission", missions, "zone_id", "planned_duration:sum")
        stops = Domain("mission_id.zone_id", "in", everything.ids) & Domain("date", ">=", since)
        kilometres = self._sum_by_zone(
            "field.tour.stop", stops & Domain("date", "<=", today), "mission_id.zone_id",
            "travel_km:sum",
        )  # fmt: skip
        workers = {}
        for zone, people in self.env["field.zone.rank"]._read_group(
            of_zone, ["zone_id"], ["employee_id:array_agg"]
        ):
            workers[zone.id] = set(people)
        for zone in self:
            ids = inside.get(zone.id) or [zone.id]
            zone.total_site_count = sum(sites.get(id_, 0) for id_ in ids)
            zone.mission_year = sum(counts.get(id_, 0) for id_ in ids)
            zone.hours_year = sum(hours.get(id_, 0) for id_ in ids)
            zone.km_year = sum(kilometres.get(id_, 0) for id_ in ids)
            zone.technician_count = len(set().union(*(workers.get(id_, ()) for id_ in ids)))

    def _sum_by_zone(self, model, domain, zone_field, aggregate):
        if not self.env[model].has_access("read"):
            return {}
        rows = self.env[model]._read_group(domain, [zone_field], [aggregate])
        return {zone.id: value or 0 for zone, value in rows}

    def _get_descendants(self):
        """Return ``{zone_id: ids of the zone and of all its parts}``, in one query."""
        found = {zone_id: [zone_id] for zone_id in self.ids}
        if not self.ids:
            return found
        rows = self.env.execute_query(
            SQL(
                """SELECT outer_zone.id, inner_zone.id
                     FROM field_zone outer_zone
                     JOIN field_zone inner_zone
                       ON inner_zone.parent_path LIKE outer_zone.parent_path || '%%'
                    WHERE outer_zone.id IN %s AND inner_zone.id != outer_zone.id""",
                tuple(self.ids),
                to_flush=self._fields["parent_path"],
            )
        )
        for outer, inner in rows:
            found[outer].append(inner)
        return found

    @api.constrains("prefix_text", "commune_text")
    def _check_codes(self):
        for zone in self:
            if wrong := zone_match.wrong_communes(zone.commune_text):
                raise ValidationError(
                    self.env._("These are no INSEE codes of communes: %s", ", ".join(wrong[:10]))
                )
            if wrong := zone_match.wrong_prefixes(zone.prefix_text):
                raise ValidationError(
                    self.env._("These are no beginnings of postcodes: %s", ", ".join(wrong[:10]))
                )

    # ------------------------------------------------------------------ sites

    @api.model
    def _match_sites(self, partners, company=None):
        """Return the zone of each partner, found by its commune or postcode.

        A part of a zone wins over it, else the order of the zones decides; among zones of the
        same order, the most exact rule.

        :param partners: ``res.partner`` records
        :param company: company whose zones count for partners without one (default: the current)
        :return: ``{partner: field.zone}``, an empty zone where none matches
        """
        matchers = {}
        none = self.browse()
        found = {}
        company = company or self.env.company
        for partner in partners:
            own = partner.company_id or company
            if own not in matchers:
                matchers[own] = self._get_matcher(own)
            zone_id = matchers[own].find(partner.zip, partner.site_insee_code)
            found[partner] = self.browse(zone_id) if zone_id else none
        return found

    @api.model
    def _get_matcher(self, company):
        zones = self.search_fetch(
            [("company_id", "=", company.id)],
            ["sequence", "parent_path", "prefix_text", "commune_text"],
        )
        rules = []
        for zone in zones:
            path = [int(part) for part in (zone.parent_path or "").split("/") if part]
            rules.append(
                zone_match.Zone(
                    zone.id,
                    zone.sequence,
                    max(0, len(path) - 1),
                    tuple(zone_match.split_codes(zone.prefix_text)),
                    tuple(zone_match.split_codes(zone.commune_text)),
                    frozenset(path) - {zone.id},
                )
            )
        return zone_match.Matcher(rules)

    def action_recompute_sites(self):
        """Find the zones of all sites again, those set by hand left alone.

        The first thousand at once, the others by a cron, batch by batch.

        :raises AccessError: the user may not change zones
        :return: a notification that says what was done
        """
        self.check_access("write")
        partners = self.env["res.partner"]
        # All sites of the companies, also those that this manager has no business with.
        todo = partners.sudo().search(partners._get_zone_domain(self.env.companies))
        todo.write({"site_zone_stale": True})
        changed = todo[:BATCH]._refresh_zones()
        left = len(todo) - BATCH
        if left > 0:
            # The rest is the system's own work.
            self.env.ref("field_planning.ir_cron_zones").sudo()._trigger()
            text = self.env._(
                "%(changed)s of %(done)s sites changed zone; the other %(left)s follow shortly.",
                changed=changed,
                done=BATCH,
                left=left,
            )
        else:
            text = self.env._(
                "%(changed)s of %(done)s sites changed zone.", changed=changed, done=len(todo)
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": text,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_view_sites(self):
        """Open the sites of these zones and of their parts."""
        action = super().action_view_sites()
        ids = [id_ for ids in self._get_descendants().values() for id_ in ids]
        action["domain"] = [("is_field_site", "=", True), ("site_zone_id", "in", ids)]
        return action
