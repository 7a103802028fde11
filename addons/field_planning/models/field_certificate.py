from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

# What was verified; a change asks for a new look.
VERIFIED_FIELDS = frozenset(
    ("employee_id", "type_id", "number", "date_from", "date_to", "file")
)  # fmt: skip


class FieldCertificate(models.Model):
    """One paper of a subcontractor: it counts from when somebody has verified it."""

    _name = "field.certificate"
    _description = "Certificate of a subcontractor"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    employee_id = fields.Many2one(
        "hr.employee",
        string="Subcontractor",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('is_field_subcontractor', '=', True)]",
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        compute_sudo=True,
        store=True,
        precompute=True,
        index=True,
    )
    type_id = fields.Many2one(
        "field.certificate.type", string="Kind", required=True, ondelete="restrict", tracking=True
    )
    number = fields.Char(help="Security code of the URSSAF, or policy number.")
    date_from = fields.Date(
        string="Valid from", required=True, default=fields.Date.context_today, tracking=True
    )
    date_to = fields.Date(
        string="Valid until",
        compute="_compute_date_to",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        tracking=True,
    )
    file = fields.Binary(attachment=True)
    file_name = fields.Char()
    verified_by_id = fields.Many2one("res.users", readonly=True, copy=False, tracking=True)
    date_verified = fields.Datetime(string="Verified on", readonly=True, copy=False)
    date_warned = fields.Date(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("to_verify", "To verify"),
            ("coming", "Not valid yet"),
            ("valid", "Valid"),
            ("expiring", "Expires soon"),
            ("expired", "Expired"),
        ],
        compute="_compute_state",
        search="_search_state",
        string="Status",
    )

    _dates_ordered = models.Constraint(
        "CHECK(date_to >= date_from)", "The certificate ends before it begins."
    )

    @api.depends("employee_id.company_id")
    def _compute_company_id(self):
        for certificate in self:
            certificate.company_id = certificate.employee_id.company_id

    @api.depends("type_id", "date_from")
    def _compute_date_to(self):
        for certificate in self:
            months = certificate.type_id.validity_months
            if months and certificate.date_from:
                certificate.date_to = (
                    certificate.date_from + relativedelta(months=months) - timedelta(days=1)
                )
            else:
                certificate.date_to = certificate.date_to

    @api.depends("date_from", "date_to", "verified_by_id", "type_id.warn_days")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for certificate in self:
            if certificate.date_to and certificate.date_to < today:
                certificate.state = "expired"
            elif not certificate.verified_by_id:
                certificate.state = "to_verify"
            elif certificate.date_from and certificate.date_from > today:
                certificate.state = "coming"
            elif certificate.date_to <= today + timedelta(days=certificate.type_id.warn_days):
                certificate.state = "expiring"
            else:
                certificate.state = "valid"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        live = Domain("date_to", ">=", today)
        verified = live & Domain("verified_by_id", "!=", False)
        soon = Domain.OR(
            Domain("type_id", "=", kind.id)
            & Domain("date_to", "<=", today + timedelta(days=kind.warn_days))
            for kind in self.env["field.certificate.type"]
            .with_context(active_test=False)
            .search([])
        )
        begun = verified & Domain("date_from", "<=", today)
        domains = {
            "expired": Domain("date_to", "<", today),
            "to_verify": live & Domain("verified_by_id", "=", False),
            "coming": verified & Domain("date_from", ">", today),
            "expiring": begun & soon,
            "valid": begun & ~soon,
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("type_id.name", "employee_id.name", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for certificate in self:
            until = certificate.date_to and format_date(self.env, certificate.date_to)
            certificate.display_name = (
                f"{certificate.employee_id.sudo().name or ''} · "
                f"{certificate.type_id.name or ''} ({until or ''})"
            )

    def write(self, vals):
        """A paper that changes has to be verified again, and is warned of anew.

        :raises AccessError: no manager
        """
        changed = VERIFIED_FIELDS & set(vals)
        if changed and self.filtered("verified_by_id"):
            vals = {"verified_by_id": False, "date_verified": False, "date_warned": False, **vals}
        return super().write(vals)

    def action_verify(self):
        """Say that these papers were checked with who issued them: from now on they count.

        :raises UserError: a paper without its number or its file
        :raises AccessError: the user may not change them
        """
        self.check_access("write")
        for certificate in self:
            if not certificate.number and not certificate.file:
                raise UserError(
                    self.env._(
                        "%s: enter its number or attach the file, so that it can be checked.",
                        certificate.display_name,
                    )
                )
        self.write({"verified_by_id": self.env.uid, "date_verified": fields.Datetime.now()})
        return True

    # ------------------------------------------------------------------ expiry

    @api.model
    def _cron_warn(self):
        """Give planners one activity for each paper that ends soon and has no successor."""
        today = fields.Date.context_today(self)
        horizon = max(
            self.env["field.certificate.type"].search([("warn_days", ">", 0)]).mapped("warn_days"),
            default=0,
        )
        ending = self.search(
            [
                ("date_warned", "=", False),
                ("date_to", ">=", today),
                ("date_to", "<=", today + timedelta(days=horizon)),
                ("employee_id.active", "=", True),
            ]
        ).filtered(lambda one: one.date_to <= today + timedelta(days=one.type_id.warn_days))
        replaced = ending._get_replaced()
        due = ending - replaced
        ending.write({"date_warned": today})
        planners = {company: company._get_told_planners() for company in due.company_id}
        counts = due._count_missions_after()
        self.env["mail.activity"].with_context(mail_activity_quick_update=len(due) > 20).create(
            [
                one._prepare_warning(user, counts[one.id])
                for one in due
                for user in planners[one.company_id]
            ]
        )

    def _get_replaced(self):
        """Return those that a verified paper of the same kind takes over from without a gap."""
        later = self.search(
            [
                ("employee_id", "in", self.employee_id.ids),
                ("type_id", "in", self.type_id.ids),
                ("verified_by_id", "!=", False),
            ]
        )
        return self.filtered(
            lambda one: any(
                other.employee_id == one.employee_id
                and other.type_id == one.type_id
                and other.date_to > one.date_to
                and other.date_from <= one.date_to + timedelta(days=1)
                for other in later
            )
        )

    def _count_missions_after(self):
        """Return how many missions are planned after the end of each, ``{id: count}``."""
        if not self:
            return {}
        missions = (
            self.env["field.mission"]
            .sudo()
            .search_fetch(
                [
                    ("technician_id", "in", self.employee_id.ids),
                    ("state", "=", "planned"),
                    ("planned_date", ">", min(self.mapped("date_to"))),
                ],
                ["technician_id", "planned_date"],
            )
        )
        return {
            one.id: sum(
                mission.technician_id == one.employee_id and mission.planned_date > one.date_to
                for mission in missions
            )
            for one in self
        }

    def _prepare_warning(self, user, count):
        """Return the values of one planner's activity.

        :param user: ``res.users``
        :param count: missions planned after the end
        """
        self.ensure_one()
        env = self.with_context(lang=user.lang).env
        note = env._("From the day after, no mission can be given to them.")
        if count:
            note += " " + env._("Missions planned after that day: %s.", count)
        return {
            "res_model_id": env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": env["ir.model.data"]._xmlid_to_res_id(
                "mail.mail_activity_data_todo", raise_if_not_found=True
            ),
            "user_id": user.id,
            "date_deadline": self.date_to,
            "summary": env._(
                "%(who)s: %(what)s ends on %(day)s",
                who=self.employee_id.sudo().name,
                what=self.with_env(env).type_id.name,
                day=format_date(env, self.date_to),
            ),
            "note": note,
        }
