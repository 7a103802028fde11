from odoo import models

from .field_mission_report import (
    REPORT,
    STAGES,
    picture_uri,
    rows_of_three,
)

PHOTO_SIZE = (640, 480)
PART_TEMPLATE = "field_evidence.report_dossier"


class FieldMissionDossier(models.Model):
    """What the dossier as a PDF shows: a summary page, then everything that was sealed."""

    _inherit = "field.mission"

    def _print_dossier_part(self, part, sheet):
        """Return one part of one mission's dossier as a PDF.

        :param part: ``summary``, ``photos`` or ``journal``
        :param sheet: its values
        """
        html = self.env["ir.qweb"]._render(
            PART_TEMPLATE, {"part": part, "sheet": sheet}, lang=sheet["lang"]
        )
        report = self.env["ir.actions.report"].sudo()
        return report._run_wkhtmltopdf([str(html)], report_ref=REPORT)

    def _get_dossier_file_name(self):
        mission = self.with_context(lang=self._get_report_lang())
        return f"{mission.env._('Dossier')} {self.name.replace('/', '-')}.pdf"

    def _get_dossier_footer(self):
        """Return what stands at the foot of each page: ``(text, word before the number)``."""
        mission = self.sudo().with_context(lang=self._get_report_lang())
        head = mission.evidence_head or ""
        text = (
            f"{mission.company_id.name} · {mission.env._('Dossier')} {mission.name} · {head[:16]}…"
        )
        return text, mission._report_page_word()

    def _as_customer_reads(self):
        return self.sudo().with_context(lang=self._get_report_lang(), tz=self._get_tz())

    # ------------------------------------------------------------------ summary and lists

    def _get_dossier_sheet(self):
        """Return the summary page and the lists behind it, in the customer's language."""
        mission = self._as_customer_reads()
        sheet = mission._get_report_sheet(with_photos=False)
        lines, dossier = mission.evidence_ids, mission.evidence_dossier_id
        return {
            **sheet,
            "verdict": mission._get_dossier_verdict(),
            "contents": mission._get_dossier_contents(lines),
            "times": mission._get_dossier_times(),
            "presence": mission._get_dossier_presence(),
            "check": mission._get_dossier_check(),
            "dossier": {
                "uuid": dossier.uuid,
                "count": dossier.count,
                "hash": dossier.head_hash,
                "date": mission._report_moment(dossier.last_date),
            },
        }

    def _get_dossier_verdict(self):
        """Return what verification says now: ``{"verdict", "texts", "noted", "date"}``."""
        result = self._verify_evidence()[self.id]
        return {
            "verdict": result["verdict"],
            "texts": [finding["text"] for finding in result["findings"]],
            "noted": result["noted"],
            "date": self._report_moment(self.env.cr.now()),
        }

    def _get_dossier_contents(self, lines):
        """Return how many records of each kind are sealed: ``[(label, number), …]``."""
        records = {}
        for line in lines:
            records.setdefault(line.kind, set()).add((line.res_model, line.res_id, line.kind))
        labels = self.env["field.evidence"]._fields["kind"]._description_selection(self.env)
        return [(label, len(records[kind])) for kind, label in labels if kind in records]

    def _get_dossier_times(self):
        """Return the segments of time: ``[{"person", "kind", "start", "stop"}, …]``."""
        return [
            {
                "person": line.employee_id.name,
                "kind": self._report_label("kind", line),
                "start": self._report_moment(line.start),
                "stop": self._report_moment(line.stop),
            }
            for line in self.time_ids.sorted("start")
        ]

    def _get_dossier_presence(self):
        """Return whether people were on the site, never where they were."""
        positions = self.env["field.position"].sudo().search([("mission_id", "=", self.id)])
        return [
            {
                "person": position.user_id.name,
                "moment": self._report_label("moment", position),
                "when": self._report_moment(position.date),
                "on_site": position.on_site,
            }
            for position in positions.sorted("date")
        ]

    def _get_dossier_check(self):
        """Return the code that leads to the public check of what this copy prints, as a picture."""
        dossier = self.evidence_dossier_id
        return self._report_check_code(dossier._get_check_url(dossier.count, dossier.head_hash))

    # ------------------------------------------------------------------ photos

    def _get_dossier_photos(self):
        """Return the photos of one mission in the order of the work."""
        photos = self.photo_ids.filtered(lambda photo: photo.kind == "photo")
        return photos.sorted(
            lambda photo: (STAGES.index(photo.stage or False), photo.capture_date, photo.id)
        )

    def _get_dossier_photo_sheet(self, start, count):
        """Return some photos of one mission, in rows of three.

        :param start: place of the first one
        :param count: how many at most
        """
        mission = self._as_customer_reads()
        photos = mission._get_dossier_photos()
        shots = [
            mission._get_dossier_shot(place, photo)
            for place, photo in enumerate(photos[start : start + count], start=start + 1)
        ]
        return {
            "lang": mission.env.lang,
            "first": start == 0,
            "total": len(photos),
            "rows": rows_of_three(shots),
        }

    def _get_dossier_shot(self, place, photo):
        picture = picture_uri(photo.attachment_id.raw, PHOTO_SIZE)
        # One picture in memory at a time.
        photo.attachment_id.invalidate_recordset(["raw"], flush=False)
        return {
            "place": place,
            "stage": self._report_label("stage", photo),
            "image": picture,
            "received": photo.state == "received",
            "caption": photo.caption or photo.check_id.name,
            "when": self._report_moment(photo.capture_date),
            "author": photo.author_id.name,
            "sha256": photo.sha256 or photo.sha256_declared,
        }

    # ------------------------------------------------------------------ journal

    def _get_dossier_journal_sheet(self, start, count):
        """Return some lines of the journal of one mission.

        :param start: number of lines before
        :param count: how many at most
        """
        mission = self._as_customer_reads()
        lines = mission.evidence_ids.sorted("sequence")[start : start + count]
        return {
            "lang": mission.env.lang,
            "first": start == 0,
            "rows": [
                {
                    "number": line.sequence,
                    "kind": line._label("field.evidence", "kind", line.kind),
                    "summary": line.summary,
                    "author": line.author_id.name,
                    "device": mission._report_moment(line.device_date),
                    "server": mission._report_moment(line.server_date),
                    "hash": line.hash,
                }
                for line in lines
            ],
        }
