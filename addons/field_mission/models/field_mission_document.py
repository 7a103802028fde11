from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# A site is rarely part of a part of a part; a loop must not run away.
DEEPEST_SITE = 6


class FieldMissionDocument(models.Model):
    """The documents of missions: their own, and those of their service type, site, equipment."""

    _inherit = "field.mission"

    document_ids = fields.Many2many(
        "field.document",
        compute="_compute_document_ids",
        compute_sudo=True,
        groups="field_mission.group_field_technician",
        string="Documents",
        help="Of the mission, its service type, its site and the equipment there.",
    )
    own_document_ids = fields.Many2many(
        "field.document",
        relation="field_document_field_mission_rel",
        string="Documents of this mission only",
        check_company=True,
        groups="field_mission.group_field_technician",
    )
    ack_ids = fields.One2many(
        "field.document.ack",
        "mission_id",
        string="Documents read",
        groups="field_mission.group_field_technician",
    )

    unread_document_count = fields.Integer(compute="_compute_unread_document_count")

    @api.depends_context("uid")
    def _compute_unread_document_count(self):
        for mission in self:
            known = mission.sudo()
            read = known.ack_ids.filtered(lambda ack: ack.user_id == self.env.user)
            mission.unread_document_count = len(known.document_ids.version_id - read.version_id)

    @api.depends("own_document_ids", "service_type_id", "site_id")
    def _compute_document_ids(self):
        found = self._get_documents()
        for mission in self:
            mission.document_ids = found[mission]

    def _get_sites_above(self):
        """Return ``{site: the site and all that it is part of}`` of the missions' sites."""
        chains = {site: site for site in self.site_id}
        for _level in range(DEEPEST_SITE):
            tops = {site: chain[-1:].site_parent_id for site, chain in chains.items()}
            if not any(tops.values()):
                break
            chains = {site: chain + tops[site] for site, chain in chains.items()}
        return chains

    def _get_domain_documents(self):
        """Return the domain of the documents that any of these missions has."""
        sites = self.env["res.partner"].union(*self._get_sites_above().values())
        domain = (
            Domain("service_type_ids", "in", self.service_type_id.ids)
            | Domain("site_ids", "in", sites.ids)
            | Domain("equipment_ids.site_id", "in", sites.ids)
            | Domain("mission_ids", "in", self.ids)
        )
        return domain & Domain("company_id", "in", self.company_id.ids)

    def _get_documents(self):
        """Return the documents of each mission, those to be read before the start first.

        :return: ``{mission: field.document}`` (sudo)
        """
        missions = self.sudo()
        none = self.env["field.document"].sudo()
        origins = missions._origin
        documents = none.search(origins._get_domain_documents()) if origins else none
        chains = missions._get_sites_above()
        found = {}
        for mission in self:
            sites = chains[mission.sudo().site_id] if mission.site_id else none.site_ids
            found[mission] = documents.filtered(
                lambda document, mission=mission, sites=sites: (
                    document.company_id == mission.sudo().company_id
                    and (
                        mission.sudo().service_type_id in document.service_type_ids
                        or sites & document.site_ids
                        or sites & document.equipment_ids.site_id
                        or mission.sudo()._origin in document.mission_ids
                    )
                )
            )
        return found

    # ------------------------------------------------------------------ read before the start

    def action_acknowledge(self, version_ids, at=None):
        """Say that the current user has read documents of one mission.

        :param version_ids: ids of ``field.document.version``; what was read already is left alone
        :param at: device time, UTC
        :return: ids of the acknowledgements, former ones included
        :raises UserError: a version that is none of the mission's documents
        """
        self._check_working(("planned", "in_progress", "done", "to_reschedule"))
        known = isinstance(version_ids, list) and all(type(one) is int for one in version_ids)
        versions = self.env["field.document.version"].sudo()
        versions = versions.browse(version_ids if known else []).exists()
        documents = self._get_documents()[self]
        if not versions or versions.document_id - documents:
            raise UserError(self.env._("This is no document of %s.", self.display_name))
        acks = self.env["field.document.ack"].sudo()
        former = acks.search(
            [
                ("mission_id", "=", self.id),
                ("user_id", "=", self.env.uid),
                ("version_id", "in", versions.ids),
            ]
        )
        return (
            former
            | acks.create(
                [
                    {
                        "mission_id": self.id,
                        "version_id": version.id,
                        "user_id": self.env.uid,
                        "person": self.env.user.name,
                        "date": self._device_time(at),
                    }
                    for version in versions - former.version_id
                ]
            )
        ).ids

    def action_acknowledge_all(self):
        """Say that the current user has read all the documents of one mission as they are now.

        :raises UserError: the mission has no document
        """
        self.ensure_one()
        self.check_access("read")
        self.action_acknowledge(self._get_documents()[self].version_id.ids)
        return True

    def _start_blockers(self, device=None):
        """Add the documents that nobody starting them has read.

        What counts is the version that was there when the device says it started: a technician
        without network can't read what came later.
        """
        found = super()._start_blockers(device)
        moment = device or fields.Datetime.now()
        documents = self._get_documents()
        for mission in self.sudo():
            members = mission.member_user_ids
            starter = self.env.user if self.env.user in members else members
            read = mission.ack_ids.filtered(lambda ack, who=starter: ack.user_id in who).version_id
            for document in documents[mission]:
                if not document.needed_before_start:
                    continue
                then = document.version_ids.filtered(
                    lambda version, moment=moment: version.create_date <= moment
                )
                wanted = then.sorted("number")[-1:] or document.version_id
                if not read.filtered(
                    lambda version, wanted=wanted: (
                        version.document_id == wanted.document_id
                        and version.number >= wanted.number
                    )
                ):
                    found[mission.id].append(
                        self.env._("“%s” has to be read", document.sudo().name)
                    )
        return found

    # ------------------------------------------------------------------ the app

    def _apply_document(self, payload, at):
        return {"ids": self.action_acknowledge(payload.get("versions"), at=at)}

    def _get_app_values(self):
        """Add the documents, and which of them the user has read."""
        found = super()._get_app_values()
        documents = self._get_documents()
        versions = self.env["field.document"].sudo().union(*documents.values()).version_id
        files = versions._get_attachments()
        acks = self.env["field.document.ack"].sudo()
        read = set(
            acks.search_fetch(
                [("mission_id", "in", self.ids), ("user_id", "=", self.env.uid)],
                ["mission_id", "version_id"],
            ).mapped(lambda ack: (ack.mission_id.id, ack.version_id.id))
        )
        for mission, values in zip(self, found, strict=True):
            values["documents"] = [
                {
                    "id": document.id,
                    "version": document.version_id.id,
                    "number": document.version_id.number,
                    "name": document.name,
                    "kind": document.kind,
                    "needed": document.needed_before_start,
                    "until": fields.Date.to_string(document.date_until) or "",
                    "mimetype": files[document.version_id.id].mimetype,
                    "size": files[document.version_id.id].file_size,
                    "checksum": files[document.version_id.id].checksum,
                    "read": (mission.id, document.version_id.id) in read,
                }
                for document in documents[mission]
                if document.version_id.id in files
            ]
        return found


class FieldOperationDocument(models.Model):
    _inherit = "field.operation"

    def _get_kinds(self):
        """Add the reading of documents."""
        return {**super()._get_kinds(), "document.read": "_apply_document"}
