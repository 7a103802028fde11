from odoo import fields, models


class FieldMissionTime(models.Model):
    _inherit = "field.mission.time"

    travel_seen = fields.Boolean(
        readonly=True, copy=False, help="The learning of travel times has looked at it."
    )

    _travel_unseen_idx = models.Index(
        "(company_id, start) WHERE kind = 'travel' AND travel_seen IS NOT TRUE"
    )
