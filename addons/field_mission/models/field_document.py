from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class FieldDocument(models.Model):
    """What people have to know on site: prevention plan, permit, procedure, drawing, manual."""

    _name = "field.document"
    _description = "Field document"
    _inherit = ["mail.thread"]
    _order = "needed_before_start desc, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [
            ("prevention", "Prevention plan"),
            ("permit", "Work permit"),
            ("procedure", "Procedure"),
            ("drawing", "Drawing"),
            ("manual", "Manual"),
            ("other", "Other"),
        ],
        default="procedure",
        required=True,
        tracking=True,
    )
    description = fields.Text()
    needed_before_start = fields.Boolean(
        string="Read before start",
        tracking=True,
        help="Nobody starts a mission before saying that they have read it.",
    )
    service_type_ids = fields.Many2many(
        "field.service.type",
        string="Service types",
        check_company=True,
        help="It goes with every mission of these types.",
    )
    site_ids = fields.Many2many(
        "res.partner",
        string="Sites",
        domain="[('is_field_site', '=', True)]",
        help="It goes with every mission on these sites and on their parts.",
    )
    equipment_ids = fields.Many2many(
        "field.equipment",
        check_company=True,
        help="It goes with every mission on the sites of this equipment.",
    )
    mission_ids = fields.Many2many(
        "field.mission",
        relation="field_document_field_mission_rel",
        string="Missions",
        check_company=True,
    )
    version_ids = fields.One2many("field.document.version", "document_id", string="Versions")
    version_id = fields.Many2one(
        "field.document.version",
        string="Current version",
        compute="_compute_version_id",
        store=True,
    )
    file = fields.Binary(compute="_compute_file", inverse="_inverse_file", required=True)
    filename = fields.Char(compute="_compute_file", inverse="_inverse_filename")
    date_until = fields.Date(
        string="Valid until",
        compute="_compute_date_until",
        inverse="_inverse_date_until",
        store=True,
        help="Empty: for good. A new file may be valid longer.",
    )
    is_expired = fields.Boolean(compute="_compute_is_expired", search="_search_is_expired")
    is_mine = fields.Boolean(compute="_compute_is_mine", search="_search_is_mine")
    ack_count = fields.Integer(string="Read by", compute="_compute_ack_count")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )

    @api.depends("version_ids.number")
    def _compute_version_id(self):
        for document in self:
            document.version_id = document.version_ids.sorted("number")[-1:]

    @api.depends("version_id")
    def _compute_file(self):
        for document in self:
            document.file = document.version_id.file
            document.filename = document.version_id.filename

    def _inverse_file(self):
        """Each file is a version of its own: who read the former one has read the former one."""
        self.env["field.document.version"].create(
            [
                {
                    "document_id": document.id,
                    "number": len(document.version_ids) + 1,
                    "file": document.file,
                    "filename": document.filename or document.name,
                    "date_until": document.date_until,
                }
                for document in self
                if document.file and document.file != document.version_id.file
            ]
        )

    def _inverse_filename(self):
        """The name comes with its file, in ``_inverse_file``."""

    @api.depends("version_id.date_until")
    def _compute_date_until(self):
        for document in self:
            document.date_until = document.version_id.date_until

    def _inverse_date_until(self):
        for document in self:
            if document.version_id and document.version_id.date_until != document.date_until:
                document.version_id.date_until = document.date_until

    @api.depends("date_until")
    def _compute_is_expired(self):
        today = fields.Date.context_today(self)
        for document in self:
            document.is_expired = bool(document.date_until and document.date_until < today)

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        expired = Domain("date_until", "<", fields.Date.context_today(self))
        return expired if True in value else ~expired

    @api.depends_context("uid")
    def _compute_is_mine(self):
        mine = self.sudo().search(self._get_domain_mine())
        for document in self:
            document.is_mine = document in mine

    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine = self._get_domain_mine()
        return mine if True in value else ~mine

    def _get_domain_mine(self):
        """The documents of the user's own missions of these days."""
        missions = self.env["field.mission"].sudo()._get_app_missions()
        return missions._get_domain_documents()

    def _compute_ack_count(self):
        counts = dict(
            self.env["field.document.ack"]._read_group(
                [("version_id", "in", self.version_id.ids)], ["version_id"], ["__count"]
            )
        )
        for document in self:
            document.ack_count = counts.get(document.version_id, 0)

    @api.model_create_multi
    def create(self, vals_list):
        """Create documents, each with its first file.

        :raises ValidationError: one of them has no file
        """
        documents = super().create(vals_list)
        for document in documents:
            if not document.version_ids:
                raise ValidationError(self.env._("“%s” has no file.", document.name))
        return documents

    def action_view_acks(self):
        """Open who read these documents, and when.

        :return: action of a list
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_document_ack_action"
        )
        action["domain"] = [("document_id", "in", self.ids)]
        return action
