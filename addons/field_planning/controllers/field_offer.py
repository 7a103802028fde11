from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)


class FieldOfferPage(http.Controller):
    """The answer of a subcontractor without an account: the link is the key.

    Mail programs open links before people do: reading shows the page, only the form answers.
    """

    @http.route(
        "/field/offer/<int:offer_id>/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        # The secret in the address is what another site can't know.
        csrf=False,
        sitemap=False,
        save_session=False,
    )
    def offer(self, offer_id, token, answer=None, reason=None, **_ignored):
        """Show an offer (GET), take its answer (POST).

        :param offer_id: id of the offer
        :param token: secret of the link
        :param answer: ``accept`` or ``decline``
        :param reason: why it is declined
        """
        offer = request.env["field.offer"]._get_by_token(offer_id, token)
        if not offer:
            return _answer("field_planning.offer_unknown", {"lang": request.env.lang}, 404)
        offer = offer.with_context(lang=offer.lang)
        request.update_context(lang=offer.lang)
        problem = None
        if request.httprequest.method == "POST" and answer in ("accept", "decline"):
            problem = self._take(offer, answer == "accept", reason, "link")
        return _render(offer, problem)

    @http.route(
        "/my/offers/<int:offer_id>",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def my_offer(self, offer_id, answer=None, reason=None, **_ignored):
        """Show one of the current user's own offers (GET), take its answer (POST).

        :param offer_id: id of the offer
        :param answer: ``accept`` or ``decline``
        :param reason: why it is declined
        """
        # A portal user reads no offers: his own are found by who he is.
        offer = request.env["field.offer"].sudo().browse(offer_id).exists()
        if not offer or offer.employee_id.user_id != request.env.user:
            raise NotFound()
        problem = None
        if request.httprequest.method == "POST" and answer in ("accept", "decline"):
            problem = self._take(offer, answer == "accept", reason, "portal")
        return _render(offer, problem, csrf=True)

    @staticmethod
    def _take(offer, accepted, reason, channel):
        """Take an answer; return what the person has to know, or None."""
        try:
            with request.env.cr.savepoint():
                offer._answer(accepted, reason, channel)
        except UserError as error:
            return str(error)
        return None


def _render(offer, problem, csrf=False):
    hindrance = offer._get_hindrance()
    return _answer(
        "field_planning.offer_page",
        {
            "offer": offer,
            "mission": offer.mission_id,
            "hindrance": hindrance,
            "problem": problem,
            "csrf": csrf,
            "own": request.env.user == offer.employee_id.user_id,
        },
    )


def _answer(template, values, status=200):
    response = request.render(template, values, status=status)
    response.headers.extend(HEADERS)
    return response


class FieldOfferPortal(CustomerPortal):
    """A subcontractor's account: what waits for an answer."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "field_offer_count" in counters:
            values["field_offer_count"] = len(request.env["field.mission"]._get_portal_offers())
        return values

    @http.route("/my/offers", type="http", auth="user", website=True, readonly=True)
    def portal_my_offers(self, **_ignored):
        """List the offers that wait for the current user's answer."""
        return request.render(
            "field_planning.portal_my_offers",
            {
                **self._prepare_portal_layout_values(),
                "offers": request.env["field.mission"]._get_portal_offers(),
                "page_name": "field_offer",
            },
        )
