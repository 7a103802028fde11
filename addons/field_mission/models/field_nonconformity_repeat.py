from odoo import api, fields, models


class FieldNonconformityRepeat(models.Model):
    """The same defect seen again is the same non-conformity, with one more visit behind it."""

    _inherit = "field.nonconformity"

    check_key = fields.Char(
        compute="_compute_check_key",
        store=True,
        help="What the check asks, the same in every version of the checklist.",
    )
    finding_ids = fields.Many2many(
        "field.mission.check.answer",
        relation="field_nonconformity_finding_rel",
        column1="nonconformity_id",
        column2="answer_id",
        string="Seen",
        readonly=True,
        copy=False,
        groups="field_mission.group_field_technician",
    )
    seen_count = fields.Integer(
        compute="_compute_seen",
        store=True,
        string="Visits",
        help="Visits that found it, the first one among them.",
    )
    date_seen = fields.Datetime(compute="_compute_seen", store=True, string="Last seen on")
    previous_id = fields.Many2one(
        "field.nonconformity",
        string="Came back after",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The same defect at the same place, verified and closed before.",
    )

    _same_defect_idx = models.Index("(site_id, check_key) WHERE check_key IS NOT NULL")

    @api.depends("check_id.name", "check_id.item_id.name", "check_id.kind")
    def _compute_check_key(self):
        keys = self.check_id._get_defect_keys()
        for record in self:
            record.check_key = keys.get(record.check_id.id, False)

    @api.depends("finding_ids", "mission_id", "date")
    def _compute_seen(self):
        for record in self:
            missions = record.finding_ids.mission_id | record.mission_id
            record.seen_count = len(missions) or 1
            record.date_seen = max([record.date, *record.finding_ids.mapped("device_date")])

    @api.model
    def _find_same(self, sites, companies, keys):
        """Return what is known of some defects, latest last: ``{place and key: records}``.

        :param sites: ``res.partner``
        :param companies: ``res.company``
        :param keys: iterable of ``check_key``
        :return: ``{(site id, company id, equipment id, key): field.nonconformity}``
        """
        found = self.search(
            [
                ("site_id", "in", sites.ids),
                ("company_id", "in", companies.ids),
                ("check_key", "in", list(keys)),
            ],
            order="id",
        )
        return found.grouped(
            lambda record: (
                record.site_id.id,
                record.company_id.id,
                record.equipment_id.id,
                record.check_key,
            )
        )

    def _see_again(self, answers):
        """Note the answers that found one open non-conformity once more.

        :param answers: ``field.mission.check.answer``
        """
        self.ensure_one()
        self.write({"finding_ids": [fields.Command.link(answer.id) for answer in answers]})


class FieldMissionCheckRepeat(models.Model):
    _inherit = "field.mission.check"

    def _get_defect_keys(self):
        """Return what checks ask, whatever the version of their checklist or the language.

        :return: ``{check_id: key}``
        """
        found = {}
        for check in self.sudo().with_context(lang="en_US"):
            words = " ".join((check.item_id.name or check.name or "").split()).casefold()
            found[check.id] = f"{check.kind}:{words[:200]}"
        return found

    def _get_defect_places(self):
        """Return where defects found by checks are.

        :return: ``{check_id: (site id, company id, equipment id or False, key)}``
        """
        keys = self._get_defect_keys()
        found = {}
        for check in self.sudo():
            mission = check.mission_id
            # A visit of several machines does not say which one it was.
            equipment = mission.equipment_ids if len(mission.equipment_ids) == 1 else None
            found[check.id] = (
                mission.site_id.id,
                mission.company_id.id,
                equipment.id if equipment else False,
                keys[check.id],
            )
        return found
