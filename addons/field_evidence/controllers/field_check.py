from odoo import http
from odoo.http import request

HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
)


class FieldCheckPage(http.Controller):
    """Is this document the one that was sealed? Anybody who holds the document may ask."""

    @http.route(
        "/field/check/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
        save_session=False,
    )
    def check(self, token, count=None, head=None, **_ignored):
        """Show whether the head that a document prints is the one that was sealed.

        :param token: the dossier's identifier, as printed
        :param count: number of items that the document prints
        :param head: SHA-256 that the document prints
        """
        answer = request.env["field.evidence.dossier"]._answer_check(token, count, head)
        request.update_context(lang=answer["lang"])
        response = request.render("field_evidence.check_page", {"answer": answer})
        response.status_code = 404 if answer["verdict"] == "unknown" else 200
        response.headers.update(HEADERS)
        return response
