from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..core import checks, states
from .field_photo import SHA256_FORM, UUID_FORM


class FieldMissionExecution(models.Model):
    """What the people sent to a mission do there: the app's and the form's guarded actions."""

    _inherit = "field.mission"

    # ------------------------------------------------------------------ clicks

    def action_travel(self, at=None):
        """Say that the current user is on the way to one mission.

        :param at: device time, UTC
        """
        self._check_working(("planned", "in_progress"))
        return self._open_time("travel", self._device_time(at))

    def action_arrive(self, at=None):
        """Say that the current user has arrived: the mission starts, time on site runs.

        :param at: device time, UTC
        """
        self._check_working(("planned", "in_progress"))
        if self.state == "planned":
            self.action_start(at=at)
        return self._open_time("on_site", self._device_time(at))

    def action_pause(self, at=None, kind="break"):
        """Stop the time on site for a break or a wait.

        :param at: device time, UTC
        :param kind: ``break`` or ``waiting``
        """
        self._check_working(("in_progress",))
        if kind not in ("break", "waiting"):
            raise UserError(self.env._("A pause is a break or a wait."))
        return self._open_time(kind, self._device_time(at))

    def action_resume(self, at=None):
        """Go on with the time on site.

        :param at: device time, UTC
        """
        self._check_working(("in_progress",))
        return self._open_time("on_site", self._device_time(at))

    def _open_time(self, kind, moment):
        """Close the current user's running segment, on whatever mission, and open another."""
        employee = self._working_employee()
        lines = self.env["field.mission.time"].sudo()
        lines.search([("employee_id", "=", employee.id), ("stop", "=", False)])._close(moment)
        lines.create(
            {
                "mission_id": self.id,
                "employee_id": employee.id,
                "kind": kind,
                "start": moment,
                "start_clicked": moment,
            }
        )
        return True

    def _working_employee(self):
        """Return the member of one mission that the current user is (the office: responsible)."""
        mission = self.sudo()
        members = mission.technician_id | mission.helper_ids
        own = members.filtered(lambda employee: employee.user_id == self.env.user)
        if not own and self.env.su:
            # Work of somebody who was sent before, accepted by the office.
            own = self._get_app_employee()
        employee = own[:1] or mission.technician_id
        if not employee:
            raise UserError(self.env._("%s has no technician yet.", self.display_name))
        return employee

    def _check_working(self, allowed=("in_progress", "done")):
        """Refuse work on one mission by strangers, before publication and after validation."""
        self.ensure_one()
        self._check_role(states.MEMBER)
        mission = self.sudo()
        if not mission.published:
            raise UserError(self.env._("%s is not published yet.", mission.display_name))
        if mission.validated:
            raise UserError(
                self.env._("%s is validated by the office: it can't change.", mission.display_name)
            )
        if mission.state not in allowed:
            label = dict(self._fields["state"]._description_selection(self.env))[mission.state]
            raise UserError(
                self.env._(
                    "%(mission)s is “%(state)s”: this can't be done now.",
                    mission=mission.display_name,
                    state=label,
                )
            )

    def _check_values(self, values):
        """Refuse what is no set of plain values: these methods are called over RPC."""
        plain = str, int, float, bool, list, type(None)
        if not isinstance(values, dict) or not all(isinstance(v, plain) for v in values.values()):
            raise UserError(self.env._("The values are malformed."))
        lists = ("photos", "texts")
        if any(isinstance(v, list) and k not in lists for k, v in values.items()):
            raise UserError(self.env._("The values are malformed."))

    # ------------------------------------------------------------------ checks

    def action_answer_checks(self, answers, at=None):
        """Answer checks of missions; a second answer corrects the first, which stays.

        :param answers: list of dicts ``{"check_id": int, "yesno" | "number" | "choice" | "text":
            value, "photos": [uuid, …], "note": str, "at": device time}``
        :param at: device time (UTC) of answers without their own
        :return: ``{check_id: result}``, result ``ok``, ``fail`` or ``na``
        :raises UserError: naming the check whose answer can't be read
        """
        for mission in self:
            mission._check_working()
        if not isinstance(answers, list):
            raise UserError(self.env._("Answers are a list."))
        known = {check.id: check for check in self.sudo().check_ids}
        prepared = [self._prepare_answer(known, answer, at) for answer in answers]
        records = self.env["field.mission.check.answer"].sudo().create(prepared)
        for record in records:
            # Same call, same check: the last one counts.
            record.check_id.write({"current_answer_id": record.id, "result": record.result})
        records.filtered(lambda r: r.result == checks.FAIL)._open_nonconformities()
        self._after_answers(records)
        return {record.check_id.id: record.result for record in records}

    def _prepare_answer(self, known, answer, at):
        check = known.get(answer.get("check_id")) if isinstance(answer, dict) else None
        if not check or check.kind == "section":
            names = ", ".join(self.mapped("display_name"))
            raise UserError(self.env._("This check is not one of %s.", names))
        uuids = answer.get("photos") or []
        photos = self.sudo().photo_ids.filtered(lambda photo: photo.uuid in uuids)
        values = {**answer, "photos": photos.ids}
        try:
            result = checks.judge(check.kind, values, check._get_spec())
        except checks.BadAnswer as error:
            raise UserError(self._bad_answer_text(check, error.args[0])) from error
        is_na = answer.get("yesno") == "na"
        return {
            "check_id": check.id,
            "value_yesno": answer.get("yesno") if check.kind == "yesno" or is_na else False,
            "value_choice": answer.get("choice") if check.kind == "choice" else False,
            "value_number": answer.get("number") if check.kind == "number" and not is_na else 0.0,
            "value_text": str(answer.get("text") or "") if check.kind == "text" else False,
            "photo_ids": [fields.Command.set(photos.ids)],
            "note": str(answer["note"]) if answer.get("note") else False,
            "result": result,
            "author_id": self.env.uid,
            "device_date": self._device_time(answer.get("at") or at),
        }

    def _bad_answer_text(self, check, key):
        if key == "number":
            return self.env._("“%s” needs a number.", check.name)
        if key == "choice":
            return self.env._("“%s” needs one of its choices.", check.name)
        return self.env._("“%s” has no answer yet.", check.name)

    def _after_answers(self, answers):
        """React to new answers (hook).

        :param answers: ``field.mission.check.answer`` records just made
        """

    # ------------------------------------------------------------------ times, materials

    def action_add_time(self, kind, start, stop, employee_id=None):
        """Declare a time segment by hand.

        :param kind: travel, on_site, waiting or break
        :param start: UTC
        :param stop: UTC
        :param employee_id: member of the mission (default: the current user)
        :return: id of the segment
        :raises UserError: overlap with another segment of the same person
        """
        self._check_working()
        kinds = dict(self.env["field.mission.time"]._fields["kind"].selection)
        if kind not in kinds:
            raise UserError(self.env._("“%s” is no kind of time.", kind))
        mission = self.sudo()
        members = mission.technician_id | mission.helper_ids
        employee = self._working_employee()
        if employee_id:
            employee = members.filtered(lambda member: member.id == employee_id)
            if not employee:
                raise UserError(self.env._("This person is not sent to %s.", mission.display_name))
        start, stop = self._device_time(start), self._device_time(stop)
        if stop <= start:
            raise UserError(self.env._("The segment would end before it starts."))
        self._check_time_overlap(employee, start, stop)
        line = (
            self.env["field.mission.time"]
            .sudo()
            .create(
                {
                    "mission_id": self.id,
                    "employee_id": employee.id,
                    "kind": kind,
                    "start": start,
                    "stop": stop,
                }
            )
        )
        return line.id

    def _check_time_overlap(self, employee, start, stop, except_line=None):
        """Refuse a segment that overlaps another one of the same person."""
        other = (
            self.env["field.mission.time"]
            .sudo()
            .search(
                [
                    ("employee_id", "=", employee.id),
                    ("id", "not in", except_line.ids if except_line else []),
                    ("start", "<", stop),
                    "|",
                    ("stop", "=", False),
                    ("stop", ">", start),
                ],
                limit=1,
            )
        )
        if other:
            raise UserError(
                self.env._(
                    "%(who)s already has time from %(start)s to %(stop)s on %(mission)s.",
                    who=employee.sudo().name,
                    start=self._local_text(other.start),
                    stop=self._local_text(other.stop) if other.stop else "…",
                    mission=other.mission_id.display_name,
                )
            )

    def _local_text(self, moment):
        """Return an instant as the reader writes it, by the clock of one mission's site."""
        return format_datetime(self.env, moment, tz=self._get_tz(), dt_format="short")

    def action_add_material(self, values, at=None):
        """Record a product used or taken back.

        :param values: ``{"product_id": int or None, "description": str, "quantity": float,
            "lot_id": int, "billing": "billable" | "included" | "warranty", "is_return": bool}``
        :param at: device time, UTC
        :return: id of the line
        """
        self._check_working()
        self._check_values(values)
        product = self.env["product.product"].browse(values.get("product_id") or []).exists()
        quantity = values.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int | float) or quantity <= 0:
            raise UserError(self.env._("Give a quantity above zero."))
        description = str(values.get("description") or "").strip()
        if not product and not description:
            raise UserError(self.env._("Name the product, or describe it in words."))
        billing = values.get("billing") or "billable"
        if billing not in dict(self.env["field.mission.material"]._fields["billing"].selection):
            raise UserError(self.env._("“%s” is no way to bill a material.", billing))
        line = (
            self.env["field.mission.material"]
            .sudo()
            .create(
                {
                    "mission_id": self.id,
                    "product_id": product.id,
                    "description": description or False,
                    "quantity": float(quantity),
                    "lot_id": self._find_lot(product, values.get("lot_id")).id,
                    "billing": billing,
                    "is_return": bool(values.get("is_return")),
                    "employee_id": self._working_employee().id,
                    "date": self._device_time(at),
                }
            )
        )
        line._note_shortage()
        if self.sudo().state == "done":
            self.sudo()._queue_picking()
        return line.id

    def _find_lot(self, product, lot_id):
        lot = self.env["stock.lot"].sudo().browse(lot_id or []).exists()
        if lot and lot.product_id != product:
            raise UserError(self.env._("This lot is not one of %s.", product.display_name))
        return lot

    def action_set_conclusion(self, text):
        """Write the technician's report on one mission.

        :param text: plain text
        """
        self._check_working()
        self.sudo().conclusion = str(text or "").strip() or False
        return True

    # ------------------------------------------------------------------ photos, signatures

    def action_add_photo(self, values, at=None):
        """Announce a photo or file, whose bytes follow through ``field.photo.action_receive``.

        :param values: ``{"uuid", "kind", "stage", "caption", "sha256", "check_id"}`` and what
            ``_prepare_photo`` of other addons reads
        :param at: device time (UTC) of the capture
        :return: uuid of the file
        """
        # A closed door is photographed without having been let in.
        self._check_working((states.PLANNED, states.IN_PROGRESS, states.DONE, states.TO_RESCHEDULE))
        self._check_values(values)
        uuid, digest = values.get("uuid"), values.get("sha256")
        if not isinstance(uuid, str) or not UUID_FORM.match(uuid):
            raise UserError(self.env._("The file has no valid uuid."))
        if digest and not (isinstance(digest, str) and SHA256_FORM.match(digest)):
            raise UserError(self.env._("The file's SHA-256 is malformed."))
        check = self.sudo().check_ids.filtered(lambda c: c.id == values.get("check_id"))
        photos = self.env["field.photo"].sudo()
        for name in ("kind", "stage"):
            if values.get(name) and values[name] not in dict(photos._fields[name].selection):
                raise UserError(self.env._("“%s” is not known for a file.", values[name]))
        if photos.search_count([("uuid", "=", uuid)], limit=1):
            raise UserError(self.env._("This file was already announced."))
        photos.create(self._prepare_photo(values, check, at))
        return uuid

    def _prepare_photo(self, values, check, at):
        """Return the values of an announced file (hook).

        :param values: what was announced, checked
        :param check: the check that it belongs to, or empty
        :param at: device time of the capture
        """
        return {
            "uuid": values["uuid"],
            "mission_id": self.id,
            "check_id": check.id,
            "kind": values.get("kind") or "photo",
            "stage": values.get("stage") or False,
            "caption": str(values.get("caption") or "").strip() or False,
            "sha256_declared": values.get("sha256") or False,
            "capture_date": self._device_time(at),
            "author_id": self.env.uid,
        }

    def action_sign(self, values, at=None):
        """Record a signature, or why there is none.

        :param values: ``{"kind": "before_work" | "after_work", "name", "quality",
            "refusal_reason", "reserves", "drawing": uuid of a drawing, "texts": what was shown,
            "uuid"}``; without ``texts`` the mission's own are taken
        :param at: device time, UTC
        :return: id of the signature
        """
        self._check_working()
        self._check_values(values)
        kind = values.get("kind") or "after_work"
        signatures = self.env["field.signature"].sudo()
        if kind not in dict(signatures._fields["kind"].selection):
            raise UserError(self.env._("“%s” is no kind of signature.", kind))
        name = str(values.get("name") or "").strip()
        reason = str(values.get("refusal_reason") or "").strip()
        if not name and not reason:
            raise UserError(self.env._("Give the name of who signs, or why nobody does."))
        drawing = self.sudo().photo_ids.filtered(lambda p: p.uuid == values.get("drawing"))
        if not drawing and not reason:
            raise UserError(self.env._("The drawing of the signature is missing."))
        texts = values.get("texts") or self._get_texts_to_sign()[self.id]
        return signatures.create(
            {
                "uuid": values.get("uuid") or False,
                "mission_id": self.id,
                "kind": kind,
                "name": name or False,
                "quality": str(values.get("quality") or "").strip() or False,
                "refusal_reason": reason or False,
                "reserves": str(values.get("reserves") or "").strip() or False,
                "texts": texts,
                "texts_sha256": signatures._digest_texts(texts),
                "covers": self.sudo()._get_signed_snapshot(),
                "drawing_id": drawing.id,
                "date": self._device_time(at),
                "author_id": self.env.uid,
            }
        ).id

    def _get_signed_snapshot(self):
        """Return the state of the work that a signature of one mission covers (JSON-able)."""
        self.ensure_one()
        return {
            "checks": {
                str(check.id): [check.current_answer_id.id, check.result]
                for check in self.check_ids
                if check.kind != "section"
            },
            "materials": [
                [line.id, line.product_id.id, line.quantity] for line in self.material_ids
            ],
            "photos": sorted(self.photo_ids.filtered(lambda p: p.kind == "photo").mapped("uuid")),
            "conclusion": self.conclusion or "",
        }

    # ------------------------------------------------------------------ incidents

    def action_report_incident(self, values, at=None):
        """Report an incident on one mission; the office is told at once.

        :param values: ``{"kind", "severity", "description", "customer_caused", "outcome",
            "photos": [uuid, …]}``
        :param at: device time, UTC
        :return: id of the incident
        """
        self._check_working(("planned", "in_progress", "done", "to_reschedule"))
        self._check_values(values)
        incidents = self.env["field.incident"].sudo()
        chosen = {}
        for name in ("kind", "severity", "outcome"):
            value = values.get(name)
            if value and value not in dict(incidents._fields[name].selection):
                raise UserError(self.env._("“%s” is not known for an incident.", value))
            if value:
                chosen[name] = value
        if "kind" not in chosen:
            raise UserError(self.env._("Say what kind of incident it is."))
        uuids = values.get("photos") or []
        photos = self.sudo().photo_ids.filtered(lambda photo: photo.uuid in uuids)
        incident = incidents.create(
            {
                **chosen,
                "mission_id": self.id,
                "description": str(values.get("description") or "").strip() or False,
                "customer_caused": bool(values.get("customer_caused")),
                "photo_ids": [fields.Command.set(photos.ids)],
                "date": self._device_time(at),
                "author_id": self.env.uid,
            }
        )
        incident._tell_office()
        return incident.id

    # ------------------------------------------------------------------ operations of the app

    def _apply_travel(self, payload, at):
        self.action_travel(at=at)
        return {"state": self.sudo().state}

    def _apply_arrive(self, payload, at):
        self.action_arrive(at=at)
        return {"state": self.sudo().state}

    def _apply_pause(self, payload, at):
        self.action_pause(at=at, kind=payload.get("kind") or "break")
        return {"state": self.sudo().state}

    def _apply_resume(self, payload, at):
        self.action_resume(at=at)
        return {"state": self.sudo().state}

    def _apply_done(self, payload, at):
        self.action_done(at=at)
        return {"state": self.sudo().state}

    def _apply_reschedule(self, payload, at):
        self.action_reschedule(payload.get("reason"), at=at)
        return {"state": self.sudo().state}

    def _apply_conclusion(self, payload, at):
        self.action_set_conclusion(payload.get("text"))
        return {}

    def _apply_check(self, payload, at):
        results = self.action_answer_checks([payload], at=at)
        return {"results": {str(check_id): result for check_id, result in results.items()}}

    def _apply_together(self, kind, operations):
        """Apply operations of one kind on one mission, none of which concerns another's matter.

        :param kind: one of ``field.operation._get_kinds_together()``
        :param operations: as the device sent them
        :return: list of the results that each would have alone, in the same order
        """
        answers = [
            {**payload, "at": payload.get("at") or operation.get("at")}
            for operation in operations
            for payload in [operation.get("payload") or {}]
        ]
        results = self.action_answer_checks(answers)
        return [
            {"results": {str(answer["check_id"]): results[answer["check_id"]]}}
            for answer in answers
        ]

    def _apply_time(self, payload, at):
        line_id = self.action_add_time(
            payload.get("kind"),
            payload.get("start"),
            payload.get("stop"),
            employee_id=payload.get("employee_id"),
        )
        return {"id": line_id}

    def _apply_material(self, payload, at):
        return {"id": self.action_add_material(payload, at=at)}

    def _apply_photo(self, payload, at):
        return {"uuid": self.action_add_photo(payload, at=at)}

    def _apply_sign(self, payload, at):
        return {"id": self.action_sign(payload, at=at)}

    def _apply_incident(self, payload, at):
        return {"id": self.action_report_incident(payload, at=at)}
