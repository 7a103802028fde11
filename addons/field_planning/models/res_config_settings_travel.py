from odoo import fields, models

from ..optimizer.osrm import OsrmError


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    field_travel_provider = fields.Selection(
        related="company_id.field_travel_provider", readonly=False, required=True
    )
    field_osrm_url = fields.Char(related="company_id.field_osrm_url", readonly=False)
    field_osrm_profile = fields.Char(related="company_id.field_osrm_profile", readonly=False)
    field_osrm_table_size = fields.Integer(
        related="company_id.field_osrm_table_size", readonly=False
    )
    field_osrm_timeout = fields.Float(related="company_id.field_osrm_timeout", readonly=False)
    field_travel_failure = fields.Char(related="company_id.field_travel_failure")
    field_travel_failure_date = fields.Datetime(related="company_id.field_travel_failure_date")
    field_travel_learning = fields.Boolean(
        related="company_id.field_travel_learning", readonly=False
    )
    field_travel_learning_min = fields.Integer(
        related="company_id.field_travel_learning_min", readonly=False
    )

    def action_test_router(self):
        """Ask the router for one small table and say whether it answers.

        :return: notification
        :raises AccessError: the user may not change the settings
        """
        self.check_access("create")
        travel, company = self.env["field.travel"], self.company_id or self.env.company
        try:
            travel._get_osrm_client(company).check()
        except OsrmError as error:
            kind, message = "danger", travel._say_failure(error)
        else:
            travel._note_failure(company, False)
            kind, message = "success", self.env._("The router answers.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message},
        }
