import logging

from psycopg2 import Error as DatabaseError

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import states

_logger = logging.getLogger(__name__)


class FieldMissionStock(models.Model):
    """Used materials leave the van in a picking of their own, after completion.

    A technician is never refused for the stock's sake: what can't be moved is a to-do of the
    office.
    """

    _inherit = "field.mission"

    picking_ids = fields.One2many(
        "stock.picking", "field_mission_id", string="Pickings", groups="stock.group_stock_user"
    )
    picking_count = fields.Integer(compute="_compute_picking_count")
    stock_state = fields.Selection(
        [
            ("none", "Nothing to move"),
            ("to_do", "To move"),
            ("done", "Moved"),
            ("problem", "To look at"),
        ],
        string="Stock",
        default="none",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    stock_problem = fields.Text(readonly=True, copy=False)

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        for mission in self:
            mission.picking_count = len(mission.sudo().picking_ids)

    def _queue_picking(self):
        """Mark missions that used products, and wake the cron that moves them."""
        used = self.filtered(lambda mission: mission._get_materials_to_move())
        if not used:
            return
        used._guarded_write({"stock_state": "to_do", "stock_problem": False})
        self.env.ref("field_mission.ir_cron_make_pickings").sudo()._trigger()

    def _get_materials_to_move(self):
        """Return the used storable or consumable materials that no done move carries yet."""
        return self.material_ids.filtered(
            lambda line: (
                line.product_id.type == "consu"
                and line.quantity > 0
                and not line.move_ids.filtered(lambda move: move.state == "done")
            )
        )

    def action_make_pickings(self):
        """Move the used materials of done missions now (planners); the cron does it otherwise."""
        self._check_role(states.PLANNER)
        missions = self.sudo().filtered(lambda m: m.state == "done")
        missions._make_pickings()
        return True

    @api.model
    def _cron_make_pickings(self, batch=50):
        """Move the materials of missions that wait for it, a batch at a time."""
        domain = [("stock_state", "=", "to_do"), ("state", "=", "done")]
        cron = self.env["ir.cron"]
        missions = self.search(domain, limit=batch)
        remaining = self.search_count(domain) - len(missions)
        for company, group in missions.grouped("company_id").items():
            group.with_company(company)._make_pickings()
        cron._commit_progress(len(missions), remaining=max(remaining, 0))

    def _make_pickings(self):
        """Make and validate one picking a mission, each in a savepoint of its own."""
        for mission in self:
            if not mission._get_materials_to_move():
                if mission.stock_state == "to_do":
                    mission._guarded_write({"stock_state": "none"})
                continue
            try:
                with self.env.cr.savepoint():
                    mission._make_picking()
                    mission._guarded_write({"stock_state": "done", "stock_problem": False})
            except (UserError, DatabaseError) as error:
                _logger.info("Stock of mission %s was not moved: %s", mission.name, error)
                reason = (
                    str(error.args[0])
                    if isinstance(error, UserError)
                    else self.env._("The stock refused the move.")
                )
                mission._guarded_write({"stock_state": "problem", "stock_problem": reason})
                mission._tell_stock_problem(reason)

    def _make_picking(self):
        """Move one mission's materials from the van to the customer (and returns back)."""
        self.ensure_one()
        lines = self._get_materials_to_move()
        used, returned = (
            lines.filtered(lambda line: not line.is_return),
            lines.filtered("is_return"),
        )
        for group, is_return in ((used, False), (returned, True)):
            if group:
                picking = self.env["stock.picking"].create(
                    self._prepare_picking_values(group, is_return)
                )
                self._validate_picking(picking)

    def _get_van(self):
        """Return the stock location that one mission's parts leave from."""
        van = self.technician_id.field_van_location_id
        if van:
            return van
        warehouse = self._get_warehouse()
        return warehouse.lot_stock_id

    def _get_warehouse(self):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company_id.id)], limit=1
        )
        if not warehouse:
            raise UserError(
                self.env._("%s has no warehouse: create one to move parts.", self.company_id.name)
            )
        return warehouse

    def _prepare_picking_values(self, lines, is_return):
        """Return the values of one picking of these material lines (hook)."""
        warehouse = self._get_warehouse()
        van = self._get_van()
        customer = self.site_id.with_company(self.company_id).property_stock_customer
        source, target = (customer, van) if is_return else (van, customer)
        picking_type = warehouse.in_type_id if is_return else warehouse.out_type_id
        return {
            "picking_type_id": picking_type.id,
            "partner_id": self.site_id.id,
            "location_id": source.id,
            "location_dest_id": target.id,
            "origin": self.name,
            "company_id": self.company_id.id,
            "field_mission_id": self.id,
            "move_ids": [
                fields.Command.create(self._prepare_move_values(line, source, target))
                for line in lines
            ],
        }

    def _prepare_move_values(self, line, source, target):
        """Return the values of the move of one material line (hook)."""
        return {
            "product_id": line.product_id.id,
            "product_uom": line.uom_id.id,
            "product_uom_qty": line.quantity,
            "location_id": source.id,
            "location_dest_id": target.id,
            "company_id": self.company_id.id,
            "field_material_id": line.id,
            "description_picking": line.description or line.product_id.display_name,
        }

    def _validate_picking(self, picking):
        """Validate a picking with what was really used, even beyond what the van held."""
        # One move a line: merged, two lines of a product would share one quantity.
        picking.move_ids._action_confirm(merge=False)
        # As `action_confirm` of a picking does: reordering rules of the van see it at once.
        picking.move_ids._trigger_scheduler()
        for move in picking.move_ids:
            line = move.field_material_id
            if line.product_id.tracking != "none" and not line.lot_id:
                raise UserError(
                    self.env._(
                        "%s is tracked: say which lot or serial number was used.",
                        line.product_id.display_name,
                    )
                )
            move.move_line_ids.unlink()
            values = move._prepare_move_line_vals(quantity=line.quantity)
            values.update(lot_id=line.lot_id.id, picked=True)
            move.env["stock.move.line"].create(values)
            move.picked = True
        result = picking.with_context(
            skip_backorder=True, skip_sms=True, cancel_backorder=False
        ).button_validate()
        if picking.state != "done":
            raise UserError(
                self.env._("The picking %(name)s waits: %(why)s", name=picking.name, why=result)
            )
        picking.move_ids.write({"date": self.actual_end or fields.Datetime.now()})

    def _tell_stock_problem(self, reason):
        user = self.company_id._get_field_office_user()
        if user:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.env._("Parts not moved in stock"),
                note=reason,
            )

    def action_view_pickings(self):
        """Open the pickings of these missions."""
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        action["domain"] = [("field_mission_id", "in", self.ids)]
        action["context"] = {}
        return action
