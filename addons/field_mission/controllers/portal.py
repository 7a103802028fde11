from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

ONGOING = ("draft", "planned", "in_progress", "to_reschedule")


class FieldPortal(CustomerPortal):
    """The customer's missions: what was promised, where it stands, what was done."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "field_mission_count" in counters:
            values["field_mission_count"] = request.env["field.mission"]._count_portal()
        return values

    # ------------------------------------------------------------------ access

    def _check_mission(self, mission_id, access_token=None):
        """Return one mission as superuser, once the current user may see it in the portal.

        :param mission_id: id of a ``field.mission``
        :param access_token: token of a shared link
        :raises AccessError: neither right nor token, or nothing that a customer may be told yet
        :raises MissingError: no such mission
        """
        missions = request.env["field.mission"]
        try:
            mission = self._document_check_access("field.mission", mission_id, access_token)
        except AccessError:
            mission = missions._search_portal(Domain("id", "=", mission_id))
            if not mission:
                raise
        if not mission._is_told() and not request.env.user._is_internal():
            raise AccessError(request.env._("This visit is not announced yet."))
        return mission.with_env(request.env(su=True))

    # ------------------------------------------------------------------ list

    def _get_mission_sortings(self):
        return {
            "recent": {
                "label": request.env._("Most recent"),
                "order": "mission_date desc, planned_start desc, id desc",
            },
            "oldest": {
                "label": request.env._("Oldest first"),
                "order": "mission_date, planned_start, id",
            },
            "site": {
                "label": request.env._("Site"),
                "order": "site_id, mission_date desc, id desc",
            },
        }

    def _get_mission_filters(self):
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "ongoing": {
                "label": request.env._("To come"),
                "domain": Domain("state", "in", ONGOING),
            },
            "done": {"label": request.env._("Done"), "domain": Domain("state", "=", "done")},
        }

    def _get_mission_inputs(self):
        return {
            "all": {"input": "all", "label": request.env._("Search in all")},
            "site": {"input": "site", "label": request.env._("Search in sites")},
            "name": {"input": "name", "label": request.env._("Search in numbers")},
        }

    def _get_mission_search_domain(self, search_in, search):
        """Return the domain of the words typed in the search box."""
        site = (
            Domain("site_id.name", "ilike", search)
            | Domain("site_id.site_code", "ilike", search)
            | Domain("site_id.city", "ilike", search)
        )
        name = Domain("name", "ilike", search) | Domain("customer_reference", "ilike", search)
        if search_in == "site":
            return site
        if search_in == "name":
            return name
        return site | name | Domain("service_type_id.name", "ilike", search)

    @http.route(
        ["/my/missions", "/my/missions/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_missions(
        self, page=1, sortby=None, filterby=None, search=None, search_in="all", **_kwargs
    ):
        """List the missions of the current user's company and sites."""
        missions = request.env["field.mission"]
        sortings, filters, inputs = (
            self._get_mission_sortings(),
            self._get_mission_filters(),
            self._get_mission_inputs(),
        )
        sortby = sortby if sortby in sortings else "recent"
        filterby = filterby if filterby in filters else "all"
        search_in = search_in if search_in in inputs else "all"
        domain = filters[filterby]["domain"]
        if search:
            domain &= self._get_mission_search_domain(search_in, search)
        total, find = missions._get_portal_pages(domain)
        pager = portal_pager(
            url="/my/missions",
            url_args={
                "sortby": sortby,
                "filterby": filterby,
                "search": search,
                "search_in": search_in,
            },
            total=total,
            page=page,
            step=self._items_per_page,
        )
        found = find(
            order=sortings[sortby]["order"],
            limit=self._items_per_page,
            offset=pager["offset"],
        )
        request.session["my_missions_history"] = found.ids[:100]
        values = {
            **self._prepare_portal_layout_values(),
            "missions": found,
            "page_name": "field_mission",
            "default_url": "/my/missions",
            "pager": pager,
            "searchbar_sortings": sortings,
            "sortby": sortby,
            "searchbar_filters": filters,
            "filterby": filterby,
            "searchbar_inputs": inputs,
            "search_in": search_in,
            "search": search,
        }
        return request.render("field_mission.portal_my_missions", values)

    # ------------------------------------------------------------------ one mission

    @http.route("/my/missions/<int:mission_id>", type="http", auth="public", website=True)
    def portal_my_mission(self, mission_id, access_token=None, **kwargs):
        """Show one mission to its customer."""
        try:
            mission = self._check_mission(mission_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = self._get_page_view_values(
            mission,
            access_token,
            {
                "page_name": "field_mission",
                "mission": mission,
                "backend_url": f"/odoo/field-missions/{mission.id}",
                **mission._get_portal_values(),
            },
            "my_missions_history",
            False,
            **kwargs,
        )
        return request.render("field_mission.portal_my_mission", values)

    @http.route(
        "/my/missions/<int:mission_id>/file/<string:uuid>",
        type="http",
        auth="public",
        readonly=True,
    )
    def portal_mission_file(self, mission_id, uuid, access_token=None, width=0, **_kwargs):
        """Serve a photo, document or signature of a done mission.

        :param uuid: of the ``field.photo``
        :param width: pixels, for a smaller picture
        """
        try:
            mission = self._check_mission(mission_id, access_token)
        except (AccessError, MissingError) as error:
            raise NotFound() from error
        photo = mission._get_portal_files().filtered(lambda file: file.uuid == uuid)
        if mission.state != "done" or not photo.attachment_id:
            raise NotFound()
        binary = request.env["ir.binary"].sudo()
        if (photo.mimetype or "").startswith("image/"):
            side = int(width) if str(width).isdigit() else 0
            stream = binary._get_image_stream_from(
                photo.attachment_id, "raw", width=min(side, 1920), height=min(side, 1920)
            )
        else:
            stream = binary._get_stream_from(photo.attachment_id, "raw")
        return stream.get_response()

    @http.route(
        "/my/missions/<int:mission_id>/proof/<int:attachment_id>", type="http", auth="public"
    )
    def portal_mission_proof(self, mission_id, attachment_id, access_token=None, **_kwargs):
        """Serve a proof of a done mission (its report…)."""
        try:
            mission = self._check_mission(mission_id, access_token)
        except (AccessError, MissingError) as error:
            raise NotFound() from error
        links = mission._get_proof_links()[mission.id] if mission.state == "done" else []
        if attachment_id not in [link.get("attachment_id") for link in links]:
            raise NotFound()
        attachment = request.env["ir.attachment"].sudo().browse(attachment_id)
        stream = request.env["ir.binary"].sudo()._get_stream_from(attachment, "raw")
        return stream.get_response(as_attachment=True)
