import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.pdf import merge_pdf

from .ir_actions_report import stamp_pages

_logger = logging.getLogger(__name__)

CRON = "field_evidence.ir_cron_print_dossiers"
# Two full pages.
PHOTOS_PER_PART = 30
LINES_PER_PART = 400
# A part that a killed worker left behind is made again, but not for ever.
MOST_ATTEMPTS = 3
# A copy for reading: the sealed dossier itself stays.
KEPT_DAYS = 30


class FieldDossierPrint(models.Model):
    """A mission's dossier made into a PDF in the background, part by part.

    Each part is kept when it is made: a worker that is stopped goes on with the next one.
    """

    _name = "field.dossier.print"
    _description = "Dossier as a PDF"
    _order = "id desc"
    _rec_name = "mission_id"

    mission_id = fields.Many2one(
        "field.mission", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="mission_id.company_id", store=True, precompute=True)
    user_id = fields.Many2one("res.users", string="Asked by", required=True, readonly=True)
    state = fields.Selection(
        [("running", "Being made"), ("done", "Ready"), ("failed", "Not made")],
        default="running",
        required=True,
        readonly=True,
        index=True,
    )
    count = fields.Integer(string="Items", readonly=True, aggregator=None)
    head_hash = fields.Char(string="Head of the journal", readonly=True, size=64)
    photo_count = fields.Integer(string="Photos", readonly=True, aggregator=None)
    part_count = fields.Integer(readonly=True, aggregator=None)
    part_done = fields.Integer(readonly=True, aggregator=None)
    attempts = fields.Integer(readonly=True, aggregator=None)
    progress = fields.Float(compute="_compute_progress")
    error = fields.Text(readonly=True)
    attachment_id = fields.Many2one("ir.attachment", string="File", readonly=True)

    @api.depends("state", "part_done", "part_count")
    def _compute_progress(self):
        for run in self:
            # The last step, putting the parts together, counts too.
            run.progress = (
                100.0
                if run.state == "done"
                else 100.0 * run.part_done / ((run.part_count or 0) + 1)
            )

    def poll(self):
        """Return how far one run is, for the screen that waits.

        :return: ``{"state": …, "progress": percent}``
        """
        self.ensure_one()
        self.check_access("read")
        return {"state": self.state, "progress": self.progress}

    def action_download(self):
        """Download one dossier that is ready.

        :raises UserError: it is not
        """
        self.ensure_one()
        self.check_access("read")
        if not self.attachment_id:
            raise UserError(self.env._("This dossier is not ready yet."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    # ------------------------------------------------------------------ start

    @api.model
    def _start(self, mission):
        """Return the run that makes one mission's dossier as it is now, begun if there is none."""
        self.env["field.evidence"]._seal_pending()
        dossier = mission.sudo().evidence_dossier_id
        if not dossier:
            raise UserError(self.env._("Nothing of %s is sealed yet.", mission.display_name))
        run = self.sudo().search(
            [
                ("mission_id", "=", mission.id),
                ("state", "!=", "failed"),
                ("head_hash", "=", dossier.head_hash),
            ],
            limit=1,
        )
        if not run:
            values = {"mission_id": mission.id, "user_id": self.env.uid}
            run = self.sudo().create([{**values, **self._prepare_plan(mission.sudo())}])
            self.env.ref(CRON).sudo()._trigger()
        return run.with_env(self.env)

    @api.model
    def _prepare_plan(self, mission):
        """Return what a run that begins now makes."""
        dossier = mission.evidence_dossier_id
        photos = len(mission._get_dossier_photos())
        parts = 1 + -(-photos // PHOTOS_PER_PART) + -(-dossier.count // LINES_PER_PART)
        return {
            "count": dossier.count,
            "head_hash": dossier.head_hash,
            "photo_count": photos,
            "part_count": parts,
            "part_done": 0,
            "attempts": 0,
        }

    # ------------------------------------------------------------------ in the background

    @api.model
    def _cron_print(self):
        """Make the dossiers that were asked for, part by part."""
        cron = self.env["ir.cron"]
        while run := self.search([("state", "=", "running")], order="id", limit=1):
            left = self.search_count([("state", "=", "running")])
            for step in run._make():
                if not cron._commit_progress(step, remaining=left):
                    return

    def _make(self):
        """Make one run's missing parts, then the file; yield after each step, to be committed."""
        self.ensure_one()
        while self.state == "running":
            if self.head_hash != self.mission_id.evidence_head:
                # Something was sealed meanwhile: no page may say otherwise than the others.
                self._get_parts().unlink()
                self.write(self._prepare_plan(self.mission_id))
            if self.attempts >= MOST_ATTEMPTS:
                self._fail(self.env._("The server was stopped each time while it was being made."))
                return
            self.attempts += 1
            # So that a worker that is killed leaves a trace.
            yield 0
            self._step()
            yield 1

    def _step(self):
        try:
            with self.env.cr.savepoint():
                if self.part_done < self.part_count:
                    self._keep_part(self._render_part(self.part_done))
                else:
                    self._finish()
        except UserError as error:
            _logger.info("The dossier of %s was not printed: %s", self.mission_id.name, error)
            self._fail(str(error))

    def _get_parts(self):
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("name", "=like", "part-%"),
            ],
            order="name",
        )

    def _keep_part(self, pdf):
        self.env["ir.attachment"].create(
            {
                "name": f"part-{self.part_done:04d}",
                "raw": pdf,
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.write({"part_done": self.part_done + 1, "attempts": 0})

    def _render_part(self, number):
        """Return one part as a PDF: the summary, then photos, then the journal."""
        mission = self.mission_id.with_user(SUPERUSER_ID)
        if number == 0:
            return mission._print_dossier_part("summary", mission._get_dossier_sheet())
        photo_parts = -(-self.photo_count // PHOTOS_PER_PART)
        if number <= photo_parts:
            start = (number - 1) * PHOTOS_PER_PART
            sheet = mission._get_dossier_photo_sheet(start, PHOTOS_PER_PART)
            return mission._print_dossier_part("photos", sheet)
        start = (number - photo_parts - 1) * LINES_PER_PART
        sheet = mission._get_dossier_journal_sheet(start, LINES_PER_PART)
        return mission._print_dossier_part("journal", sheet)

    def _finish(self):
        parts = self._get_parts()
        mission = self.mission_id.with_user(SUPERUSER_ID)
        pdf = merge_pdf([part.raw for part in parts]) if len(parts) > 1 else parts.raw
        parts.unlink()
        file = self.env["ir.attachment"].create(
            {
                "name": mission._get_dossier_file_name(),
                "raw": stamp_pages(pdf, *mission._get_dossier_footer()),
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.write({"state": "done", "attachment_id": file.id, "attempts": 0})
        self._tell("success", self.env._("The dossier is ready"), self.mission_id.display_name)

    def _fail(self, reason):
        self._get_parts().unlink()
        self.write({"state": "failed", "error": reason})
        self._tell("warning", self.env._("The dossier could not be made"), reason)

    def _tell(self, kind, title, message):
        self.user_id._bus_send(
            "simple_notification", {"type": kind, "title": title, "message": message}
        )

    @api.autovacuum
    def _gc_old(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("create_date", "<", limit)], limit=500).unlink()

    def unlink(self):
        """Delete the files with the runs."""
        files = self.env["ir.attachment"].sudo()
        files.search([("res_model", "=", self._name), ("res_id", "in", self.ids)]).unlink()
        return super().unlink()


class FieldMissionPrint(models.Model):
    _inherit = "field.mission"

    def action_print_dossier(self):
        """Make one mission's dossier into a PDF in the background, or show the one that is made.

        :return: action that shows how far it is
        :raises AccessError: for anybody else than a planner
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("field_mission.group_field_planner"):
            raise AccessError(self.env._("Only the office may print a dossier."))
        run = self.env["field.dossier.print"]._start(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dossier as a PDF"),
            "res_model": run._name,
            "res_id": run.id,
            "views": [(False, "form")],
            "target": "new",
        }
