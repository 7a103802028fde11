from odoo import fields, models


class FieldMissionUrgent(models.Model):
    """What an urgent mission does to the others."""

    _inherit = "field.mission"

    to_reconfirm = fields.Boolean(
        string="To re-confirm",
        copy=False,
        help="An urgent mission moved this one: its customer must agree to the new appointment.",
    )
    urgent_ids = fields.One2many(
        "field.urgent",
        "mission_id",
        string="Urgent insertions",
        groups="field_mission.group_field_planner",
    )

    _to_reconfirm_idx = models.Index("(company_id) WHERE to_reconfirm")

    def action_reconfirmed(self):
        """Note that the customers of these missions agree to their new appointment.

        :raises AccessError: the user is no planner
        """
        self._check_role("planner")
        self.check_access("write")
        self.write({"to_reconfirm": False})
        return True

    def action_urgent(self):
        """Open the search for a place for one mission today.

        :return: action of the urgent mission's form
        :raises AccessError: the user is no planner
        """
        self.ensure_one()
        self._check_role("planner")
        return self.env["field.urgent"]._get_new_action(
            {
                "default_mission_id": self.id,
                "default_request_id": self.request_id.id,
                "default_company_id": self.company_id.id,
            }
        )

    def _get_penalties_at_risk(self, late):
        """Return what customers may ask when their visit starts late (hook; nothing by default).

        :param late: ``{field.mission: timedelta after the promise}``
        :return: ``{mission: amount in the company's currency}``
        """
        return dict.fromkeys(late, 0.0)


class FieldRequestUrgent(models.Model):
    _inherit = "field.request"

    def action_urgent(self):
        """Open the search for a place for one request, or for its mission that has none yet.

        :return: action of the urgent mission's form
        """
        self.ensure_one()
        self.check_access("write")
        waiting = self.mission_ids.filtered(lambda m: m.state in ("draft", "to_reschedule"))
        return self.env["field.urgent"]._get_new_action(
            {
                "default_request_id": self.id,
                "default_mission_id": waiting[:1].id,
                "default_company_id": self.company_id.id,
            }
        )
