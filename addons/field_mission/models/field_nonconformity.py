from odoo import api, fields, models
from odoo.exceptions import UserError


class FieldNonconformity(models.Model):
    _name = "field.nonconformity"
    _description = "Non-conformity"
    _inherit = ["field.guarded.mixin", "field.sequence.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _guarded_fields = {"state": "open", "date_closed": False, "verified_by_id": False}

    name = fields.Char(default="/", required=True, readonly=True, copy=False)
    mission_id = fields.Many2one("field.mission", index="btree_not_null", ondelete="restrict")
    check_id = fields.Many2one("field.mission.check", readonly=True, index="btree_not_null")
    site_id = fields.Many2one("res.partner", required=True, index=True)
    equipment_id = fields.Many2one("field.equipment", index="btree_not_null", check_company=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    description = fields.Text(required=True)
    gravity = fields.Selection(
        [("minor", "Minor"), ("major", "Major"), ("critical", "Critical")],
        default="minor",
        required=True,
        tracking=True,
    )
    cause = fields.Text()
    corrective_action = fields.Text(tracking=True)
    user_id = fields.Many2one("res.users", string="Owner", tracking=True)
    date = fields.Datetime(default=fields.Datetime.now, required=True, string="Found on")
    date_due = fields.Date(string="Due on", tracking=True)
    date_closed = fields.Datetime(readonly=True, copy=False)
    verified_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    photo_ids = fields.Many2many("field.photo", string="Photos")
    state = fields.Selection(
        [
            ("open", "Open"),
            ("action", "Action"),
            ("to_verify", "To verify"),
            ("closed", "Closed"),
        ],
        default="open",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Number the non-conformities of a batch at once; all of them start open."""
        vals_list = [dict(vals) for vals in vals_list]
        self._number_new(vals_list)
        return super().create(vals_list)

    def action_take_action(self):
        """Go from open to action: somebody has to say what will be done."""
        for record in self:
            if not record.corrective_action:
                raise UserError(self.env._("%s: describe the corrective action.", record.name))
        self._go("open", "action")
        return True

    def action_to_verify(self):
        """Say that the corrective action is done and waits to be verified."""
        self._go("action", "to_verify")
        return True

    def action_close(self):
        """Close verified non-conformities; the current user is the one who verified."""
        self._go("to_verify", "closed")
        self._guarded_write({"date_closed": fields.Datetime.now(), "verified_by_id": self.env.uid})
        return True

    def _go(self, source, target):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for record in self:
            if record.state != source:
                raise UserError(
                    self.env._(
                        "%(name)s is “%(state)s”; this step is possible from “%(origin)s” only.",
                        name=record.name,
                        state=labels[record.state],
                        origin=labels[source],
                    )
                )
        self._guarded_write({"state": target})
