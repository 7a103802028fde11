from odoo import api, fields, models


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    field_zone_rank_ids = fields.One2many(
        "field.zone.rank", "employee_id", string="Ranked zones", groups="hr.group_hr_user"
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Rank the zones that new technicians are given."""
        employees = super().create(vals_list)
        if any("field_zone_ids" in vals for vals in vals_list):
            employees._sync_zone_ranks()
        return employees

    def write(self, vals):
        """Keep the ranks true to the zones, whoever gives these."""
        result = super().write(vals)
        if "field_zone_ids" in vals and self.env.context.get("field_zone_sync", True):
            self._sync_zone_ranks()
        return result

    def _sync_zone_ranks(self):
        """Rank the zones of these technicians that have no rank yet, after the others."""
        # Ranks follow whoever may write the technicians.
        rank_model = self.env["field.zone.rank"].sudo().with_context(field_zone_sync=False)
        known = rank_model.search([("employee_id", "in", self.ids)]).grouped("employee_id")
        gone, missing = rank_model.browse(), []
        for employee in self.sudo():
            ranks = known.get(employee, rank_model)
            own = employee.field_zone_ids
            gone |= ranks.filtered(lambda rank, own=own: rank.zone_id not in own)
            last = max(ranks.mapped("sequence"), default=0)
            missing += [
                {"employee_id": employee.id, "zone_id": zone.id, "sequence": last + 10 * number}
                for number, zone in enumerate(own - ranks.zone_id, start=1)
            ]
        gone.unlink()
        rank_model.create(missing)

    def _get_zone_ranks(self):
        """Return in which zones technicians work, parts of zones included.

        :return: ``{employee_id: {zone_id: rank}}``, rank 1 for the zone preferred; an empty dict
            for who works everywhere
        """
        # Where somebody works is no secret to who plans; employees are HR data.
        ranks = self.env["field.zone.rank"].sudo().search([("employee_id", "in", self.ids)])
        inside = ranks.zone_id._get_descendants()
        found = {employee_id: {} for employee_id in self.ids}
        for employee, own in ranks.grouped("employee_id").items():
            for number, rank in enumerate(own.sorted(lambda r: (r.sequence, r.id)), start=1):
                for zone_id in inside[rank.zone_id.id]:
                    found[employee.id].setdefault(zone_id, number)
        return found

    def _get_placement_zones(self):
        """Return the zones that each person serves, parts of zones included.

        :return: ``{employee_id: {zone_id, …}}``; an empty set = everywhere
        """
        return {employee_id: set(ranks) for employee_id, ranks in self._get_zone_ranks().items()}
