import json
import logging
import re

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    LockError,
    MissingError,
    UserError,
    ValidationError,
)
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import mute_logger

from .field_photo import UUID_FORM

_logger = logging.getLogger(__name__)

LARGEST_BATCH = 50
LARGEST_OPERATION = 200_000  # characters of JSON; photos travel apart
LARGEST_ID = 2**31 - 1
# JSON of a text that PostgreSQL can't store.
NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")
# Indexes that only somebody who works at the same moment can run into: what is there already is
# looked at, or closed, before. The request is played again and finds it.
RACES = {"field_mission_time_one_open_per_person", "field_photo_uuid_unique"}
UNFORESEEN = (
    *(psycopg2.Error, TypeError, ValueError, AttributeError, LookupError, ArithmeticError),
)


class FieldOperation(models.Model):
    _name = "field.operation"
    _description = "Operation sent by a technician's device"
    _order = "id desc"
    _rec_name = "uuid"

    uuid = fields.Char(required=True, readonly=True)
    kind = fields.Char(required=True, readonly=True)
    mission_id = fields.Many2one("field.mission", readonly=True, index="btree_not_null")
    company_id = fields.Many2one("res.company", related="mission_id.company_id", store=True)
    payload = fields.Json(readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True)
    device_date = fields.Datetime(readonly=True, string="Done on")
    date_server = fields.Datetime(readonly=True, string="Known on")
    base = fields.Json(readonly=True, help="What the device showed when it was done.")
    after_uuid = fields.Char(readonly=True, help="Operation that has to be applied first.")
    server_value = fields.Json(readonly=True, help="What the office had meanwhile.")
    resolution = fields.Selection(
        [("field", "The field's value was taken"), ("office", "The office's value was kept")],
        readonly=True,
    )
    resolved_by_id = fields.Many2one("res.users", readonly=True)
    date_resolved = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("claimed", "Claimed"),
            ("applied", "Applied"),
            ("conflict", "To decide"),
            ("rejected", "Refused"),
        ],
        required=True,
        readonly=True,
        default="claimed",
        index=True,
    )
    payload_text = fields.Text(compute="_compute_payload_text", string="Content")
    result = fields.Json(readonly=True)
    message = fields.Char(readonly=True)

    _uuid_unique = models.UniqueIndex("(uuid)", "This operation was already received.")

    @api.depends("payload")
    def _compute_payload_text(self):
        for operation in self:
            operation.payload_text = json.dumps(
                operation.payload or {}, ensure_ascii=False, indent=2, sort_keys=True
            )

    # Kind of operation → method of the mission that applies it. Other addons add theirs.
    @api.model
    def _get_kinds(self):
        """Return ``{kind: mission method}`` (hook); each method takes the payload and a time."""
        return {
            "mission.travel": "_apply_travel",
            "mission.arrive": "_apply_arrive",
            "mission.pause": "_apply_pause",
            "mission.resume": "_apply_resume",
            "mission.done": "_apply_done",
            "mission.reschedule": "_apply_reschedule",
            "mission.conclusion": "_apply_conclusion",
            "check.set": "_apply_check",
            "time.add": "_apply_time",
            "time.stop": "_apply_time_stop",
            "material.add": "_apply_material",
            "photo": "_apply_photo",
            "sign": "_apply_sign",
            "incident": "_apply_incident",
        }

    @api.model
    def _get_person_kinds(self):
        """Return ``{kind: method}`` of what concerns none of the user's missions (hook).

        Each is a method of this model; it gets the whole operation and checks for itself what the
        user may do. Its ``mission_id`` is for the record only.
        """
        return {}

    def _find_malformation(self, operation):
        """Return why an operation can't even be stored, or False.

        One of them must not cost the device its whole batch.
        """
        mission_id = operation.get("mission_id")
        is_id = isinstance(mission_id, int) and not isinstance(mission_id, bool)
        try:
            self.env["field.mission"]._device_time(operation.get("at"))
            values = [operation.get(name) for name in ("payload", "base", "kind")]
            text = json.dumps(values, allow_nan=False, ensure_ascii=False)
            # Half of a pair of surrogates has no bytes.
            text.encode()
        except (UserError, TypeError, ValueError, RecursionError):
            return self.env._("The operation is malformed.")
        fits = (
            is_id
            and 0 < mission_id <= LARGEST_ID
            and isinstance(operation.get("kind"), str)
            and isinstance(operation.get("payload") or {}, dict)
            and isinstance(operation.get("base") or {}, dict)
            and (not operation.get("after") or UUID_FORM.match(str(operation["after"])))
            and len(text) <= LARGEST_OPERATION
            and not NUL.search(text)
        )
        return False if fits else self.env._("The operation is malformed.")

    def _try(self, operation, reviewed=False, batch=None):
        """Apply one operation in a savepoint.

        :param reviewed: whether a planner has decided that it counts
        :param batch: ``core.batch.Batch`` that it came with, if any
        :return: values of its record: applied, in conflict, or refused with its reason
        """
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self._check_after(operation, batch)
                mission = self._find_mission(operation, reviewed, batch)
                clash = self._find_clash(mission, operation)
                result = None if clash is not None else self._dispatch(mission, operation)
                self.env.flush_all()
            if clash is not None:
                return {
                    "state": "conflict",
                    "server_value": clash,
                    "message": self.env._("The office changed this meanwhile: it will decide."),
                }
            return {"state": "applied", "result": result or {}, "message": False}
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError):
            raise
        except LockError as error:
            # A UserError that Odoo would not retry.
            raise ConcurrencyError(str(error)) from error
        except (UserError, ValidationError, AccessError, MissingError) as error:
            return {"state": "rejected", "message": str(error.args[0])}
        except UNFORESEEN as error:
            if isinstance(error, psycopg2.Error) and error.diag.constraint_name in RACES:
                raise ConcurrencyError(str(error)) from error
            # A payload of an unforeseen form, too: it must not block the operations behind it.
            _logger.exception("Operation %s could not be applied", operation.get("uuid"))
            return {
                "state": "rejected",
                "message": self.env._("The office's data refused it. It was kept for the office."),
            }

    def _check_after(self, operation, batch=None):
        """Refuse an operation whose predecessor was refused: it is parked with it."""
        after = operation.get("after")
        if not after:
            return
        state = batch.state_of(after) if batch else None
        if (state or self.sudo().search([("uuid", "=", after)], limit=1).state) != "applied":
            raise UserError(self.env._("It follows an operation that was not applied."))

    def _find_clash(self, mission, operation):
        """Return the office's value where it differs from what the device showed and says.

        :return: JSON-able value, or None when there is no clash
        """
        base, payload = operation.get("base"), operation.get("payload") or {}
        if operation.get("kind") != "mission.conclusion" or not isinstance(base, dict):
            return None
        current = mission.sudo().conclusion or ""
        shown, wanted = base.get("text") or "", (payload.get("text") or "").strip()
        return {"text": current} if current not in (shown, wanted) else None

    # ------------------------------------------------------------------ review by the office

    def action_take_field(self):
        """Apply refused or clashing operations after all, as the person who did them.

        :raises UserError: with the reason, when an operation still can't be applied
        """
        self._check_review()
        for record in self.sudo():
            values = record.with_user(record.user_id)._try(record._as_operation(), reviewed=True)
            if values["state"] != "applied":
                raise UserError(values["message"])
            record.write({**values, **self._prepare_resolution("field")})
        return True

    def action_keep_office(self):
        """Leave things as the office has them; the operation stays on record."""
        self._check_review()
        self.sudo().write({"state": "rejected", **self._prepare_resolution("office")})
        return True

    def _check_review(self):
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only planners decide on operations."))
        self.check_access("read")
        if any(record.state not in ("conflict", "rejected") for record in self):
            raise UserError(self.env._("This operation was applied: there is nothing to decide."))

    def _prepare_resolution(self, resolution):
        return {
            "resolution": resolution,
            "resolved_by_id": self.env.uid,
            "date_resolved": fields.Datetime.now(),
        }

    def _as_operation(self):
        """Return one record in the form in which the device sent it."""
        return {
            "uuid": self.uuid,
            "kind": self.kind,
            "mission_id": self.mission_id.id,
            "payload": self.payload or {},
            "at": fields.Datetime.to_string(self.device_date),
        }

    def _replay(self, uuid, again=False):
        """Answer what was answered before, or try once more what was refused.

        :param again: the person asks for it; the uuid stays, so that it can't happen twice
        """
        record = self.sudo().search([("uuid", "=", uuid)], limit=1)
        if record.user_id != self.env.user:
            return {
                "uuid": uuid,
                "state": "rejected",
                "replay": True,
                "result": {},
                "message": self.env._("This operation belongs to somebody else."),
            }
        if again and record.state == "rejected" and not record.resolution:
            base, after = record.base or None, record.after_uuid or None
            record.write(self._try({**record._as_operation(), "base": base, "after": after}))
        return self._answer(record)

    def _answer(self, record):
        return {
            "uuid": record.uuid,
            "state": record.state,
            "message": record.message or "",
            "replay": True,
            "result": record.result or {},
        }

    def _find_mission(self, operation, reviewed, batch=None):
        """Return the mission of one operation, with the rights that the operation has there.

        :raises UserError: a kind that is not known, a mission that is not the user's
        """
        if operation.get("kind") in self._get_person_kinds():
            return self.env["field.mission"]
        if operation.get("kind") not in self._get_kinds():
            raise UserError(
                self.env._("“%s” is not known here: update the app.", operation.get("kind"))
            )
        payload = operation.get("payload") or {}
        if not isinstance(payload, dict) or not isinstance(operation.get("mission_id"), int):
            raise UserError(self.env._("The operation is malformed."))
        mission = self.env["field.mission"].browse(operation["mission_id"])
        if not (mission.id in batch.missions if batch else mission.exists()):
            raise MissingError(self.env._("This mission no longer exists."))
        if reviewed:
            # Given to somebody else since: the planner has said that this work counts all the same.
            return mission.sudo()
        if not mission.has_access("read"):
            raise AccessError(self.env._("This mission is not, or no longer, one of yours."))
        return mission

    def _dispatch(self, mission, operation):
        method = self._get_person_kinds().get(operation["kind"])
        if method:
            return getattr(self, method)(operation)
        method = self._get_kinds()[operation["kind"]]
        return getattr(mission, method)(operation.get("payload") or {}, operation.get("at"))
