from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import content_disposition, request

from ..models.field_photo import LARGEST_FILE
from .field_app import PROTOCOL, FieldApp


class FieldApi(FieldApp):
    """What the technician's app asks of the server: one pull, one push, one file at a time."""

    def _is_stranger(self, uid=None, db=None):
        """Tell whether the device's data belongs to somebody else, or to another database."""
        return (uid is not None and uid != request.env.uid) or (db is not None and db != request.db)

    @http.route("/field/api/bootstrap", type="jsonrpc", auth="user", readonly=True)
    def bootstrap(self, uid=None, db=None, **_ignored):
        """Return the user's missions and what the app needs to show them; write nothing.

        :param uid: user whom the device's data belongs to, or None at the first start
        :param db: database that the device's data belongs to, or None
        """
        if self._is_stranger(uid, db):
            return {"stranger": True}
        return {
            "uid": request.env.uid,
            "db": request.db,
            "protocol": PROTOCOL,
            "app_version": self._get_version(),
            "modules": self._get_app_modules(),
            "csrf": request.csrf_token(),
            **request.env["field.mission"]._get_app_snapshot(),
        }

    @http.route("/field/api/sync", type="jsonrpc", auth="user")
    def sync(
        self,
        operations=None,
        uid=None,
        db=None,
        device=None,
        app_version=None,
        pending=0,
        **_ignored,
    ):
        """Apply operations, each exactly once, and stamp the last contact.

        :param operations: list of operations (see ``field.operation.action_apply``)
        :param uid: user whom the operations belong to
        :param db: database that they belong to
        :param device: identifier of the device, at most 64 characters
        :param app_version: version of the app that calls
        :param pending: number of operations that the device holds in all
        :return: ``{"results": […], "csrf": str, "server_time": str}``, or ``{"stranger": True}``
            when the operations belong to another user: nothing is applied then
        """
        if self._is_stranger(uid, db):
            return {"stranger": True}
        request.env["field.device"].sudo(False)._stamp(device, app_version, pending)
        results = request.env["field.operation"].action_apply(operations or [])
        return {
            "results": results,
            "csrf": request.csrf_token(),
            "app_version": self._get_version(),
            "server_time": request.env["field.mission"]._get_server_time(),
        }

    @http.route(
        "/field/api/blob",
        type="http",
        auth="user",
        methods=["POST"],
        sitemap=False,
        # The form around the file is small; what is larger is not even read.
        max_content_length=LARGEST_FILE + 1024 * 1024,
    )
    def blob(self, uuid=None, file=None, **_ignored):
        """Store the bytes of an announced file; the same file twice changes nothing.

        :param uuid: uuid under which the file was announced
        :param file: multipart file
        :return: JSON ``{"uuid", "state"}``, or ``{"error"}`` with status 400 or 403
        """
        if not isinstance(uuid, str) or file is None or not hasattr(file, "read"):
            return request.make_json_response({"error": "malformed"}, status=400)
        try:
            state = request.env["field.photo"]._receive(uuid, file.read(LARGEST_FILE + 1))
        except AccessError as error:
            return request.make_json_response({"error": str(error)}, status=403)
        except UserError as error:
            return request.make_json_response({"error": str(error)}, status=400)
        return request.make_json_response({"uuid": uuid, "state": state})

    @http.route(
        "/field/api/document/<int:version_id>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
        readonly=True,
    )
    def document(self, version_id):
        """Return the bytes of a document of one of the user's missions, to be kept on the phone.

        :param version_id: id of ``field.document.version``
        :return: the file, or 404 for whatever is none of the user's
        """
        missions = request.env["field.mission"]._get_app_missions()
        documents = request.env["field.document"].sudo().union(*missions._get_documents().values())
        version = documents.version_ids.filtered(lambda one: one.id == version_id)
        attachment = version._get_attachments().get(version_id)
        if not attachment:
            raise NotFound()
        # A page that somebody uploaded must not run as one of ours.
        return request.make_response(
            attachment.raw,
            headers=[
                ("Content-Type", "application/octet-stream"),
                ("Content-Disposition", content_disposition(version._get_safe_filename())),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "private, no-store"),
            ],
        )
