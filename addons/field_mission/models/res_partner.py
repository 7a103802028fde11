from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_field_site = fields.Boolean(
        string="Site", index="btree_not_null", help="A place where missions are carried out."
    )
    site_customer_id = fields.Many2one(
        "res.partner",
        string="Customer of the site",
        index="btree_not_null",
        help="Who orders the work on this site.",
    )
    site_parent_id = fields.Many2one(
        "res.partner", string="Part of the site", index="btree_not_null", ondelete="restrict"
    )
    site_child_ids = fields.One2many("res.partner", "site_parent_id", string="Parts of the site")
    site_code = fields.Char(
        index="btree_not_null", help="The customer's own code for this site (station, building…)."
    )
    site_insee_code = fields.Char(
        string="INSEE code", help="Code of the commune (Code officiel géographique), no postcode."
    )
    site_zone_id = fields.Many2one(
        "field.zone",
        string="Zone",
        compute="_compute_site_zone_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        help="Found from the postcode when the address is saved; can be corrected by hand.",
    )
    site_address_state = fields.Selection(
        [("ok", "Located"), ("to_check", "To check")],
        string="Location",
        compute="_compute_site_address_state",
        store=True,
    )
    site_address_issue = fields.Char(string="What to check")
    site_instructions = fields.Text(
        string="Instructions on site", help="Shown to the technicians of this site's missions."
    )
    site_access_free = fields.Boolean(
        string="Free access", help="Nobody needs a code, a key or an appointment to get in."
    )
    site_access_ids = fields.One2many("field.site.access", "site_id", string="Access")
    site_contact_ids = fields.One2many("field.site.contact", "site_id", string="Contacts on site")
    site_equipment_ids = fields.One2many("field.equipment", "site_id", string="Equipment")
    site_mission_ids = fields.One2many("field.mission", "site_id", string="Missions of the site")
    site_mission_count = fields.Integer(
        compute="_compute_site_mission_count", string="Number of missions"
    )

    @api.depends("zip", "site_insee_code", "is_field_site")
    def _compute_site_zone_id(self):
        sites = self.filtered("is_field_site")
        (self - sites).site_zone_id = False
        if not sites:
            return
        found = self.env["field.zone"].sudo()._match_sites(sites)
        for site in sites:
            site.site_zone_id = found[site] or site.site_zone_id

    @api.depends("is_field_site", "partner_latitude", "partner_longitude", "site_address_issue")
    def _compute_site_address_state(self):
        for partner in self:
            if not partner.is_field_site:
                partner.site_address_state = False
                continue
            located = partner.partner_latitude or partner.partner_longitude
            fine = located and not partner.site_address_issue
            partner.site_address_state = "ok" if fine else "to_check"

    def _compute_site_mission_count(self):
        counts = dict(
            self.env["field.mission"]._read_group(
                [("site_id", "in", self.ids)], ["site_id"], ["__count"]
            )
        )
        for partner in self:
            partner.site_mission_count = counts.get(partner, 0)

    @api.constrains("site_parent_id")
    def _check_site_parent_id(self):
        if self._has_cycle("site_parent_id"):
            raise ValidationError(self.env._("A site can't be a part of itself."))

    def _get_site_customer(self):
        """Return who orders the work on each site.

        :return: ``{site: res.partner}``: its customer, else its commercial partner
        """
        return {site: site.site_customer_id or site.commercial_partner_id for site in self}

    def _get_site_tz(self):
        """Return the IANA time zone of one site: its own, else its company's, else Paris."""
        self.ensure_one()
        return self.tz or self.env.company.partner_id.tz or "Europe/Paris"

    def action_view_site_missions(self):
        """Open the missions of these sites."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        action["domain"] = [("site_id", "in", self.ids)]
        action["context"] = {"default_site_id": self.id} if len(self) == 1 else {}
        return action
