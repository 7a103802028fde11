from odoo import fields, models
from odoo.tools import SQL

from .. import seal
from .field_evidence_digest import read_rows


class FieldEvidenceDigestVerify(models.Model):
    """Are the digests, and the journals whose heads they note, what they were?"""

    _inherit = "field.evidence.digest"

    def action_verify(self):
        """Compare these digests with themselves, their neighbours and the journals (managers).

        :return: a notification: intact, or what was touched
        """
        self.check_access("read")
        self._check_manager()
        results = self._verify()
        now = fields.Datetime.now()
        for digest in self.sudo():
            texts = results[digest.id]
            digest.write(
                {
                    "verdict": "altered" if texts else "intact",
                    "verified_on": now,
                    "findings": "\n".join(texts) or False,
                }
            )
        told = [text for texts in results.values() for text in texts]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if told else "success",
                "sticky": bool(told),
                "title": self.env._("Something was touched")
                if told
                else self.env._("Nothing was touched"),
                "message": "\n".join(told[:5]) or self.env._("%s digest(s): intact.", len(self)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _verify(self):
        """Verify these digests.

        :return: ``{digest id: [what was touched, in words, …]}``
        """
        self.env["field.evidence"]._seal_pending()
        self.env.invalidate_all()
        texts = {digest.id: [] for digest in self}
        digests = self.sudo()
        everything = self.sudo().search_fetch(
            [("company_id", "in", digests.company_id.ids)], ["company_id", "number", "hash"]
        )
        hashes = {(digest.company_id, digest.number): digest for digest in everything}
        for digest in digests:
            texts[digest.id] += digest._verify_statement()
            texts[digest.id] += digest._verify_neighbours(hashes)
        for digest_id, text in digests._verify_dossiers():
            texts[digest_id].append(text)
        return texts

    def _verify_statement(self):
        """Compare one digest's content with its hash and its columns."""
        day = self._get_day_text(self.env.lang)
        if seal.digest_hash(self.payload) != self.hash:
            return [self.env._("Digest of %s: its content was altered.", day)]
        said = seal.parse(self.payload)
        columns = {
            "chain": self.chain,
            "number": self.number,
            "day": self.day.isoformat(),
            "prev": self.prev_hash,
        }
        same = all(said.get(name) == value for name, value in columns.items())
        if not same or self.count != len(said["dossiers"]):
            return [self.env._("Digest of %s: a column was altered.", day)]
        return []

    def _verify_neighbours(self, hashes):
        """Compare one digest with the day before and the day after."""
        day = self._get_day_text(self.env.lang)
        before = hashes.get((self.company_id, self.number - 1))
        after = hashes.get((self.company_id, self.number + 1))
        texts = []
        if self.number > 1 and not before:
            texts.append(self.env._("Digest of %s: the one before was removed.", day))
        elif self.prev_hash != (before.hash if before else seal.digest_genesis(self.chain)):
            texts.append(self.env._("Digest of %s: the one before has another hash.", day))
        if after and after.prev_hash != self.hash:
            texts.append(
                self.env._("Digest of %s: hashed anew; the day after names another hash.", day)
            )
        return texts

    def _verify_dossiers(self):
        """Compare the closings noted in these digests with the journals; one query."""
        noted = [(digest, row) for digest in self for row in read_rows(digest.payload)]
        if not noted:
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT noted.chain, noted.count, line.hash, dossier.id"
                " FROM unnest(%s, %s) AS noted (chain, count)"
                " LEFT JOIN field_evidence_dossier AS dossier ON dossier.uuid = noted.chain"
                " LEFT JOIN field_evidence AS line ON line.mission_id = dossier.mission_id"
                " AND line.sequence = noted.count",
                [row["chain"] for _digest, row in noted],
                [row["count"] for _digest, row in noted],
            )
        )
        found = {(chain, count): (hash_, known) for chain, count, hash_, known in rows}
        told = []
        for digest, row in noted:
            hash_, known = found.get((row["chain"], row["count"]), (None, None))
            if hash_ != row["head"]:
                told.append((digest.id, digest._tell_dossier(row, hash_, known)))
        return told

    def _tell_dossier(self, row, hash_, known):
        values = {
            "day": self._get_day_text(self.env.lang),
            "name": row["name"],
            "count": row["count"],
        }
        if not known:
            return self.env._("Digest of %(day)s: the dossier of %(name)s was removed.", **values)
        if not hash_:
            return self.env._(
                "Digest of %(day)s: the journal of %(name)s was cut off before No. %(count)s.",
                **values,
            )
        return self.env._(
            "Digest of %(day)s: the journal of %(name)s was hashed anew up to No. %(count)s.",
            **values,
        )
