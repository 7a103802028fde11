import base64
import io
import logging
from datetime import timedelta

import qrcode

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime
from odoo.tools.image import image_process

from .. import seal

_logger = logging.getLogger(__name__)

REPORT = "field_evidence.action_report_intervention"
REPORTS_PER_RUN = 20
# More than this are not made while somebody waits for a page or an invoice.
REPORTS_AT_ONCE = 3
# Beyond this, what the device said and when the server learned it are both printed.
NOTABLE_DELAY = timedelta(minutes=5)
PHOTO_SIZE = (640, 480)
STAGES = ("before", "during", "after", False)


class FieldMissionReport(models.Model):
    """The service report (bon d'intervention): its content, its PDF, where it is kept."""

    _inherit = "field.mission"

    report_attachment_id = fields.Many2one(
        "ir.attachment", compute="_compute_report_attachment_id", string="Service report"
    )

    def _compute_report_attachment_id(self):
        reports = self.sudo()._get_last_reports()
        for mission in self:
            line = reports.get(mission.id)
            mission.report_attachment_id = line.res_id if line else False

    # ------------------------------------------------------------------ kept reports

    def _get_last_reports(self):
        """Return the journal's line of each mission's last report.

        :return: ``{mission_id: field.evidence}``
        """
        lines = (
            self.env["field.evidence"]
            .sudo()
            .search([("mission_id", "in", self.ids), ("kind", "=", "report")], order="sequence")
        )
        return {line.mission_id.id: line for line in lines}

    def _get_current_reports(self):
        """Return the final reports that still say what the dossiers say.

        :return: ``{mission_id: ir.attachment}``; missions whose report is not final, or not made
            yet, are not in it
        """
        found = {}
        for mission_id, line in self._get_last_reports().items():
            mission = self.browse(mission_id).sudo()
            data = line._get_item().get("data") or {}
            attachment = self.env["ir.attachment"].sudo().browse(line.res_id).exists()
            if attachment and mission._is_report_final():
                if data.get("closing") == mission.evidence_closed_count:
                    found[mission_id] = attachment
        return found

    def _is_report_final(self):
        """Whether one mission is done, its dossier closed, and no file awaited any more."""
        self.ensure_one()
        complete = self.evidence_missing_accepted or not self.evidence_missing_count
        return bool(self.state == "done" and self.evidence_closed_count and complete)

    def _get_report_attachment(self):
        """Return the final report of one mission, making it if it is not there yet.

        :return: ``ir.attachment``, empty while the mission is not done or a file is awaited
        """
        self.ensure_one()
        self.check_access("read")
        self.env["field.evidence"]._seal_pending()
        if not self.sudo()._is_report_final():
            return self.env["ir.attachment"]
        return self._get_current_reports().get(self.id) or self.sudo()._make_report()

    def _make_report(self):
        """Make, keep and seal the final report of one mission.

        :return: ``ir.attachment``
        :raises UserError: when no PDF can be made
        """
        self.ensure_one()
        # The application makes it, whoever was the first to ask for it.
        mission = self.with_user(SUPERUSER_ID).with_context(lang=self._get_report_lang())
        version = 1 + mission.env["field.evidence"].search_count(
            [("mission_id", "=", self.id), ("kind", "=", "report")]
        )
        closing = mission.evidence_closed_count
        mark = {"count": closing, "head": mission.evidence_closed_hash}
        pdf = (
            mission.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(REPORT, mission.ids)[0]
        )
        name = mission._get_report_file_name(version)
        attachment = mission.env["ir.attachment"].create(
            {
                "name": name,
                "raw": pdf,
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": self.id,
                # The head as printed, noted outside of the journal: verification compares.
                "description": seal.canonical(mark),
            }
        )
        mission._seal_note(
            "report",
            {"name": name, "version": version, "closing": closing, "head": mark["head"]},
            record=attachment,
            digest=(seal.bytes_digest(pdf), len(pdf)),
        )
        mission.evidence_dossier_id._set_due("report_due", False)
        return attachment.with_env(self.env)

    def _get_report_file_name(self, version):
        title = self._report_title()
        suffix = f" v{version}" if version > 1 else ""
        return f"{title} {self.name.replace('/', '-')}{suffix}.pdf"

    def _get_report_heads(self):
        """Return the heads that the kept reports print.

        :return: ``{mission_id: [seal.Head, …]}``
        """
        heads = {mission.id: [] for mission in self}
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("description", "=like", '{"count":%,"head":%'),
                ]
            )
        )
        for attachment in attachments:
            try:
                mark = seal.parse(attachment.description)
                head = seal.Head(
                    int(mark["count"]), str(mark["head"]), attachment.name, outside=True
                )
            except (seal.SealError, KeyError, TypeError, ValueError):
                continue
            heads[attachment.res_id].append(head)
        return heads

    @api.model
    def _cron_make_reports(self):
        """Do what closed dossiers wait for, a few a run: tell who signed, make the final report."""
        dossiers = self.env["field.evidence.dossier"]
        self.env["field.evidence.notice"]._send_due()
        cron = self.env["ir.cron"]
        domain = [("report_due", "=", True)]
        due = dossiers.search(domain, limit=REPORTS_PER_RUN)
        remaining = dossiers.search_count(domain)
        for dossier in due:
            mission = dossier.mission_id.with_company(dossier.company_id)
            try:
                with self.env.cr.savepoint():
                    if mission._is_report_final() and not mission._get_current_reports():
                        mission._make_report()
                    dossier._set_due("report_due", False)
            except UserError as error:
                _logger.info("The report of %s was not made: %s", mission.name, error)
                dossier._set_due("report_due", False)
                mission._tell_report_problem(str(error))
            remaining -= 1
            if not cron._commit_progress(1, remaining=remaining):
                break

    def _tell_report_problem(self, reason):
        user = self.company_id._get_field_office_user()
        if user:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.env._("The service report could not be made"),
                note=reason,
            )

    def action_open_report(self):
        """Open one mission's report: the final one where there is one, else as it stands now."""
        self.ensure_one()
        attachment = self._get_report_attachment()
        if attachment:
            return {
                "type": "ir.actions.act_url",
                "url": f"/web/content/{attachment.id}?download=false",
                "target": "new",
            }
        return self.env.ref(REPORT).report_action(self)

    # ------------------------------------------------------------------ hooks of field_mission

    def _get_proof_links(self):
        """Add the final report of each mission.

        The reports of a few missions are made now where they are due; those of many are left to
        the cron, which is woken. A report that can't be made stops nobody: it is not in the list.
        """
        links = super()._get_proof_links()
        self.check_access("read")
        self.env["field.evidence"]._seal_pending()
        for mission_id, attachment in self._get_reports_for_links().items():
            links[mission_id].append(
                {
                    "name": attachment.name,
                    "attachment_id": attachment.id,
                    "url": f"/web/content/{attachment.id}",
                }
            )
        return links

    def _get_reports_for_links(self):
        reports = self._get_current_reports()
        due = self.sudo().filtered(
            lambda mission: mission.id not in reports and mission._is_report_final()
        )
        if len(due) > REPORTS_AT_ONCE:
            due.evidence_dossier_id._set_due("report_due", True)
            self.env.ref("field_evidence.ir_cron_make_reports").sudo()._trigger()
            return reports
        for mission in due:
            try:
                with self.env.cr.savepoint():
                    reports[mission.id] = mission._make_report()
            except UserError as error:
                _logger.info("The report of %s was not made: %s", mission.name, error)
        return reports

    def _build_dossier(self):
        """Add the journal, the files it names, the report and their SHA-256 sums.

        The sums are in the form of ``sha256sum``; the journal is the one of ``docs/evidence.md``.
        """
        dossiers = super()._build_dossier()
        self.env["field.evidence"]._seal_pending()
        for mission in self.sudo():
            lines = mission.evidence_ids.sorted("sequence")
            if not lines:
                continue
            files = [
                ("journal.jsonl", seal.dump_journal(lines._to_entries())),
                ("head.json", mission._get_head_file()),
                ("LISEZMOI.txt", mission._get_readme()),
                *lines._get_files(),
                *mission.evidence_dossier_id.timestamp_ids._get_files(),
            ]
            sums = "".join(f"{seal.bytes_digest(data)}  {name}\n" for name, data in files)
            dossiers[mission.id] += [*files, ("SHA256SUMS", sums.encode())]
        return dossiers

    def action_download_dossier(self):
        """Download one mission's dossier as a ZIP file (planners)."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": f"/field/dossier/{self.id}", "target": "self"}

    def _get_readme(self):
        """Return how the dossier is verified without Odoo, in the customer's language."""
        mission = self.with_context(lang=self._get_report_lang())
        dossier = mission.evidence_dossier_id
        text = mission.env._(
            "Sealed dossier of %(mission)s\n\n"
            "1. The files are whole: in this folder, run\n"
            "       sha256sum -c SHA256SUMS\n"
            "   (Windows: certutil -hashfile NAME SHA256). Each line must say OK.\n"
            "2. The journal is whole: journal.jsonl holds one sealed item a line. Each line's hash\n"
            "   depends on the item and on the line before; the last one is the head in head.json.\n"
            "   Compare it with the code printed on your report.\n"
            "3. On line: %(url)s\n"
            "4. Where there is a timestamp-N.tsr, an authority confirms when the head N existed:\n"
            "       openssl ts -verify -digest HEAD -in timestamp-N.tsr -CAfile ROOTS.pem\n"
            "   HEAD is the hash of line N; ROOTS.pem holds the authority's own certificates.\n\n"
            "The specification (docs/evidence.md) says exactly how each hash is made, so that anybody\n"
            "can write a program that verifies this folder.",
            mission=mission.name,
            url=dossier._get_check_url(
                dossier.closed_count or dossier.count, dossier.closed_hash or dossier.head_hash
            ),
        )
        return f"{text}\n".encode()

    def _get_head_file(self):
        dossier = self.evidence_dossier_id
        head = {
            "v": seal.VERSION,
            "chain": dossier.uuid,
            "mission": self.name,
            "count": dossier.count,
            "head": dossier.head_hash,
            "closed_count": dossier.closed_count or None,
            "closed_head": dossier.closed_hash or None,
        }
        return seal.canonical(head).encode() + b"\n"

    # ------------------------------------------------------------------ content of the report

    def _get_report_lang(self):
        """Return the language of one mission's customer."""
        self.ensure_one()
        mission = self.sudo()
        return mission.partner_id.lang or mission.company_id.partner_id.lang or self.env.lang

    def _get_report_footer(self):
        """Return what stands at the foot of each page: ``(text, word before the number)``."""
        self.ensure_one()
        mission = self.sudo().with_context(lang=self._get_report_lang())
        parts = [mission.company_id.name, f"{mission._report_title()} {mission.name}"]
        head = mission.evidence_closed_hash if mission._is_report_final() else ""
        if head:
            parts.append(f"{head[:16]}…")
        return " · ".join(parts), mission._report_page_word()

    def _report_title(self):
        return self.env._("Service report")

    def _report_page_word(self):
        return self.env._("Page")

    def _get_report_sheet(self, with_photos=True):
        """Return everything that the report of one mission shows, in its customer's language.

        :param with_photos: whether its pictures are read and made small
        """
        self.ensure_one()
        mission = self.sudo().with_context(lang=self._get_report_lang(), tz=self._get_tz())
        return {
            "lang": mission.env.lang,
            "mission": mission,
            "company": mission.company_id,
            "identity": mission.company_id._get_report_identity(),
            "logo": _data_uri(mission.company_id._get_report_logo(), (360, 160)),
            "color": mission.company_id.primary_color or "#1f4e79",
            "final": mission._is_report_final(),
            "state": mission._report_label("state"),
            "customer": mission._report_address(mission.partner_id),
            "site": mission._report_address(mission.site_id),
            "facts": mission._report_facts(),
            "people": mission._report_people(),
            "sections": mission._report_checks(),
            "materials": mission._report_materials(),
            "findings": mission._report_findings(),
            "photos": mission._report_photos() if with_photos else [],
            "documents": mission._report_documents(),
            "signatures": [
                mission._report_signature(signature)
                for signature in mission.signature_ids.sorted("date")
            ],
            "prices": mission._report_prices(),
            "mention": mission.company_id.field_report_mention,
            "seal": mission._report_seal(),
        }

    def _report_label(self, name, record=None):
        """Return the label of a selection's value."""
        record = record if record is not None else self
        field = record._fields[name]
        return dict(field._description_selection(self.env)).get(record[name], "")

    def _report_moment(self, moment):
        """Return an instant as one says it at the site, in the customer's language."""
        if not moment:
            return ""
        text = format_datetime(self.env, moment, tz=self._get_tz(), dt_format="short")
        return text.replace("\u202f", " ")

    def _report_hour(self, moment):
        if not moment:
            return ""
        local = fields.Datetime.context_timestamp(self, moment)
        return f"{local:%H:%M}"

    def _report_address(self, partner):
        town = " ".join(filter(None, [partner.zip, partner.city]))
        lines = [partner.street, partner.street2, town]
        if partner.country_id and partner.country_id != self.company_id.country_id:
            lines.append(partner.country_id.name)
        code = partner.site_code if partner == self.site_id else False
        return {
            "name": partner.display_name if partner == self.site_id else partner.name,
            "lines": [line for line in lines if line],
            "code": code,
        }

    def _report_facts(self):
        """Return the report's facts in rows of three: ``[[(label, value, note), …], …]``."""
        asked = [
            (self.env._("Request"), self.request_id.name, self._report_moment(self.date_received)),
            (self.env._("Service"), self.service_type_id.name, ""),
        ]
        if self.customer_reference:
            asked.append((self.env._("Your reference"), self.customer_reference, ""))
        if self.contract_id:
            asked.append((self.env._("Contract"), self.contract_id.display_name, ""))
        visit = []
        if self.promised_label:
            visit.append((self.env._("Promised slot"), self.promised_label, ""))
        visit += [
            (label, self._report_moment(moment), self._report_delay(moment, known))
            for label, moment, known in (
                (self.env._("Arrival"), self.actual_start, self.actual_start_server),
                (self.env._("End"), self.actual_end, self.actual_end_server),
            )
            if moment
        ]
        if self.state in ("to_reschedule", "cancelled"):
            visit.append((self.env._("Why"), self.reschedule_reason or self.cancel_reason, ""))
        return [row for facts in (asked, visit) for row in rows_of_three(facts)]

    def _report_delay(self, device, server):
        """Return a note where the server learned of a time notably later than it was."""
        if not server or abs(server - device) <= NOTABLE_DELAY:
            return ""
        return self.env._("received on %s", self._report_moment(server))

    def _report_people(self):
        """Return who came: ``[{"name", "role", "travel", "on_site"}, …]``."""
        hours = {}
        for line in self.time_ids:
            kinds = hours.setdefault(line.employee_id, {})
            kinds[line.kind] = kinds.get(line.kind, 0) + line.duration
        people = (self.technician_id | self.helper_ids) | self.time_ids.employee_id
        return [
            {
                "name": person.name,
                "role": self.env._("Responsible")
                if person == self.technician_id
                else self.env._("Helper"),
                "travel": hours_text(hours.get(person, {}).get("travel", 0)),
                "on_site": hours_text(hours.get(person, {}).get("on_site", 0)),
            }
            for person in people
        ]

    def _report_checks(self):
        """Return the answered checks by section: ``[{"name", "rows"}, …]``."""
        sections = [{"name": "", "rows": []}]
        asked = self.check_ids - self._get_hidden_checks()
        for check in asked.sorted(lambda check: (check.sequence, check.id)):
            if check.kind == "section":
                sections.append({"name": check.name, "rows": []})
                continue
            answer = check.current_answer_id
            sections[-1]["rows"].append(
                {
                    "name": check.name,
                    "value": self._report_answer(check),
                    "bounds": self._report_bounds(check),
                    "result": check.result,
                    "label": self.env._("Not checked")
                    if check.result == "todo" and self.state == "done"
                    else self._report_label("result", check),
                    "note": answer.note,
                }
            )
        return [section for section in sections if section["rows"]]

    def _report_answer(self, check):
        """Return an answer; a measure with the customer's decimal sign and all its digits."""
        answer = check.current_answer_id
        if check.kind != "number" or not answer or answer.value_yesno == "na":
            return check.display_value
        return self._report_quantity(answer.value_number, check.uom_name)

    def _report_bounds(self, check):
        low = self._report_quantity(check.min_value) if check.has_min else ""
        high = self._report_quantity(check.max_value, check.uom_name) if check.has_max else ""
        if low and high:
            return f"{low} – {high}"
        if low:
            return f"≥ {self._report_quantity(check.min_value, check.uom_name)}"
        return f"≤ {high}" if high else ""

    def _report_quantity(self, value, unit=None):
        point = self.env["res.lang"]._get_data(code=self.env.lang).decimal_point or "."
        return " ".join(filter(None, [seal.decimal_text(value).replace(".", point), unit]))

    def _report_materials(self):
        return [
            {
                "name": line.product_id.display_name or line.description,
                "note": line.description if line.product_id else "",
                "quantity": self._report_quantity(line.quantity, line.uom_id.name),
                "lot": line.lot_id.name,
                "billing": self._report_label("billing", line),
                "is_return": line.is_return,
            }
            for line in self.material_ids
            if line.quantity
        ]

    def _report_findings(self):
        """Return incidents and non-conformities: ``[{"what", "kind", "text"}, …]``."""
        findings = [
            {
                "what": self.env._("Incident"),
                "kind": self._report_label("kind", incident),
                "text": incident.description,
                "when": self._report_moment(incident.date),
            }
            for incident in self.incident_ids.sorted("date")
        ]
        findings += [
            {
                "what": self.env._("Non-conformity"),
                "kind": self._report_label("gravity", record),
                "text": record.description,
                "when": record.name,
            }
            for record in self.nonconformity_ids.sorted("id")
        ]
        return findings

    def _report_photos(self):
        """Return the photos by stage: ``[{"name", "rows": rows of three}, …]``."""
        labels = dict(self.env["field.photo"]._fields["stage"]._description_selection(self.env))
        photos = self.photo_ids.filtered(lambda photo: photo.kind == "photo")
        groups = []
        for stage in STAGES:
            shots = [
                {
                    "image": _data_uri(photo.attachment_id.datas, PHOTO_SIZE, "JPEG"),
                    "caption": photo.caption or photo.check_id.name,
                    "when": self._report_moment(photo.capture_date),
                    "author": photo.author_id.name,
                    "received": photo.state == "received",
                }
                for photo in photos
                if (photo.stage or False) == stage
            ]
            if shots:
                name = labels.get(stage, self.env._("Photos"))
                groups.append({"name": name, "rows": rows_of_three(shots)})
        return groups

    def _report_documents(self):
        return [
            {"name": photo.caption or photo.uuid, "sha256": photo.sha256}
            for photo in self.photo_ids
            if photo.kind == "document"
        ]

    def _report_signature(self, signature):
        drawing = signature.drawing_id
        return {
            "kind": signature.kind,
            "title": self._report_label("kind", signature),
            "name": signature.name,
            "quality": signature.quality,
            "refusal": signature.refusal_reason,
            "reserves": signature.reserves,
            "when": self._report_moment(signature.date),
            "delay": self._report_delay(signature.date, signature.date_server),
            "image": _data_uri(drawing.attachment_id.datas, (600, 240), "PNG"),
            "awaited": bool(drawing) and drawing.state != "received",
            "texts": signature.texts if isinstance(signature.texts, list) else [],
            "sha256": signature.texts_sha256,
        }

    def _report_prices(self):
        """Return the prices that the customer may read: ``{"lines", "total", "currency"}``."""
        lines = self._get_price_lines()[self.id]
        return lines and {
            "lines": [
                {**line, "quantity": self._report_quantity(line["quantity"], line["uom"])}
                for line in lines
            ],
            "total": sum(line["subtotal"] for line in lines),
            "currency": lines[0]["currency"],
        }

    def _report_seal(self):
        final = self._is_report_final()
        dossier = self.evidence_dossier_id
        return {
            "uuid": dossier.uuid,
            "count": dossier.closed_count if final else dossier.count,
            "hash": dossier.closed_hash if final else dossier.head_hash,
            "date": self._report_moment(dossier.closed_date if final else dossier.last_date),
            "missing": dossier.missing_count,
            "check": final
            and self._report_check_code(
                dossier._get_check_url(dossier.closed_count, dossier.closed_hash)
            ),
            "stamped": final and self._report_stamp(),
        }

    def _report_stamp(self):
        """Return when and by whom the closing was time-stamped, in words, or False."""
        # Whoever may read the report may read this of it.
        dossier = self.sudo().evidence_dossier_id
        stamp = dossier.timestamp_ids.filtered(
            lambda one: one.state == "stamped" and one.count == dossier.closed_count
        )[:1]
        if not stamp:
            return False
        return ", ".join(filter(None, [self._report_moment(stamp.date), stamp.authority]))

    def _report_check_code(self, url):
        """Return the code that leads to a public check, as a picture.

        :param url: the address
        """
        code = qrcode.QRCode(border=0, box_size=4, error_correction=qrcode.ERROR_CORRECT_M)
        code.add_data(url)
        picture = io.BytesIO()
        code.make_image().save(picture, "PNG")
        return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"


def hours_text(hours):
    """Return hours as people write them: ``1 h 30``; empty for none."""
    minutes = round(hours * 60)
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes else ""


def rows_of_three(cells):
    return [cells[index : index + 3] for index in range(0, len(cells), 3)]


def _data_uri(encoded, size, output_format=""):
    """Return a picture in base64 to be put into a page, see :func:`picture_uri`."""
    return picture_uri(base64.b64decode(encoded), size, output_format) if encoded else ""


def picture_uri(data, size, output_format="JPEG"):
    """Return a picture, made small and without its metadata, to be put into a page.

    :param data: its bytes, or False
    :param size: largest width and height
    :param output_format: JPEG or PNG (empty: as it is)
    :return: text, empty where there is no picture that can be read
    """
    if not data:
        return ""
    try:
        small = image_process(data, size=size, quality=82, output_format=output_format)
    except (UserError, ValueError):
        return ""
    kind = "png" if small[:4] == b"\x89PNG" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(small).decode()}"
