import re

from odoo import api, fields, models
from odoo.tools import SQL

DEVICE_FORM = re.compile(r"^[A-Za-z0-9_-]{8,64}\Z")
VERSION_FORM = re.compile(r"^[A-Za-z0-9._-]{1,32}\Z")


class FieldDevice(models.Model):
    _name = "field.device"
    _description = "Technician's device"
    _order = "last_contact desc, id"
    _rec_name = "uuid"

    uuid = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True)
    last_contact = fields.Datetime(readonly=True)
    app_version = fields.Char(readonly=True)
    pending = fields.Integer(readonly=True, help="Operations still on the device when it called.")

    _device_of_user = models.UniqueIndex(
        "(uuid, user_id)", "A device is known once for each of its users."
    )

    @api.model
    def _stamp(self, uuid, app_version=None, pending=0):
        """Note that the current user's device has just called.

        :param uuid: identifier that the device gave itself
        :param app_version: version of the app that it runs
        :param pending: number of operations it had not sent before this call
        """
        if not isinstance(uuid, str) or not DEVICE_FORM.match(uuid):
            return
        known = isinstance(app_version, str) and VERSION_FORM.match(app_version)
        pending = pending if isinstance(pending, int) and 0 <= pending < 10**6 else 0
        # One statement: two tabs of the same phone may call at once.
        self.env.execute_query(
            SQL(
                """
                INSERT INTO field_device (uuid, user_id, last_contact, app_version, pending)
                VALUES (%s, %s, now() AT TIME ZONE 'UTC', %s, %s)
                ON CONFLICT (uuid, user_id) DO UPDATE SET last_contact = EXCLUDED.last_contact,
                    app_version = EXCLUDED.app_version, pending = EXCLUDED.pending
                RETURNING id
                """,
                uuid,
                self.env.uid,
                app_version if known else None,
                pending,
            )
        )
