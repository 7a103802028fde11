import base64
import hashlib
import uuid

from odoo import api, fields, models


class FieldWorkWizardMixin(models.AbstractModel):
    """What the technician's dialogs share: one mission, and files sent through its actions.

    The dialogs write nothing themselves: technicians have no right to, the mission's guarded
    actions do it for them.
    """

    _name = "field.work.wizard.mixin"
    _description = "Dialog of work on a mission"

    mission_id = fields.Many2one("field.mission", required=True, readonly=True)

    @api.model
    def _send_file(self, mission, content, **values):
        """Announce one file to a mission and hand over its bytes.

        :param mission: ``field.mission`` record, in the user's own rights
        :param content: bytes
        :param values: kind, stage, caption, check_id of the file
        :return: the file's uuid
        """
        identifier = str(uuid.uuid4())
        mission.action_add_photo(
            {**values, "uuid": identifier, "sha256": hashlib.sha256(content).hexdigest()}
        )
        self.env["field.photo"].action_receive(identifier, base64.b64encode(content).decode())
        return identifier

    @api.model
    def _decode(self, value):
        """Return the bytes of a binary field's value."""
        return base64.b64decode(value)
