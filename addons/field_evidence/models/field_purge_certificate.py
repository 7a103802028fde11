from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..guard import guard_table

FILES_PER_BATCH = 500
POSITIONS_PER_BATCH = 5000


class FieldPurgeCertificate(models.Model):
    """What a retention rule deleted: which kind, how much, up to when, of which dossiers.

    The only way by which sealed files lose their bytes. Their hashes stay in the journals, so that
    these still verify; the certificate says that nobody tampered. A trigger keeps it.
    """

    _name = "field.purge.certificate"
    _description = "Certificate of deletion"
    _order = "id desc"

    name = fields.Char(string="Number", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    kind = fields.Selection(
        [("photo", "Photos and files"), ("position", "Positions")], required=True, readonly=True
    )
    date = fields.Datetime(string="Deleted on", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Deleted by", required=True, readonly=True)
    date_limit = fields.Datetime(string="What was older than", required=True, readonly=True)
    rule = fields.Char(readonly=True, help="The retention period at that time.")
    count = fields.Integer(string="Deleted", required=True, readonly=True)
    mission_count = fields.Integer(string="Missions", readonly=True, aggregator=None)
    items = fields.Json(
        readonly=True,
        help="For each mission: its number, its dossier's number of items and head, and the SHA-256"
        " of the files whose bytes were deleted.",
    )
    items_text = fields.Text(string="Dossiers and files", compute="_compute_items_text")

    _name_unique = models.Constraint("UNIQUE(name)", "This number is taken.")

    def init(self):
        """Let the database itself refuse that a certificate changes or goes."""
        guard_table(self.env.cr, self._table, "A certificate of deletion is sealed")

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: a certificate says what was done."""
        raise UserError(self.env._("A certificate of deletion can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A certificate of deletion can't be deleted."))

    @api.depends("items")
    def _compute_items_text(self):
        for certificate in self:
            lines = []
            for item in certificate.items or ():
                head = f"{item['mission']}  {item['count']}:{item['head']}"
                lines += [head, *(f"    {digest}" for digest in item["files"])]
            certificate.items_text = "\n".join(lines)

    def _covers(self, mission, digest):
        """Whether one certificate names a file of a mission.

        :param mission: field.mission
        :param digest: the file's sealed SHA-256
        """
        self.ensure_one()
        return any(
            item.get("id") == mission.id and digest in item.get("files", ())
            for item in self.items or ()
        )

    # ------------------------------------------------------------------ what is due

    @api.model
    def _get_due_photos_domain(self, company):
        """Return which photos' bytes one company's rule deletes now, and up to when they date."""
        limit = fields.Datetime.now() - relativedelta(years=company.field_photo_years)
        domain = [
            ("company_id", "=", company.id),
            ("state", "=", "received"),
            ("purge_id", "=", False),
            # A dispute, and what the service type keeps longer, stop it.
            ("mission_id", "any", self.env["field.mission"]._get_domain_disposable()),
            ("mission_id.evidence_dossier_id.closed_date", "<", limit),
        ]
        return domain, limit

    @api.model
    def _get_due_positions_domain(self, company):
        """Return which positions one company's rule deletes now, and up to when they date."""
        limit = fields.Datetime.now() - timedelta(days=company.field_position_days)
        domain = [
            ("company_id", "=", company.id),
            ("date", "<", limit),
            ("mission_id.legal_hold", "=", False),
        ]
        return domain, limit

    @api.model
    def action_preview(self):
        """Say what the next run would delete in the user's companies, and delete nothing.

        :return: a notification
        :raises AccessError: for anybody else than a manager
        """
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_manager"):
            raise AccessError(self.env._("Only a manager may ask what is to be deleted."))
        photos = positions = 0
        for company in self.env.companies.sudo():
            if company.field_photo_years:
                domain = self._get_due_photos_domain(company)[0]
                photos += self.env["field.photo"].sudo().search_count(domain)
            domain = self._get_due_positions_domain(company)[0]
            positions += self.env["field.position"].sudo().search_count(domain)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Nothing is deleted now"),
                "message": self.env._(
                    "The next run would delete %(photos)s photo(s) or file(s) and"
                    " %(positions)s position(s).",
                    photos=photos,
                    positions=positions,
                ),
            },
        }

    # ------------------------------------------------------------------ the run

    @api.model
    def _cron_purge(self):
        """Delete what the companies' rules say, a batch and a certificate at a time."""
        for company in self.env["res.company"].search([("field_position_days", ">", 0)]):
            for purge in (self._purge_positions, self._purge_photos):
                while done := purge(company):
                    if not self.env["ir.cron"]._commit_progress(done):
                        return

    @api.model
    def _purge_positions(self, company):
        """Delete one company's positions whose time is over.

        :return: how many
        """
        domain, limit = self._get_due_positions_domain(company)
        positions = self.env["field.position"].search(domain, limit=POSITIONS_PER_BATCH)
        if not positions:
            return 0
        rule = self.env._("%s days", company.field_position_days)
        # No list: who was where is what is deleted.
        self._certify("position", company, limit, rule, len(positions), positions.mission_id, [])
        count = len(positions)
        positions.unlink()
        return count

    @api.model
    def _purge_photos(self, company):
        """Delete the bytes of one company's photos and files whose time is over.

        What was said of them, their hashes above all, stays sealed.

        :return: how many
        """
        if not company.field_photo_years:
            return 0
        domain, limit = self._get_due_photos_domain(company)
        photos = self.env["field.photo"].search(domain, limit=FILES_PER_BATCH, order="mission_id")
        if not photos:
            return 0
        rule = self.env._("%s years", company.field_photo_years)
        items = [
            {
                "id": mission.id,
                "mission": mission.name,
                "count": mission.evidence_count,
                "head": mission.evidence_head,
                "files": own.mapped("sha256"),
            }
            for mission, own in photos.grouped("mission_id").items()
        ]
        certificate = self._certify(
            "photo", company, limit, rule, len(photos), photos.mission_id, items
        )
        photos._drop_bytes(certificate)
        return len(photos)

    @api.model
    def _certify(self, kind, company, limit, rule, count, missions, items):
        return self.create(
            {
                "name": self.env["ir.sequence"].next_by_code(self._name),
                "company_id": company.id,
                "kind": kind,
                "date": fields.Datetime.now(),
                "user_id": self.env.uid,
                "date_limit": limit,
                "rule": rule,
                "count": count,
                "mission_count": len(missions),
                "items": items or False,
            }
        )
