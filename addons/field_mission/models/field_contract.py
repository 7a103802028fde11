from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class FieldContract(models.Model):
    _name = "field.contract"
    _description = "Service contract"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_start desc, name, id"
    _check_company_auto = True
    _rec_names_search = ["name", "reference"]

    name = fields.Char(required=True, tracking=True)
    reference = fields.Char(copy=False, tracking=True, help="Number of the contract.")
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, tracking=True
    )
    payer_id = fields.Many2one(
        "res.partner",
        string="Invoiced to",
        help="Empty: the customer's invoice address.",
        tracking=True,
    )
    site_ids = fields.Many2many(
        "res.partner",
        string="Sites",
        domain="[('is_field_site', '=', True)]",
        help="Empty: every site of the customer.",
    )
    service_type_ids = fields.Many2many(
        "field.service.type",
        string="Service types",
        check_company=True,
        help="Empty: every service type.",
    )
    date_start = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    date_end = fields.Date(tracking=True)
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("closed", "Closed")],
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )
    note = fields.Html()
    active = fields.Boolean(default=True)
    mission_count = fields.Integer(compute="_compute_mission_count")

    def _compute_mission_count(self):
        counts = dict(
            self.env["field.mission"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.mission_count = counts.get(contract, 0)

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for contract in self:
            if contract.date_end and contract.date_end < contract.date_start:
                raise ValidationError(
                    self.env._("%s ends before it starts: correct its dates.", contract.name)
                )

    def action_activate(self):
        """Put draft contracts into force: new requests find them."""
        wrong = self.filtered(lambda contract: contract.state == "closed")
        if wrong:
            raise UserError(
                self.env._("%s is closed. Copy it to start it again.", wrong[0].display_name)
            )
        self.state = "active"
        return True

    def action_close(self):
        """End contracts: new requests no longer find them, past ones keep them."""
        self.state = "closed"
        return True

    def action_view_missions(self):
        """Open the missions carried out under these contracts."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        action["domain"] = [("contract_id", "in", self.ids)]
        action["context"] = {}
        return action

    @api.model
    def _find_for(self, wanted):
        """Return the contract that covers each wish: the most specific one in force that day.

        :param wanted: list of dicts ``company_id``, ``partner_id``, ``site_id``,
            ``service_type_id`` (ids or False) and ``day`` (date)
        :return: list of ``field.contract`` ids or False, in the same order
        """
        partners = self.env["res.partner"].browse({w["partner_id"] for w in wanted} - {False, None})
        commercial = {partner.id: partner.commercial_partner_id.id for partner in partners}
        contracts = self.sudo().search(
            [
                ("state", "=", "active"),
                ("partner_id", "in", [*commercial, *commercial.values()]),
                ("company_id", "in", list({w["company_id"] for w in wanted})),
            ]
        )
        by_partner = contracts.grouped(lambda contract: contract.partner_id.id)
        found = []
        for wish in wanted:
            partner_id = wish["partner_id"]
            candidates = [
                *by_partner.get(partner_id, ()),
                *(
                    by_partner.get(commercial.get(partner_id), ())
                    if commercial.get(partner_id) != partner_id
                    else ()
                ),
            ]
            covering = [contract for contract in candidates if contract._covers(wish)]
            best = max(covering, key=lambda contract: contract._specificity(), default=None)
            found.append(best.id if best else False)
        return found

    def _covers(self, wish):
        """Tell whether one contract covers a wish of ``_find_for``."""
        return (
            self.company_id.id == wish["company_id"]
            and self.date_start <= wish["day"]
            and (not self.date_end or wish["day"] <= self.date_end)
            and (not self.site_ids or wish["site_id"] in self.site_ids.ids)
            and (not self.service_type_ids or wish["service_type_id"] in self.service_type_ids.ids)
        )

    def _specificity(self):
        """Return a sort key: sites named, then types named, then the most recent."""
        return (bool(self.site_ids), bool(self.service_type_ids), self.date_start, self.id)
