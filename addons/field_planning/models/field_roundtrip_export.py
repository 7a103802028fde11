import base64
import gzip
import io
import json
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime, split_every

from odoo.addons.field_mission.core.slots import utc_to_local

from ..exports.workbook import LONGEST_TEXT, Column, Texts, write_missions

# More missions than this are written in the background.
INLINE_ROWS = 3000
MOST_ROWS = 50_000
CHUNK = 1000
# Until when an export may come back; then file and snapshot go.
KEPT_DAYS = 120


class FieldRoundtripExport(models.Model):
    """A table of missions written out, with what it said: the first of three ways to compare."""

    _name = "field.roundtrip.export"
    _inherit = ["field.background.mixin"]
    _description = "Exported table of missions"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", string="Exported by", readonly=True, help="Nobody: made for the nightly pack."
    )
    uuid = fields.Char(string="Identity", required=True, readonly=True, copy=False)
    tz = fields.Char(string="Time zone", required=True, readonly=True)
    lang = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("waiting", "Being written"), ("ready", "To download")],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    row_count = fields.Integer(string="Missions", readonly=True)
    file = fields.Binary(attachment=True, readonly=True, copy=False)
    filename = fields.Char(readonly=True)
    mission_ids_data = fields.Json(groups=fields.NO_ACCESS, copy=False)
    snapshot = fields.Binary(attachment=True, groups=fields.NO_ACCESS, copy=False)
    run_ids = fields.One2many("field.roundtrip", "export_id", string="Came back")

    _uuid_unique = models.UniqueIndex("(uuid)", "This export already exists.")

    # ------------------------------------------------------------------ write out

    @api.model
    def _start(self, missions, at_once=False, by_system=False):
        """Write missions out: at once, or in the background where there are many.

        :param missions: ``field.mission`` in the wanted order, of one company
        :param at_once: whatever their number
        :param by_system: nobody asked for it, no person is named; needs ``at_once``
        :return: the export
        """
        if not missions:
            raise UserError(self.env._("There is no mission to export."))
        if len(missions) > MOST_ROWS:
            raise UserError(
                self.env._(
                    "%(count)s missions are too many for one file: filter them to at most"
                    " %(most)s.",
                    count=len(missions),
                    most=MOST_ROWS,
                )
            )
        if len(missions.company_id) > 1:
            raise UserError(self.env._("Export the missions of one company at a time."))
        user = self.env.user
        tz = user.tz or missions.company_id.partner_id.tz or "Europe/Paris"
        now = utc_to_local(fields.Datetime.now(), tz)
        moment = format_datetime(self.env, fields.Datetime.now(), tz, dt_format="short")
        export = self.create(
            {
                "name": self.env._("Missions of %(moment)s", moment=moment),
                "company_id": missions.company_id.id,
                "user_id": not by_system and user.id,
                "uuid": str(uuid.uuid4()),
                "tz": tz,
                "lang": self.env.lang or "en_US",
                "row_count": len(missions),
                "filename": f"missions-{now:%Y-%m-%d-%H%M}.xlsx",
            }
        )
        if at_once or len(missions) <= INLINE_ROWS:
            export._write_file(missions)
        else:
            # Kept for the cron, which runs as this user.
            export.sudo().mission_ids_data = missions.ids
            self.env.ref("field_planning.ir_cron_field_roundtrip_export").sudo()._trigger()
        return export

    def _get_result_action(self):
        """Return the action that gives the file, or says that it is being written."""
        self.ensure_one()
        if self.state == "ready":
            return {
                "type": "ir.actions.act_url",
                "url": f"/web/content/{self._name}/{self.id}/file/{self.filename}?download=true",
                "target": "download",
            }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Export started"),
                "message": self.env._(
                    "%s missions are being written. You will be told when the file is ready, under"
                    " “Exports to Excel”.",
                    self.row_count,
                ),
            },
        }

    def action_download(self):
        """Get the file of one export again.

        :return: action of the download
        """
        self.ensure_one()
        self.check_access("read")
        return self._get_result_action()

    @api.model
    def _cron_write(self):
        """Write the exports that wait, one after the other, as who asked for them."""
        waiting = self.search([("state", "=", "waiting")], order="id")
        cron = self.env["ir.cron"]
        for number, export in enumerate(waiting, start=1):
            mine = export._as_user()
            ids = export.sudo().mission_ids_data or []
            missions = mine.env["field.mission"].browse(ids).exists()._filtered_access("read")
            mine._write_file(missions)
            export.sudo().mission_ids_data = False
            mine.user_id.sudo()._bus_send(
                "simple_notification",
                {
                    "type": "success",
                    "sticky": True,
                    "title": mine.env._("The export is ready"),
                    "message": mine.env._(
                        "%s: open “Exports to Excel” to get the file.", mine.name
                    ),
                },
            )
            if not cron._commit_progress(1, remaining=len(waiting) - number):
                return

    def _as_user(self):
        """Return one export as who asked for it, in the language and time zone they had then."""
        return super()._as_user().with_context(lang=self.lang, tz=self.tz)

    @api.autovacuum
    def _gc_old(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("create_date", "<", limit)], limit=500).unlink()

    # ------------------------------------------------------------------ the file

    def _write_file(self, missions):
        self.ensure_one()
        labels = self._get_labels(missions)
        columns = self._get_columns(labels)
        snapshot = {
            "titles": {column.key: column.title for column in columns if column.kind != "key"},
            "people": {name: number for number, name in labels["people"].items()},
            "types": {name: number for number, name in labels["types"].items()},
            "rows": {},
        }
        stream = io.BytesIO()
        write_missions(
            stream,
            columns,
            self._get_rows(missions, columns, labels, snapshot["rows"]),
            {"export": self.uuid, "format": "1", "tz": self.tz, "lang": self.lang},
            self._get_texts(len(missions)),
            len(missions),
        )
        packed = gzip.compress(json.dumps(snapshot).encode(), 6)
        # The snapshot is what a file is judged by: nobody edits it.
        self.sudo().write(
            {
                "file": base64.b64encode(stream.getvalue()),
                "snapshot": base64.b64encode(packed),
                "state": "ready",
                "row_count": len(snapshot["rows"]),
            }
        )

    def _get_snapshot(self):
        """Return what the file said, as written by :meth:`_write_file`."""
        self.ensure_one()
        data = base64.b64decode(self.sudo().with_context(bin_size=False).snapshot or b"")
        if not data:
            raise UserError(self.env._("This export is no longer kept. Export again."))
        return json.loads(gzip.decompress(data))

    def _get_labels(self, missions):
        """Return ``{"people": {id: name}, "types": {id: name}}``, each name once."""
        own = Domain("company_id", "in", [False, self.company_id.id])
        people = self.env["hr.employee"].search_fetch(
            own & Domain("is_field_technician", "=", True), ["name"], order="name, id"
        )
        # Also who has left and still stands on a mission.
        people |= missions.technician_id.sudo() | missions.helper_ids.sudo()
        types = self.env["field.service.type"].search_fetch(own, ["name"], order="name, id")
        types |= missions.service_type_id
        return {"people": _unique_names(people.sudo()), "types": _unique_names(types)}

    def _get_columns(self, labels):
        """Return the columns of the file (hook: add columns that are not editable)."""
        people = [name for name in labels["people"].values() if name]
        return [
            Column("ref", self.env._("Reference"), width=15),
            Column("day", self.env._("Day"), "date", 12, True),
            Column("start", self.env._("Start"), "time", 9, True),
            Column("end", self.env._("End"), "time", 9, True),
            Column("duration", self.env._("Duration (h)"), "hours", 12, True),
            Column("technician", self.env._("Technician"), "list", 22, True, people, strict=False),
            Column("helpers", self.env._("Helpers"), "text", 22, True),
            Column("site", self.env._("Site"), width=28),
            Column("address", self.env._("Address"), width=36),
            Column("customer", self.env._("Customer"), width=24),
            Column(
                "type", self.env._("Service type"), "list", 22, True, list(labels["types"].values())
            ),
            Column("promise", self.env._("Promised slot"), width=22),
            Column("state", self.env._("Status"), width=14),
            Column("description", self.env._("Work asked for"), "long", 40, True),
            Column("instructions", self.env._("Instructions"), "long", 40, True),
            Column("id", "#id", "key", 8),
            Column("version", "#version", "key", 8),
            Column("export", "#export", "key", 8),
        ]

    def _get_texts(self, count):
        return Texts(
            sheet=self.env._("Missions"),
            title=self.env._(
                "Missions: %(count)s, hours in the time zone %(tz)s", count=count, tz=self.tz
            ),
            hint=self.env._(
                "Change what stands under a dark title and give the file back under “Take an edited"
                " export back”: you see every change before it counts. Rows can be sorted and"
                " filtered; keep the reference of each mission."
            ),
            locked=self.env._(
                "This column is how a row finds its mission again. Leave it as it is."
            ),
            bad_choice=self.env._("Choose from the list."),
            bad_time=self.env._("Type a time of the day, such as 14:30."),
            bad_hours=self.env._("Type hours, such as 1.5."),
            lists=self.env._("Lists"),
        )

    def _get_rows(self, missions, columns, labels, snapshot):
        """Yield the rows chunk by chunk and note in ``snapshot`` what they say."""
        for ids in split_every(CHUNK, missions.ids):
            chunk = missions.browse(ids)
            for mission in chunk:
                values = mission._get_roundtrip_values(self.tz)
                snapshot[mission.id] = {
                    "ref": mission.name,
                    "version": mission.plan_version,
                    "values": values,
                }
                cells = mission._get_roundtrip_cells(values, labels)
                cells.update(
                    id=str(mission.id), version=str(mission.plan_version), export=self.uuid
                )
                yield [cells.get(column.key) for column in columns]
            chunk.invalidate_recordset()


def _unique_names(records):
    """Return ``{id: name}`` in which no name stands twice."""
    names, taken = {}, set()
    for record in records:
        name = " ".join((record.name or "").split()) or f"#{record.id}"
        if name.lower() in taken:
            name = f"{name} (#{record.id})"
        taken.add(name.lower())
        names[record.id] = name
    return names


class FieldMissionRoundtrip(models.Model):
    _inherit = "field.mission"

    def action_export_xlsx(self):
        """Export these missions to a spreadsheet that can be edited and taken back.

        :return: action of the download
        """
        self.browse().check_access("write")
        self.check_access("read")
        return self.env["field.roundtrip.export"]._start(self)._get_result_action()

    @api.model
    def action_export_xlsx_domain(self, domain):
        """Export all missions of a search to a spreadsheet, in the list's order.

        :param domain: domain of the screen
        :return: action of the download
        """
        self.browse().check_access("write")
        if not isinstance(domain, (list, tuple)):
            raise UserError(self.env._("The filter of the missions is not understood."))
        missions = self.search(Domain(list(domain)), limit=MOST_ROWS + 1)
        return missions.action_export_xlsx()

    def _get_roundtrip_values(self, tz):
        """Return what the editable cells of one mission say, as plain values.

        :param tz: time zone of the file
        """
        self.ensure_one()
        start = self.planned_start and utc_to_local(self.planned_start, tz)
        minutes = round(self.planned_duration * 60)
        day = start.date() if start else self.mission_date
        return {
            "day": day.isoformat() if day else "",
            "start": f"{start:%H:%M}" if start else "",
            "end": f"{start + timedelta(minutes=minutes):%H:%M}" if start else "",
            "duration": minutes,
            "technician": self.technician_id.id or 0,
            "helpers": sorted(self.helper_ids.ids),
            "type": self.service_type_id.id,
            "description": _cut(self.description),
            "instructions": _cut(self.instructions),
        }

    def _get_roundtrip_cells(self, values, labels):
        """Return the cells of one row by column key (hook).

        :param values: from :meth:`_get_roundtrip_values`
        :param labels: ``{"people": {id: name}, "types": {id: name}}``
        """
        self.ensure_one()
        clock = {
            key: fields.Datetime.to_datetime(f"2000-01-01 {values[key]}:00").time()
            for key in ("start", "end")
            if values[key]
        }
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            **values,
            **{"start": None, "end": None, **clock},
            "ref": self.name,
            "day": fields.Date.to_date(values["day"]) if values["day"] else None,
            "duration": values["duration"] / 60,
            "technician": labels["people"].get(values["technician"], ""),
            "helpers": " + ".join(labels["people"][number] for number in values["helpers"]),
            "type": labels["types"][values["type"]],
            "site": self.site_id.name,
            "address": self.site_address,
            "customer": self.partner_id.name,
            "promise": self.promised_label,
            "state": states[self.state],
        }


def _cut(text):
    return (text or "")[:LONGEST_TEXT]
