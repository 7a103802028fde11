from odoo import api, fields, models

PRIORITIES = [("0", "Normal"), ("1", "High"), ("2", "Very high"), ("3", "Urgent")]


class FieldRequest(models.Model):
    _name = "field.request"
    _description = "Field request"
    _inherit = ["field.sequence.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_received desc, id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "customer_reference"]

    name = fields.Char(default="/", required=True, readonly=True, copy=False, index="trigram")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    # Not `required`: a message of an unknown sender waits for its customer.
    partner_id = fields.Many2one("res.partner", string="Customer", index=True)
    site_id = fields.Many2one("res.partner", index="btree_not_null")
    service_type_id = fields.Many2one(
        "field.service.type", string="Service type", index="btree_not_null", check_company=True
    )
    payer_id = fields.Many2one(
        "res.partner",
        string="Invoiced to",
        compute="_compute_payer_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
    )
    contract_id = fields.Many2one(
        "field.contract",
        check_company=True,
        index="btree_not_null",
        domain="[('state', '=', 'active'), ('partner_id', '=?', partner_id)]",
    )
    priority = fields.Selection(PRIORITIES, default="0", required=True)
    date_received = fields.Datetime(
        string="Received on", default=fields.Datetime.now, required=True, index=True, tracking=True
    )
    origin = fields.Selection(
        [
            ("office", "Office"),
            ("phone", "Phone"),
            ("mail", "E-mail"),
            ("portal", "Customer portal"),
            ("contract", "Contract"),
            ("import", "Import"),
            ("field", "Field"),
        ],
        default="office",
        required=True,
    )
    requester = fields.Char(help="Who asked, and how to reach them.")
    customer_reference = fields.Char(
        string="Customer's order number", index="btree_not_null", tracking=True
    )
    description = fields.Text()
    date_deadline = fields.Datetime(string="Deadline")
    date_owed = fields.Datetime(
        string="Owed from",
        readonly=True,
        copy=False,
        help="First moment at which a visit that a contract owes may be done.",
    )
    mission_ids = fields.One2many("field.mission", "request_id", string="Missions")
    mission_count = fields.Integer(compute="_compute_mission_count")
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
        compute="_compute_state",
        store=True,
        index=True,
        help="Done when each mission that is not cancelled is done.",
    )

    @api.depends("mission_ids.state")
    def _compute_state(self):
        for request in self:
            states = set(request.mission_ids.mapped("state"))
            alive = states - {"cancelled"}
            if states and not alive:
                request.state = "cancelled"
            elif alive == {"done"}:
                request.state = "done"
            else:
                request.state = "open"

    @api.depends("mission_ids")
    def _compute_mission_count(self):
        for request in self:
            request.mission_count = len(request.mission_ids)

    @api.depends("partner_id", "contract_id")
    def _compute_payer_id(self):
        invoice_of = {
            partner: partner.address_get(["invoice"])["invoice"] for partner in self.partner_id
        }
        for request in self:
            contract_payer = request.contract_id.sudo().payer_id
            request.payer_id = contract_payer or invoice_of.get(request.partner_id, False)

    @api.model_create_multi
    def create(self, vals_list):
        """Number the requests and find their contracts, all at once."""
        vals_list = [dict(vals) for vals in vals_list]
        self._number_new(vals_list)
        self._fill_customer(vals_list)
        self._fill_contract(vals_list)
        return super(
            FieldRequest,
            self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True),
        ).create(vals_list)

    def _fill_customer(self, vals_list):
        """Take the customer from the site where only the site is known."""
        missing = [vals for vals in vals_list if vals.get("site_id") and not vals.get("partner_id")]
        sites = self.env["res.partner"].browse({vals["site_id"] for vals in missing})
        customers = sites._get_site_customer()
        for vals in missing:
            site = self.env["res.partner"].browse(vals["site_id"])
            vals["partner_id"] = customers[site].id

    def _fill_contract(self, vals_list):
        """Find the contract where none was given (an explicit False means: none)."""
        missing = [vals for vals in vals_list if "contract_id" not in vals]
        wishes = [
            {
                "company_id": vals.get("company_id") or self.env.company.id,
                "partner_id": vals.get("partner_id") or False,
                "site_id": vals.get("site_id") or False,
                "service_type_id": vals.get("service_type_id") or False,
                "day": fields.Date.to_date(vals.get("date_received"))
                or fields.Date.context_today(self),
            }
            for vals in missing
        ]
        if not wishes:
            return
        for vals, contract_id in zip(
            missing, self.env["field.contract"]._find_for(wishes), strict=True
        ):
            vals["contract_id"] = contract_id

    def _get_clock_start(self):
        """Return when the time of one request begins to run (naive UTC).

        What a contract owes is known long before: its time runs from the day it is owed.
        """
        self.ensure_one()
        return max(self.date_received, self.date_owed or self.date_received)

    def action_view_missions(self):
        """Open the missions of these requests."""
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_mission_action")
        action["domain"] = [("request_id", "in", self.ids)]
        action["context"] = {"default_request_id": self.id} if len(self) == 1 else {}
        return action
