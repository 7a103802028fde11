from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

PLANNER = "field_mission.group_field_planner"
# Whoever else reads employees by their public profile is not told whose company a person is of.
OFFICE = f"{PLANNER},hr.group_hr_user"
# Set by field.subcontractor.setup, shown to planners.
CAPACITY_FIELDS = (
    "field_capacity_missions_day",
    "field_capacity_missions_week",
    "field_capacity_hours_day",
    "field_capacity_hours_week",
)


class HrEmployeeSubcontractor(models.Model):
    """A subcontractor: an employee of type contractor with a vendor and a portal user."""

    _inherit = "hr.employee"

    field_vendor_id = fields.Many2one(
        "res.partner",
        string="Vendor",
        check_company=True,
        index="btree_not_null",
        help="Who is paid for this person's missions. With a vendor, the person is a"
        " subcontractor: certificates, capacity and acceptance apply.",
        groups=OFFICE,
    )
    is_field_subcontractor = fields.Boolean(
        string="Subcontractor",
        compute="_compute_is_field_subcontractor",
        store=True,
        index="btree_not_null",
    )
    field_certificate_type_ids = fields.Many2many(
        "field.certificate.type",
        string="Certificates asked for",
        compute="_compute_field_certificate_type_ids",
        store=True,
        readonly=False,
        help="Without a valid one of each on the day of the mission, nothing is given to them.",
        groups=OFFICE,
    )
    field_certificate_ids = fields.One2many(
        "field.certificate", "employee_id", string="Certificates", groups=OFFICE
    )
    field_capacity_missions_day = fields.Integer(
        string="Missions a day", help="0 = as many as fit.", groups=OFFICE
    )
    field_capacity_missions_week = fields.Integer(string="Missions a week", groups=OFFICE)
    field_capacity_hours_day = fields.Float(string="Hours a day", groups=OFFICE)
    field_capacity_hours_week = fields.Float(string="Hours a week", groups=OFFICE)
    field_offer_required = fields.Boolean(
        string="Accepts each mission",
        help="Missions are offered first; they are published once accepted.",
        groups=OFFICE,
    )
    field_offer_hours = fields.Integer(
        string="Answers within (hours)",
        default=24,
        help="No answer by then: the mission goes back to the tray and the planner is told.",
        groups=OFFICE,
    )

    _field_capacity_positive = models.Constraint(
        "CHECK(field_capacity_missions_day >= 0 AND field_capacity_missions_week >= 0"
        " AND field_capacity_hours_day >= 0 AND field_capacity_hours_week >= 0)",
        "A capacity is not below zero.",
    )
    _field_offer_hours_positive = models.Constraint(
        "CHECK(field_offer_hours > 0)", "There must be some time to answer."
    )

    @api.depends("field_vendor_id")
    def _compute_is_field_subcontractor(self):
        for employee in self:
            employee.is_field_subcontractor = bool(employee.field_vendor_id)

    @api.depends("field_vendor_id")
    def _compute_field_certificate_type_ids(self):
        # Who becomes a subcontractor, by whatever screen, is asked for what the company asks.
        required = self.env["field.certificate.type"].sudo().search([("is_required", "=", True)])
        for employee in self:
            asked = employee.field_certificate_type_ids
            if employee.field_vendor_id and not asked:
                asked = required.filtered(
                    lambda kind, c=employee.company_id: not kind.company_id or kind.company_id == c
                )
            employee.field_certificate_type_ids = asked

    @api.constrains("field_vendor_id", "user_id")
    def _check_field_subcontractor_user(self):
        for employee in self:
            user = employee.user_id
            if employee.field_vendor_id and user and user._is_internal():
                raise ValidationError(
                    self.env._(
                        "%s is a subcontractor: a portal user is enough, an internal one would see"
                        " the company's data.",
                        employee.name,
                    )
                )

    # ------------------------------------------------------------------ certificates

    def _get_certificate_gaps(self, days):
        """Return the certificates that subcontractors lack on days.

        :param days: iterable of ``datetime.date``
        :return: ``{(employee_id, day): [sentence, …]}``, only where something is missing
        """
        days = set(days)
        # Papers are the managers' business; whether one is valid is everybody's who plans.
        people = self.sudo().filtered("is_field_subcontractor")
        if not people or not days:
            return {}
        held = (
            self.env["field.certificate"]
            .sudo()
            .search_fetch(
                [("employee_id", "in", people.ids)],
                ["employee_id", "type_id", "date_from", "date_to", "verified_by_id"],
                order="date_to, id",
            )
        )
        by_kind = held.grouped(lambda one: (one.employee_id.id, one.type_id.id))
        gaps = {}
        for person in people:
            for kind in person.field_certificate_type_ids:
                papers = by_kind.get((person.id, kind.id), held.browse())
                for day in days:
                    if not any(
                        one.verified_by_id and one.date_from <= day <= one.date_to for one in papers
                    ):
                        sentence = person._word_certificate_gap(kind, papers, day)
                        gaps.setdefault((person.id, day), []).append(sentence)
        return gaps

    def _word_certificate_gap(self, kind, papers, day):
        who, what = self.name, kind.name
        fitting = papers.filtered(lambda one: one.date_from <= day <= one.date_to)
        if fitting:
            return self.env._("%(who)s: “%(what)s” is not verified yet", who=who, what=what)
        past = papers.filtered(lambda one: one.date_to < day)[-1:]
        if past:
            return self.env._(
                "%(who)s: “%(what)s” is valid until %(day)s only",
                who=who,
                what=what,
                day=format_date(self.env, past.date_to),
            )
        return self.env._("%(who)s: no valid “%(what)s”", who=who, what=what)

    def _get_field_days(self, date_from, date_to):
        """Working days; without valid certificates a subcontractor does not work."""
        found = super()._get_field_days(date_from, date_to)
        subcontractors = self.sudo().filtered("is_field_subcontractor")
        if subcontractors:
            days = {day for _employee, day in found}
            for key, _gaps in subcontractors._get_certificate_gaps(days).items():
                work_day, name = found[key], self.env._("certificate missing")
                work_day.absences += [(first, last, name) for first, last in work_day.intervals]
                work_day.intervals = []
        return found


class HrEmployeePublicSubcontractor(models.Model):
    _inherit = "hr.employee.public"

    is_field_subcontractor = fields.Boolean(string="Subcontractor", readonly=True)
    field_vendor_id = fields.Many2one(related="employee_id.field_vendor_id", groups=PLANNER)
    field_offer_required = fields.Boolean(
        related="employee_id.field_offer_required", groups=PLANNER
    )
    field_offer_hours = fields.Integer(related="employee_id.field_offer_hours", groups=PLANNER)
    field_certificate_type_ids = fields.Many2many(
        related="employee_id.field_certificate_type_ids", groups=PLANNER
    )
    field_capacity_missions_day = fields.Integer(
        related="employee_id.field_capacity_missions_day", groups=PLANNER
    )
    field_capacity_missions_week = fields.Integer(
        related="employee_id.field_capacity_missions_week", groups=PLANNER
    )
    field_capacity_hours_day = fields.Float(
        related="employee_id.field_capacity_hours_day", groups=PLANNER
    )
    field_capacity_hours_week = fields.Float(
        related="employee_id.field_capacity_hours_week", groups=PLANNER
    )
    field_certificate_ids = fields.Many2many(
        "field.certificate",
        compute="_compute_field_certificate_ids",
        string="Certificates",
        groups=PLANNER,
    )
    field_subcontractor_gap = fields.Text(
        compute="_compute_field_subcontractor_gap",
        string="What is missing today",
        groups=PLANNER,
    )

    def _compute_field_certificate_ids(self):
        # A public employee has the id of its employee.
        held = self.env["field.certificate"].search([("employee_id", "in", self.ids)])
        by_person = held.grouped(lambda one: one.employee_id.id)
        for person in self:
            person.field_certificate_ids = by_person.get(person.id, held.browse())

    def _compute_field_subcontractor_gap(self):
        today = fields.Date.context_today(self)
        employees = self.env["hr.employee"].sudo().browse(self.ids)
        gaps = employees._get_certificate_gaps([today])
        for person, employee in zip(self, employees, strict=True):
            missing = list(gaps.get((person.id, today), ()))
            if employee.is_field_subcontractor and not employee.user_id:
                missing.append(self.env._("%s has no portal user", employee.name))
            person.field_subcontractor_gap = "\n".join(missing)
