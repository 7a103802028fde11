"""Step 2 of the main job: the company's files are read, checked, accepted and written."""

from __future__ import annotations

import base64
from collections import Counter
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

from odoo.addons.field_planning.spreadsheet import planning, reader

from . import company

PARIS = ZoneInfo("Europe/Paris")
KINDS = {"technicians": "technicians", "sites": "sites", "planning": "planning"}
NAMES = {"technicians": "techniciens.csv", "sites": "sites.csv", "planning": "planning.xlsx"}
# Lines that a run may still write.
READY = ("ok", "unassigned")


def read_files(week, planning=None, technicians=None, sites=None):
    """Return the files to import.

    :param week: the demo's own ``Week``, whose files are made here, or None
    :return: ``{kind: (file name, bytes) or None}``
    """
    given = {"planning": planning, "technicians": technicians, "sites": sites}
    if week:
        made = {
            "planning": week.planning_xlsx,
            "technicians": lambda: week.technicians_csv().encode(),
            "sites": lambda: week.sites_csv().encode("utf-8-sig"),
        }
        return {kind: (NAMES[kind], made[kind]()) for kind in KINDS}
    return {
        kind: (Path(path).name, Path(path).read_bytes()) if path else None
        for kind, path in given.items()
    }


def find_days(file):
    """Return the days of a planning's visits, in order, before anything is imported.

    :param file: ``(file name, bytes)``
    """
    name, data = file
    book = reader.read_workbook(data, name)
    layouts, _skipped = planning.detect_planning(book)
    lines = planning.read_planning(book, layouts).lines
    return sorted({line.date for line in lines if line.date})


def import_technicians(desk, file):
    """Import the technicians' file, as the manager: technicians are employees."""
    return _import(desk, "technicians", file, "manager")


def import_sites(desk, file):
    """Import the sites' file, as the planner."""
    run = _import(desk, "sites", file, "planner")
    sites = desk.env["res.partner"].search([("is_field_site", "=", True)])
    company.make_zones_of(desk, sites)
    return run


def import_planning(desk, file, week=None):
    """Import the planning, as the planner; the demo's calls get the time of the call.

    :param week: the demo's own ``Week``, or None
    """
    run = _import(desk, "planning", file, "planner")
    if week:
        _note_calls(desk, run, week)
    return run


def _import(desk, kind, file, login):
    """Read, check, accept and write one file; a file that was imported is left alone."""
    if not file:
        return None
    name, data = file
    imports = desk.as_user(login)["field.import"]
    run = imports.search(
        [("kind", "=", kind), ("filename", "=", name), ("state", "in", ["running", "done"])],
        limit=1,
    )
    if not run:
        run = imports.create(
            {"kind": kind, "filename": name, "file": base64.b64encode(data).decode()}
        )
        run.action_read()
        run.action_check()
        _make_unknown_types(desk, run)
        desk.say(f"{login}: dry run of {name}: {_told(run)}")
        run.action_import()
        desk.commit()
    if run.state == "running":
        # What the cron does in the background, here and now.
        for _written in run._as_user()._write_batches():
            desk.commit()
            desk.say(f"{login}: {name} imported to {run.progress:.0f} %")
    return run


def _make_unknown_types(desk, run):
    """Types that the file names and nobody knows: the manager makes them, the file is reread."""
    names = run.line_ids.filtered(lambda line: line.status == "unknown_type").mapped("type_text")
    # RELEVÉ and Relevé are one type; the spelling typed most often names it.
    spellings = {}
    for name, _count in Counter(filter(None, names)).most_common():
        spellings.setdefault(company.trade.plain(name), name)
    if spellings:
        company.make_service_types(desk, spellings.values())
        run.action_check()


def _told(run):
    counts = Counter(run.line_ids.mapped("status"))
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())


def _note_calls(desk, run, week):
    """The office knows when the customer called; the clock of the contract starts then."""
    called = {row.row: row.received for row in week.rows if row.received}
    for line in run.line_ids:
        received = called.get(line.row_number)
        request = line.mission_id.request_id
        if received and request:
            moment = received.replace(tzinfo=PARIS).astimezone(UTC).replace(tzinfo=None)
            if request.date_received != moment:
                request.write({"date_received": moment, "origin": "phone"})
    desk.commit()


def count_rows(desk, kind):
    """Return what became of the rows of the files of one kind.

    :return: ``{label: count}``: read, imported, then each reason of those left or refused
    """
    lines = desk.env["field.import.line"].search(
        [("kind", "=", kind), ("company_id", "=", desk.company.id)]
    )
    if not lines:
        return {}
    labels = dict(lines._fields["status"].selection)
    counts = Counter(lines.mapped("status"))
    done = counts.pop("done", 0)
    found = {"rows read": len(lines), "imported": done}
    if kind == "planning":
        written = lines.filtered(lambda line: line.status == "done")
        found["of which without technician"] = len(
            written.filtered(lambda line: not line.technician_id)
        )
    for status, count in counts.most_common():
        found[f"not imported: {labels[status].lower()}"] = count
    return found


def largest_customers(desk, count):
    """Return the customers with the most missions."""
    groups = desk.env["field.mission"]._read_group(
        [("company_id", "=", desk.company.id)],
        ["partner_id"],
        ["__count"],
        order="__count DESC",
        limit=count,
    )
    return desk.env["res.partner"].union(*(partner for partner, _count in groups))


def cover_by_contract(desk):
    """Requests that were imported before their customer had a contract get it, as the planner."""
    for contract in desk.env["field.contract"].search([("state", "=", "active")]):
        requests = desk.as_user("planner")["field.request"].search(
            [("partner_id", "=", contract.partner_id.id), ("contract_id", "=", False)]
        )
        requests.write({"contract_id": contract.id})
