from odoo import fields, models


class FieldTeam(models.Model):
    _name = "field.team"
    _description = "Field team"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char()
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, index=True, required=True
    )
    leader_id = fields.Many2one("hr.employee", check_company=True)
    member_ids = fields.One2many("hr.employee", "field_team_id", string="Technicians")
    member_count = fields.Integer(compute="_compute_member_count", string="Technicians count")

    def _compute_member_count(self):
        # Field managers have no right on employees; how many there are is no secret.
        counts = dict(
            self.env["hr.employee"]
            .sudo()
            ._read_group([("field_team_id", "in", self.ids)], ["field_team_id"], ["__count"])
        )
        for team in self:
            team.member_count = counts.get(team, 0)
