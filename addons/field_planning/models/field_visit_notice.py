from odoo import models


class FieldVisitNotice(models.Model):
    _inherit = "field.visit.notice"

    def _tell_customers(self):  # pylint: disable=method-required-super
        """Customers are told as they chose to be, by the queue of messages, and only once."""
        self.mission_id._send_customer_messages(
            "missed_visit",
            expected={notice.mission_id.id: (notice.date, None) for notice in self},
        )
