from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html
from odoo.tools.misc import formatLang


class FieldSuggestion(models.Model):
    _inherit = "field.suggestion"

    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", readonly=True, copy=False, index="btree_not_null"
    )

    def action_make_lead(self):
        """Take suggestions up as opportunities of the sales team, one each.

        :return: action of the opportunities
        :raises UserError: one of them has ended, or has its opportunity already
        """
        self.check_access("write")
        known = self.filtered("lead_id")
        if known:
            raise UserError(
                self.env._("“%s” is an opportunity already: open it instead.", known[0].name)
            )
        self.filtered(lambda one: one.state in ("new", "refused")).action_accept()
        # Planners take suggestions up without being salespeople: the lead holds what they gave.
        leads = self.env["crm.lead"].sudo().create([one._prepare_lead() for one in self])
        for suggestion, lead in zip(self, leads, strict=True):
            suggestion.lead_id = lead
        return self.action_view_lead()

    def _prepare_lead(self):
        """Return the values of one suggestion's opportunity."""
        self.ensure_one()
        lines = (self.description, self.env._("Seen on %s.", self.mission_id.display_name))
        return {
            "name": f"{self.name} · {self.site_id.name}",
            "type": "opportunity",
            "partner_id": self.partner_id.id,
            "expected_revenue": self.value,
            "company_id": self.company_id.id,
            "user_id": self.partner_id.user_id.id,
            "description": plaintext2html("\n".join(line for line in lines if line)),
        }

    def action_view_lead(self):
        """Open the opportunities of these suggestions, for those who may see them.

        :return: action of a form or a list, or True
        """
        self.check_access("read")
        leads = self.lead_id
        if not leads.has_access("read"):
            return True
        action = self.env["ir.actions.act_window"]._for_xml_id("crm.crm_lead_all_leads")
        action["domain"] = [("id", "in", leads.ids)]
        if len(leads) == 1:
            action.update(views=[(False, "form")], res_id=leads.id)
        return action

    def _get_news(self):
        """Tell the author what the opportunity brought."""
        if self.state == "won":
            amount = formatLang(self.env, self.won_value, currency_obj=self.currency_id)
            return self.env._(
                "Your suggestion “%(name)s” was signed: %(amount)s thanks to you!",
                name=self.name,
                amount=amount,
            )
        return super()._get_news()
