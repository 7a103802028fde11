from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.field_mission.core.slots import utc_to_local

CLOSED = "closed"
ANSWERED = ("answered", CLOSED)
GRAVITIES = [("minor", "Minor"), ("major", "Major"), ("critical", "Critical")]
# What a step alone writes; a new complaint starts with these values.
GUARDED = {
    "state": "new",
    "date_first_answer": False,
    "date_closed": False,
    "reopen_count": 0,
    "closed_by_id": False,
}


class FieldComplaint(models.Model):
    """The register of complaints: what was said, who takes care of it, what was answered."""

    _name = "field.complaint"
    _description = "Complaint"
    _inherit = ["field.guarded.mixin", "field.sequence.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_received desc, id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "subject"]
    _guarded_fields = GUARDED

    name = fields.Char(default="/", required=True, readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, required=True, index=True
    )
    subject = fields.Char(required=True)
    description = fields.Text(string="What the customer says")
    origin = fields.Selection(
        [
            ("phone", "Phone"),
            ("mail", "E-mail"),
            ("portal", "Customer portal"),
            ("letter", "Letter"),
            ("survey", "Satisfaction survey"),
        ],
        default="phone",
        required=True,
    )
    category = fields.Selection(
        [
            ("delay", "Delay or missed visit"),
            ("quality", "Quality of the work"),
            ("conduct", "Conduct on site"),
            ("damage", "Damage"),
            ("invoice", "Price or invoice"),
            ("other", "Other"),
        ],
        string="About",
        default="other",
        required=True,
        tracking=True,
    )
    gravity = fields.Selection(GRAVITIES, default="minor", required=True, tracking=True)
    date_received = fields.Datetime(
        string="Received on", default=fields.Datetime.now, required=True, tracking=True
    )
    date_due = fields.Date(
        string="Answer due on",
        compute="_compute_date_due",
        store=True,
        readonly=False,
        tracking=True,
        help="Set from the gravity by the delays of the settings; may be changed.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        tracking=True,
        index="btree_not_null",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who takes care of it.",
    )

    contact_id = fields.Many2one(
        "res.partner",
        string="Who complains",
        index="btree_not_null",
        help="The person who receives the answer.",
    )
    complainant = fields.Char(
        string="How to reach them", help="What is known of a person who is not a contact."
    )
    mission_id = fields.Many2one(
        "field.mission", index="btree_not_null", check_company=True, ondelete="restrict"
    )
    request_id = fields.Many2one(
        related="mission_id.request_id", store=True, index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_mission",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_from_mission",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        domain="[('is_field_site', '=', True)]",
    )
    contract_id = fields.Many2one(
        related="mission_id.contract_id", store=True, index="btree_not_null"
    )
    service_type_id = fields.Many2one(related="mission_id.service_type_id", store=True)
    team_id = fields.Many2one(related="mission_id.team_id", store=True)
    nonconformity_id = fields.Many2one(
        "field.nonconformity",
        string="Non-conformity",
        index="btree_not_null",
        check_company=True,
        domain="[('site_id', '=?', site_id)]",
    )

    cause = fields.Text(tracking=True)
    corrective_action = fields.Text(string="Action", tracking=True)
    answer = fields.Text(tracking=True, help="What the customer is told.")
    outcome = fields.Selection(
        [("founded", "Founded"), ("partly", "Partly founded"), ("unfounded", "Not founded")],
        tracking=True,
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("in_progress", "In progress"),
            ("answered", "Answered"),
            (CLOSED, "Settled"),
        ],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        group_expand=True,
        index=True,
    )
    date_first_answer = fields.Datetime(string="First answer on", readonly=True, copy=False)
    first_answer_hours = fields.Float(
        string="Hours to the first answer",
        compute="_compute_first_answer_hours",
        store=True,
        aggregator="avg",
        help="From the reception to the first answer, day and night. Empty while nobody answered.",
    )
    date_closed = fields.Datetime(string="Closed on", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", string="Closed by", readonly=True, copy=False)
    reopen_count = fields.Integer(string="Reopened", readonly=True, copy=False)
    is_overdue = fields.Boolean(
        string="Answer overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )

    # The customer waits for these; the register shows them first.
    _waiting_idx = models.Index("(company_id, date_due) WHERE state IN ('new', 'in_progress')")
    _received_idx = models.Index("(company_id, date_received)")

    # ------------------------------------------------------------------ computed fields

    @api.depends("mission_id")
    def _compute_from_mission(self):
        for complaint in self:
            mission = complaint.mission_id
            complaint.partner_id = mission.partner_id or complaint.partner_id
            complaint.site_id = mission.site_id or complaint.site_id

    @api.depends("gravity", "date_received", "company_id")
    def _compute_date_due(self):
        for complaint in self:
            received = complaint.date_received or fields.Datetime.now()
            tz = complaint.company_id.partner_id.tz or "Europe/Paris"
            days = complaint.company_id._get_complaint_days()[complaint.gravity or "minor"]
            complaint.date_due = utc_to_local(received, tz).date() + timedelta(days=days)

    @api.depends("date_first_answer", "date_received")
    def _compute_first_answer_hours(self):
        for complaint in self:
            answered = complaint.date_first_answer
            waited = answered - complaint.date_received if answered else timedelta(0)
            complaint.first_answer_hours = max(waited.total_seconds(), 0) / 3600

    @api.depends("state", "date_due")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for complaint in self:
            complaint.is_overdue = bool(
                complaint.state not in ANSWERED
                and complaint.date_due
                and complaint.date_due < today
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        overdue = Domain("state", "not in", ANSWERED) & Domain(
            "date_due", "<", fields.Date.context_today(self)
        )
        return overdue if True in value else ~overdue

    # ------------------------------------------------------------------ life

    @api.model_create_multi
    def create(self, vals_list):
        """Number the complaints of a batch, give each an owner and tell the owners."""
        vals_list = [dict(vals) for vals in vals_list]
        self._number_new(vals_list)
        offices = {}
        for vals in vals_list:
            if not vals.get("user_id"):
                company_id = vals.get("company_id") or self.env.company.id
                if company_id not in offices:
                    company = self.env["res.company"].browse(company_id)
                    offices[company_id] = company._get_field_office_user().id
                vals["user_id"] = offices[company_id]
        # A customer who writes on the portal follows nothing: notes stay ours.
        quiet = self.with_context(mail_create_nosubscribe=True)
        complaints = super(FieldComplaint, quiet).create(vals_list)
        complaints._tell_owner()
        return complaints

    def write(self, vals):
        """Tell a new owner that the complaint is theirs now."""
        changed = self.browse()
        if vals.get("user_id"):
            changed = self.filtered(
                lambda complaint: (
                    complaint.user_id.id != vals["user_id"] and complaint.state != CLOSED
                )
            )
        result = super().write(vals)
        changed._drop_owner_activities()
        changed._tell_owner()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        raise UserError(
            self.env._("A complaint is kept. Close it as “Not founded” if there is nothing to it.")
        )

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        # Odoo would subscribe owners one record at a time and tell them once more.
        return []

    def _tell_owner(self):
        """Let owners follow, with an activity each that is due when the answer is. In batch."""
        for owner, complaints in self.grouped("user_id").items():
            if owner:
                # Whoever writes on the portal may not subscribe others.
                complaints.sudo().message_subscribe(owner.partner_id.ids)
        model_id = self.env["ir.model"]._get_id(self._name)
        activity_type = self.env.ref("mail.mail_activity_data_todo")
        values = [
            {
                "activity_type_id": activity_type.id,
                "automated": True,
                "date_deadline": complaint.date_due,
                "res_id": complaint.id,
                "res_model_id": model_id,
                "summary": complaint.with_context(lang=complaint.user_id.lang).env._(
                    "Answer the complaint"
                ),
                "user_id": complaint.user_id.id,
            }
            for complaint in self
            if complaint.user_id
        ]
        # Whoever registers a complaint may be its customer. One message tells one owner of one
        # complaint; a whole batch is read on the screen.
        activities = self.env["mail.activity"].sudo()
        activities.with_context(mail_activity_quick_update=len(values) > 1).create(values)

    def _drop_owner_activities(self):
        """Remove the activities that ask for an answer, once it is given or another owner has it."""
        self.activity_ids.sudo().filtered("automated").unlink()

    # ------------------------------------------------------------------ screens

    def action_view_mission(self):
        """Open the mission that one complaint is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "view_mode": "form",
        }
