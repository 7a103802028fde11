from odoo import api, fields, models
from odoo.fields import Domain

from ..core import slots


class FieldMissionPortal(models.Model):
    """What a customer may see of missions, and how it is told.

    Customers have no right on the model: every field of it can be read over RPC by whom has one,
    internal notes included. Their pages search as superuser, but only ever inside
    ``_get_portal_domain``, and show a fixed list of values.
    """

    _inherit = "field.mission"

    # The customer's link: a subcontractor who works on the mission must not find it there.
    access_token = fields.Char(groups="base.group_user")

    @api.model
    def _get_portal_domain(self):
        """Return the domain of the missions that the current user may see in the portal (hook).

        They are published or done, and either ordered by the user's company, or on a site where
        the user is a contact with the right to see it, or the user's own as a subcontractor.
        """
        partner = self.env.user.partner_id
        told = Domain("published", "=", True) | Domain("state", "=", "done")
        ordered = Domain("partner_id", "child_of", partner.commercial_partner_id.id)
        of_site = Domain(
            "site_id.site_contact_ids",
            "any",
            [("partner_id", "=", partner.id), ("portal", "=", True)],
        )
        own = Domain("member_user_ids", "in", self.env.uid) & Domain("published", "=", True)
        return ((ordered | of_site) & told) | own

    @api.model
    def _search_portal(self, domain=None, **kwargs):
        """Return the missions of a domain that the current user may see in the portal (sudo).

        :param domain: further conditions
        :param kwargs: ``limit``, ``offset``, ``order``
        """
        allowed = self._get_portal_domain() & Domain(domain or Domain.TRUE)
        # Customers have no right on missions: the domain is the check.
        return self.sudo().search(allowed, **kwargs)

    @api.model
    def _get_portal_pages(self, domain=None):
        """Return the missions that the current user may see in the portal (sudo), page by page.

        :param domain: further conditions
        :return: ``(number of missions, function of the arguments of search that finds some)``
        """
        missions = self.sudo()
        allowed = self._get_portal_domain() & Domain(domain or Domain.TRUE)
        # Who belongs to the customer is looked up once for both.
        allowed = allowed.optimize_full(missions)
        return missions.search_count(allowed), lambda **kwargs: missions.search(allowed, **kwargs)

    @api.model
    def _count_portal(self, domain=None, **kwargs):
        """Return how many missions ``_search_portal`` would find."""
        allowed = self._get_portal_domain() & Domain(domain or Domain.TRUE)
        return self.sudo().search_count(allowed, **kwargs)

    def _is_told(self):
        """Say whether one mission may be shown to a customer at all."""
        self.ensure_one()
        return self.published or self.state == "done"

    def _get_portal_slot(self):
        """Return the slot that the customer of one mission was told, in words; may be empty."""
        self.ensure_one()
        if self.promised_kind != "none":
            return self.promised_label
        start, end = self._get_customer_window()[self.id]
        if not start or not end:
            return ""
        tz = self._get_tz()
        first, last = slots.utc_to_local(start, tz), slots.utc_to_local(end, tz)
        day = self.env["ir.qweb.field.date"].value_to_html(first.date(), {})
        return f"{day} {first:%H:%M}–{last:%H:%M}"

    def _get_portal_photos(self):
        """Return the photos and documents of one mission that its customer may see (hook)."""
        self.ensure_one()
        return self.photo_ids.filtered(
            lambda photo: photo.kind in ("photo", "document") and photo.state == "received"
        )

    def _get_portal_files(self):
        """Return every file that the page of one mission may show: also drawings it signs with."""
        return self._get_portal_photos() | self.signature_ids.drawing_id

    def _get_portal_checks(self):
        """Return the checks of one mission that its customer may read (hook)."""
        self.ensure_one()
        return (self.check_ids - self._get_hidden_checks()).filtered(
            lambda check: check.kind == "section" or check.result != "todo"
        )

    def _get_portal_values(self):
        """Return what the customer's page of one mission shows (hook).

        The report is shown once the mission is done. Prices, costs, instructions, access codes,
        incidents and internal notes are never part of it.
        """
        self.ensure_one()
        values = {
            "slot": self._get_portal_slot(),
            "tz": self._get_tz(),
            "technician": "",
            "is_done": self.state == "done",
            "checks": self.check_ids.browse(),
            "materials": self.material_ids.browse(),
            "photos": self.photo_ids.browse(),
            "signatures": self.signature_ids.browse(),
            "proofs": [],
        }
        if self.published and self.state in ("planned", "in_progress", "done"):
            values["technician"] = self.technician_id.name
        if self.state == "done":
            values.update(
                checks=self._get_portal_checks(),
                materials=self.material_ids.filtered("quantity"),
                photos=self._get_portal_photos(),
                signatures=self.signature_ids.filtered(
                    lambda line: line.kind in ("before_work", "after_work")
                ),
                proofs=self._get_proof_links()[self.id],
            )
        return values
