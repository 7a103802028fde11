from odoo import fields, models
from odoo.exceptions import UserError


class FieldChecklist(models.Model):
    _name = "field.checklist"
    _description = "Checklist"
    _order = "name, version desc, id"

    name = fields.Char(required=True, translate=True)
    version = fields.Integer(default=1, readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("archived", "Replaced")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        group_expand=True,
    )
    active = fields.Boolean(default=True)
    item_ids = fields.One2many("field.checklist.item", "checklist_id", copy=True, string="Items")
    service_type_ids = fields.One2many("field.service.type", "checklist_id", string="Service types")
    previous_id = fields.Many2one("field.checklist", readonly=True, copy=False)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)

    def write(self, vals):
        """Refuse changes of a published version: past and started missions keep it."""
        if "item_ids" in vals and any(checklist.state != "draft" for checklist in self):
            raise UserError(
                self.env._("This version is published. Make a new version to change its items.")
            )
        return super().write(vals)

    def copy(self, default=None):
        """Copy checklists; conditions point to the copies of the checks they depend on."""
        copies = super().copy(default)
        for former, new in zip(self, copies, strict=True):
            order = former.item_ids.sorted("id"), new.item_ids.sorted("id")
            by_former = dict(zip(*order, strict=True))
            for item, copied in by_former.items():
                if item.shown_if_item_id:
                    copied.shown_if_item_id = by_former.get(item.shown_if_item_id)
        return copies

    def action_publish(self):
        """Make the drafts the versions that new missions take; their former versions retire.

        :raises UserError: when a checklist has no item
        """
        drafts = self.filtered(lambda checklist: checklist.state == "draft")
        for checklist in drafts:
            if not checklist.item_ids:
                raise UserError(
                    self.env._(
                        "%s has no item: add what the technician has to check.", checklist.name
                    )
                )
        drafts.state = "published"
        former = drafts.previous_id
        if former:
            former.state = "archived"
            types = self.env["field.service.type"].search([("checklist_id", "in", former.ids)])
            by_former = {checklist.previous_id: checklist for checklist in drafts}
            for checklist, group in types.grouped("checklist_id").items():
                group.checklist_id = by_former[checklist]
        return True

    def action_new_version(self):
        """Copy each checklist into a draft that will replace it, and open it.

        :return: a window action on the new version
        """
        drafts = self.browse()
        for checklist in self:
            drafts += checklist.copy(
                {
                    "name": checklist.name,
                    "version": checklist.version + 1,
                    "previous_id": checklist.id,
                }
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form" if len(drafts) == 1 else "list,form",
            "res_id": drafts.id if len(drafts) == 1 else False,
            "domain": [("id", "in", drafts.ids)],
        }

    def _compute_display_name(self):
        for checklist in self:
            checklist.display_name = self.env._(
                "%(name)s, version %(version)s", name=checklist.name, version=checklist.version
            )
