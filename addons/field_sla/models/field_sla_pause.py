from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class FieldSlaPause(models.Model):
    _name = "field.sla.pause"
    _description = "Pause of an SLA clock"
    _order = "start desc, id desc"
    _rec_name = "reason"
    _check_company_auto = True

    request_id = fields.Many2one("field.request", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="request_id.company_id", store=True, precompute=True)
    mission_id = fields.Many2one(
        "field.mission",
        index="btree_not_null",
        domain="[('request_id', '=', request_id)]",
        help="The visit that it concerns, if any.",
    )
    start = fields.Datetime(string="From", required=True, default=fields.Datetime.now)
    stop = fields.Datetime(string="Until", help="Empty: still paused.")
    reason = fields.Char(required=True, help="Why the clock stops; the customer may read it.")
    customer_caused = fields.Boolean(
        string="Caused by the customer", help="Needs a proof: an incident or a document."
    )
    incident_id = fields.Many2one(
        "field.incident",
        index="btree_not_null",
        domain="[('mission_id.request_id', '=', request_id)]",
        help="What the technician reported on site.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Documents", help="The customer's message, for example."
    )
    author_id = fields.Many2one(
        "res.users", string="Recorded by", default=lambda self: self.env.user, readonly=True
    )

    _ordered = models.Constraint("CHECK(stop >= start)", "The pause ends before it starts.")

    @api.constrains("start", "stop")
    def _check_order(self):
        for pause in self:
            if pause.stop and pause.stop < pause.start:
                raise ValidationError(self.env._("The pause ends before it starts."))

    @api.constrains("customer_caused", "incident_id", "attachment_ids")
    def _check_proof(self):
        for pause in self:
            if pause.customer_caused and not (pause.incident_id or pause.attachment_ids):
                raise ValidationError(
                    self.env._(
                        "A pause caused by the customer needs a proof: name the incident or join a"
                        " document."
                    )
                )

    @api.constrains("request_id", "mission_id", "incident_id")
    def _check_same_request(self):
        for pause in self:
            missions = pause.mission_id | pause.incident_id.mission_id
            if missions.request_id - pause.request_id:
                raise ValidationError(
                    self.env._("The mission or incident belongs to another request.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Record pauses and move the deadlines of their requests."""
        pauses = super().create([{**vals, "author_id": self.env.uid} for vals in vals_list])
        pauses._own_documents()
        pauses._move_deadlines(self.env._("Pause recorded"))
        return pauses

    def write(self, vals):
        """Correct pauses and move the deadlines of their requests.

        :raises UserError: to move a pause to another request
        """
        if "request_id" in vals and self.request_id.ids != [vals["request_id"]]:
            raise UserError(self.env._("A pause stays with its request."))
        if "author_id" in vals:
            vals = {name: value for name, value in vals.items() if name != "author_id"}
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._own_documents()
        if {"start", "stop"} & set(vals):
            self._move_deadlines(self.env._("Pause changed"))
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(
            self.env._("A pause is kept. To cancel it, make it end at the moment it starts.")
        )

    def _own_documents(self):
        """Tie freshly uploaded documents to their pause, so that its readers may open them."""
        for pause in self:
            fresh = pause.attachment_ids.filtered(
                lambda document: not document.res_id and document.create_uid == self.env.user
            )
            fresh.write({"res_model": self._name, "res_id": pause.id})

    def _move_deadlines(self, label):
        reasons = {
            request.id: f"{label} : " + ", ".join(pauses.mapped("reason"))
            for request, pauses in self.grouped("request_id").items()
        }
        self.sudo().request_id.sla_ids._refresh(reasons)
