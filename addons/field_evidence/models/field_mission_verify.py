from odoo import api, fields, models
from odoo.exceptions import AccessError

from .. import seal
from .field_mission import SOURCE_MODELS

# Codes of findings besides those of `seal.py`.
COLUMN = "column"  # a column of the journal no longer says what the content says
CHANGED = "changed"  # the record says something else than what was sealed
DELETED = "deleted"  # the record is gone
FORGED = "forged"  # a time-stamp's signature does not hold
UNSEALED = "unsealed"  # the record was never sealed
BYTES = "bytes"  # the file's bytes are not the sealed ones
MISSING = "missing"  # the file is gone


class FieldMissionVerify(models.Model):
    """Is a dossier what was sealed? The journal against itself and against what it is about."""

    _inherit = "field.mission"

    evidence_verification_ids = fields.One2many(
        "field.evidence.verification",
        "mission_id",
        string="Verifications",
        readonly=True,
        groups="field_mission.group_field_planner",
    )
    evidence_verification_id = fields.Many2one(
        "field.evidence.verification",
        compute="_compute_evidence_verification_id",
        compute_sudo=True,
        string="Last verification",
    )
    evidence_verdict = fields.Selection(related="evidence_verification_id.verdict")
    evidence_findings = fields.Html(related="evidence_verification_id.findings_html")
    evidence_noted = fields.Char(related="evidence_verification_id.noted")
    evidence_verified_on = fields.Datetime(related="evidence_verification_id.date")

    @api.depends("evidence_verification_ids")
    def _compute_evidence_verification_id(self):
        for mission in self:
            mission.evidence_verification_id = mission.evidence_verification_ids.sorted("id")[-1:]

    def action_verify_evidence(self):
        """Verify the dossiers of these missions and keep the result (managers).

        :return: a notification: intact, or how many things were touched
        :raises AccessError: for anybody else than a manager
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_manager"):
            raise AccessError(self.env._("Only a manager may verify a dossier."))
        results = self._verify_evidence()
        self.env["field.evidence.verification"].sudo().create(
            [
                {
                    "mission_id": mission.id,
                    "user_id": self.env.uid,
                    "verdict": results[mission.id]["verdict"],
                    "count": results[mission.id]["count"],
                    "head_hash": results[mission.id]["head"],
                    "findings": results[mission.id]["findings"],
                    "noted": results[mission.id]["noted"],
                }
                for mission in self
            ]
        )
        return self._notify_verification(results)

    def _notify_verification(self, results):
        altered = self.filtered(lambda mission: results[mission.id]["verdict"] == "altered")
        if altered:
            kind = "danger"
            title = self.env._("%s dossier(s) altered", len(altered))
            texts = [f["text"] for m in altered for f in results[m.id]["findings"]]
            message = "\n".join(texts[:5])
        else:
            kind = "success"
            title = self.env._("Nothing was touched")
            message = self.env._(
                "%(dossiers)s dossier(s), %(items)s sealed items: intact.",
                dossiers=len(self),
                items=sum(result["count"] for result in results.values()),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": title,
                "message": message,
                "sticky": bool(altered),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------------ the verification

    def _verify_evidence(self):
        """Compare the journals of these missions with themselves, their heads and their sources.

        :return: ``{mission_id: {"verdict": "intact" | "altered" | "none", "count": entries,
            "head": hash of the last one, "findings": [{"code", "seq", "last", "text"}, …],
            "noted": where the heads stand that were compared besides, in words}}``
        """
        self.env["field.evidence"]._seal_pending()
        # What the database and the disk say now, not what this transaction remembers.
        self.env.invalidate_all()
        missions = self.sudo()
        lines = self.env["field.evidence"].sudo().search([("mission_id", "in", self.ids)])
        lines_of = lines.grouped("mission_id")
        dossiers = self.env["field.evidence.dossier"].sudo()
        dossier_of = dossiers.search([("mission_id", "in", self.ids)]).grouped("mission_id")
        notes = missions._get_digest_notes()
        heads = missions._get_noted_heads(notes)
        current = missions._get_current_sources()
        results = {}
        for mission in missions:
            own = lines_of.get(mission, lines.browse())
            dossier = dossier_of.get(mission, dossiers)
            findings = mission._verify_journal(dossier, own, heads[mission.id])
            findings += mission._verify_digests(dossier, own, notes[mission.id], findings)
            findings += mission._verify_stamps(dossier)
            findings += mission._verify_sources(own, current[mission.id])
            verdict = "altered" if findings else ("intact" if own else "none")
            results[mission.id] = {
                "verdict": verdict,
                "count": len(own),
                "head": own[-1:].hash or False,
                "findings": findings,
                "noted": ", ".join(dict.fromkeys(head.label for head in heads[mission.id])),
            }
        return results

    def _get_current_sources(self):
        """Return what the sources of these missions say now, a fixed number of queries.

        :return: ``{mission_id: {(model, id): {"record", "data", "proof": whether it has to be
            sealed}}}``
        """
        found = {mission.id: {} for mission in self}
        models_to_read = [("field.mission", self)]
        models_to_read += [
            (model, self.env[model].sudo().search([("mission_id", "in", self.ids)]))
            for model in SOURCE_MODELS
        ]
        events = self.env["field.mission.event"].sudo()
        steps = events.search([("mission_id", "in", self.ids), ("kind", "=", "step")], order="id")
        models_to_read.append((events._name, steps))
        for model, records in models_to_read:
            data = records._get_evidence_data() if records else {}
            proof = records._filter_evidence() if model in SOURCE_MODELS else records.browse()
            for record in records:
                found[record._get_evidence_mission().id][model, record.id] = {
                    "record": record,
                    "data": seal.plain(data[record.id]),
                    "proof": record in proof,
                }
        return found

    def _verify_journal(self, dossier, lines, marks):
        """Check the journal of one mission: the chain, its heads, the columns of its lines."""
        self.ensure_one()
        if not lines and not dossier and not marks:
            return []
        heads = [*(dossier._get_heads() if dossier else ()), *marks]
        entries = lines._to_entries()
        findings = [
            {
                "code": finding.code,
                "seq": finding.seq,
                "last": finding.last,
                "text": self._tell_finding(finding),
            }
            for finding in seal.verify(dossier.uuid or "", entries, heads)
        ]
        damaged = {f["seq"] for f in findings}
        for line in lines:
            if line.sequence not in damaged:
                findings += self._verify_columns(line)
        return findings

    def _verify_stamps(self, dossier):
        """Verify the signatures of a dossier's time-stamps; what they cover is a noted head."""
        findings = []
        for stamp in dossier.timestamp_ids.filtered("response"):
            if problem := stamp._tell_forged():
                text = self.env._(
                    "No. %(number)s: the time-stamp does not hold: %(problem)s",
                    number=stamp.count,
                    problem=problem,
                )
                findings.append(
                    {"code": FORGED, "seq": stamp.count, "last": stamp.count, "text": text}
                )
        return findings

    def _verify_columns(self, line):
        """Compare the columns that repeat a line's content with that content."""
        item = line._get_item()
        record = item.get("record") or {}
        sealed = {
            "kind": item.get("kind"),
            "res_model": record.get("model"),
            "res_id": record.get("id"),
            "bytes_sha256": (item.get("bytes") or {}).get("sha256") or False,
        }
        return [
            self._finding(
                COLUMN,
                line,
                self.env._(
                    "“%s” was altered in the journal.",
                    line._fields[name]._description_string(self.env),
                ),
            )
            for name, value in sealed.items()
            if line.payload and line[name] != value
        ]

    def _verify_sources(self, lines, current):
        """Compare what was sealed last of each record with what it says now."""
        last = {(line.res_model, line.res_id): line for line in lines if line.kind != "close"}
        findings = []
        for key, line in last.items():
            item = line._get_item()
            if line.kind == "report":
                findings += self._verify_bytes(line, self.env["ir.attachment"].browse(key[1]), item)
            elif item.get("removed"):
                if key in current:
                    text = self.env._("is there although its removal was sealed.")
                    findings.append(self._finding(CHANGED, line, text))
            else:
                findings += self._verify_record(line, item, current.get(key))
        findings += self._verify_unsealed(lines, last, current)
        findings += self._verify_state(lines)
        findings += self._verify_answers(lines)
        return findings

    def _verify_record(self, line, item, now):
        if not now:
            return [
                self._finding(DELETED, line, self.env._("the record was deleted or moved away."))
            ]
        findings = [
            self._finding(CHANGED, line, self._tell_difference(now["record"], difference))
            for difference in seal.differences(
                seal.comparable(item.get("data")), seal.comparable(now["data"])
            )
        ]
        if item.get("bytes") and not self._is_purged(now["record"], item):
            findings += self._verify_bytes(line, now["record"].attachment_id, item)
        return findings

    def _is_purged(self, record, item):
        """Whether a file went under a certificate that names it."""
        digest = item["bytes"].get("sha256")
        certificate = record.sudo().purge_id if record._name == "field.photo" else None
        return bool(certificate and certificate._covers(self, digest))

    def _verify_bytes(self, line, attachment, item):
        """Compare a file on the disk with the SHA-256 that was sealed."""
        sealed = (item.get("bytes") or {}).get("sha256")
        attachment = attachment.sudo().exists()
        data = attachment.raw or b""
        # One file in memory at a time.
        attachment.invalidate_recordset(["raw"], flush=False)
        if not data:
            return [self._finding(MISSING, line, self.env._("the file is missing."))]
        if seal.bytes_digest(data) != sealed:
            text = self.env._("the file's bytes are not those that were sealed.")
            return [self._finding(BYTES, line, text)]
        return []

    def _verify_unsealed(self, lines, last, current):
        """Name records that were put into the database without being sealed."""
        if not lines:
            return []
        sealed_events = [key[1] for key in last if key[0] == "field.mission.event"]
        first_event = min(sealed_events, default=None)
        findings = []
        for (model, res_id), now in current.items():
            if (model, res_id) in last:
                continue
            is_event = model == "field.mission.event"
            late_event = is_event and first_event is not None and res_id > first_event
            if not (now["proof"] or late_event):
                continue
            label = self.env["ir.model"]._get(model).name
            text = self.env._(
                "%(what)s “%(name)s” (%(id)s) was never sealed: put in beside the application.",
                what=label,
                name=now["record"].display_name,
                id=res_id,
            )
            findings.append({"code": UNSEALED, "seq": 0, "last": 0, "text": text})
        return findings

    def _verify_state(self, lines):
        """Compare the mission's state with the last step that was sealed."""
        steps = lines.filtered(lambda line: line.kind == "state")
        if not steps:
            return []
        line = steps[-1]
        data = line._get_item().get("data") or {}
        validated = data.get("step") == "validate"
        if data.get("to_state") == self.state and validated == self.validated:
            return []
        text = self.env._("the mission's state is not the one that this step led to.")
        return [self._finding(CHANGED, line, text)]

    def _verify_answers(self, lines):
        """Compare each check's answer that counts with the last one sealed."""
        latest = {}
        for line in lines:
            if line.kind == "answer":
                data = line._get_item().get("data") or {}
                latest[(data.get("check_id") or {}).get("id")] = (line, data)
        findings = []
        for check in self.check_ids:
            line, data = latest.get(check.id, (None, None))
            if not line:
                continue
            counts = check.current_answer_id.id == line.res_id
            if not counts or check.result != data.get("result"):
                text = self.env._("another answer or result was put in its place.")
                findings.append(self._finding(CHANGED, line, text))
        return findings

    # ------------------------------------------------------------------ words

    def _finding(self, code, line, text):
        where = self.env._(
            "No. %(number)s, %(kind)s “%(summary)s”",
            number=line.sequence,
            kind=line._label("field.evidence", "kind", line.kind),
            summary=line.summary,
        )
        return {
            "code": code,
            "seq": line.sequence,
            "last": line.sequence,
            "text": self.env._("%(what)s: %(value)s", what=where, value=text),
        }

    def _tell_difference(self, record, difference):
        name = difference.path.split(".")[0].split("[")[0]
        field = record._fields.get(name)
        label = field._description_string(self.env) if field else difference.path
        return self.env._(
            "“%(field)s” was sealed as %(sealed)s and is now %(current)s.",
            field=label,
            sealed=self._tell_value(difference.sealed),
            current=self._tell_value(difference.current),
        )

    def _tell_value(self, value):
        if value is None:
            return self.env._("nothing")
        if isinstance(value, (dict, list)):
            return seal.canonical(value)
        return str(value)

    def _tell_finding(self, finding):
        """Return a finding of ``seal.verify`` as a sentence in the user's language."""
        detail = finding.detail
        where = (
            self.env._("No. %s", finding.seq)
            if finding.seq == finding.last
            else self.env._("No. %(first)s to %(last)s", first=finding.seq, last=finding.last)
        )
        text = {
            seal.CONTENT: lambda: self.env._("the sealed content was altered."),
            seal.FIELD: lambda: self.env._(
                "%s was altered in the journal.", self._tell_journal_field(detail.get("field"))
            ),
            seal.MOVED: lambda: self.env._(
                "moved, stands under number %s now.", detail.get("place")
            ),
            seal.REPLACED: lambda: self.env._("the line is not the one that was sealed."),
            seal.FOREIGN: lambda: self.env._("the line belongs to another dossier."),
            seal.INSERTED: lambda: self.env._("inserted, was never sealed in this journal."),
            seal.REMOVED: lambda: self.env._("removed from the journal."),
            seal.CUT: lambda: self.env._("cut off the end of the journal."),
            seal.REWRITTEN: lambda: self.env._(
                "hashed anew, alone or with what stands before; %s has another hash.",
                detail.get("label") or self.env._("No. %s", detail.get("entry")),
            ),
            seal.HEAD: lambda: self.env._("the head noted in %s was altered.", detail.get("label")),
            seal.CLOCK: lambda: self.env._("the server's clock goes back."),
            seal.ORDER: lambda: self.env._("not listed in the order of the numbers."),
        }[finding.code]()
        return self.env._("%(what)s: %(value)s", what=where, value=text)

    @api.model
    def _tell_journal_field(self, name):
        return {
            "item": self.env._("the hash of the content"),
            "prev": self.env._("the hash of the line before"),
            "hash": self.env._("the line's hash"),
        }.get(name, self.env._("the content, the author or a date"))
