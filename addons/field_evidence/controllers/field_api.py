from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from odoo.addons.field_mission.controllers.field_api import FieldApi


class FieldEvidenceApi(FieldApi):
    """Small pictures of what was sent, for a phone that did not take them itself."""

    def _get_app_modules(self):
        return [*super()._get_app_modules(), "field_evidence"]

    @http.route(
        "/field/api/thumbnail/<string:uuid>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
        readonly=True,
    )
    def thumbnail(self, uuid):
        """Return a small JPEG of a photo of one of the user's missions.

        :param uuid: the photo's uuid
        :return: the picture, or 404 for whatever is none of the user's, or no picture
        """
        photo = request.env["field.photo"].search(
            [("uuid", "=", uuid), ("kind", "=", "photo"), ("state", "=", "received")], limit=1
        )
        picture = photo and photo._get_thumbnail()
        if not picture:
            raise NotFound()
        return request.make_response(
            picture,
            headers=[
                ("Content-Type", "image/jpeg"),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "private, max-age=86400"),
            ],
        )
