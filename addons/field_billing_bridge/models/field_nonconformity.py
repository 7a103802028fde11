from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

QUOTE_GROUPS = "sales_team.group_sale_salesman"
PLANNERS = "field_mission.group_field_planner"


class FieldNonconformity(models.Model):
    """What was found wrong becomes a quote for its repair."""

    _inherit = "field.nonconformity"

    quote_ids = fields.Many2many(
        "sale.order",
        relation="field_nonconformity_quote_rel",
        column1="nonconformity_id",
        column2="order_id",
        string="Quotes",
        readonly=True,
        copy=False,
        groups=QUOTE_GROUPS,
    )
    quote_count = fields.Integer(
        compute="_compute_quotes", compute_sudo=True, groups=f"{QUOTE_GROUPS},{PLANNERS}"
    )
    quote_names = fields.Char(
        compute="_compute_quotes",
        compute_sudo=True,
        string="Quoted in",
        groups=f"{QUOTE_GROUPS},{PLANNERS}",
    )

    @api.depends("quote_ids.name")
    def _compute_quotes(self):
        for record in self:
            record.quote_count = len(record.quote_ids)
            record.quote_names = ", ".join(record.quote_ids.mapped("name"))

    def action_make_quote(self):
        """Draft a quote for the repair of these non-conformities, one for each customer.

        Those that are in a quote already, a cancelled one excepted, are not quoted twice. A
        planner without a right on sales drafts it all the same, for the sales team to price.

        :return: the action that shows the quotes, or says their numbers
        :raises UserError: a site whose customer is not known
        :raises AccessError: neither a planner nor a salesperson
        """
        self.check_access("read")
        orders = self.env["sale.order"]
        is_seller = orders.has_access("create")
        if not is_seller:
            if not self.env.user.has_group(PLANNERS):
                raise AccessError(self.env._("Planners and salespeople make quotes."))
            # Sections and notes only, without a price: what planners write down anyway.
            orders = orders.sudo()
        # A colleague's quote counts too, also where the user reads only their own.
        standing = self.sudo().filtered(
            lambda record: record.quote_ids.filtered(lambda order: order.state != "cancel")
        )
        todo = (self - standing.sudo(False)).sudo()
        customers = todo.site_id._get_site_customer()
        for record in todo:
            if not customers.get(record.site_id):
                raise UserError(
                    self.env._(
                        "%s has no customer: say who orders for it.", record.site_id.display_name
                    )
                )
        groups = todo.grouped(lambda record: (record.company_id, customers[record.site_id]))
        made = orders.create(
            [
                group._prepare_quote(company, customer)
                for (company, customer), group in groups.items()
            ]
        )
        for group, order in zip(groups.values(), made, strict=True):
            for record in group:
                record.message_post(body=self.env._("Quoted for: %s", order._get_html_link()))
        shown = made.sudo() | standing.quote_ids.filtered(lambda order: order.state != "cancel")
        return shown.sudo(False)._action_open_field_orders() if is_seller else shown._tell_quotes()

    def _prepare_quote(self, company, customer):
        """Return the values of a quote: for each non-conformity a section with what was found.

        :param company: ``res.company``
        :param customer: ``res.partner``
        """
        sites = self.site_id
        values = {
            "company_id": company.id,
            "partner_id": customer.id,
            "origin": ", ".join(self.mapped("name")),
            "field_nonconformity_ids": [fields.Command.set(self.ids)],
            "order_line": [
                fields.Command.create(line)
                for record in self
                for line in record._prepare_quote_lines()
            ],
        }
        if len(sites) == 1:
            values["partner_shipping_id"] = sites.id
        return values

    def _prepare_quote_lines(self):
        """Return the lines that tell one non-conformity: the work to price comes below them."""
        where = " – ".join(
            part for part in (self.site_id.name, self.equipment_id.display_name) if part
        )
        words = [self.description, self.corrective_action]
        return [
            {"display_type": "line_section", "name": f"{self.name} – {where}"},
            {
                "display_type": "line_note",
                "name": "\n".join(word.strip() for word in words if word and word.strip()),
            },
        ]

    def action_view_quotes(self):
        """Open the quotes made for these non-conformities."""
        self.check_access("read")
        return self.quote_ids._action_open_field_orders()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _tell_quotes(self):
        """Return the action that tells the numbers of orders to who can't open them."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Quote drafted"),
                "message": self.env._(
                    "%s waits for the sales team.", ", ".join(self.mapped("name"))
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    field_nonconformity_ids = fields.Many2many(
        "field.nonconformity",
        relation="field_nonconformity_quote_rel",
        column1="order_id",
        column2="nonconformity_id",
        string="Non-conformities",
        copy=False,
        groups=f"{QUOTE_GROUPS},account.group_account_invoice",
    )
    field_nonconformity_count = fields.Integer(compute="_compute_field_nonconformity_count")

    @api.depends("field_nonconformity_ids")
    def _compute_field_nonconformity_count(self):
        for order in self:
            # Odoo's salespeople read them by a right of their own; others only learn how many.
            order.field_nonconformity_count = len(order.sudo().field_nonconformity_ids)

    def action_view_field_nonconformities(self):
        """Open the non-conformities that these orders repair."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "field_mission.field_nonconformity_action"
        )
        action["domain"] = [("id", "in", self.field_nonconformity_ids.ids)]
        action["context"] = {}
        return action
