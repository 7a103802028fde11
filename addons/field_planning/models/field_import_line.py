from odoo import api, fields, models
from odoo.exceptions import UserError

from ..spreadsheet import issues as say
from ..spreadsheet.directory import bare_company
from ..spreadsheet.issues import Issue
from ..spreadsheet.planning import READY, new_site_key, status_of
from .import_text import field_labels, sentence

# A plain object can't be sent over RPC: only this addon's own code holds it.
INNER_KEY = "field_import_inner"
INNER_TOKEN = object()
# What a planner may correct, and the field of the file it is about.
CORRECTED = {
    "date": "date",
    "promised_kind": "time",
    "promised_time": "time",
    "promised_until": "time",
    "duration": "duration",
    "technician_id": "technician",
    "technician_text": "technician",
    "helper_ids": "helper",
    "service_type_id": "type",
    "partner_id": "customer",
    "customer_text": "customer",
    "site_id": "site",
    "site_name": "site",
    "street": "address",
    "zip": "postcode",
    "insee": "postcode",
    "city": "city",
    "phone": "phone",
    "contact": "contact",
    "priority": "priority",
    "remark": "remark",
    "reference": "reference",
    "latitude": "latitude",
    "longitude": "latitude",
    "site_code": "site_code",
    "start_hour": "start",
    "end_hour": "start",
    "skills": "skills",
}
STATUSES = [
    ("bad_date", "Date to correct"),
    ("unknown_technician", "Unknown technician"),
    ("bad_time", "Time to correct"),
    ("bad_duration", "Duration to correct"),
    ("unknown_type", "Unknown service type"),
    ("unknown_customer", "Customer to choose"),
    ("unknown_site", "Site to choose"),
    ("unnamed", "Without a name"),
    ("failed", "Failed"),
    ("ok", "Ready"),
    ("unassigned", "Ready, unassigned"),
    ("cancelled", "Cancelled in the file"),
    ("duplicate", "Twice in the file"),
    ("imported", "Imported before"),
    ("hidden", "Hidden in the file"),
    ("ignored", "Left out by you"),
    ("done", "Imported"),
]


class FieldImportLine(models.Model):
    """One line of a file: what it says, what would happen with it, what became of it."""

    _name = "field.import.line"
    _description = "Line of an imported file"
    _order = "import_id, sequence, id"
    _check_company_auto = True

    import_id = fields.Many2one("field.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    kind = fields.Selection(related="import_id.kind")
    sequence = fields.Integer(readonly=True)
    sheet = fields.Char(readonly=True)
    row_number = fields.Integer(
        string="Line", readonly=True, aggregator=None, help="Line of the sheet."
    )
    raw = fields.Json(readonly=True, help="What the cells hold, by meaning.")
    raw_text = fields.Text(compute="_compute_raw_text", string="As typed")

    status = fields.Selection(STATUSES, required=True, default="ok", readonly=True, index=True)
    issues = fields.Json(readonly=True)
    message = fields.Text(compute="_compute_message", string="What to know")
    reason = fields.Char(
        compute="_compute_message", help="What stops the line, else what to look at."
    )
    action = fields.Selection(
        [
            ("create", "Mission"),
            ("create_site", "New site, mission"),
            ("create_customer", "New customer, site, mission"),
            ("create_record", "New"),
            ("complete", "Completed"),
            ("fix", "Nothing before it is corrected"),
            ("skip", "Nothing"),
            ("done", "Imported"),
        ],
        compute="_compute_action",
        store=True,
        string="What happens",
    )
    confirmed = fields.Boolean(
        readonly=True, help="The planner wants it although the file says otherwise."
    )

    date = fields.Date()
    promised_kind = fields.Selection(
        [
            ("day", "That day"),
            ("morning", "Morning"),
            ("afternoon", "Afternoon"),
            ("exact", "At a time"),
            ("window", "Between two times"),
        ],
        string="Promise",
        default="day",
    )
    promised_time = fields.Float(string="Time", aggregator=None, help="Local time of the site.")
    promised_until = fields.Float(string="Until", aggregator=None)
    duration = fields.Float(help="Hours on site. Empty = the service type's default.")
    technician_text = fields.Char(
        string="Technician as typed", help="Empty it to leave the visit unassigned."
    )
    technician_id = fields.Many2one(
        "hr.employee",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
    )
    helper_ids = fields.Many2many(
        "hr.employee",
        check_company=True,
        domain="[('is_field_technician', '=', True)]",
        string="Helpers",
    )
    customer_text = fields.Char(string="Customer as typed")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        check_company=True,
        domain="[('is_field_site', '=', False)]",
        help="Empty = created under the name as typed.",
    )
    site_name = fields.Char(string="Site as typed")
    site_code = fields.Char()
    site_id = fields.Many2one(
        "res.partner",
        check_company=True,
        domain="[('is_field_site', '=', True)]",
        help="Empty = created under the name as typed.",
    )
    site_address = fields.Char(compute="_compute_site_address", string="Address")
    street = fields.Char()
    zip = fields.Char(string="Postcode")
    insee = fields.Char(string="INSEE code")
    city = fields.Char()
    latitude = fields.Float(digits=(10, 7), aggregator=None)
    longitude = fields.Float(digits=(10, 7), aggregator=None)
    type_text = fields.Char(string="Service type as typed", readonly=True)
    service_type_id = fields.Many2one(
        "field.service.type", check_company=True, string="Service type"
    )
    phone = fields.Char()
    contact = fields.Char()
    priority = fields.Selection(
        [("0", "Normal"), ("1", "High"), ("2", "Very high"), ("3", "Urgent")], default="0"
    )
    remark = fields.Char()
    reference = fields.Char(string="Customer's reference")
    access = fields.Json(help="Means of access: kind, value, text.")
    twins = fields.Json(help="Sites that can't be told from the one chosen.")

    # A list of technicians
    employee_id = fields.Many2one("hr.employee", check_company=True, readonly=True)
    start_hour = fields.Float(string="Work from", aggregator=None)
    end_hour = fields.Float(string="Work to", aggregator=None)
    skills = fields.Char(help="Separated by semicolons.")
    email = fields.Char()
    team = fields.Char()

    mission_id = fields.Many2one("field.mission", readonly=True, index="btree_not_null")
    fingerprint = fields.Char(readonly=True, index="btree_not_null")
    source_key = fields.Char(readonly=True)
    customer_key = fields.Char(readonly=True)
    site_key = fields.Char(readonly=True)

    # ------------------------------------------------------------------ computed fields

    @api.depends("raw")
    @api.depends_context("lang")
    def _compute_raw_text(self):
        labels = {}
        for line in self:
            kind = line.kind or "planning"
            if kind not in labels:
                labels[kind] = field_labels(self.env, kind)
            line.raw_text = "\n".join(
                f"{labels[kind].get(key, key)}: {value}" for key, value in (line.raw or {}).items()
            )

    @api.depends("issues")
    @api.depends_context("lang")
    def _compute_message(self):
        labels = {}
        for line in self:
            kind = line.kind or "planning"
            if kind not in labels:
                labels[kind] = field_labels(self.env, kind)
            found = sorted(
                line._get_issues(),
                key=lambda issue: (say.ERROR, say.WARNING, say.INFO).index(issue.level),
            )
            told = [sentence(self.env, issue, labels[kind]) for issue in found]
            line.message = "\n".join(told)
            worst = {issue.level for issue in found if issue.level != say.INFO}
            level = say.ERROR if say.ERROR in worst else say.WARNING
            line.reason = " ".join(
                text
                for issue, text in zip(found, told, strict=True)
                if issue.level == level and (level == say.ERROR or issue.field != "postcode")
            )

    @api.depends("status", "site_id", "partner_id", "employee_id", "import_id.kind")
    def _compute_action(self):
        for line in self:
            line.action = line._get_action()

    def _get_action(self):
        if self.status == "done":
            return "done"
        if self.status not in READY:
            skipped = self.status in ("cancelled", "duplicate", "imported", "hidden", "ignored")
            return "skip" if skipped else "fix"
        if self.kind == "sites":
            return "complete" if self.site_id else "create_record"
        if self.kind == "technicians":
            return "complete" if self.employee_id else "create_record"
        if not self.partner_id and not self.site_id:
            return "create_customer"
        return "create" if self.site_id else "create_site"

    @api.depends("site_id", "street", "zip", "city")
    def _compute_site_address(self):
        for line in self:
            site = line.site_id
            parts = (
                (site.street, site.zip, site.city) if site else (line.street, line.zip, line.city)
            )
            line.site_address = ", ".join(part for part in parts if part)

    @api.depends("row_number", "sheet")
    def _compute_display_name(self):
        for line in self:
            place = f"{line.sheet} " if line.sheet else ""
            line.display_name = self.env._(
                "%(sheet)sline %(row)s", sheet=place, row=line.row_number
            )

    def _get_issues(self):
        return [Issue.from_dict(data) for data in self.issues or ()]

    # ------------------------------------------------------------------ from the file

    @api.model
    def _create_read(self, vals_list):
        """Create the lines of a reading, in the order of the file."""
        for sequence, vals in enumerate(vals_list):
            vals["sequence"] = sequence
        return self.with_context(**{INNER_KEY: INNER_TOKEN}).create(vals_list)

    @api.model
    def _prepare_values(self, run, line):
        return {
            "import_id": run.id,
            "sheet": line.sheet,
            "row_number": line.row,
            "raw": line.raw,
            "issues": [issue.as_dict() for issue in line.issues],
            "source_key": f"{run.file_sha256}:{line.sheet}:{line.row}",
        }

    @api.model
    def _prepare_planning_values(self, run, line):
        """Return the values of a line out of what was read of a planning.

        :param line: ``spreadsheet.planning.PlanningLine``
        """
        slot = line.slot
        helpers = [employee_id for _name, employee_id in line.helpers if employee_id]
        values = {
            **self._prepare_values(run, line),
            "status": line.status,
            "date": line.date,
            "promised_kind": "day" if slot.kind == "none" else slot.kind,
            "promised_time": _hours(slot.start),
            "promised_until": _hours(slot.end),
            "duration": (line.minutes or 0) / 60,
            "technician_text": line.technician,
            "technician_id": line.technician_id or False,
            "helper_ids": [fields.Command.set(helpers)] if helpers else [],
            "customer_text": line.customer,
            "partner_id": line.customer_id or False,
            "site_name": line.site or line.street,
            "site_code": line.site_code,
            "site_id": line.site_id or False,
            "twins": list(line.twins) or False,
            "street": line.street,
            "zip": line.zip,
            "insee": line.insee,
            "city": line.city,
            "type_text": line.type,
            "service_type_id": line.type_id or False,
            "phone": line.phone,
            "contact": line.contact,
            "priority": "3" if line.urgent else "0",
            "remark": line.remark,
            "reference": line.reference,
            "access": [[item.kind, item.value, item.note] for item in line.access] or False,
        }
        self._add_keys(run, values)
        return values

    @api.model
    def _prepare_site_values(self, run, line):
        """Return the values of a line out of what was read of a list of sites."""
        access = [["code", line.access, line.access]] if line.access else False
        status = {"known": "ok", "unnamed": "unnamed"}.get(line.status, line.status)
        values = {
            **self._prepare_values(run, line),
            "status": status,
            "customer_text": line.customer or line.operator,
            "partner_id": line.customer_id or False,
            "site_name": line.name,
            "site_code": line.code,
            "site_id": line.site_id or False,
            "street": line.street,
            "zip": line.zip,
            "insee": line.insee,
            "city": line.city,
            "latitude": line.latitude or 0.0,
            "longitude": line.longitude or 0.0,
            "phone": line.phone,
            "contact": line.contact,
            "remark": line.remark,
            "access": access,
        }
        self._add_keys(run, values)
        return values

    @api.model
    def _prepare_technician_values(self, run, line):
        """Return the values of a line out of what was read of a list of technicians."""
        return {
            **self._prepare_values(run, line),
            "status": "ok" if line.status == "known" else line.status,
            "technician_text": line.name,
            "employee_id": line.employee_id or False,
            "street": line.address,
            "latitude": line.latitude or 0.0,
            "longitude": line.longitude or 0.0,
            "start_hour": _hours(line.start),
            "end_hour": _hours(line.end),
            "skills": "; ".join(line.skills),
            "phone": line.phone,
            "email": line.email,
            "team": line.team,
        }

    @api.model
    def _add_keys(self, run, values):
        """Add the marks by which equal customers, sites and visits are recognised."""
        customer = values["partner_id"] or bare_company(values["customer_text"] or "")
        values["customer_key"] = str(customer)
        site = new_site_key(
            customer,
            values["site_name"] or "",
            values["street"] or "",
            values["city"] or "",
            values["site_code"] or "",
        )
        values["site_key"] = repr(site)
        if run.kind == "planning":
            place = min([values["site_id"], *(values.get("twins") or [])])
            values["fingerprint"] = run._fingerprint(
                [
                    values["date"],
                    values["promised_kind"],
                    round(values["promised_time"] or 0, 4),
                    round(values["promised_until"] or 0, 4),
                    values["technician_id"] or 0,
                    place or values["site_key"],
                    values["service_type_id"] or 0,
                ]
            )

    # ------------------------------------------------------------------ corrections

    def write(self, vals):
        """Take a planner's correction and check the line again.

        :raises UserError: for what only the import itself writes, and for lines already imported
        """
        if self.env.context.get(INNER_KEY) is INNER_TOKEN:
            return super().write(vals)
        foreign = set(vals) - set(CORRECTED)
        if foreign:
            raise UserError(self.env._("The import itself fills %s.", ", ".join(sorted(foreign))))
        self._check_open()
        result = super().write(vals)
        self._recheck(set(vals))
        return result

    def _check_open(self):
        for line in self:
            if line.status == "done" or line.import_id.state not in ("ready", "done"):
                raise UserError(
                    self.env._("%s can't be changed any more.", line.display_name.capitalize())
                )

    def _recheck(self, names):
        """Check lines again after a correction.

        :param names: fields that were corrected
        """
        touched = {CORRECTED[name] for name in names if name in CORRECTED}
        if "site" in touched and self._take_customer_of_site():
            touched.add("customer")
        for line in self.with_context(**{INNER_KEY: INNER_TOKEN}):
            issues = [
                issue
                for issue in line._get_issues()
                if issue.field not in touched
                and issue.code not in ("duplicate", "near_duplicate", "imported", "failed")
            ]
            line._store_issues([*issues, *line._find_issues(touched)])
        self._refresh_keys()
        self._mark_duplicates()
        self._mark_imported()

    def _take_customer_of_site(self):
        """Give lines without a known customer the one of the site chosen for them."""
        lines = self.filtered(lambda line: line.site_id and not line.partner_id)
        customers = lines.site_id._get_site_customer()
        for line in lines.with_context(**{INNER_KEY: INNER_TOKEN}):
            line.partner_id = customers[line.site_id]
        return bool(lines)

    def _store_issues(self, issues):
        """Keep the issues of one line and the status that follows from them."""
        self.ensure_one()
        if self.kind != "planning":
            status = "ok" if self.technician_text or self.site_name else "unnamed"
        else:
            status = status_of(issues, bool(self.technician_id))
        if self.status == "ignored":
            status = "ignored"
        self.with_context(**{INNER_KEY: INNER_TOKEN}).write(
            {"issues": [issue.as_dict() for issue in issues], "status": status}
        )

    def _find_issues(self, touched):
        """Return what is wrong with the corrected fields of one line of a planning."""
        self.ensure_one()
        if self.kind != "planning":
            return []
        found = []
        if "date" in touched and not self.date:
            found.append(say.error("missing_date", "date"))
        if "technician" in touched and not self.technician_id:
            text = self.technician_text
            found.append(
                say.error("unknown_technician", "technician", text)
                if text
                else say.info("unassigned", "technician")
            )
        if "type" in touched and not self.service_type_id:
            code = "unknown_type" if self.type_text else "missing_type"
            found.append(say.error(code, "type", self.type_text or ""))
        if "customer" in touched and not self.partner_id:
            found.append(
                say.info("new_customer", "customer", self.customer_text)
                if self.customer_text
                else say.error("missing_customer", "customer")
            )
        if "site" in touched and not self.site_id:
            found.append(
                say.info("new_site", "site", self.site_name)
                if self.site_name
                else say.error("missing_site", "site")
            )
        return found

    def _refresh_keys(self):
        for line in self.with_context(**{INNER_KEY: INNER_TOKEN}):
            site = line.site_id
            if site and site.id not in (line.twins or ()):
                line.twins = False
            values = {
                "partner_id": line.partner_id.id,
                "customer_text": line.customer_text,
                "site_name": line.site_name,
                "street": line.street,
                "city": line.city,
                "site_code": line.site_code,
                "site_id": site.id,
                "twins": line.twins,
                "date": line.date,
                "promised_kind": line.promised_kind,
                "promised_time": line.promised_time,
                "promised_until": line.promised_until,
                "technician_id": line.technician_id.id,
                "service_type_id": line.service_type_id.id,
            }
            self._add_keys(line.import_id, values)
            line.write(
                {name: values[name] for name in ("customer_key", "site_key") if name in values}
                | ({"fingerprint": values["fingerprint"]} if "fingerprint" in values else {})
            )

    def _mark_duplicates(self):
        """Tell the corrected lines that now say the same as another line of their file."""
        planning = self.filtered(lambda line: line.kind == "planning" and line.fingerprint)
        if not planning:
            return
        others = self.search(
            [
                ("import_id", "in", planning.import_id.ids),
                ("fingerprint", "in", planning.mapped("fingerprint")),
                ("status", "in", [*READY, "done"]),
            ]
        )
        by_key = others.grouped(lambda line: (line.import_id, line.fingerprint))
        for line in planning:
            same = by_key.get((line.import_id, line.fingerprint), self.browse()) - line
            if same and line.status in READY and not line.confirmed:
                issue = say.error("duplicate", "", "", row=same[0].row_number)
                line._store_issues([*line._get_issues(), issue])

    def _mark_imported(self):
        """Recognise lines whose visit was imported before, from this file or another one."""
        lines = self.filtered(
            lambda line: line.kind == "planning" and line.status not in ("done", "imported")
        )
        if not lines:
            return
        known = lines._find_imported()
        for line in lines.with_context(**{INNER_KEY: INNER_TOKEN}):
            mission = known.get(line.source_key) or (
                line.status in READY and known.get(line.fingerprint)
            )
            if mission and not line.confirmed:
                line.mission_id = mission
                line._store_issues([*line._get_issues(), say.error("imported")])

    def _find_imported(self):
        """Return ``{key: mission}`` of what was imported before under these lines' keys."""
        missions = self.env["field.mission"].with_context(active_test=False)
        found = missions.search_fetch(
            [
                ("company_id", "in", self.company_id.ids),
                "|",
                ("import_key", "in", [key for key in self.mapped("fingerprint") if key]),
                ("import_source", "in", [key for key in self.mapped("source_key") if key]),
            ],
            ["import_key", "import_source"],
        )
        return {
            key: mission
            for mission in found
            for key in (mission.import_key, mission.import_source)
            if key
        }

    def action_accept(self):
        """Import lines although the file cancels, hides or repeats them."""
        self._check_open()
        self.check_access("write")
        stopping = ("cancelled", "postponed", "struck", "hidden", "duplicate", "imported")
        for line in self.with_context(**{INNER_KEY: INNER_TOKEN}):
            if line.status == "ignored":
                line.status = "ok"
            line.confirmed = True
            line._store_issues([i for i in line._get_issues() if i.code not in stopping])
        return True

    def action_ignore(self):
        """Leave lines out."""
        self._check_open()
        self.check_access("write")
        self.with_context(**{INNER_KEY: INNER_TOKEN}).write({"status": "ignored"})
        return True

    def action_unassign(self):
        """Import lines without a technician: they wait in the tray."""
        self.write({"technician_id": False, "technician_text": False})
        return True

    def action_new_site(self):
        """Create a new site for lines that only look like a known one."""
        for line in self:
            line.write({"site_id": False, "site_name": line.site_name})
        return True

    def action_new_customer(self):
        """Create a new customer for lines that only look like a known one."""
        for line in self:
            line.write({"partner_id": False, "customer_text": line.customer_text})
        return True

    def action_view_result(self):
        """Open what a line became."""
        self.ensure_one()
        record = self.mission_id or self.site_id or self.employee_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }


def _hours(moment):
    """Return a time of day as hours, 0.0 for none."""
    return moment.hour + moment.minute / 60 if moment else 0.0
