import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.field_mission.core.qr import make_qr

# What one label may report: enough for a bad day, too little to be a nuisance.
MOST_AN_HOUR = 5
MOST_A_DAY = 20
LONGEST_TEXT = 2000
LAST_VISITS = 5


class FieldSiteLink(models.Model):
    """A label with a QR code on a site or an equipment: its page needs no account.

    The page tells the last visits, the next one, and takes reports of problems. It names no
    person, and a revoked label, a closed site and a wrong address look the same.
    """

    _name = "field.site.link"
    _description = "Public label of a site"
    _order = "id desc"
    _rec_name = "site_id"
    _check_company_auto = True

    site_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('is_field_site', '=', True)]",
    )
    equipment_id = fields.Many2one(
        "field.equipment",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('site_id', '=', site_id)]",
    )
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    token = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_urlsafe(24),
        groups="field_mission.group_field_planner",
    )
    url = fields.Char(
        string="Address", compute="_compute_url", groups="field_mission.group_field_planner"
    )
    date_revoked = fields.Datetime(string="Revoked on", readonly=True, copy=False)
    request_ids = fields.One2many("field.request", "site_link_id", string="Reports")
    request_count = fields.Integer(compute="_compute_request_count", string="Number of reports")

    _token_unique = models.UniqueIndex("(token)", "This address is already in use.")
    _live_unique = models.UniqueIndex(
        "(site_id, company_id, COALESCE(equipment_id, 0)) WHERE date_revoked IS NULL",
        "There is a label for that already.",
    )

    @api.depends("token")
    def _compute_url(self):
        for link in self:
            link.url = f"{link.get_base_url()}/qr/{link.token}"

    def _compute_request_count(self):
        counts = dict(
            self.env["field.request"]._read_group(
                [("site_link_id", "in", self.ids)], ["site_link_id"], ["__count"]
            )
        )
        for link in self:
            link.request_count = counts.get(link, 0)

    @api.depends("site_id", "equipment_id")
    def _compute_display_name(self):
        for link in self:
            parts = (link.site_id.name, link.equipment_id.name)
            link.display_name = " · ".join(part for part in parts if part)

    def _make_qr(self):
        """Return the QR code of one label as a picture inside a page."""
        self.ensure_one()
        return make_qr(self.url)

    @api.model
    def _get_or_make(self, records):
        """Return the live labels of sites or of equipment, made where missing.

        :param records: ``res.partner`` sites or ``field.equipment``
        """
        company = self.env.company
        on_site = records._name == "res.partner"
        found = self.search(
            [
                ("date_revoked", "=", False),
                ("company_id", "=", company.id),
                *(
                    [("site_id", "in", records.ids), ("equipment_id", "=", False)]
                    if on_site
                    else [("equipment_id", "in", records.ids)]
                ),
            ]
        )
        missing = records - (found.site_id if on_site else found.equipment_id)
        return found | self.create(
            [
                {"site_id": record.id, "company_id": company.id}
                if on_site
                else {
                    "site_id": record.site_id.id,
                    "equipment_id": record.id,
                    "company_id": record.company_id.id,
                }
                for record in missing
            ]
        )

    def action_revoke(self):
        """Make the pages of these labels disappear for good."""
        self.check_access("write")
        self.filtered(lambda link: not link.date_revoked).write(
            {"date_revoked": fields.Datetime.now()}
        )
        return True

    def action_print(self):
        """Print these labels.

        :raises UserError: one of them was revoked
        """
        self.check_access("read")
        if any(link.date_revoked for link in self):
            raise UserError(self.env._("A revoked label leads nowhere: make a new one."))
        return self.env.ref("field_planning.action_report_site_label").report_action(self)

    def action_open(self):
        """Open the page of one label as whoever scans it sees it."""
        self.ensure_one()
        self.check_access("write")
        return {"type": "ir.actions.act_url", "url": f"/qr/{self.token}", "target": "new"}

    # ------------------------------------------------------------------ the public page

    @api.model
    def _find(self, token):
        """Return the live label of a token (sudo), or nothing.

        :param token: what stands in the address
        """
        none = self.sudo().browse()
        if not isinstance(token, str) or not 16 <= len(token) <= 64:
            return none
        # Whoever scans a label has no account: the token, 192 random bits, is the right.
        link = self.sudo().search([("token", "=", token), ("date_revoked", "=", False)], limit=1)
        site = link.site_id
        alive = site.active and site.is_field_site
        if site.company_id and site.company_id != link.company_id:
            alive = False
        if link.equipment_id and (
            not link.equipment_id.active or link.equipment_id.site_id != site
        ):
            alive = False
        return link if alive else none

    def _get_public_values(self):
        """Return all that the public page of one label shows; no person is named."""
        self.ensure_one()
        missions = self.env["field.mission"].sudo()
        here = Domain("site_id", "=", self.site_id.id) & Domain(
            "company_id", "=", self.company_id.id
        )
        if self.equipment_id:
            here &= self._get_equipment_domain()
        done = missions.search(
            here & Domain("state", "=", "done"), limit=LAST_VISITS,
            order="mission_date desc, actual_end desc, id desc",
        )  # fmt: skip
        coming = missions.search(
            Domain("site_id", "=", self.site_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("published", "=", True)
            & Domain("state", "in", ("planned", "in_progress"))
            & Domain("mission_date", ">=", fields.Date.context_today(self)),
            limit=1, order="mission_date, planned_start, id",
        )  # fmt: skip
        return {
            "site_name": self.site_id.name or "",
            "town": self.site_id.city or "",
            "equipment_name": self.equipment_id.name or "",
            "company_name": self.company_id.name,
            "visits": [
                {"date": mission.mission_date, "what": mission.service_type_id.name}
                for mission in done
            ],
            "next": coming
            and {
                "date": coming.mission_date,
                "what": coming.service_type_id.name,
                "slot": coming._get_portal_slot(),
            },
        }

    def _get_equipment_domain(self):
        """Return the domain of the visits that concern one label's equipment (hook)."""
        return Domain.TRUE

    def _report(self, text, contact=""):
        """Make a request of what somebody in front of one label reports.

        :param text: what is wrong
        :param contact: how to reach them, if they like
        :return: the request, or nothing when this label reported too much already
        :raises UserError: nothing is said
        """
        self.ensure_one()
        text = str(text or "").strip()[:LONGEST_TEXT]
        if len(text) < 5:
            raise UserError(self.env._("Say in a few words what is wrong."))
        # One report at a time, so that two at once can't pass the limit together.
        self.env.execute_query(
            SQL("SELECT id FROM field_site_link WHERE id = %s FOR UPDATE", self.id)
        )
        requests = self.env["field.request"].sudo()
        now = fields.Datetime.now()
        for most, age in ((MOST_AN_HOUR, timedelta(hours=1)), (MOST_A_DAY, timedelta(days=1))):
            made = requests.with_context(active_test=False).search_count(
                [("site_link_id", "=", self.id), ("create_date", ">=", now - age)]
            )
            if made >= most:
                return requests.browse()
        if self.equipment_id:
            text = f"{self.equipment_id.display_name}\n{text}"
        customer = self.site_id._get_site_customer()[self.site_id]
        request = requests.with_company(self.company_id).create(
            {
                "company_id": self.company_id.id,
                "partner_id": customer.id,
                "site_id": self.site_id.id,
                "origin": "qr",
                "description": text,
                "requester": str(contact or "").strip()[:120] or False,
                "site_link_id": self.id,
            }
        )
        if office := self.company_id._get_field_office_user():
            request.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=office.id,
                summary=request.with_user(office).env._("Reported by the QR code on site"),
            )
        return request


class FieldRequest(models.Model):
    _inherit = "field.request"

    origin = fields.Selection(
        selection_add=[("qr", "QR code on site")], ondelete={"qr": "set default"}
    )
    site_link_id = fields.Many2one(
        "field.site.link", string="Reported by label", readonly=True, copy=False,
        index="btree_not_null", ondelete="set null",
    )  # fmt: skip


class FieldEquipment(models.Model):
    _inherit = "field.equipment"

    def action_print_label(self):
        """Print the labels of these items, made where missing."""
        self.check_access("write")
        return self.env["field.site.link"]._get_or_make(self).action_print()


class ResPartner(models.Model):
    _inherit = "res.partner"

    site_link_ids = fields.One2many(
        "field.site.link", "site_id", string="Labels", groups="field_mission.group_field_planner"
    )

    def action_print_label(self):
        """Print the labels of these sites, made where missing.

        :raises UserError: one of them is no site
        """
        self.check_access("write")
        if not self or any(not site.is_field_site for site in self):
            raise UserError(self.env._("Labels are for sites."))
        return self.env["field.site.link"]._get_or_make(self).action_print()
