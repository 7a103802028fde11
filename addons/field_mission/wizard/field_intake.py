from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import slots
from ..models.field_request import PRIORITIES

# Open visits shown beside a new one: who calls twice means the same.
SHOWN = 5


class FieldIntake(models.TransientModel):
    """One short form while the customer is on the phone: from the call to a mission."""

    _name = "field.intake"
    _description = "New request"

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, readonly=True
    )
    request_id = fields.Many2one("field.request", readonly=True)
    follow_up_of_id = fields.Many2one("field.mission", string="Follows", readonly=True)
    same_request = fields.Boolean(
        default=True,
        help="The work asked for is not finished yet. Unticked: it is another piece of work.",
    )
    site_id = fields.Many2one("res.partner", domain="[('is_field_site', '=', True)]", required=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
    )
    site_phone = fields.Char(related="site_id.phone", string="Phone of the site")
    contract_id = fields.Many2one("field.contract", compute="_compute_contract_id")
    open_mission_ids = fields.Many2many(
        "field.mission", compute="_compute_open_mission_ids", string="Already open on this site"
    )
    service_type_id = fields.Many2one(
        "field.service.type", string="Service type", required=True, check_company=True
    )
    duration = fields.Float(compute="_compute_duration", store=True, readonly=False)
    priority = fields.Selection(PRIORITIES, default="0", required=True)
    description = fields.Text(string="What is asked")
    date_deadline = fields.Datetime(string="Deadline")
    origin = fields.Selection(
        lambda self: self.env["field.request"]._fields["origin"]._description_selection(self.env),
        default="phone",
        required=True,
    )
    date_received = fields.Datetime(
        string="Received on", default=fields.Datetime.now, required=True
    )
    requester = fields.Char(string="Caller")
    customer_reference = fields.Char(string="Customer's order number")

    slots = fields.Json(compute="_compute_slots", string="Nearest slots")
    slot_key = fields.Char(string="Slot")
    promise = fields.Selection(
        [
            ("half", "The half day"),
            ("exact", "The hour"),
            ("none", "Nothing yet"),
        ],
        string="Tell the customer",
        default="half",
        required=True,
    )
    promised_kind = fields.Selection(
        [
            ("none", "No promise"),
            ("day", "That day"),
            ("morning", "Morning"),
            ("afternoon", "Afternoon"),
            ("exact", "At a time"),
        ],
        string="Another date",
        default="none",
        required=True,
    )
    promised_date = fields.Date(string="Day")
    promised_time = fields.Float(string="At")

    @api.model
    def default_get(self, fields_list):
        """Take over what the request to sort, or the former visit, says."""
        values = super().default_get(fields_list)
        former = self.env["field.mission"].browse(values.get("follow_up_of_id") or []).exists()
        request = self.env["field.request"].browse(values.get("request_id") or []).exists()
        known = {}
        if former:
            known = {
                "site_id": former.site_id.id,
                "partner_id": former.partner_id.id,
                "service_type_id": former.service_type_id.id,
                "priority": former.priority,
                "customer_reference": former.customer_reference,
                "origin": "office",
                "requester": former.request_id.requester,
            }
        elif request:
            known = {
                name: request._fields[name].convert_to_write(request[name], request)
                for name in ("company_id", "site_id", "partner_id", "service_type_id", "priority",
                             "description", "date_deadline", "origin", "date_received",
                             "requester", "customer_reference")
            }  # fmt: skip
        return {
            **values,
            **{name: value for name, value in known.items() if name in fields_list and value},
        }

    @api.depends("site_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for intake in self:
            intake.display_name = intake.site_id.name or self.env._("New request")

    @api.depends("site_id")
    def _compute_partner_id(self):
        sites = self.site_id._origin
        customers = sites._get_site_customer()
        for intake in self:
            intake.partner_id = customers.get(intake.site_id._origin) or intake.partner_id

    @api.depends("service_type_id")
    def _compute_duration(self):
        for intake in self:
            intake.duration = intake.service_type_id.default_duration or intake.duration or 1.0

    @api.depends("site_id", "partner_id", "service_type_id")
    def _compute_contract_id(self):
        wishes = [
            {
                "company_id": intake.company_id.id,
                "partner_id": intake.partner_id._origin.id,
                "site_id": intake.site_id._origin.id,
                "service_type_id": intake.service_type_id._origin.id,
                "day": fields.Date.context_today(self),
            }
            for intake in self
        ]
        found = self.env["field.contract"]._find_for(wishes)
        for intake, contract_id in zip(self, found, strict=True):
            intake.contract_id = contract_id if intake.site_id else False

    @api.depends("site_id")
    def _compute_open_mission_ids(self):
        missions = self.env["field.mission"]
        for intake in self:
            site = intake.site_id._origin
            intake.open_mission_ids = missions.search(
                [
                    ("site_id", "in", site.ids),
                    ("state", "in", ["draft", "planned", "in_progress", "to_reschedule"]),
                ],
                limit=SHOWN,
            )

    @api.depends("site_id", "service_type_id", "duration", "date_deadline")
    def _compute_slots(self):
        for intake in self:
            complete = intake.site_id and intake.service_type_id and intake.duration > 0
            intake.slots = (
                self.env["field.mission"]._propose_slots(intake._get_wish()) if complete else False
            )

    def _get_wish(self):
        """Return what ``_propose_slots`` needs to know of one intake."""
        return {
            "company": self.company_id or self.env.company,
            "site": self.site_id._origin,
            "service_type": self.service_type_id._origin,
            "minutes": round(self.duration * 60),
            "earliest": fields.Datetime.now().replace(second=0, microsecond=0),
            "deadline": self.date_deadline,
        }

    # ------------------------------------------------------------------ from the call to a mission

    def action_create(self):
        """Make the mission, with its request and its slot, and open it.

        :return: a window action on the mission
        :raises UserError: the slot is no longer free
        """
        self.ensure_one()
        slot = self._get_slot()
        mission = self.env["field.mission"].create(self._prepare_mission(slot))
        if slot:
            mission._take_slot(slot)
        self.request_id.activity_ids.filtered(
            lambda activity: activity.user_id == self.env.user
        ).action_feedback()
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": mission.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "main",
        }

    def _get_slot(self):
        """Return the slot that was chosen, as it is offered now, or None."""
        if not self.slot_key:
            return None
        for slot in self.slots or ():
            if slot["key"] == self.slot_key:
                return slot
        raise UserError(
            self.env._("This slot is no longer free: choose another one of those proposed.")
        )

    def _prepare_mission(self, slot):
        """Return the values of the mission, and of its request where it makes one (hook)."""
        values = {
            "company_id": self.company_id.id,
            "site_id": self.site_id.id,
            "service_type_id": self.service_type_id.id,
            "planned_duration": self.duration,
            "description": self.description,
            "follow_up_of_id": self.follow_up_of_id.id,
            **self._prepare_promise(slot),
        }
        request = self.request_id
        if self.follow_up_of_id and self.same_request:
            request = self.follow_up_of_id.request_id
        told = self._prepare_request()
        if request:
            if request == self.request_id:
                request.write(told)
            return {**values, "request_id": request.id}
        return {**values, **told}

    def _prepare_request(self):
        """Return what the request is told."""
        return {
            "partner_id": self.partner_id.id or self.site_id._get_site_customer()[self.site_id].id,
            "priority": self.priority,
            "origin": self.origin,
            "date_received": self.date_received,
            "requester": self.requester,
            "customer_reference": self.customer_reference,
            "date_deadline": self.date_deadline,
            **(
                {"site_id": self.site_id.id, "service_type_id": self.service_type_id.id}
                if self.request_id
                else {}
            ),
        }

    def _prepare_promise(self, slot):
        """Return the promise: the slot's as far as the customer is told, else what was typed."""
        if not slot:
            return {
                "promised_kind": self.promised_kind if self.promised_date else "none",
                "promised_date": self.promised_kind != "none" and self.promised_date,
                "promised_time": self.promised_time,
            }
        if self.promise == "none":
            return {"promised_kind": "none"}
        if self.promise == "exact" and slot["start"]:
            start = fields.Datetime.to_datetime(slot["start"])
            local = slots.utc_to_local(start, self.site_id._get_site_tz())
            return {
                "promised_kind": "exact",
                "promised_date": local.date(),
                "promised_time": local.hour + local.minute / 60,
            }
        return {"promised_kind": slot["half"], "promised_date": slot["day"]}

    @api.autovacuum
    def _gc_old(self):
        """Forget calls that led to nothing, a day later."""
        old = self.search(
            [("create_date", "<", fields.Datetime.now() - timedelta(days=1))], limit=1000
        )
        old.unlink()
        return len(old), len(old) == 1000
