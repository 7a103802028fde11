from odoo import fields, models


class FieldMission(models.Model):
    _inherit = "field.mission"

    # By these an imported visit is recognised when its file, or another one, is imported again,
    # whatever has been changed on the mission since.
    import_key = fields.Char(
        readonly=True, copy=False, index="btree_not_null", help="What the imported line said."
    )
    import_source = fields.Char(
        readonly=True, copy=False, index="btree_not_null", help="File, sheet and line it came from."
    )
