import base64
import logging
import secrets
from datetime import timedelta

import requests

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import seal
from ..core import timestamp
from ..guard import guard_table

_logger = logging.getLogger(__name__)

SECONDS = 15
LARGEST_ANSWER = 64 * 1024
STAMPS_PER_BATCH = 20
FIRST_RETRY = timedelta(minutes=10)
LONGEST_RETRY = timedelta(days=1)
# A month: after it somebody has to look.
MOST_TRIES = 36
HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
}


class FieldEvidenceTimestamp(models.Model):
    """The time-stamp (RFC 3161) of a closing: a third party says when its head existed.

    Stands beside the journal and changes nothing of it. Asked for by a background run, again and
    again until an authority answers; once it is there, a trigger keeps it.
    """

    _name = "field.evidence.timestamp"
    _description = "Time-stamp of a sealed dossier"
    _order = "id desc"
    _rec_name = "dossier_id"
    _log_access = False

    dossier_id = fields.Many2one(
        "field.evidence.dossier", required=True, readonly=True, ondelete="restrict"
    )
    mission_id = fields.Many2one(related="dossier_id.mission_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    count = fields.Integer(string="Items at closing", required=True, readonly=True, aggregator=None)
    head_hash = fields.Char(string="Head at closing", required=True, readonly=True, size=64)
    state = fields.Selection(
        [("waiting", "Asked for"), ("stamped", "Time-stamped"), ("failed", "No answer")],
        required=True,
        readonly=True,
    )
    response = fields.Binary(attachment=False, readonly=True, help="The authority's answer, DER.")
    roots = fields.Text(
        readonly=True, help="Certificates that it was verified with; empty: the system's."
    )
    date = fields.Datetime(string="Time-stamped on", readonly=True, help="The authority's time.")
    authority = fields.Char(readonly=True)
    tries = fields.Integer(readonly=True, aggregator=None)
    next_try = fields.Datetime(readonly=True)
    problem = fields.Char(readonly=True)

    _once = models.UniqueIndex("(dossier_id, count)", "This closing has its time-stamp already.")
    _waiting_idx = models.Index("(next_try) WHERE state = 'waiting'")

    def init(self):
        """Let the database itself refuse that a time-stamp changes or goes."""
        noted = SQL(
            """OLD.response IS NULL AND (NEW.dossier_id, NEW.count, NEW.head_hash)
                IS NOT DISTINCT FROM (OLD.dossier_id, OLD.count, OLD.head_hash)"""
        )
        message = "The time-stamp of a sealed dossier is kept"
        guard_table(self.env.cr, self._table, message, allowed=noted)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The time-stamp of a sealed dossier is kept."))

    # ------------------------------------------------------------------ asking

    @api.model
    def _cron_stamp(self):
        """Ask the authorities for the time-stamps that are due, each in a transaction of its own."""
        domain = [
            ("state", "=", "waiting"),
            ("next_try", "<=", fields.Datetime.now()),
            ("company_id.field_tsa_url", "!=", False),
        ]
        remaining = self.search_count(domain)
        for stamp in self.search(domain, order="next_try, id", limit=STAMPS_PER_BATCH):
            stamp._ask()
            remaining -= 1
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    def _ask(self):
        """Ask for one time-stamp; keep it if it holds, else note why and when to ask again."""
        self.ensure_one()
        company = self.company_id
        try:
            nonce = secrets.randbits(63)
            answer = self._send(timestamp.make_request(self.head_hash, nonce))
            found = timestamp.read_response(answer)
            if found.digest != self.head_hash or found.nonce != nonce:
                raise timestamp.TimestampError("the time-stamp of something else")
            roots = company.field_tsa_certificate or ""
            timestamp.verify(answer, self.head_hash, roots)
        except (timestamp.TimestampError, requests.RequestException) as error:
            self._note_problem(str(error))
            return
        self.write(
            {
                "state": "stamped",
                "response": base64.b64encode(answer),
                "roots": roots or False,
                "date": found.date,
                "authority": found.authority or False,
                "tries": self.tries + 1,
                "problem": False,
            }
        )

    def _send(self, query):
        """Return the answer of one company's authority.

        :param query: bytes
        """
        with requests.post(
            self.company_id.field_tsa_url,
            data=query,
            headers=HEADERS,
            timeout=SECONDS,
            stream=True,
        ) as response:
            response.raise_for_status()
            answer = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
        if len(answer) > LARGEST_ANSWER:
            raise timestamp.TimestampError("an answer far too long")
        return answer

    def _note_problem(self, text):
        tries = self.tries + 1
        pause = min(FIRST_RETRY * 2 ** min(tries - 1, 10), LONGEST_RETRY)
        _logger.info("No time-stamp for %s: %s", self.mission_id.name, text)
        self.write(
            {
                "tries": tries,
                "problem": text[:500],
                "next_try": fields.Datetime.now() + pause,
                "state": "failed" if tries >= MOST_TRIES else "waiting",
            }
        )

    def action_ask_again(self):
        """Ask again for time-stamps that were given up (managers)."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_manager"):
            raise UserError(self.env._("Only a manager may ask for a time-stamp again."))
        self.sudo().filtered(lambda stamp: stamp.state == "failed").write(
            {"state": "waiting", "tries": 0, "next_try": fields.Datetime.now()}
        )

    # ------------------------------------------------------------------ reading

    def _get_heads(self):
        """Return the heads that these time-stamps cover, as ``seal.Head``."""
        heads = []
        for stamp in self.filtered("response"):
            label = self.env._("the time-stamp of %s", fields.Datetime.to_string(stamp.date))
            try:
                digest = timestamp.read_response(stamp._get_answer()).digest
            except timestamp.TimestampError:
                digest = ""
            heads.append(seal.Head(stamp.count, digest, label))
        return heads

    def _get_answer(self):
        """Return the bytes of one authority's answer."""
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).response or b"")

    def _tell_forged(self):
        """Return why one time-stamp does not hold any more, empty where it does."""
        self.ensure_one()
        try:
            timestamp.verify(self._get_answer(), self.head_hash, self.roots or "", at=self.date)
        except timestamp.NoOpenssl:
            return ""
        except timestamp.TimestampError as error:
            return str(error)
        return ""

    def _get_files(self):
        """Return what the dossier's file holds of these time-stamps: ``[(name, bytes), …]``."""
        files = []
        for stamp in self.filtered("response").sorted("count"):
            files.append((f"timestamp-{stamp.count:04d}.tsr", stamp._get_answer()))
            if stamp.roots:
                files.append((f"timestamp-{stamp.count:04d}.pem", stamp.roots.encode()))
        return files
