import io
import zipfile

from odoo import fields, models
from odoo.tools import html2plaintext


class FieldComplaintDossier(models.Model):
    """All that speaks in a dispute, in one file."""

    _inherit = "field.complaint"

    def action_build_dossier(self):
        """Put the complaint, its exchanges and the mission's proofs into one ZIP, and open it.

        :return: a download action
        """
        self.ensure_one()
        self.check_access("read")
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{self._get_dossier_name()}.zip",
                "raw": self._pack(self._get_dossier_files()),
                "mimetype": "application/zip",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "self",
        }

    def _get_dossier_name(self):
        return self.name.replace("/", "-")

    def _get_dossier_files(self):
        """Return the files of one complaint's dossier: ``[(name, bytes), …]`` (hook)."""
        self.ensure_one()
        files = [("complaint.txt", self._get_dossier_text().encode())]
        documents = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("mimetype", "!=", "application/zip"),
            ]
        )
        files += [
            (f"documents/{document.id}-{document.name}", document.raw or b"")
            for document in documents
        ]
        mission = self.mission_id
        if mission:
            folder = mission.name.replace("/", "-")
            files.append((f"{folder}/messages.txt", self._get_messages(mission).encode()))
            files += [
                (f"{folder}/{name}", data) for name, data in mission._build_dossier()[mission.id]
            ]
        return files

    def _get_dossier_text(self):
        """Return one complaint as a person reads it, with its exchanges."""
        names = ("name", "subject", "date_received", "origin", "category", "gravity", "partner_id",
                 "site_id", "mission_id", "description", "cause", "corrective_action", "answer",
                 "outcome", "state", "date_first_answer", "date_closed", "reopen_count")  # fmt: skip
        lines = [
            f"{self._fields[name]._description_string(self.env)}: {self._show_value(name)}"
            for name in names
        ]
        return "\n".join([*lines, "", self._get_messages(self)])

    def _show_value(self, name):
        value, field = self[name], self._fields[name]
        if field.type == "many2one":
            return value.display_name or "–"
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "–")
        if field.type == "datetime":
            return self._show_moment(value) if value else "–"
        return value if value or value == 0 and field.type == "integer" else "–"

    def _show_moment(self, moment):
        return fields.Datetime.context_timestamp(self, moment).strftime("%d/%m/%Y %H:%M %Z")

    def _get_messages(self, record):
        """Return the exchanges on one record, oldest first, as plain text."""
        messages = record.message_ids.filtered(
            lambda message: message.message_type in ("email", "comment")
        )
        return "\n\n".join(
            f"{self._show_moment(message.date)} – {message.author_id.name or message.email_from}"
            f"\n{html2plaintext(message.body or '')}".strip()
            for message in messages.sorted("id")
        )

    @staticmethod
    def _pack(files):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                archive.writestr(name, data)
        return buffer.getvalue()
