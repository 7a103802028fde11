from odoo import models

from ..core import checks


class FieldMissionCondition(models.Model):
    """Checks that are only asked after a given answer to an earlier one."""

    _inherit = "field.mission"

    def _get_hidden_checks(self):
        """Return the checks of these missions that are not asked (``field.mission.check``)."""
        found = self.env["field.mission.check"]
        for mission in self:
            lines = mission.check_ids
            if not any(check.shown_if for check in lines):
                continue
            gone = checks.hidden(
                {
                    "number": check.number,
                    "shown_if": check.shown_if,
                    "result": check.result,
                    "yesno": check.current_answer_id.value_yesno,
                    "choice": check.current_answer_id.value_choice,
                }
                for check in lines.sorted("number")
            )
            found |= lines.filtered(lambda check, gone=gone: check.number in gone)
        return found
