import uuid
from collections import defaultdict
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from .. import seal
from ..guard import guard_table
from .field_evidence import SEAL_KEY, SEAL_TOKEN

TEMPLATE = "field_evidence.mail_template_digest"
# More closings than this wait for the next day's digest: only ever the first one's case.
MOST_DOSSIERS = 10_000
# What may still be noted on a digest; all else is part of its hash.
NOTES = frozenset(("email", "verdict", "verified_on", "findings"))
ONE_DAY = timedelta(days=1)


class FieldEvidenceDigest(models.Model):
    """What one company closed on one day: number and head of each dossier, chained to the day before.

    Mailed out of the house each night: who owns the database can rewrite its journals, and these
    rows too, but not what a mailbox elsewhere holds. The form is specified in ``docs/evidence.md``.
    """

    _name = "field.evidence.digest"
    _description = "Daily digest of closed dossiers"
    _order = "day desc, id desc"
    _rec_name = "day"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    day = fields.Date(required=True, readonly=True, help="From midnight to midnight, UTC.")
    number = fields.Integer(string="No.", required=True, readonly=True, aggregator=None)
    chain = fields.Char(string="Series", required=True, readonly=True)
    count = fields.Integer(string="Dossiers closed", required=True, readonly=True)
    payload = fields.Text(
        string="Content", required=True, readonly=True, help="Canonical JSON, as it was hashed."
    )
    prev_hash = fields.Char(string="Hash of the day before", required=True, readonly=True, size=64)
    hash = fields.Char(required=True, readonly=True, size=64)
    date = fields.Datetime(string="Made on", required=True, readonly=True)
    email = fields.Char(string="Mailed to", readonly=True)
    verdict = fields.Selection(
        [("intact", "Intact"), ("altered", "Altered")], string="Verification", readonly=True
    )
    verified_on = fields.Datetime(readonly=True)
    findings = fields.Text(string="What was touched", readonly=True)

    _day_unique = models.Constraint("UNIQUE(company_id, day)", "This day has its digest already.")
    _number_unique = models.Constraint(
        "UNIQUE(company_id, number)", "This place in the series of digests is taken."
    )

    # ------------------------------------------------------------------ never changed

    def init(self):
        """Let the database itself refuse that a digest is changed or deleted."""
        same = SQL(
            """(NEW.company_id, NEW.day, NEW.number, NEW.chain, NEW.count, NEW.payload,
                    NEW.prev_hash, NEW.hash, NEW.date)
                IS NOT DISTINCT FROM (OLD.company_id, OLD.day, OLD.number, OLD.chain, OLD.count,
                    OLD.payload, OLD.prev_hash, OLD.hash, OLD.date)"""
        )
        message = "The digest of sealed dossiers can not be changed"
        guard_table(self.env.cr, self._table, message, allowed=same)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: only the daily run writes digests."""
        if self.env.context.get(SEAL_KEY) is not SEAL_TOKEN:
            raise UserError(self.env._("Digests are made by the daily run only."))
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change what is hashed."""
        if set(vals) - NOTES:
            raise UserError(self.env._("A digest can't be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A digest can't be deleted."))

    # ------------------------------------------------------------------ each night

    @api.model
    def _cron_write_digests(self):
        """Write the digest of each day that has ended and has none, company by company.

        A company's series begins with the first closing; from then on each day has its digest, an
        empty one too, so that a missing message says something.
        """
        cron = self.env["ir.cron"]
        last_day = fields.Datetime.now().date() - ONE_DAY
        for company, first_day in self._get_first_days(last_day).items():
            day = first_day
            while day <= last_day:
                self._write_digest(company, day)._mail()
                day += ONE_DAY
                if not cron._commit_progress(1, remaining=(last_day - day).days + 1):
                    return

    @api.model
    def _get_first_days(self, last_day):
        """Return the first day without digest of each company: ``{company: day}``.

        A company that closed nothing until ``last_day`` and has no digest is not in it.
        """
        rows = self._read_group([], ["company_id"], ["day:max"])
        days = {company: day + ONE_DAY for company, day in rows}
        begun = self.env.execute_query(
            SQL(
                "SELECT DISTINCT mission.company_id FROM field_evidence_dossier AS dossier"
                " JOIN field_mission AS mission ON mission.id = dossier.mission_id"
                " WHERE dossier.closed_count > COALESCE(dossier.digest_count, 0)"
                " AND dossier.closed_date < %s",
                _start_of(last_day + ONE_DAY),
            )
        )
        for (company_id,) in begun:
            days.setdefault(self.env["res.company"].browse(company_id), last_day)
        return days

    @api.model
    def _write_digest(self, company, day):
        """Write one company's digest of one day, of what no former digest has noted.

        :return: the new digest
        """
        before = self.sudo().search([("company_id", "=", company.id)], order="number desc", limit=1)
        chain = before.chain or str(uuid.uuid4())
        closings = self._get_closings(company, _start_of(day + ONE_DAY))
        statement = {
            "v": seal.VERSION,
            "chain": chain,
            "number": before.number + 1,
            "day": day.isoformat(),
            "company": {"id": company.id, "name": company.name},
            "prev": before.hash or seal.digest_genesis(chain),
            "dossiers": sorted(
                (
                    {name: row[name] for name in ("chain", "count", "head", "name", "marks")}
                    for row in closings
                ),
                key=lambda row: row["chain"],
            ),
        }
        payload = seal.canonical(statement)
        self.env["field.evidence.dossier"]._note_digested(closings)
        return (
            self.sudo()
            .with_context(**{SEAL_KEY: SEAL_TOKEN})
            .create(
                {
                    "company_id": company.id,
                    "day": day,
                    "number": statement["number"],
                    "chain": chain,
                    "count": len(closings),
                    "payload": payload,
                    "prev_hash": statement["prev"],
                    "hash": seal.digest_hash(payload),
                    "date": fields.Datetime.now(),
                }
            )
            .with_env(self.env)
        )

    @api.model
    def _get_closings(self, company, until):
        """Return the last closing before ``until`` of each dossier where none or an older one is noted.

        :return: list of ``{"id": dossier, "mission_id", "chain", "count", "head", "name", "marks"}``
        """
        closings = self.env.execute_query_dict(
            SQL(
                """
                SELECT dossier.id, dossier.mission_id, dossier.uuid AS chain,
                    closing.sequence AS count, closing.hash AS head, mission.name
                FROM field_evidence_dossier AS dossier
                JOIN field_mission AS mission ON mission.id = dossier.mission_id
                JOIN LATERAL (
                    SELECT sequence, hash FROM field_evidence
                    WHERE mission_id = dossier.mission_id AND kind = 'close' AND server_date < %s
                    ORDER BY sequence DESC LIMIT 1
                ) AS closing ON closing.sequence > COALESCE(dossier.digest_count, 0)
                WHERE mission.company_id = %s
                    AND dossier.closed_count > COALESCE(dossier.digest_count, 0)
                ORDER BY dossier.id LIMIT %s
                """,
                until,
                company.id,
                MOST_DOSSIERS,
            )
        )
        marks = self._get_marks([row["mission_id"] for row in closings])
        for row in closings:
            row["marks"] = "".join(marks[row["mission_id"]][: row["count"]])
        return closings

    @api.model
    def _get_marks(self, mission_ids):
        """Return the marks of the journals of these missions: ``{mission_id: [mark, …]}``."""
        marks = defaultdict(list)
        if mission_ids:
            self.env.cr.execute(
                SQL(
                    "SELECT mission_id, sequence, author_id, device_date, server_date, item_hash"
                    " FROM field_evidence WHERE mission_id = ANY(%s) ORDER BY mission_id, sequence",
                    mission_ids,
                )
            )
            for (
                mission_id,
                number,
                author,
                device_date,
                server_date,
                item,
            ) in self.env.cr.fetchall():
                entry = seal.Entry(
                    seq=number,
                    prev="",
                    item=item,
                    author=author,
                    device_date=device_date and f"{device_date.isoformat()}Z",
                    server_date=f"{server_date.isoformat()}Z",
                    hash="",
                )
                marks[mission_id].append(entry.mark())
        return marks

    # ------------------------------------------------------------------ out of the house

    def _mail(self):
        """Mail these digests to their companies' addresses; where there is none, nothing is sent."""
        template = self.env.ref(TEMPLATE, raise_if_not_found=False)
        for digest in self.sudo():
            address = digest.company_id.field_digest_email
            if not (template and address):
                continue
            digest.email = address
            file = self.env["ir.attachment"].sudo().create(digest._prepare_file())
            template.sudo().send_mail(
                digest.id, email_values={"attachment_ids": [fields.Command.link(file.id)]}
            )

    def _prepare_file(self):
        return {
            "name": f"digest-{self.day}.json",
            "raw": self.payload.encode(),
            "mimetype": "application/json",
            "res_model": self._name,
            "res_id": self.id,
        }

    def action_mail(self):
        """Mail these digests again to their companies' address of now (managers).

        :raises UserError: a company without address
        """
        self.check_access("read")
        self._check_manager()
        missing = self.company_id.filtered(lambda company: not company.field_digest_email)
        if missing:
            raise UserError(
                self.env._(
                    "%s has no address for its daily digest: set one in the settings.",
                    missing[0].name,
                )
            )
        self._mail()

    def _get_lang(self):
        """Return the language in which one digest is mailed."""
        self.ensure_one()
        return self.company_id.sudo().partner_id.lang or self.env.lang

    def _get_day_text(self, lang=None):
        """Return the day of one digest in words.

        :param lang: language (default: the one it is mailed in)
        """
        return format_date(self.env, self.day, lang_code=lang or self._get_lang())

    def _get_rows(self):
        """Return the dossiers of one digest for a reader, by mission."""
        rows = seal.parse(self.payload)["dossiers"]
        return sorted(rows, key=lambda row: row["name"])

    # ------------------------------------------------------------------ heads that it holds

    @api.model
    def _get_notes(self, dossiers):
        """Return what the digests hold of these dossiers, one query.

        :return: ``{dossier uuid: [{"day", "count", "head", "marks": list}, …]}``
        """
        found = {dossier.uuid: [] for dossier in dossiers}
        if not found:
            return found
        few = SQL(
            "AND payload LIKE ANY(%s)", [f'%"chain":"{token}"%' for token in list(found)[:50]]
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT day, payload FROM field_evidence_digest WHERE company_id = ANY(%s) %s"
                " ORDER BY number",
                dossiers.company_id.ids,
                few if len(found) <= 50 else SQL(),
            )
        )
        for day, payload in rows:
            for row in read_rows(payload):
                if row["chain"] in found:
                    found[row["chain"]].append({**row, "day": day})
        return found

    # ------------------------------------------------------------------ who may

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group("field_mission.group_field_manager"):
            raise AccessError(self.env._("This is for a manager."))


def _start_of(day):
    return datetime.combine(day, time.min)


def read_rows(payload):
    """Return the dossiers that a digest's content lists, those that can be read."""
    try:
        rows = seal.parse(payload)["dossiers"]
        return [
            {
                "chain": str(row["chain"]),
                "count": int(row["count"]),
                "head": str(row["head"]),
                "name": str(row["name"]),
                "marks": _split_marks(row["marks"]),
            }
            for row in rows
        ]
    except (seal.SealError, KeyError, TypeError, ValueError):
        return []


def _split_marks(text):
    size = seal.MARK_LENGTH
    return [text[start : start + size] for start in range(0, len(text), size)]
