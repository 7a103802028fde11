from odoo import fields, models


class FieldServiceType(models.Model):
    _name = "field.service.type"
    _description = "Service type"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char()
    alias_names = fields.Char(
        string="Other spellings",
        help="How spreadsheets also call it, separated by semicolons: Maint. prév.; MP.",
    )
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)
    default_duration = fields.Float(
        default=1.0, required=True, help="Hours on site when nobody says otherwise."
    )
    checklist_id = fields.Many2one(
        "field.checklist",
        domain="[('state', '!=', 'archived')]",
        check_company=True,
        help="Copied to each mission of this type when it is created.",
    )
    skill_ids = fields.Many2many(
        "hr.skill", string="Skills needed", help="A technician needs all of them on that day."
    )
    product_id = fields.Many2one(
        "product.product",
        string="Service product",
        domain="[('type', '=', 'service')]",
        check_company=True,
    )
    instructions = fields.Text(translate=True, help="Copied to each mission of this type.")
    requires_photo = fields.Boolean(string="Photo needed")
    requires_signature = fields.Boolean(
        string="Signature needed", help="Or the reason why the customer did not sign."
    )

    _duration_positive = models.Constraint(
        "CHECK(default_duration > 0)", "A mission takes more than zero hours."
    )
    _code_company_unique = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL",
        "Two service types of a company have the same code.",
    )
