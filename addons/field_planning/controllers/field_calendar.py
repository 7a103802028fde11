import hashlib

from odoo import http
from odoo.http import request

HEADERS = [
    ("X-Robots-Tag", "noindex"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]


class FieldCalendar(http.Controller):
    """Technicians' missions for calendar programs: no session, the secret address is the key."""

    @http.route(
        "/field/planning/<string:token>.ics",
        type="http",
        auth="public",
        methods=["GET", "HEAD"],
        save_session=False,
        sitemap=False,
        readonly=False,
    )
    def feed(self, token):
        """Serve the published missions of the technician whose address this is.

        :param token: the secret part of the address
        """
        link = request.env["field.calendar.link"]._find(token)
        if not link:
            return request.make_response(
                "Not found\n",
                headers=[("Content-Type", "text/plain; charset=utf-8"), *HEADERS],
                status=404,
            )
        body = link._make_calendar()
        link._note_reading()
        mark = hashlib.sha256(body).hexdigest()[:32]
        headers = [
            ("Content-Type", "text/calendar; charset=utf-8"),
            ("Content-Disposition", 'inline; filename="missions.ics"'),
            ("Cache-Control", "private, no-cache"),
            ("ETag", f'"{mark}"'),
            *HEADERS,
        ]
        if request.httprequest.if_none_match.contains_weak(mark):
            return request.make_response("", headers=headers, status=304)
        return request.make_response(body, headers=headers)
