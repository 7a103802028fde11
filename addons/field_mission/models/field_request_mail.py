from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize, html2plaintext
from odoo.tools.mail import email_split_tuples

# A longer description is a quoted conversation; the whole message stays in the discussion.
LONGEST_DESCRIPTION = 4000


class FieldRequestMail(models.Model):
    """Requests that arrive by e-mail: the sender is matched, nothing is lost."""

    _inherit = "field.request"

    inbox_id = fields.Many2one(
        "field.request.inbox", string="Written to", readonly=True, index="btree_not_null"
    )
    is_to_sort = fields.Boolean(
        string="To sort",
        compute="_compute_is_to_sort",
        store=True,
        help="The office has to say who asks, where or what before a visit can be planned.",
    )

    _customer_known = models.Constraint(
        "CHECK(partner_id IS NOT NULL OR origin = 'mail')",
        "Only a request by e-mail may wait for its customer.",
    )
    _to_sort_idx = models.Index("(company_id) WHERE is_to_sort")

    @api.depends("partner_id", "site_id", "service_type_id", "mission_ids")
    def _compute_is_to_sort(self):
        for request in self:
            known = request.partner_id and request.site_id and request.service_type_id
            request.is_to_sort = not known and not request.mission_ids

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make a request of a message; an unknown sender's waits to be sorted.

        :param msg_dict: what the mail gateway read
        :param custom_values: defaults of the address it was written to
        """
        sender = msg_dict.get("email_from") or ""
        subject = (msg_dict.get("subject") or "").strip()
        text = html2plaintext(msg_dict.get("body") or "").strip()
        partner, site = self._match_sender(sender, f"{subject}\n{text}")
        names = email_split_tuples(sender)
        name, address = names[0] if names else ("", sender)
        values = {
            "origin": "mail",
            "requester": ", ".join(part for part in (name, address) if part) or False,
            "description": f"{subject}\n\n{text}".strip()[:LONGEST_DESCRIPTION] or False,
            "partner_id": partner.id,
            "site_id": site.id,
            **(custom_values or {}),
        }
        values.pop("name", None)
        request = super().message_new(msg_dict, values)
        request._tell_new_mail()
        return request

    @api.model
    def _match_sender(self, sender, text):
        """Return the customer and the site of a message, each empty where it is not sure.

        :param sender: ``Name <address>``
        :param text: subject and body: a site named there decides between several
        :return: ``(res.partner, res.partner)``
        """
        partners = self.env["res.partner"]
        address = email_normalize(sender)
        if not address:
            return partners, partners
        people = partners.search([("email_normalized", "=", address)])
        if not people:
            return partners, partners
        sites = self._find_sites_of(people)
        named = sites.filtered(
            lambda site: any(
                word and word.lower() in text.lower() for word in (site.site_code, site.name)
            )
        )
        site = named if len(named) == 1 else sites if len(sites) == 1 else partners
        if site:
            return site._get_site_customer()[site], site
        customers = people.commercial_partner_id
        return customers if len(customers) == 1 else partners, partners

    @api.model
    def _find_sites_of(self, people):
        """Return the sites that these people may mean: theirs, else those of their company."""
        partners = self.env["res.partner"]
        sites = people.filtered("is_field_site")
        sites |= self.env["field.site.contact"].search([("partner_id", "in", people.ids)]).site_id
        if sites:
            return sites
        companies = people.commercial_partner_id
        return partners.search(
            Domain("is_field_site", "=", True)
            & (
                Domain("site_customer_id", "in", (companies | people).ids)
                | (
                    Domain("site_customer_id", "=", False)
                    & Domain("commercial_partner_id", "in", companies.ids)
                )
            )
        )

    def _tell_new_mail(self):
        """Put a request that arrived on the desk of the field office."""
        for request in self:
            user = request.company_id._get_field_office_user()
            if not user:
                continue
            summary = (
                self.env._("New request by e-mail, to sort")
                if request.is_to_sort
                else self.env._("New request by e-mail")
            )
            request.activity_schedule(
                "mail.mail_activity_data_todo", user_id=user.id, summary=summary
            )

    def action_intake(self):
        """Open the intake of one request: who, where, what, when.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("field_mission.field_intake_action")
        action["context"] = {"default_request_id": self.id}
        return action
