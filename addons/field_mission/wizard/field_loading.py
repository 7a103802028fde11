from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_is_zero

from ..core.slots import local_to_utc

# Transfers that are not on their way yet: a loading that is made again replaces these only.
OPEN_STATES = ("draft",)


class FieldLoading(models.TransientModel):
    """What each van needs for a day, what it holds, and the transfers that load the rest."""

    _name = "field.loading"
    _description = "Loading list of the vans"

    date = fields.Date(
        string="For the missions of",
        required=True,
        default=lambda self: fields.Date.context_today(self) + timedelta(days=1),
    )
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, readonly=True
    )
    team_id = fields.Many2one("field.team", check_company=True)
    line_ids = fields.One2many(
        "field.loading.line", "loading_id", compute="_compute_line_ids", store=True
    )
    missing_count = fields.Integer(
        compute="_compute_missing_count", string="Short in the warehouse"
    )

    @api.depends("date", "team_id", "company_id")
    def _compute_line_ids(self):
        for loading in self:
            loading.line_ids = [
                fields.Command.clear(),
                *(fields.Command.create(values) for values in loading._prepare_lines()),
            ]

    @api.depends("line_ids.stock_quantity", "line_ids.load_quantity")
    def _compute_missing_count(self):
        for loading in self:
            short = loading.line_ids.filtered(lambda line: line.load_quantity > line.stock_quantity)
            loading.missing_count = len(short)

    def _get_missions(self):
        """Return the day's missions that somebody with a van drives to (sudo)."""
        domain = [
            ("company_id", "=", self.company_id.id),
            ("mission_date", "=", self.date),
            ("state", "in", ("planned", "in_progress")),
            ("technician_id.field_van_location_id", "!=", False),
        ]
        if self.team_id:
            domain.append(("team_id", "=", self.team_id.id))
        # What is in the vans is stock data: the planner gets the quantities only.
        return self.env["field.mission"].sudo().search(domain)

    def _get_needs(self, missions):
        """Return ``{(van, product): quantity in the product's unit}`` that missions take."""
        needs = defaultdict(float)
        for line in missions.material_ids:
            if line.planned_quantity and line.product_id.type == "consu" and not line.quantity:
                van = line.mission_id.technician_id.field_van_location_id
                needs[van, line.product_id] += line.uom_id._compute_quantity(
                    line.planned_quantity, line.product_id.uom_id
                )
        return needs

    def _get_held(self, products):
        """Return what the company's vans and shelves hold of products.

        Vans may lie below the warehouse's stock: what they hold is not on its shelves.

        :return: ``{(van, product): quantity}``, ``{product: quantity not reserved}``
        """
        vans = {
            van.id: van
            for van in self.env["hr.employee"]
            .sudo()
            .search([("field_van_location_id", "!=", False)])
            .field_van_location_id
        }
        shelves = self._get_warehouse().lot_stock_id
        quants = (
            self.env["stock.quant"]
            .sudo()
            .search_fetch(
                [
                    ("product_id", "in", products.ids),
                    ("location_id", "child_of", [*vans, shelves.id]),
                ],
                ["product_id", "location_id", "quantity", "reserved_quantity"],
            )
        )
        held, left = defaultdict(float), defaultdict(float)
        for quant in quants:
            path = {int(part) for part in quant.location_id.parent_path.split("/") if part}
            if inside := path & vans.keys():
                held[vans[min(inside)], quant.product_id] += quant.quantity
            elif shelves.id in path:
                left[quant.product_id] += quant.quantity - quant.reserved_quantity
        return held, left

    def _get_coming(self, vans):
        """Return ``{(van, product): quantity}`` of transfers to the vans that are confirmed."""
        moves = (
            self.env["stock.move"]
            .sudo()
            .search(
                [
                    ("location_dest_id", "in", vans.ids),
                    ("picking_id.field_loading_date", "<=", self.date),
                    ("state", "not in", (*OPEN_STATES, "done", "cancel")),
                ]
            )
        )
        coming = defaultdict(float)
        for move in moves:
            coming[move.location_dest_id, move.product_id] += move.product_qty
        return coming

    def _get_warehouse(self):
        warehouse = (
            self.env["stock.warehouse"]
            .sudo()
            .search([("company_id", "=", self.company_id.id)], limit=1)
        )
        if not warehouse:
            raise UserError(
                self.env._("%s has no warehouse to load from.", self.company_id.display_name)
            )
        return warehouse

    def _prepare_lines(self):
        missions = self._get_missions()
        needs = self._get_needs(missions)
        if not needs:
            return []
        vans = self.env["stock.location"].sudo().union(*(van for van, _product in needs))
        products = self.env["product.product"].sudo().union(*(one for _van, one in needs))
        held, shelf = self._get_held(products)
        coming = self._get_coming(vans)
        drivers = missions.technician_id.grouped("field_van_location_id")
        lines = []
        for (van, product), quantity in needs.items():
            known = held[van, product] + coming[van, product]
            lines.append(
                {
                    "van_id": van.id,
                    "technician_names": ", ".join(drivers[van].mapped("name")),
                    "product_id": product.id,
                    "needed_quantity": quantity,
                    "held_quantity": known,
                    "load_quantity": max(0.0, quantity - known),
                    "stock_quantity": shelf[product],
                }
            )
        return lines

    def action_make_transfers(self):
        """Make one draft internal transfer a van; one that is still a draft is made again.

        :return: action of the transfers
        :raises UserError: nothing has to be loaded
        """
        self.ensure_one()
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners prepare the loading of the vans."))
        lines = self.line_ids.filtered(
            lambda line: (
                not float_is_zero(
                    line.load_quantity, precision_rounding=line.product_id.uom_id.rounding or 0.01
                )
            )
        )
        if not lines:
            raise UserError(self.env._("The vans hold all that these missions take."))
        # A draft moves nothing: the storekeeper checks and confirms it.
        pickings = self.env["stock.picking"].sudo()
        pickings.search(
            [
                ("field_loading_date", "=", self.date),
                ("location_dest_id", "in", lines.van_id.ids),
                ("state", "in", OPEN_STATES),
            ]
        ).unlink()
        warehouse = self._get_warehouse()
        made = pickings.create(
            [
                {
                    "picking_type_id": warehouse.int_type_id.id,
                    "location_id": warehouse.lot_stock_id.id,
                    "location_dest_id": van.id,
                    "company_id": self.company_id.id,
                    "scheduled_date": self._get_load_time(),
                    "origin": self.env._(
                        "Loading for %s",
                        self.env["ir.qweb.field.date"].value_to_html(self.date, {}),
                    ),
                    "field_loading_date": self.date,
                    "move_ids": [
                        fields.Command.create(line._prepare_move_values(warehouse))
                        for line in of_van
                    ],
                }
                for van, of_van in lines.grouped("van_id").items()
            ]
        )
        return made._open_loadings(self.env)

    def _get_load_time(self):
        """Return 18:00 of the day before, in the company's time zone, as naive UTC."""
        tz = self.company_id.partner_id.tz or self.env.user.tz or "UTC"
        return local_to_utc(self.date - timedelta(days=1), 18.0, tz)


class FieldLoadingLine(models.TransientModel):
    _name = "field.loading.line"
    _description = "Line of a loading list"
    _order = "van_id, product_id, id"

    loading_id = fields.Many2one("field.loading", required=True, ondelete="cascade")
    van_id = fields.Many2one("stock.location", required=True, readonly=True)
    technician_names = fields.Char(string="Technician", readonly=True)
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    needed_quantity = fields.Float(string="Needed", digits="Product Unit", readonly=True)
    held_quantity = fields.Float(
        string="In the van", digits="Product Unit", readonly=True, help="On its way included."
    )
    load_quantity = fields.Float(string="To load", digits="Product Unit")
    stock_quantity = fields.Float(string="In the warehouse", digits="Product Unit", readonly=True)

    def _prepare_move_values(self, warehouse):
        """Return the values of the move that loads one line."""
        return {
            "product_id": self.product_id.id,
            "product_uom": self.product_id.uom_id.id,
            "product_uom_qty": self.load_quantity,
            "location_id": warehouse.lot_stock_id.id,
            "location_dest_id": self.van_id.id,
            "company_id": warehouse.company_id.id,
        }
