from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    field_leave_id = fields.Many2one(
        "resource.calendar.leaves",
        string="Absence over the plan",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        groups="base.group_system",
    )
