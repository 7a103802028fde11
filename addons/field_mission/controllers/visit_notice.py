from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)
WIDEST = 1024  # pixels of a photo on the page


class VisitNoticePage(http.Controller):
    """What a customer sees of a notice, without an account: the link is the key.

    Mail programs open links before people do: reading shows the page, only the form answers.
    """

    def _get_notice(self, notice_id, token):
        """Return the notice of a link, in its customer's language.

        :raises NotFound: a wrong link
        """
        notice = request.env["field.visit.notice"]._get_by_token(notice_id, token)
        if not notice:
            raise NotFound()
        request.update_context(lang=notice.lang)
        return notice.with_context(lang=notice.lang)

    @http.route(
        "/visit-notice/<int:notice_id>/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        # The secret in the address is what another site can't know.
        csrf=False,
        sitemap=False,
        save_session=False,
    )
    def notice(self, notice_id, token, slot=None, call=None, message=None, **_ignored):
        """Show a notice (GET), take its customer's answer (POST).

        :param notice_id: id of the notice
        :param token: secret of the link
        :param slot: key of the half day chosen
        :param call: set when the customer wants to be called
        :param message: words of the customer
        """
        notice = self._get_notice(notice_id, token)
        problem = None
        if request.httprequest.method == "POST" and (slot or call):
            try:
                with request.env.cr.savepoint():
                    if slot:
                        notice._choose(slot)
                    else:
                        notice._ask_call(message)
            except UserError as error:
                problem = str(error)
        hindrance = notice._get_hindrance()
        response = request.render(
            "field_mission.visit_notice_page",
            {
                "notice": notice,
                "mission": notice.mission_id,
                "hindrance": hindrance,
                "slots": {} if hindrance else notice._get_slots(),
                "photos": notice._get_shown_photos(),
                "problem": problem,
                "here": f"/visit-notice/{notice.id}/{token}",
            },
        )
        response.headers.extend(HEADERS)
        return response

    @http.route(
        "/visit-notice/<int:notice_id>/<string:token>/photo/<int:photo_id>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        readonly=True,
        save_session=False,
    )
    def photo(self, notice_id, token, photo_id):
        """Serve one photo of a notice, scaled down and without what the camera wrote into it."""
        photos = self._get_notice(notice_id, token)._get_shown_photos()
        photo = photos.filtered(lambda one: one.id == photo_id)
        if not photo:
            raise NotFound()
        stream = (
            request.env["ir.binary"]
            .sudo()
            ._get_image_stream_from(photo.attachment_id, "raw", width=WIDEST, height=WIDEST)
        )
        response = stream.get_response()
        response.headers.extend(HEADERS[1:])
        return response

    @http.route(
        "/visit-notice/<int:notice_id>/<string:token>/pdf",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        save_session=False,
    )
    def pdf(self, notice_id, token):
        """Serve the sheet for the letter box."""
        notice = self._get_notice(notice_id, token)
        # The link is the right to read it.
        reports = request.env["ir.actions.report"].sudo()
        content, _kind = reports._render_qweb_pdf("field_mission.report_visit_notice", notice.ids)
        name = f"{notice.mission_id.name}.pdf".replace("/", "-")
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", content_disposition(name, "inline")),
                *HEADERS,
            ],
        )
