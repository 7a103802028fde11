"""The figures that the main job prints, counted from the records."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from . import intake
from .table import Result, euros, hours


def collect(desk, optimization, files=(), today=None):
    """Return the figures of the whole chain as they stand now.

    :param optimization: the accepted ``field.optimization``
    :param files: paths of the reports written as files
    :param today: the day under way: how far it is hangs on the hour, the figures don't
    :return: ``table.Result``
    """
    result = Result()
    missions = desk.env["field.mission"].search([("company_id", "=", desk.company.id)])
    settled = missions.filtered(lambda mission: not today or mission.mission_date != today)
    _add_import(desk, result)
    _add_tours(desk, result, missions, optimization)
    _add_execution(result, settled)
    _add_evidence(result, settled, files)
    _add_sla(desk, result)
    _add_billing(desk, result)
    return result


def _add_import(desk, result):
    for kind, title in intake.KINDS.items():
        rows = intake.count_rows(desk, kind)
        if rows:
            result.add(f"Import: {title}", list(rows.items()))


def _add_tours(desk, result, missions, run):
    tours = desk.env["field.tour"].search([("company_id", "=", desk.company.id)])
    used = tours.filtered("stop_count")
    result.add(
        "Tours",
        [
            ("missions", len(missions)),
            ("tours published", len(used.filtered(lambda tour: tour.state == "published"))),
            ("solved by", run.backend or ""),
            ("km before → after", f"{run.km_before:.0f} → {run.km_after:.0f}"),
            ("km saved", f"{run.km_saved:.0f}"),
            (
                "driving before → after",
                f"{hours(run.minutes_before)} → {hours(run.minutes_after)}",
            ),
            ("minutes saved", run.minutes_saved),
            ("visits that broke a promise before", run.late_before),
            ("clashes shown, left to the planner", run.unplaced_count),
        ],
    )


def _add_execution(result, missions):
    states = Counter(missions.mapped("state"))
    pickings = missions.picking_ids
    result.add(
        "Execution",
        [
            ("done", states["done"]),
            ("validated", len(missions.filtered("validated"))),
            ("to reschedule", states["to_reschedule"]),
            ("still planned", states["planned"]),
            ("to plan (tray)", states["draft"]),
            ("incidents", len(missions.incident_ids)),
            ("non-conformities", len(missions.nonconformity_ids)),
            ("pickings validated", len(pickings.filtered(lambda p: p.state == "done"))),
            ("shortages recorded", len(missions.material_ids.filtered("shortage"))),
        ],
    )


def _add_evidence(result, missions, files):
    verdicts = Counter(missions.filtered("evidence_verdict").mapped("evidence_verdict"))
    reports = missions.filtered("report_attachment_id")
    lines = [
        ("sealed items", sum(missions.mapped("evidence_count"))),
        ("dossiers verified", sum(verdicts.values())),
        ("intact", verdicts["intact"]),
        ("altered", verdicts["altered"]),
        ("reports (PDF)", len(reports)),
    ]
    if files:
        lines.append(("reports lie in", _short(files[0].parent)))
        lines.append(("the first one", files[0].name))
    result.add("Evidence", lines)


def _short(path):
    """A path below the present folder as one types it there."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _add_sla(desk, result):
    clocks = desk.env["field.request.sla"].search([("company_id", "=", desk.company.id)])
    states = Counter(clocks.mapped("state"))
    judged = states["met"] + states["missed"]
    rate = f" ({100 * states['met'] / judged:.0f} %)" if judged else ""
    result.add(
        "SLA: on site within the agreed business hours",
        [
            ("met", f"{states['met']} of {judged}{rate}"),
            ("missed", states["missed"]),
            ("still running or late", len(clocks) - judged - states["cancelled"]),
        ],
    )


def _add_billing(desk, result):
    charges = desk.env["field.charge"].search([("company_id", "=", desk.company.id)])
    invoices = charges.sale_order_id.invoice_ids.filtered(lambda move: move.state == "posted")
    lines = [("charges invoiced", len(charges.filtered(lambda c: c.state == "invoiced")))]
    lines += [(f"charges {state}", count) for state, count in _left(charges).items()]
    lines += [
        (invoice.name, f"{euros(invoice.amount_total):>14}  {invoice.partner_id.name[:34]}")
        for invoice in invoices.sorted("name")
    ]
    lines += [
        ("invoices", len(invoices)),
        ("without VAT", euros(sum(invoices.mapped("amount_untaxed")))),
        ("VAT 20 %", euros(sum(invoices.mapped("amount_tax")))),
        ("total", euros(sum(invoices.mapped("amount_total")))),
    ]
    result.add("Billing", lines)


def _left(charges):
    left = charges.filtered(lambda charge: charge.state != "invoiced")
    labels = dict(charges._fields["state"].selection)
    return Counter(labels[charge.state].lower() for charge in left)
