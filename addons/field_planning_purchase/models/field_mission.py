from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

BUYERS = "purchase.group_purchase_user"


class FieldMission(models.Model):
    """What subcontractors have done is bought from their vendors, once."""

    _inherit = "field.mission"

    purchase_line_ids = fields.One2many(
        "purchase.order.line",
        "field_mission_id",
        string="Purchase order lines",
        groups=BUYERS,
        copy=False,
    )
    purchase_count = fields.Integer(
        string="Purchase orders", compute="_compute_purchase", groups=BUYERS
    )
    is_to_purchase = fields.Boolean(
        string="To order from the subcontractor",
        compute="_compute_purchase",
        search="_search_is_to_purchase",
        groups=BUYERS,
    )

    @api.depends("state", "purchase_line_ids.order_id.state")
    def _compute_purchase(self):
        parts = self._get_purchase_parts()
        for mission in self:
            mission.purchase_count = len(mission.purchase_line_ids.order_id)
            mission.is_to_purchase = bool(parts[mission.id])

    def _search_is_to_purchase(self, operator, value):
        if operator != "in":
            return NotImplemented
        people = self.env["hr.employee"].sudo()._search([("is_field_subcontractor", "=", True)])
        bought = Domain("purchase_line_ids", "any", [("order_id.state", "!=", "cancel")])
        due = (
            Domain("state", "=", "done")
            & (Domain("technician_id", "in", people) | Domain("helper_ids", "in", people))
            & ~bought
        )
        return due if True in value else ~due

    def _get_purchase_parts(self):
        """Return whose part of each done mission is still to be bought (sudo).

        :return: ``{mission_id: hr.employee}``
        """
        # Vendors of people are HR data; the buyer needs them and nothing else.
        missions = self.sudo()
        found = {}
        for mission in missions:
            people = (mission.technician_id | mission.helper_ids).filtered("is_field_subcontractor")
            lines = mission.purchase_line_ids.filtered(lambda x: x.order_id.state != "cancel")
            open_parts = people - lines.field_employee_id
            found[mission.id] = open_parts if mission.state == "done" else people.browse()
        return found

    def action_create_purchase(self):
        """Draft one purchase order a vendor from what subcontractors have done, never twice.

        :return: action of the orders
        :raises UserError: nothing to order, or no service to order it as
        :raises AccessError: the user may not make purchase orders
        """
        self.check_access("read")
        self.env["purchase.order"].check_access("create")
        # Two buyers at once: the second finds the lines of the first.
        self.sudo().lock_for_update()
        parts = self._get_purchase_parts()
        by_vendor = {}
        for mission in self.sudo().sorted(lambda m: (m.actual_start or m.planned_start, m.id)):
            for person in parts[mission.id]:
                key = mission.company_id, person.field_vendor_id
                by_vendor.setdefault(key, []).append((mission, person))
        if not by_vendor:
            raise UserError(self.env._("Nothing to order: choose done missions of subcontractors."))
        orders = self.env["purchase.order"].create(
            [
                self._prepare_purchase(company, vendor, rows)
                for (company, vendor), rows in by_vendor.items()
            ]
        )
        for line in orders.order_line:
            # Once the price is there: a name given at once would keep it from being computed.
            line.name = f"{line.name}\n{line.field_mission_id._get_purchase_text()}"
        action = self.env["ir.actions.act_window"]._for_xml_id("purchase.purchase_rfq")
        action.update(domain=[("id", "in", orders.ids)], context={})
        if len(orders) == 1:
            action.update(res_id=orders.id, views=[(False, "form")])
        return action

    def _prepare_purchase(self, company, vendor, rows):
        """Return the values of one draft order (hook).

        :param company: ``res.company``
        :param vendor: ``res.partner``
        :param rows: ``[(field.mission, hr.employee)]`` (sudo)
        """
        return {
            "partner_id": vendor.id,
            "company_id": company.id,
            "origin": ", ".join(mission.name for mission, _person in rows)[:200],
            "order_line": [
                fields.Command.create(mission._prepare_purchase_line(person))
                for mission, person in rows
            ],
        }

    def _prepare_purchase_line(self, person):
        """Return the values of the line of one person's part in one mission (hook).

        :param person: ``hr.employee`` (sudo)
        """
        self.ensure_one()
        product = (
            self.service_type_id.purchase_product_id or self.company_id.field_purchase_product_id
        )
        if not product:
            raise UserError(
                self.env._(
                    "“%s” has no service to buy it as: choose one on the service type or in the"
                    " settings.",
                    self.service_type_id.name,
                )
            )
        return {
            "product_id": product.id,
            "product_qty": self._get_purchase_quantity(product, person),
            "field_mission_id": self.id,
            "field_employee_id": person.id,
        }

    def _get_purchase_quantity(self, product, person):
        """Return the hours on site of one person where the service counts in time, else 1."""
        hour = self.env.ref("uom.product_uom_hour", raise_if_not_found=False)
        if not hour or not product.uom_id._has_common_reference(hour):
            return 1.0
        own = self.time_ids.filtered(
            lambda line: line.employee_id == person and line.kind == "on_site" and line.stop
        )
        hours = sum(own.mapped("duration")) or self.planned_duration
        return hour._compute_quantity(hours, product.uom_id)

    def _get_purchase_text(self):
        mission = self.sudo()
        day = (mission.actual_start or mission.planned_start or fields.Datetime.now()).date()
        where = mission.site_id.city or mission.site_id.name
        return f"{mission.name} · {where} · {format_date(self.env, day)}"

    def action_view_purchases(self):
        """Open the purchase orders of these missions.

        :return: action of the orders
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("purchase.purchase_rfq")
        action.update(domain=[("id", "in", self.purchase_line_ids.order_id.ids)], context={})
        return action
