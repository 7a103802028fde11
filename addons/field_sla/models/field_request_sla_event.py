from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldRequestSlaEvent(models.Model):
    _name = "field.request.sla.event"
    _description = "Trace of an SLA clock"
    _order = "date desc, id desc"
    _rec_name = "summary"

    request_id = fields.Many2one("field.request", required=True, index=True, ondelete="cascade")
    sla_id = fields.Many2one(
        "field.request.sla", string="SLA", index="btree_not_null", ondelete="cascade"
    )
    sla_kind = fields.Selection(related="sla_id.kind", string="Of the target")
    company_id = fields.Many2one(related="request_id.company_id", store=True, precompute=True)
    kind = fields.Selection(
        [
            ("recomputed", "Recomputed"),
            ("warned", "Warning sent"),
            ("late", "Deadline passed"),
            ("met", "Met"),
            ("missed", "Missed"),
            ("cancelled", "No longer measured"),
        ],
        string="What",
        required=True,
    )
    date = fields.Datetime(string="When", default=fields.Datetime.now, required=True)
    user_id = fields.Many2one("res.users", string="Who", required=True)
    changes = fields.Json(help="Changed fields with their former and new values.")
    summary = fields.Char(compute="_compute_summary")
    reason = fields.Char()

    @api.depends("changes")
    @api.depends_context("tz", "lang")
    def _compute_summary(self):
        names = self.env["field.request.sla"]._fields
        for event in self:
            event.summary = " ; ".join(
                f"{names[name]._description_string(self.env)} : "
                f"{self._show(name, old)} → {self._show(name, new)}"
                for name, (old, new) in sorted((event.changes or {}).items())
                if name in names
            )

    def _show(self, name, value):
        """Return one traced value as a person reads it."""
        if value in (False, None):
            return "–"
        field = self.env["field.request.sla"]._fields[name]
        if field.type == "datetime":
            moment = fields.Datetime.to_datetime(value)
            local = fields.Datetime.context_timestamp(self, moment)
            return local.strftime("%d/%m/%Y %H:%M")
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "float":
            return self.env["field.sla.policy"]._format_hours(value)
        return str(value)

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: a trace is only added to."""
        raise UserError(self.env._("The trace of an SLA clock can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The trace of an SLA clock can't be deleted."))
