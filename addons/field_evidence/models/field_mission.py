from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.field_mission.core import states

from ..hooks import INSTALLED
from .field_evidence import Item

# What is sealed of the mission itself.
FACT_FIELDS = (
    "name",
    "request_id",
    "partner_id",
    "site_id",
    "service_type_id",
    "contract_id",
    "technician_id",
    "helper_ids",
    "promised_kind",
    "promised_date",
    "promised_start",
    "promised_end",
    "promised_tolerance",
    "actual_start",
    "actual_end",
    "actual_start_server",
    "actual_end_server",
    "description",
    "conclusion",
)
# What a mission's dossier is made of, in the order of a first inventory.
SOURCE_MODELS = (
    "field.mission.time",
    "field.mission.check.answer",
    "field.mission.material",
    "field.photo",
    "field.signature",
    "field.incident",
    "field.nonconformity",
    "field.document.ack",
)


class FieldMission(models.Model):
    _name = "field.mission"
    _inherit = ["field.mission", "field.evidence.source"]

    _evidence_fields = FACT_FIELDS
    _evidence_on_create = False

    evidence_ids = fields.One2many(
        "field.evidence", "mission_id", string="Sealed items", readonly=True
    )
    # Set by the dossier itself when it opens; `_refuse_evidence` keeps everybody else away.
    evidence_dossier_id = fields.Many2one(
        "field.evidence.dossier",
        string="Dossier",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    evidence_count = fields.Integer(
        related="evidence_dossier_id.count", string="Number of sealed items"
    )
    evidence_head = fields.Char(
        related="evidence_dossier_id.head_hash", string="Head of the journal"
    )
    evidence_closed_date = fields.Datetime(related="evidence_dossier_id.closed_date")
    evidence_closed_count = fields.Integer(related="evidence_dossier_id.closed_count")
    evidence_closed_hash = fields.Char(related="evidence_dossier_id.closed_hash")
    evidence_missing_count = fields.Integer(
        related="evidence_dossier_id.missing_count", string="Files awaited"
    )
    evidence_missing_accepted = fields.Boolean(related="evidence_dossier_id.missing_accepted")
    evidence_timestamp_ids = fields.One2many(
        related="evidence_dossier_id.timestamp_ids",
        string="Time-stamps",
        groups="field_mission.group_field_planner",
    )
    photo_hint_ids = fields.One2many(
        "field.photo.hint",
        "mission_id",
        string="Hints about photos",
        readonly=True,
        groups="field_mission.group_field_planner",
    )

    # ------------------------------------------------------------------ guards

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse a dossier from outside."""
        for vals in vals_list:
            self._refuse_evidence(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse a dossier from outside; the change of a sealed fact is sealed (see source)."""
        self._refuse_evidence(vals)
        return super().write(vals)

    @api.model
    def _refuse_evidence(self, vals):
        if vals.get("evidence_dossier_id") or vals.get("evidence_ids"):
            raise UserError(self.env._("A dossier is opened by its first sealed item."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sealed(self):
        self.env["field.evidence"]._seal_pending()
        sealed = self.filtered("evidence_dossier_id")
        if sealed:
            raise UserError(
                self.env._("%s can't be deleted: its dossier is sealed.", sealed[0].display_name)
            )

    # ------------------------------------------------------------------ the mission as a source

    def _filter_opening(self):
        """A plan is only a plan: what happens at the customer's opens the dossier."""
        return self.browse()

    def _get_evidence_mission(self):
        return self

    def _get_evidence_kind(self):
        return "mission"

    def _get_evidence_data(self):
        """Name the request with its date and the site with its address."""
        found = super()._get_evidence_data()
        for mission in self.sudo():
            data, site, request = found[mission.id], mission.site_id, mission.request_id
            town = " ".join(filter(None, [site.zip, site.city]))
            data["site_id"]["name"] = ", ".join(
                filter(None, [site.display_name, site.street, site.street2, town])
            )
            if request.date_received:
                received = fields.Datetime.to_string(request.date_received)
                data["request_id"]["name"] = f"{request.name} ({received} UTC)"
        return found

    # ------------------------------------------------------------------ older missions

    def _filter_unsealed_past(self):
        """Return the missions that are older than the seal itself."""
        installed = self.env["ir.config_parameter"].sudo().get_param(INSTALLED)
        if not installed:
            return self.browse()
        since = fields.Datetime.to_datetime(installed)
        return self.filtered(lambda mission: mission.create_date <= since)

    def _get_inventory_items(self):
        """Return everything that these missions hold now as items to seal."""
        items = self._get_evidence_items()
        for model in SOURCE_MODELS:
            records = self.env[model].sudo().search([("mission_id", "in", self.ids)], order="id")
            items += records._filter_evidence()._get_evidence_items()
        return items

    def action_seal_without_files(self, reason):
        """Close the dossiers of done missions whose announced files will not come (planners).

        The list of what is missing is sealed with the reason; a file that arrives later still is
        taken in, by another closing.

        :param reason: why they will not come, in words
        :raises UserError: no reason, or a mission that is not done or lacks no file
        :raises AccessError: anybody else than a planner
        """
        self.check_access("read")
        self._check_role(states.PLANNER)
        text = reason.strip() if isinstance(reason, str) else ""
        if not text:
            raise UserError(self.env._("Say why: a reason is needed for this step."))
        self.env["field.evidence"]._seal_pending()
        for mission in self.sudo():
            if mission.state != "done" or not mission.evidence_missing_count:
                raise UserError(
                    self.env._(
                        "%s is not done, or waits for no file: there is nothing to seal without.",
                        mission.display_name,
                    )
                )
        self.env["field.evidence"]._close_without_files(self.sudo(), text)

    def _seal_note(self, kind, data, record=None, digest=None):
        """Seal something that has no source record of its own in the mission's life.

        :param kind: a kind of ``field.evidence``
        :param data: what is sealed
        :param record: what it is about (default: the mission)
        :param digest: ``(sha256, size)`` of its file
        :return: the new entry
        """
        self.ensure_one()
        about = record or self
        return self.env["field.evidence"]._seal(
            [
                Item(
                    mission_id=self.id,
                    kind=kind,
                    record=(about._name, about.id),
                    data=data,
                    author_id=self.env.uid,
                    digest=digest,
                )
            ]
        )
