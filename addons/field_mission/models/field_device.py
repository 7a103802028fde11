import re

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL, mute_logger

DEVICE_FORM = re.compile(r"^[A-Za-z0-9_-]{8,64}\Z")
VERSION_FORM = re.compile(r"^[A-Za-z0-9._-]{1,32}\Z")
# Seconds during which a device that says nothing new is not stamped again.
FRESH = 60


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

        Never waits: two tabs of one phone call at once, and the first may be busy with its
        operations for long. What the other says a moment later is as good.

        :param uuid: identifier that the device gave itself
        :param app_version: version of the app that it runs
        :param pending: number of operations it had not sent before this call
        """
        if not isinstance(uuid, str) or not DEVICE_FORM.match(uuid):
            return
        known = isinstance(app_version, str) and VERSION_FORM.match(app_version)
        version = app_version if known else None
        pending = pending if isinstance(pending, int) and 0 <= pending < 10**6 else 0
        if self._is_stamped(uuid, version, pending):
            return
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self._write_stamp(uuid, version, pending)
        except SerializationFailure:
            # Another tab has stamped it since this request began: nothing is missing.
            return

    @api.model
    def _is_stamped(self, uuid, version, pending):
        """Return whether the last stamp of the user's device says the same and is fresh."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT 1 FROM field_device
                 WHERE uuid = %s AND user_id = %s AND pending = %s
                   AND app_version IS NOT DISTINCT FROM %s
                   AND last_contact > now() AT TIME ZONE 'UTC' - %s * interval '1 second'
                """,
                uuid,
                self.env.uid,
                pending,
                version,
                FRESH,
            )
        )
        return bool(rows)

    @api.model
    def _write_stamp(self, uuid, version, pending):
        """Write the stamp, unless another request of the same device is about to."""
        self.env.execute_query(
            SQL(
                """
                INSERT INTO field_device (uuid, user_id, last_contact, app_version, pending)
                SELECT %s, %s, now() AT TIME ZONE 'UTC', %s, %s
                 WHERE pg_try_advisory_xact_lock(hashtextextended(%s, 0))
                ON CONFLICT (uuid, user_id) DO UPDATE SET last_contact = EXCLUDED.last_contact,
                    app_version = EXCLUDED.app_version, pending = EXCLUDED.pending
                RETURNING id
                """,
                uuid,
                self.env.uid,
                version,
                pending,
                f"field_device {uuid} {self.env.uid}",
            )
        )
