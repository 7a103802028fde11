from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.field_mission.core.qr import make_qr

# Where the new address waits for the window that shows it once; it is stored nowhere.
TOKEN_KEY = "field_calendar_token"


class FieldCalendarWizard(models.TransientModel):
    _name = "field.calendar.wizard"
    _description = "Subscribe to a technician's calendar"

    employee_id = fields.Many2one("hr.employee", string="Technician", required=True, readonly=True)
    employee_name = fields.Char(compute="_compute_link", compute_sudo=True)
    has_link = fields.Boolean(compute="_compute_link", compute_sudo=True)
    date_created = fields.Datetime(
        string="In use since", compute="_compute_link", compute_sudo=True
    )
    date_read = fields.Datetime(string="Last read on", compute="_compute_link", compute_sudo=True)
    url = fields.Char(string="Address", compute="_compute_url")
    qr = fields.Html(string="Code for the phone", compute="_compute_url", sanitize=False)

    @api.depends("employee_id")
    def _compute_link(self):
        links = self.env["field.calendar.link"].search(
            [("employee_id", "in", self.employee_id.ids), ("date_revoked", "=", False)]
        )
        by_person = links.grouped("employee_id")
        for wizard in self:
            link = by_person.get(wizard.employee_id, links.browse())[:1]
            wizard.employee_name = wizard.employee_id.name
            wizard.has_link = bool(link)
            wizard.date_created = link.create_date
            wizard.date_read = link.date_read

    @api.depends_context(TOKEN_KEY)
    @api.depends("employee_id")
    def _compute_url(self):
        token = self.env.context.get(TOKEN_KEY)
        for wizard in self:
            wizard.url = wizard.qr = False
            if isinstance(token, str) and token:
                base = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
                wizard.url = f"{base}/field/planning/{token}.ics"
                wizard.qr = Markup('<img src="{}" alt="QR" style="width: 180px"/>').format(
                    make_qr(wizard.url)
                )

    @api.model
    def _check_person(self, employee):
        """Let a technician and their planners handle a subscription, nobody else.

        :param employee: ``hr.employee``
        """
        person = employee.sudo().exists()
        user = self.env.user
        own = person and person.user_id == user and not user.share
        planner = user.has_group("field_mission.group_field_planner")
        ours = planner and person.company_id in self.env.companies
        if not (own or ours):
            raise AccessError(
                self.env._("Only the technician and the planners handle this calendar.")
            )
        if not person.is_field_technician:
            raise UserError(self.env._("%s is no field technician.", person.name))

    @api.model
    def action_open_mine(self):
        """Open the calendar window of the current user.

        :return: action of the window
        :raises UserError: the user is no technician
        """
        person = self.env["field.mission"]._get_app_employee()
        if not person:
            raise UserError(self.env._("You are no field technician: there is no tour to follow."))
        return self._open_for(person)

    @api.model
    def _open_for(self, employee):
        self._check_person(employee)
        return self.create({"employee_id": employee.id})._get_window()

    def _get_window(self, token=None):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Missions in a calendar"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {TOKEN_KEY: token} if token else {},
        }

    def action_renew(self):
        """Make a new address and show it, once.

        :return: action of the window
        """
        self.ensure_one()
        self._check_person(self.employee_id)
        return self._get_window(self.env["field.calendar.link"]._renew(self.employee_id))

    def action_revoke(self):
        """Stop the address: calendars that follow it get nothing more.

        :return: action of the window
        """
        self.ensure_one()
        self._check_person(self.employee_id)
        self.env["field.calendar.link"]._revoke(self.employee_id)
        return self._get_window()
