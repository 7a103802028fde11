import base64
import hashlib
import re

from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldDocumentVersion(models.Model):
    """One file of a document. Files are never changed: a new one is a new version."""

    _name = "field.document.version"
    _description = "Version of a field document"
    _order = "document_id, number desc"

    document_id = fields.Many2one(
        "field.document", required=True, readonly=True, index=True, ondelete="cascade"
    )
    number = fields.Integer(string="Version", required=True, readonly=True)
    file = fields.Binary(attachment=True, required=True)
    filename = fields.Char(required=True)
    sha256 = fields.Char(string="SHA-256", readonly=True)
    date_until = fields.Date(string="Valid until")
    company_id = fields.Many2one(related="document_id.company_id", store=True, precompute=True)
    ack_ids = fields.One2many("field.document.ack", "version_id", string="Read by")

    _number_unique = models.Constraint(
        "unique(document_id, number)", "A document has each version once."
    )

    @api.depends("document_id.name", "number")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(name)s, version %(number)s",
                name=version.document_id.name,
                number=version.number,
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Keep the hash of each file: who reads it has read exactly that."""
        versions = super().create(vals_list)
        for version in versions:
            version._keep_hash()
        return versions

    def _keep_hash(self):
        """Store the hash of one file, past the guard of ``write``: it follows from the file."""
        digest = hashlib.sha256(base64.b64decode(self.file)).hexdigest()
        return super().write({"sha256": digest})  # pylint: disable=super-method-mismatch

    def write(self, vals):
        """Refuse another file: people have read this one."""
        if {"file", "document_id", "number", "sha256"} & vals.keys():
            raise UserError(self.env._("A version keeps its file: add a new version instead."))
        return super().write(vals)

    def _get_attachments(self):
        """Return the stored files of these versions.

        :return: ``{version_id: ir.attachment}`` (sudo)
        """
        found = (
            self.env["ir.attachment"]
            .sudo()
            .search_fetch(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "file"),
                    ("res_id", "in", self.ids),
                ],
                ["res_id", "mimetype", "file_size", "checksum"],
            )
        )
        return {attachment.res_id: attachment for attachment in found}

    def _get_safe_filename(self):
        """Return the file name of one version without what a header or a disk can't hold."""
        self.ensure_one()
        return re.sub(r"[\x00-\x1f\"/\\]", "_", self.filename or "document")
