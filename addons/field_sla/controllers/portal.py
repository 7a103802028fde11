from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.field_mission.controllers.portal import FieldPortal

SHOWN_AT_MOST = 80


class FieldSlaPortal(FieldPortal):
    """What customers say of their visits, and what they are answered."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "field_complaint_count" in counters:
            complaints = request.env["field.complaint"]
            # Customers have no right on complaints: the domain is the check.
            values["field_complaint_count"] = complaints.sudo().search_count(
                complaints._get_portal_domain()
            )
        return values

    @http.route("/my/complaints", type="http", auth="user", website=True, readonly=True)
    def portal_my_complaints(self, **_kwargs):
        """List the complaints of the current user's company, with their answers."""
        values = {
            **self._prepare_portal_layout_values(),
            "complaints": request.env["field.complaint"]._search_portal(limit=SHOWN_AT_MOST),
            "page_name": "field_complaint",
        }
        return request.render("field_sla.portal_my_complaints", values)

    @http.route(
        "/my/missions/<int:mission_id>/complaint",
        type="http",
        auth="public",
        website=True,
        methods=["GET", "POST"],
    )
    def portal_mission_complaint(self, mission_id, access_token=None, **post):
        """Show the form of a complaint about one mission, and register what is sent.

        :param access_token: token of a shared link
        """
        try:
            mission = self._check_mission(mission_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = {
            "page_name": "field_complaint",
            "mission": mission,
            "access_token": access_token,
            "is_known": not request.env.user._is_public(),
            "categories": request.env["field.complaint"]
            ._fields["category"]
            ._description_selection(request.env),
            "post": post,
            "error": "",
            "complaint": None,
        }
        if request.httprequest.method == "POST":
            try:
                values["complaint"] = self._register_complaint(mission, post)
            except UserError as error:
                values["error"] = error.args[0]
        return request.render("field_sla.portal_mission_complaint", values)

    def _register_complaint(self, mission, post):
        user = request.env.user
        files = [
            (upload.filename, upload.read())
            for upload in request.httprequest.files.getlist("photos")
            if upload.filename
        ]
        return request.env["field.complaint"]._register_from_portal(
            mission,
            post.get("text"),
            post.get("category"),
            files,
            None if user._is_public() else user.partner_id,
            post.get("complainant"),
        )
