import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import seal
from ..guard import guard_table

# Entries are made by `_seal` only. A plain object can't be sent over RPC, so nobody outside can
# forge it.
SEAL_KEY = "field_evidence_seal"
SEAL_TOKEN = object()
# What is to be sealed at the end of the transaction, in `cr.precommit.data`.
PENDING_KEY = "field_evidence.pending"

# What may follow a closing without opening the question again.
AFTER_CLOSING = ("report", "close")

MIME_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
}


@dataclass(frozen=True)
class Item:
    """One item on its way into the journal.

    :param mission_id: the dossier's mission
    :param kind: one of the kinds of ``field.evidence``
    :param record: ``(model, id)`` of what is sealed
    :param data: what is sealed, in types that ``seal.plain`` knows
    :param author_id: user who made it
    :param device_date: what their device said (naive UTC) or None
    :param digest: ``(sha256, size)`` of the file that belongs to it, or None
    :param removed: whether the record has just been deleted
    """

    mission_id: int
    kind: str
    record: tuple[str, int]
    data: dict[str, Any]
    author_id: int
    device_date: Any = None
    digest: tuple[str, int] | None = None
    removed: bool = False

    def draft(self):
        """Return the item as ``seal.append`` wants it."""
        model, res_id = self.record
        item = {
            "kind": self.kind,
            "record": {"model": model, "id": res_id},
            "data": seal.plain(self.data),
        }
        if self.digest:
            item["bytes"] = {"sha256": self.digest[0], "size": self.digest[1]}
        if self.removed:
            item["removed"] = True
        moment = self.device_date and seal.instant_text(self.device_date)
        return seal.Draft(item, self.author_id, moment or None)


@dataclass(frozen=True)
class Touch:
    """A record that changed in this transaction.

    :param user_id: who changed it last
    :param new: whether it was made in this transaction, so was never sealed before
    """

    user_id: int
    new: bool


class FieldEvidence(models.Model):
    """The journal of a mission's dossier: one sealed item a line, added to and never changed.

    The form of the lines is specified in ``docs/evidence.md``.
    """

    _name = "field.evidence"
    _description = "Sealed item of a mission"
    _order = "mission_id, sequence"
    _rec_name = "summary"
    # No creation and modification columns: the line holds its own author and dates, sealed.
    _log_access = False

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, ondelete="restrict", index=True
    )
    sequence = fields.Integer(string="No.", required=True, readonly=True, aggregator=None)
    kind = fields.Selection(
        [
            ("state", "Step"),
            ("mission", "Mission data"),
            ("answer", "Check"),
            ("time", "Time"),
            ("material", "Material"),
            ("photo", "Photo"),
            ("drawing", "Drawing"),
            ("document", "Document"),
            ("signature", "Signature"),
            ("reading", "Document read"),
            ("incident", "Incident"),
            ("nonconformity", "Non-conformity"),
            ("close", "Closing"),
            ("report", "Report"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True, aggregator=None
    )
    payload = fields.Text(
        readonly=True, string="Sealed content", help="The item in canonical JSON, as it was hashed."
    )
    item_hash = fields.Char(string="SHA-256 of the content", required=True, readonly=True, size=64)
    bytes_sha256 = fields.Char(string="SHA-256 of the file", readonly=True, size=64)
    prev_hash = fields.Char(string="Hash before", required=True, readonly=True, size=64)
    hash = fields.Char(required=True, readonly=True, size=64)
    author_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    device_date = fields.Datetime(string="Happened on", readonly=True, help="Device time.")
    server_date = fields.Datetime(string="Sealed on", required=True, readonly=True)
    company_id = fields.Many2one(related="mission_id.company_id")
    summary = fields.Char(compute="_compute_summary")
    delay = fields.Float(
        string="Delay (h)", compute="_compute_delay", help="Hours from the device's to our clock."
    )
    payload_readable = fields.Text(compute="_compute_payload_readable", string="Content")
    short_hash = fields.Char(compute="_compute_short_hash", string="Seal")

    _place_unique = models.Constraint(
        "UNIQUE(mission_id, sequence)", "This place in the journal is taken."
    )

    # ------------------------------------------------------------------ never changed

    def init(self):
        """Let the database itself refuse changes of the journal, whoever asks."""
        guard_table(
            self.env.cr,
            self._table,
            "The journal of sealed items can only be added to",
            name="field_evidence_journal",
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: only ``_seal`` adds entries."""
        if self.env.context.get(SEAL_KEY) is not SEAL_TOKEN:
            raise UserError(self.env._("Items are sealed by the mission's own actions only."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: a correction is a new item."""
        raise UserError(self.env._("A sealed item can't be changed. A correction is a new item."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A sealed item can't be deleted."))

    # ------------------------------------------------------------------ sealing

    @api.model
    def _get_pending(self):
        """Return what waits for the end of the transaction, which is told to seal it.

        A savepoint seals what was gathered before it, and forgets with its own rollback what was
        gathered inside: the same things that the database forgets.

        :return: ``{(model, id): Touch or Item}``, in the order of what happened
        """
        precommit = self.env.cr.precommit
        if PENDING_KEY not in precommit.data:
            precommit.data[PENDING_KEY] = {}
            context = {"lang": self.env.lang, "tz": self.env.context.get("tz")}
            precommit.add(self.env(su=True, context=context)[self._name]._seal_pending)
        return precommit.data[PENDING_KEY]

    @api.model
    def _queue(self, records, new=False):
        """Let records be sealed at the end of the transaction, as they are then.

        :param records: records of one source model
        :param new: whether they have just been made
        """
        if not records:
            return
        pending = self._get_pending()
        for record in records:
            known = pending.pop((record._name, record.id), None)
            was_new = isinstance(known, Touch) and known.new
            pending[record._name, record.id] = Touch(self.env.uid, new or was_new)

    @api.model
    def _queue_items(self, items):
        """Let ready-made items (what a removed record said) be sealed with the rest.

        :param items: list of :class:`Item`
        """
        if items:
            pending = self._get_pending()
            for item in items:
                pending[item.record] = item

    @api.model
    def _seal_pending(self):
        """Seal now what was gathered in this transaction; a fixed number of queries.

        Runs by itself before each commit and at both ends of each savepoint.
        """
        pending = self.env.cr.precommit.data.pop(PENDING_KEY, None)
        if not pending:
            return
        self.env.flush_all()
        journal = self.sudo()
        touched = journal._browse_touched(pending)
        known = journal._get_missions_to_seal(touched, pending)
        if not known:
            return
        dossiers = self.env["field.evidence.dossier"]._lock(sorted(known))
        by_mission = journal._gather(pending, touched, dossiers)
        journal._chain_all(dossiers, by_mission, known)

    @api.model
    def _browse_touched(self, pending):
        """Return the touched records that exist, by model, one query for all.

        What a savepoint that does not flush took back is left out here.
        """
        ids = defaultdict(list)
        for (model, res_id), touch in pending.items():
            if isinstance(touch, Touch):
                ids[model].append(res_id)
        if not ids:
            return {}
        rows = self.env.execute_query(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s, id FROM %s WHERE id = ANY(%s)",
                    model,
                    SQL.identifier(self.env[model]._table),
                    res_ids,
                )
                for model, res_ids in ids.items()
            )
        )
        present = set(rows)
        return {
            model: self.env[model].browse(
                [res_id for res_id in res_ids if (model, res_id) in present]
            )
            for model, res_ids in ids.items()
        }

    @api.model
    def _get_missions_to_seal(self, touched, pending):
        """Return the missions whose dossier is open, or opens now, and who touched each last.

        :return: ``{mission_id: user id}``
        """
        opened = {
            mission.id
            for records in touched.values()
            for record in records._filter_opening()
            for mission in record._get_evidence_mission()
        }
        users = {}
        for model, records in touched.items():
            for record in records:
                mission = record._get_evidence_mission()
                if mission and (mission.id in opened or mission.evidence_dossier_id):
                    users[mission.id] = pending[model, record.id].user_id
        for item in pending.values():
            if isinstance(item, Item):
                users.setdefault(item.mission_id, item.author_id)
        return users

    @api.model
    def _gather(self, pending, touched, dossiers):
        """Return the items to seal of each mission, in the order of what happened.

        :param pending: see ``_get_pending``
        :param touched: the records among them, by model
        :param dossiers: locked head rows by mission id
        :return: ``{mission_id: [Item, …]}``
        """
        found = {item.record: item for item in pending.values() if isinstance(item, Item)}
        older = {
            key for key, touch in pending.items() if isinstance(touch, Touch) and not touch.new
        }
        missions = [mission_id for mission_id, row in dossiers.items() if row["count"]]
        sealed = self._get_last_sealed(missions, older)
        for model, records in touched.items():
            proof = records._filter_evidence()
            wanted = records.filtered(
                lambda record, proof=proof: (
                    record._get_evidence_mission().id in dossiers
                    and (record in proof or (record._name, record.id) in sealed)
                )
            )
            users = {record.id: pending[model, record.id].user_id for record in wanted}
            for item in wanted._get_evidence_items(users=users):
                if self._is_new_version(sealed.get(item.record), item):
                    found[item.record] = item
        by_mission = defaultdict(list)
        for key in pending:
            if key in found:
                by_mission[found[key].mission_id].append(found[key])
        self._add_opening(dossiers, by_mission)
        return by_mission

    @api.model
    def _get_last_sealed(self, mission_ids, keys):
        """Return the last sealed item of each record, one query.

        :param mission_ids: missions whose journals are looked through
        :param keys: set of ``(model, id)``
        :return: ``{(model, id): item as a dict}``; records never sealed are not in it
        """
        if not (mission_ids and keys):
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_model, res_id) res_model, res_id, payload"
                " FROM field_evidence WHERE mission_id = ANY(%s) AND kind != 'close'"
                " AND res_model = ANY(%s) AND res_id = ANY(%s)"
                " ORDER BY res_model, res_id, sequence DESC",
                list(mission_ids),
                list({model for model, _id in keys}),
                list({res_id for _model, res_id in keys}),
            )
        )
        return {
            (model, res_id): _parse_item(payload)
            for model, res_id, payload in rows
            if (model, res_id) in keys
        }

    @api.model
    def _is_new_version(self, sealed, item):
        """Whether an item says something else than what was sealed last of its record.

        :param sealed: the last sealed item as a dict, or None
        :param item: :class:`Item`
        """
        if not sealed or sealed.get("removed"):
            return True
        draft = item.draft().item
        return bool(
            seal.differences(seal.comparable(sealed.get("data")), seal.comparable(draft["data"]))
            or sealed.get("bytes") != draft.get("bytes")
        )

    @api.model
    def _seal(self, items):
        """Add items to the journals of their missions now, behind what is pending.

        :param items: list of :class:`Item`
        :return: the new entries
        """
        self._seal_pending()
        if not items:
            return self.browse()
        by_mission = defaultdict(list)
        for item in items:
            by_mission[item.mission_id].append(item)
        dossiers = self.env["field.evidence.dossier"]._lock(sorted(by_mission))
        self._add_opening(dossiers, by_mission)
        users = dict.fromkeys(by_mission, self.env.uid)
        return self._chain_all(dossiers, by_mission, users)

    @api.model
    def _chain_all(self, dossiers, by_mission, users):
        """Chain items behind locked heads; missions that are done are closed behind them.

        Each journal's head row stays locked until the end of the transaction, so two
        transactions can't seal one mission at the same time: the second is retried by Odoo.

        :param dossiers: locked head rows by mission id
        :param by_mission: ``{mission_id: [Item, …]}``
        :param users: who closes each mission, where it closes
        :return: the new entries
        """
        by_mission = {mission_id: items for mission_id, items in by_mission.items() if items}
        if not by_mission:
            return self.browse()
        missing = self._get_missing_files(by_mission)
        now = seal.instant_text(fields.Datetime.now())
        vals_list, advances = [], []
        for mission_id, own_items in by_mission.items():
            dossier = {**dossiers[mission_id], "closer": users[mission_id]}
            batch = self._chain(dossier, own_items, now, missing.get(mission_id))
            vals_list += batch["rows"]
            advances.append(batch["advance"])
        entries = (
            self.sudo().with_context(**{SEAL_KEY: SEAL_TOKEN}).create(vals_list).with_env(self.env)
        )
        self.env["field.evidence.dossier"]._advance(advances)
        return entries

    @api.model
    def _close_without_files(self, missions, reason):
        """Close the dossiers of done missions although announced files have not arrived.

        :param missions: missions with an open dossier
        :param reason: why the files will not come, sealed with their list
        """
        self._seal_pending()
        dossiers = self.env["field.evidence.dossier"]._lock(sorted(missions.ids))
        missing = self._get_missing_uuids(missions)
        rows, advances = [], []
        now = seal.instant_text(fields.Datetime.now())
        for mission in missions:
            dossier = {**dossiers[mission.id], "closer": self.env.uid, "accepted": reason}
            batch = self._chain(dossier, [], now, missing[mission.id])
            rows += batch["rows"]
            advances.append(batch["advance"])
        self.sudo().with_context(**{SEAL_KEY: SEAL_TOKEN}).create(rows)
        self.env["field.evidence.dossier"]._advance(advances)

    @api.model
    def _add_opening(self, dossiers, by_mission):
        """Put the mission itself first where a dossier opens, and what older missions hold."""
        opened = [mission_id for mission_id in by_mission if not dossiers[mission_id]["count"]]
        missions = self.env["field.mission"].sudo().browse(opened)
        past = missions._filter_unsealed_past()
        opening = past._get_inventory_items() + (missions - past)._get_evidence_items()
        first = defaultdict(list)
        for item in opening:
            first[item.mission_id].append(item)
        for mission_id, items in first.items():
            records = {item.record for item in items}
            rest = [item for item in by_mission[mission_id] if item.record not in records]
            by_mission[mission_id] = items + rest

    @api.model
    def _get_missing_files(self, by_mission):
        """Return the uuids of announced files that have not arrived, for missions that close.

        :return: ``{mission_id: [uuid, …]}``; missions that don't close are not in it
        """
        missions = self.env["field.mission"].sudo().browse(by_mission)
        closing = missions.filtered(
            lambda mission: mission.state == "done" and any(map(_reopens, by_mission[mission.id]))
        )
        return self._get_missing_uuids(closing)

    @api.model
    def _get_missing_uuids(self, missions):
        """Return the uuids of announced files that have not arrived: ``{mission_id: [uuid, …]}``."""
        missing = {mission.id: [] for mission in missions}
        if missions:
            waiting = (
                self.env["field.photo"]
                .sudo()
                .search_fetch(
                    [("mission_id", "in", missions.ids), ("state", "!=", "received")],
                    ["mission_id", "uuid"],
                    order="uuid",
                )
            )
            for photo in waiting:
                missing[photo.mission_id.id].append(photo.uuid)
        return missing

    @api.model
    def _chain(self, dossier, items, now, missing):
        """Chain the items of one mission.

        :param dossier: its locked head row, as a dict
        :param missing: uuids of missing files if the dossier closes now, else None
        :return: ``{"rows": values of the entries, "advance": what the head row becomes}``
        """
        head = seal.Head(dossier["count"], dossier["head_hash"] or "")
        last = dossier["last_date"] and seal.instant_text(dossier["last_date"])
        moment = seal.later(now, last or None)
        entries = seal.append(dossier["uuid"], head, [item.draft() for item in items], moment)
        advance = {"id": dossier["id"], "closed": False}
        if missing is not None:
            if entries:
                head = seal.Head(entries[-1].seq, entries[-1].hash)
            accepted = dossier.get("accepted") or self._is_still_accepted(dossier, missing)
            closing = self._prepare_closing(dossier, head, missing, accepted)
            items = [*items, closing]
            entries += seal.append(dossier["uuid"], head, [closing.draft()], moment)
            advance.update(closed=True, missing_count=len(missing), accepted=bool(accepted))
        server_date = _to_datetime(moment)
        advance.update(count=entries[-1].seq, head_hash=entries[-1].hash, last_date=server_date)
        rows = [
            {
                "mission_id": dossier["mission_id"],
                "sequence": entry.seq,
                "kind": item.kind,
                "res_model": item.record[0],
                "res_id": item.record[1],
                "payload": entry.payload,
                "item_hash": entry.item,
                "bytes_sha256": item.digest[0] if item.digest else False,
                "prev_hash": entry.prev,
                "hash": entry.hash,
                "author_id": entry.author,
                "device_date": entry.device_date and _to_datetime(entry.device_date),
                "server_date": server_date,
            }
            for item, entry in zip(items, entries, strict=True)
        ]
        return {"rows": rows, "advance": advance}

    @api.model
    def _is_still_accepted(self, dossier, missing):
        """Whether the office closed without these files before, and none is awaited besides."""
        return bool(
            missing and dossier["missing_accepted"] and len(missing) <= dossier["missing_count"]
        )

    @api.model
    def _prepare_closing(self, dossier, head, missing, accepted):
        """Return the item that closes a dossier behind its ``head``.

        :param missing: uuids of announced files that have not arrived
        :param accepted: why the office closes without them, True where it did so before
        """
        data = {"count": head.count, "head": head.hash, "missing": missing}
        if accepted:
            data["accepted"] = accepted
        return Item(
            mission_id=dossier["mission_id"],
            kind="close",
            record=("field.mission", dossier["mission_id"]),
            data=data,
            author_id=dossier["closer"],
        )

    # ------------------------------------------------------------------ reading

    def _to_entries(self):
        """Return these lines as ``seal.Entry``, in order."""
        return [
            seal.Entry(
                seq=line.sequence,
                prev=line.prev_hash or "",
                item=line.item_hash or "",
                author=line.author_id.id,
                # Not `instant_text`: a fraction of a second put there later must show.
                device_date=f"{line.device_date.isoformat()}Z" if line.device_date else None,
                server_date=f"{line.server_date.isoformat()}Z" if line.server_date else "",
                hash=line.hash or "",
                payload=line.payload if line.payload is not False else None,
            )
            for line in self
        ]

    def _get_files(self):
        """Return the files that these lines sealed: ``[(name in the dossier, bytes), …]``."""
        files = {}
        for line in self:
            if not line.bytes_sha256:
                continue
            record = self.env[line.res_model].sudo().browse(line.res_id).exists()
            attachment = record if record._name == "ir.attachment" else record.attachment_id
            if data := attachment.raw:
                suffix = MIME_SUFFIXES.get(attachment.mimetype, ".bin")
                # The last version of a record is the one whose file is kept.
                files[line.res_model, line.res_id] = (
                    f"files/{line.sequence:04d}-{line.kind}{suffix}",
                    data,
                )
        return list(files.values())

    def _get_item(self):
        """Return the sealed item of one line as a dict; empty when its content is damaged."""
        self.ensure_one()
        return _parse_item(self.payload)

    @api.depends("payload")
    def _compute_payload_readable(self):
        for line in self:
            line.payload_readable = json.dumps(line._get_item(), ensure_ascii=False, indent=2)

    @api.depends("hash")
    def _compute_short_hash(self):
        for line in self:
            line.short_hash = (line.hash or "")[:8]

    @api.depends("device_date", "server_date")
    def _compute_delay(self):
        for line in self:
            seconds = (
                (line.server_date - line.device_date).total_seconds() if line.device_date else 0
            )
            line.delay = seconds / 3600

    @api.depends("payload", "kind")
    @api.depends_context("lang", "tz")
    def _compute_summary(self):
        for line in self:
            item = line._get_item()
            data = item.get("data")
            text = line._summarize(data) if isinstance(data, dict) else ""
            if item.get("removed"):
                text = self.env._("Removed: %s", text)
            line.summary = text

    def _summarize(self, data):
        """Return what a sealed item says, for a person (hook for addons with own kinds).

        :param data: the item's ``data``
        """
        method = getattr(self, f"_summarize_{self.kind}", None)
        return (method(data) if method else "") or ""

    def _summarize_state(self, data):
        steps = self.env["field.mission.event"]._get_step_labels()
        text = steps.get(data.get("step"), data.get("step") or "")
        return self._pair(text, data["reason"]) if data.get("reason") else text

    def _summarize_mission(self, data):
        names = [(data.get(key) or {}).get("name") for key in ("site_id", "service_type_id")]
        return " · ".join(filter(None, [*names, data.get("conclusion")]))

    def _summarize_reading(self, data):
        return self._pair((data.get("version_id") or {}).get("name"), data.get("person"))

    def _summarize_answer(self, data):
        check = data.get("check") or {}
        value = self._format_answer(check, data)
        result = self._label("field.mission.check.answer", "result", data.get("result"))
        return self._pair(check.get("name"), f"{value} ({result})")

    def _format_answer(self, check, data):
        if data.get("value_yesno"):
            return self._label("field.mission.check.answer", "value_yesno", data["value_yesno"])
        if check.get("kind") == "number":
            number = self._local_number(data.get("value_number"))
            return f"{number} {check.get('uom_name') or ''}".strip()
        if check.get("kind") in ("photo", "signature"):
            return self.env._("%s file(s)", len(data.get("photo_ids") or ()))
        return data.get("value_choice") or data.get("value_text") or ""

    def _summarize_time(self, data):
        kind = self._label("field.mission.time", "kind", data.get("kind"))
        who = (data.get("employee_id") or {}).get("name")
        start, stop = (self._local_time(data.get(key)) for key in ("start", "stop"))
        return f"{kind} · {who} · {start} – {stop or '…'}"

    def _summarize_material(self, data):
        product = (data.get("product_id") or {}).get("name") or data.get("description")
        unit = (data.get("uom_id") or {}).get("name") or ""
        text = f"{self._local_number(data.get('quantity'))} {unit} · {product}"
        return self.env._("Return: %s", text) if data.get("is_return") else text

    def _summarize_photo(self, data):
        state = self._label("field.photo", "state", data.get("state"))
        stage = self._label("field.photo", "stage", data.get("stage"))
        return " · ".join(filter(None, [data.get("caption"), stage, state]))

    _summarize_drawing = _summarize_photo
    _summarize_document = _summarize_photo

    def _summarize_signature(self, data):
        kind = self._label("field.signature", "kind", data.get("kind"))
        who = ", ".join(filter(None, [data.get("name"), data.get("quality")]))
        return " · ".join(filter(None, [kind, who, data.get("refusal_reason")]))

    def _summarize_incident(self, data):
        kind = self._label("field.incident", "kind", data.get("kind"))
        return " · ".join(filter(None, [kind, data.get("description")]))

    def _summarize_nonconformity(self, data):
        return " · ".join(filter(None, [data.get("name"), data.get("description")]))

    def _summarize_close(self, data):
        text = self.env._("%s items before", data.get("count"))
        if data.get("missing"):
            waiting = self.env._("%s file(s) not yet received", len(data["missing"]))
            text = f"{text}, {waiting}"
        reason = data.get("accepted")
        return self._pair(text, reason) if isinstance(reason, str) else text

    def _summarize_report(self, data):
        return data.get("name")

    def _pair(self, what, value):
        return self.env._("%(what)s: %(value)s", what=what, value=value)

    def _label(self, model, name, value):
        """Return the label of a selection's value."""
        field = self.env[model]._fields[name]
        return dict(field._description_selection(self.env)).get(value, value or "")

    def _local_number(self, text):
        """Return a sealed decimal number with the reader's decimal sign."""
        point = self.env["res.lang"]._get_data(code=self.env.lang).decimal_point or "."
        return str(text).replace(".", point)

    def _local_time(self, text):
        """Return a sealed instant as a person of the site says it."""
        if not text:
            return ""
        mission = self.mission_id.sudo()
        local = fields.Datetime.context_timestamp(
            self.with_context(tz=mission._get_tz()), _to_datetime(text)
        )
        return f"{local:%d/%m %H:%M}"

    def action_open_record(self):
        """Open what one line sealed, where it still exists."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("What was sealed here no longer exists."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
            "target": "current",
        }


def _parse_item(payload):
    """Return a sealed item as a dict; empty when its content is damaged."""
    try:
        item = json.loads(payload or "{}")
    except ValueError:
        item = {}
    return item if isinstance(item, dict) else {}


def _reopens(item):
    """Whether an item that comes after a closing calls for another closing."""
    if item.kind == "state":
        return item.data.get("step") not in ("validate", "unvalidate")
    return item.kind not in AFTER_CLOSING


def _to_datetime(text):
    """Return a sealed instant (``YYYY-MM-DDTHH:MM:SSZ``) as a naive UTC datetime."""
    return fields.Datetime.to_datetime(text.replace("T", " ").rstrip("Z"))
