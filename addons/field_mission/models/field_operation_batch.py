import json

from odoo import api, models
from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    MissingError,
    UserError,
    ValidationError,
)
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, mute_logger

from ..core.batch import Batch, Item, runs
from .field_operation import LARGEST_BATCH, UNFORESEEN
from .field_photo import UUID_FORM


class FieldOperationBatch(models.Model):
    """What a device sends at once, taken in as few queries as leave each operation its own."""

    _inherit = "field.operation"

    @api.model
    def action_apply(self, operations):
        """Apply operations of a device in order, each exactly once.

        :param operations: list of at most 50 dicts ``{"uuid", "kind", "mission_id", "payload",
            "at"}``; ``at`` is the device time in UTC
        :return: list of ``{"uuid", "state", "message", "replay", "result"}`` in the same order;
            a refused operation leaves the others intact
        """
        if not isinstance(operations, list) or len(operations) > LARGEST_BATCH:
            raise UserError(self.env._("Send at most %s operations at a time.", LARGEST_BATCH))
        for operation in operations:
            uuid = operation.get("uuid") if isinstance(operation, dict) else None
            if not isinstance(uuid, str) or not UUID_FORM.match(uuid):
                raise UserError(self.env._("An operation has no valid uuid."))
        batch = self._open_batch(operations)
        answers = []
        for run in runs(batch.items, self._get_kinds_together()):
            answers += self._apply_run(run, batch)
        self._store_results(batch)
        return answers

    @api.model
    def _get_kinds_together(self):
        """Return the kinds of which several can be applied in one go (hook).

        :return: ``{kind: key of the payload that tells what an operation concerns}``; the mission's
            ``_apply_together`` takes them
        """
        return {"check.set": "check_id"}

    @api.model
    def _open_batch(self, operations):
        """Take the uuids of what can be read; return the batch."""
        items = [Item(one, problem=self._find_malformation(one) or "") for one in operations]
        sound = [item for item in items if not item.problem]
        missions = self.env["field.mission"].sudo()
        known = missions.browse({item.operation["mission_id"] for item in sound}).exists()
        self._claim(sound, known)
        return Batch(items, frozenset(known._ids))

    @api.model
    def _claim(self, items, known):
        """Take the uuids that are free: the row is what makes an operation happen once.

        :param items: ``core.batch.Item`` of operations that can be stored
        :param known: ``field.mission`` (sudo) that exist
        """
        if not items:
            return
        companies = {mission.id: mission.company_id.id for mission in known}
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO field_operation (uuid, kind, mission_id, company_id, payload, base,
                    after_uuid, user_id, device_date, date_server, state, create_uid, create_date,
                    write_uid, write_date)
                VALUES %s ON CONFLICT (uuid) DO NOTHING RETURNING uuid, id
                """,
                SQL(", ").join(self._prepare_claim(item.operation, companies) for item in items),
            )
        )
        claimed = dict(rows)
        for item in items:
            # Sent twice in one call: the first counts, the second is a replay.
            item.record_id = claimed.pop(item.operation["uuid"], None)

    @api.model
    def _prepare_claim(self, operation, companies):
        """Return the row of one operation as it is claimed.

        :param companies: ``{id of a mission that exists: id of its company}``
        """
        mission_id, uid = operation["mission_id"], self.env.uid
        return SQL(
            "(%s, %s, %s::int, %s::int, %s::jsonb, %s::jsonb, %s, %s, %s,"
            " now() AT TIME ZONE 'UTC', 'claimed', %s, now() AT TIME ZONE 'UTC',"
            " %s, now() AT TIME ZONE 'UTC')",
            operation["uuid"],
            str(operation.get("kind"))[:64],
            mission_id if mission_id in companies else None,
            companies.get(mission_id) or None,
            json.dumps(operation.get("payload") or {}),
            json.dumps(operation["base"]) if operation.get("base") else None,
            operation["after"] if isinstance(operation.get("after"), str) else None,
            uid,
            self.env["field.mission"]._device_time(operation.get("at")),
            uid,
            uid,
        )

    @api.model
    def _apply_run(self, run, batch):
        """Apply operations that go together; return their answers."""
        first = run[0]
        uuid = first.operation["uuid"]
        if first.problem:
            # Not stored: what can't be read can't be reviewed either. The device keeps it.
            return [self._prepare_result(uuid, {"state": "rejected", "message": first.problem})]
        if first.record_id is None:
            # It may be one of this very call.
            self._store_results(batch)
            return [self._replay(uuid, again=first.operation.get("again") is True)]
        found = self._try_together(run, batch) if len(run) > 1 else None
        answers = []
        for place, item in enumerate(run):
            values = found[place] if found else self._try(item.operation, batch=batch)
            batch.note(item, values)
            answers.append(self._prepare_result(item.operation["uuid"], values))
        return answers

    @api.model
    def _try_together(self, run, batch):
        """Apply a run in one savepoint.

        :return: list of the values of their records, or None: one of them is refused, so each has
            to be tried alone
        """
        operations = [item.operation for item in run]
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                mission = self._find_mission(operations[0], reviewed=False, batch=batch)
                results = mission._apply_together(operations[0]["kind"], operations)
                self.env.flush_all()
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
            raise
        except (UserError, ValidationError, AccessError, MissingError, *UNFORESEEN):
            return None
        return [{"state": "applied", "result": result, "message": False} for result in results]

    @api.model
    def _store_results(self, batch):
        """Write what became of operations, all at once."""
        for record_id, values in batch.take_unstored():
            self.sudo().browse(record_id).write(values)

    @api.model
    def _prepare_result(self, uuid, values):
        """Return the answer on a new operation.

        :param values: what its record is told
        """
        return {
            "uuid": uuid,
            "state": values["state"],
            "message": values.get("message") or "",
            "replay": False,
            "result": values.get("result") or {},
        }
