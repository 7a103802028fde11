from odoo import fields, models


class ResPartner(models.Model):
    """What the screens of sites and customers show: counts and windows to open."""

    _inherit = "res.partner"

    site_nonconformity_ids = fields.One2many(
        "field.nonconformity",
        "site_id",
        string="Non-conformities of the site",
        groups="field_mission.group_field_technician",
    )
    site_nonconformity_count = fields.Integer(
        compute="_compute_site_nonconformity_count",
        string="Open non-conformities",
        groups="field_mission.group_field_technician",
    )
    customer_mission_count = fields.Integer(
        compute="_compute_customer_counts",
        string="Missions of the customer",
        groups="field_mission.group_field_planner",
    )
    customer_site_count = fields.Integer(
        compute="_compute_customer_counts",
        string="Sites of the customer",
        groups="field_mission.group_field_planner",
    )

    def _compute_site_nonconformity_count(self):
        counts = dict(
            self.env["field.nonconformity"]._read_group(
                [("site_id", "in", self.ids), ("state", "!=", "closed")], ["site_id"], ["__count"]
            )
        )
        for site in self:
            site.site_nonconformity_count = counts.get(site, 0)

    def _compute_customer_counts(self):
        missions = dict(
            self.env["field.mission"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        sites = dict(
            self.env["res.partner"]._read_group(
                [("site_customer_id", "in", self.ids), ("is_field_site", "=", True)],
                ["site_customer_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.customer_mission_count = missions.get(partner, 0)
            partner.customer_site_count = sites.get(partner, 0)

    def action_view_site_nonconformities(self):
        """Open the non-conformities of these sites."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_nonconformity_action"
        )
        action["domain"] = [("site_id", "in", self.ids)]
        action["context"] = {
            "search_default_filter_open": 1,
            **({"default_site_id": self.id} if len(self) == 1 else {}),
        }
        return action

    def action_view_customer_missions(self):
        """Open the missions ordered by these customers."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        action["domain"] = [("partner_id", "in", self.ids)]
        action["context"] = {}
        return action

    def action_view_customer_sites(self):
        """Open the sites of these customers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.res_partner_action_site"
        )
        action["domain"] = [("is_field_site", "=", True), ("site_customer_id", "in", self.ids)]
        action["context"] = {
            "default_is_field_site": True,
            **({"default_site_customer_id": self.id} if len(self) == 1 else {}),
        }
        return action
