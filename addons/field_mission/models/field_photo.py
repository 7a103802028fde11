import base64
import binascii
import hashlib
import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..core.uploads import BadUpload, inspect

UUID_FORM = re.compile(r"^[0-9a-fA-F-]{32,36}\Z")
SHA256_FORM = re.compile(r"^[0-9a-f]{64}\Z")
LARGEST_FILE = 25 * 1024 * 1024
# What a file name can't hold, in a label that may become one.
UNSAFE_NAME = re.compile(r"[\\/\x00-\x1f]+|\.\.+")


class FieldPhoto(models.Model):
    _name = "field.photo"
    _description = "Photo or file of a mission"
    _order = "capture_date, id"
    _rec_name = "caption"

    uuid = fields.Char(required=True, readonly=True, copy=False, help="Given by the device.")
    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True
    )
    check_id = fields.Many2one("field.mission.check", index="btree_not_null")
    kind = fields.Selection(
        [("photo", "Photo"), ("drawing", "Drawing"), ("document", "Document")],
        required=True,
        default="photo",
    )
    stage = fields.Selection([("before", "Before"), ("during", "During"), ("after", "After")])
    caption = fields.Char()
    sha256_declared = fields.Char(readonly=True, help="Computed by the device.")
    sha256 = fields.Char(readonly=True, copy=False, help="Computed from the bytes received.")
    size = fields.Integer(readonly=True, copy=False, aggregator="sum")
    mimetype = fields.Char(readonly=True, copy=False)
    capture_date = fields.Datetime(required=True, default=fields.Datetime.now, string="Taken on")
    date_received = fields.Datetime(readonly=True, copy=False)
    author_id = fields.Many2one(
        "res.users", required=True, readonly=True, default=lambda self: self.env.user
    )
    state = fields.Selection(
        [("waiting", "Waiting for the file"), ("received", "Received"), ("corrupt", "Corrupt")],
        default="waiting",
        required=True,
        readonly=True,
        copy=False,
    )
    attachment_id = fields.Many2one("ir.attachment", readonly=True, copy=False, ondelete="restrict")
    image = fields.Binary(related="attachment_id.datas", string="Picture")

    _uuid_unique = models.UniqueIndex("(uuid)", "This file was already announced.")

    @api.model
    def action_receive(self, uuid, data):
        """Store the bytes of an announced file.

        :param uuid: the file's uuid, as announced by the same user
        :param data: its bytes in base64 (str)
        :return: ``{"uuid": str, "state": "received" or "corrupt"}``; on ``corrupt`` send again
        """
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UserError(self.env._("The file did not arrive whole: send it again.")) from error
        return {"uuid": uuid, "state": self._receive(uuid, content)}

    @api.model
    def _receive(self, uuid, content):
        """Store the bytes of a file that the current user announced.

        Who owns the file counts, not the mission: a reassigned mission must not strand bytes.

        :param uuid: str
        :param content: bytes
        :return: ``received`` or ``corrupt``
        """
        known = isinstance(uuid, str) and UUID_FORM.match(uuid)
        photo = self.sudo().search([("uuid", "=", uuid)], limit=1) if known else None
        if not photo:
            raise UserError(self.env._("This file was not announced: send its description first."))
        if photo.author_id != self.env.user and not self.env.su:
            raise AccessError(self.env._("This file belongs to somebody else."))
        # Two uploads of the same file at once: the second waits its turn, Odoo retries it.
        self.env.execute_query(
            SQL("SELECT id FROM field_photo WHERE id = %s FOR UPDATE NOWAIT", photo.id)
        )
        photo.invalidate_recordset(["state"])
        photo._store_bytes(content)
        return photo.state

    def _store_bytes(self, data):
        """Keep the bytes of one file if they are what the device declared.

        Sending the same bytes again changes nothing.

        :param data: bytes
        """
        self.ensure_one()
        if self.state == "received":
            return
        if len(data) > LARGEST_FILE:
            raise UserError(self.env._("A file may not be larger than 25 MB."))
        digest = hashlib.sha256(data).hexdigest()
        photo = self.sudo()
        if not data or (photo.sha256_declared and photo.sha256_declared != digest):
            photo.state = "corrupt"
            return
        mimetype = self._inspect_bytes(data)
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": UNSAFE_NAME.sub(" ", photo.caption or "").strip()
                    or f"{photo.kind}-{photo.uuid[:8]}",
                    "raw": data,
                    "mimetype": mimetype,
                    "res_model": photo._name,
                    "res_id": photo.id,
                }
            )
        )
        photo.write(
            {
                "attachment_id": attachment.id,
                "sha256": digest,
                "size": len(data),
                "mimetype": mimetype,
                "date_received": fields.Datetime.now(),
                "state": "received",
            }
        )
        photo._after_received()

    def _inspect_bytes(self, data):
        """Return the type of a file by its bytes; the name and type it came with say nothing.

        :param data: bytes
        :raises UserError: anything but a picture or a PDF of a reasonable size
        """
        try:
            return inspect(data)
        except BadUpload as error:
            sentences = {
                "type": self.env._("Only pictures and PDF files are accepted."),
                "broken": self.env._("This file can't be read: take the photo again."),
                "pixels": self.env._(
                    "This picture is far too large: take it with the app, or reduce it."
                ),
                "disguise": self.env._(
                    "This file is a picture and something else at once: it was not stored."
                ),
            }
            raise UserError(sentences[error.code]) from error

    def _after_received(self):
        """React to files whose bytes have just been verified (hook)."""

    def action_download(self):
        """Open the bytes of one file in the browser."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/field.photo/{self.id}/image?filename_field=caption",
            "target": "new",
        }
