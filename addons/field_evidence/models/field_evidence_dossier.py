import re
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import seal
from ..guard import guard_table

TOKEN_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
REPORT_CRON = "field_evidence.ir_cron_make_reports"
# What moves with the journal.
HEAD_FIELDS = (
    "count",
    "head_hash",
    "last_date",
    "closed_count",
    "closed_hash",
    "closed_date",
    "missing_count",
    "missing_accepted",
    "report_due",
    "notice_due",
)


class FieldEvidenceDossier(models.Model):
    """The head of a mission's journal: how many entries, the last one's hash, the last closing.

    Written by SQL of its own in ``_lock`` and ``_advance``; a trigger lets it only move forward.
    """

    _name = "field.evidence.dossier"
    _description = "Sealed dossier of a mission"
    _order = "last_date desc, id desc"
    _rec_name = "mission_id"
    _log_access = False

    mission_id = fields.Many2one("field.mission", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="mission_id.company_id")
    site_id = fields.Many2one(related="mission_id.site_id")
    mission_state = fields.Selection(related="mission_id.state", string="State")
    uuid = fields.Char(
        string="Dossier",
        required=True,
        readonly=True,
        index=True,
        help="Part of every hash of this journal.",
    )
    count = fields.Integer(string="Items", required=True, readonly=True, aggregator="sum")
    head_hash = fields.Char(string="Head of the journal", readonly=True, size=64)
    last_date = fields.Datetime(string="Last item", readonly=True)
    closed_count = fields.Integer(string="Items at closing", readonly=True, aggregator=None)
    closed_hash = fields.Char(string="Head at closing", readonly=True, size=64)
    closed_date = fields.Datetime(string="Closed on", readonly=True)
    missing_count = fields.Integer(string="Files awaited", readonly=True)
    missing_accepted = fields.Boolean(
        string="Sealed without them",
        readonly=True,
        help="The office sealed the dossier although files never arrived; the closing lists them.",
    )
    verdict = fields.Selection(
        related="mission_id.evidence_verdict", string="Verification", related_sudo=True
    )
    report_due = fields.Boolean(readonly=True, help="The final report waits to be made.")
    timestamp_ids = fields.One2many(
        "field.evidence.timestamp",
        "dossier_id",
        string="Time-stamps",
        readonly=True,
        groups="field_mission.group_field_planner",
    )
    notice_due = fields.Boolean(
        readonly=True, help="Who signed waits to be told the number of items and the head."
    )
    digest_count = fields.Integer(
        string="Items in the digest",
        readonly=True,
        aggregator=None,
        help="Number of the closing that the last digest noted.",
    )

    _mission_unique = models.Constraint("UNIQUE(mission_id)", "This mission already has a dossier.")
    _report_due_idx = models.Index("(id) WHERE report_due")
    _notice_due_idx = models.Index("(id) WHERE notice_due")
    _digest_due_idx = models.Index("(mission_id) WHERE closed_count > COALESCE(digest_count, 0)")

    def init(self):
        """Let the database itself refuse that a head goes back or changes its dossier."""
        forward = SQL(
            """NEW.mission_id = OLD.mission_id
                AND NEW.uuid = OLD.uuid
                AND COALESCE(NEW.closed_count, 0) >= COALESCE(OLD.closed_count, 0)
                AND (COALESCE(NEW.closed_count, 0) > COALESCE(OLD.closed_count, 0)
                    OR (NEW.closed_hash, NEW.closed_date)
                        IS NOT DISTINCT FROM (OLD.closed_hash, OLD.closed_date))
                AND COALESCE(NEW.digest_count, 0) >= COALESCE(OLD.digest_count, 0)
                AND (NEW.count > OLD.count OR (NEW.count, NEW.head_hash, NEW.last_date)
                    IS NOT DISTINCT FROM (OLD.count, OLD.head_hash, OLD.last_date))"""
        )
        message = "The head of a sealed journal only moves forward"
        guard_table(self.env.cr, self._table, message, allowed=forward)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: a dossier is opened by its first sealed item."""
        raise UserError(self.env._("A dossier is opened by its first sealed item."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: the head follows the journal."""
        raise UserError(self.env._("The head of a dossier follows its journal."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A sealed dossier can't be deleted."))

    @api.model
    def _lock(self, mission_ids):
        """Lock the heads of missions until the end of the transaction, opening missing ones.

        :param mission_ids: ids in ascending order, so that two transactions can't wait for each
            other
        :return: ``{mission_id: row}``: id, mission_id, uuid, count, head_hash, last_date,
            missing_count, missing_accepted
        """
        columns = SQL(
            "id, mission_id, uuid, count, head_hash, last_date, missing_count, missing_accepted"
        )
        # Waits for the other transaction; what it changed then makes this one be retried. The
        # same for two that open one dossier: the later one fails to serialise.
        rows = self.env.execute_query_dict(
            SQL(
                "SELECT %s FROM field_evidence_dossier WHERE mission_id = ANY(%s)"
                " ORDER BY mission_id FOR UPDATE",
                columns,
                mission_ids,
            )
        )
        known = {row["mission_id"] for row in rows}
        new = [mission_id for mission_id in mission_ids if mission_id not in known]
        if new:
            values = SQL(", ").join(
                SQL("(%s, %s, 0, false)", mission_id, str(uuid.uuid4())) for mission_id in new
            )
            missions = self.env["field.mission"].browse(new)
            missions.flush_recordset(["evidence_dossier_id"])
            rows += self.env.execute_query_dict(
                SQL(
                    """
                    WITH opened AS (
                        INSERT INTO field_evidence_dossier (mission_id, uuid, count, report_due)
                        VALUES %s ON CONFLICT (mission_id) DO NOTHING RETURNING %s
                    ), linked AS (
                        UPDATE field_mission SET evidence_dossier_id = opened.id
                        FROM opened WHERE opened.mission_id = field_mission.id
                    )
                    SELECT %s FROM opened
                    """,
                    values,
                    columns,
                    columns,
                )
            )
            missions.invalidate_recordset(["evidence_dossier_id"], flush=False)
        return {row["mission_id"]: row for row in rows}

    @api.model
    def _advance(self, advances):
        """Move locked heads to their journals' new ends, all in one query.

        :param advances: list of ``{"id", "count", "head_hash", "last_date", "closed": bool,
            "missing_count": files awaited, "accepted": whether the office closes without them, both
            with a closing}``
        """
        values = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s::timestamp, %s, %s, %s)",
                row["id"],
                row["count"],
                row["head_hash"],
                row["last_date"],
                row["closed"],
                row.get("missing_count", 0),
                row.get("accepted", False),
            )
            for row in advances
        )
        self.env.execute_query(
            SQL(
                """
                WITH new (id, count, head_hash, last_date, closing, missing, accepted) AS (
                    VALUES %s
                ), moved AS (
                    UPDATE field_evidence_dossier AS dossier SET
                        count = new.count,
                        head_hash = new.head_hash,
                        last_date = new.last_date,
                        closed_count = CASE WHEN closing THEN new.count ELSE closed_count END,
                        closed_hash = CASE WHEN closing THEN new.head_hash ELSE closed_hash END,
                        closed_date = CASE WHEN closing THEN new.last_date ELSE closed_date END,
                        missing_count =
                            CASE WHEN closing THEN new.missing ELSE missing_count END,
                        missing_accepted =
                            CASE WHEN closing THEN new.accepted ELSE missing_accepted END,
                        report_due = CASE
                            WHEN closing THEN new.missing = 0 OR new.accepted ELSE report_due END,
                        -- Once when the work is done, and again when the last file has arrived.
                        notice_due = notice_due OR (closing
                            AND (closed_count IS NULL OR new.missing = 0 OR new.accepted))
                    FROM new WHERE dossier.id = new.id
                    RETURNING dossier.id, dossier.mission_id
                ), asked AS (
                    -- A closing is time-stamped where its company wants it, later.
                    INSERT INTO field_evidence_timestamp
                        (dossier_id, company_id, count, head_hash, state, tries, next_try)
                    SELECT new.id, company.id, new.count, new.head_hash, 'waiting', 0, new.last_date
                    FROM new
                    JOIN moved ON moved.id = new.id
                    JOIN field_mission mission ON mission.id = moved.mission_id
                    JOIN res_company company ON company.id = mission.company_id
                    WHERE new.closing AND company.field_tsa_url <> ''
                    ON CONFLICT (dossier_id, count) DO NOTHING
                )
                SELECT id FROM moved
                """,
                values,
            )
        )
        dossiers = self.browse([row["id"] for row in advances])
        dossiers._forget(HEAD_FIELDS)
        if any(row["closed"] for row in advances):
            cron = self.env["ir.model.data"]._xmlid_to_res_id(REPORT_CRON, raise_if_not_found=True)
            self.env["ir.cron"].sudo().browse(cron)._trigger()

    def _set_due(self, name, due):
        """Note whether something waits to be done for these dossiers.

        :param name: ``report_due`` or ``notice_due``
        :param due: whether it waits
        """
        if self:
            self.env.execute_query(
                SQL(
                    "UPDATE field_evidence_dossier SET %s = %s WHERE id = ANY(%s) RETURNING id",
                    SQL.identifier(name),
                    due,
                    self.ids,
                )
            )
            self._forget([name])

    @api.model
    def _note_digested(self, closings):
        """Note up to which closing the daily digests have listed these dossiers.

        :param closings: list of ``{"id": dossier, "count": number of the closing}``
        """
        if closings:
            self.env.execute_query(
                SQL(
                    "UPDATE field_evidence_dossier AS dossier SET digest_count = noted.count"
                    " FROM unnest(%s, %s) AS noted (id, count) WHERE dossier.id = noted.id"
                    " RETURNING dossier.id",
                    [row["id"] for row in closings],
                    [row["count"] for row in closings],
                )
            )
            self.browse([row["id"] for row in closings])._forget(["digest_count"])

    def _forget(self, names):
        """Let these fields, and what is computed from them, be read again."""
        self.modified(names)
        self.invalidate_recordset(names, flush=False)

    def action_verify_evidence(self):
        """Verify these dossiers (managers), see ``field.mission.action_verify_evidence``."""
        self.check_access("read")
        return self.mission_id.action_verify_evidence()

    def action_open_mission(self):
        """Open the mission of one dossier."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "field.mission",
            "res_id": self.mission_id.id,
            "views": [(False, "form")],
        }

    def _get_check_url(self, count, head):
        """Return the address of the public page that checks a head of one dossier."""
        self.ensure_one()
        path = f"/field/check/{self.uuid}?count={count}&head={head}"
        return self.mission_id.get_base_url() + path

    @api.model
    def _answer_check(self, token, count, head):
        """Answer the public: is this head one that was sealed? Nothing about persons or places.

        :param token: identifier of a dossier, as typed or scanned
        :param count: number of items as printed on the document, or None
        :param head: SHA-256 as printed on the document, or None
        :return: ``{"verdict": "sealed" | "older" | "dossier" | "other" | "altered" | "unknown",
            "lang", "token", "company", "count", "head", "date", "stamped": when a time-stamp says that
            it existed, "authority": who says so}``
        """
        # Whoever holds the random identifier holds a document of this dossier.
        known = isinstance(token, str) and TOKEN_FORM.match(token)
        dossier = self.sudo().search([("uuid", "=", token)], limit=1) if known else self.browse()
        answer = {
            "verdict": "unknown",
            "lang": self.env.lang or "en_US",
            "token": token,
            "company": False,
            "count": 0,
            "head": False,
            "date": False,
            "stamped": False,
            "authority": False,
        }
        if not dossier:
            return answer
        mission = dossier.mission_id
        lines = mission.evidence_ids.sorted("sequence")
        number = int(count) if str(count or "").isdecimal() and len(str(count)) < 9 else 0
        line = lines.filtered(lambda one: one.sequence == number and one.hash == head)
        shown = (
            line or lines.filtered(lambda one: one.sequence == dossier.closed_count) or lines[-1:]
        )
        answer.update(
            lang=mission._get_report_lang(),
            company=dossier.company_id.name,
            count=shown.sequence,
            head=shown.hash,
            date=mission.with_context(lang=mission._get_report_lang())._report_moment(
                shown.server_date
            ),
            verdict="dossier",
        )
        stamp = dossier.timestamp_ids.filtered(
            lambda one: one.state == "stamped" and one.count == shown.sequence
        )[:1]
        if stamp:
            answer.update(
                stamped=mission.with_context(lang=answer["lang"])._report_moment(stamp.date),
                authority=stamp.authority,
            )
        heads = dossier._get_heads() + mission._get_noted_heads()[mission.id]
        if seal.verify(dossier.uuid, lines._to_entries(), heads):
            answer["verdict"] = "altered"
        elif head or count:
            answer["verdict"] = "sealed" if line else "other"
            if line and line.sequence < dossier.closed_count:
                answer["verdict"] = "older"
        return answer

    def _get_heads(self):
        """Return the heads noted of one journal in its own row.

        :return: list of ``seal.Head``
        """
        self.ensure_one()
        heads = [
            seal.Head(
                self.count, self.head_hash or "", self.env._("the dossier's head"), exact=True
            )
        ]
        if self.closed_count:
            heads.append(
                seal.Head(self.closed_count, self.closed_hash or "", self.env._("the closing"))
            )
        return heads + self.sudo().timestamp_ids._get_heads()
