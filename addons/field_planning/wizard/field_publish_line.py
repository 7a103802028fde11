from odoo import api, fields, models

from ..core import publication


class FieldPublishLine(models.TransientModel):
    """One mission in the preview of a publication."""

    _name = "field.publish.line"
    _description = "Change to publish"
    _order = "wizard_id, id"

    wizard_id = fields.Many2one("field.publish", required=True, index=True, ondelete="cascade")
    mission_id = fields.Many2one("field.mission", required=True, readonly=True, ondelete="cascade")
    plan_version = fields.Integer(readonly=True)
    partner_id = fields.Many2one(related="mission_id.partner_id", string="Customer")
    change = fields.Selection(
        [
            (publication.NEW, "New"),
            (publication.MOVED, "Moved"),
            (publication.REASSIGNED, "Reassigned"),
            (publication.CHANGED, "Changed"),
            (publication.WITHDRAWN, "Withdrawn"),
            (publication.SAME, "Unchanged"),
        ],
        required=True,
        readonly=True,
    )
    text = fields.Char(string="What changes", readonly=True)
    publish = fields.Boolean(default=True)
    tell = fields.Boolean(help="Send the message to the customer.")
    message = fields.Selection(
        [
            ("confirmation", "Confirmation"),
            ("change", "Change"),
            ("cancellation", "Cancellation"),
        ],
        readonly=True,
    )
    can_tell = fields.Boolean(readonly=True)
    recipient_text = fields.Char(string="Whom", readonly=True)
    risk_text = fields.Text(string="Promise at risk", readonly=True)
    readiness = fields.Selection(
        [("green", "Ready"), ("orange", "To look at"), ("red", "Not ready")], readonly=True
    )
    ready_text = fields.Text(string="What is missing", readonly=True)

    @api.model
    def _prepare_values(self, mission, change):
        """Return the values of one line.

        :param change: what ``_get_publish_changes`` says of the mission
        """
        levels = {row["level"] for row in change["readiness"]}
        reached = any(address for _partner, _channel, address, _why in change["recipients"])
        names = [
            f"{partner.name} ({address})" if address else why
            for partner, _channel, address, why in change["recipients"]
        ]
        return {
            "mission_id": mission.id,
            "plan_version": mission.plan_version,
            "change": change["change"],
            "text": change["text"],
            "publish": True,
            "message": change["message"],
            "can_tell": reached,
            "tell": bool(change["message"] and reached),
            "recipient_text": ", ".join(names),
            "risk_text": "\n".join(change["risks"]),
            "readiness": "red" if "red" in levels else "orange" if levels else "green",
            "ready_text": "\n".join(row["message"] for row in change["readiness"]),
        }

    def _is_stale(self, change):
        """Whether one line does not say any more what publishing would do.

        :param change: what ``_get_publish_changes`` says of its mission now
        """
        self.ensure_one()
        return (
            self.plan_version != self.mission_id.plan_version
            or self.change != change["change"]
            or bool(self.tell and self.message != change["message"])
        )

    def action_open_mission(self):
        """Open the mission of one line.

        :return: action of its form
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }
