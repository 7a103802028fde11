from odoo import models
from odoo.tools import format_date

from .. import seal
from ..core import marks

# Codes of findings besides those of `seal.py` and `field_mission_verify`.
ALTERED = "altered"  # another content, author or date than the digest's mark says
UNNOTED = "unnoted"  # the digest that is said to note the dossier doesn't


class FieldMissionNoted(models.Model):
    """The heads that stand elsewhere than in the journal, and what they tell about it."""

    _inherit = "field.mission"

    def _get_digest_notes(self):
        """Return what the daily digests hold of these missions' dossiers.

        :return: ``{mission_id: [{"day", "count", "head", "marks"}, …]}``, oldest first
        """
        dossiers = self.sudo().evidence_dossier_id
        notes = self.env["field.evidence.digest"].sudo()._get_notes(dossiers)
        return {
            mission.id: notes.get(mission.evidence_dossier_id.uuid, []) for mission in self.sudo()
        }

    def _get_noted_heads(self, notes=None):
        """Return the heads that reports print, that messages told and that digests list.

        :param notes: see ``_get_digest_notes`` (default: read now)
        :return: ``{mission_id: [seal.Head, …]}``
        """
        notes = self._get_digest_notes() if notes is None else notes
        heads = self._get_report_heads()
        told = self.env["field.evidence.notice"].sudo().search([("mission_id", "in", self.ids)])
        for notice in told:
            label = self.env._("the message to %s", notice.email)
            head = seal.Head(notice.count, notice.head_hash, label, outside=True)
            heads[notice.mission_id.id].append(head)
        for mission_id, rows in notes.items():
            heads[mission_id] += [
                seal.Head(row["count"], row["head"], self._tell_digest(row), outside=True)
                for row in rows
            ]
        return heads

    def _tell_digest(self, row):
        return self.env._("the digest of %s", format_date(self.env, row["day"]))

    def _verify_digests(self, dossier, lines, notes, findings):
        """Say entry by entry what was done to a journal that a digest contradicts.

        :param notes: what the digests hold of it
        :param findings: what is known already
        """
        self.ensure_one()
        found = []
        noted = dossier.digest_count or 0
        if noted and noted not in {row["count"] for row in notes}:
            text = self.env._("no daily digest lists the closing that one is said to list.")
            found.append(self._noted_finding(UNNOTED, noted, text))
        hashes = {line.sequence: line.hash for line in lines}
        wrong = [row for row in notes if hashes.get(row["count"]) != row["head"]]
        if not wrong:
            return found
        row = wrong[-1]
        named = {
            number
            for finding in findings
            if finding["code"] not in (seal.REWRITTEN, seal.HEAD)
            for number in range(finding["seq"], finding["last"] + 1)
        }
        current = [entry.mark() for entry in lines.sorted("sequence")._to_entries()]
        return found + [
            self._noted_finding(change.code, change.seq, self._tell_change(change, row))
            for change in marks.compare(row["marks"], current)
            if change.seq not in named
        ]

    def _tell_change(self, change, row):
        where = self._tell_digest(row)
        return {
            marks.ALTERED: lambda: self.env._(
                "its content, author or a date is not the one that %s noted.", where
            ),
            marks.REMOVED: lambda: self.env._("removed: %s noted it.", where),
            marks.INSERTED: lambda: self.env._("put in: %s does not know it.", where),
            marks.MOVED: lambda: self.env._(
                "moved: %(digest)s noted it here, now it stands under number %(place)s.",
                digest=where,
                place=change.place,
            ),
        }[change.code]()

    def _noted_finding(self, code, number, text):
        where = self.env._("No. %s", number)
        return {
            "code": code,
            "seq": number,
            "last": number,
            "text": self.env._("%(what)s: %(value)s", what=where, value=text),
        }
