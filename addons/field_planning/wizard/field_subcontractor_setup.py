from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize

# Field of the wizard → field of the employee.
EMPLOYEE_FIELDS = {
    "team_id": "field_team_id",
    "zone_ids": "field_zone_ids",
    "certificate_type_ids": "field_certificate_type_ids",
    "missions_day": "field_capacity_missions_day",
    "missions_week": "field_capacity_missions_week",
    "hours_day": "field_capacity_hours_day",
    "hours_week": "field_capacity_hours_week",
    "offer_required": "field_offer_required",
    "offer_hours": "field_offer_hours",
    "vendor_id": "field_vendor_id",
}


class FieldSubcontractorSetup(models.TransientModel):
    """Everything that makes a subcontractor, on one screen, without any right on HR's data."""

    _name = "field.subcontractor.setup"
    _description = "Set-up of a subcontractor"

    employee_id = fields.Many2one("hr.employee", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, readonly=True
    )
    name = fields.Char(string="Person")
    email = fields.Char()
    phone = fields.Char()
    has_user = fields.Boolean()
    vendor_id = fields.Many2one(
        "res.partner",
        help="Who sends the bills.",
    )
    invite = fields.Boolean(
        string="Give access to the portal and the app",
        default=True,
        help="They get a mail to choose their password.",
    )
    team_id = fields.Many2one("field.team")
    zone_ids = fields.Many2many("field.zone")
    certificate_type_ids = fields.Many2many(
        "field.certificate.type",
        string="Certificates asked for",
    )
    missions_day = fields.Integer(string="Missions a day")
    missions_week = fields.Integer(string="Missions a week")
    hours_day = fields.Float(string="Hours a day")
    hours_week = fields.Float(string="Hours a week")
    offer_required = fields.Boolean(
        string="Accepts each mission",
    )
    offer_hours = fields.Integer(
        string="Answers within (hours)",
    )
    line_ids = fields.One2many(
        "field.subcontractor.setup.line", "setup_id", string="New certificates"
    )

    @api.model
    def default_get(self, fields_list):
        """Propose what is known of the employee in the context, else what the company asks for."""
        values = super().default_get(fields_list)
        setup = self.new({"employee_id": values.get("employee_id")})
        setup._check_company_of_employee()
        # Field managers have no right on HR's data; these few are shown to them.
        employee = setup.employee_id.sudo()
        known = {}
        if employee:
            known = {
                "name": employee.name,
                "email": employee.work_email or employee.user_id.email,
                "phone": employee.work_phone,
                "has_user": bool(employee.user_id),
            }
            for name, employee_field in EMPLOYEE_FIELDS.items():
                known[name] = self._fields[name].convert_to_write(employee[employee_field], setup)
        if not employee.field_vendor_id:
            asked = self.env["field.certificate.type"].search(
                [
                    ("is_required", "=", True),
                    ("company_id", "in", [False, *self.env.company.ids]),
                ]
            )
            known.update(
                offer_required=True,
                offer_hours=24,
                certificate_type_ids=[fields.Command.set(asked.ids)],
            )
        values.update(
            {name: value for name, value in known.items() if name in fields_list and value}
        )
        return values

    def _check_company_of_employee(self):
        company = self.employee_id.sudo().company_id
        if company and company not in self.env.companies:
            raise AccessError(self.env._("This employee belongs to another company."))

    def action_save(self):
        """Create or complete the subcontractor: employee, vendor, portal user, certificates.

        :return: action of the technician's form
        :raises UserError: what is missing, in words
        :raises AccessError: the user is no manager, or another company's employee
        """
        self.ensure_one()
        if not self.env.user.has_group("field_mission.group_field_manager"):
            raise AccessError(self.env._("Only a manager sets up subcontractors."))
        self._check_company_of_employee()
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("This is another company."))
        if not self.name:
            raise UserError(self.env._("Give the person's name."))
        if not self.vendor_id:
            raise UserError(self.env._("Choose the vendor who is paid for the missions."))
        self.vendor_id.check_access("read")
        email = email_normalize(self.email or "")
        if self.invite and not self.has_user and not email:
            raise UserError(self.env._("An e-mail address is needed to give access."))
        employee = self._write_employee(email)
        if self.invite and not employee.user_id:
            self._give_access(employee, email)
        certificates = self.env["field.certificate"].create(
            [line._prepare_certificate(employee) for line in self.line_ids]
        )
        checked = [line.is_checked for line in self.line_ids]
        self.env["field.certificate"].union(
            *(one for one, done in zip(certificates, checked, strict=True) if done)
        ).action_verify()
        return {
            "type": "ir.actions.act_window",
            "res_model": "hr.employee.public",
            "res_id": employee.id,
            "views": [
                (self.env.ref("field_mission.hr_employee_public_view_form_technician").id, "form")
            ],
        }

    def _write_employee(self, email):
        """Create or write the employee (sudo): field managers have no right on HR's data."""
        values = {
            employee_field: self._fields[name].convert_to_write(self[name], self)
            for name, employee_field in EMPLOYEE_FIELDS.items()
        }
        values.update(
            name=self.name,
            work_email=email or False,
            work_phone=self.phone or False,
            is_field_technician=True,
        )
        employee = self.employee_id.sudo()
        if employee:
            employee.write(values)
            return employee
        vendor = self.vendor_id.sudo()
        return employee.create(
            {
                **values,
                "employee_type": "contractor",
                "company_id": self.company_id.id,
                "tz": vendor.tz or self.env.user.tz or "Europe/Paris",
                "field_start_address": vendor._display_address(without_company=True).strip(),
                "field_start_latitude": vendor.partner_latitude,
                "field_start_longitude": vendor.partner_longitude,
            }
        )

    def _give_access(self, employee, email):
        """Make the person's contact under the vendor a portal user, and invite them.

        :param employee: ``hr.employee`` (sudo)
        :param email: normalised address
        """
        # Managers may not make users; a portal user and nothing more is made here.
        users = self.env["res.users"].sudo().with_context(active_test=False)
        user = users.search([("login", "=", email)], limit=1)
        if user and (user._is_internal() or self.company_id not in user.company_ids):
            raise UserError(
                self.env._(
                    "%s already belongs to another user of Odoo. Use another address.", email
                )
            )
        if user and self.env["hr.employee"].sudo().search_count([("user_id", "=", user.id)]):
            raise UserError(self.env._("%s already is another technician.", email))
        if not user:
            vendor = self.vendor_id.sudo()
            contact = vendor
            if vendor.is_company or email_normalize(vendor.email or "") != email:
                contact = employee.work_contact_id or vendor.create({"name": self.name})
                contact.write(
                    {
                        "parent_id": vendor.id if vendor != contact else False,
                        "email": email,
                        "company_id": vendor.company_id.id,
                    }
                )
            wizard = self.env["portal.wizard"].sudo().create({"partner_ids": [(6, 0, contact.ids)]})
            wizard.user_ids.with_company(self.company_id).action_grant_access()
            user = contact.user_ids[:1]
        employee.write({"user_id": user.id})


class FieldSubcontractorSetupLine(models.TransientModel):
    _name = "field.subcontractor.setup.line"
    _description = "Certificate of a new subcontractor"

    setup_id = fields.Many2one("field.subcontractor.setup", required=True, ondelete="cascade")
    type_id = fields.Many2one("field.certificate.type", string="Kind", required=True)
    number = fields.Char()
    date_from = fields.Date(string="Valid from", required=True, default=fields.Date.context_today)
    date_to = fields.Date(string="Valid until", help="Empty = as long as this kind is valid.")
    file = fields.Binary()
    file_name = fields.Char()
    is_checked = fields.Boolean(
        string="Checked", help="You have checked it with who issued it: it counts from now on."
    )

    def _prepare_certificate(self, employee):
        """Return the values of one line's certificate.

        :param employee: ``hr.employee``
        """
        self.ensure_one()
        values = {
            "employee_id": employee.id,
            "type_id": self.type_id.id,
            "number": self.number,
            "date_from": self.date_from,
            "file": self.file,
            "file_name": self.file_name,
        }
        if self.date_to:
            values["date_to"] = self.date_to
        elif not self.type_id.validity_months:
            raise UserError(self.env._("%s: until when is it valid?", self.type_id.name))
        return values
