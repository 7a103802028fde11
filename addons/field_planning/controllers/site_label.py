from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class FieldSiteLabel(http.Controller):
    """The page behind the QR code on a site or an equipment: no account, little to see."""

    def _get_link(self, token):
        link = request.env["field.site.link"]._find(token)
        if not link:
            # Wrong, revoked, closed, of another company: nobody learns which.
            raise NotFound()
        return link

    def _render(self, link, status=200, **values):
        response = request.render(
            "field_planning.site_label_page",
            {**link._get_public_values(), "token": link.token, **values},
            status=status,
        )
        response.headers.update(HEADERS)
        return response

    @http.route(
        "/qr/<string:token>", type="http", auth="public", methods=["GET"], sitemap=False,
        readonly=True,
    )  # fmt: skip
    def label(self, token, sent=None, **_kwargs):
        """Show the last visits and the next one.

        :param token: of the label
        :param sent: set after a report
        """
        return self._render(self._get_link(token), sent=bool(sent))

    @http.route(
        "/qr/<string:token>/report", type="http", auth="public", methods=["POST"], sitemap=False
    )
    def report(self, token, text="", contact="", website="", **_kwargs):
        """Take the report of a problem.

        :param token: of the label
        :param text: what is wrong
        :param contact: how to reach the person, optional
        :param website: a field that people don't see; programs fill it in
        """
        link = self._get_link(token)
        if website:
            return request.redirect(f"/qr/{link.token}?sent=1")
        try:
            made = link._report(text, contact)
        except UserError as error:
            return self._render(link, status=400, error=str(error), text=text, contact=contact)
        if not made:
            return self._render(link, status=429, too_many=True, text=text, contact=contact)
        return request.redirect(f"/qr/{link.token}?sent=1")
