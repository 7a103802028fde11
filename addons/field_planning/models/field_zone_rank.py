from odoo import api, fields, models


class FieldZoneRank(models.Model):
    """A technician works in a zone: first choice, second choice…"""

    _name = "field.zone.rank"
    _description = "Rank of a zone for a technician"
    _inherit = ["hr.mixin"]
    _order = "employee_id, sequence, id"
    _check_company_auto = True

    employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
    )
    zone_id = fields.Many2one(
        "field.zone", required=True, index=True, ondelete="cascade", check_company=True
    )
    sequence = fields.Integer(default=10, help="The lowest is the zone preferred.")
    company_id = fields.Many2one(related="zone_id.company_id", store=True, index=True)

    _employee_zone_unique = models.UniqueIndex(
        "(employee_id, zone_id)", "This technician already works in this zone."
    )

    @api.depends("employee_id", "zone_id")
    def _compute_display_name(self):
        for rank in self:
            # A name is no secret to who may read the ranks; employees are HR data.
            rank.display_name = f"{rank.employee_id.sudo().name} · {rank.zone_id.name}"

    def init(self):
        """Rank the zones that technicians had before there were ranks."""
        self.env.cr.execute(
            """INSERT INTO field_zone_rank
                      (employee_id, zone_id, sequence, company_id, create_uid, create_date)
               SELECT rel.hr_employee_id, rel.field_zone_id, 10 * zone.sequence, zone.company_id,
                      1, now() AT TIME ZONE 'UTC'
                 FROM field_zone_hr_employee_rel rel
                 JOIN field_zone zone ON zone.id = rel.field_zone_id
                WHERE NOT EXISTS (SELECT 1 FROM field_zone_rank rank
                                   WHERE rank.employee_id = rel.hr_employee_id
                                     AND rank.zone_id = rel.field_zone_id)"""
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Let the technicians' zones follow."""
        ranks = super().create(vals_list)
        ranks._sync_zones()
        return ranks

    def write(self, vals):
        """Let the technicians' zones follow."""
        people = self.sudo().employee_id
        result = super().write(vals)
        if {"employee_id", "zone_id"} & set(vals):
            self._sync_zones(people)
        return result

    def unlink(self):
        """Let the technicians' zones follow."""
        people = self.sudo().employee_id
        result = super().unlink()
        self.browse()._sync_zones(people)
        return result

    def _sync_zones(self, people=None):
        """Write the zones of technicians, which others read, from their ranks."""
        # Managers keep ranks without any right on HR data; only the zones are written.
        if not self.env.context.get("field_zone_sync", True):
            return
        people = (people or self.env["hr.employee"]).sudo() | self.sudo().employee_id
        rows = dict(
            self.sudo()._read_group(
                [("employee_id", "in", people.ids)], ["employee_id"], ["zone_id:recordset"]
            )
        )
        for person in people.exists():
            zones = rows.get(person, self.env["field.zone"])
            if person.field_zone_ids != zones:
                person.with_context(field_zone_sync=False).field_zone_ids = zones
