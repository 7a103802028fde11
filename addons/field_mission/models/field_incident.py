from odoo import api, fields, models


class FieldIncident(models.Model):
    _name = "field.incident"
    _description = "Field incident"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _rec_name = "kind"

    mission_id = fields.Many2one("field.mission", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="mission_id.company_id", store=True, precompute=True
    )
    site_id = fields.Many2one(related="mission_id.site_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("no_access", "No access"),
            ("customer_absent", "Customer absent"),
            ("missing_material", "Missing material"),
            ("danger", "Danger, work stopped"),
            ("damage", "Damage"),
            ("other", "Other"),
        ],
        required=True,
        tracking=True,
    )
    severity = fields.Selection(
        [("low", "Low"), ("medium", "Medium"), ("high", "High")], default="medium", required=True
    )
    description = fields.Text()
    photo_ids = fields.Many2many("field.photo", string="Photos")
    customer_caused = fields.Boolean(string="Caused by the customer", tracking=True)
    outcome = fields.Selection(
        [
            ("none", "Work goes on"),
            ("replan", "To be planned again"),
            ("partial", "Done in part"),
            ("cancel", "Given up"),
        ],
        default="none",
        required=True,
        tracking=True,
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now, help="Device time.")
    date_server = fields.Datetime(
        string="Known on", default=fields.Datetime.now, required=True, readonly=True
    )
    author_id = fields.Many2one(
        "res.users", required=True, readonly=True, default=lambda self: self.env.user
    )

    @api.depends_context("lang")
    @api.depends("kind", "site_id.name")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for incident in self:
            parts = [labels.get(incident.kind), incident.site_id.sudo().name]
            incident.display_name = " · ".join(part for part in parts if part)

    def _tell_office(self):
        """Give the planners' lead an activity for each incident (the responsible follow-up)."""
        for company, incidents in self.grouped("company_id").items():
            user = company._get_field_office_user()
            if not user:
                continue
            labels = dict(self._fields["kind"]._description_selection(self.env))
            for incident in incidents:
                incident.mission_id.activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=user.id,
                    summary=self.env._("Incident: %s", labels[incident.kind]),
                    note=incident.description or "",
                )
